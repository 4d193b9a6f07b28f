//! Loops in templates: the elements of lists, the members of objects, and mistakes in them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::rendered;
use crate::authoring::ProfileFile;
use crate::domain::{Lang, Source};
use crate::mapping::{MappingOutcome, compile};

/// Returns the text that a template makes of a body, and the notes. `items` is `$.items`, `all` is
/// `$.items[*]`, `name` is `$.name`.
fn made(template: &str, body: &Value) -> (Option<String>, Vec<String>) {
    let template = template.replace('\'', "''");
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!(
            "receive: {{ channel: shop }}\nfields:\n  items: $.items\n  all: \"$.items[*]\"\n  \
             name: $.name\n  phones: {{ from: $.phones, as: phone }}\n  words: {{ from: $.words, as: split }}\n\
             deal:\n  fields: {{ TITLE: x, COMMENTS: '{template}',\n    UF_CRM_A: \"{{{{items}}}}{{{{all}}}}{{{{name}}}}{{{{phones}}}}{{{{words}}}}\" }}\n"
        ),
    };
    let compiled = compile(&file, None, &BTreeMap::new());
    let (profile, _) = compiled.unwrap_or_else(|problems| panic!("{template}: {problems:?}"));
    let source = Source::new("channels", "shop", "1");
    let at = "2025-07-21T09:00:00Z".parse().unwrap();
    let MappingOutcome::Plan(plan) = profile.plan(&source, at, body) else {
        panic!("{template}")
    };
    let record = plan.crm().unwrap().record.as_ref().unwrap();
    let mut fields = record.fields.iter();
    let comments = fields.find(|field| field.name == "COMMENTS");
    let text = comments.map(|field| field.value.as_str().to_owned());
    let notes = plan.notes.iter().map(|note| note.to_text(Lang::En));
    (text, notes.collect())
}

/// Checks what templates make of a body, without notes.
fn check(body: &Value, cases: &[(&str, &str)]) {
    for (template, wanted) in cases {
        let (text, notes) = made(template, body);
        assert_eq!(text.as_deref(), Some(*wanted), "{template}");
        assert_eq!(notes, [""; 0], "{template}");
    }
}

