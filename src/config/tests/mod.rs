mod alerts;

use super::*;

/// Loads the settings of a file and an environment.
pub(super) fn with(env: &[(&str, &str)], toml: &str) -> Result<Loaded, SettingsError> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("leadgate.toml");
    std::fs::write(&file, toml).unwrap();
    load(&Sources {
        file: Some(file),
        environment: Environment::of(env),
        flags: Vec::new(),
    })
}

impl SettingsError {
    fn english(&self) -> String {
        let problems = self.0.iter().map(|problem| problem.in_lang(Lang::En));
        problems.collect::<Vec<_>>().join("\n")
    }
}

fn problems(env: &[(&str, &str)], toml: &str) -> String {
    with(env, toml).map(drop).unwrap_err().english()
}

#[test]
fn the_defaults_are_sufficient() {
    let settings = with(&[], "").unwrap().settings;
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.polls.base_path, "/polls");
    assert!(settings.crm.is_empty());
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("leadgate.toml");
    std::fs::write(
        &file,
        "[server]\nworkers = 3\nbody_limit = 2048\n[polls]\nbase_path = \"/from-file/\"\n",
    )
    .unwrap();
    let loaded = load(&Sources {
        file: Some(file),
        environment: Environment::of(&[
            ("LEADGATE_SERVER__WORKERS", "5"),
            ("LEADGATE_SERVER__LISTEN", "0.0.0.0:1"),
            ("LEADGATE_POLLS__ALLOWED_ADDRESSES", "10.0.0.1, fd00::/8"),
        ]),
        flags: vec![("server.listen".into(), "127.0.0.1:2".into())],
    })
    .unwrap();
    assert_eq!(loaded.settings.server.listen.port(), 2);
    assert_eq!(loaded.settings.server.workers, 5);
    assert_eq!(loaded.settings.server.body_limit, 2048);
    assert_eq!(loaded.settings.polls.base_path, "/from-file");
    assert_eq!(loaded.settings.polls.allowed_addresses.len(), 2);
    let shown = loaded.show(Lang::En);
    assert!(
        shown.contains("server.workers = \"5\"") && shown.contains("# environment"),
        "{shown}"
    );
    assert!(
        shown.contains("# leadgate.toml") && shown.contains("# flag"),
        "{shown}"
    );
}

#[test]
fn the_zone_of_times_is_moscow_or_another_one_by_its_name() {
    let zone = |name: &str| {
        let loaded = with(&[], &format!("[output]\nzone = \"{name}\"\n"))?;
        let zone = loaded.settings.output.zone;
        Ok::<_, SettingsError>(zone.iana_name().map(str::to_owned))
    };
    let moscow = with(&[], "").unwrap().settings.output.zone;
    assert_eq!(moscow.iana_name(), Some("Europe/Moscow"));
    for name in ["Asia/Omsk", "Europe/Berlin", "UTC"] {
        assert_eq!(zone(name).unwrap().as_deref(), Some(name));
    }
    for name in [
        "",
        "Moscow",
        "MSK",
        "+03:00",
        "Europe/Moskow",
        "../../etc/passwd",
    ] {
        let problem = zone(name).unwrap_err().english();
        assert!(
            problem.starts_with("output.zone: ") && problem.contains("Asia/Omsk"),
            "{problem}"
        );
    }
}

