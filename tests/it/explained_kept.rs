//! What the journal explains about found contacts, companies and records: which were not used, which
//! fields stayed as they were, and what was written beside the fields.

use leadgate::domain::{Event, Lang, State};
use serde_json::{Value, json};

use crate::dedup::{CONTACT, add_contact, anna, call, phone, send, with};
use crate::gateway::TestGateway;

/// Returns the explanation of the last submission. Asks once after each submission.
fn explained(gateway: &TestGateway) -> String {
    let number = gateway.next_answer() - 1;
    let history = gateway.history(&format!("5/{number}"));
    let events = history.events.iter();
    let because = events.filter_map(|logged| match &logged.event {
        Event::Because(why) => Some(why.to_text(Lang::En)),
        _ => None,
    });
    because.collect::<Vec<_>>().join("\n")
}

/// Checks that the explanation has these parts, and lacks those that begin with `!`.
fn tells(gateway: &TestGateway, parts: &[&str]) {
    let told = explained(gateway);
    for part in parts {
        match part.strip_prefix('!') {
            Some(part) => assert!(!told.contains(part), "{part} is in\n{told}"),
            None => assert!(told.contains(part), "{part} is not in\n{told}"),
        }
    }
}

const ORDER: &str = "{ value: \"{{order}}\", search: true }";

fn deal(rules: &str, fields: &str) -> String {
    format!(
        "deal:\n  stage: NEW\n{rules}  fields:\n    TITLE: \"Заказ {{{{order}}}}\"\n    \
         UF_CRM_ORDER_ID: {ORDER}\n{fields}"
    )
}

fn add_deal(gateway: &TestGateway, fields: &Value) -> i64 {
    let id = call(gateway, "crm.deal.add", json!({"fields": fields}));
    id.as_i64().unwrap()
}

fn contacts_of(gateway: &TestGateway, deal: i64) -> Vec<Value> {
    let rows = call(gateway, "crm.deal.contact.items.get", json!({"id": deal}));
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["CONTACT_ID"].clone()).collect()
}

/// Anna with an order of this number.
fn order(number: &str) -> Value {
    let mut packet = anna();
    packet["order"] = json!(number);
    packet
}

#[actix_web::test]
async fn fields_that_stay_are_named_with_the_reason() {
    let contact = "contact:\n  fields:\n    NAME: \"{{name}}\"\n    \
                   LAST_NAME: { value: \"{{surname}}\", on_update: fill }\n    \
                   PHONE: { value: \"{{phone}}\", search: true }\n";
    let gateway = with(&format!(
        "{contact}{}comment: answers\n",
        deal("  update_fields: false\n", "")
    ))
    .await;
    add_contact(
        &gateway,
        json!({"NAME": "Аня", "LAST_NAME": "Петрова", "PHONE": phone("+79123456789")}),
    );
    add_deal(
        &gateway,
        &json!({"TITLE": "Как было", "CONTACT_ID": 1, "UF_CRM_ORDER_ID": "7"}),
    );
    send(&gateway, &[order("7")]).await;
    assert_eq!(gateway.deals()[0]["TITLE"], "Как было");
    tells(
        &gateway,
        &[
            "contact 1: NAME not changed (on_update: keep)",
            "contact 1: LAST_NAME not changed, there is a value already (on_update: fill)",
            "deal 1: TITLE not changed (on_update: keep, or update_fields: false)",
            "a comment is added to the timeline",
            "!has all of it already",
        ],
    );
    // nothing differs, so nothing is kept
    let params = json!({"id": 1, "fields": {"NAME": "Анна", "LAST_NAME": "Иванова"}});
    call(&gateway, "crm.contact.update", params);
    let params = json!({"id": 1, "fields": {"TITLE": "Заказ 7"}});
    call(&gateway, "crm.deal.update", params);
    send(&gateway, &[order("7")]).await;
    tells(
        &gateway,
        &["deal 1 has all of it already", "!not changed (on_update"],
    );
}

#[actix_web::test]
async fn a_guessed_part_of_a_name_is_named_as_such() {
    let gateway = with(
        "  person: { from: $.data.person, as: name }\ncontact:\n  update: true\n  fields:\n    \
         NAME: \"{{person.first}}\"\n    LAST_NAME: \"{{person.last}}\"\n    \
         PHONE: { value: \"{{phone}}\", search: true }\n",
    )
    .await;
    add_contact(
        &gateway,
        json!({"NAME": "Анна", "LAST_NAME": "Иванова", "PHONE": phone("+79123456789")}),
    );
    let packet = |person: &str| json!({"person": person, "phone": "89123456789"});
    send(&gateway, &[packet("Шмидт Розалия")]).await;
    tells(
        &gateway,
        &["contact 1: NAME, LAST_NAME not changed, a guessed part of a name replaces no value"],
    );
    send(&gateway, &[packet("Петрова Анна Сергеевна")]).await;
    tells(&gateway, &["contact 1 gets LAST_NAME", "!guessed"]);
}

