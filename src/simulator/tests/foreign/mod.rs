//! What clients met that were written for the portal: methods of dictionaries, custom fields, access
//! and requisites, errors in the portal's words, and rows with all their keys.

mod dictionaries;
mod owned;
mod timelines;

use serde_json::{Value, json};

use super::{ok, options, portal, refused};
use crate::simulator::Portal;

/// The keys of an object that are missing from a list of names in one text.
fn missing(row: &Value, names: &str) -> Vec<String> {
    let lacks = |name: &&str| row.get(*name).is_none();
    names
        .split_whitespace()
        .filter(lacks)
        .map(str::to_owned)
        .collect()
}

fn filled() -> Portal {
    let portal = portal();
    let person =
        json!({"NAME": "Анна", "PHONE": [{"VALUE": "+79005550101", "VALUE_TYPE": "WORK"}]});
    ok(&portal, "crm.contact.add", json!({ "fields": person }));
    ok(
        &portal,
        "crm.company.add",
        json!({"fields": {"TITLE": "Ромашка"}}),
    );
    let record = json!({"TITLE": "Заказ", "CONTACT_ID": 1, "COMPANY_ID": 1});
    for kind in ["lead", "deal"] {
        ok(
            &portal,
            &format!("crm.{kind}.add"),
            json!({ "fields": record }),
        );
    }
    let item = json!({"entityTypeId": 1036, "fields": {"title": "Заявка", "contactId": 1}});
    ok(&portal, "crm.item.add", item);
    portal
}

#[test]
fn rows_have_the_keys_of_the_documentation() {
    let portal = filled();
    for (method, names) in [
        (
            "crm.contact.get",
            "PHOTO FACE_ID ADDRESS_LOC_ADDR_ID LEAD_ID ORIGIN_VERSION PHONE",
        ),
        (
            "crm.company.get",
            "LOGO ADDRESS_LEGAL REG_ADDRESS REG_ADDRESS_CITY REG_ADDRESS_LOC_ADDR_ID \
             LAST_COMMUNICATION_TIME ADDRESS_LOC_ADDR_ID",
        ),
        (
            "crm.lead.get",
            "ADDRESS_LOC_ADDR_ID STATUS_DESCRIPTION MOVED_TIME",
        ),
        (
            "crm.deal.get",
            "LOCATION_ID QUOTE_ID TAX_VALUE IS_REPEATED_APPROACH",
        ),
    ] {
        let row = ok(&portal, method, json!({"id": 1}));
        assert_eq!(missing(&row, names), [""; 0], "{method}");
        assert_eq!(missing(&row, "LINK CONTACTS IS_WORK").len(), 3, "{method}");
    }
}

#[test]
fn items_have_the_keys_of_the_documentation() {
    let portal = filled();
    let universal = "webformId observers entityTypeId";
    for (kind, names) in [
        (
            1,
            "dateCreateShort isConvert productId shortName login searchContent skype icq imol",
        ),
        (
            2,
            "dateModifyShort begindateShort closedateShort eventDate eventDateShort eventId \
             eventDescription orderStage isWork isWon isLose receivedAmount lostAmount hasProducts",
        ),
        (3, "photo shortName login searchContent imol companyIds"),
        (
            4,
            "logo addressLegal searchContent imol contactIds categoryId",
        ),
        (
            1036,
            "previousStageId taxValue mycompanyId opportunityAccount taxValueAccount \
             accountCurrencyId",
        ),
    ] {
        let which = json!({"entityTypeId": kind, "id": 1});
        let row = ok(&portal, "crm.item.get", which)["item"].clone();
        assert_eq!(missing(&row, names), [""; 0], "{kind}");
        assert_eq!(missing(&row, universal), [""; 0], "{kind}");
        assert!(row.get("contacts").is_none(), "described, not printed");
        let which = json!({"entityTypeId": kind});
        let fields = ok(&portal, "crm.item.fields", which)["fields"].clone();
        assert_eq!(missing(&fields, "webformId observers"), [""; 0], "{kind}");
        assert_eq!(
            missing(&fields, "isWork shortName"),
            ["isWork", "shortName"]
        );
    }
    let pipelines = ok(&portal, "crm.category.list", json!({"entityTypeId": 2}));
    assert_eq!(pipelines["categories"][1]["originId"], "");
}

#[test]
fn fields_are_described_as_on_the_portal() {
    let portal = portal();
    let fields = |method: &str| ok(&portal, method, json!({}));
    let deal = fields("crm.deal.fields");
    assert_eq!(deal["CONTACT_ID"]["isDeprecated"], true);
    assert_eq!(
        deal["COMPANY_ID"]["settings"],
        json!({"parentEntityTypeId": 4})
    );
    assert_eq!(
        deal["QUOTE_ID"]["settings"],
        json!({"parentEntityTypeId": 7})
    );
    assert_eq!(
        deal["LEAD_ID"]["isReadOnly"], true,
        "the universal family writes it"
    );
    assert_eq!(deal["LOCATION_ID"]["type"], "location");
    let contact = fields("crm.contact.fields");
    assert_eq!(missing(&contact, "PHOTO LINK ADDRESS_LOC_ADDR_ID"), [""; 0]);
    assert!(contact.get("FACE_ID").is_none(), "printed, not described");
    assert_eq!(contact["COMPANY_ID"]["isDeprecated"], true);
    let company = fields("crm.company.fields");
    assert_eq!(
        (
            &company["TITLE"]["isRequired"],
            &company["CONTACT_ID"]["isMultiple"]
        ),
        (&json!(true), &json!(true))
    );
}

#[test]
fn descriptions_are_complete() {
    let portal = portal();
    let fields = |method: &str| ok(&portal, method, json!({}));
    for (method, names) in [
        ("crm.status.fields", "ENTITY_ID NAME_INIT SEMANTICS EXTRA"),
        (
            "crm.activity.fields",
            "SUBJECT COMMUNICATIONS PROVIDER_PARAMS IS_INCOMING_CHANNEL",
        ),
        ("crm.activity.communication.fields", "ACTIVITY_ID VALUE"),
        ("crm.timeline.comment.fields", "ENTITY_ID FILES"),
        ("crm.currency.fields", "LANG AMOUNT_CNT"),
        ("crm.requisite.fields", "RQ_INN RQ_CPF PRESET_ID"),
        ("crm.requisite.bankdetail.fields", "RQ_BIK COMMENTS"),
        ("crm.requisite.preset.fields", "COUNTRY_ID"),
        ("crm.address.fields", "LOC_ADDR_ID ANCHOR_ID"),
        ("crm.multifield.fields", "VALUE_TYPE"),
        ("crm.enum.fields", "SYMBOL_CODE_SHORT"),
        ("crm.deal.contact.fields", "CONTACT_ID SORT IS_PRIMARY"),
    ] {
        let described = fields(method);
        assert_eq!(missing(&described, names), [""; 0], "{method}");
        for (name, field) in described.as_object().into_iter().flatten() {
            let traits = "type isRequired isReadOnly isImmutable isMultiple isDynamic title";
            assert_eq!(missing(field, traits), [""; 0], "{method}: {name}");
        }
    }
    for method in [
        "crm.userfield.fields",
        "user.fields",
        "crm.type.fields",
        "crm.item.productrow.fields",
    ] {
        assert!(
            fields(method).as_object().is_some_and(|it| !it.is_empty()),
            "{method}"
        );
    }
}
