//! Companies of forms: found, created once, with a requisite, and bound to contact and record.

use leadgate::domain::{Lang, State};
use leadgate::simulator::Fault;
use serde_json::{Value, json};

use crate::dedup::{call, phone};
use crate::gateway::{TestGateway, answer};
use crate::preview;

const HEAD: &str = "\
receive: { polls: [5] }
fields:
  name: $.data.name
  phone: { from: $.data.phone, as: phone }
  company: $.data.company
  inn: $.data.inn
  office: { from: $.data.office, as: phone }
  mail: { from: $.data.mail, as: email }
  code: $.data.code
";

const CONTACT: &str = "\
contact:
  fields: { NAME: \"{{name}}\", PHONE: { value: \"{{phone}}\", search: true } }
";

const COMPANY: &str = "\
company:
  fields:
    TITLE: \"{{company}}\"
    RQ_INN: { value: \"{{inn}}\", search: true }
    PHONE: { value: \"{{office}}\", search: true }
    EMAIL: { value: \"{{mail}}\", search: true }
";

const DEAL: &str = "deal:\n  fields: { TITLE: \"{{company}}\" }\ncomment: full\n";

const INN: &str = "7707083893";

async fn with(profile: &str) -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("b2b.yaml"), format!("{HEAD}{profile}")).unwrap();
    TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await
}

async fn usual() -> TestGateway {
    with(&format!("{CONTACT}{COMPANY}{DEAL}")).await
}

async fn send(gateway: &TestGateway, packets: &[Value]) {
    for packet in packets {
        let number = gateway.next_answer();
        let reply = gateway.post_answer(answer(5, number, packet.clone())).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        gateway.settle().await;
    }
}

fn anna() -> Value {
    json!({"name": "Анна", "phone": "89123456789", "company": "Ромашка", "inn": INN})
}

fn boris() -> Value {
    json!({"name": "Борис", "phone": "89990000001", "company": "ООО Ромашка", "inn": "7707 083 893"})
}

fn companies(gateway: &TestGateway) -> Vec<Value> {
    let select = ["*", "PHONE", "EMAIL"];
    let rows = call(gateway, "crm.company.list", json!({ "select": select }));
    rows.as_array().unwrap().clone()
}

fn requisites(gateway: &TestGateway) -> Vec<Value> {
    let rows = call(gateway, "crm.requisite.list", json!({}));
    rows.as_array().unwrap().clone()
}

fn companies_of(gateway: &TestGateway, contact: i64) -> Vec<i64> {
    let rows = call(
        gateway,
        "crm.contact.company.items.get",
        json!({ "id": contact }),
    );
    let ids = rows.as_array().unwrap().iter();
    ids.map(|row| row["COMPANY_ID"].as_i64().unwrap()).collect()
}

/// Creates a company in the portal, with this tax number if it is not empty.
fn add_company(gateway: &TestGateway, fields: &Value, inn: &str) -> i64 {
    let id = call(gateway, "crm.company.add", json!({ "fields": fields }));
    let id = id.as_i64().unwrap();
    if !inn.is_empty() {
        let fields = json!({"ENTITY_TYPE_ID": 4, "ENTITY_ID": id, "PRESET_ID": 1, "NAME": "x", "RQ_INN": inn});
        call(gateway, "crm.requisite.add", json!({ "fields": fields }));
    }
    id
}

/// Returns the explanation of an answer.
fn explained(gateway: &TestGateway, number: i64, lang: &str) -> String {
    gateway.command(&["explain", &format!("5/{number}"), "--lang", lang], &[])
}

/// Asserts that there is one company with one requisite, bound to one contact and one record.
fn once(gateway: &TestGateway, case: &str) {
    let all = companies(gateway);
    assert_eq!(all.len(), 1, "{case}");
    let requisites = requisites(gateway);
    assert_eq!(requisites.len(), 1, "{case}");
    assert_eq!(
        (&requisites[0]["RQ_INN"], &requisites[0]["ENTITY_ID"]),
        (&json!(INN), &all[0]["ID"]),
        "{case}"
    );
    assert_eq!(gateway.contacts().len(), 1, "{case}");
    assert_eq!(companies_of(gateway, 1), [1], "{case}");
    let deals = gateway.deals();
    assert_eq!(deals.len(), 1, "{case}");
    assert_eq!(deals[0]["COMPANY_ID"], "1", "{case}");
    assert_eq!(gateway.portal().counters().comments, 1, "{case}");
}

#[actix_web::test]
async fn two_people_of_one_company_share_it() {
    let gateway = usual().await;
    send(&gateway, &[anna(), boris(), anna()]).await;
    let all = companies(&gateway);
    assert_eq!((all.len(), &all[0]["TITLE"]), (1, &json!("Ромашка")));
    let requisites = requisites(&gateway);
    assert_eq!(
        (requisites.len(), &requisites[0]["RQ_INN"]),
        (1, &json!(INN))
    );
    assert_eq!(
        (companies_of(&gateway, 1), companies_of(&gateway, 2)),
        (vec![1], vec![1])
    );
    for deal in gateway.deals() {
        assert_eq!(deal["COMPANY_ID"], "1");
    }
    let why = explained(&gateway, 1, "en");
    assert!(why.contains("created company 1"), "{why}");
    assert!(
        why.contains("its requisite is created with RQ_INN"),
        "{why}"
    );
    let why = explained(&gateway, 2, "ru");
    assert!(why.contains("найдена компания 1, совпало: RQ_INN"), "{why}");
}

#[actix_web::test]
async fn a_batch_makes_one_company() {
    let gateway = usual().await;
    let packet = |n: i64| json!({"name": format!("Имя{n}"), "phone": format!("8912000000{n}"), "company": "Ромашка", "inn": INN});
    let answers = (1..=6).map(|n| answer(5, n, packet(n))).collect();
    gateway.send_together(answers).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 6);
    assert_eq!(
        (companies(&gateway).len(), requisites(&gateway).len()),
        (1, 1)
    );
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (6, 6));
    for contact in 1..=6 {
        assert_eq!(companies_of(&gateway, contact), [1]);
    }
}

