//! Passwords: hashed by argon2, one at a time, off the threads that answer requests.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use super::Signing;
use super::page::{self, SignInPage};
use super::peer;
use super::rules::LONGEST_NAME;
use super::session::Person;
use crate::console::bare;
use crate::console::parts::PATH;
use crate::console::reply::Trouble;
use crate::console::request::{is_own_site, pairs, read, words_of};
use crate::domain::{AuditEntry, ConsoleUser};
use crate::store::StoreError;

/// The hash of no password: an unknown name takes as long as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGVhZGdhdGUtbm9ib2R5$\
     N0d0b2JlZm91bmRieWFueXBhc3N3b3JkLWF0YWxsISE";

/// The longest form of a sign-in, in bytes: anybody may send one.
const FORM: usize = 16 << 10;

/// Hashes a password for the store, in the PHC format; `None` if the system gives no random bytes.
/// Takes some 25 ms of the calling thread.
pub fn hash_password(password: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

fn is_right(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    let argon = Argon2::default();
    argon.verify_password(password.as_bytes(), &hash).is_ok()
}

/// Checks of passwords that wait for their turn.
const WAITING: usize = 16;

/// Places for the check of a password: one at a time takes one core and 19 MiB at most, and only a
/// few more wait.
pub(super) struct Passwords {
    turn: Semaphore,
    queue: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turn: Semaphore::new(1),
            queue: Semaphore::new(WAITING),
        }
    }
}

impl Passwords {
    /// Returns whether this is the password of the user; `None` if too many wait.
    async fn is_of(&self, user: Option<&ConsoleUser>, password: String) -> Option<bool> {
        let _place = self.queue.try_acquire().ok()?;
        let _turn = self.turn.acquire().await.ok()?;
        let hash = user.map_or(NOBODY, |user| &user.password).to_owned();
        let right = web::block(move || is_right(&password, &hash)).await;
        Some(right.unwrap_or(false) && user.is_some())
    }
}

/// How a try with a name and a password ended.
pub(in crate::console) enum Tried {
    /// It is the user's password.
    Right(ConsoleUser),
    /// Name and password do not fit together.
    Wrong,
    /// Too many were wrong before.
    TooOften,
}

impl Signing {
    /// Tries a name with a password, within the limits of guessing.
    pub(in crate::console) async fn try_password(
        &self,
        request: &HttpRequest,
        name: &str,
        password: String,
    ) -> Result<Tried, StoreError> {
        let trusted = &self.parts.settings.server.trusted_proxies;
        let address = peer::address(request, trusted);
        let now = self.parts.clock.now();
        let known_by: String = name.chars().take(LONGEST_NAME).collect();
        if !self.attempts.begin(address, &known_by, now) {
            return Ok(Tried::TooOften);
        }
        let user = self.parts.store.console_user(name.to_owned()).await?;
        let passwords = &self.passwords;
        match passwords.is_of(user.as_ref(), password).await {
            None => Ok(Tried::TooOften),
            Some(is_right) => Ok(match user.filter(|_| is_right) {
                Some(user) => {
                    self.attempts.right(address, &known_by, now);
                    Tried::Right(user)
                }
                None => Tried::Wrong,
            }),
        }
    }

    /// Signs in somebody with a name and a password.
    pub(super) async fn by_password(
        &self,
        request: &HttpRequest,
        body: Option<web::Payload>,
    ) -> Result<HttpResponse, StoreError> {
        debug_assert_eq!(request.method(), Method::POST);
        let Some(body) = read(body, FORM).await else {
            let lang = words_of(request);
            return Ok(bare::trouble_page(lang, &Trouble::LongForm));
        };
        let form = std::str::from_utf8(&body).map(pairs).unwrap_or_default();
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let (name, to) = (field("name"), field("to"));
        let page = |problem| SignInPage {
            name: name.clone(),
            to: Some(to.clone()),
            problem: Some(problem),
            ..SignInPage::default()
        };
        // another site must not sign anybody in under a name of its own
        if !is_own_site(request) {
            return Ok(self.sign_in_page(request, page(page::FOREIGN)).await);
        }
        let tried = self.try_password(request, &name, field("password")).await?;
        let problem = match tried {
            Tried::Right(user) => {
                let who = Person::User(&user.name, user.role, &user.password);
                match self.begin(request, who, own_path(&to)).await? {
                    Some(reply) => return Ok(reply),
                    None => page::WRONG,
                }
            }
            Tried::Wrong => {
                self.note_failure(&name).await?;
                page::WRONG
            }
            Tried::TooOften => page::TOO_OFTEN,
        };
        Ok(self.sign_in_page(request, page(problem)).await)
    }
}

impl Signing {
    /// Writes a wrong password into the audit log, no more of them than may be tried. A name that
    /// no user has is left out: it may be a password in the wrong field.
    async fn note_failure(&self, name: &str) -> Result<(), StoreError> {
        let user = self.parts.store.console_user(name.to_owned()).await?;
        let entry = AuditEntry {
            at: self.parts.clock.now(),
            who: String::new(),
            action: "sign-in-failed".to_owned(),
            about: user.map(|user| user.name).unwrap_or_default(),
            details: serde_json::Value::Null,
        };
        self.parts.store.add_audit(entry).await
    }
}

/// Returns where to go after signing in: a path of the console or the sandbox, never another site.
fn own_path(to: &str) -> &str {
    let begins = |root: &str| {
        let rest = to.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    };
    let is_own = begins(PATH) || begins("/sandbox");
    let is_plain = to
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own && is_plain && !to.contains("/sign-") {
        to
    } else {
        PATH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let hash = hash_password("correct horse").unwrap();
        assert!(is_right("correct horse", &hash));
        assert!(!is_right("correct horse ", &hash));
        assert!(!is_right("", &hash));
        assert!(!is_right("", ""));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn nobody_is_led_to_another_site() {
        for own in [
            "/console",
            "/console/history?state=parked",
            "/console?lang=en",
            "/sandbox",
            "/sandbox/contact/5",
        ] {
            assert_eq!(own_path(own), own);
        }
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example/console/",
            "/console.evil.example",
            "/sandboxes",
            "/console/\\evil",
            "/console/\r\nSet-Cookie: a=b",
            "/console/sign-out",
        ] {
            assert_eq!(own_path(foreign), PATH, "{foreign}");
        }
    }
}
