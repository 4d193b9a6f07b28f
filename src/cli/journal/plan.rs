//! Prints a plan.

use crate::cli::out::{Ink, Out, clean};
use crate::domain::{
    Bilingual, CrmStep, Lang, LaterTest, Plan, PlannedField, PlannedValue, ProductField,
    RecordPlan, bilingual, plural, text,
};

/// How many product rows are shown.
const MOST_ROWS: usize = 30;

/// Prints the plan, one field per line with its source.
pub(in crate::cli) fn print_plan(plan: &Plan, out: &Out) {
    let lang = out.lang();
    Out::line(format!(
        "  {} «{}» ({}, {} {}{})",
        Bilingual::new("Profile", "Профиль").pick(lang),
        plan.profile.name,
        plan.profile.file,
        Bilingual::new("edition", "редакция").pick(lang),
        plan.profile.hash,
        if plan.profile.outdated {
            let why = ", последняя исправная: в файле была ошибка";
            Bilingual::new(", the last good one: the file had a mistake", why).pick(lang)
        } else {
            ""
        }
    ));
    for step in &plan.steps {
        // the step of a profile's `contact` and `deal` blocks needs no name
        if step.name != CrmStep::NAME {
            let word = Bilingual::new("Step", "Шаг").pick(lang);
            Out::line(format!("  {word} {}", clean(&step.name)));
        }
        for test in &step.when {
            Out::line(out.ink(Ink::Dim, &format!("  {}", when(test))));
        }
        match step.kind.crm() {
            Some(crm) => print_crm_step(crm, out),
            None => print_facts(&step.kind.facts(), out),
        }
    }
}

/// Returns a condition on an earlier step as a profile writes it.
pub(in crate::cli) fn when(test: &LaterTest) -> String {
    let wanted: Vec<&str> = test.wanted.iter().map(|it| it.text.as_str()).collect();
    let wanted = match wanted.as_slice() {
        [only] => (*only).to_owned(),
        several => format!("[{}]", several.join(", ")),
    };
    clean(&format!("when: {{ {}: {wanted} }}", test.name))
}

fn counted_lines(lines: usize, lang: Lang) -> String {
    let en = plural::english(lines, ["line", "lines"]);
    let ru = plural::russian(lines, ["строка", "строки", "строк"]);
    bilingual!("{lines} {en}", "{lines} {ru}").pick(lang)
}

/// Prints a step that has no sources in the packet: its names and values.
fn print_facts(facts: &[(String, String)], out: &Out) {
    let rows: Vec<Vec<(Ink, String)>> = facts
        .iter()
        .map(|(name, value)| {
            let value = text::ellipsis(&clean(value), 60);
            vec![(Ink::Plain, format!("  {name}")), (Ink::Strong, value)]
        })
        .collect();
    out.table(&rows);
}

fn print_crm_step(step: &CrmStep, out: &Out) {
    let lang = out.lang();
    let named = |en: &'static str, ru| {
        let name: &str = Bilingual::new(en, ru).pick(lang);
        (Ink::Plain, name.to_owned())
    };
    let mut rows: Vec<Vec<(Ink, String)>> = step
        .fields()
        .map(|(owner, field)| mapped(owner, field, lang))
        .collect();
    if let Some(record) = &step.record {
        rows.extend(products(record, lang));
    }
    if let Some(comment) = &step.comment {
        let lines = comment.text.as_str().lines().count();
        rows.push(vec![
            named("  comment", "  комментарий"),
            (Ink::Plain, counted_lines(lines, lang)),
            (Ink::Dim, format!("← {}", clean(&comment.origin.rule))),
        ]);
    }
    for file in &step.files {
        rows.push(vec![
            named("  files", "  файл"),
            (Ink::Strong, text::ellipsis(&clean(&file.to_text()), 60)),
            (Ink::Dim, clean(&format!("← {}", file.place))),
        ]);
    }
    if let Some(todo) = &step.todo {
        rows.push(vec![
            named("  todo", "  дело"),
            (Ink::Strong, clean(todo.title.as_str())),
            (
                Ink::Dim,
                format!(
                    "{} {}",
                    Bilingual::new("until", "до").pick(lang),
                    out.moment(todo.deadline)
                ),
            ),
        ]);
    }
    out.table(&rows);
}

/// Returns the product rows, each with its place in the packet.
fn products(record: &RecordPlan, lang: Lang) -> Vec<Vec<(Ink, String)>> {
    let Some(products) = &record.products else {
        return Vec::new();
    };
    let owner = record.kind.as_str();
    let shown = products.rows.iter().take(MOST_ROWS).enumerate();
    let mut rows: Vec<Vec<(Ink, String)>> = shown
        .map(|(number, row)| {
            let values: Vec<String> = ProductField::ALL
                .into_iter()
                .filter_map(|field| Some((field, row.get(field)?)))
                .map(|(field, value)| match field {
                    ProductField::Name => text::ellipsis(value, 60),
                    field => format!("{} {value}", field.as_str()),
                })
                .collect();
            vec![
                (Ink::Plain, format!("  {owner}.products[{number}]")),
                (Ink::Strong, text::ellipsis(&clean(&values.join("; ")), 120)),
                (Ink::Dim, clean(&format!("← {}", row.place))),
            ]
        })
        .collect();
    let more = products.rows.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        let text = bilingual!("… and {more} more", "… и ещё {more}");
        rows.push(vec![
            (Ink::Plain, format!("  {owner}.products")),
            (Ink::Dim, text.pick(lang)),
        ]);
    }
    rows
}

/// Returns a value; a file with its size.
fn shown(field: &PlannedField) -> String {
    match &field.value {
        PlannedValue::File(file) => file.to_text(),
        value => value.as_str().to_owned(),
    }
}

fn mapped(owner: &str, field: &PlannedField, lang: Lang) -> Vec<(Ink, String)> {
    let from: Vec<String> = field
        .origin
        .sources
        .iter()
        .map(|source| {
            source.path.as_ref().map_or_else(
                || {
                    let default = Bilingual::new("default", "по умолчанию").pick(lang);
                    format!("{} ({default})", source.field)
                },
                ToString::to_string,
            )
        })
        .collect();
    let from = if from.is_empty() {
        String::new()
    } else {
        format!(" ← {}", from.join(", "))
    };
    vec![
        (Ink::Plain, format!("  {owner}.{}", field.name)),
        (Ink::Strong, text::ellipsis(&clean(&shown(field)), 60)),
        (Ink::Dim, clean(&format!("← {}{from}", field.origin.rule))),
    ]
}
