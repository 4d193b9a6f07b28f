//! The examples of the reference about hooks of amoCRM and calls of a PBX.

use super::examples::ReferenceExample;

pub(super) const HOOK_EXAMPLES: &[ReferenceExample] = &[AMOCRM, PBX];

const AMOCRM: ReferenceExample = ReferenceExample {
    name: "amocrm",
    profile: r#"receive:
  amocrm: main
  on: [leads.add, leads.status]
  newest: true
  when: { tags: tilda, pipeline: 7720015, stage: [60110233, 142] }
fields:
  order: { custom: ORDERID }
  start: { custom: 811204, as: date }
  phone: { contact: PHONE, as: phone }
  inn: { company: ИНН }
  tags: "$.tags[*].name"
contact: { fields: { PHONE: "{{phone}}" } }
deal:
  fields:
    TITLE: "Order {{order}} from {{start}}"
    UF_CRM_ORDER_ID: { value: "{{order}}", search: true }
    COMMENTS: { value: "by landing page", when: { tags: landing } }
    UF_CRM_INN: "{{inn}}"
"#,
    packets: &[
        r#"{"pipeline_id": "7720015", "status_id": "142", "tags": [{"name": "tilda"}, {"name": "landing"}], "custom_fields": [{"id": 811204, "values": ["1767225600"]}, {"name": "ORDERID", "values": [{"value": "180022"}]}], "hook": {"event": "leads.add"}, "contact": {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+7 900 555-01-42"}]}]}, "company": {"custom_fields_values": [{"field_name": "ИНН", "values": [{"value": "7707083893"}]}]}}"#,
    ],
};

const PBX: ReferenceExample = ReferenceExample {
    name: "pbx",
    profile: r#"receive: { pbx: main, on: missed }
fields:
  phone: { from: $.call.number, as: phone, missing: reject }
  line: { from: [$.call.line_name, $.call.line] }
  waited: $.call.waiting
lead:
  found: update
  fields:
    TITLE: { value: "Missed call on {{line}}", on_update: keep }
    PHONE: { value: "{{phone}}", search: true }
todo: { title: "Call back {{phone}}", after: 1h, text: "waited {{waited}} s" }
"#,
    packets: &[
        r#"{"call": {"kind": "missed", "answered": false, "id": "9e1d", "number": "+79005550142", "inner": "1004", "line": "+74955550100", "line_name": "Main", "started": "2025-12-29T12:45:45Z", "duration": 41, "talk": 0, "waiting": 12}}"#,
    ],
};