#[actix_web::test]
async fn the_main_contact_of_the_record_is_named_if_it_is_another_person() {
    for (there, differs) in [
        (json!({"NAME": "Борис"}), "NAME"),
        (
            json!({"NAME": "Анна", "PHONE": phone("+79990000000")}),
            "PHONE",
        ),
        (
            json!({"EMAIL": [{"VALUE": "b@mail.example"}], "LAST_NAME": "Петрова"}),
            "EMAIL, LAST_NAME",
        ),
    ] {
        let gateway = with(&format!("{CONTACT}{}", deal("", ""))).await;
        add_contact(&gateway, there);
        add_deal(
            &gateway,
            &json!({"TITLE": "1", "CONTACT_ID": 1, "UF_CRM_ORDER_ID": "7"}),
        );
        send(&gateway, &[order("7")]).await;
        assert_eq!(gateway.contacts().len(), 2, "{differs}");
        let why = format!(
            "contact 1 of deal 1 is not used: it is another person, with another {differs}"
        );
        tells(&gateway, &[&why, "the contact is bound to deal 1"]);
        // now the second one is found
        send(&gateway, &[order("7")]).await;
        tells(&gateway, &["found contact 2", "!is not used"]);
    }
}

#[actix_web::test]
async fn an_older_deal_of_the_main_contact_is_explained() {
    let gateway = with(&format!("{CONTACT}deal: {{ fields: {{ TITLE: x }} }}\n")).await;
    add_contact(&gateway, json!({"PHONE": phone("+79123456789")}));
    add_contact(&gateway, json!({"NAME": "Борис"}));
    add_deal(&gateway, &json!({"TITLE": "1", "CONTACT_ID": 1}));
    let second = add_deal(&gateway, &json!({"TITLE": "2", "CONTACT_ID": 2}));
    let bind = json!({"id": second, "fields": {"CONTACT_ID": 1}});
    call(&gateway, "crm.deal.contact.add", bind);
    send(&gateway, &[anna()]).await;
    tells(
        &gateway,
        &[
            "found open deal 1, whose main contact this is; 2 is newer, but has another main contact",
        ],
    );
}

#[actix_web::test]
async fn a_contact_that_is_not_linked_is_explained() {
    for (rules, stage) in [("  found: ignore\n", "NEW"), ("  closed: ignore\n", "WON")] {
        let gateway = with(&format!("{CONTACT}{}", deal(rules, ""))).await;
        add_contact(&gateway, json!({"NAME": "Борис"}));
        let fields =
            json!({"TITLE": "1", "CONTACT_ID": 1, "UF_CRM_ORDER_ID": "7", "STAGE_ID": stage});
        add_deal(&gateway, &fields);
        send(&gateway, &[order("7")]).await;
        assert_eq!(contacts_of(&gateway, 1), [json!(1)]);
        let not_bound = "the contact is not bound to deal 1, which is left as it is";
        tells(&gateway, &[not_bound]);
        // that of the deal itself is bound
        send(&gateway, &[json!({"name": "Борис", "order": "7"})]).await;
        tells(&gateway, &["!is not bound"]);
    }
    // the record is used: the contact is named
    let gateway = with(&format!("{CONTACT}{}", deal("", ""))).await;
    add_contact(&gateway, json!({"NAME": "Борис"}));
    add_contact(&gateway, json!({"PHONE": phone("+79123456789")}));
    add_deal(
        &gateway,
        &json!({"TITLE": "1", "CONTACT_ID": 1, "UF_CRM_ORDER_ID": "7"}),
    );
    send(&gateway, &[order("7")]).await;
    tells(&gateway, &["contact 2 is bound to deal 1"]);
}

#[actix_web::test]
async fn a_group_without_a_value_is_named() {
    let contact = |rules: &str| {
        format!(
            "contact:\n  match: [[PHONE, LAST_NAME], [EMAIL]]\n{rules}  fields:\n    \
             NAME: \"{{{{name}}}}\"\n    LAST_NAME: {{ value: \"{{{{surname}}}}\", search: true }}\n    \
             PHONE: {{ value: \"{{{{phone}}}}\", search: true }}\n    \
             EMAIL: {{ value: \"{{{{email}}}}\", search: true }}\n"
        )
    };
    let group = "the group PHONE + LAST_NAME finds no contact: LAST_NAME has no value";
    let gateway = with(&contact("")).await;
    let mut packet = json!({"name": "Анна", "phone": "89123456789"});
    send(&gateway, &[packet.clone()]).await;
    let email = "the group EMAIL finds no contact: EMAIL has no value";
    tells(
        &gateway,
        &[
            group,
            email,
            "nothing to search a contact by, so one is created",
        ],
    );
    packet["email"] = json!("anna@mail.example");
    send(&gateway, &[packet.clone()]).await;
    tells(&gateway, &[group, "!the group EMAIL"]);
    packet["surname"] = json!("Иванова");
    send(&gateway, &[packet]).await;
    tells(&gateway, &["!the group"]);
    // the reason of a parked one says it, too
    let gateway = with(&contact("  without_key: park\n")).await;
    send(&gateway, &[json!({"name": "Анна", "phone": "89123456789"})]).await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let id = format!("5/{}", gateway.next_answer() - 1);
    let output = gateway.command(&["explain", &id, "--lang", "ru"], &[]);
    let russian = "по группе PHONE + LAST_NAME контакт не ищем: нет значения LAST_NAME";
    assert!(output.contains(russian), "{output}");
}

