//! The journal's commands as people run them: finding, replaying and erasing, with and without a
//! running gateway.

mod finding;
mod languages;
mod removing;
mod replaying;
mod steps;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::home::{Home, Server};

const PROFILE: &str = "name: Вопрос
receive: { polls: [123] }
fields:
  name: $.data.firstname
  phone: { from: $.data.phone, as: phone, missing: MISSING }
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
deal:
  fields:
    TITLE: 'TITLE {{name}}'
";

/// Returns a folder with a profile that parks answers without a phone.
pub(crate) fn home() -> Home {
    let mut home = Home::new();
    home.set("LEADGATE_SANDBOX__KEEP", "false");
    write_profile(&home, "Вопрос", "park");
    home
}

/// Writes the profile with this title for its deals.
fn write_profile(home: &Home, title: &str, missing: &str) {
    let text = PROFILE.replace("TITLE {{", &format!("{title} {{{{"));
    home.write("mappings/question.yaml", &text.replace("MISSING", missing));
}

/// Returns identity and state of all submissions.
fn states(home: &Home) -> Vec<(String, String)> {
    let text = home.succeeds(&["journal", "--json", "--limit", "1000"]);
    let entries = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut states: Vec<_> = entries
        .map(|entry: Value| {
            let word = |key: &str| entry[key].as_str().unwrap().to_owned();
            (word("identity"), word("state"))
        })
        .collect();
    states.sort();
    states
}

pub(crate) fn wait_for(home: &Home, identity: &str, state: &str) {
    let deadline = Instant::now() + Duration::from_secs(180);
    let expected = (identity.to_owned(), state.to_owned());
    while !states(home).contains(&expected) {
        assert!(
            Instant::now() < deadline,
            "{expected:?}: {:?}",
            states(home)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Starts a gateway that has delivered answer 1, and parked answer 2, which has no phone.
fn serve_one_delivered_and_one_parked(home: &Home) -> Server {
    let server = Server::serve(home);
    send_answer(&server, 1, "Анна", "8 (912) 345-67-89");
    send_answer(&server, 2, "Ян", "нет");
    wait_for(home, "polls/123/1", "delivered");
    wait_for(home, "polls/123/2", "parked");
    server
}

/// Sends an answer, and returns the reply's status line.
pub(crate) fn send_answer(server: &Server, answer: u32, name: &str, phone: &str) -> String {
    let body = json!({
        "header_data": {"poll_id": 123, "answer_id": answer},
        "data": {"firstname": name, "phone": phone},
    });
    server.post_json("/polls/postAnswer", &body.to_string())
}

/// Returns the answers in the order of the list.
fn listed(text: &str) -> Vec<u32> {
    let answers = text.lines().filter_map(|line| line.split_once("answer "));
    answers
        .filter_map(|(_, rest)| rest.split(' ').next()?.parse().ok())
        .collect()
}
