//! The examples of the reference. The tests compute their results.

use super::hook_examples::HOOK_EXAMPLES;
use super::then_examples::THEN_EXAMPLES;

/// The base of the examples, as the page shows it.
pub(super) const FORMS: &str = r#"fields:
  name: $.name
  phone: { from: [$.phone, $.tel], as: phone }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
deal: { stage: "C1:NEW", fields: { TITLE: "Form: {{name}}" } }
"#;

/// A profile, and packets to show it with.
pub(in crate::mapping::tests) struct ReferenceExample {
    pub(super) name: &'static str,
    pub(in crate::mapping::tests) profile: &'static str,
    pub(super) packets: &'static [&'static str],
}

/// Returns all examples.
pub(in crate::mapping::tests) fn examples() -> impl Iterator<Item = &'static ReferenceExample> {
    EXAMPLES.iter().chain(THEN_EXAMPLES).chain(HOOK_EXAMPLES)
}

const EXAMPLES: &[ReferenceExample] = &[
    ReferenceExample {
        name: "item",
        profile: r#"receive: { polls: [123] }
fields:
  surname: { from: $.data.lastname, as: text }
  phone: { from: $.data.phone, as: phone }
  email: { from: $.data.email, as: email }
  telegram: $.data.telegram
  order: $.data.order_id
  form: $.data.form
contact:
  match: [[PHONE, LAST_NAME], [EMAIL]]
  responsible: { in_turn: [6, 9] }
  fields:
    LAST_NAME: { value: "{{surname}}", search: true }
    PHONE: { value: "{{phone}}", search: true, type: MOBILE }
    EMAIL: { value: "{{email}}", search: true }
    IM: { value: "{{telegram}}", type: TELEGRAM }
item:
  type: 1036
  found: update
  closed: ignore
  stage: DT1036_5:NEW
  responsible: [contact_owner, { in_turn: [6, 9, clerk@shop.example] }]
  fields:
    title: "Order {{order}}"
    ufCrm7Order: { value: "{{order}}", search: true }
    ufCrm7Form: { value: "{{form}}", as: label, default: Очная }   # a list of the smart process
"#,
        packets: &[
            r#"{"data": {"lastname": "Orlova", "phone": "8 912 345-67-89", "telegram": "@orlova", "order_id": 6510, "form": "заочная"}}"#,
        ],
    },
    ReferenceExample {
        name: "files",
        profile: r#"receive: { channel: jobs }
fields:
  name: $.name
  resume: { from: [$.resume, $.cv], as: file }
  photos: { from: "$.photos[*]", as: file }
deal:
  fields:
    TITLE: "Application of {{name}} ({{resume}})"
    UF_CRM_RESUME: "{{resume}}"            # a field of type file
    UF_CRM_PHOTOS: ["{{photos}}"]          # one that holds several
files: [resume, photos]                    # into the timeline
"#,
        packets: &[
            r#"{"name": "Anna", "resume": {"name": "cv.pdf", "type": "application/pdf", "size": 48213}, "photos": ["data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==", ["me.jpg", "/9j/4AAQSkZJRg=="], "none"]}"#,
        ],
    },
    ReferenceExample {
        name: "base",
        profile: r"base: forms
receive: { channel: landing }
deal: { fields: { SOURCE_ID: WEB } }
",
        packets: &[r#"{"name": "Anna", "tel": "8 912 345-67-89"}"#],
    },
    ReferenceExample {
        name: "choice",
        profile: r#"receive: { channel: forms }
fields: { city: $.city, order: $.order_id }
deal:
  stage: { by: "{{city}}", map: { Москва: NEW, Казань: "C1:NEW" }, default: "C2:NEW" }
  responsible:
    by: "{{city}}"
    map:
      Москва: 6
      Казань: { in_turn: [7, 8] }
  fields:
    TITLE: { by: "{{city}}", map: { Москва: "Moscow: {{order}}" }, default: "Order {{order}}", on_update: keep }
"#,
        packets: &[
            r#"{"city": "казань", "order_id": 6510}"#,
            r#"{"order_id": 6511}"#,
        ],
    },
    ReferenceExample {
        name: "products",
        profile: r#"receive: { channel: shop }
fields: { order: $.order_id }
deal:
  fields: { TITLE: "Order {{order}}", UF_CRM_ORDER: { value: "{{order}}", search: true } }
  products:
    each: $.items[*]
    name: [$.title, $.name]                                        # the first one that has a value
    product_id: { from: $.sku, map: { BOOK-1: 51, BOOK-2: 52 } }   # ids of the portal's catalogue
    price: $.price
    quantity: $.count
    discount_rate: $.discount
    discount_sum: $.discount_sum
    tax_rate: $.vat
    tax_included: { from: $.vat_included, default: Y }
    measure_code: $.unit
    on_update: overwrite
"#,
        packets: &[
            r#"{"order_id": 6510, "items": [{"title": "Algebra", "sku": "BOOK-1", "price": "1 200 ₽", "count": 2}, {"name": "Delivery", "price": "350,50", "vat": 20, "vat_included": "no"}, {"price": 10}]}"#,
            r#"{"order_id": 6510, "status": "paid"}"#,
        ],
    },
    ReferenceExample {
        name: "contact",
        profile: r#"receive: { polls: [123] }
fields:
  name: $.data.name
  phone: { from: $.data.phone, as: phone }
  email: { from: $.data.email, as: email }
  phone_text: { from: $.data.phone, when: { phone: absent } }   # what is no phone number, as it came
contact:
  conflict: park
  without_key: skip_contact
  fields:
    NAME: "{{name}}"
    PHONE: { value: "{{phone}}", search: true }
    EMAIL: { value: "{{email}}", search: true }
deal: { fields: { TITLE: "Call {{name}}", UF_CRM_PHONE_TEXT: "{{phone_text}}" } }
"#,
        packets: &[
            r#"{"data": {"name": "Анна", "phone": "8 912 345-67-89"}}"#,
            r#"{"data": {"name": "Анна", "phone": "same as last time"}}"#,
        ],
    },
    ReferenceExample {
        name: "company",
        profile: r#"receive: { polls: [123] }
fields: { name: $.data.name, phone: { from: $.data.phone, as: phone }, company: $.data.company, inn: $.data.inn }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
company:
  fields:
    TITLE: "{{company}}"
    RQ_INN: { value: "{{inn}}", search: true }
deal: { fields: { TITLE: "Order of {{company}}" } }
"#,
        packets: &[
            r#"{"data": {"name": "Анна", "phone": "8 912 345-67-89", "company": "Ромашка", "inn": "ИНН 7707 083 893"}}"#,
            r#"{"data": {"name": "Анна", "phone": "8 912 345-67-89", "company": "Ромашка", "inn": "don't know"}}"#,
            r#"{"data": {"name": "Анна", "phone": "8 912 345-67-89"}}"#,
        ],
    },
    ReferenceExample {
        name: "company-rules",
        profile: r#"receive: { polls: [123] }
fields: { company: $.data.company, inn: $.data.inn, kpp: $.data.kpp, office: { from: $.data.office, as: phone } }
company:
  when: { company: present }
  match: [[RQ_INN, RQ_KPP], [PHONE]]   # branches of one organisation are companies of their own
  several: newest
  conflict: park
  without_key: create
  update: true
  responsible: { in_turn: [6, 9] }
  preset: 1
  fields:
    TITLE: { value: "{{company}}", on_update: fill }
    RQ_INN: { value: "{{inn}}", search: true }
    RQ_KPP: { value: "{{kpp}}", search: true }
    PHONE: { value: "{{office}}", search: true }
"#,
        packets: &[
            r#"{"data": {"company": "Ромашка", "inn": "7707083893", "kpp": "770501001", "office": "8 495 123-45-67"}}"#,
        ],
    },
    ReferenceExample {
        name: "responsible",
        profile: r#"receive: { polls: [123] }
fields: { phone: { from: $.data.phone, as: phone } }
contact: { fields: { PHONE: { value: "{{phone}}", search: true } } }
deal:
  closed: create
  responsible: { in_turn: [6, 9, 12] }
  fields: { TITLE: "Call {{phone}}" }
"#,
        packets: &[r#"{"data": {"phone": "8 912 345-67-89"}}"#],
    },
    ReferenceExample {
        name: "whole",
        profile: r#"name: Question about a programme
active: yes
receive: { polls: [123, 124] }
crm: main
fields:
  firstname: $.data.firstname
  phone: { from: [$.data.phone, $.data.mobile], as: phone }
  email: { from: $.data.email, as: email }
contact:
  match: any
  several: oldest
  update: false
  fields:
    NAME: "{{firstname}}"
    PHONE: { value: "{{phone}}", search: true }
    EMAIL: { value: "{{email}}", search: true }
deal:
  found: update
  among: [NEW, PREPARATION]
  stage: NEW
  change_stage: true
  update_fields: true
  responsible: 6
  fields:
    TITLE: { value: "Question from {{firstname}} (answer {{answer_id}})", on_update: keep }
    UF_CRM_ANSWER: { value: "{{answer_id}}", search: true }
comment: full
reply: accepted
"#,
        packets: &[r#"{"data": {"firstname": "Анна", "phone": "8 912 345-67-89"}}"#],
    },
    ReferenceExample {
        name: "receive",
        profile: r#"receive:
  polls: [123]
  when: $.header_data.form_kind == 2
  order: -1                          # comes before the other profiles of the poll
lead: { fields: { TITLE: "Answer {{answer_id}} of {{poll_id}}" } }
"#,
        packets: &[r#"{"header_data": {"form_kind": 2}, "data": {}}"#],
    },
    ReferenceExample {
        name: "default",
        profile: r#"receive: { default: true }
lead:
  found: always_create
  stage: NEW
  fields: { TITLE: "Answer {{answer_id}} of {{poll_id}}" }
"#,
        packets: &[r#"{"data": {}}"#],
    },
    ReferenceExample {
        name: "channel",
        profile: r#"receive: { channel: site-orders }
identity: "{{order}}"                # two requests with one order number are one
fields: { order: $.order_id }
deal: { fields: { TITLE: "Order {{order}}" } }
"#,
        packets: &[r#"{"order_id": 6510}"#],
    },
    ReferenceExample {
        name: "repeated names",
        profile: r#"receive: { channel: shop }
fields:
  last: services
  all: { from: services, as: join }
  first: "$.services[0]"
deal:
  fields:
    TITLE: "{{all}}"
    UF_CRM_LAST: "{{last}}"
    UF_CRM_FIRST: "{{first}}"
comment: full
"#,
        packets: &[r#"{"services": "Tea", "services[]": ["Mug", "Tea"]}"#],
    },
    ReferenceExample {
        name: "request",
        profile: r#"receive: { channel: site }
fields:
  address: $request.address
  page: { from: [page, $request.referer], as: url }
  seen: { from: $request.time, as: datetime }
deal:
  when: search($request.language, '^ru')
  fields:
    TITLE: "From {{address}}"
    SOURCE_DESCRIPTION: "{{page}}"
    UF_CRM_SEEN: "{{seen}}"
"#,
        packets: &[r#"{"name": "Anna"}"#],
    },
    ReferenceExample {
        name: "answers",
        profile: r#"receive: { channel: quiz }
fields: { name: name, phone: { from: phone, as: phone } }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
comment: answers
"#,
        packets: &[
            r#"{"name": "Anna", "phone": "8 912 345-67-89", "utm_source": "vk", "answers": [{"q": "Which room?", "a": "Kitchen"}, {"q": "When?", "a": ["May", "June"]}], "cart": [{"title": "Tile", "count": 2}]}"#,
        ],
    },
    ReferenceExample {
        name: "loops",
        profile: r#"receive: { channel: shop }
fields:
  order: $.order
  items: $.items
  answers: $.quiz
deal:
  fields:
    TITLE: "Order {{order}}"
    COMMENTS: "{{#each items}}{{@number}}. {{name}} × {{default quantity 1}} — {{price}}{{#if gift}} (gift){{/if}}\n{{else}}no goods{{/each}}"
    UF_CRM_SIZES: "{{#each items}}{{#each options}}{{../name}}: {{title}}; {{/each}}{{/each}}"
    UF_CRM_QUIZ: "{{#each answers}}{{@key}}: {{this}}{{#unless @last}}, {{/unless}}{{/each}}"
"#,
        packets: &[
            r#"{"order": 7, "items": [{"name": "Mug", "quantity": 2, "price": "350", "options": [{"title": "red"}, {"title": "large"}]}, {"name": "Tea", "price": 120, "gift": true}], "quiz": {"Room": "kitchen", "Area": 12}}"#,
            r#"{"order": 8}"#,
        ],
    },
    ReferenceExample {
        name: "poll",
        profile: r#"receive: { polls: [123, 124], when: $poll.language == 'en' }
fields:
  language: { from: $poll.language, map: { en: English, ru: Русский } }
deal:
  fields:
    TITLE: "{{poll_name}}: answer {{answer_id}}"
    UF_CRM_LANGUAGE: "{{language}}"
"#,
        packets: &[r#"{"data": {"firstname": "Anna"}}"#],
    },
    ReferenceExample {
        name: "channel's name",
        profile: r#"receive: { channel: site }
fields: { name: name, order: $.order }
lead:
  fields:
    TITLE: "{{channel_name}}: {{name}}"
    COMMENTS: { value: "an order of the site", when: $channel.name == 'Orders of the site' }
"#,
        packets: &[r#"{"name": "Anna", "order": 7}"#],
    },
    ReferenceExample {
        name: "names of the form",
        profile: r#"receive: { channel: site }
deal:
  fields:
    TITLE: "Order {order_id} of {client_name}, {channel}"
    OPPORTUNITY: "{order_amount}"
"#,
        packets: &[r#"{"order_id": "6510", "client_name": "Anna", "order_amount": "3500"}"#],
    },
    ReferenceExample {
        name: "json in a text",
        profile: r#"receive: { channel: tilda }
fields:
  order: $.payment.orderid
  amount: { from: $.payment.amount, as: money }
  goods: { from: "$.payment.products[*].name", as: join }
  sent: $.payment                    # the text itself
deal:
  when: $.payment.amount != '0'
  fields:
    TITLE: "Order {{order}}: {{goods}}"
    OPPORTUNITY: "{{amount}}"
    UF_CRM_CART: "{{sent}}"
"#,
        packets: &[
            r#"{"payment": "{\"orderid\":\"18\",\"amount\":\"7000\",\"products\":[{\"name\":\"Mug\"},{\"name\":\"Tea\"}]}"}"#,
        ],
    },
    ReferenceExample {
        name: "phones",
        profile: r#"receive: { polls: [123] }
country: UZ                          # of numbers without a country code; also in _defaults.yaml
fields:
  phone:  { from: $.data.phone, as: phone }
  office: { from: $.data.office, as: phone, country: RU }
contact:
  fields:
    PHONE:
      - { value: "{{phone}}", search: true, type: MOBILE }
      - { value: "{{office}}", search: true, extension: true }
    COMMENTS: "{{#if office.extension}}extension {{office.extension}}{{/if}}"
"#,
        packets: &[
            r#"{"data": {"phone": "33 445 56 66 (Анна)", "office": "8 (495) 123-45-67 доб. 12"}}"#,
            r#"{"data": {"phone": ["90 123 45 67", "91 123 45 67 / 93 123 45 67"], "office": "+7 610 876 56 56"}}"#,
        ],
    },
    ReferenceExample {
        name: "several",
        profile: r#"receive: { polls: [123] }
fields:
  phone: { from: $.data.phone, as: phone }
  email: { from: $.data.email, as: email }
  sites: { from: $.data.sites, as: split }
lead:
  fields:
    TITLE: "{{phone}}"                          # the first
    PHONE: { value: "{{phone}}", search: true }
    EMAIL: { value: "{{email}}", search: true }
    WEB: "{{sites}}"
    COMMENTS: "{{join phone \" or \"}}"
"#,
        packets: &[
            r#"{"data": {"phone": "+79261112233,+79221112233", "email": "почта: anna@mail.example; work@mail.example (рабочая)", "sites": "anna.example, shop.example"}}"#,
        ],
    },
    ReferenceExample {
        name: "together",
        profile: r#"receive: { polls: [123] }
fields:
  utm_source:   { from: $.data.page, as: url, part: query.utm_source }
  utm_campaign: { from: [$.data.page, $.data.referer], as: url, part: query.utm_campaign }
  site:         { from: $.data.page, as: url, part: host }
deal:
  fields:
    TITLE: "Order at {{site}}"
    UTM_SOURCE:   { value: "{{utm_source}}", on_update: fill, together: utm }
    UTM_CAMPAIGN: { value: "{{utm_campaign}}", on_update: fill, together: utm }
"#,
        packets: &[
            r#"{"data": {"page": "https://shop.example/sale?utm_source=vk&utm_campaign=%D0%BB%D0%B5%D1%82%D0%BE"}}"#,
            r#"{"data": {"page": "https://shop.example/sale"}}"#,
        ],
    },
    ReferenceExample {
        name: "remarks",
        profile: r#"receive: { polls: [123] }
fields:
  fio: { from: $.data.fio, as: name }
  sum: { from: $.data.sum, as: money }
contact:
  fields: { LAST_NAME: "{{fio.last}}", NAME: "{{fio.first}}", SECOND_NAME: "{{fio.second}}", COMMENTS: "{{fio.remark}}" }
deal:
  fields: { TITLE: "{{sum}} {{sum.currency}}", OPPORTUNITY: "{{sum}}", CURRENCY_ID: RUB }
"#,
        packets: &[
            r#"{"data": {"fio": "Петрова Анна (бухгалтер)", "sum": "3500 руб. 50 коп."}}"#,
            r#"{"data": {"fio": "Aliyev Vusal Said oglu", "sum": "1 500 тг"}}"#,
        ],
    },
    ReferenceExample {
        name: "missing",
        profile: r#"receive: { polls: [123] }
fields:
  email: { from: $.data.email, as: email, missing: reject }
  city:  { from: $.data.city, default: not given }         # the same as missing: default
  note:  { from: $.data.note, missing: empty }             # clears the CRM field
  page:  $.data.page                                       # missing: skip, the CRM field is left out
deal: { fields: { TITLE: "{{email}}", ADDITIONAL_INFO: "{{city}}", COMMENTS: "{{note}}", SOURCE_DESCRIPTION: "{{page}}" } }
"#,
        packets: &[
            r#"{"data": {"email": "Anna@Mail.example"}}"#,
            r#"{"data": {"email": "none"}}"#,
        ],
    },
    ReferenceExample {
        name: "tables",
        profile: r#"receive: { polls: [123] }
fields:
  kind: { from: $.header_data.kind, map: { 1: advice, 2: registration }, default: other }
  city: { from: $.data.city, as: lookup, table: cities.csv, unknown: keep }
  must: { from: $.data.must, map: { a: A }, unknown: park, missing: skip }
deal: { fields: { TITLE: "{{kind}}, {{city}}", COMMENTS: "{{must}}" } }
"#,
        packets: &[
            r#"{"header_data": {"kind": 2}, "data": {"city": ["MSK", "Пермь"]}}"#,
            r#"{"header_data": {"kind": 7}, "data": {"must": "b"}}"#,
        ],
    },
    ReferenceExample {
        name: "computed",
        profile: r#"receive: { polls: [123] }
fields:
  label: { value: "{{whole}} from {{city}}" }              # may come before the fields it uses
  whole: { value: "{{last}} {{first}}", as: name }
  first: $.data.firstname
  last:  $.data.lastname
  city:  { from: $.data.city, default: nowhere }
deal: { fields: { TITLE: "{{label}}" } }
"#,
        packets: &[r#"{"data": {"firstname": "АННА", "lastname": "иванова"}}"#],
    },
    ReferenceExample {
        name: "names",
        profile: r#"receive: { polls: [123] }
fields:
  fio:    { from: $.data.fio, as: name }
  teacher: { from: $.data.teacher, as: name, order: first_last }
contact:
  fields:
    LAST_NAME: "{{fio.last}}"
    NAME: "{{fio.first}}"
    SECOND_NAME: "{{fio.second}}"
    UF_CRM_FIO: "{{fio}}"
    COMMENTS: "{{teacher.last}}"
"#,
        packets: &[
            r#"{"data": {"fio": "иванов иван иванович", "teacher": "Роза Шмидт"}}"#,
            r#"{"data": {"fio": "Анна Петрова"}}"#,
            r#"{"data": {"fio": "Сидоров"}}"#,
        ],
    },
    ReferenceExample {
        name: "conditions",
        profile: r#"receive: { polls: [123] }
fields:
  kind:  $.data.kind
  sum:   { from: $.data.sum, as: money }
  email: { from: $.data.email, as: email, missing: reject, when: { kind: newsletter } }
contact:
  when: $.data.consent == true                             # tests the packet
  fields: { EMAIL: { value: "{{email}}", search: true } }
deal:
  when: { kind: [order, booking], sum: present }           # tests the profile's fields: all must hold
  fields:
    TITLE: "{{kind}} for {{sum}}"
    UF_CRM_VIP: { value: true, when: { sum: "> 1000" } }
comment: { use: full, when: [{ kind: "!= test" }, "$.data.note"] }
todo: { title: "Call back", after: 2h, text: "{{kind}}", on: create, when: { sum: ">= 5000" } }
"#,
        packets: &[
            r#"{"data": {"kind": "order", "sum": "7 000 ₽", "note": "soon"}}"#,
            r#"{"data": {"kind": "newsletter", "email": "anna@mail.example", "consent": true}}"#,
            r#"{"data": {"kind": "newsletter"}}"#,
        ],
    },
    ReferenceExample {
        name: "yes and no",
        profile: r#"receive: { polls: [123] }
fields:
  consent: { from: $.data.consent, as: bool }
  topics:  "$.data.topics[*]"
deal:
  fields:
    TITLE: "{{#if consent}}agreed to letters{{else}}wants no letters{{/if}}"
    UF_CRM_NEWS: { value: "{{consent}}", when: { consent: yes } }
    COMMENTS: { value: "Wants to study", when: { topics: [bachelor, master] } }
"#,
        packets: &[
            r#"{"data": {"consent": "нет", "topics": ["sports", "master"]}}"#,
            r#"{"data": {"consent": "on", "topics": ["sports"]}}"#,
        ],
    },
    ReferenceExample {
        name: "lists",
        profile: r#"receive: { polls: [123] }
fields:
  topics:    { from: "$.data.topics[*]", as: join, separator: "; " }
  country:   $.data.country.name
  countries: { from: "$.data.countries[*].code", as: join, separator: " " }
  day:       { from: $.data.day, as: datetime, zone: Asia/Yekaterinburg }
deal: { fields: { TITLE: "{{topics}}", COMMENTS: "{{country}}, {{countries}}, {{day}}" } }
"#,
        packets: &[
            r#"{"data": {"topics": ["a", "b"], "country": {"code": "RU", "name": "Россия"}, "countries": [{"code": "RU"}, {"code": "KZ"}], "day": "21.07.2025 14:35"}}"#,
        ],
    },
    ReferenceExample {
        name: "labels",
        profile: r#"receive: { polls: [123] }
fields: { city: $.data.city }
deal:
  fields:
    TITLE: "Answer {{answer_id}}"
    UF_CRM_CITY: { value: "{{city}}", as: label, unknown: default, default: Другой }
"#,
        packets: &[r#"{"data": {"city": "Москва"}}"#],
    },
    ReferenceExample {
        name: "comment",
        profile: r#"receive: { polls: [123] }
fields: { name: $.data.name, topics: $.data.topics }
lead: { fields: { NAME: "{{name}}" } }
comment: short                       # templates/short.hbs
"#,
        packets: &[r#"{"data": {"name": "Анна", "topics": ["a", "b"]}}"#],
    },
];
