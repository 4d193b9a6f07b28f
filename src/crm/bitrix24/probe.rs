//! Checks whether a webhook or an application works and has the permissions it needs, at the start
//! and for `check --live`.

use serde_json::{Value, json};

use super::batch::Halt;
use super::commands::Command;
use super::{Connection, Priority, wire};
use crate::crm::error::CrmError;
use crate::domain::{Lang, NetworkFailure, NoAnswer, portal_words};

/// What a portal says about the webhook or application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalInfo {
    /// The name of the employee who owns the webhook, or whose token the application uses.
    pub owner: String,
    /// Whether that employee is an administrator.
    pub admin: bool,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
}

/// Why a webhook cannot be used, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Nothing answers.
    #[error("nothing answers there: {0}; check the address, the network and the proxy")]
    Unreachable(NetworkFailure),
    /// Something other than Bitrix24 answers.
    #[error("the server there is not a Bitrix24 portal: {0}; check the address")]
    NoPortal(NoAnswer),
    /// The portal does not know the webhook, or its owner may not use it.
    #[error(
        "the portal rejects the webhook: {}; was it deleted, or its owner dismissed? create a new \
         inbound webhook and set it", format!("{code} {text}").trim()
    )]
    Refused {
        /// The portal's code.
        code: String,
        /// The portal's message.
        text: String,
    },
    /// A scope is missing.
    #[error(
        "the webhook lacks the scope {}; edit it in Bitrix24 (Developer resources → Inbound webhook) \
         and tick it", .0.join(", ")
    )]
    MissingScopes(Vec<String>),
    /// The application has no access.
    #[error(
        "the application has no access to the portal: {}; an administrator has to open it in Bitrix24; \
         `leadgate app status` says more", format!("{code} {text}").trim()
    )]
    ApplicationRefused {
        /// The code of the portal or of the authorization server.
        code: String,
        /// Its message.
        text: String,
    },
    /// The application lacks a scope.
    #[error(
        "the application lacks the scope {}; edit it in Bitrix24 (Developer resources → the \
         application), tick it, and open the application there again", .0.join(", ")
    )]
    MissingApplicationScopes(Vec<String>),
    /// The portal is busy.
    #[error("the portal asks us to slow down; try again in a minute")]
    Busy,
}

impl ProbeError {
    /// Returns the error in a language.
    pub fn to_text(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::Unreachable(why) => {
                let why = why.to_text(lang);
                format!("там ничего не отвечает: {why}; проверьте адрес, сеть и прокси-сервер")
            }
            Self::NoPortal(why) => {
                let why = why.to_text(lang);
                format!("это не портал Битрикс24: {why}; проверьте адрес")
            }
            Self::Refused { code, text } => {
                let words = portal_words(code, text, lang);
                format!(
                    "портал отклоняет вебхук{words}; не удалён ли он и работает ли его владелец? \
                     создайте новый входящий вебхук и впишите его"
                )
            }
            Self::MissingScopes(scopes) => {
                let scopes = scopes.join(", ").replace(" or ", " или ");
                format!(
                    "у вебхука нет прав: {scopes}; откройте его в Битрикс24 (Разработчикам → \
                     Входящий вебхук) и отметьте их"
                )
            }
            Self::ApplicationRefused { code, text } => {
                let words = portal_words(code, text, lang);
                format!(
                    "у приложения нет доступа к порталу{words}; администратору нужно открыть его в \
                     Битрикс24; подробнее: `leadgate app status`"
                )
            }
            Self::MissingApplicationScopes(scopes) => {
                let scopes = scopes.join(", ").replace(" or ", " или ");
                format!(
                    "у приложения нет прав: {scopes}; откройте его в Битрикс24 (Разработчикам → \
                     приложение), отметьте их и снова откройте приложение на портале"
                )
            }
            Self::Busy => "портал просит снизить темп; повторите через минуту".to_owned(),
        }
    }
}