#[actix_web::test]
async fn a_lost_reply_makes_nothing_twice() {
    let methods = [
        "crm.company.add",
        "crm.requisite.add",
        "crm.contact.add",
        "crm.deal.add",
        "crm.timeline.comment.add",
    ];
    for name in ["Анна", "$result[q0]"] {
        for code in ["RESET_AFTER", "ERROR_AFTER_SAVE", "CUT_BODY", "BAD_GATEWAY"] {
            for method in methods {
                let gateway = usual().await;
                let fault = json!({"code": code, "method": method});
                let fault: Fault = serde_json::from_value(fault).unwrap();
                gateway.portal().inject(fault);
                let mut packet = anna();
                packet["name"] = json!(name);
                send(&gateway, &[packet]).await;
                gateway.settle().await;
                let case = format!("{code} at {method}, {name}");
                assert!(gateway.portal().counters().faults > 0, "{case}");
                assert_eq!(gateway.count(State::Delivered).await, 1, "{case}");
                once(&gateway, &case);
            }
        }
    }
}

#[actix_web::test]
async fn a_batch_cut_at_any_command_is_continued() {
    for code in ["CUT_BATCH", "RESET_WITHIN"] {
        for after in 0..5 {
            let gateway = usual().await;
            let cut = json!({"code": code, "after": after, "method": "crm.company.add"});
            gateway
                .portal()
                .inject(serde_json::from_value(cut).unwrap());
            send(&gateway, &[anna()]).await;
            once(&gateway, &format!("{code} after {after}"));
        }
    }
}

