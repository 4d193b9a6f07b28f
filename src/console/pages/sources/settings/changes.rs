//! From a changed form to changes of the file.

use serde_json::{Value, json};

use super::values::{FormValues, GUARD_SAID};
use crate::authoring::patch::{Change, Key};
use crate::domain::{Bilingual, bilingual};

/// The changes of a block.
struct Changes<'f> {
    channel: &'f str,
    before: &'f FormValues,
    after: &'f FormValues,
    made: Vec<Change>,
}

/// Returns the changes of the file that make the settings of a channel as the form says.
pub(super) fn between(
    channel: &str,
    before: &FormValues,
    after: &FormValues,
) -> Result<Vec<Change>, Bilingual> {
    let mut changes = Changes {
        channel,
        before,
        after,
        made: Vec::new(),
    };
    changes.text("title", &["name"]);
    changes.word("preset", &["preset"], "plain");
    changes.token()?;
    changes.basic()?;
    changes.hmac()?;
    changes.list("addresses");
    changes.list("cors");
    changes.given_up();
    for name in ["rate", "rate_per_address", "once_per", "body_limit"] {
        changes.text(name, &[name]);
    }
    changes.word("files", &["files"], "drop");
    changes.word("unreadable", &["unreadable"], "keep");
    for reply in ["accepted", "refused"] {
        changes.status(reply)?;
        changes.text(&format!("{reply}_type"), &["reply", reply, "type"]);
        changes.text(&format!("{reply}_body"), &["reply", reply, "body"]);
    }
    changes.text("time_limit", &["reply", "time_limit"]);
    Ok(changes.made)
}

