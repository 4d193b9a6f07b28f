//! Replies, in the shapes of the documentation: `body` for most, `list` for the clients found.

use serde_json::{Value, json};

use super::Request;
use crate::pbx::{Client, User};

/// Replies to a test of the address. It gives nothing away.
pub fn tested(request: &Request) -> Value {
    success(request)
}

/// Replies that an event or a record was taken.
pub fn success(request: &Request) -> Value {
    reply(request, 200, &json!({"success": true}))
}

/// Replies with the employees.
pub fn list_of_users(request: &Request, users: &[User]) -> Value {
    let users = users
        .iter()
        .map(|user| json!({"id": user.id, "name": user.name}));
    reply(request, 200, &Value::Array(users.collect()))
}

/// Replies with the clients found.
pub fn found(request: &Request, clients: &[Client]) -> Value {
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
    let mut reply = reply(request, 200, &Value::Null);
    if let Some(members) = reply.as_object_mut() {
        members.remove("body");
        members.insert("list".to_owned(), Value::Array(clients.collect()));
    }
    reply
}

/// Replies why a request was not taken.
pub fn refusal(request: Option<&Request>, code: u16, message: &str) -> Value {
    let body = json!({"success": false, "message": message});
    match request {
        Some(request) => reply(request, code, &body),
        None => json!({"obj": super::OBJECT, "code": code, "body": body}),
    }
}

fn reply(request: &Request, code: u16, body: &Value) -> Value {
    let mut reply = json!({
        "action": request.action_name(), "obj": request.object(), "code": code, "body": body
    });
    if let Some(id) = request.members.get("action_id") {
        reply["action_id"] = id.clone();
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::Bounds;

    fn request(action: &str) -> Request {
        let text = json!({"action": action, "obj": "UserCRM", "action_id": "123"}).to_string();
        Request::read(text.as_bytes(), Bounds::from(9)).unwrap()
    }

    #[test]
    fn replies_have_the_shapes_of_the_documentation() {
        assert_eq!(
            tested(&request("test")),
            json!({"action": "test", "obj": "UserCRM", "action_id": "123", "code": 200, "body": {"success": true}})
        );
        let users = [User {
            id: "1".to_owned(),
            name: "Рита Ким".to_owned(),
        }];
        assert_eq!(
            list_of_users(&request("get_users"), &users)["body"],
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
            found(&request("get_contact"), &clients),
            json!({
                "action": "get_contact", "obj": "UserCRM", "action_id": "123", "code": 200,
                "list": [
                    {"id": 12, "type": "company", "name": "ООО «Пример»", "owner_id": "1004"},
                    {"id": 48, "type": "contact", "name": "Ольга Т.", "company_id": 12, "company_name": "ООО «Пример»"}
                ]
            })
        );
        assert_eq!(
            refusal(None, 401, "wrong key"),
            json!({"obj": "UserCRM", "code": 401, "body": {"success": false, "message": "wrong key"}})
        );
    }
}
