//! What an account says about itself: who it is, its custom fields, its pipelines with their stages.

use reqwest::Method;
use serde_json::Value;

use super::client::{AmoClient, listed};
use crate::domain::{AmoFailure, Bilingual, bilingual};

/// Pages of a list that are read, 250 records each.
const MOST_PAGES: u32 = 20;

/// Who an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFacts {
    /// Its number.
    pub account: String,
    /// The first part of its address, in lower case.
    pub subdomain: String,
}

impl AccountFacts {
    fn read(reply: &Value) -> Option<Self> {
        Some(Self {
            account: text(reply.get("id")?)?,
            subdomain: text(reply.get("subdomain")?)?.to_lowercase(),
        })
    }

    /// Says how it differs from the account of the settings; `None` if it is the same.
    pub fn differs(&self, account: Option<&str>, subdomain: Option<&str>) -> Option<Bilingual> {
        let Self {
            account: id,
            subdomain: name,
        } = self;
        if account.is_none_or(|wanted| wanted == id)
            && subdomain.is_none_or(|wanted| wanted == name)
        {
            return None;
        }
        Some(bilingual!(
            "this is the account {name} with the number {id}; the settings have another one: compare account and subdomain",
            "это аккаунт {name} с номером {id}, а в настройках другой; сверьте account и subdomain"
        ))
    }
}

/// Something of an account that has a number, and names under which a profile may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub id: String,
    /// Its code and its name.
    pub names: Vec<String>,
}

impl Named {
    fn read(record: &Value) -> Option<Self> {
        let names = ["code", "name"];
        let names = names.into_iter().filter_map(|name| text(record.get(name)?));
        Some(Self {
            id: text(record.get("id")?)?,
            names: names.collect(),
        })
    }

    /// Returns whether this is meant, in any case.
    pub fn is_called(&self, wanted: &str) -> bool {
        let wanted = wanted.trim().to_lowercase();
        self.id == wanted
            || self
                .names
                .iter()
                .any(|name| name.trim().to_lowercase() == wanted)
    }
}

/// The pipelines of an account and their stages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pipelines {
    /// The pipelines.
    pub pipelines: Vec<Named>,
    /// The stages of all.
    pub stages: Vec<Named>,
}

impl AmoClient {
    /// Asks the account who it is.
    pub async fn account(&self) -> Result<AccountFacts, AmoFailure> {
        let reply = self.call(&Method::GET, "account", &[], None).await?;
        let facts = reply.as_ref().and_then(AccountFacts::read);
        facts.ok_or(AmoFailure::NotUnderstood)
    }

    /// Returns the custom fields of an entity.
    pub async fn custom_fields(&self, entity: &str) -> Result<Vec<Named>, AmoFailure> {
        let path = format!("{entity}/custom_fields");
        let fields = self.pages(&path, "custom_fields").await?;
        Ok(fields.iter().filter_map(Named::read).collect())
    }

    /// Returns the pipelines and stages of leads.
    pub async fn pipelines(&self) -> Result<Pipelines, AmoFailure> {
        let all = self.pages("leads/pipelines", "pipelines").await?;
        let statuses = all.iter().filter_map(|pipeline| {
            let embedded = pipeline.get("_embedded")?;
            embedded.get("statuses")?.as_array()
        });
        Ok(Pipelines {
            stages: statuses.flatten().filter_map(Named::read).collect(),
            pipelines: all.iter().filter_map(Named::read).collect(),
        })
    }

    async fn pages(&self, path: &str, name: &str) -> Result<Vec<Value>, AmoFailure> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = [("limit", "250".to_owned()), ("page", page.to_string())];
            let reply = self.call(&Method::GET, path, &query, None).await?;
            let Some(reply) = reply else { break };
            let next = reply.get("_links").and_then(|links| links.get("next"));
            let is_last = next.is_none();
            all.extend(listed(reply, name));
            if is_last {
                break;
            }
        }
        Ok(all)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_is_compared_with_the_settings() {
        let read = |reply: Value| AccountFacts::read(&reply);
        let facts = read(json!({"id": 5, "subdomain": "EduDemo"})).unwrap();
        for (account, subdomain, is_same) in [
            (Some("5"), Some("edudemo"), true),
            (None, Some("edudemo"), true),
            (Some("5"), None, true),
            (Some("6"), Some("edudemo"), false),
            (Some("5"), Some("other"), false),
        ] {
            assert_eq!(facts.differs(account, subdomain).is_none(), is_same);
        }
        assert_eq!(read(json!({"id": 5})), None);
        assert_eq!(read(json!([])), None);
    }

    #[test]
    fn a_field_is_called_by_number_code_or_name() {
        let field = json!({"id": 811_201, "name": "Номер заказа", "code": "ORDERID"});
        let field = Named::read(&field).unwrap();
        for wanted in ["811201", "orderid", " НОМЕР заказа"] {
            assert!(field.is_called(wanted), "{wanted}");
        }
        assert!(!field.is_called("ORDER"));
        let plain = Named::read(&json!({"id": "1", "name": "x", "code": null})).unwrap();
        assert_eq!(plain.names, ["x"]);
        assert_eq!(Named::read(&json!({"name": "x"})), None);
    }
}
