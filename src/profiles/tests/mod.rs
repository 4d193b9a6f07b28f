use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::authoring::Paint;
use crate::domain::Lang;

const DEAL: &str =
    "receive: { polls: [POLL] }\nfields: { x: $.data.x }\ndeal: { fields: { TITLE: \"{{x}}\" } }\n";

struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mappings")).unwrap();
        fs::create_dir(folder.path().join("templates")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn profile(&self, name: &str, poll: u32) {
        self.write(
            &format!("mappings/{name}"),
            &DEAL.replace("POLL", &poll.to_string()),
        );
    }

    fn open(&self) -> (ProfileStore, LoadReport) {
        ProfileStore::open(self.path("mappings"), self.path("templates"))
    }
}

fn has(store: &ProfileStore, poll: i64) -> bool {
    store.current().may_take("polls", &poll.to_string())
}

#[test]
fn an_edit_takes_effect_and_a_removed_file_removes_its_profile() {
    let home = Home::new();
    home.profile("one.yaml", 1);
    home.profile("two.yml", 2);
    home.write("mappings/notes.txt", "not a profile");
    let (store, report) = home.open();
    assert_eq!(report.loaded, ["one.yaml", "two.yml"]);
    assert!(has(&store, 1) && has(&store, 2) && !has(&store, 30));
    assert_eq!(store.reload_if_changed(), None);

    let untouched = store.current().by_file("two.yml").unwrap().clone();
    home.profile("one.yaml", 30);
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.problems, []);
    assert!(has(&store, 30) && !has(&store, 1));
    let same = store.current().by_file("two").unwrap().clone();
    assert!(
        Arc::ptr_eq(&untouched, &same),
        "an unchanged file was compiled again"
    );

    fs::remove_file(home.path("mappings/one.yaml")).unwrap();
    store.reload_if_changed().unwrap();
    assert!(!has(&store, 30) && has(&store, 2));
}

#[test]
fn a_broken_edit_keeps_the_last_good_edition_and_says_so() {
    let home = Home::new();
    home.profile("one.yaml", 1);
    let (store, _) = home.open();
    home.write("mappings/one.yaml", "receive: { polls: [1] }\ndael: {}\n");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.kept_old, ["one.yaml"]);
    assert_eq!(report.loaded, [""; 0]);
    assert!(has(&store, 1));
    home.write("mappings/new.yaml", "what: is this");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.failed, ["new.yaml"]);
    insta::assert_snapshot!(render_report(&report, Paint::Plain, Lang::En), @r"
    new.yaml:1:1 error: profile/unknown-key unknown key `what`
     1 | what: is this
       | ^^^^
      help: expected one of: `name`, `base`, `active`, `receive`, `crm`, `identity`, `country`, `fields`, `contact`, `company`, `deal`, `lead`, `item`, `comment`, `files`, `todo`, `then`, `reply`

    new.yaml:1:1 error: profile/missing-key the profile does not say what it receives
     1 | what: is this
       | ^
      help: add `receive: { polls: [123] }`

    new.yaml:1:1 error: profile/missing-key the profile creates nothing
     1 | what: is this
       | ^
      help: add a `deal:`, a `lead:` or an `item:` block, a `contact:` or `company:` with fields, or steps in `then:`

    one.yaml:2:1 error: profile/unknown-key unknown key `dael`
     2 | dael: {}
       | ^^^^
      help: did you mean `deal`?

    one.yaml: the last valid version stays in use
    new.yaml: not loaded
    1 profile in use, 4 errors, 0 warnings
    ");
    home.profile("one.yaml", 7);
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.loaded, ["one.yaml"]);
    assert!(has(&store, 7) && !has(&store, 1));
}

#[test]
fn changed_defaults_and_templates_reload_every_profile() {
    let home = Home::new();
    home.profile("one.yaml", 1);
    let (store, _) = home.open();
    let before = store
        .current()
        .by_file("one")
        .unwrap()
        .reference()
        .hash
        .clone();
    home.write("mappings/_defaults.yaml", "comment: note\n");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(
        report.kept_old,
        ["one.yaml"],
        "the template is not there yet"
    );
    home.write("templates/note.hbs", "{{x}}");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.loaded, ["one.yaml"]);
    assert_ne!(
        store.current().by_file("one").unwrap().reference().hash,
        before
    );
    home.write("mappings/_defaults.yaml", "comment: note\n  bad");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.kept_old, ["one.yaml"]);
    assert_eq!(
        report.counts(),
        (1, 0),
        "the defaults' mistake is reported once"
    );
}

