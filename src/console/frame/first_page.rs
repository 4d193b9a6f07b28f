//! Which page a place in the portal opens.

use serde_json::Value;

use crate::console::request::encoded;

/// The page that a placement opens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FirstPage {
    /// Its path below `/console`.
    pub(super) path: String,
    /// Whether it is a tab of a card, which has no menu.
    pub(super) is_tab: bool,
}

/// Returns the page of a placement (REST documentation, "Widgets"). The kind of record is in the name
/// of the place only, and its number is a text.
pub(super) fn of(connection: &str, placement: &str, options: &Value) -> FirstPage {
    let connection = encoded(connection);
    if let Some(path) = card(placement, options) {
        return FirstPage {
            path: format!("{path}?crm={connection}"),
            is_tab: true,
        };
    }
    let path = match placement {
        // the client of the call has no card yet
        "CALL_CARD" => "/calls".to_owned(),
        "CRM_LEAD_LIST_TOOLBAR" => format!("/channels?record=lead&crm={connection}"),
        "CRM_DEAL_LIST_TOOLBAR" => format!("/channels?record=deal&crm={connection}"),
        _ => String::new(),
    };
    FirstPage {
        path,
        is_tab: false,
    }
}

/// Returns the page of a record whose card has been opened.
fn card(placement: &str, options: &Value) -> Option<String> {
    let (kind, id) = if placement == "CALL_CARD" {
        (options.get("CRM_ENTITY_TYPE")?.as_str()?, "CRM_ENTITY_ID")
    } else {
        let kind = placement.strip_prefix("CRM_")?;
        (kind.strip_suffix("_DETAIL_TAB")?, "ID")
    };
    let kind = match kind {
        "LEAD" | "DEAL" | "CONTACT" | "COMPANY" => kind.to_ascii_lowercase(),
        _ => return None,
    };
    let id = options.get(id)?;
    let id: u64 = match id {
        Value::String(text) => text.parse().ok()?,
        Value::Number(number) => number.as_u64()?,
        _ => return None,
    };
    Some(format!("/records/{kind}/{id}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_place_opens_its_page() {
        for (placement, options, path, is_tab) in [
            ("DEFAULT", json!({}), "", false),
            ("LEFT_MENU", json!({"URI": "/"}), "", false),
            (
                "CRM_LEAD_LIST_TOOLBAR",
                json!({}),
                "/channels?record=lead&crm=main",
                false,
            ),
            (
                "CRM_DEAL_LIST_TOOLBAR",
                json!({}),
                "/channels?record=deal&crm=main",
                false,
            ),
            (
                "CRM_DEAL_DETAIL_TAB",
                json!({"ID": "8061"}),
                "/records/deal/8061?crm=main",
                true,
            ),
            (
                "CRM_CONTACT_DETAIL_TAB",
                json!({"ID": 7}),
                "/records/contact/7?crm=main",
                true,
            ),
            (
                "CALL_CARD",
                json!({"CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": "9", "PHONE_NUMBER": "79000000000"}),
                "/records/contact/9?crm=main",
                true,
            ),
            (
                "CALL_CARD",
                json!({"PHONE_NUMBER": "79000000000"}),
                "/calls",
                false,
            ),
            // a card that is not saved yet has no number
            ("CRM_LEAD_DETAIL_TAB", json!({"ID": "0x1"}), "", false),
            ("CRM_LEAD_DETAIL_TAB", json!({}), "", false),
            ("CRM_../../x_DETAIL_TAB", json!({"ID": "1"}), "", false),
        ] {
            let path = path.to_owned();
            assert_eq!(
                of("main", placement, &options),
                FirstPage { path, is_tab },
                "{placement}"
            );
        }
    }

    #[test]
    fn the_name_of_a_connection_stays_a_value() {
        let page = of("a&b", "CRM_DEAL_LIST_TOOLBAR", &json!({}));
        assert_eq!(page.path, "/channels?record=deal&crm=a%26b");
    }
}
