//! No command prints a secret, even if the files and variables with it are wrong.

use crate::home::Home;

const CODE: &str = "k3yk3yk3yk3y";
const WEBHOOK: &str = "https://acme.bitrix24.example/rest/1/k3yk3yk3yk3y/";

/// Runs a command with more settings; returns its exit code and its output.
fn run(home: &Home, arguments: &[&str], settings: &[(&str, &str)]) -> (i32, String) {
    let ended = home.run_with(arguments, settings);
    (ended.code, ended.stdout + &ended.stderr)
}

fn never_shown(said: &str, why: &str) {
    assert!(!said.contains("k3yk3y"), "{why}\n{said}");
}

#[test]
fn a_syntax_error_in_the_settings_shows_place_and_key_but_not_the_line() {
    for (toml, place) in [
        (
            format!("[crm.main]\nwebhook = \"{WEBHOOK}\n"),
            "line 2, column",
        ),
        (
            format!("[crm.main]\nwebhook = {WEBHOOK}\n"),
            "line 2, column",
        ),
        (
            format!("[crm.main]\nwebhook \"{WEBHOOK}\"\n"),
            "line 2, column",
        ),
        (
            format!("[crm.main]\nwebhook = '{WEBHOOK}\"\n"),
            "line 2, column",
        ),
        (
            format!("[crm.main]\nwebhook = \"\\{WEBHOOK}\"\n"),
            "line 2, column",
        ),
        (
            format!("[crm.main]\nwebhook = \"{WEBHOOK}\" # \nwebhook = \"{WEBHOOK}\"\n"),
            "line 3",
        ),
        (format!("[crm.main]\n{WEBHOOK}\n"), "line 2, column"),
        (
            format!("[crm.\"{WEBHOOK}\"\nwebhook = 1\n"),
            "line 1, column",
        ),
        (
            format!("[crm.main]\nwebhook = \"{WEBHOOK}\" {CODE}\n"),
            "line 2, column",
        ),
        (
            format!("[crm.main]\nwebhook = \"\"\"{CODE}\n{CODE}\n"),
            "line",
        ),
    ] {
        let home = Home::new();
        std::fs::write(home.path("leadgate.toml"), &toml).unwrap();
        for command in ["config", "check", "serve"] {
            let (code, said) = run(&home, &[command], &[]);
            assert_eq!(code, 2, "{command}\n{toml}\n{said}");
            never_shown(&said, &toml);
            assert!(
                said.contains("leadgate.toml") && said.contains(place),
                "{toml}\n{said}"
            );
        }
    }
}

#[test]
fn a_secret_in_the_wrong_place_or_of_the_wrong_type_is_not_repeated() {
    for toml in [
        format!("[crm.main]\nwebhook = [\"{WEBHOOK}\"]\n"),
        format!("[crm.main]\nwebhook = {{ url = \"{WEBHOOK}\" }}\n"),
        format!("[crm]\nmain = \"{WEBHOOK}\"\n"),
        format!("crm = \"{WEBHOOK}\"\n"),
        format!("[crm.main]\nwebhok = \"{CODE}\"\n"),
        format!("[crm.main]\nwebhook = \"{WEBHOOK}\"\nplan = \"{CODE}\"\n"),
        format!("[crm.main]\nwebhook = \"{WEBHOOK}\"\ntimeout = \"{CODE}\"\n"),
        format!("[server]\nlisten = \"{WEBHOOK}\"\n"),
        format!("[server]\nworkers = \"{WEBHOOK}\"\n"),
        format!("[server]\ntrusted_proxies = [\"{WEBHOOK}\"]\n"),
        format!("[polls]\nbase_path = \"{WEBHOOK}\"\n"),
        format!("[log]\nfilter = \"{WEBHOOK}\"\n"),
        format!("[log]\nformat = \"https://anna:{CODE}@acme.example/\"\n"),
        format!("[delivery]\nretry_first = \"{WEBHOOK}\"\n"),
        format!("[polls.employees]\ncheck = \"listed\"\nlisted = [\"{WEBHOOK}\"]\n"),
        format!("[mappings]\ndir = \"{WEBHOOK}\"\n"),
        format!("[data]\ndir = \"/proc/none{WEBHOOK}\"\n"),
    ] {
        let home = Home::new();
        std::fs::write(home.path("leadgate.toml"), &toml).unwrap();
        for arguments in [&["config"][..], &["check"], &["health"], &["journal"]] {
            let (_, said) = run(&home, arguments, &[]);
            never_shown(&said, &format!("{arguments:?} {toml}"));
        }
    }
}

