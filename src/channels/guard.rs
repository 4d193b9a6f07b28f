//! Who may send: tokens, passwords, signatures. The file names only the environment variable or
//! file of a secret, or that the gateway keeps it; a secret in the file itself is an error, because
//! such files end up in mails and repositories.

use secrecy::SecretString;

use super::timestamp::{self, SignedTime};
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::raw::block::Block;
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Bilingual, bilingual};

/// The place of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretSource {
    /// An environment variable.
    Environment(String),
    /// A file; a relative path starts in the profiles' folder.
    File(String),
    /// The gateway, which has made it: the channel and the guard, such as `shop.token`.
    Kept(String),
}

/// A secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its place.
    pub source: SecretSource,
    /// The secret, once it was read. Without it every check fails.
    pub value: Option<SecretString>,
    pub(crate) place: TextPlace,
}

/// A token.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its place in a request.
    pub carrier: Carrier,
    /// The secret.
    pub secret: Secret,
}

/// The place of a token in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// A header.
    Header(String),
    /// A query parameter.
    Query(String),
    /// A field of the form or JSON.
    Field(String),
    /// `Authorization: Bearer …`.
    Bearer,
}

/// A user and a password: `Authorization: Basic …`.
#[derive(Debug, Clone)]
pub struct Basic {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A signature of the body, or of the query of a request without one.
#[derive(Debug, Clone)]
pub struct Hmac {
    /// The header with the signature.
    pub header: String,
    /// The hash.
    pub algorithm: Algorithm,
    /// The encoding.
    pub encoding: Encoding,
    /// The text before the signature, such as `sha256=`.
    pub prefix: String,
    /// The time stamp that is signed together with the body; `None` if only the body is signed.
    pub time: Option<SignedTime>,
    /// The key.
    pub secret: Secret,
}

/// The hash of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-1, for senders without support of better hashes.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// The encoding of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal digits, in any case.
    Hex,
    /// Base64.
    Base64,
}