#[test]
fn missing_folders_are_reported_and_change_nothing() {
    let (store, report) = ProfileStore::open(Path::new("/nowhere/m"), Path::new("/nowhere/t"));
    assert!(report.has_errors());
    assert_eq!(store.current().profiles().len(), 0);

    let home = Home::new();
    home.profile("one.yaml", 1);
    let (store, _) = home.open();
    fs::rename(home.path("mappings"), home.path("elsewhere")).unwrap();
    let report = store.reload_if_changed().unwrap();
    assert!(report.has_errors());
    assert!(has(&store, 1));
}

#[test]
fn many_files_are_compiled_in_parallel() {
    let home = Home::new();
    for poll in 1..=130 {
        home.profile(&format!("p{poll}.yaml"), poll);
    }
    home.write("mappings/p77.yaml", "receive: { polls: [77] }");
    let (store, report) = home.open();
    assert_eq!(report.loaded.len(), 129);
    assert_eq!(report.failed, ["p77.yaml"]);
    for poll in (1..=130).filter(|poll| *poll != 77) {
        let set = store.current();
        let profiles = set.naming("polls", &poll.to_string());
        assert_eq!(profiles[0].reference().file, format!("p{poll}"));
    }
    assert!(!has(&store, 77));
}

#[test]
fn a_shared_file_that_cannot_be_read_changes_nothing() {
    let home = Home::new();
    home.write("mappings/_defaults.yaml", "comment: full\n");
    home.profile("one.yaml", 1);
    let (store, _) = home.open();
    let before = store.current().by_file("one").unwrap().clone();
    fs::write(home.path("mappings/_defaults.yaml"), b"comment: \xff").unwrap();
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.counts(), (1, 0));
    let after = store.current().by_file("one").unwrap().clone();
    assert!(
        Arc::ptr_eq(&before, &after),
        "compiled without its defaults"
    );
}

#[test]
fn reports_unreadable_files_by_name() {
    let home = Home::new();
    fs::write(home.path("mappings/latin.yaml"), b"name: \xff\xfe\n").unwrap();
    home.write("mappings/large.yaml", &"#".repeat(300 * 1024));
    home.write("mappings/.hidden.yaml", "nonsense: [");
    fs::create_dir(home.path("mappings/examples")).unwrap();
    home.write("mappings/examples/x.yaml", "nonsense: [");
    let (_, report) = home.open();
    insta::assert_snapshot!(render_report(&report, Paint::Plain, Lang::En), @r#"
    large.yaml error: profile/too-large the file is larger than 256 KiB
      help: split it up

    latin.yaml error: profile/unreadable the file is not UTF-8 text: see line 1
      help: save it as UTF-8: in Notepad under `Save as`, `Encoding`; in Excel that is `CSV UTF-8`

    large.yaml: not loaded
    latin.yaml: not loaded
    0 profiles in use, 2 errors, 0 warnings
    "#);
}

#[test]
fn an_unreadable_file_that_no_profile_uses_is_a_warning() {
    for file in ["mappings/leads.csv", "templates/old.hbs"] {
        let home = Home::new();
        home.profile("one.yaml", 1);
        fs::write(home.path(file), b"\xcf\xf0\xe8\xe2\xe5\xf2").unwrap();
        let (store, report) = home.open();
        assert!(has(&store, 1), "{file}");
        assert_eq!(report.counts(), (0, 1), "{file}");
        // and edits take effect
        home.profile("one.yaml", 2);
        store.reload_if_changed().unwrap();
        assert!(has(&store, 2), "{file}");
    }
}

#[test]
fn an_unreadable_file_breaks_only_the_profiles_that_use_it() {
    let home = Home::new();
    home.profile("other.yaml", 2);
    let uses = "receive: { polls: [1] }\nfields: { c: { from: $.data.c, as: lookup, table: cities.csv } }\n\
                deal: { fields: { TITLE: \"{{c}}\" } }\n";
    home.write("mappings/one.yaml", uses);
    fs::write(home.path("mappings/cities.csv"), b"msk,\xcc\n").unwrap();
    let (store, report) = home.open();
    assert_eq!((has(&store, 1), has(&store, 2)), (false, true));
    assert_eq!(report.failed, ["one.yaml"]);
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.is_error() && &*problem.file == "cities.csv")
    );
    // once it was read, its text stays in use
    home.write("mappings/cities.csv", "msk,Москва\n");
    store.reload_if_changed().unwrap();
    assert!(has(&store, 1));
    fs::write(home.path("mappings/cities.csv"), b"msk,\xcc\xf1\xea\n").unwrap();
    let report = store.reload_if_changed().unwrap();
    assert!(has(&store, 1));
    assert_eq!(report.counts(), (1, 0));
}

