//! Messages about a misplaced `as: label`, and the labels of a plan.

use super::rendered;

#[expect(clippy::too_many_lines, reason = "one story, with all that it tells")]
#[test]
fn reports_mistakes_of_labels_at_their_word() {
    let text = r#"
receive: { polls: [1] }
fields:
  city: { from: $.data.city, as: label }
  phone: $.data.phone
contact:
  fields:
    PHONE: { value: "{{phone}}", as: label }
deal:
  fields:
    UF_CRM_A: { value: "{{phone}}", as: lable }
    UF_CRM_B: { value: "{{phone}}", as: text }
    UF_CRM_C: { value: "{{phone}}", unknown: skip, default: x }
    UF_CRM_D: { value: "{{phone}}", as: label, unknown: default }
    UF_CRM_E: { value: "{{phone}}", as: label, unknown: skip, default: x }
    UF_CRM_F: { value: "{{phone}}", as: label, unknown: keep }
    UF_CRM_G: { value: "{{phone}}", as: label, search: true }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:34 error: profile/wrong-place `fields.city.as: label` is in the wrong place
     3 |   city: { from: $.data.city, as: label }
       |                                  ^^^^^
      help: list values belong to CRM fields: write it there, for example UF_CRM_CITY: { value: "{{city}}", as: label }

    shop.yaml:7:5 warning: profile/no-search no field of the contact has `search: true`: every submission creates a new contact
     7 |     PHONE: { value: "{{phone}}", as: label }
       |     ^^^^^
      help: add `search: true` to PHONE and EMAIL

    shop.yaml:7:38 error: profile/wrong-place `PHONE` is not a list
     7 |     PHONE: { value: "{{phone}}", as: label }
       |                                      ^^^^^
      help: remove `as: label`

    shop.yaml:10:41 error: profile/wrong-value `deal.fields.UF_CRM_A.as` cannot be `lable`
     10 |     UF_CRM_A: { value: "{{phone}}", as: lable }
        |                                         ^^^^^
      help: did you mean `label`?

    shop.yaml:11:41 error: profile/wrong-value `deal.fields.UF_CRM_B.as` cannot be `text`
     11 |     UF_CRM_B: { value: "{{phone}}", as: text }
        |                                         ^^^^
      help: remove it here, where only `label` is possible; how a value of the packet is read stands in `fields`, as `x: { from: …, as: text }`

    shop.yaml:12:46 error: profile/wrong-place `deal.fields.UF_CRM_C`: `unknown` and `default` belong with `as: label`
     12 |     UF_CRM_C: { value: "{{phone}}", unknown: skip, default: x }
        |                                              ^^^^
      help: add `as: label` when the CRM field is a list; a default for a packet's value belongs in `fields`

    shop.yaml:12:61 error: profile/wrong-place `deal.fields.UF_CRM_C`: `unknown` and `default` belong with `as: label`
     12 |     UF_CRM_C: { value: "{{phone}}", unknown: skip, default: x }
        |                                                             ^
      help: add `as: label` when the CRM field is a list; a default for a packet's value belongs in `fields`

    shop.yaml:13:57 error: profile/missing-key `unknown: default` needs a `default`
     13 |     UF_CRM_D: { value: "{{phone}}", as: label, unknown: default }
        |                                                         ^^^^^^^
      help: add `default: …` with a label of the list

    shop.yaml:14:72 error: profile/wrong-place `default` has no effect with this `unknown`
     14 |     UF_CRM_E: { value: "{{phone}}", as: label, unknown: skip, default: x }
        |                                                                        ^
      help: remove one of them, or write `unknown: default`

    shop.yaml:15:57 error: profile/wrong-value `deal.fields.UF_CRM_F.unknown` cannot be `keep`
     15 |     UF_CRM_F: { value: "{{phone}}", as: label, unknown: keep }
        |                                                         ^^^^
      help: expected one of: `park`, `skip`, `default`

    shop.yaml:16:56 error: profile/wrong-place `UF_CRM_G` is a list: many records share each of its values
     16 |     UF_CRM_G: { value: "{{phone}}", as: label, search: true }
        |                                                        ^^^^
      help: search by a phone number, an e-mail address or another unique number
    "#);
}