#[rustfmt::skip]
#[test]
fn a_loop_renders_its_body_for_each_element() {
    let goods = json!({"name": "Анна", "items": [
        {"name": "Mug", "price": 350.0, "options": [{"t": "red"}, {"t": "big"}], "tags": ["a", "b"], "made": {"in": "Perm", "on": "2025-07-21"}},
        {"name": "[b]Tea[/b]", "price": "1 200", "is": false, "zero": 0, "Ваш цвет": "{{name}}"},
    ]});
    check(&goods, &[
        ("{{#each items}}{{name}} × {{price}}; {{/each}}", "Mug × 350; [b]Tea[/b] × 1 200;"),
        ("{{#each all}}{{name}}|{{/each}}", "Mug|[b]Tea[/b]|"),
        ("{{name}}: {{#each items}}{{../name}} {{name}}, {{/each}}", "Анна: Анна Mug, Анна [b]Tea[/b],"),
        ("{{#each items}}{{#each options}}{{../name}} {{t}} {{../../name}};{{/each}}{{/each}}", "Mug red Анна;Mug big Анна;"),
        ("{{#each items}}{{options.[0].t}}{{options.1.t}}{{made.in}}|{{/each}}", "redbigPerm||"),
        ("{{#each items}}{{join tags \"+\"}}{{json made}}|{{/each}}", r#"a+b{"in":"Perm","on":"2025-07-21"}|""|"#),
        ("{{#each items}}{{date made.on \"%d.%m\"}} {{upper name}};{{/each}}", "21.07 MUG; [B]TEA[/B];"),
        ("{{#each items}}{{#if is}}yes{{else}}no{{/if}}{{#if zero}}0{{/if}}{{#unless @last}},{{/unless}}{{/each}}", "no,no0"),
        ("{{#each items}}{{#if @first}}first {{/if}}{{@index}}{{@number}}{{@key}} {{/each}}", "first 010 121"),
        ("{{#each items}}{{[Ваш цвет]}}{{/each}}", "{{name}}"),
        ("{{#each items}}{{this.name}}{{./price}} {{/each}}", "Mug350 [b]Tea[/b]1 200"),
        ("{{#each items}}{{#if (eq name \"Mug\")}}{{default color \"none\"}}{{/if}}{{/each}}", "none"),
        ("{{#each items}}{{#each made}}{{@key}}={{this}} {{/each}}{{/each}}", "in=Perm on=2025-07-21"),
        ("{{~#each items~}} {{name}} {{~/each~}}", "Mug[b]Tea[/b]"),
    ]);
    assert_eq!(made("{{#each items}}{{nmae}}{{/each}}", &goods).0, None, "left out");
}

#[rustfmt::skip]
#[test]
fn a_loop_takes_values_objects_and_json_in_texts() {
    let values = json!({"name": "Анна", "items": ["a", 2, true], "phones": "8 912 345-67-89, 8 912 345-67-80", "words": "x; y"});
    check(&values, &[
        ("{{#each items}}{{this}}|{{/each}}", "a|2|true|"),
        ("{{#each all}}{{this}}|{{/each}}", "a|2|true|"),
        ("{{#each items}}{{name}} {{this}} {{poll_id}}{{channel}};{{/each}}", "Анна a shop;Анна 2 shop;Анна true shop;"),
        ("{{#each phones}}{{this}} {{/each}}", "+79123456789 +79123456780"),
        ("{{#each words}}<{{this}}>{{/each}}", "<x><y>"),
        ("{{#each name}}{{this}}!{{/each}}", "Анна!"),
    ]);
    let object = json!({"items": {"Комната": "кухня", "Площадь": 12, "Пусто": ""}});
    check(&object, &[("{{#each items}}{{@key}}: {{this}}|{{/each}}", "Комната: кухня|Площадь: 12|Пусто: |")]);
    let text = json!({"items": r#"[{"name":"Mug","options":"[{\"t\":\"red\"}]"}]"#});
    check(&text, &[("{{#each items}}{{name}}{{#each options}} {{t}}{{/each}}{{/each}}", "Mug red")]);
    let none = json!({"name": "Анна"});
    check(&none, &[
        ("{{#each items}}x{{else}}no goods{{/each}}", "no goods"),
        ("{{name}}{{#each items}}x{{/each}}", "Анна"),
    ]);
    assert_eq!(made("{{#each items}}{{name}}{{/each}}", &none).0, None, "left out");
}

#[test]
fn loops_are_bounded_and_say_so() {
    let rows: Vec<Value> = (0..1_100)
        .map(|n| json!({"n": n, "rows": vec![1; 10]}))
        .collect();
    let body = json!({ "items": rows });
    let cut = "a loop was cut: it writes at most 1000 elements, and a template 64 KiB";
    let (text, notes) = made("{{#each items}}{{n}} {{/each}}", &body);
    assert!(text.unwrap().ends_with(" 998 999"));
    assert!(
        notes.contains(&format!("deal.fields.COMMENTS: {cut}")),
        "{notes:?}"
    );
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("fields.items: there are more than 1000 values")),
        "{notes:?}"
    );
    let (text, _) = made("{{#each all}}{{n}} {{/each}}", &body);
    assert!(text.unwrap().ends_with(" 998 999"));
    // all rounds of a template together, with and without output
    let nested = "{{#each items}}{{#each rows}}{{#each ../../items}}{{/each}}x{{/each}}{{/each}}";
    let (text, notes) = made(nested, &body);
    assert!(text.unwrap().len() < 100 && notes.iter().any(|note| note.contains(cut)));
    let long = format!("{{{{#each items}}}}{}{{{{/each}}}}", "я".repeat(500));
    let (text, notes) = made(&long, &body);
    assert!(text.unwrap().len() <= 64 * 1024 && notes.iter().any(|note| note.contains(cut)));
}

#[test]
fn mistakes_in_loops_are_explained() {
    let texts = [
        "{{#each}}x{{/each}}",
        "{{#each itmes}}{{name}}{{/each}}",
        "{{#each $.items}}{{name}}{{/each}}",
        "{{#each items as |item|}}{{item.name}}{{/each}}",
        "{{#each items}}{{items.name}}{{/each}}",
        "{{#each items}}{{../nmae}}{{/each}}",
        "{{#each items}}{{@idx}}{{/each}}",
        "{{#each items}}{{uper name}}{{/each}}",
        "{{#each items}}{{name}}",
        "{{#each items}}{{name}}{{/if}}",
        "{{each items}}",
        "{{@index}}",
        "{{this}}",
        "{{../name}}",
        "{{#for items}}{{name}}{{/for}}",
        "{{#items}}{{name}}{{/items}}",
        "{{#each items}}{{#each (upper name)}}x{{/each}}{{/each}}",
    ];
    let mut shown = String::new();
    for text in texts {
        let profile = format!(
            "receive: {{ channel: shop }}\nfields: {{ items: $.items, name: $.name }}\n\
             deal: {{ fields: {{ TITLE: \"{{{{items}}}}{{{{name}}}}\", COMMENTS: '{text}' }} }}\n"
        );
        let problems = rendered(&profile);
        let told = problems
            .lines()
            .filter(|line| line.contains("error") || line.contains("help"));
        writeln!(shown, "{text}").unwrap();
        for line in told {
            let line = line.trim_start();
            let line = line.split_once(" error: ").map_or(line, |(_, rest)| rest);
            writeln!(shown, "  {line}").unwrap();
        }
    }
    insta::assert_snapshot!(shown);
}
