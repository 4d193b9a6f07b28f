//! The tools of profile authors as people run them: `check`, `test`, `schema`, `preview`,
//! `draft` and `try`.

mod check;
mod draft;
mod examples;
mod live;
mod preview;
mod trial;
mod unread;

use serde_json::{Value, json};

use crate::home::{Home, Server};

const PROFILE: &str = "name: Вопрос
receive: { polls: [123] }
fields:
  name: $.data.firstname
  city: $.data.city
  phone: { from: [$.data.phone, $.data.mobile], as: phone }
  email: { from: $.data.email, as: email, missing: reject }
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
    EMAIL: { value: '{{email}}', search: true }
deal:
  fields:
    TITLE: 'Вопрос {{name}}'
    SOURCE_DESCRIPTION: '{{city}}'
";

fn packet() -> Value {
    json!({
        "header_data": {"poll_id": 123, "answer_id": 345},
        "data": {"firstname": "Анна", "mobile": "8 (912) 345-67-89", "email": "anna@mail.example"},
    })
}

/// Returns a folder with a profile and a packet for it.
fn home() -> Home {
    let mut home = Home::new();
    home.set("LEADGATE_SANDBOX__KEEP", "false");
    home.write("mappings/question.yaml", PROFILE);
    home.write("packet.json", &packet().to_string());
    home
}

/// Starts a gateway; later commands of the folder know its address.
fn serve(home: &mut Home) -> Server {
    let server = Server::serve(home);
    home.set("LEADGATE_SERVER__LISTEN", server.address());
    server
}
