//! What the packet of a sender cannot have: members of a call or of a hook under other names, answers
//! where only technical values stand, and tests of values against texts that the sender never sends.
//! Such a path finds nothing and such a test never holds, without a word.

mod calls;
mod fields;
mod hooks;
mod polls;
mod tests;

use self::tests::PacketTest;
use super::{hook_values, wanted};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::condition::RawTest;
use crate::authoring::sources::{AMOCRM, CHANNELS, PBXS, POLLS};
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::profile::Receive;

/// What is wrong with a path or a test.
pub(super) struct PacketMistake {
    message: Bilingual,
    advice: Bilingual,
}

impl PacketMistake {
    /// A path that finds nothing; shows the right one.
    fn path(written: &str, right: &str) -> Self {
        Self {
            message: bilingual!("the packet has no `{written}`", "в пакете нет `{written}`"),
            advice: write(right),
        }
    }

    /// A value that is never sent.
    fn value(path: &str, value: &str, advice: Bilingual) -> Self {
        Self {
            message: bilingual!(
                "`{path}` is never `{value}`",
                "в `{path}` не бывает `{value}`"
            ),
            advice,
        }
    }
}

fn write(right: &str) -> Bilingual {
    // a path with brackets needs quotes in YAML
    if right.contains(['[', ' ']) && !right.starts_with('{') {
        return bilingual!("write \"{right}\"", "напишите \"{right}\"");
    }
    bilingual!("write `{right}`", "напишите `{right}`")
}

/// Checks the paths and the tests of a profile that receives from one kind of source.
pub(super) fn check(raw: &RawProfile, receive: &Receive, problems: &mut Problems) {
    let sources = [POLLS, CHANNELS, AMOCRM, PBXS];
    let mut taken = sources.into_iter().filter(|source| receive.takes(source));
    let (Some(source), None) = (taken.next(), taken.next()) else {
        return;
    };
    let file = raw.place.source.name();
    // what the defaults say may suit other profiles
    let is_own = |text: &&Text| text.place.source.name() == file;
    if source == AMOCRM {
        hooks::stages(raw, problems);
    }
    let from = raw.fields.values().flat_map(|field| &field.from);
    for text in from.filter(is_own) {
        let written = text.value.trim();
        if let Some(mistake) = of_path(source, written, receive) {
            problems.warn(Code::BadPath, &text.place, mistake.message, mistake.advice);
        }
    }
    fields::check(source, raw, receive, problems);
    let conditions = wanted::conditions(raw).into_iter();
    let tests = conditions.flat_map(|condition| &condition.tests);
    let tests = tests.filter_map(|test| match test {
        RawTest::Packet(text) => Some(text),
        RawTest::Field { .. } => None,
    });
    let of_receive = raw.receive.iter().filter_map(|it| it.when.as_ref());
    let tests: Vec<&Text> = tests.chain(of_receive).filter(is_own).collect();
    for text in tests {
        of_tests(source, text, receive, problems);
    }
}

/// `$.items.length > 1`, `count($.items) > 1`: how many elements a list has.
fn number_of_elements(text: &Text, problems: &mut Problems) {
    let written = text.value.trim();
    let counted = written.strip_prefix("count(").and_then(|rest| {
        let (path, rest) = rest.split_once(')')?;
        let is_whole = path.starts_with("$.") && !path.contains(['*', '[', '?']);
        is_whole.then(|| format!("count({path}[*]){rest}"))
    });
    let by_member = || {
        let (path, rest) = [".length", ".size", ".count"]
            .iter()
            .find_map(|member| written.split_once(member))?;
        let last = path.rsplit('.').next()?;
        // a parcel has a length, too
        let is_list = last.ends_with('s') && last.len() > 3;
        let is_compared = rest.trim_start_matches("()").trim_start();
        let is_compared = is_compared.starts_with(['<', '>', '=', '!']);
        let rest = rest.trim_start_matches("()");
        (is_list && is_compared && path.starts_with("$.")).then(|| format!("length({path}){rest}"))
    };
    let Some(right) = counted.or_else(by_member) else {
        return;
    };
    let message = bilingual!(
        "`{written}` does not count the elements of the list",
        "`{written}` не считает элементы списка"
    );
    problems.warn(Code::BadPath, &text.place, message, write_quoted(&right));
}

/// Checks a test of the packet.
fn of_tests(source: &str, text: &Text, receive: &Receive, problems: &mut Problems) {
    number_of_elements(text, problems);
    if source == AMOCRM {
        around_item(text, problems);
    }
    for test in tests::read(&text.value) {
        let found = of_path(source, test.path, receive).or_else(|| of_test(source, &test, receive));
        let Some(mistake) = found else { continue };
        let offset = text.value.get(..test.at);
        let offset = offset.map_or(0, |head| head.chars().count());
        let place = text.part(offset, test.length);
        problems.warn(Code::BadPath, &place, mistake.message, mistake.advice);
    }
}

/// Paths with brackets in a test of a hook: `$.leads.status[0].status_id == 142`.
fn around_item(text: &Text, problems: &mut Problems) {
    for (at, _) in text.value.match_indices("$.") {
        let rest = text.value.get(at..).unwrap_or_default();
        let is_end = |c: char| c.is_whitespace() || "=!<>)&|,".contains(c);
        let written = rest.split(is_end).next().unwrap_or_default();
        let Some(meant) = hook_values::inside_item(written).filter(|_| written.contains('['))
        else {
            continue;
        };
        let mistake = PacketMistake::path(written, &meant);
        let offset = text.value.get(..at).map_or(0, |head| head.chars().count());
        let place = text.part(offset, written.chars().count());
        problems.warn(Code::BadPath, &place, mistake.message, mistake.advice);
    }
}

fn of_path(source: &str, written: &str, receive: &Receive) -> Option<PacketMistake> {
    match source {
        POLLS => polls::path(written),
        AMOCRM => hooks::path(written, receive),
        PBXS => calls::path(written),
        _ => None,
    }
}

fn of_test(source: &str, test: &PacketTest<'_>, receive: &Receive) -> Option<PacketMistake> {
    match source {
        POLLS => polls::test(test),
        CHANNELS => of_request(test),
        AMOCRM => hooks::test(test),
        PBXS => calls::test(test, &receive.calls),
        _ => None,
    }
}

/// `$request.method == 'post'`.
fn of_request(test: &PacketTest<'_>) -> Option<PacketMistake> {
    let value = test.text.filter(|_| test.path == "$request.method")?;
    let upper = value.to_uppercase();
    let advice = bilingual!(
        "methods have capital letters: write `'{upper}'`",
        "методы пишут заглавными буквами: напишите `'{upper}'`"
    );
    (upper != value).then(|| PacketMistake::value(test.path, value, advice))
}

fn write_quoted(right: &str) -> Bilingual {
    bilingual!("write `when: \"{right}\"`", "напишите `when: \"{right}\"`")
}

/// Returns whether a text consists of digits.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits `$.call.line` into its names; `None` if it has brackets.
fn names_of(written: &str) -> Option<Vec<&str>> {
    // a bare name is a path, too
    let bare = written.strip_prefix("$.").unwrap_or(written);
    let is_plain =
        |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let names: Vec<&str> = bare.split('.').collect();
    names.iter().all(is_plain).then_some(names)
}