#[test]
fn a_plan_is_a_word_or_calls_a_second_and_at_once() {
    let plan = |word: &str| {
        let webhook = "webhook = \"https://x.example/rest/1/s/\"";
        let toml = format!("[crm.main]\n{webhook}\nplan = \"{word}\"\n");
        with(&[], &toml).map(|loaded| loaded.settings.crm["main"].plan.limits())
    };
    for (word, limits) in [
        ("standard", Some((2.0, 50.0))),
        ("enterprise", Some((5.0, 250.0))),
        ("box", None),
        ("10/500", Some((10.0, 500.0))),
        (" 0.5 / 20 ", Some((0.5, 20.0))),
    ] {
        assert_eq!(plan(word).unwrap(), limits, "{word}");
    }
    for word in [
        "",
        "Box",
        "off",
        "10",
        "10/",
        "/500",
        "0/50",
        "10/1",
        "-1/50",
        "1e3/50",
        "inf/50",
        "NaN/50",
        "10/50/5",
        "10/99999999",
    ] {
        let problem = plan(word).unwrap_err().english();
        assert!(problem.contains("crm.main.plan"), "{word}: {problem}");
        assert!(problem.contains("as in 10/500"), "{word}: {problem}");
    }
    let sandbox = with(&[], "[sandbox]\nlimits = \"10/500\"\n").unwrap();
    let limits = sandbox.settings.sandbox.limits.unwrap().limits();
    assert_eq!(limits, Some((10.0, 500.0)));
}

#[test]
fn a_secret_in_place_of_a_key_is_not_printed() {
    for secret in ["Zk9qWx7secretcode", "abc123def456", "1/2", "TOKEN"] {
        let toml = format!("[crm.main]\n\"{secret}\" = 5\n\n[polls]\n\"{secret}\" = 6\n");
        let problems = problems(&[], &toml);
        assert!(!problems.contains(secret), "{problems}");
        assert!(problems.contains("crm.main.•••"), "{problems}");
        assert!(problems.contains("polls.•••"), "{problems}");
    }
}

#[test]
fn a_misspelt_key_is_reported_with_its_line_and_a_suggestion() {
    insta::assert_snapshot!(
        problems(
            &[("LEADGATE_SERVRE__LISTEN", "x"), ("LEADGATE_CRM__MAIN__WEBHOK", "y")],
            "[server]\nworkers = 2\n\n[polls]\nbase_pth = \"/x\"\nzzz = 1\n",
        ),
        @r"
    crm.main.webhok (environment): no such setting; did you mean `webhook`?
    polls.base_pth (leadgate.toml:5): no such setting; did you mean `base_path`?
    polls.zzz (leadgate.toml:6): no such setting; expected one of: allowed_addresses, base_path, captured_most, delivered_wait, depth_limit, employees, without_profile
    servre (environment): no such setting; did you mean `server`?
    "
    );
}

#[test]
fn all_wrong_values_are_reported_at_once() {
    insta::assert_snapshot!(
        problems(
            &[("LEADGATE_SERVER__LISTEN", "8080"), ("LEADGATE_LOG__FORMAT", "xml")],
            "[server]\nrequest_timeout = \"soon\"\nbody_limit = 1\ntrusted_proxies = [\"10.0.0.0/33\"]\n\
             [polls]\nbase_path = \"/a b\"\n[channels]\nfile_limit = \"big\"\n[delivery]\nretry_first = \"0s\"\n[polls.employees]\ncheck = \"some\"\n[crm.main]\ntimeout = \"1s\"\n",
        ),
        @r#"
    server.listen: `8080` is not an address with a port; write 127.0.0.1:8080 or [::1]:8080
    server.trusted_proxies: `10.0.0.0/33` is neither an address nor a network such as 10.0.0.0/8
    server.body_limit: 1 is not between 1024 and 67108864
    server.request_timeout: `soon` is not a duration; write 500ms, 20s, 5m or 2h
    polls.base_path: `/a b` is not a valid path; write something like /polls
    polls.employees: check = "some" must be one of off, listed, portal
    channels.file_limit: `big` is not a size; write 500MB or 2GB
    crm.main.webhook: is missing; set LEADGATE_CRM__MAIN__WEBHOOK to the address of an inbound webhook
    delivery.retry_first: `0s` is too short; write at least 10ms
    log.format: `xml` must be one of auto, text, json
    "#
    );
}

