//! Tilda's habits: with "send cookies" switched on, the UTM marks of the visit are inside one
//! field.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The cookie with the marks, in the field `COOKIES`.
const COOKIE: &str = "TILDAUTM";
const MARKS: [&str; 5] = [
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
];

/// Adds the marks of the cookie to the fields of the form. A field of that name stays.
pub(super) fn add_marks(fields: &mut Map<String, Value>) {
    let cookies = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("cookies"));
    let Some(Value::String(cookies)) = cookies.map(|(_, value)| value) else {
        return;
    };
    let Some(marks) = cookies.split(';').find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
    }) else {
        return;
    };
    for mark in marks.split("|||") {
        if let Some((name, value)) = mark.split_once('=')
            && MARKS.contains(&name)
            && !value.is_empty()
        {
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            fields.entry(name).or_insert(Value::String(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_of_the_cookie_are_added_and_replace_no_field() {
        let mut body = json!({
            "Name": "Ольга", "utm_medium": "cpc",
            "COOKIES": "_ym_uid=1767; TILDAUTM=utm_source%3Dya%7C%7C%7Cutm_campaign%3D%D0%B7%D0%B8%D0%BC%D0%B0%7C%7C%7Cutm_medium%3Dx%7C%7C%7Cadmin%3D1; a=b",
        });
        add_marks(body.as_object_mut().unwrap());
        assert_eq!(body["utm_source"], "ya");
        assert_eq!(body["utm_campaign"], "зима");
        assert_eq!(body["utm_medium"], "cpc");
        assert_eq!(body.get("admin"), None);
        let mut none = json!({"COOKIES": ["x"]});
        add_marks(none.as_object_mut().unwrap());
        assert_eq!(none, json!({"COOKIES": ["x"]}));
    }
}
