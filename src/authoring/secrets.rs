//! Finds passwords, tokens and webhooks' addresses in files, which may end up in mails and
//! repositories. Reports them without repeating them.

use super::codes::Code;
use super::problem::{Problems, SourceText, TextPlace};
use crate::domain::bilingual;

/// Prefixes of the keys of well-known services.
const KNOWN: &[&str] = &[
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk_live_",
    "sk_test_",
    "AKIA",
    "AIza",
];
/// Keys with a secret.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "authorization",
    "пароль",
];

/// Keys with a name or a place: `secret: { env: SITE_KEY_2 }`.
const PLACES: &[&str] = &["env", "file", "header", "query", "field", "from", "table"];

/// Warns of everything in a text that looks like a secret, and hides it in shown lines.
pub(crate) fn scan(source: &SourceText, problems: &mut Problems) {
    let found = find(source);
    warn(&found, problems);
    let found: Vec<String> = found.into_iter().map(|found| found.text).collect();
    problems.hide(&found);
}

/// A text that looks like a secret.
pub(crate) struct FoundSecret {
    pub(crate) place: TextPlace,
    pub(crate) text: String,
}

/// Warns of the secrets found.
pub(crate) fn warn<'f>(found: impl IntoIterator<Item = &'f FoundSecret>, problems: &mut Problems) {
    for one in found {
        let message = bilingual!(
            "this looks like a password, a token or a webhook's address",
            "это похоже на пароль, токен или адрес вебхука"
        );
        let advice = bilingual!(
            "keep it in the settings or the environment, and change it if others have seen this \
             file",
            "держите его в настройках или в окружении и смените, если файл видели другие",
        );
        problems.warn(Code::Secret, &one.place, message, advice);
    }
}

/// Returns everything in a text that looks like a secret.
pub(crate) fn find(source: &SourceText) -> Vec<FoundSecret> {
    let mut found = Vec::new();
    for (index, line) in source.text().lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        for secret in in_line(line) {
            let before = line.find(secret).and_then(|at| line.get(..at));
            let place = TextPlace {
                line: number,
                ..TextPlace::start_of(source)
            };
            let offset = before.map_or(0, |before| before.chars().count());
            found.push(FoundSecret {
                place: place.part(offset, secret.chars().count()),
                text: secret.to_owned(),
            });
        }
    }
    found
}

fn in_line(line: &str) -> Vec<&str> {
    let mut secrets: Vec<&str> = webhook(line).into_iter().collect();
    let cut = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '?' | '&'
            )
    };
    let (mut named, mut before) = (false, "");
    for word in line.split(cut).filter(|word| !word.is_empty()) {
        let (name, value) = match word.split_once(['=', ':']) {
            Some((name, value)) if !value.starts_with("//") => (name, value),
            Some(_) | None => ("", word),
        };
        named &= !PLACES.contains(&name);
        let is_named = named || NAMES.iter().any(|known| ends_with(name, known));
        named = is_named && value.is_empty()
            || matches!(word, "Bearer" | "Basic")
            || (named && word.ends_with("Bearer"));
        // JSON has its keys in quotes
        named |= word == ":" && NAMES.iter().any(|known| ends_with(before, known));
        before = word;
        let is_secret = is_known(word)
            || is_known(value)
            || (is_named && is_mixed(value, 10))
            || is_random(value)
            || in_address(word);
        if is_secret && !secrets.iter().any(|secret| word.contains(secret)) {
            secrets.push(if in_address(word) || is_known(word) {
                word
            } else {
                value
            });
        }
    }
    secrets
}

/// Returns whether a name ends with a known one, in any case.
fn ends_with(name: &str, known: &str) -> bool {
    let at = name.len().checked_sub(known.len());
    at.and_then(|at| name.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(known))
}

/// Returns the token of a webhook address: `https://portal/rest/1/token/`.
fn webhook(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("/rest/")?;
    let (user, rest) = rest.split_once('/')?;
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    let token = rest.get(..end)?;
    let is_user = !user.is_empty() && user.bytes().all(|b| b.is_ascii_digit());
    (is_user && token.len() >= 8).then_some(token)
}

/// Returns whether an address contains a password: `https://user:password@host`.
fn in_address(word: &str) -> bool {
    word.split_once("://").is_some_and(|(_, rest)| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.split_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, p)| !p.is_empty()))
    })
}

fn is_known(word: &str) -> bool {
    let is_token = word.starts_with("eyJ") && word.len() >= 40 && word.matches('.').count() == 2;
    is_token
        || KNOWN
            .iter()
            .any(|start| word.starts_with(start) && word.len() >= start.len() + 12)
}

/// Returns whether a word mixes letters and digits and has the minimum length.
fn is_mixed(word: &str, least: usize) -> bool {
    word.len() >= least
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().any(|b| b.is_ascii_alphabetic())
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_+/=.".contains(&b))
}

/// Returns whether a word looks generated: 32 hexadecimal digits, or 40 letters and digits in both
/// cases.
fn is_random(word: &str) -> bool {
    let is_hex = word.len() >= 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let is_base64 = word.len() >= 40
        && word.bytes().any(|b| b.is_ascii_lowercase())
        && word.bytes().any(|b| b.is_ascii_uppercase())
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b));
    (is_hex || is_base64) && is_mixed(word, 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_and_ordinary_lines_are_not() {
        for (line, secret) in [
            (
                "crm: https://shop.bitrix24.ru/rest/12/abcd1234efgh5678/",
                "abcd1234efgh5678",
            ),
            ("  # Authorization: Bearer k3yk3yk3yk3y99", "k3yk3yk3yk3y99"),
            (
                "url: https://anna:pa55@mail.example/x",
                "https://anna:pa55@mail.example/x",
            ),
            (
                "  TITLE: \"ghp_abcdefghijklmnop1234\"",
                "ghp_abcdefghijklmnop1234",
            ),
            ("api_key: q1w2e3r4t5y6", "q1w2e3r4t5y6"),
            ("пароль=q1w2e3r4t5y6", "q1w2e3r4t5y6"),
            (
                "headers: { Location: \"https://shop.example/?a=1&token=q1w2e3r4t5y6\" }",
                "q1w2e3r4t5y6",
            ),
            ("body: '{\"password\": \"pa55w0rd1234\"}'", "pa55w0rd1234"),
            (
                "x: 0123456789abcdef0123456789abcdef",
                "0123456789abcdef0123456789abcdef",
            ),
        ] {
            assert_eq!(in_line(line), [secret], "{line}");
        }
        for line in [
            "  token: $.data.token",
            "  password: { from: $.data.password2, as: text }",
            "  UF_CRM_1700000000001: \"{{order_id}}\"",
            "SOURCE_DESCRIPTION: { value: \"{{page}}\", on_update: fill }",
            "  page: https://shop.example/rest/menu/today",
            "  id: 3d594650-3436-453f-9f1f-1c2f3a4b5c6d",
            "token: { header: X-Api-Key-2024, secret: { env: SITE_TOKEN_2 } }",
            "hmac: { header: X-Signature, prefix: \"sha256=\", secret: { file: secrets/shop_key2 } }",
            "# напишите token: и пароль: в настройках, а не здесь",
        ] {
            assert_eq!(in_line(line), [""; 0], "{line}");
        }
    }
}