#[actix_web::test]
async fn a_lost_reply_to_a_binding_changes_nothing() {
    for method in [
        "crm.contact.company.add",
        "crm.deal.update",
        "crm.company.update",
    ] {
        for name in ["Анна", "$result[q0]"] {
            let gateway = usual().await;
            let old = add_company(&gateway, &json!({"TITLE": "Старая"}), "");
            let ours = add_company(&gateway, &json!({"TITLE": "Ромашка"}), INN);
            let contact = json!({"NAME": "А", "PHONE": phone("+79123456789"), "COMPANY_ID": old});
            call(&gateway, "crm.contact.add", json!({ "fields": contact }));
            let deal = json!({"TITLE": "Открытая", "CONTACT_ID": 1});
            call(&gateway, "crm.deal.add", json!({ "fields": deal }));
            let fault = json!({"code": "RESET_AFTER", "method": method});
            gateway
                .portal()
                .inject(serde_json::from_value(fault).unwrap());
            let mut packet = anna();
            packet["name"] = json!(name);
            packet["office"] = json!("+74951234567");
            send(&gateway, &[packet]).await;
            let case = format!("{method}, {name}");
            assert!(gateway.portal().counters().faults > 0, "{case}");
            assert_eq!(gateway.count(State::Delivered).await, 1, "{case}");
            assert_eq!(companies_of(&gateway, 1), [old, ours], "{case}");
            let contact = call(&gateway, "crm.contact.get", json!({"id": 1}));
            assert_eq!(contact["COMPANY_ID"], json!(old.to_string()), "{case}");
            let deals = gateway.deals();
            assert_eq!(
                (deals.len(), &deals[0]["COMPANY_ID"]),
                (1, &json!("2")),
                "{case}"
            );
            let all = companies(&gateway);
            assert_eq!(all.len(), 2, "{case}");
            assert_eq!(all[1]["PHONE"].as_array().unwrap().len(), 1, "{case}");
            assert_eq!(requisites(&gateway).len(), 1, "{case}");
        }
    }
}

#[actix_web::test]
async fn strangers_are_not_taken_for_the_company() {
    let gateway = usual().await;
    // a contact with the same number in its own requisite
    call(
        &gateway,
        "crm.contact.add",
        json!({"fields": {"NAME": "ИП"}}),
    );
    let of_contact =
        json!({"ENTITY_TYPE_ID": 3, "ENTITY_ID": 1, "PRESET_ID": 3, "NAME": "x", "RQ_INN": INN});
    call(
        &gateway,
        "crm.requisite.add",
        json!({ "fields": of_contact }),
    );
    // another company with the same phone, and one whose number begins alike
    let shared = json!({"TITLE": "Сосед", "PHONE": phone("+74951234567")});
    add_company(&gateway, &shared, "7736207543");
    add_company(&gateway, &json!({"TITLE": "Похожая"}), "77070838930");
    let mut packet = anna();
    packet["office"] = json!("+7 495 123-45-67");
    send(&gateway, &[packet.clone(), packet]).await;
    let all = companies(&gateway);
    assert_eq!((all.len(), &all[2]["TITLE"]), (3, &json!("Ромашка")));
    assert_eq!(gateway.deals()[0]["COMPANY_ID"], "3");
}

#[actix_web::test]
async fn a_company_is_found_by_phone_address_field_or_number() {
    let by_code = COMPANY.to_owned() + "    UF_CRM_CODE: { value: \"{{code}}\", search: true }\n";
    let gateway = with(&format!("{CONTACT}{by_code}{DEAL}")).await;
    let field = json!({"FIELD_NAME": "CODE", "USER_TYPE_ID": "string"});
    call(
        &gateway,
        "crm.company.userfield.add",
        json!({ "fields": field }),
    );
    let email = json!([{"VALUE": "Office@romashka.example"}]);
    let fields = json!({"TITLE": "ООО «Ромашка»", "PHONE": phone("8 (495) 123-45-67"), "EMAIL": email,
                        "UF_CRM_CODE": "K-7"});
    let id = add_company(&gateway, &fields, INN);
    for (key, value) in [
        ("office", "+74951234567"),
        ("mail", "office@ROMASHKA.example"),
        ("code", "k-7"),
        ("inn", "ИНН 7707083893"),
    ] {
        let packet =
            json!({"name": "Анна", "phone": "89123456789", "company": "ромашка", key: value});
        send(&gateway, &[packet]).await;
        let all = companies(&gateway);
        assert_eq!(all.len(), 1, "{key}");
        assert_eq!(all[0]["TITLE"], "ООО «Ромашка»", "{key}: not renamed");
    }
    assert_eq!(requisites(&gateway).len(), 1);
    assert_eq!(companies_of(&gateway, 1), [id]);
}