#[test]
fn a_changed_table_is_reloaded() {
    let home = Home::new();
    home.write(
        "mappings/one.yaml",
        "receive: { polls: [1] }\nfields: { c: { from: $.data.c, as: lookup, table: cities.csv } }\n\
         deal: { fields: { TITLE: \"{{c}}\" } }\n",
    );
    let (store, report) = home.open();
    assert_eq!(report.failed, ["one.yaml"], "the table is not there yet");
    home.write("mappings/cities.csv", "msk,Москва\n");
    let report = store.reload_if_changed().unwrap();
    assert_eq!((report.counts(), has(&store, 1)), ((0, 0), true));
    let edition = |store: &ProfileStore| {
        store
            .current()
            .by_file("one")
            .unwrap()
            .reference()
            .hash
            .clone()
    };
    let before = edition(&store);
    home.write("mappings/cities.csv", "msk,Москва\nspb,Питер,город\n");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.kept_old, ["one.yaml"]);
    assert_eq!(
        (&*report.problems[0].file, report.problems[0].line),
        ("cities.csv", 2)
    );
    home.write("mappings/cities.csv", "msk,Москва\nspb,Питер\n");
    assert_eq!(store.reload_if_changed().unwrap().counts(), (0, 0));
    assert_ne!(before, edition(&store));
}

const SHOP: &str = "receive: { channel: shop }\ncontact: none\ndeal: { fields: { TITLE: x } }\n";

#[test]
fn reports_settings_of_unused_channels() {
    let home = Home::new();
    home.write("mappings/one.yaml", SHOP);
    home.write(
        "mappings/_channels.yaml",
        "shop: { name: Лавка }\nshpo: { name: Лавка }\nold-site: { name: Старый }\n",
    );
    let rendered = |store: &ProfileStore| {
        let report = store.reload_if_changed().unwrap();
        assert!(!report.has_errors());
        render_report(&report, Paint::Plain, Lang::En)
    };
    let (store, report) = home.open();
    let text = render_report(&report, Paint::Plain, Lang::En);
    assert_eq!(report.counts(), (0, 2), "{text}");
    assert!(text.contains(
        "_channels.yaml:2:1 warning: profile/unreachable no profile receives channel `shpo`"
    ));
    assert!(
        text.contains("a profile receives `shop`: one of the two is misspelt")
            && text.contains("channel: old-site")
    );

    // with a profile that takes all other channels, only a misspelt name is reported
    let rest = "receive: { default: channels }\ncontact: none\ndeal: { fields: { TITLE: x } }\n";
    home.write("mappings/rest.yaml", rest);
    let text = rendered(&store);
    assert!(
        text.contains("`shpo`") && !text.contains("`old-site`"),
        "{text}"
    );

    // nobody knows what a broken profile would take
    home.write("mappings/broken.yaml", "receive: { channel: shpo }\n");
    let report = store.reload_if_changed().unwrap();
    assert!(!render_report(&report, Paint::Plain, Lang::En).contains("profile/unreachable"));
}

