//! Files whose names or folders keep them from being read: each gets a warning that names it.

use super::*;
use crate::authoring::Code;

/// Returns what is said in Russian about files that are not read: `file: message → advice`.
fn said(report: &LoadReport) -> Vec<String> {
    let problems = report.problems.iter();
    let problems = problems
        .filter(|problem| problem.code == Code::UnreadFile || problem.code == Code::WrongPlace);
    problems
        .map(|problem| {
            let (message, advice) = (&problem.message, &problem.advice);
            format!(
                "{} → {}",
                message.in_lang(Lang::Ru),
                advice.in_lang(Lang::Ru)
            )
        })
        .collect()
}

fn with(name: &str, text: &str) -> Vec<String> {
    let home = Home::new();
    home.profile("one.yaml", 1);
    let path = home.path(&format!("mappings/{name}"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    let (store, report) = home.open();
    assert!(has(&store, 1), "{name}");
    said(&report)
}

#[test]
fn a_profile_under_another_name_or_in_a_subfolder_is_named() {
    for (name, words) in [
        ("poll.ymal", "→ переименуйте его в `poll.yaml`"),
        ("poll.txt", "→ переименуйте его в `poll.yaml`"),
        ("poll", "→ переименуйте его в `poll.yaml`"),
        ("poll.json", "→ переименуйте его в `poll.yaml`"),
        (
            "a/b/poll.yml",
            "→ перенесите его в саму папку профилей: `poll.yml`",
        ),
        (
            "опросы/poll.YAML",
            "→ перенесите его в саму папку профилей: `poll.yaml`",
        ),
    ] {
        let said = with(name, &DEAL.replace("POLL", "7"));
        assert!(
            said.len() == 1 && said[0].contains(words),
            "{name}: {said:?}"
        );
        assert!(said[0].starts_with(&format!("`{name}` не читается")));
    }
}

#[test]
fn other_files_beside_the_profiles_raise_no_alarm() {
    let profile = DEAL.replace("POLL", "7");
    for (name, text) in [
        ("notes.txt", "не забыть: receive заявок"),
        ("README.md", profile.as_str()),
        ("poll.yaml.bak", profile.as_str()),
        ("poll.yaml.old", profile.as_str()),
        ("poll.yaml~", profile.as_str()),
        (".poll.yaml", profile.as_str()),
        ("archive/poll.yaml", profile.as_str()),
        ("Черновики/poll.yaml", profile.as_str()),
        ("packets/one.json", "{}"),
        ("cities.csv", "a;b\n"),
        ("examples/one/a.yaml", "packet: {}\n"),
    ] {
        assert_eq!(with(name, text), [""; 0], "{name}");
    }
}

#[test]
fn settings_and_rules_under_another_name_are_named() {
    let channels = "shop:\n  token: { secret: { env: X } }\n  cors: [https://shop.example]\n";
    for name in [
        "channels.yaml",
        "_chanels.yaml",
        "каналы.yaml",
        "sites.yaml",
    ] {
        let said = with(name, channels);
        assert!(
            said.len() == 1 && said[0].contains("переименуйте его в `_channels.yaml`"),
            "{name}: {said:?}"
        );
    }
    let wrapped = "channels:\n  shop: { rate: 30/m }\n";
    assert_eq!(with("channels.yaml", wrapped).len(), 1);
    let rules = "contact: { match: any }\n";
    for name in ["_default.yaml", "_Defaults.yaml", "_defauls.yml"] {
        let said = with(name, rules);
        assert!(
            said.len() == 1 && said[0].ends_with("переименуйте его в `_defaults.yaml`"),
            "{name}: {said:?}"
        );
    }
    let said = with("_site.yaml", rules);
    assert!(said[0].ends_with("напишите `base: site` в профилях, для которых она нужна"));
    let said = with("anna.yaml", "about: x\npacket: { data: {} }\n");
    assert!(said[0].contains("`examples/ПРОФИЛЬ/anna.yaml`"), "{said:?}");
}

#[test]
fn a_base_that_a_profile_names_raises_no_alarm() {
    for line in ["base: site", "base: \"_site.yaml\"  # общие"] {
        let home = Home::new();
        home.write("mappings/_site.yaml", "fields: { x: $.data.x }\n");
        let profile = DEAL.replace("POLL", "1");
        home.write("mappings/one.yaml", &format!("{line}\n{profile}"));
        let (_, report) = home.open();
        assert_eq!(report.problems, [], "{line}");
    }
}

#[test]
fn advice_on_a_missing_file_names_the_one_that_lies_there() {
    let first = |home: &Home| {
        let (_, report) = home.open();
        let texts: Vec<String> = report
            .problems
            .iter()
            .map(|problem| problem.advice.in_lang(Lang::Ru).to_owned())
            .collect();
        texts
    };
    let home = Home::new();
    let profile = DEAL.replace("POLL", "1");
    home.write("mappings/one.yaml", &format!("{profile}comment: note\n"));
    assert_eq!(first(&home), ["положите файл `note.hbs` в папку шаблонов"]);
    home.write("templates/note.hbs.txt", "x");
    assert_eq!(
        first(&home),
        [
            "переименуйте его в `note.hbs`",
            "в папке шаблонов лежит `note.hbs.txt`, он не читается: переименуйте его в `note.hbs`",
        ]
    );
    home.write("mappings/one.yaml", &format!("base: site\n{profile}"));
    home.write("mappings/site.yaml", "fields: { y: $.data.y }\n");
    let said = first(&home);
    assert_eq!(said.len(), 4, "{said:?}");
    let said = &said[1..];
    assert!(said[0].contains("`site.yaml`: переименуйте его в `_site.yaml`"));
    assert!(said[1].contains("переименуйте файл в `_site.yaml`"));
}

#[test]
fn a_copy_of_a_profile_is_the_one_that_is_reported() {
    let profile = format!("name: Опрос\n{}", DEAL.replace("POLL", "1"));
    let tested = profile.replace("[1] }", "[1], when: $.data.x }");
    for copy in ["one — копия.yaml", "one (1).yaml", "one - Copy.yaml"] {
        let home = Home::new();
        home.write("mappings/one.yaml", &tested);
        home.write(&format!("mappings/{copy}"), &tested);
        let (_, report) = home.open();
        let same = report.problems.iter().find(|it| it.code == Code::SameName);
        let same = same.unwrap();
        assert_eq!(&*same.file, copy);
        assert!(
            same.advice
                .in_lang(Lang::Ru)
                .starts_with("эта копия принимает то же")
        );
        home.write(
            &format!("mappings/{copy}"),
            &tested.replace("Опрос", "Второй"),
        );
        let (_, report) = home.open();
        let codes: Vec<Code> = report.problems.iter().map(|it| it.code).collect();
        assert_eq!(codes, [Code::Unreachable], "{copy}");
    }
}
