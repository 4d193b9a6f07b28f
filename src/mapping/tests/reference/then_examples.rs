//! The examples of steps after the CRM.

use super::examples::ReferenceExample;

pub(super) const THEN_EXAMPLES: &[ReferenceExample] = &[
    ReferenceExample {
        name: "then",
        profile: r#"receive: { channel: shop }
fields: { name: $.name, phone: { from: $.phone, as: phone }, sum: $.sum }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
deal: { fields: { TITLE: "Order of {{name}}" } }
then:
  - http: orders                     # [http.orders] of the settings
    path: /orders
    when: { steps.crm.deal_id: present }
    json: { deal: "{{steps.crm.deal_id}}", customer: { name: "{{name}}", phone: "{{phone}}" }, sum: "{{sum}}" }
    success: $.ok == true
    save: { number: $.order.number }
    if_it_fails: continue
  - name: mark
    crm: { update: deal, fields: { UF_CRM_ORDER: "{{steps.orders.number}}" }, stage: WON, comment: "Order {{steps.orders.number}}" }
    when: { steps.orders.number: present, steps.crm.deal_id: present }
"#,
        packets: &[r#"{"name": "Anna", "phone": "8 912 345-67-89", "sum": 12.5}"#],
    },
    ReferenceExample {
        name: "http body",
        profile: r#"receive: { channel: shop }
fields: { name: $.name, city: $.city, order: $.order, topics: $.topics }
then:
  - name: delivery
    http: orders
    method: PUT
    path: /orders/{{order}}
    query: { city: "{{city}}", from: site }
    body: { text: "<order id='{{order}}'>{{name}}</order>", type: application/xml }
  - name: note
    http: orders
    path: /notes
    headers: { X-City: "{{city}}" }
    body: { template: short }          # templates/short.hbs
"#,
        packets: &[
            r#"{"name": "Anna & Co", "order": "7/8", "topics": ["tea"]}"#,
            r#"{"name": "Anna & Co", "city": "Казань"}"#,
        ],
    },
    ReferenceExample {
        name: "http reply",
        profile: r#"receive: { channel: shop }
fields: { email: { from: $.email, as: email } }
then:
  - http: news
    path: /subscribers
    form: { email: "{{email}}" }
    success: { status: [200, 201, 409], test: $.error != true }
    save: { id: { from: $.data.id, missing: fail }, place: headers.Location, code: status }
"#,
        packets: &[r#"{"email": "anna@shop.example"}"#],
    },
    ReferenceExample {
        name: "mail",
        profile: r#"receive: { channel: shop }
fields:
  name: $.name
  topics: $.topics
  email: { from: $.email, as: email }
  resume: { from: $.resume, as: file }
deal: { fields: { TITLE: "Order of {{name}}" } }
then:
  - mail:
      to: [sales@example.com, "{{email}}"]
      reply_to: "{{email}}"
      subject: "Order of {{name}}"
      text: "Deal {{steps.crm.deal_id}}"
      html: "<p>Order of <b>{{name}}</b></p>"
      files: [resume]
  - name: thanks
    when: { email: present }
    mail: { to: "{{email}}", subject: "Thank you", template: short, html_template: short }
"#,
        packets: &[
            r#"{"name": "Anna & Co", "topics": ["tea"], "email": "Anna@Shop.example", "resume": {"name": "cv.pdf", "type": "application/pdf", "size": 48213}}"#,
            r#"{"name": "Anna"}"#,
        ],
    },
];