#[test]
fn a_broken_edit_of_channel_settings_changes_nothing() {
    use crate::domain::ChannelName;
    let home = Home::new();
    home.profile("one.yaml", 1);
    home.write("mappings/two.yaml", SHOP);
    let (store, report) = home.open();
    assert_eq!(report.problems, []);
    let shop = ChannelName::parse("shop").unwrap();
    assert!(store.channels().get(&shop).is_none() && !store.channels().is_broken());

    home.write("mappings/secret", " s3cr3t\n");
    home.write(
        "mappings/_channels.yaml",
        "shop: { name: Shop, token: { bearer: true, secret: { file: secret } } }\n",
    );
    let report = store.reload_if_changed().unwrap();
    assert_eq!(
        (report.problems, report.loaded),
        (vec![], vec!["one.yaml".to_owned(), "two.yaml".to_owned()])
    );
    let titled = |title: &str| {
        let channels = store.channels();
        let channel = channels.get(&shop).unwrap();
        channel.title == title && channel.token.as_ref().unwrap().secret.value.is_some()
    };
    assert!(titled("Shop"));
    assert!(!format!("{:?}", store.channels()).contains("s3cr3t"));

    home.write("mappings/_channels.yaml", "shop: { nmae: Лавка }\n");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.kept_old, ["_channels.yaml"]);
    assert!(titled("Shop") && has(&store, 1));
    assert!(render_report(&report, Paint::Plain, Lang::En).contains("2 profiles in use, 1 error"));

    home.write(
        "mappings/_channels.yaml",
        "shop: { name: Лавка, token: { bearer: true, secret: { file: gone } } }\n",
    );
    let report = store.reload_if_changed().unwrap();
    assert!(
        !report.has_errors(),
        "it may be there where the gateway runs"
    );
    assert_eq!(report.counts(), (0, 1));
    assert!(
        store
            .channels()
            .get(&shop)
            .unwrap()
            .token
            .as_ref()
            .unwrap()
            .secret
            .value
            .is_none()
    );

    home.write("mappings/_channels.yaml", "shop: { guard: none }\n");
    store.reload_if_changed().unwrap();
    fs::remove_file(home.path("mappings/_channels.yaml")).unwrap();
    store.reload_if_changed().unwrap();
    assert!(store.channels().get(&shop).is_none());
}

#[test]
fn settings_that_were_never_readable_open_no_channel() {
    let home = Home::new();
    home.profile("one.yaml", 1);
    home.write("mappings/_channels.yaml", "shop: [\n");
    let (store, report) = home.open();
    assert_eq!(report.failed, ["_channels.yaml"]);
    assert!(store.channels().is_broken() && has(&store, 1));
}

#[test]
fn a_changed_page_is_reloaded_and_a_broken_one_is_not() {
    use crate::channels::ReplyValues;
    use crate::domain::ChannelName;
    let home = Home::new();
    home.profile("one.yaml", 1);
    home.write("mappings/two.yaml", SHOP);
    home.write("templates/thanks.html.hbs", "<p>{{message}}</p>");
    home.write(
        "mappings/_channels.yaml",
        "shop: { reply: { accepted: { body: { template: thanks.html.hbs } } } }\n",
    );
    let (store, report) = home.open();
    assert_eq!(report.problems, []);
    let page = || {
        let channels = store.channels();
        let shop = channels.get(&ChannelName::parse("shop").unwrap()).unwrap();
        let shown = ReplyValues {
            message: "<b>".to_owned(),
            ..ReplyValues::default()
        };
        shop.accepted.as_ref().unwrap().body(&shown).unwrap()
    };
    assert_eq!(page(), "<p>&lt;b&gt;</p>");
    home.write("templates/thanks.html.hbs", "<h1>{{message}}</h1>");
    assert_eq!(store.reload_if_changed().unwrap().problems, []);
    assert_eq!(page(), "<h1>&lt;b&gt;</h1>");
    home.write("templates/thanks.html.hbs", "<h1>{{massage}}</h1>");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.kept_old, ["_channels.yaml"]);
    assert_eq!(&*report.problems[0].file, "thanks.html.hbs");
    assert_eq!(page(), "<h1>&lt;b&gt;</h1>");
    fs::remove_file(home.path("templates/thanks.html.hbs")).unwrap();
    let report = store.reload_if_changed().unwrap();
    assert_eq!(
        report.problems[0].code,
        crate::authoring::Code::UnknownTemplate
    );
    assert_eq!(page(), "<h1>&lt;b&gt;</h1>");
}