impl<'f> Changes<'f> {
    fn after(&self, name: &str) -> &'f str {
        self.after.of_field(name)
    }

    fn had(&self, name: &str) -> bool {
        !self.before.of_field(name).is_empty()
    }

    fn is_changed(&self, names: &[&str]) -> bool {
        let mut names = names.iter();
        names.any(|name| self.before.of_field(name) != self.after.of_field(name))
    }

    fn path(&self, keys: &[&str]) -> Vec<Key> {
        let keys = keys.iter().copied();
        [self.channel]
            .into_iter()
            .chain(keys)
            .map(Key::from)
            .collect()
    }

    fn set(&mut self, keys: &[&str], value: Value) {
        let path = self.path(keys);
        self.made.push(Change::Set { path, value });
    }

    fn remove(&mut self, keys: &[&str]) {
        let path = self.path(keys);
        self.made.push(Change::Remove { path });
    }

    /// A text that is left out when it is empty.
    fn text(&mut self, name: &str, keys: &[&str]) {
        if !self.is_changed(&[name]) {
            return;
        }
        match self.after(name) {
            "" => self.remove(keys),
            text => self.set(keys, json!(text)),
        }
    }

    /// A word of a menu; the default is not written.
    fn word(&mut self, name: &str, keys: &[&str], default: &str) {
        if !self.is_changed(&[name]) {
            return;
        }
        match self.after(name) {
            word if word == default || word.is_empty() => self.remove(keys),
            word => self.set(keys, json!(word)),
        }
    }

    fn list(&mut self, name: &str) {
        if !self.is_changed(&[name]) {
            return;
        }
        let texts = self.after(name).split([',', '\n', ' ']).map(str::trim);
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        if texts.is_empty() {
            self.remove(&[name]);
        } else {
            self.set(&[name], json!(texts));
        }
    }

    fn status(&mut self, reply: &str) -> Result<(), Bilingual> {
        let name = format!("{reply}_status");
        if !self.is_changed(&[&name]) {
            return Ok(());
        }
        let text = self.after(&name);
        let keys = ["reply", reply, "status"];
        if text.is_empty() {
            self.remove(&keys);
            return Ok(());
        }
        let number: u16 = text.parse().map_err(|_| {
            bilingual!(
                "`{text}` is not a status: write a number such as 200",
                "`{text}` — не статус: напишите число, например 200"
            )
        })?;
        self.set(&keys, json!(number));
        Ok(())
    }

    /// Returns `{ env: NAME }`, `{ file: path }` or `{ kept: true }`.
    fn secret(&self, [place, name]: [&str; 2]) -> Result<Value, Bilingual> {
        let (place, name) = (self.after(place), self.after(name));
        if place == "kept" {
            return Ok(json!({ "kept": true }));
        }
        if name.is_empty() {
            return Err(Bilingual::new(
                "Name the variable or the file with the secret; the secret itself never stands in the settings.",
                "Укажите переменную или файл с секретом; сам секрет в настройках не хранится.",
            )
            .into());
        }
        let place = if place == "file" { "file" } else { "env" };
        Ok(json!({ place: name }))
    }

    fn token(&mut self) -> Result<(), Bilingual> {
        let names = ["token_in", "token_name", "token_secret_in", "token_secret"];
        if !self.is_changed(&names) {
            return Ok(());
        }
        let carrier = self.after("token_in");
        if carrier.is_empty() {
            if self.had("token_in") {
                self.remove(&["token"]);
            }
            return Ok(());
        }
        let name = self.after("token_name");
        let value = match (carrier, name) {
            ("bearer", _) => json!(true),
            (_, "") => {
                return Err(Bilingual::new(
                    "Name the header, parameter or field in which the token comes.",
                    "Укажите имя заголовка, параметра или поля, в котором приходит ключ.",
                )
                .into());
            }
            (_, name) => json!(name),
        };
        let secret = self.secret(["token_secret_in", "token_secret"])?;
        self.set(&["token"], json!({ carrier: value, "secret": secret }));
        Ok(())
    }

    fn basic(&mut self) -> Result<(), Bilingual> {
        if !self.is_changed(&["basic_user", "basic_secret_in", "basic_secret"]) {
            return Ok(());
        }
        let user = self.after("basic_user");
        if user.is_empty() {
            if self.had("basic_user") {
                self.remove(&["basic"]);
            }
            return Ok(());
        }
        let secret = self.secret(["basic_secret_in", "basic_secret"])?;
        self.set(&["basic"], json!({ "user": user, "secret": secret }));
        Ok(())
    }

    fn hmac(&mut self) -> Result<(), Bilingual> {
        let secret = ["hmac_secret_in", "hmac_secret"];
        let words = ["hmac_header", "hmac_algorithm", "hmac_encoding"];
        if !(self.is_changed(&words)
            || self.is_changed(&["hmac_prefix"])
            || self.is_changed(&secret))
        {
            return Ok(());
        }
        if self.after("hmac_header").is_empty() {
            if self.had("hmac_header") {
                self.remove(&["hmac"]);
            }
            return Ok(());
        }
        let source = self.secret(secret)?;
        // one by one, so that a signed time stamp stays
        self.text("hmac_header", &["hmac", "header"]);
        self.text("hmac_algorithm", &["hmac", "algorithm"]);
        self.text("hmac_encoding", &["hmac", "encoding"]);
        self.text("hmac_prefix", &["hmac", "prefix"]);
        if self.is_changed(&secret) {
            self.set(&["hmac", "secret"], source);
        }
        Ok(())
    }

    /// A guard that was in force ends only if the file says which guards there are.
    fn given_up(&mut self) {
        let guards = [
            ("token", "token_in"),
            ("basic", "basic_user"),
            ("hmac", "hmac_header"),
            ("addresses", "addresses"),
        ];
        let has = |field: &str| !self.after(field).is_empty();
        let was_given_up = guards
            .iter()
            .any(|(_, field)| self.had(field) && !has(field));
        if !was_given_up {
            // it lists other guards now
            let is_changed = guards
                .iter()
                .any(|(_, field)| self.before.of_field(field) != self.after.of_field(field));
            if is_changed && self.had(GUARD_SAID) {
                self.remove(&["guard"]);
            }
            return;
        }
        let left = guards.iter().filter(|(_, field)| has(field));
        let left: Vec<&str> = left.map(|(guard, _)| *guard).collect();
        if left.is_empty() {
            self.set(&["guard"], json!("none"));
        } else {
            self.set(&["guard"], json!(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::authoring::patch::patch;
    use crate::authoring::{Problem, ProfileFile};
    use crate::channels::{Channel, Channels, Pages};
    use crate::domain::ChannelName;

    /// Applies what a form changes, and returns the new text.
    fn edited(text: &str, values: &[(&'static str, &str)]) -> String {
        let before = FormValues::of(channel(text).as_deref());
        let changes = between("shop", &before, &before.with(values)).unwrap();
        changes.iter().fold(text.to_owned(), |text, change| {
            patch(&text, change).unwrap().text
        })
    }

    fn channel(text: &str) -> Option<Arc<Channel>> {
        let file = ProfileFile {
            name: "_channels.yaml".to_owned(),
            text: text.to_owned(),
        };
        let (channels, problems) = Channels::read(&file, &Pages::new());
        let is_good = !problems.iter().any(Problem::is_error);
        assert!(is_good, "{text} {problems:?}");
        channels?.get(&ChannelName::parse("shop").unwrap()).cloned()
    }

    const TEXT: &str = "# ours\nshop:\n  name: Заказы   # for people\n  token: { header: X-Key, secret: { env: SHOP } }\n  rate: 10/m\nother: { rate: 5/s }\n";

    #[test]
    fn an_untouched_form_changes_nothing() {
        assert_eq!(edited(TEXT, &[]), TEXT);
    }

    #[test]
    fn only_what_was_typed_changes_and_comments_stay() {
        let addresses = "203.0.113.0/24, 192.0.2.1";
        let text = edited(TEXT, &[("rate", "20/m"), ("addresses", addresses)]);
        for kept in [
            "name: Заказы   # for people\n",
            "rate: 20/m\n",
            "other: { rate: 5/s }",
        ] {
            assert!(text.contains(kept), "{text}");
        }
        assert_eq!(channel(&text).unwrap().addresses.len(), 2);
    }

    #[test]
    fn a_guard_that_is_given_up_is_named() {
        let text = edited(TEXT, &[("token_in", "")]);
        assert!(text.contains("guard: none"), "{text}");
        assert!(channel(&text).unwrap().token.is_none(), "{text}");
        let text = edited(TEXT, &[("token_in", ""), ("addresses", "192.0.2.1")]);
        assert!(
            text.contains("guard:") && !text.contains("guard: none"),
            "{text}"
        );
    }

    #[test]
    fn a_guard_that_is_added_does_not_contradict_the_list() {
        let text = edited(
            "shop:\n  guard: none\n",
            &[("token_in", "bearer"), ("token_secret_in", "kept")],
        );
        let shop = channel(&text).unwrap();
        assert_eq!(shop.guards(), ["token"], "{text}");
        assert!(text.contains("kept: true"), "{text}");
    }

    #[test]
    fn a_new_channel_gets_a_block() {
        let values = [
            ("hmac_header", "X-Sign"),
            ("hmac_secret", "KEY"),
            ("hmac_prefix", "sha256="),
            ("accepted_status", "303"),
            ("accepted_body", "ok"),
            ("accepted_type", "text/plain"),
        ];
        let text = edited("other: { rate: 5/s }\n", &values);
        let shop = channel(&text).unwrap();
        let hmac = shop.hmac.as_ref().unwrap();
        let found = (hmac.header.as_str(), hmac.prefix.as_str());
        // names of headers are kept in lower case
        assert_eq!(found, ("x-sign", "sha256="));
        let reply = shop.accepted.as_ref().unwrap();
        let found = (reply.status, reply.written_body.as_deref());
        assert_eq!(found, (Some(303), Some("ok")));
    }

    #[test]
    fn a_secret_needs_a_place() {
        let before = FormValues::of(None);
        for values in [
            &[("token_in", "header"), ("token_name", "X-Key")][..],
            &[("token_in", "query"), ("token_secret", "KEY")],
            &[("basic_user", "shop")],
            &[("hmac_header", "X-Sign")],
            &[("accepted_status", "ok")],
        ] {
            let changes = between("shop", &before, &before.with(values));
            assert!(changes.is_err(), "{values:?}");
        }
    }
}
