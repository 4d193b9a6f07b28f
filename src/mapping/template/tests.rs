use super::*;
use crate::authoring::problem::{Problems, SourceText, TextPlace};

const NAMES: [&str; 6] = ["firstname", "phone", "topics", "date", "имя", "empty"];

fn reading(text: &str) -> FieldReading {
    FieldReading {
        text: Some(text.to_owned()),
        ..FieldReading::default()
    }
}

fn render(text: &str) -> Rendered {
    let source = SourceText::new("t", text);
    let part = |offset: usize, length: usize| TextPlace::start_of(&source).part(offset, length);
    let mut problems = Problems::default();
    let wording = Wording { text, part: &part };
    let template = compile(&wording, &NAMES, &mut problems);
    let template = template.unwrap_or_else(|| panic!("{text}: {:?}", problems.into_sorted()));
    let topics = FieldReading {
        items: vec!["a\"".to_owned(), "б".to_owned()],
        ..reading("a\", б")
    };
    let readings = [
        reading("Анна {{phone}} <phone>"),
        reading("+79123456789"),
        topics,
        reading("2025-07-21T11:35:47Z"),
        FieldReading::default(),
        reading(""),
    ];
    template.render(&Values {
        names: &[],
        readings: &readings,
        built_in: &BuiltIn {
            submission: None,
            is_cut: Cell::default(),
            texts: BUILT_IN.map(|name| OnceCell::from(built_in(name).to_owned())),
        },
    })
}

fn built_in(name: &str) -> &'static str {
    match name {
        "poll_id" => "123",
        "answer_id" => "345",
        RECEIVED_AT => "2025-07-21T00:00:00Z",
        _ => "site",
    }
}

fn check(cases: &[(&str, &str)]) {
    for (template, wanted) in cases {
        assert_eq!(
            render(template),
            Rendered::Text((*wanted).to_owned()),
            "{template}"
        );
    }
}

#[test]
fn names_have_three_spellings_and_other_brackets_are_text() {
    check(&[
        ("№{{answer_id}}", "№345"),
        (
            "{{ phone }}|{phone}|<phone>|{{{phone}}}",
            "+79123456789|+79123456789|+79123456789|+79123456789",
        ),
        (
            "{other} <b>{</b> { phone } <",
            "{other} <b>{</b> +79123456789 <",
        ),
        ("  {{phone}}\n", "+79123456789"),
        ("просто текст", "просто текст"),
        ("{{date}}", "2025-07-21T11:35:47Z"),
        ("{{phone}}{{имя}}", "+79123456789"),
        ("А {{имя}} Б {{имя}} {{phone}}", "А Б +79123456789"),
    ]);
}

#[test]
fn typed_text_is_never_read_as_a_template() {
    check(&[
        ("{{firstname}}", "Анна {{phone}} <phone>"),
        ("{{upper firstname}}", "АННА {{PHONE}} <PHONE>"),
        ("{{#if phone}}{firstname}{{/if}}", "Анна {{phone}} <phone>"),
    ]);
}

#[test]
fn helpers_do_what_the_reference_says() {
    check(&[
        ("{{default имя \"нет\"}}", "нет"),
        ("{{default phone \"нет\"}}", "+79123456789"),
        ("{{default имя phone}}", "+79123456789"),
        (
            "{{lower \"АБВ\"}}{{trim \" x \"}} {{date}}",
            "абвx 2025-07-21T11:35:47Z",
        ),
        ("{{truncate firstname 3}}", "Ан…"),
        ("{{digits phone}}", "79123456789"),
        ("{{join topics \" + \"}} {{topics}}", "a\" + б a\", б"),
        ("{{join phone \"+\"}}", "+79123456789"),
        (
            "{{json topics}} {{json phone}}",
            r#"["a\"","б"] "+79123456789""#,
        ),
        ("{{date date \"%d.%m.%Y %H:%M\"}}", "21.07.2025 14:35"),
        (
            "{{date date '%H:%M' tz=\"UTC\"}} {{date received_at '%d.%m'}}",
            "11:35 21.07",
        ),
        ("[{{date phone \"%d\"}}]", "[]"),
        ("{{#if (eq answer_id 345)}}да{{else}}нет{{/if}}", "да"),
        (
            "{{#if (and phone (not имя))}}да{{/if}}{{#unless empty}}!{{/unless}}",
            "да!",
        ),
        ("{{#if имя}}a{{else if phone}}b{{else}}c{{/if}}", "b"),
        ("{{#if (or имя empty)}}a{{else}}c{{/if}}", "c"),
        (
            "{{upper (default имя firstname)}}",
            "АННА {{PHONE}} <PHONE>",
        ),
        ("\\{{phone}} {{upper phone}}", "{{phone}} +79123456789"),
        ("{{!-- {{nobody}} --}}{{phone}}{{! и так }}", "+79123456789"),
    ]);
}