/// Parses `token`.
pub(super) fn token(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Token> {
    let mut block = Block::open(node, about, reader)?;
    let place = block.place.clone();
    let header = header(&mut block, reader).map(Carrier::Header);
    let query = block
        .text("query", reader)
        .map(|text| Carrier::Query(text.value));
    let field = block
        .text("field", reader)
        .map(|text| Carrier::Field(text.value));
    let bearer = block.flag("bearer", reader).filter(|flag| flag.value);
    let bearer = bearer.map(|_| Carrier::Bearer);
    let secret = secret(about, &mut block, reader);
    block.close(reader);
    let mut carriers: Vec<Carrier> = [header, query, field, bearer]
        .into_iter()
        .flatten()
        .collect();
    if carriers.len() != 1 {
        let message = bilingual!(
            "`{about}` must name exactly one place for the token",
            "в `{about}` должно быть названо ровно одно место ключа"
        );
        let advice = bilingual!(
            "write `header: X-Api-Key`, `query: token`, `field: api_key` or `bearer: true`",
            "напишите `header: X-Api-Key`, `query: token`, `field: api_key` или `bearer: true`"
        );
        reader.error(Code::MissingKey, &place, message, advice);
    }
    Some(Token {
        carrier: carriers.pop()?,
        secret: secret?,
    })
}

/// Parses `basic`.
pub(super) fn basic(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Basic> {
    let mut block = Block::open(node, about, reader)?;
    let place = block.place.clone();
    let user = block.text("user", reader);
    let password = secret(about, &mut block, reader);
    block.close(reader);
    if user.is_none() {
        let advice = bilingual!("write `user: shop`", "напишите `user: shop`");
        reader.error(
            Code::MissingKey,
            &place,
            bilingual!(
                "`{about}` names no user",
                "в `{about}` не назван пользователь"
            ),
            advice,
        );
    }
    Some(Basic {
        user: user?.value,
        password: password?,
    })
}

/// Parses `hmac`.
pub(super) fn hmac(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Hmac> {
    let mut block = Block::open(node, about, reader)?;
    let place = block.place.clone();
    let header = header(&mut block, reader);
    let algorithms = [
        ("sha256", Algorithm::Sha256),
        ("sha1", Algorithm::Sha1),
        ("sha512", Algorithm::Sha512),
    ];
    let algorithm = block.word("algorithm", &algorithms, reader);
    let encodings = [("hex", Encoding::Hex), ("base64", Encoding::Base64)];
    let encoding = block.word("encoding", &encodings, reader);
    let prefix = block.text("prefix", reader);
    let time = block
        .node("timestamp")
        .map(|node| timestamp::timestamp(&format!("{about}.timestamp"), node, reader));
    let secret = secret(about, &mut block, reader);
    block.close(reader);
    if header.is_none() {
        let message = bilingual!(
            "`{about}` names no header",
            "в `{about}` не назван заголовок"
        );
        reader.error(
            Code::MissingKey,
            &place,
            message,
            bilingual!(
                "write `header: X-Signature`",
                "напишите `header: X-Signature`"
            ),
        );
    }
    Some(Hmac {
        header: header?,
        algorithm: algorithm.map_or(Algorithm::Sha256, |word| word.value),
        encoding: encoding.map_or(Encoding::Hex, |word| word.value),
        prefix: prefix.map(|text| text.value).unwrap_or_default(),
        // a broken time stamp setting is an error, never a signature without a time stamp
        time: match time {
            Some(time) => Some(time?),
            None => None,
        },
        secret: secret?,
    })
}

pub(super) fn header(block: &mut Block, reader: &mut Reader<'_>) -> Option<String> {
    let text = block.text("header", reader)?;
    super::reply::header_name(&text, reader)
}

/// Parses `{ env: SITE_TOKEN }`, `{ file: secrets/site }` or `{ kept: true }`.
fn secret(about: &str, block: &mut Block, reader: &mut Reader<'_>) -> Option<Secret> {
    let Some(node) = block.node("secret") else {
        let message = bilingual!("`{about}` has no secret", "в `{about}` нет секрета");
        reader.error(Code::MissingKey, &block.place, message, where_it_is());
        return None;
    };
    let place = node.place.clone();
    if let NodeKind::Scalar(_) = &node.kind {
        let message = bilingual!(
            "the secret itself is written here",
            "секрет написан прямо здесь"
        );
        reader.error(Code::Secret, &place, message, where_it_is());
        return None;
    }
    let mut block = Block::open(node, &format!("{about}.secret"), reader)?;
    let env = block.text("env", reader);
    let file = block.text("file", reader);
    let kept = block.flag("kept", reader).filter(|flag| flag.value);
    block.close(reader);
    let source = match (env, file, kept) {
        (Some(env), None, None) => SecretSource::Environment(variable(&env, reader)?),
        (None, Some(file), None) => SecretSource::File(file.value),
        (None, None, Some(_)) => SecretSource::Kept(about.to_owned()),
        _ => {
            let message = bilingual!(
                "`{about}.secret` must name exactly one place of the secret",
                "в `{about}.secret` должно быть указано ровно одно место секрета"
            );
            reader.error(Code::MissingKey, &place, message, where_it_is());
            return None;
        }
    };
    Some(Secret {
        source,
        value: None,
        place,
    })
}

/// Keys of a channel whose values may be shown; any other key may have a secret, even if misspelt.
const SHOWN: &[&str] = &[
    "name",
    "preset",
    "methods",
    "addresses",
    "cors",
    "rate",
    "rate_per_address",
    "body_limit",
    "once_per",
    "unreadable",
    "separator",
    "files",
    "each",
    "reply",
    "time_limit",
    "type",
    "template",
    "header",
    "headers",
    "query",
    "field",
    "bearer",
    "user",
    "algorithm",
    "encoding",
    "prefix",
    "timestamp",
    "window",
    "content",
    "parameter",
    "accepted",
    "refused",
    "status",
    "status_text",
    "body",
];

/// Keys with a secret or the place of one.
const GUARDS: &[&str] = &[
    "token", "basic", "hmac", "secret", "password", "env", "file", "kept",
];

/// Returns whether a key is unknown, and not a misspelling of one whose value may be shown.
fn is_unknown(key: &str) -> bool {
    let known = SHOWN.iter().chain(GUARDS).copied();
    let meant = suggest::nearest(key, known);
    !SHOWN.contains(&key) && !meant.is_some_and(|meant| SHOWN.contains(&meant))
}

/// Blocks with free keys.
const FREE: &[&str] = &["headers"];

fn is_secret(key: &str, value: &str) -> bool {
    match key {
        "env" => !is_variable(value),
        // a path, or a secret in place of one
        "file" => {
            !value.contains(['/', '.', '\\']) && value.len() >= 6 && has_digit_and_letter(value)
        }
        "secret" | "token" | "password" => true,
        _ => value.chars().count() >= 3 && !is_plain(value) && is_unknown(key),
    }
}

fn has_digit_and_letter(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit()) && text.contains(char::is_alphabetic)
}

/// Returns possible secrets of a text that is not YAML: every word that is not behind a key whose
/// value may be shown.
pub(super) fn unreadable(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.split_once(" #").map_or(line, |(line, _)| line);
        let is_shown = line.split_once(':').is_some_and(|(key, value)| {
            SHOWN.contains(&key.trim_matches([' ', '-'])) && !value.contains('{')
        });
        if is_shown {
            continue;
        }
        let cut = |c: char| c.is_whitespace() || "\"'{}[],".contains(c);
        let words = line.split(cut).filter(|word| !word.is_empty());
        let secrets = words.filter(|word| !is_plain(word)).map(|word| {
            let value = word.split_once(':').filter(|(key, _)| is_plain(key));
            value.map_or(word, |(_, value)| value)
        });
        found.extend(secrets.filter(|word| !word.is_empty()).map(|word| {
            word.trim_start_matches(['*', '&', '!', '@', '|', '>', '%', '`'])
                .to_owned()
        }));
    }
    found.retain(|word| word.chars().count() >= 3);
    found.sort_by_key(|word| std::cmp::Reverse(word.len()));
    found
}

/// Returns whether a word is a key, the name of a variable, or a path, and not a secret.
fn is_plain(word: &str) -> bool {
    let word = word.strip_suffix(':').unwrap_or(word);
    SHOWN.contains(&word)
        || GUARDS.contains(&word)
        || matches!(word, "true" | "false")
        || is_quantity(word)
}

/// Returns whether a word is a rate, a time or a size: `30/m`, `10s`, `5MB`.
fn is_quantity(word: &str) -> bool {
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = word.len() - unit.len();
    let unit = unit.strip_prefix('/').unwrap_or(unit);
    (1..=9).contains(&digits)
        && matches!(
            unit.to_ascii_lowercase().as_str(),
            "s" | "m" | "min" | "h" | "d" | "ms" | "b" | "kb" | "mb" | "gb"
        )
}

/// Only capitals, so that a secret is rarely mistaken for a name.
fn is_variable(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(plain)
}

fn variable(text: &Text, reader: &mut Reader<'_>) -> Option<String> {
    if is_variable(&text.value) {
        return Some(text.value.clone());
    }
    let message = bilingual!(
        "this is not the name of an environment variable",
        "это не имя переменной окружения"
    );
    let advice = bilingual!(
        "use capital Latin letters, digits and `_`; the secret itself does not belong here",
        "заглавные латинские буквы, цифры и `_`; самому секрету здесь не место"
    );
    reader.error(Code::WrongValue, &text.place, message, advice);
    None
}

fn where_it_is() -> Bilingual {
    bilingual!(
        "write `secret: {{ env: SITE_TOKEN }}`, `secret: {{ file: /run/secrets/site }}`, or \
         `secret: {{ kept: true }}` for a key that the console makes",
        "напишите `secret: {{ env: SITE_TOKEN }}`, `secret: {{ file: /run/secrets/site }}` или \
         `secret: {{ kept: true }}`, если ключ выдаёт консоль"
    )
}

/// Returns secrets in the file itself and values of unknown keys, so that no message shows them.
pub(super) fn written_out(node: &Node, found: &mut Vec<String>) {
    written_behind("", node, found);
    found.sort_by_key(|text| std::cmp::Reverse(text.len()));
}

fn written_behind(key: &str, node: &Node, found: &mut Vec<String>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            for (name, value) in entries {
                let name = if FREE.contains(&key) {
                    key
                } else {
                    &name.value
                };
                written_behind(name, value, found);
            }
        }
        NodeKind::List(items) => items
            .iter()
            .for_each(|item| written_behind(key, item, found)),
        NodeKind::Scalar(text) if is_secret(key, &text.value) => {
            // advice about a missing blank splits it at its colon
            let parts = text.value.splitn(2, ':').map(str::trim);
            found.extend(
                parts
                    .filter(|part| part.chars().count() >= 3)
                    .map(str::to_owned),
            );
            found.push(text.value.clone());
        }
        NodeKind::Null | NodeKind::Scalar(_) => {}
    }
}