#[test]
fn the_employee_check_names_the_connection_that_it_asks() {
    let one = "[crm.north]\nwebhook = \"https://north.example/rest/1/secret/\"\n";
    let two = format!("{one}[crm.south]\nwebhook = \"https://south.example/rest/1/secret/\"\n");
    let check = |connections: &str, name: &str| {
        let toml =
            format!("[polls.employees]\ncheck = \"portal\"\ncrm = \"{name}\"\n{connections}");
        with(&[], &toml).unwrap().settings.polls.employees
    };
    let asks = |connection: &str| EmployeeCheck::Portal {
        connection: connection.to_owned(),
        departments: Vec::new(),
        sub_departments: true,
    };
    assert_eq!(check("", ""), asks("sandbox"));
    assert_eq!(check(one, ""), asks("north"));
    assert_eq!(check(&two, "south"), asks("south"));
    let portal = "[polls.employees]\ncheck = \"portal\"\n";
    insta::assert_snapshot!(
        problems(&[], &format!("{portal}{two}")),
        @r#"polls.employees: check = "portal" with several connections (north, south); name the one to ask in polls.employees.crm"#
    );
    insta::assert_snapshot!(
        problems(&[], &format!("{portal}crm = \"east\"\n{two}")),
        @r#"polls.employees: crm = "east" is not a connection; the settings have north, south"#
    );
    // without the check no connection needs to be named
    assert_eq!(
        with(&[], &two).unwrap().settings.polls.employees,
        EmployeeCheck::Off
    );
}

#[test]
fn retention_is_set_in_days_and_gigabytes() {
    let journal = |toml: &str| with(&[], toml).unwrap().settings.journal;
    let day = std::time::Duration::from_secs(86_400);
    assert_eq!(journal("").keep_for, Some(day * 365));
    assert_eq!(journal("").keep_at_most, None);
    let set = journal("[journal]\nkeep_for = \"2w\"\nkeep_at_most = \"2 GB\"\n");
    assert_eq!(set.keep_for, Some(day * 14));
    assert_eq!(set.keep_at_most, Some(2 << 30));
    let set = journal("[journal]\nkeep_for = \"0s\"\nkeep_at_most = 1048576\n");
    assert_eq!((set.keep_for, set.keep_at_most), (None, Some(1 << 20)));
    insta::assert_snapshot!(
        problems(&[], "[journal]\nkeep_for = \"long\"\nkeep_at_most = \"much\"\n"),
        @r"
    journal.keep_for: `long` is not a duration; write 500ms, 20s, 5m or 2h; days and weeks work, too: 90d, 2w
    journal.keep_at_most: `much` is not a size; write 500MB or 2GB, or 0 for no limit
    "
    );
}

#[test]
fn a_type_error_names_key_and_source() {
    insta::assert_snapshot!(problems(&[], "[server]\nworkers = [1]\n"), @"server.workers (leadgate.toml): text is expected");
    insta::assert_snapshot!(
        problems(&[("LEADGATE_SERVER__WORKERS", "many")], ""),
        @"server.workers (environment): `many`: invalid digit found in string"
    );
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("webhook");
    std::fs::write(&file, "https://acme.bitrix24.example/rest/1/s3cr3t/\n").unwrap();
    let loaded = with(
        &[("LEADGATE_CRM__MAIN__WEBHOOK_FILE", file.to_str().unwrap())],
        "",
    )
    .unwrap();
    let shown = format!("{}{:?}{:?}", loaded.show(Lang::En), loaded.settings, loaded);
    assert!(
        shown.contains("https://acme.bitrix24.example/•••"),
        "{shown}"
    );
    assert!(!shown.contains("s3cr3t"));
}

#[test]
fn missing_secret_and_settings_files_are_reported() {
    let text = problems(&[("LEADGATE_CRM__MAIN__WEBHOOK_FILE", "/no/such/file")], "");
    assert!(text.starts_with("LEADGATE_CRM__MAIN__WEBHOOK_FILE: cannot read the file"));
    let error = load(&Sources {
        file: Some("/no/such.toml".into()),
        ..Sources::default()
    });
    assert!(error.unwrap_err().to_string().contains("no such file"));
}