impl Connection {
    /// Asks the portal for the owner and the scopes. One scope of each group in `needed` is
    /// required.
    pub async fn probe(&self, needed: &[&[&str]]) -> Result<PortalInfo, ProbeError> {
        let profile = self
            .rest
            .call("profile", &json!({}))
            .await
            .1
            .map_err(|e| self.probe_error(&e))?;
        let scopes = self
            .rest
            .call("scope", &json!({}))
            .await
            .1
            .map_err(|e| self.probe_error(&e))?;
        let profile = profile.get("result").cloned().unwrap_or_default();
        let name = |key: &str| profile.get(key).and_then(wire::text).unwrap_or_default();
        let scopes: Vec<String> = scopes
            .get("result")
            .map(|list| {
                wire::rows(list)
                    .into_iter()
                    .filter_map(wire::text)
                    .collect()
            })
            .unwrap_or_default();
        let missing: Vec<String> = needed
            .iter()
            .filter(|group| {
                !group
                    .iter()
                    .any(|scope| scopes.iter().any(|have| have == scope))
            })
            .map(|group| group.join(" or "))
            .collect();
        if !missing.is_empty() {
            return Err(match self.application() {
                Some(_) => ProbeError::MissingApplicationScopes(missing),
                None => ProbeError::MissingScopes(missing),
            });
        }
        Ok(PortalInfo {
            owner: format!("{} {}", name("NAME"), name("LAST_NAME"))
                .trim()
                .to_owned(),
            admin: profile.get("ADMIN").is_some_and(wire::flag),
            scopes,
        })
    }
}

impl Connection {
    fn probe_error(&self, error: &CrmError) -> ProbeError {
        match (probe_error(error), self.application()) {
            (ProbeError::Refused { code, text }, Some(_)) => {
                ProbeError::ApplicationRefused { code, text }
            }
            (error, _) => error,
        }
    }

    /// Checks with one cheap read whether deliveries can resume: reads one contact, and asks
    /// whether methods that were rejected are available by now.
    ///
    /// # Errors
    /// Whatever still blocks the whole connection. A refusal of this one read does not.
    pub async fn check_health(&self) -> Result<(), CrmError> {
        let contact = json!({"filter": {"@ID": [1]}, "select": ["ID"], "start": -1});
        let mut commands = vec![Command::new("crm.contact.list", contact)];
        let denied: Vec<String> = self.denied().iter().cloned().collect();
        let question = |name: &String| Command::new("method.get", json!({ "name": name }));
        commands.extend(denied.iter().map(question));
        let of: Vec<usize> = (0..commands.len()).collect();
        let (outcomes, _) = self
            .run(&of, &commands, Halt::Never, Priority::Interactive)
            .await;
        for (index, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(answer) => {
                    let method = index.checked_sub(1).and_then(|index| denied.get(index));
                    if let Some(method) = method.filter(|_| is_unavailable(&answer)) {
                        return Err(CrmError::Denied {
                            method: method.clone(),
                            code: "insufficient_scope".to_owned(),
                            text: String::new(),
                        });
                    }
                }
                Err(
                    CrmError::Refused { .. } | CrmError::MethodPaused { .. } | CrmError::NotRun,
                ) => {}
                Err(error) => return Err(error),
            }
        }
        self.denied().clear();
        Ok(())
    }
}

/// `{"isExisting": true, "isAvailable": false}` (REST documentation, "method.get").
fn is_unavailable(answer: &Value) -> bool {
    answer.get("isAvailable").is_some_and(|it| !wire::flag(it))
}

fn probe_error(error: &CrmError) -> ProbeError {
    match error {
        CrmError::Unreachable { why } => ProbeError::Unreachable(why.clone()),
        CrmError::Unknown { why } => ProbeError::NoPortal(why.clone()),
        CrmError::Throttled { .. } | CrmError::MethodPaused { .. } | CrmError::NotRun => {
            ProbeError::Busy
        }
        CrmError::Denied { code, text, .. } | CrmError::Refused { code, text, .. } => {
            ProbeError::Refused {
                code: code.clone(),
                text: text.clone(),
            }
        }
    }
}
