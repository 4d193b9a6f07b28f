//! The help and mistakes in the arguments.

use std::fmt::Write as _;

use super::assert_russian;
use crate::home::Home;

const COMMANDS: [&str; 47] = [
    "",
    "serve",
    "sandbox",
    "check",
    "preview",
    "draft",
    "try",
    "test",
    "schema",
    "journal",
    "journal show",
    "explain",
    "replay",
    "erase",
    "backup",
    "restore",
    "alerts",
    "alerts test",
    "amocrm",
    "amocrm connect",
    "amocrm hooks",
    "amocrm hooks list",
    "amocrm hooks add",
    "amocrm hooks remove",
    "amocrm widget",
    "app",
    "app info",
    "app status",
    "app rebind",
    "pbx",
    "pbx call",
    "pbx hold",
    "pbx history",
    "pbx users",
    "token",
    "token create",
    "token list",
    "token revoke",
    "user",
    "user add",
    "user passwd",
    "user role",
    "user remove",
    "user list",
    "user sign-out",
    "config",
    "health",
];

#[test]
fn the_help_of_every_command_is_in_russian() {
    let home = Home::new();
    let root = home.succeeds(&["--help", "--lang", "ru"]);
    let listed = root.lines().filter_map(|line| {
        let command = line.strip_prefix("  ")?.split(' ').next()?;
        Some(command).filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
    });
    for command in listed.filter(|command| *command != "help") {
        assert!(COMMANDS.contains(&command), "{command} is not in this test");
    }
    for command in COMMANDS {
        let words: Vec<&str> = command.split_whitespace().collect();
        for asked in [
            [&words[..], &["--help", "--lang", "ru"]].concat(),
            [&["--lang=ru"][..], &words, &["-h"]].concat(),
            [&["--lang", "ru", "help"][..], &words].concat(),
        ] {
            let help = home.succeeds(&asked);
            assert_russian(&help, &asked);
            let usage = format!("Использование: {}", ["leadgate", command].join(" ").trim());
            assert!(help.contains(&usage), "{help}");
            for part in [
                "Общие параметры:",
                "--lang <ru|en>",
                "--help",
                "Показать эту справку",
            ] {
                assert!(help.contains(part), "{part}: {help}");
            }
        }
        // without a language the help is English
        let english = home.succeeds(&[&words[..], &["--help"]].concat());
        assert!(
            english.contains("Usage: ") && !english.contains("Показать"),
            "{english}"
        );
    }
    let mut by_locale = home.command(&["journal", "--help"]);
    let by_locale = by_locale.env("LC_ALL", "ru_RU.UTF-8").output().unwrap();
    let help = home.succeeds(&["journal", "--help", "--lang", "ru"]);
    assert_eq!(String::from_utf8(by_locale.stdout).unwrap(), help);
    for part in [
        "[по умолчанию: 20]",
        "--state <СОСТОЯНИЕ>",
        "[ПАРАМЕТРЫ] [КОМАНДА]",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

/// Wrong command lines, a line each.
const WRONG: &[&str] = &[
    "",
    "jurnal",
    "no-such-command",
    "journal shwo",
    "journal --stat parked",
    "journal --state",
    "journal --limit many",
    "journal --limit 99999999999999999999999",
    "journal --limit=-1",
    "journal --json=yes",
    "journal --json --json",
    "journal --refused --state parked",
    "journal --lang",
    "journal --lang de",
    "journal show",
    "journal show a b",
    "explain",
    "explain --json",
    "preview",
    "preview packet.json --poll ten",
    "preview packet.json --poll 1 --channel shop",
    "draft",
    "draft --chanel shop",
    "try",
    "try --remove abc shop",
    "check --live --json",
    "check folder another",
    "replay 123/1 --state parked",
    "replay --colour",
    "sandbox --listen here",
    "sandbox --seed full",
    "sandbox --limits fast",
    "sandbox --operating much",
    "sandbox --latency-call 1.5",
    "erase +79990000000",
    "health now",
    "help nothing",
    "--state parked",
    "serve -x",
];

#[test]
fn wrong_command_lines_are_explained_in_russian() {
    let home = Home::new();
    let mut all = String::new();
    for line in WRONG {
        let words: Vec<&str> = line.split_whitespace().collect();
        let asked = [&["--lang", "ru"][..], &words].concat();
        let (code, text) = home.run(&asked);
        assert_eq!(code, 2, "{asked:?}: {text}");
        assert_russian(&text, &asked);
        let is_help = words.is_empty();
        assert!(text.starts_with("ошибка: ") || is_help, "{asked:?}: {text}");
        if !is_help {
            writeln!(all, "$ leadgate {line}\n{}\n", text.trim_end()).unwrap();
        }
        // the language of the locale decides without `--lang`
        let mut by_locale = home.command(&words);
        let ended = by_locale.env("LC_ALL", "ru_RU.UTF-8").output().unwrap();
        let complaint = String::from_utf8(ended.stderr).unwrap();
        assert_russian(&complaint, &words);
    }
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cli/russian/mistakes.txt"
    );
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        std::fs::write(file, &all).unwrap();
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(all, expected, "UPDATE=1 rewrites {file}");
}

#[test]
fn wrong_settings_and_missing_files_are_explained_in_russian() {
    let home = Home::new();
    home.write("broken.toml", "[server\n");
    home.write("odd.toml", "[server]\nlisten = \"8080\"\nlisen = \"\"\n");
    for (asked, code, part) in [
        (&["journal"][..], 1, "один раз запустите шлюз"),
        (&["explain", "123/1"], 1, "один раз запустите шлюз"),
        (
            &["replay", "--state", "parked"],
            1,
            "один раз запустите шлюз",
        ),
        (
            &["erase", "--phone", "89990000000"],
            1,
            "один раз запустите шлюз",
        ),
        (&["preview", "no.json"], 2, "файла no.json нет"),
        (&["preview", "."], 2, "папка"),
        (&["--config", "no.toml", "journal"], 2, "такого файла нет"),
        (&["--config", "broken.toml", "journal"], 2, "это не TOML"),
        (
            &["--config", "odd.toml", "journal"],
            2,
            "такой настройки нет",
        ),
        (&["serve", "--listen", "here"], 2, "не адрес с портом"),
        (&["serve", "--log", "a=b=c"], 2, "log.filter"),
        (
            &["sandbox", "--faults", "no.json"],
            2,
            "не удаётся прочитать no.json",
        ),
        (&["health"], 1, "шлюз не отвечает"),
    ] {
        let mut command = home.command(&[&["--lang", "ru"], asked].concat());
        command.env("LEADGATE_SERVER__LISTEN", "127.0.0.1:1");
        if asked.contains(&"odd.toml") {
            command.env_remove("LEADGATE_SERVER__LISTEN");
        }
        let ended = command.output().unwrap();
        let text = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{asked:?}: {text}");
        assert!(text.contains(part), "{asked:?}: {text}");
        assert_russian(&text, asked);
    }
}
