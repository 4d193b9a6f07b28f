//! Bases: rules that several profiles share, between them and the defaults.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::domain::Source;
use crate::mapping::MappingOutcome;

const BASE: &str = "fields: { x: $.data.x }\ncontact: none\ndeal: { stage: NEW, fields: { TITLE: \"База {{x}}\", SOURCE_ID: WEB, COMMENTS: c } }\n";

fn home(base: &str, profile: &str) -> Home {
    let home = Home::new();
    home.write("mappings/_forms.yaml", base);
    home.write("mappings/one.yaml", profile);
    home
}

/// The stage, and the fields of the record that a profile makes.
fn made(store: &ProfileStore, file: &str) -> String {
    let set = store.current();
    let profile = set.by_file(file).unwrap();
    let source = Source::new("polls", "1", "7");
    let body = json!({"data": {"x": "икс"}});
    let MappingOutcome::Plan(plan) = profile.plan(&source, Timestamp::UNIX_EPOCH, &body) else {
        panic!("no plan");
    };
    let record = plan.crm().unwrap().record.clone().unwrap();
    let fields = record.fields.iter();
    let fields: Vec<String> = fields
        .map(|field| format!("{}={}", field.name, field.value.as_str()))
        .collect();
    let stage = record.stage.unwrap_or_default();
    format!("{} {stage}: {}", record.kind.as_str(), fields.join(", "))
}

fn problems(report: &LoadReport) -> String {
    render_report(report, Paint::Plain, Lang::En)
}

#[test]
fn a_base_lies_between_the_profile_and_the_defaults() {
    for (own, wanted) in [
        (
            "base: forms\nreceive: { polls: [1] }",
            "deal NEW: TITLE=База икс, SOURCE_ID=WEB, COMMENTS=c, UTM_TERM=d",
        ),
        (
            "base: _forms.yaml\nreceive: { polls: [1] }",
            "deal NEW: TITLE=База икс, SOURCE_ID=WEB, COMMENTS=c, UTM_TERM=d",
        ),
        (
            "base: forms\nreceive: { polls: [1] }\ndeal: { stage: WON, fields: { TITLE: Свой, SOURCE_ID: ~ } }",
            "deal WON: TITLE=Свой, COMMENTS=c, UTM_TERM=d",
        ),
        (
            "base: forms\nreceive: { polls: [1] }\nfields: { x: { value: y } }\ndeal:",
            "deal NEW: TITLE=База y, SOURCE_ID=WEB, COMMENTS=c, UTM_TERM=d",
        ),
        (
            "base: forms\nreceive: { polls: [1] }\nlead: { fields: { TITLE: Лид } }",
            "lead : TITLE=Лид",
        ),
        (
            "receive: { polls: [1] }\ndeal: { fields: { TITLE: без базы } }",
            "deal WON: TITLE=без базы, COMMENTS=общее, UTM_TERM=d",
        ),
    ] {
        let home = home(BASE, own);
        home.write(
            "mappings/_defaults.yaml",
            "deal: { stage: WON, fields: { COMMENTS: общее, UTM_TERM: d } }",
        );
        let (store, report) = home.open();
        assert_eq!(report.loaded, ["one.yaml"], "{own}: {}", problems(&report));
        assert_eq!(made(&store, "one.yaml"), wanted, "{own}");
    }
}

#[test]
fn an_edited_base_takes_effect_in_all_its_profiles() {
    let home = home(BASE, "base: forms\nreceive: { polls: [1] }\n");
    home.write(
        "mappings/two.yaml",
        "base: forms\nreceive: { polls: [2] }\n",
    );
    home.profile("three.yaml", 3);
    let (store, report) = home.open();
    assert_eq!(
        problems(&report),
        "3 profiles in use, 0 errors, 0 warnings\n"
    );
    let edition = |file: &str| {
        store
            .current()
            .by_file(file)
            .unwrap()
            .reference()
            .hash
            .clone()
    };
    let before = edition("one.yaml");
    home.write("mappings/_forms.yaml", &BASE.replace("База", "Правка"));
    store.reload_if_changed().unwrap();
    for file in ["one.yaml", "two.yaml"] {
        assert!(made(&store, file).contains("TITLE=Правка икс"), "{file}");
    }
    assert_ne!(
        before,
        edition("one.yaml"),
        "an edited base is another edition"
    );
}