#[test]
fn status_texts_survive_edits_up_to_a_limit() {
    use crate::authoring::{Code, Problem};
    let home = Home::new();
    home.profile("one.yaml", 1);
    let settings = |first: u32| -> String {
        let channel = |number| {
            format!("c{number}: {{ reply: {{ accepted: {{ status_text: Text {number} }} }} }}\n")
        };
        (first..first + 100).map(channel).collect()
    };
    home.write("mappings/_channels.yaml", &settings(0));
    let unkept = |report: &LoadReport| {
        let too_many = |problem: &&Problem| problem.code == Code::TooLarge;
        report.problems.iter().filter(too_many).count()
    };
    let (store, report) = home.open();
    assert_eq!(unkept(&report), 0);
    for (first, warnings) in [(100, 0), (200, 44), (0, 0), (200, 44)] {
        // a file that was away does not make room
        fs::remove_file(home.path("mappings/_channels.yaml")).unwrap();
        store.reload_if_changed().unwrap();
        home.write("mappings/_channels.yaml", &settings(first));
        let report = store.reload_if_changed().unwrap();
        assert_eq!(unkept(&report), warnings, "{first}");
        assert!(!report.has_errors());
    }
    let report = store.reload_if_changed();
    assert!(report.is_none(), "nothing has changed");
}

mod astray;
mod bases;
mod guards;

#[test]
fn files_that_are_not_read_are_named_with_what_to_do() {
    let home = Home::new();
    home.profile("one.yaml", 1);
    for (name, text) in [
        ("mappings/two.yaml.txt", "x"),
        ("mappings/three.YAML", "x"),
        ("mappings/four.docx", "x"),
        ("mappings/cities.CSV", "x"),
        ("mappings/note.hbs", "x"),
        ("mappings/_default.yaml", "deal: { found: update }"),
        ("mappings/channels.yaml", "shop:\n  methods: [POST]\n"),
        ("mappings/readme.txt", "x"),
        ("templates/letter.hbs.txt", "x"),
    ] {
        home.write(name, text);
    }
    for folder in ["new", "old", "example", "examples", "empty"] {
        fs::create_dir(home.path("mappings").join(folder)).unwrap();
        if folder != "empty" {
            home.write(&format!("mappings/{folder}/five.yaml"), "x");
        }
    }
    let (_, report) = home.open();
    let of = |name: &str| {
        let problems = report
            .problems
            .iter()
            .filter(|problem| &*problem.file == name);
        let advice = problems.map(|problem| problem.advice.in_lang(Lang::Ru).to_owned());
        advice.collect::<Vec<_>>().join("; ")
    };
    for (name, advice) in [
        ("two.yaml.txt", "переименуйте его в `two.yaml`"),
        ("three.YAML", "переименуйте его в `three.yaml`"),
        (
            "four.docx",
            "сохраните его как обычный текст в UTF-8 с окончанием .yaml",
        ),
        ("cities.CSV", "переименуйте его в `cities.csv`"),
        (
            "note.hbs",
            "перенесите его в папку шаблонов (mappings.templates)",
        ),
        ("_default.yaml", "переименуйте его в `_defaults.yaml`"),
        ("channels.yaml", "переименуйте его в `_channels.yaml`"),
        ("letter.hbs.txt", "переименуйте его в `letter.hbs`"),
        ("new", "перенесите их в саму папку профилей"),
        ("example", "назовите её `examples`"),
    ] {
        assert!(of(name).contains(advice), "{name}: {}", of(name));
    }
    for name in ["readme.txt", "examples", "empty", "old", "one.yaml"] {
        assert_eq!(of(name), "", "{name}");
    }
}

#[test]
fn a_second_file_is_not_to_replace_the_first_and_locks_are_no_files() {
    let home = Home::new();
    home.profile("one.yaml", 1);
    home.write("mappings/one.yaml.txt", "x");
    home.write("mappings/~$one.docx", "x");
    let (_, report) = home.open();
    let [second] = report.problems.as_slice() else {
        panic!("{:?}", report.problems);
    };
    assert_eq!(&*second.file, "one.yaml.txt");
    let advice = second.advice.in_lang(Lang::Ru);
    assert!(advice.contains("рядом уже есть `one.yaml`"), "{advice}");
}

#[test]
fn a_base_that_a_profile_uses_may_be_called_default() {
    let home = Home::new();
    home.write("mappings/_default.yaml", "deal: { found: update }");
    home.write(
        "mappings/one.yaml",
        &format!("base: default  # общие\n{}", DEAL.replace("POLL", "1")),
    );
    let (_, report) = home.open();
    assert!(
        report
            .problems
            .iter()
            .all(|problem| &*problem.file != "_default.yaml")
    );
}