#[actix_web::test]
async fn the_profile_says_what_a_found_company_gets() {
    for (rules, title, comments) in [
        ("", "Старое", "было"),
        ("  update: true\n", "Старое", "Анна"),
    ] {
        let fields = "    COMMENTS: \"{{name}}\"\n";
        let profile = COMPANY.replacen("company:\n", &format!("company:\n{rules}"), 1);
        let gateway = with(&format!("{profile}{fields}{DEAL}")).await;
        let there = json!({"TITLE": "Старое", "COMMENTS": "было"});
        add_company(&gateway, &there, INN);
        send(&gateway, &[anna()]).await;
        let all = companies(&gateway);
        assert_eq!(
            (&all[0]["TITLE"], &all[0]["COMMENTS"]),
            (&json!(title), &json!(comments))
        );
    }
    let named = COMPANY.replacen(
        "\"{{company}}\"",
        "{ value: \"{{company}}\", on_update: overwrite }",
        1,
    );
    let gateway = with(&format!("{named}{DEAL}")).await;
    add_company(&gateway, &json!({"TITLE": "Старое"}), INN);
    send(&gateway, &[anna()]).await;
    assert_eq!(companies(&gateway)[0]["TITLE"], "Ромашка");
}

#[actix_web::test]
async fn forms_without_a_company_make_none() {
    for (packet, made, deals) in [
        (json!({"name": "Анна", "phone": "89123456789"}), 0, 1),
        (
            json!({"name": "Анна", "phone": "89123456789", "company": "", "inn": " "}),
            0,
            1,
        ),
        // a phone alone is no company
        (
            json!({"name": "Анна", "phone": "89123456789", "office": "+74951234567"}),
            0,
            1,
        ),
        // a name without a key: no repeat would find it
        (
            json!({"name": "Анна", "phone": "89123456789", "company": "Ромашка"}),
            0,
            1,
        ),
        // filler would take different companies for one
        (
            json!({"name": "Анна", "phone": "89123456789", "company": "Ромашка", "inn": "0000000000"}),
            0,
            1,
        ),
        (
            json!({"name": "Анна", "phone": "89123456789", "inn": INN}),
            1,
            1,
        ),
        (
            json!({"name": "Анна", "phone": "89123456789", "company": "Ромашка", "office": "+74951234567"}),
            1,
            1,
        ),
    ] {
        let gateway = usual().await;
        send(&gateway, &[packet.clone(), packet.clone()]).await;
        assert_eq!(companies(&gateway).len(), made, "{packet}");
        assert_eq!(gateway.deals().len(), deals, "{packet}");
        assert_eq!(gateway.count(State::Delivered).await, 2, "{packet}");
    }
}

#[actix_web::test]
async fn the_rule_decides_about_a_company_without_a_key() {
    let packet = json!({"name": "Анна", "phone": "89123456789", "company": "Ромашка"});
    for (rule, made, parked) in [("skip_company", 0, 0), ("create", 2, 0), ("park", 0, 2)] {
        let head = format!("company:\n  without_key: {rule}\n");
        let profile = COMPANY.replacen("company:\n", &head, 1);
        let gateway = with(&format!("{CONTACT}{profile}{DEAL}")).await;
        send(&gateway, &[packet.clone(), packet.clone()]).await;
        assert_eq!(companies(&gateway).len(), made, "{rule}");
        assert_eq!(gateway.count(State::Parked).await, parked, "{rule}");
    }
}

#[actix_web::test]
async fn a_replay_uses_the_same_company() {
    let gateway = usual().await;
    send(&gateway, &[anna()]).await;
    // somebody removes the requisite: only the submission knows the company now
    call(&gateway, "crm.requisite.delete", json!({"id": 1}));
    gateway.command(&["replay", "5/1", "--step", "crm"], &[]);
    gateway.settle().await;
    assert_eq!(
        (companies(&gateway).len(), requisites(&gateway).len()),
        (1, 1)
    );
    assert_eq!(gateway.deals().len(), 1);
}