#[test]
fn a_broken_base_keeps_the_last_good_edition_of_its_profiles_alone() {
    let home = home(BASE, "base: forms\nreceive: { polls: [1] }\n");
    home.profile("three.yaml", 3);
    let (store, _) = home.open();
    home.write("mappings/_forms.yaml", &BASE.replace("{{x}}", "{{y}}"));
    home.profile("three.yaml", 4);
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.kept_old, ["one.yaml"]);
    assert_eq!(report.loaded, ["three.yaml"]);
    assert!(made(&store, "one.yaml").contains("TITLE=База икс"));
    assert!(has(&store, 4), "the other profiles are not affected");
    let text = problems(&report);
    let place = "_forms.yaml:3:46 error: profile/unknown-field there is no field `y`";
    assert!(text.contains(place), "{text}");

    // not even YAML, and no profile uses it any more
    home.write("mappings/_forms.yaml", "deal: [");
    home.write("mappings/one.yaml", &DEAL.replace("POLL", "1"));
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.loaded, ["one.yaml", "three.yaml"]);
    assert!(
        problems(&report).contains("_forms.yaml:1"),
        "{}",
        problems(&report)
    );
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn mistakes_of_bases_are_reported_with_advice() {
    for (base, own, wanted, advice) in [
        (
            BASE,
            "base: form",
            "one.yaml:1:7 error: profile/unknown-base there is no base `form`",
            "did you mean `forms`?",
        ),
        (
            BASE,
            "base: sites",
            "one.yaml:1:7 error: profile/unknown-base there is no base `sites`",
            "expected one of: `forms`",
        ),
        (
            BASE,
            "base: defaults",
            "one.yaml:1:7 error: profile/unknown-base `_defaults.yaml` is no base",
            "remove `base`",
        ),
        (
            BASE,
            "base: [forms]",
            "one.yaml:1:7 error: profile/wrong-type `base` must be text",
            "",
        ),
        (
            "base: other\n",
            "base: forms",
            "_forms.yaml:1:7 error: profile/wrong-place only a profile has a `base`",
            "remove `base` here",
        ),
        (
            "name: Формы\n",
            "base: forms",
            "_forms.yaml:1:7 error: profile/wrong-place a base cannot have a `name`",
            "remove it here",
        ),
        (
            "receive: { polls: [9] }\ndeal: { fields: { TITLE: x } }\n",
            "base: forms",
            "there is no base `forms`: the folder has no `_forms.yaml`, or that file is a profile with `receive`",
            "put the shared rules into `_forms.yaml`",
        ),
        (
            "dael:\n",
            "base: forms",
            "_forms.yaml:1:1 error: profile/unknown-key unknown key `dael`",
            "did you mean `deal`?",
        ),
    ] {
        let home = home(
            base,
            &format!("{own}\nreceive: {{ polls: [1] }}\ndeal: {{ fields: {{ TITLE: x }} }}\n"),
        );
        let (_, report) = home.open();
        let text = problems(&report);
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
        assert!(text.contains(advice), "{advice} is not in\n{text}");
        assert!(report.failed.contains(&"one.yaml".to_owned()), "{text}");
        assert_eq!(text.matches(wanted).count(), 1, "reported once: {text}");
    }
}

#[test]
fn a_warning_about_a_base_points_into_its_file() {
    let base = "deal: { fields: { TITEL: x, TITLE: y } }\n";
    let home = home(base, "base: forms\nreceive: { polls: [1] }\n");
    let (_, report) = home.open();
    assert_eq!(report.loaded, ["one.yaml"]);
    let text = problems(&report);
    let warning = "_forms.yaml:1:19 warning: profile/unknown-crm-field";
    assert!(text.contains(warning), "{text}");
}

#[test]
fn a_file_with_an_underscore_that_receives_is_a_profile_as_before() {
    let home = Home::new();
    home.profile("_old.yaml", 8);
    let (store, report) = home.open();
    assert_eq!(report.loaded, ["_old.yaml"]);
    assert!(has(&store, 8));
}