#[test]
fn values_of_variables_files_and_flags_are_not_repeated() {
    let home = Home::new();
    let file = home.path("secret");
    std::fs::write(&file, CODE).unwrap();
    let file = file.to_str().unwrap();
    for (name, value) in [
        ("LEADGATE_CRM__MAIN__WEBHOOK", CODE),
        ("LEADGATE_CRM__MAIN__WEBHOK", WEBHOOK),
        ("LEADGATE_CRM__MAIN", WEBHOOK),
        ("LEADGATE_CRM", WEBHOOK),
        ("LEADGATE_SERVER__LISTEN", WEBHOOK),
        ("LEADGATE_SERVER__WORKERS", WEBHOOK),
        ("LEADGATE_CRM__MAIN__WEBHOOK_FILE", WEBHOOK),
        ("LEADGATE_CRM__MAIN__WEBHOOK_FILE", file),
        ("LEADGATE_SERVER__LISTEN_FILE", file),
        ("LEADGATE_SERVER__WORKERS_FILE", file),
        ("LEADGATE_POLLS__BASE_PATH_FILE", file),
        ("LEADGATE_MAPPINGS__DIR_FILE", file),
        ("LEADGATE_CONFIG", WEBHOOK),
    ] {
        for command in ["config", "check", "serve"] {
            // `serve` ends at once, because it cannot listen there
            let listen: &[&str] = if command == "serve" {
                &["--listen", "192.0.2.1:1"]
            } else {
                &[]
            };
            let arguments = [&[command], listen].concat();
            let (_, said) = run(&home, &arguments, &[(name, value)]);
            never_shown(&said, &format!("{command} {name}"));
        }
    }
    let known = [("LEADGATE_CRM__MAIN__WEBHOOK", WEBHOOK)];
    for arguments in [
        &["serve", WEBHOOK][..],
        &["serve", "--listen", WEBHOOK],
        &["serve", CODE],
        &["check", "--lang", CODE],
        &["check", CODE],
        &[CODE],
        &["sandbox", "--listen", WEBHOOK],
        &["sandbox", "--faults", CODE],
        &[
            "--webhook=https://acme.bitrix24.example/rest/1/k3yk3yk3yk3y/",
            "check",
        ],
        &["journal", "--state", CODE],
        &["journal", "--data", CODE],
        &["preview", CODE],
        &["--config", CODE, "config"],
    ] {
        let (code, said) = run(&home, arguments, &known);
        assert_ne!(code, 0, "{arguments:?} {said}");
        never_shown(&said, &format!("{arguments:?}"));
    }
}

#[test]
fn check_shows_no_secret_of_a_channel() {
    let home = Home::new();
    let folder = home.path("mappings");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("key"), format!("{CODE}\n")).unwrap();
    // the key of an unknown field is quoted in the message about it
    let profile = format!("name: Shop\nreceive: {{ channel: shop }}\n{CODE}: 1\n");
    std::fs::write(folder.join("shop.yaml"), profile).unwrap();
    let channels = "shop: { token: { header: X-Key, secret: { file: key } } }\n";
    std::fs::write(folder.join("_channels.yaml"), channels).unwrap();
    for more in [&[][..], &["--json"], &["--lang", "ru"]] {
        let (code, said) = run(&home, &[&["check"], more].concat(), &[]);
        assert_eq!(code, 1, "{said}");
        never_shown(&said, channels);
        assert!(said.contains("•••"), "{said}");
    }
    std::fs::remove_file(folder.join("shop.yaml")).unwrap();
    for channels in [
        format!("shop:\n  token: {{ header: X-Key, secret: \"{CODE} }}\n"),
        format!("shop:\n  token: {{ header: X-Key, secret: {CODE} }}\n"),
        format!("shop:\n  tokn: {CODE}\n"),
    ] {
        std::fs::write(folder.join("_channels.yaml"), &channels).unwrap();
        for more in [&[][..], &["--json"], &["--lang", "ru"]] {
            let (code, said) = run(&home, &[&["check"], more].concat(), &[]);
            assert_eq!(code, 1, "{said}");
            never_shown(&said, &channels);
        }
    }
}
