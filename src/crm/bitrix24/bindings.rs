//! What an application puts into its portal: pages in menus and cards (placements), and addresses
//! to which the portal sends events (REST documentation, "placement.bind" and "event.bind"). A binding
//! may be made again at any time: what is there stays, and what is not wanted any more goes.

use std::collections::BTreeSet;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::commands::Command;
use super::{Connection, Priority, wire};
use crate::crm::error::CrmError;

/// A page of the application in the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementBinding {
    /// Where it is, such as `CRM_DEAL_DETAIL_TAB`.
    pub code: &'static str,
    /// Its title in English.
    pub title_en: &'static str,
    /// Its title in Russian.
    pub title_ru: &'static str,
}

/// What became of bindings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BindingReport {
    /// Those that are there now.
    pub bound: Vec<String>,
    /// Those that the portal refuses: an old portal lacks some places, and a scope may be missing.
    pub refused: Vec<(String, CrmError)>,
}

/// An employee, as the portal describes the owner of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalEmployee {
    /// The number.
    pub user_id: u64,
    /// The name.
    pub name: String,
    /// Whether it is an administrator of the portal.
    pub is_admin: bool,
}

impl Connection {
    /// Asks the portal whose token this is.
    ///
    /// # Errors
    /// Whatever the portal answers.
    pub async fn employee_of(&self, token: &SecretString) -> Result<PortalEmployee, CrmError> {
        let permit = self.pacer.acquire(Priority::Interactive).await;
        let answer = self.rest.call_as(token, "profile", &json!({})).await;
        drop(permit);
        let answer = answer?;
        let profile = answer.get("result").unwrap_or(&Value::Null);
        let name = |key: &str| profile.get(key).and_then(wire::text).unwrap_or_default();
        let user = profile.get("ID").and_then(wire::number);
        let user_id = user.and_then(|id| u64::try_from(id).ok());
        Ok(PortalEmployee {
            user_id: user_id.unwrap_or_default(),
            name: format!("{} {}", name("NAME"), name("LAST_NAME"))
                .trim()
                .to_owned(),
            is_admin: profile.get("ADMIN").is_some_and(wire::flag),
        })
    }

    /// Returns the places and the events in which the portal has the application.
    ///
    /// # Errors
    /// If the portal does not say.
    pub async fn bound(&self) -> Result<(Vec<String>, Vec<String>), CrmError> {
        let pages = self.ask_one("placement.get", json!({})).await?;
        let events = self.ask_one("event.get", json!({})).await?;
        let names = |answer: &Value, key: &str| {
            let names: BTreeSet<String> =
                bindings(answer, key).into_iter().map(|one| one.0).collect();
            names.into_iter().collect()
        };
        Ok((names(&pages, "placement"), names(&events, "event")))
    }

    /// Puts pages that are at `handler` into the portal, and takes all others of the application out.
    ///
    /// # Errors
    /// If the portal does not say what is there.
    pub async fn bind_placements(
        &self,
        wanted: &[PlacementBinding],
        handler: &str,
    ) -> Result<BindingReport, CrmError> {
        let there = self.ask_one("placement.get", json!({})).await?;
        let there = bindings(&there, "placement");
        let is_kept = |one: &PlacementBinding| {
            let own: Vec<_> = there.iter().filter(|(code, ..)| code == one.code).collect();
            matches!(own.as_slice(), [(_, of, title)] if of == handler && one.is_titled(title))
        };
        let kept: BTreeSet<&str> = wanted
            .iter()
            .filter(|one| is_kept(one))
            .map(|one| one.code)
            .collect();
        let gone: BTreeSet<&str> = there
            .iter()
            .map(|(code, ..)| code.as_str())
            .filter(|code| !kept.contains(code))
            .collect();
        let gone = gone.into_iter();
        let unbinds = gone.map(|code| Command::new("placement.unbind", json!({"PLACEMENT": code})));
        self.ask_aside(&unbinds.collect::<Vec<_>>()).await;
        let missing: Vec<&PlacementBinding> = wanted
            .iter()
            .filter(|one| !kept.contains(one.code))
            .collect();
        let binds: Vec<Command> = missing.iter().map(|one| one.bind(handler)).collect();
        let mut report = BindingReport {
            bound: kept.iter().map(|code| (*code).to_owned()).collect(),
            refused: Vec::new(),
        };
        for (one, answer) in missing.iter().zip(self.ask_aside(&binds).await) {
            report.add(one.code, answer);
        }
        Ok(report)
    }