#[test]
fn a_template_without_any_value_leaves_the_field_out() {
    assert_eq!(render("Здравствуйте, {{имя}}"), Rendered::NoValue);
    assert_eq!(render("{{upper имя}}"), Rendered::NoValue);
    assert_eq!(
        render("{{#if (eq phone \"1\")}}да{{/if}}"),
        Rendered::NoValue
    );
    check(&[("{{empty}}", ""), ("{{имя}} {{answer_id}}", "345")]);
}

#[test]
fn pieces_and_the_engine_agree() {
    for text in [
        "{{phone}} и {{date}}",
        "<phone>, {имя}{topics}",
        "{{firstname}}",
    ] {
        // a comment sends the template through the engine
        assert_eq!(render(text), render(&format!("{{{{!}}}}{text}")), "{text}");
    }
}

#[test]
fn rejects_templates_that_could_run_away() {
    let long = "x".repeat(5000);
    let deep = format!(
        "{{{{upper {}phone{}}}}}",
        "(upper ".repeat(40),
        ")".repeat(40)
    );
    let blocks = "{{#if phone}}".repeat(200) + &"{{/if}}".repeat(200);
    for text in [
        long.as_str(),
        &deep,
        &blocks,
        "{{> partial}}",
        "{{#> layout}}{{/layout}}",
        "{{* decorator}}",
        "{{{{raw}}}} x {{{{/raw}}}}",
        "{{#with phone}}{{/with}}",
        "{{lookup phone 1}}",
        "{{../phone}}",
        "{{@index}}",
        "{{@root.phone}}",
        "{{phone.length}}",
        "{{this}}",
        "{{",
        "{{}}",
        "{{#if}}{{/if}}",
        "{{#upper phone}}{{/upper}}",
        "{{if phone}}",
        "{{upper phone x=1}}",
        "{{truncate phone \"x\"}}",
        "{{date date \"%d\" tz=\"Mars/Base\"}}",
        "{{#if phone as |x|}}{{x}}{{/if}}",
    ] {
        let source = SourceText::new("t", text);
        let part = |offset: usize, length: usize| TextPlace::start_of(&source).part(offset, length);
        let mut problems = Problems::default();
        let template = compile(&Wording { text, part: &part }, &NAMES, &mut problems);
        assert!(template.is_none() && problems.has_errors(), "{text}");
    }
}

#[test]
fn helpers_inside_helpers_do_not_pile_up() {
    let quotes = "\\".repeat(60_000);
    let source = SourceText::new("t", "");
    let part = |offset: usize, length: usize| TextPlace::start_of(&source).part(offset, length);
    let mut problems = Problems::default();
    let names = ["x"];
    let nested = format!(
        "{{{{{}x{}}}}}",
        "json (".repeat(12) + "json ",
        ")".repeat(12)
    );
    let repeated = "{{upper x}}".repeat(300);
    let joined = format!("{{{{join x \"{}\"}}}}", "y".repeat(3000));
    for text in [nested.as_str(), &repeated, &joined] {
        let template = compile(&Wording { text, part: &part }, &names, &mut problems).unwrap();
        let readings = [FieldReading {
            items: vec![quotes.clone(); 1000],
            ..reading(&quotes)
        }];
        let rendered = template.render(&Values {
            names: &[],
            readings: &readings,
            built_in: &BuiltIn::default(),
        });
        let Rendered::Text(text) = rendered else {
            panic!("{rendered:?}")
        };
        assert!(text.len() <= crate::mapping::text::LONGEST);
    }
}
