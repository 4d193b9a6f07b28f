//! The users of the console and the tokens of the API: lists, changes, and the end of sessions.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Api, as_reply, body, check_method};
use crate::console::{hash_password, name_problem, password_problem};
use crate::domain::{ApiScope, ApiToken, ConsoleUser, Role};
use crate::store::StoreError;

/// The longest body, in bytes.
const BODY: usize = 4 << 10;

/// The body of a change of a user; a new one needs both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserBody {
    role: Option<Role>,
    password: Option<String>,
}

impl Api {
    /// Answers a request below `/users`.
    pub(super) async fn answer_users(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        rest: &[&str],
    ) -> Result<HttpResponse, Problem> {
        let (methods, scope) = match rest {
            [] => ("GET, HEAD", ApiScope::ReadUsers),
            [_] => ("DELETE, PUT", ApiScope::WriteUsers),
            [_, "sign-out"] => ("POST", ApiScope::WriteUsers),
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, methods)?;
        let who = self.caller(request, scope).await?.name();
        let name = rest.first().map(|name| percent_decode_str(name));
        let name = name.map(|name| name.decode_utf8_lossy().into_owned());
        let answer = match (name, rest.len()) {
            (None, _) => self.all_users().await?,
            (Some(name), 1) if *request.method() == Method::DELETE => {
                self.remove_user(&who, name).await?
            }
            (Some(name), 1) => {
                let body: UserBody = body::read(body, BODY).await?;
                self.change_user(&who, &name, body).await?
            }
            (Some(name), _) => self.sign_out(&who, name).await?,
        };
        Ok(as_reply(answer.to_string()))
    }

    async fn all_users(&self) -> Result<Value, Problem> {
        let users = self.store.console_users().await?;
        let sessions = self.store.console_session_counts(self.clock.now()).await?;
        let items = users.iter().map(|user| {
            let sessions = sessions.get(&user.name).copied().unwrap_or(0);
            of_user(user, sessions)
        });
        Ok(json!({"items": items.collect::<Vec<_>>()}))
    }

    /// Adds a user, or changes the role or the password of one. A new password ends all sessions.
    async fn change_user(&self, who: &str, name: &str, body: UserBody) -> Result<Value, Problem> {
        if let Some(password) = &body.password
            && let Some(why) = password_problem(name, password)
        {
            return Err(Problem::User(why));
        }
        let known = self.store.console_user(name.to_owned()).await?;
        match (known, body.role, body.password) {
            (None, Some(role), Some(password)) => {
                if let Some(why) = name_problem(name) {
                    return Err(Problem::User(why));
                }
                let user = ConsoleUser {
                    name: name.to_owned(),
                    role,
                    password: hashed(password).await?,
                    created_at: self.clock.now(),
                };
                if !self.store.add_console_user(user).await? {
                    return Err(Problem::Unavailable);
                }
                let details = json!({"role": role.as_str()});
                self.audit(who, ("user-added", name), details).await?;
            }
            (None, _, _) => return Err(Problem::NoSuchUser),
            (Some(_), role, password) => {
                if let Some(role) = role {
                    self.set_role(who, name, role).await?;
                }
                if let Some(password) = password {
                    let hash = hashed(password).await?;
                    let set = self.store.set_console_password(name.to_owned(), hash);
                    set.await?.then_some(()).ok_or(Problem::NoSuchUser)?;
                    self.audit(who, ("user-password", name), Value::Null)
                        .await?;
                }
            }
        }
        let user = self.store.console_user(name.to_owned()).await?;
        let sessions = self.store.console_session_counts(self.clock.now()).await?;
        let user = user.ok_or(Problem::NoSuchUser)?;
        Ok(of_user(&user, sessions.get(name).copied().unwrap_or(0)))
    }

    async fn set_role(&self, who: &str, name: &str, role: Role) -> Result<(), Problem> {
        if role != Role::Admin {
            self.not_the_last_admin(name).await?;
        }
        let set = self.store.set_console_role(name.to_owned(), role).await?;
        set.then_some(()).ok_or(Problem::NoSuchUser)?;
        let details = json!({"role": role.as_str()});
        self.audit(who, ("user-role", name), details).await
    }

    async fn remove_user(&self, who: &str, name: String) -> Result<Value, Problem> {
        self.not_the_last_admin(&name).await?;
        let removed = self.store.remove_console_user(name.clone()).await?;
        removed.then_some(()).ok_or(Problem::NoSuchUser)?;
        self.audit(who, ("user-removed", &name), Value::Null)
            .await?;
        Ok(json!({"name": name, "removed": true}))
    }

    async fn not_the_last_admin(&self, name: &str) -> Result<(), Problem> {
        let users = self.store.console_users().await?;
        if ConsoleUser::is_last_admin(&users, name) {
            return Err(Problem::LastAdmin);
        }
        Ok(())
    }

    /// Ends all sessions of a person, also of those who came by the link of the start (`link`) or
    /// were removed.
    async fn sign_out(&self, who: &str, name: String) -> Result<Value, Problem> {
        let ended = self.store.remove_console_sessions(name.clone()).await?;
        if ended == 0 && self.store.console_user(name.clone()).await?.is_none() {
            return Err(Problem::NoSuchUser);
        }
        let details = json!({"sessions": ended});
        self.audit(who, ("user-signed-out", &name), details).await?;
        Ok(json!({"name": name, "ended": ended}))
    }

    /// Answers a request below `/tokens`.
    pub(super) async fn answer_tokens(
        &self,
        request: &HttpRequest,
        rest: &[&str],
    ) -> Result<HttpResponse, Problem> {
        let (method, scope) = match rest {
            [] => ("GET, HEAD", ApiScope::ReadUsers),
            [_] => ("DELETE", ApiScope::WriteUsers),
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, method)?;
        let who = self.caller(request, scope).await?.name();
        let answer = if let [name] = rest {
            let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
            let removed = self.store.remove_token(name.clone()).await?;
            removed.then_some(()).ok_or(Problem::NoSuchToken)?;
            self.audit(&who, ("token-revoked", &name), Value::Null)
                .await?;
            json!({"name": name, "revoked": true})
        } else {
            let store = self.store.clone();
            let tokens = web::block(move || store.tokens()).await;
            let tokens = tokens.map_err(|_| StoreError::Closed)??;
            let items = tokens.iter().map(|token| self.of_token(token));
            json!({"items": items.collect::<Vec<_>>()})
        };
        Ok(as_reply(answer.to_string()))
    }

    fn of_token(&self, token: &ApiToken) -> Value {
        let scopes = token.scopes.iter().map(|scope| scope.as_str());
        json!({
            "name": token.name, "scopes": scopes.collect::<Vec<_>>(),
            "created_at": token.created_at, "expires_at": token.expires_at,
            "is_expired": token.is_expired(self.clock.now()),
        })
    }
}

fn of_user(user: &ConsoleUser, sessions: u64) -> Value {
    json!({
        "name": user.name, "role": user.role, "created_at": user.created_at, "sessions": sessions,
    })
}

/// Hashes a password off the threads that answer requests.
async fn hashed(password: String) -> Result<String, Problem> {
    let hash = web::block(move || hash_password(&password)).await;
    hash.ok().flatten().ok_or(Problem::Unavailable)
}