#[actix_web::test]
async fn a_block_without_a_contact_is_explained_once_and_truly() {
    let deal = deal("", "");
    let when = CONTACT.replace("contact:\n", "contact:\n  when: { order: absent }\n");
    for contact in [when.as_str(), "contact: none\n", ""] {
        let gateway = with(&format!("{contact}{deal}")).await;
        send(&gateway, &[order("7")]).await;
        assert!(gateway.contacts().is_empty());
        tells(&gateway, &["!names no contact"]);
    }
    let gateway = with(&format!("{CONTACT}{deal}")).await;
    send(&gateway, &[json!({"order": "7"})]).await;
    let told = explained(&gateway);
    let lines = told.lines().filter(|line| line.contains("contact"));
    assert_eq!(lines.count(), 1, "{told}");
}

#[actix_web::test]
async fn a_new_deal_gets_the_contact_of_the_closed_one_even_from_a_packet_without_a_person() {
    let closed = deal("  closed: create\n", "");
    for contact in [CONTACT, "contact: none\n"] {
        let gateway = with(&format!("{contact}{closed}")).await;
        add_contact(&gateway, json!({"NAME": "Анна"}));
        let fields =
            json!({"TITLE": "1", "CONTACT_ID": 1, "UF_CRM_ORDER_ID": "7", "STAGE_ID": "LOSE"});
        add_deal(&gateway, &fields);
        send(&gateway, &[json!({"order": "7"}), json!({"order": "7"})]).await;
        assert_eq!(gateway.deals().len(), 2, "{contact}");
        assert_eq!(gateway.contacts().len(), 1, "{contact}");
        assert_eq!(contacts_of(&gateway, 2), [json!(1)], "{contact}");
    }
}

#[actix_web::test]
async fn a_company_with_another_number_is_named() {
    let company = |more: &str, search: &str| {
        format!(
            "  inn: $.data.inn\n  kpp: $.data.kpp\ncontact: none\ncompany:\n{more}  fields:\n    \
             TITLE: \"{{{{name}}}}\"\n    RQ_INN: {{ value: \"{{{{inn}}}}\"{search} }}\n    \
             RQ_KPP: {{ value: \"{{{{kpp}}}}\", search: true }}\n    \
             PHONE: {{ value: \"{{{{phone}}}}\", search: true }}\ndeal: {{ fields: {{ TITLE: x }} }}\n"
        )
    };
    for (search, inn, kpp, field) in [
        (", search: true", "7736050003", "770501001", "RQ_INN"),
        ("", "7736050003", "770501001", "RQ_INN"),
        (", search: true", "7707083893", "770502002", "RQ_KPP"),
    ] {
        let gateway = with(&company("", search)).await;
        for number in [1, 2] {
            let fields = json!({"TITLE": "Старая", "PHONE": phone("+74951234567")});
            call(&gateway, "crm.company.add", json!({"fields": fields}));
            let fields = json!({"ENTITY_TYPE_ID": 4, "ENTITY_ID": number, "PRESET_ID": 1,
                                "NAME": "x", "RQ_INN": inn, "RQ_KPP": kpp});
            if number == 1 {
                call(&gateway, "crm.requisite.add", json!({"fields": fields}));
            }
        }
        let packet = json!({"name": "Новая", "inn": "7707083893", "kpp": "770501001",
                            "phone": "84951234567"});
        send(&gateway, &[packet]).await;
        let refused = format!("company 1 is not used: its requisites have another {field}");
        // the second one has the phone, and no requisites
        tells(
            &gateway,
            &[&refused, "found company 2", "company 2: TITLE not changed"],
        );
    }
    for rule in ["create", "park"] {
        let rules = format!("  match: [[RQ_INN, RQ_KPP], [PHONE]]\n  without_key: {rule}\n");
        let gateway = with(&company(&rules, ", search: true")).await;
        send(&gateway, &[json!({"name": "Новая", "inn": "7707083893"})]).await;
        let id = format!("5/{}", gateway.next_answer() - 1);
        let output = gateway.command(&["explain", &id, "--lang", "en"], &[]);
        let group = "the group RQ_INN + RQ_KPP finds no company: RQ_KPP has no value";
        assert!(output.contains(group), "{output}");
    }
}
