//! Who may send: tokens, passwords, signatures. Their secrets are only named here, by an environment
//! variable or a file; a secret that is written out is a mistake, because these files go into mails and
//! repositories.

use secrecy::SecretString;

use super::timestamp::{self, SignedTime};
use crate::mapping::codes::Code;
use crate::mapping::problem::{Place, Problems};
use crate::mapping::raw::block::Block;
use crate::mapping::words::{Words, say};
use crate::mapping::yaml::{Kind, Node, Text};

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretSource {
    /// In this environment variable.
    Environment(String),
    /// In this file; a relative path begins in the folder of the profiles.
    File(String),
}

/// A secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Where it is.
    pub source: SecretSource,
    /// The secret itself, once it was fetched. Without it nothing agrees.
    pub value: Option<SecretString>,
    pub(crate) place: Place,
}

/// A token.
#[derive(Debug, Clone)]
pub struct Token {
    /// Where a request bears it.
    pub carrier: Carrier,
    /// What it is.
    pub secret: Secret,
}

/// Where a request bears its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// In this header.
    Header(String),
    /// In this parameter of the address.
    Query(String),
    /// In this field of the form or the JSON.
    Field(String),
    /// In `Authorization: Bearer …`.
    Bearer,
}

/// A user and a password, in `Authorization: Basic …`.
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
    /// The header that bears it.
    pub header: String,
    /// By which hash.
    pub algorithm: Algorithm,
    /// In which letters.
    pub encoding: Encoding,
    /// What stands in front of it, such as `sha256=`.
    pub prefix: String,
    /// The time stamp that is signed with the body; `None`: the body alone is signed.
    pub time: Option<SignedTime>,
    /// The key.
    pub secret: Secret,
}

/// The hash of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-1, for senders that know nothing better.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// The letters of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal digits, in any case.
    Hex,
    /// Base64.
    Base64,
}

/// Reads `token`.
pub(super) fn token(about: &str, node: Node, problems: &mut Problems) -> Option<Token> {
    let mut block = Block::open(node, about, problems)?;
    let place = block.place.clone();
    let header = header(&mut block, problems).map(Carrier::Header);
    let query = block
        .text("query", problems)
        .map(|text| Carrier::Query(text.value));
    let field = block
        .text("field", problems)
        .map(|text| Carrier::Field(text.value));
    let bearer = block.flag("bearer", problems).filter(|flag| flag.value);
    let bearer = bearer.map(|_| Carrier::Bearer);
    let secret = secret(about, &mut block, problems);
    block.close(problems);
    let mut carriers: Vec<Carrier> = [header, query, field, bearer]
        .into_iter()
        .flatten()
        .collect();
    if carriers.len() != 1 {
        let message = say!(
            "`{about}` names one place of the token",
            "в `{about}` называется одно место ключа"
        );
        let advice = say!(
            "write `header: X-Api-Key`, `query: token`, `field: api_key` or `bearer: true`",
            "напишите `header: X-Api-Key`, `query: token`, `field: api_key` или `bearer: true`"
        );
        problems.error(Code::MissingKey, &place, message, advice);
    }
    Some(Token {
        carrier: carriers.pop()?,
        secret: secret?,
    })
}

