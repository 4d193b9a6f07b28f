//! Sources are open: outside `intake/`, only the files listed here name a concrete one.

use std::collections::BTreeSet;

use super::{code, root, sources};

/// The files outside `intake/` that name a concrete source, and why. A new source should add none of them but
/// the first.
const MAY_NAME_A_SOURCE: &[(&str, &str)] = &[
    (
        "authoring/sources.rs",
        "the profile language: the keys of `receive` and the names in templates",
    ),
    ("authoring/mod.rs", "re-exports these names"),
    ("authoring/file.rs", "checks the name of a channel"),
    ("authoring/raw/advice.rs", "advice on misplaced keys"),
    (
        "authoring/raw/aliases.rs",
        "advice on a name inside of a channel's block",
    ),
    ("authoring/raw/numbers.rs", "advice on the numbers of polls"),
    ("authoring/raw/mod.rs", "the tests of hooks in `receive`"),
    (
        "authoring/raw/misnamed.rs",
        "settings of channels in a profile",
    ),
    (
        "authoring/words/table.rs",
        "other words for the keys of `receive`",
    ),
    (
        "authoring/words/values.rs",
        "other words for the values of `receive.default`",
    ),
    (
        "mapping/compile/mod.rs",
        "advice needs to know whose packets they are",
    ),
    (
        "mapping/compile/packet_values/mod.rs",
        "what the packets of each source have",
    ),
    (
        "mapping/compile/packet_values/polls.rs",
        "the technical values of polls",
    ),
    ("mapping/compile/receive.rs", "checks on `receive`"),
    ("mapping/compile/hook.rs", "`receive.on` is for two sources"),
    (
        "mapping/profile.rs",
        "the kinds of calls that a profile takes",
    ),
    (
        "mapping/set.rs",
        "the accounts and PBXs that the settings lack",
    ),
    (
        "author_tools/draft/vocabulary.rs",
        "words that senders use in names of fields",
    ),
    (
        "mapping/compile/fields.rs",
        "advice on paths in packets of polls",
    ),
    (
        "cli/arguments/access_help.rs",
        "the help of the commands for amoCRM and PBXs",
    ),
    (
        "mapping/compile/bare_names.rs",
        "names of forms in templates",
    ),
    ("mapping/template/mod.rs", "the names in templates"),
    (
        "mapping/template/unknown_names.rs",
        "advice on the names in templates",
    ),
    ("author_tools/example/mod.rs", "whose packet an example has"),
    // the settings of channels, which profiles may come with
    ("channels/mod.rs", "the file `_channels.yaml`"),
    ("channels/kept_guards.rs", "the guards of channels"),
    ("channels/read.rs", "the keys of a channel"),
    ("channels/reply.rs", "the names in replies of channels"),
    ("channels/shape.rs", "words above the names of channels"),
    // the types of ids and names, and the polls that the survey portal has registered
    ("domain/mod.rs", "re-exports these types"),
    ("domain/ids.rs", "the number of a poll"),
    ("domain/channel.rs", "the name of a channel"),
    ("domain/hook.rs", "the name of an amoCRM account"),
    ("domain/call.rs", "the kinds of calls"),
    ("domain/poll.rs", "a registered poll"),
    ("cache/mod.rs", "the cache of registered polls"),
    ("cache/folder.rs", "the files of that cache"),
    ("store/sqlite/polls.rs", "the table of registered polls"),
    (
        "store/sqlite/operations/polls.rs",
        "the table of registered polls",
    ),
    ("store/sqlite/calls.rs", "the column with the name of a PBX"),
    ("store/sqlite/values.rs", "the column of a registered poll"),
    // the settings of amoCRM accounts and PBXs
    ("config/pbx.rs", "the names of PBXs"),
    ("config/amocrm.rs", "the names of accounts"),
    ("config/secrets.rs", "the secrets of accounts"),
    ("config/show.rs", "the secrets of accounts"),
    ("config/unknown.rs", "the keys of accounts"),
    // what is told of amoCRM
    ("alerts/finding.rs", "the kind of alerts about accounts"),
    ("widget/mod.rs", "the widget in cards of amoCRM"),
    // commands to PBXs, and how their users are matched
    ("api/mod.rs", "the addresses of PBXs"),
    ("api/pbx.rs", "the member with the name of a PBX"),
    ("api/sources.rs", "the lists of each source"),
    ("api/channels.rs", "the settings and keys of a channel"),
    ("cli/schema.rs", "the flags `--channels` and `--pbx`"),
    ("cli/pbx/mod.rs", "the member with the name of a PBX"),
    ("pbx/matching.rs", "a user who is matched by the PBX"),
    // the page of the sources, which has a part for each
    (
        "console/pages/sources/mod.rs",
        "the addresses of channels, polls and PBXs",
    ),
    ("console/pages/sources/list.rs", "a table for each source"),
    ("console/pages/sources/problems.rs", "the file of channels"),
    ("console/pages/sources/keys.rs", "the keys of a channel"),
    ("console/pages/sources/trial.rs", "the sample of a channel"),
    // the audit log, which leads to what was changed
    ("console/pages/audit/sentence.rs", "the page of a channel"),
    ("console/routes.rs", "the section of channels"),
    ("console/pages/channels/list.rs", "the list of channels"),
    ("console/pages/channels/create.rs", "makes a channel"),
    (
        "console/pages/channels/write/mod.rs",
        "writes the profile of a channel",
    ),
    ("console/pages/sources/channel.rs", "the page of a channel"),
    (
        "console/pages/sources/settings/mod.rs",
        "the settings of a channel",
    ),
    // the editor, which shows the language of profiles
    (
        "console/pages/profiles/editor/change.rs",
        "whether a field is the contact's",
    ),
    (
        "console/pages/profiles/editor/form/menus.rs",
        "the words of `receive.default`",
    ),
    (
        "console/pages/profiles/editor/form/mod.rs",
        "the keys of a profile",
    ),
    (
        "console/pages/profiles/editor/words.rs",
        "the names of a profile's keys",
    ),
    (
        "console/pages/profiles/editor/packets.rs",
        "the source of a pasted packet",
    ),
    // drafts of profiles
    (
        "editing/draft.rs",
        "the name of a poll, and who reads contacts from amoCRM",
    ),
    ("editing/channels.rs", "the settings of a channel"),
    ("editing/channel_keys.rs", "the keys of a channel"),
    ("profiles/files.rs", "the word for the file of channels"),
    // flags and JSON of the CLI
    ("cli/sources.rs", "what `--poll` and `--channel` mean"),
    ("cli/draft.rs", "the flag `--channel`"),
    ("cli/test.rs", "why a profile does not take an example"),
    ("cli/filter.rs", "the flag `--channel`"),
    ("cli/journal/mod.rs", "the flag `--channel`"),
    ("cli/preview/mod.rs", "the flag `--poll`"),
    ("cli/replay/mod.rs", "the flag `--channel`"),
    ("cli/arguments/help.rs", "the Russian help of these flags"),
    (
        "cli/arguments/shared_help.rs",
        "the flags that select submissions",
    ),
    ("cli/trial.rs", "what `try amocrm/main` means"),
    ("cli/entries.rs", "the member `channel` of `--json`"),
];

