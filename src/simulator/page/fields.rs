//! How the value of a field is shown to people: names for codes, words for numbers.

use super::{
    View,
    board::contact_name,
    html::{amount, day, esc, moment},
};
use crate::simulator::state::{
    kind::Kind,
    record::{Record, Val},
    schema::{Field, Type},
};

/// The filled fields of a record: first what people fill in, then, folded up, what the portal keeps by itself.
pub(super) fn panels(view: &View<'_>, kind: Kind, record: &Record) -> String {
    let schema = &view.core.state.table(kind).schema;
    let (mut people, mut portal) = (String::new(), String::new());
    for (place, value) in record.fields() {
        let Some(field) = schema.at(*place).filter(|it| it.kind != Type::Id) else {
            continue;
        };
        let row = format!(
            "<div><dt>{}<code>{}</code></dt><dd>{}</dd></div>",
            esc(view.t(&field.title_ru, &field.title_en)),
            esc(&field.code),
            shown(view, kind, field, value)
        );
        if field.is('r') {
            portal += &row;
        } else {
            people += &row;
        }
    }
    format!(
        "<section class=\"panel\"><h2>{}</h2><dl class=\"facts\">{people}</dl></section>\
         <details class=\"panel\" data-key=\"system\"><summary>{}</summary><dl class=\"facts\">{portal}</dl></details>",
        view.t("Поля", "Fields"),
        view.t("Служебные поля", "Kept by the portal"),
    )
}

/// One value as HTML.
fn shown(view: &View<'_>, kind: Kind, field: &Field, value: &Val) -> String {
    match (&field.kind, value) {
        (_, Val::Many(list)) => list
            .iter()
            .map(|it| shown(view, kind, field, it))
            .collect::<Vec<_>>()
            .join(", "),
        (Type::Char | Type::Flag, Val::Int(flag)) => {
            let yes = *flag != 0;
            if yes {
                view.t("да", "yes")
            } else {
                view.t("нет", "no")
            }
            .to_owned()
        }
        (Type::Money, Val::Int(number)) => esc(&amount(*number, "#")),
        (Type::Date, Val::Int(seconds)) => day(view.lang, *seconds),
        (Type::Moment, Val::Int(seconds)) => moment(view.lang, *seconds),
        (Type::User, Val::Int(id)) => user(view, *id),
        (Type::Enumeration, Val::Int(id)) => item(view, kind, field, *id),
        (Type::Category, Val::Int(id)) => view
            .core
            .state
            .pipelines_of(kind)
            .find(|it| i64::from(it.id) == *id)
            .map_or_else(|| id.to_string(), |it| coded(&it.name, &it.id.to_string())),
        (Type::Link(target), Val::Int(id)) => link(view, target, *id),
        (Type::Status(dictionary), Val::Text(code)) => {
            // A code that the dictionary does not know is shown bare, as the portal shows nothing.
            let known = view.core.state.status(dictionary, code);
            known.map_or_else(|| esc(code), |it| coded(&it.name, code))
        }
        (Type::Stage, Val::Text(code)) => view.core.state.stage(kind, code).map_or_else(
            || esc(code),
            |it| {
                let dot = format!(
                    "<span class=\"dot\" style=\"--c:{}\"></span>",
                    esc(&it.color)
                );
                format!("{dot}{}", coded(&it.name, code))
            },
        ),
        (_, Val::Text(text)) => super::bb::render(text),
        (_, Val::Int(number)) => number.to_string(),
        (_, Val::Real(number)) => number.to_string(),
    }
}

fn coded(name: &str, code: &str) -> String {
    format!(
        "{} <span class=\"tag mono\">{}</span>",
        esc(name),
        esc(code)
    )
}

fn user(view: &View<'_>, id: i64) -> String {
    let user = u32::try_from(id)
        .ok()
        .and_then(|id| view.core.state.user(id));
    user.map_or_else(
        || format!("#{id}"),
        |it| coded(&it.full_name(), &it.id.to_string()),
    )
}

fn item(view: &View<'_>, kind: Kind, field: &Field, id: i64) -> String {
    view.core
        .state
        .userfields
        .iter()
        .filter(|it| it.kind == kind && it.code == field.code)
        .flat_map(|it| &it.items)
        .find(|it| i64::from(it.id) == id)
        .map_or_else(|| id.to_string(), |it| coded(&it.value, &it.id.to_string()))
}

fn link(view: &View<'_>, target: &str, id: i64) -> String {
    let word = target.trim_start_matches("crm_");
    let Some(kind) = Kind::of_word(word) else {
        return id.to_string();
    };
    let number = u32::try_from(id).unwrap_or(0);
    let name = match kind {
        Kind::Contact => contact_name(view, number),
        Kind::Lead | Kind::Deal | Kind::Company | Kind::Smart => {
            let table = view.core.state.table(kind);
            let record = view.core.state.record(kind, number);
            record
                .and_then(|it| table.text(it, "TITLE"))
                .map_or_else(|| format!("#{id}"), str::to_owned)
        }
    };
    let path = view.link(&format!("/sandbox/{word}/{id}"));
    format!("<a href=\"{path}\">{}</a>", esc(&name))
}