    /// Lets the portal send these events to `handler`, and no others.
    ///
    /// # Errors
    /// If the portal does not say what is there.
    pub async fn bind_events(
        &self,
        wanted: &[&str],
        handler: &str,
    ) -> Result<BindingReport, CrmError> {
        let there = self.ask_one("event.get", json!({})).await?;
        let there = bindings(&there, "event");
        let is_kept = |name: &str| {
            let of_event = |(event, of, _): &&(String, String, String)| {
                event.eq_ignore_ascii_case(name) && of == handler
            };
            there.iter().any(|one| of_event(&one))
        };
        let gone = there.iter().filter(|(event, of, _)| {
            let is_wanted = wanted.iter().any(|name| name.eq_ignore_ascii_case(event));
            // offline events have no handler
            !of.is_empty() && (of != handler || !is_wanted)
        });
        let unbinds = gone.map(|(event, of, _)| {
            Command::new("event.unbind", json!({"event": event, "handler": of}))
        });
        self.ask_aside(&unbinds.collect::<Vec<_>>()).await;
        let missing: Vec<&str> = wanted
            .iter()
            .copied()
            .filter(|name| !is_kept(name))
            .collect();
        let binds = missing
            .iter()
            .map(|name| Command::new("event.bind", json!({"event": name, "handler": handler})));
        let answers = self.ask_aside(&binds.collect::<Vec<_>>()).await;
        let kept = wanted.iter().filter(|name| is_kept(name));
        let mut report = BindingReport {
            bound: kept.map(|name| (*name).to_owned()).collect(),
            refused: Vec::new(),
        };
        for (name, answer) in missing.into_iter().zip(answers) {
            report.add(name, answer);
        }
        Ok(report)
    }

    async fn ask_one(&self, method: &str, params: Value) -> Result<Value, CrmError> {
        let mut answers = self.ask_aside(&[Command::new(method, params)]).await;
        answers.pop().unwrap_or(Err(CrmError::NotRun))
    }

    /// Sends commands that deliveries do not need: a missing permission does not pause them.
    async fn ask_aside(&self, commands: &[Command]) -> Vec<Result<Value, CrmError>> {
        let before: Vec<_> = commands
            .iter()
            .map(|command| (command.method.as_str(), self.is_denied(&command.method)))
            .collect();
        let mut answers = Vec::with_capacity(commands.len());
        for part in commands.chunks(self.pacer.batch_size().max(1)) {
            answers.extend(self.run_all(part, Priority::Interactive).await);
        }
        for (method, before) in before {
            self.excuse(method, before);
        }
        answers
    }
}

impl PlacementBinding {
    fn is_titled(&self, title: &str) -> bool {
        title == self.title_en || title == self.title_ru
    }

    fn bind(&self, handler: &str) -> Command {
        let title = |title: &str| json!({"TITLE": title, "DESCRIPTION": "", "GROUP_NAME": ""});
        let params = json!({
            "PLACEMENT": self.code, "HANDLER": handler, "TITLE": self.title_ru, "DESCRIPTION": "",
            "LANG_ALL": {"ru": title(self.title_ru), "en": title(self.title_en)},
        });
        Command::new("placement.bind", params)
    }
}

impl BindingReport {
    fn add(&mut self, name: &str, answer: Result<Value, CrmError>) {
        match answer {
            Ok(_) => self.bound.push(name.to_owned()),
            // made by another request meanwhile
            Err(CrmError::Refused { text, .. }) if text.contains("already bind") => {
                self.bound.push(name.to_owned());
            }
            Err(error) => self.refused.push((name.to_owned(), error)),
        }
    }
}

/// Reads what is bound: the code, the address, and the title.
fn bindings(answer: &Value, key: &str) -> Vec<(String, String, String)> {
    let rows = wire::rows(answer).into_iter();
    let read = rows.filter_map(|row| {
        let text = |name: &str| row.get(name).and_then(wire::text).unwrap_or_default();
        let code = text(key).to_ascii_uppercase();
        (!code.is_empty()).then(|| (code, text("handler"), text("title")))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bound_is_read_from_lists_and_objects() {
        let rows = json!([{"placement": "crm_deal_detail_tab", "handler": "https://gw.example/a", "title": "T"}, {}]);
        let read = bindings(&rows, "placement");
        let wanted = ("CRM_DEAL_DETAIL_TAB", "https://gw.example/a", "T");
        let (code, handler, title) = &read[0];
        assert_eq!((code.as_str(), handler.as_str(), title.as_str()), wanted);
        assert_eq!(read.len(), 1);
        assert_eq!(
            bindings(&json!({"1": {"event": "ONAPPUPDATE"}}), "event").len(),
            1
        );
        assert!(bindings(&json!(false), "event").is_empty());
    }

    #[test]
    fn a_binding_that_is_there_is_no_failure() {
        let mut report = BindingReport::default();
        let refused = |text: &str| CrmError::Refused {
            method: "event.bind".to_owned(),
            code: "ERROR_CORE".to_owned(),
            text: text.to_owned(),
        };
        report.add("A", Err(refused("Handler already binded")));
        report.add("B", Ok(json!(true)));
        report.add("C", Err(refused("Access denied")));
        assert_eq!(report.bound, ["A", "B"]);
        assert_eq!(report.refused.len(), 1);
    }
}