#[actix_web::test]
async fn leads_and_items_get_the_company_and_no_contact_is_needed() {
    for (block, method, name) in [
        ("lead:\n", "crm.lead.list", "COMPANY_ID"),
        ("item:\n  type: 1036\n", "crm.item.list", "companyId"),
    ] {
        let record = format!("{block}  fields: {{ TITLE: \"{{{{company}}}}\" }}\n");
        let gateway = with(&format!("{COMPANY}{record}")).await;
        send(&gateway, &[anna()]).await;
        let rows = call(&gateway, method, json!({"entityTypeId": 1036}));
        let rows = rows.get("items").unwrap_or(&rows);
        let company = &rows[0][name];
        assert!(*company == json!("1") || *company == json!(1), "{rows}");
        assert_eq!(gateway.contacts().len(), 0);
    }
    let gateway = with(COMPANY).await;
    send(&gateway, &[anna(), anna()]).await;
    assert_eq!(companies(&gateway).len(), 1);
    assert_eq!(gateway.count(State::Delivered).await, 2);
}

#[actix_web::test]
async fn a_preview_shows_the_company() {
    let gateway = usual().await;
    add_company(&gateway, &json!({"TITLE": "Сосед"}), "7736207543");
    let profile = format!("{HEAD}{CONTACT}{COMPANY}{DEAL}");
    let profile = profile.replace("{ polls: [5] }", "{ default: true }");
    let packet = preview::packet(anna());
    let job = preview::planned(&profile, &packet);
    let shown = preview::preview_changes(&preview::client(&gateway), &packet, &job.plan).await;
    let why: Vec<String> = shown
        .explanation
        .iter()
        .map(|why| why.to_text(Lang::Ru))
        .collect();
    assert!(
        why[0].contains("компания не найдена (искали по RQ_INN)"),
        "{why:?}"
    );
    let changes: Vec<String> = shown
        .changes
        .iter()
        .map(|change| format!("{}: {}", change.target, change.field))
        .collect();
    for wanted in [
        "new company: TITLE",
        "new company: RQ_INN",
        "new contact: company",
        "new deal: company",
    ] {
        assert!(
            changes.contains(&wanted.to_owned()),
            "{wanted}: {changes:?}"
        );
    }
    let written: Vec<&str> = shown.writes[0]
        .commands
        .iter()
        .map(|(method, _)| method.as_str())
        .collect();
    assert_eq!(written[..2], ["crm.company.add", "crm.requisite.add"]);
    assert_eq!(companies(&gateway).len(), 1, "nothing was written");
}

#[actix_web::test]
async fn a_company_found_by_number_and_by_phone_at_the_same_time_gets_every_line() {
    let company = COMPANY.replacen(
        "fields:\n",
        "fields:\n    COMMENTS: { value: \"{{code}}\", on_update: append }\n",
        1,
    );
    let gateway = with(&format!("contact: none\n{company}")).await;
    let known = json!({"company": "Ромашка", "inn": INN, "office": "84951234567", "code": "ноль"});
    send(&gateway, &[known]).await;
    let packets = [
        json!({"company": "Ромашка", "inn": INN, "code": "раз"}),
        json!({"company": "Ромашка", "office": "+7 495 123-45-67", "code": "два"}),
    ];
    let answers = packets.map(|data| answer(5, gateway.next_answer(), data));
    gateway.send_together(answers.to_vec()).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 3);
    let companies = companies(&gateway);
    assert_eq!(companies.len(), 1);
    let text = companies[0]["COMMENTS"].as_str().unwrap();
    for line in ["ноль", "раз", "два"] {
        assert_eq!(text.matches(line).count(), 1, "{line} in {text}");
    }
    assert_eq!(companies[0]["PHONE"].as_array().unwrap().len(), 1);
}