#[test]
fn only_the_intake_and_the_listed_files_name_a_concrete_source() {
    const NAMES: &[&str] = &[
        "\"polls\"",
        "\"poll\"",
        "\"polls/",
        "\"channels\"",
        "\"channel\"",
        "\"channels/",
        "POLLS",
        "CHANNELS",
        "PollId",
        "AnswerId",
        "PollSource",
        "ChannelName",
        "\"amocrm\"",
        "\"amocrm/",
        "AMOCRM",
        "EndpointName",
        "AmoSource",
        "intake::amocrm",
        "\"pbx\"",
        "\"pbx/",
        "PBXS",
        "PbxSource",
        "intake::pbx",
        "ChannelSource",
        "intake::polls",
        "intake::channels",
    ];
    let mut found = BTreeSet::new();
    for (file, text) in sources() {
        let below = file.strip_prefix(root()).expect("a file below src");
        let below = below.to_string_lossy().replace('\\', "/");
        let is_of_intake = below.starts_with("intake/");
        // the sandbox shares nothing with the rest; `testing.rs` is compiled for tests only
        let is_apart = below.starts_with("simulator/") || below.ends_with("testing.rs");
        let text = code(&text);
        let text = text.split("#[cfg(test)]\nmod tests {").next();
        let is_named = |name: &&str| text.is_some_and(|text| has_word(text, name));
        if !is_of_intake && !is_apart && NAMES.iter().any(is_named) {
            found.insert(below);
        }
    }
    let allowed: BTreeSet<String> = MAY_NAME_A_SOURCE
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(
        found, allowed,
        "ask `SourceKind` or `IntakeSource` what differs between sources"
    );
}

/// Returns whether the text has the name, and not as a part of a longer one.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut pieces = text.split(name);
    let mut before = pieces.next();
    pieces.any(|after| {
        let begins = !before.is_some_and(|text| text.ends_with(is_part));
        before = Some(after);
        begins && (name.ends_with('/') || !after.starts_with(is_part))
    })
}
