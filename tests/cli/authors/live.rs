//! `leadgate check --live`: compares profiles with a portal.

use super::{PROFILE, home, serve};

#[test]
fn check_live_compares_profiles_with_the_portal() {
    let mut home = home();
    home.says(
        &["check", "--live"],
        0,
        &[
            "1 profile in use, 0 errors",
            "start `leadgate serve` to check against it",
        ],
    );
    let _server = serve(&mut home);
    home.says(
        &["check", "--live"],
        0,
        &[
            "crm.sandbox",
            "works; owner: ",
            "compared with the portal: 1, errors: 0, warnings: 0",
        ],
    );
    home.says(
        &["check", "--live", "--lang", "ru"],
        0,
        &[
            "работает; владелец: ",
            "сверено с порталом профилей: 1, ошибок: 0, предупреждений: 0",
        ],
    );
    let deal = "deal:\n  stage: C1:SOLD\n  responsible: 999\n  fields:\n    CURRENCY_ID: XXX\n    UF_CRM_ORDER: '{{city}}'\n    \
                UF_CRM_TOPICS: { value: '{{city}}', as: label, default: Магистр }\n    DATE_CREATE: '{{city}}'\n";
    let text = PROFILE.split("deal:").next().unwrap().to_owned() + deal;
    home.write("mappings/question.yaml", &text);
    home.says(
        &["check", "--live"],
        1,
        &[
            "question.yaml:14:10 error: profile/unknown-stage the portal has no stage `C1:SOLD`",
            "question.yaml:15:16 error: profile/unknown-employee the portal has no employee 999",
            "profile/unknown-currency the portal does not have the currency `XXX`",
            "profile/unknown-crm-field the portal has no field `UF_CRM_ORDER` of a deal",
            "did you mean `UF_CRM_ORDER_ID` (",
            "the list `UF_CRM_TOPICS` (Интересующие темы) has no value «Магистр»",
            "profile/read-only-field `DATE_CREATE`",
            "compared with the portal: 1, errors: 6",
        ],
    );
}

#[test]
fn check_live_compares_items_with_their_smart_process() {
    let mut home = home();
    let _server = serve(&mut home);
    let item = |text: &str, code, parts: &[&str]| {
        let text = PROFILE.split("deal:").next().unwrap().to_owned() + text;
        home.write("mappings/question.yaml", &text);
        home.says(&["check", "--live"], code, parts);
    };
    item(
        "item:\n  type: 1036\n  stage: DT1036_9:NEW\n  fields: { TITLE: '{{city}}', sourceId: WEB }\n",
        0,
        &["compared with the portal: 1, errors: 0, warnings: 0"],
    );
    item(
        "item:\n  type: 1036\n  fields: { TITLE: x, UF_CRM_9_FORM: { value: '{{city}}', as: label, default: очная } }\n",
        0,
        &["compared with the portal: 1, errors: 0, warnings: 0"],
    );
    item(
        "item:\n  type: 1036\n  fields: { title: x, ufCrm9Form: { value: '{{city}}', as: label, default: ночная }, ufCrm9Topics: '{{city}}' }\n",
        1,
        &[
            "the list `ufCrm9Form` (Форма обучения) has no value «ночная»",
            "did you mean `Очная`?",
            "`ufCrm9Topics` (Темы) is a list and accepts no free text",
            "add `as: label`",
        ],
    );
    item(
        "item:\n  type: 1036\n  stage: DT1036_9:SOLD\n  fields: { title: '{{city}}', sourceId: WEBB, ufCrm5City: '{{city}}' }\n",
        1,
        &[
            "profile/unknown-stage the portal has no stage `DT1036_9:SOLD` of items",
            "the list `sourceId` (Источник) has no value `WEBB`",
            "profile/unknown-crm-field the portal has no field `ufCrm5City` of an item",
            "compared with the portal: 1, errors: 3",
        ],
    );
    item(
        "item:\n  type: 1044\n  stage: DT1044_9:NEW\n  fields: { title: '{{city}}' }\n",
        1,
        &[
            "profile/unknown-process the portal has no smart process 1044",
            "compared with the portal: 1, errors: 1",
        ],
    );
}

#[test]
fn check_live_asks_every_connection_and_reports_profiles_without_one() {
    let mut home = home();
    for name in ["MAIN", "OTHER"] {
        let key = format!("LEADGATE_CRM__{name}__WEBHOOK");
        home.set(&key, "http://127.0.0.1:1/rest/1/s3cr3t/");
    }
    let text = home.says(
        &["check", "--live"],
        1,
        &[
            "crm.main http://127.0.0.1:1/rest/1/•••/: nothing answers there",
            "crm.other http://127.0.0.1:1/rest/1/•••/: nothing answers there",
            "profile/unknown-connection there are several connections, and the profile names none",
            "write one of `crm: main`, `crm: other`",
        ],
    );
    assert!(!text.contains("s3cr3t"));
}

#[test]
fn check_live_signs_in_to_the_mail_server() {
    let mut home = home();
    home.set("LEADGATE_MAIL__TLS", "off");
    home.set("LEADGATE_MAIL__FROM", "leadgate@own.example");
    let _server = serve(&mut home);
    let address = std::fs::read_to_string(home.path("data/sandbox-mailbox")).unwrap();
    home.set("LEADGATE_MAIL__SERVER", &format!("smtp://{address}"));
    let answers = format!("mail {address} answers");
    home.says(&["check", "--live"], 0, &[&answers]);
    home.set("LEADGATE_MAIL__SERVER", "smtp://127.0.0.1:9");
    home.says(
        &["check", "--live"],
        1,
        &["mail 127.0.0.1:9: the mail server cannot be reached"],
    );
    home.says(
        &["check", "--live", "--lang", "ru"],
        1,
        &["mail 127.0.0.1:9: почтовый сервер недоступен"],
    );
}