#[test]
fn listed_employees_are_addresses_and_domains_in_any_usual_spelling() {
    let check = |entry: &str| {
        let toml = format!("[polls.employees]\ncheck = \"listed\"\nlisted = [\"{entry}\"]\n");
        with(&[], &toml).map(|loaded| loaded.settings.polls.employees)
    };
    for (entry, domain) in [
        ("hse.ru", "hse.ru"),
        ("@hse.ru", "hse.ru"),
        ("*@hse.ru", "hse.ru"),
        (" *@HSE.ru ", "hse.ru"),
        ("*.hse.ru", ".hse.ru"),
        ("@*.hse.ru", ".hse.ru"),
        ("*@*.hse.ru", ".hse.ru"),
        ("edu.hse.ru", "edu.hse.ru"),
    ] {
        let expected = EmployeeCheck::Listed {
            emails: Vec::new(),
            domains: vec![domain.to_owned()],
        };
        assert_eq!(check(entry).ok(), Some(expected), "{entry}");
    }
    let Ok(EmployeeCheck::Listed { emails, domains }) = check("Boss@hse.ru") else {
        panic!("an address is refused");
    };
    assert_eq!((emails.len(), domains.len()), (1, 0));
    for entry in [
        "*",
        "*@*",
        "a*@hse.ru",
        "*@h*e.ru",
        "hse",
        "*@hse",
        "@",
        "a@b@hse.ru",
        "hse..ru",
        "all of hse.ru",
    ] {
        let problem = check(entry).err().map(|error| error.to_string());
        let problem = problem.unwrap_or_default();
        assert!(
            problem.contains(&format!("`{entry}` in `listed`")),
            "{entry}: {problem}"
        );
    }
}

#[test]
fn problems_are_in_russian_without_the_words_of_parsers() {
    for (env, toml, expected) in [
        (
            vec![],
            "[server]\nrequest_timeout = \"soon\"\n",
            "server.request_timeout: `soon` — не промежуток времени; напишите 500ms, 20s, 5m или 2h",
        ),
        (
            vec![],
            "[server]\nbody_limit = 1\n",
            "server.body_limit: 1 — не от 1024 до 67108864",
        ),
        (
            vec![("LEADGATE_SERVER__WORKERS", "many")],
            "",
            "server.workers (окружение): `many`: нужно целое число",
        ),
        (
            vec![("LEADGATE_SANDBOX__KEEP", "perhaps")],
            "",
            "sandbox.keep (окружение): `perhaps`: нужно true или false",
        ),
        (
            vec![],
            "[server]\nworkers = [1]\n",
            "server.workers (leadgate.toml): здесь должно быть: текст",
        ),
        (
            vec![],
            "[servr]\nworkers = 1\n",
            "servr (leadgate.toml:1): такой настройки нет; возможно, `server`?",
        ),
        (
            vec![],
            "[server]\nlisten = \"127.0.0.1:1\n",
            "leadgate.toml: строка 2, знак 22: это не TOML, у `listen`; проверьте там и строкой выше \
             кавычки, скобки и запятые",
        ),
        (
            vec![],
            "[output]\nzone = \"Москва\"\n",
            "output.zone: `Москва` — не часовой пояс; напишите Europe/Moscow, Asia/Omsk или UTC",
        ),
    ] {
        let error = with(&env, toml).map(drop).unwrap_err();
        let heading = "с такими настройками запуститься нельзя:";
        assert_eq!(error.to_text(Lang::Ru), format!("{heading}\n  {expected}"));
    }
    let shown = with(&[("LEADGATE_SERVER__WORKERS", "2")], "")
        .unwrap()
        .show(Lang::Ru);
    assert!(
        shown.contains("# по умолчанию") && shown.contains("# окружение"),
        "{shown}"
    );
    assert!(!shown.contains("# default"), "{shown}");
}
