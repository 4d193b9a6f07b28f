//! The hooks of the buttons, and the pages.

use super::hook::HookEvent;
use super::*;
use crate::simulator::params;

fn account() -> Account {
    let options = CardsOptions {
        account: 30_551_177,
        subdomain: "edudemo".to_owned(),
        hook: "http://127.0.0.1:1/amo/main".to_owned(),
        widget: None,
    };
    Account {
        options: Some(options),
        ..Account::default()
    }
}

#[test]
fn a_button_sends_a_form_with_the_lead_and_the_account() {
    let mut account = account();
    let form = account
        .hook(31_470_022, HookEvent::LeadAdded, 1000)
        .unwrap();
    let hook = serde_json::Value::Object(params::parse_str(&form));
    let lead = &hook["leads"]["add"][0];
    assert_eq!(lead["id"], "31470022");
    assert_eq!(lead["name"], "Заявка: курс «Дизайн &amp; печать»");
    assert_eq!(lead["custom_fields"][0]["values"][0]["value"], "180023");
    assert_eq!(hook["account"]["id"], "30551177");
    assert_eq!(hook["account"]["subdomain"], "edudemo");
}

#[test]
fn a_lead_is_added_once_and_each_change_is_later_than_the_one_before() {
    let mut account = account();
    let mut time = |event: HookEvent, now| {
        let form = account.hook(31_470_021, event, now).unwrap();
        let hook = serde_json::Value::Object(params::parse_str(&form));
        let (_, actions) = hook.as_object().unwrap().iter().next().unwrap();
        let (_, items) = actions.as_object().unwrap().iter().next().unwrap();
        items[0]["last_modified"].as_str().unwrap().to_owned()
    };
    assert_eq!(time(HookEvent::LeadAdded, 1000), "1000");
    assert_eq!(time(HookEvent::LeadAdded, 2000), "1000");
    assert_eq!(time(HookEvent::LeadChanged, 2000), "2000");
    assert_eq!(time(HookEvent::LeadWon, 2000), "2001");
    assert_eq!(time(HookEvent::ContactAdded, 3000), "2001");
    assert_eq!(account.leads[0].status, WON);
    assert!(account.hook(1, HookEvent::LeadAdded, 1).is_none());
    assert_eq!(HookEvent::of_word("leads.delete"), None);
}
