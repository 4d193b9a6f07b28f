//! The address that mail comes from.

use super::Email;

/// The sender of mail: `Leadgate <leadgate@example.com>` or the address alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSender {
    /// The name that mail programs show.
    pub name: Option<String>,
    /// The address.
    pub email: Email,
}

impl MailSender {
    /// Parses what an administrator wrote. Returns `None` if there is no address in it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('<') else {
            let email = Email::parse(text)?;
            return Some(Self { name: None, email });
        };
        let (address, after) = rest.split_once('>')?;
        let name = name.trim().trim_matches('"').trim();
        let is_plain = !name.chars().any(|c| c.is_control() || "<>\"".contains(c));
        (after.trim().is_empty() && is_plain).then_some(())?;
        Some(Self {
            name: (!name.is_empty()).then(|| name.to_owned()),
            email: Email::parse(address)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_an_address_and_perhaps_a_name() {
        let parsed =
            |text| MailSender::parse(text).map(|it| (it.name, it.email.as_str().to_owned()));
        let with = |name: &str| Some((Some(name.to_owned()), "a@b.example".to_owned()));
        for (text, sender) in [
            ("a@b.example", Some((None, "a@b.example".to_owned()))),
            ("<a@b.example>", Some((None, "a@b.example".to_owned()))),
            ("Заявки <a@b.example>", with("Заявки")),
            ("\"Заявки, сайт\" <a@b.example> ", with("Заявки, сайт")),
            ("", None),
            ("nobody", None),
            ("a@b.example, c@d.example", None),
            ("a <a@b.example> b", None),
            ("a <a@b.example", None),
            ("a\r\nBcc: x@y.example <a@b.example>", None),
            ("a <b> <a@b.example>", None),
        ] {
            assert_eq!(parsed(text), sender, "{text}");
        }
    }
}