/// Reads `basic`.
pub(super) fn basic(about: &str, node: Node, problems: &mut Problems) -> Option<Basic> {
    let mut block = Block::open(node, about, problems)?;
    let place = block.place.clone();
    let user = block.text("user", problems);
    let password = secret(about, &mut block, problems);
    block.close(problems);
    if user.is_none() {
        let advice = say!("write `user: shop`", "напишите `user: shop`");
        problems.error(
            Code::MissingKey,
            &place,
            say!(
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

/// Reads `hmac`.
pub(super) fn hmac(about: &str, node: Node, problems: &mut Problems) -> Option<Hmac> {
    let mut block = Block::open(node, about, problems)?;
    let place = block.place.clone();
    let header = header(&mut block, problems);
    let algorithms = [
        ("sha256", Algorithm::Sha256),
        ("sha1", Algorithm::Sha1),
        ("sha512", Algorithm::Sha512),
    ];
    let algorithm = block.word("algorithm", &algorithms, problems);
    let encodings = [("hex", Encoding::Hex), ("base64", Encoding::Base64)];
    let encoding = block.word("encoding", &encodings, problems);
    let prefix = block.text("prefix", problems);
    let time = block
        .node("timestamp")
        .map(|node| timestamp::timestamp(&format!("{about}.timestamp"), node, problems));
    let secret = secret(about, &mut block, problems);
    block.close(problems);
    if header.is_none() {
        let message = say!(
            "`{about}` names no header",
            "в `{about}` не назван заголовок"
        );
        problems.error(
            Code::MissingKey,
            &place,
            message,
            say!(
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
        // a time stamp that cannot be read is an error, never a signature without one
        time: match time {
            Some(time) => Some(time?),
            None => None,
        },
        secret: secret?,
    })
}

pub(super) fn header(block: &mut Block, problems: &mut Problems) -> Option<String> {
    let text = block.text("header", problems)?;
    super::reply::header_name(&text, problems)
}

/// `{ env: SITE_TOKEN }` or `{ file: secrets/site }`.
fn secret(about: &str, block: &mut Block, problems: &mut Problems) -> Option<Secret> {
    let Some(node) = block.node("secret") else {
        let message = say!("`{about}` has no secret", "в `{about}` нет секрета");
        problems.error(Code::MissingKey, &block.place, message, where_it_is());
        return None;
    };
    let place = node.place.clone();
    if let Kind::Scalar(_) = &node.kind {
        let message = say!("a secret is written out here", "секрет написан прямо здесь");
        problems.error(Code::Secret, &place, message, where_it_is());
        return None;
    }
    let mut block = Block::open(node, &format!("{about}.secret"), problems)?;
    let env = block.text("env", problems);
    let file = block.text("file", problems);
    block.close(problems);
    let source = match (env, file) {
        (Some(env), None) => SecretSource::Environment(variable(&env, problems)?),
        (None, Some(file)) => SecretSource::File(file.value),
        (Some(_), Some(_)) | (None, None) => {
            let message = say!(
                "`{about}.secret` says where the secret is, in one way",
                "`{about}.secret` говорит, где лежит секрет, одним способом"
            );
            problems.error(Code::MissingKey, &place, message, where_it_is());
            return None;
        }
    };
    Some(Secret {
        source,
        value: None,
        place,
    })
}

fn is_secret(key: &str, value: &str) -> bool {
    match key {
        "secret" | "token" | "password" => true,
        "env" => !is_variable(value),
        _ => false,
    }
}

/// Capitals only, so that a secret is hardly ever taken for a name.
fn is_variable(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(plain)
}

fn variable(text: &Text, problems: &mut Problems) -> Option<String> {
    if is_variable(&text.value) {
        return Some(text.value.clone());
    }
    let message = say!(
        "this is no name of an environment variable",
        "это не имя переменной окружения"
    );
    let advice = say!(
        "use capital Latin letters, digits and `_`; the secret itself does not belong here",
        "заглавные латинские буквы, цифры и `_`; самому секрету здесь не место"
    );
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

fn where_it_is() -> Words {
    say!(
        "write `secret: {{ env: SITE_TOKEN }}` or `secret: {{ file: /run/secrets/site }}`",
        "напишите `secret: {{ env: SITE_TOKEN }}` или `secret: {{ file: /run/secrets/site }}`"
    )
}

/// The secrets that are written out, so that no message shows them.
pub(super) fn written_out(node: &Node, found: &mut Vec<String>) {
    match &node.kind {
        Kind::Map(entries) => {
            for (key, value) in entries {
                match &value.kind {
                    Kind::Scalar(text) if is_secret(&key.value, &text.value) => {
                        found.push(text.value.clone());
                    }
                    _ => written_out(value, found),
                }
            }
        }
        Kind::List(items) => items.iter().for_each(|item| written_out(item, found)),
        Kind::Null | Kind::Scalar(_) => {}
    }
}
