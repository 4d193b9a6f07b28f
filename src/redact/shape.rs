//! Recognises secrets that were not registered by their form: `/rest/USER/CODE` of a webhook, and
//! the password of `scheme://user:password@host`.

use super::MASK;

/// Minimum length of a code in characters. Codes of real webhooks are longer; `/rest/1/sandbox/` is
/// not secret.
const SHORTEST_CODE: usize = 8;

/// The spellings of a slash in addresses, in PHP's JSON and in parameters.
const SLASHES: [&str; 4] = ["\\/", "/", "%2F", "%2f"];

/// Returns the first `/rest/USER/CODE` of an address, and its code.
pub(super) fn webhook(address: &str) -> Option<(&str, &str)> {
    let (from, _) = address.match_indices("/rest/").next()?;
    let path = address.get(from..)?;
    let (user, code, end) = parts(path.get("/rest/".len()..)?)?;
    let is_webhook = !code.is_empty() && user.bytes().all(|b| b.is_ascii_digit());
    is_webhook.then_some((path.get(.."/rest/".len() + end)?, code))
}

/// Returns user, code, and the end of the code.
fn parts(rest: &str) -> Option<(&str, &str, usize)> {
    let (user, after) = rest.split_once('/')?;
    let code = after.split(['/', '?', '#']).next()?;
    (!user.is_empty()).then_some((user, code, user.len() + 1 + code.len()))
}

/// Masks codes of webhooks and passwords in addresses.
pub fn mask_shapes(text: &str) -> String {
    passwords(&codes(text))
}

fn codes(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("rest") {
        masked.push_str(before);
        masked.push_str("rest");
        rest = after;
        if !SLASHES.iter().any(|slash| before.ends_with(slash)) {
            continue;
        }
        let Some((head, code)) = head_of_code(rest) else {
            continue;
        };
        let letters = code
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(code.len());
        if letters >= SHORTEST_CODE {
            masked.push_str(head);
            masked.push_str(MASK);
            rest = code.get(letters..).unwrap_or_default();
        }
    }
    masked.push_str(rest);
    masked
}

/// Splits a text after `/12/`.
fn head_of_code(rest: &str) -> Option<(&str, &str)> {
    let user = after_slash(rest)?;
    let digits = user
        .find(|c: char| !c.is_ascii_digit())
        .filter(|length| *length > 0)?;
    let code = after_slash(user.get(digits..)?)?;
    rest.split_at_checked(rest.len() - code.len())
}

fn after_slash(text: &str) -> Option<&str> {
    SLASHES.iter().find_map(|slash| text.strip_prefix(slash))
}

fn passwords(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        rest = after;
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '`' | '\''))
            .unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        let Some((user, host)) = authority.rsplit_once('@') else {
            continue;
        };
        if user.contains(':') {
            masked.push_str(MASK);
            masked.push('@');
            masked.push_str(host);
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_unregistered_codes_of_webhooks_and_passwords() {
        for (text, masked) in [
            (
                "`https://a.example/rest/12/abcd1234/` is not an address",
                "`https://a.example/rest/12/•••/` is not an address",
            ),
            (
                r"https:\/\/a\/rest\/1\/abcd1234\/x",
                r"https:\/\/a\/rest\/1\/•••\/x",
            ),
            ("a%2Frest%2F1%2Fabcd1234%2F", "a%2Frest%2F1%2F•••%2F"),
            (
                "https://anna:pa55@mail.example/x",
                "https://•••@mail.example/x",
            ),
            ("/rest/1/abcd1234", "/rest/1/•••"),
        ] {
            assert_eq!(mask_shapes(text), masked);
        }
    }

    #[test]
    fn leaves_ordinary_text_alone() {
        for text in [
            "http://127.0.0.1:8080/rest/1/sandbox/",
            "/rest/1/crm.deal.add",
            "the rest/restful/12/",
            "rest",
            "/rest/menu/today1234",
            "https://a.example:8080/x@y",
            "mailto:anna@mail.example",
        ] {
            assert_eq!(mask_shapes(text), text);
        }
    }
}
