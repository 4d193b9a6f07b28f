//! Everything that commands print with `--lang ru` is Russian: the help, mistakes in the arguments,
//! errors, and what the journal tells.

mod arguments;
mod journal;

/// Words of the program that are the same in every language: commands, words of profiles and
/// settings, and names.
const NAMES: &[&str] = &[
    "API",
    "alerts",
    "amocrm",
    "pbx",
    "call",
    "hold",
    "history",
    "users",
    "add",
    "connect",
    "hooks",
    "list",
    "amoCRM",
    "remove",
    "create",
    "never",
    "revoke",
    "token",
    "user",
    "passwd",
    "role",
    "sign-out",
    "viewer",
    "operator",
    "author",
    "admin",
    "widget",
    "batch",
    "SMTP",
    "STARTTLS",
    "name",
    "CSV",
    "HTTP",
    "XML",
    "consultation",
    "question",
    "TOML",
    "as",
    "bash",
    "box",
    "captured",
    "check",
    "config",
    "contact",
    "crm",
    "debug",
    "deal",
    "default",
    "delivered",
    "demo",
    "deny",
    "draft",
    "empty",
    "en",
    "enterprise",
    "erase",
    "backup",
    "restore",
    "app",
    "error",
    "explain",
    "health",
    "help",
    "https",
    "http",
    "ignored",
    "info",
    "journal",
    "json",
    "JSON",
    "LANG",
    "lang",
    "leadgate",
    "leased",
    "live",
    "main",
    "map",
    "off",
    "park",
    "parked",
    "phone",
    "polls",
    "preview",
    "queued",
    "rebind",
    "rejected",
    "replace",
    "replay",
    "REST",
    "ru",
    "sandbox",
    "Schema",
    "schema",
    "serve",
    "several",
    "show",
    "standard",
    "status",
    "test",
    "tracing",
    "try",
    "waiting",
    "warn",
    "CRM",
    "ID",
    "UTC",
    "verify",
    "YAML",
];

/// Returns the Latin words of a text, without options, values in quotes and backquotes, names of
/// files and settings, and the names above.
fn english_words(text: &str) -> Vec<String> {
    let mut bare = String::new();
    let mut until = None;
    for letter in text.chars() {
        match (letter, until) {
            (letter, Some(end)) if letter == end || letter == '\n' => until = None,
            (_, Some(_)) => {}
            ('`', None) => until = Some('`'),
            ('«', None) => until = Some('»'),
            ('"', None) => until = Some('"'),
            (letter, None) => bare.push(letter),
        }
    }
    let is_part =
        |letter: char| letter.is_ascii_alphanumeric() || "-_./:*$[]'@|•#=".contains(letter);
    let words = bare.split(|letter: char| !is_part(letter));
    words
        .map(|word| word.trim_matches(['.', ':', '[', ']', '\'']))
        .filter(|word| word.contains(|letter: char| letter.is_ascii_alphabetic()))
        .filter(|word| {
            let is_code = word.starts_with('-')
                || word.contains(|letter: char| {
                    "-_./:*$@#=|".contains(letter) || letter.is_ascii_digit()
                });
            !is_code && !NAMES.contains(word)
        })
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn assert_russian(text: &str, of: &[&str]) {
    let english = english_words(text);
    assert!(english.is_empty(), "{of:?}: {english:?} in\n{text}");
    assert!(!text.contains('\u{fffd}'), "{of:?}: {text}");
}

#[test]
fn the_search_for_english_words_finds_sentences_and_skips_code() {
    for text in [
        "профиль `each: $.orders` и --state, -h, data.dir, 2h, /in/shop",
        "портал отказал: «Access denied.» (нет прав)",
        "crm.deal.add {\"TITLE\": \"x\"}",
    ] {
        assert_eq!(english_words(text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(
        english_words("ошибка: no such file"),
        ["no", "such", "file"]
    );
}
