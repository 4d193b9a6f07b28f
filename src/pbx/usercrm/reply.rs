//! Replies, in the shapes of the documentation: `body` for most, `list` for the clients found.

use serde_json::{Value, json};

use super::OBJECT;
use crate::pbx::people::{Client, User};

/// Replies that a test, an event or a record was taken. It gives nothing away.
pub(super) fn success(echo: &Value) -> Value {
    reply(echo, "body", &json!({"success": true}))
}

/// Replies with the employees.
pub(super) fn list_of_users(echo: &Value, users: &[User]) -> Value {
    let users = users
        .iter()
        .map(|user| json!({"id": user.id, "name": user.name}));
    reply(echo, "body", &Value::Array(users.collect()))
}

/// Replies with the clients found.
pub(super) fn found(echo: &Value, clients: &[Client]) -> Value {
    let clients = clients.iter().map(|client| {
        let kind = if client.is_company {
            "company"
        } else {
            "contact"
        };
        let mut shown = json!({"id": client.id, "type": kind, "name": client.name});
        if let Some((id, name)) = &client.company {
            shown["company_id"] = json!(id);
            if let Some(name) = name {
                shown["company_name"] = json!(name);
            }
        }
        if let Some(owner) = &client.owner {
            shown["owner_id"] = json!(owner);
        }
        shown
    });
    reply(echo, "list", &Value::Array(clients.collect()))
}

/// Replies why a request was not taken.
pub(super) fn refusal(code: u16, message: &str) -> Value {
    let body = json!({"success": false, "message": message});
    json!({"obj": OBJECT, "code": code, "body": body})
}

fn reply(echo: &Value, name: &str, content: &Value) -> Value {
    let mut reply = echo.clone();
    reply["code"] = json!(200);
    reply[name] = content.clone();
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::Bounds;
    use crate::pbx::usercrm::Request;

    fn echo(action: &str) -> Value {
        let text = json!({"action": action, "obj": "UserCRM", "action_id": "123"}).to_string();
        let request = Request::read(text.as_bytes(), Bounds::from(9));
        request.unwrap().echo()
    }

    #[test]
    fn replies_have_the_shapes_of_the_documentation() {
        assert_eq!(
            success(&echo("test")),
            json!({"action": "test", "obj": "UserCRM", "action_id": "123", "code": 200, "body": {"success": true}})
        );
        let users = [User {
            id: "1".to_owned(),
            name: "Рита Ким".to_owned(),
        }];
        assert_eq!(
            list_of_users(&echo("get_users"), &users)["body"],
            json!([{"id": "1", "name": "Рита Ким"}])
        );
        let clients = [
            Client {
                id: 12,
                is_company: true,
                name: "ООО «Пример»".to_owned(),
                company: None,
                owner: Some("1004".to_owned()),
            },
            Client {
                id: 48,
                is_company: false,
                name: "Ольга Т.".to_owned(),
                company: Some((12, Some("ООО «Пример»".to_owned()))),
                owner: None,
            },
        ];
        assert_eq!(
            found(&echo("get_contact"), &clients),
            json!({
                "action": "get_contact", "obj": "UserCRM", "action_id": "123", "code": 200,
                "list": [
                    {"id": 12, "type": "company", "name": "ООО «Пример»", "owner_id": "1004"},
                    {"id": 48, "type": "contact", "name": "Ольга Т.", "company_id": 12, "company_name": "ООО «Пример»"}
                ]
            })
        );
        assert_eq!(
            refusal(401, "wrong key"),
            json!({"obj": "UserCRM", "code": 401, "body": {"success": false, "message": "wrong key"}})
        );
    }
}
