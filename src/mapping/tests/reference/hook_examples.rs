//! The examples of the reference about hooks of amoCRM.

use super::examples::ReferenceExample;

pub(super) const HOOK_EXAMPLES: &[ReferenceExample] = &[ReferenceExample {
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
}];
