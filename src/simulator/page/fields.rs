//! The values of fields as people read them: names for codes, words for numbers.

use maud::{Markup, html};

use super::{
    View, bb,
    board::contact_name,
    html::{amount, day, moment},
};
use crate::simulator::state::{
    kind::Kind,
    record::{FieldValue, Record},
    schema::{Field, Type},
};

/// Draws the filled fields of a record: first those that people fill in, then, folded, the portal's
/// own.
pub(super) fn panels(view: &View<'_>, kind: Kind, record: &Record) -> Markup {
    let schema = &view.core.state.table(kind).schema;
    let fields = record.fields().iter().filter_map(|(place, value)| {
        let field = schema.at(*place).filter(|it| it.kind != Type::Id)?;
        Some((field, value))
    });
    let (portal, people): (Vec<_>, Vec<_>) = fields.partition(|(field, _)| field.is('r'));
    let rows = |fields: &[(&Field, &FieldValue)]| {
        html! {
            dl.facts {
                @for (field, value) in fields {
                    div {
                        dt { (view.t(&field.title_en, &field.title_ru)) code { (field.code) } }
                        dd { (value_of(view, kind, field, value)) }
                    }
                }
            }
        }
    };
    html! {
        section.panel { h2 { (view.t("Fields", "Поля")) } (rows(&people)) }
        details.panel data-key="system" {
            summary { (view.t("System fields", "Служебные поля")) }
            (rows(&portal))
        }
    }
}

/// Draws one value.
fn value_of(view: &View<'_>, kind: Kind, field: &Field, value: &FieldValue) -> Markup {
    match (&field.kind, value) {
        (_, FieldValue::Many(list)) => html! {
            @for (at, it) in list.iter().enumerate() {
                @if at > 0 { ", " }
                (value_of(view, kind, field, it))
            }
        },
        (Type::Char | Type::Flag, FieldValue::Int(0)) => html! { (view.t("no", "нет")) },
        (Type::Char | Type::Flag, FieldValue::Int(_)) => html! { (view.t("yes", "да")) },
        (Type::Money, FieldValue::Int(number)) => html! { (amount(*number, "#")) },
        (Type::Date, FieldValue::Int(seconds)) => html! { (day(view.lang, *seconds)) },
        (Type::Moment, FieldValue::Int(seconds)) => html! { (moment(view.lang, *seconds)) },
        (Type::User, FieldValue::Int(id)) => user(view, *id),
        (Type::File, FieldValue::Int(id)) => file(view, *id),
        (Type::Enumeration, FieldValue::Int(id)) => item(view, kind, field, *id),
        (Type::Category, FieldValue::Int(id)) => pipeline(view, kind, *id),
        (Type::Link(target), FieldValue::Int(id)) => link(view, target, *id),
        (Type::Status(dictionary), FieldValue::Text(code)) => {
            let known = view.core.state.status(dictionary, code);
            named_or_bare(known.map(|it| it.name.as_str()), code)
        }
        (Type::Stage, FieldValue::Text(code)) => {
            let stage = view.core.state.stage(kind, code);
            html! {
                @if let Some(stage) = stage { span.dot style={ "--c:" (stage.color) } {} }
                (named_or_bare(stage.map(|it| it.name.as_str()), code))
            }
        }
        (_, FieldValue::Text(text)) => bb::render(text),
        (_, FieldValue::Int(number)) => html! { (number) },
        (_, FieldValue::Real(number)) => html! { (number) },
    }
}

/// Draws a name with its code, or the code alone if the portal does not know it.
fn named_or_bare(name: Option<&str>, code: &str) -> Markup {
    html! {
        @if let Some(name) = name { (name) " " span.tag.mono { (code) } } @else { (code) }
    }
}

/// Draws a link to a file.
pub(super) fn file(view: &View<'_>, id: i64) -> Markup {
    let number = u32::try_from(id).unwrap_or(0);
    html! {
        @if let Some(file) = view.core.state.files.get(number) {
            a href=(view.link(&format!("/sandbox/file/{number}"))) { (file.name) }
            " " span.tag { (file.size) " B" }
        } @else {
            "#" (id)
        }
    }
}

fn user(view: &View<'_>, id: i64) -> Markup {
    let user = u32::try_from(id)
        .ok()
        .and_then(|id| view.core.state.user(id));
    html! {
        @if let Some(user) = user {
            (named_or_bare(Some(&user.full_name()), &user.id.to_string()))
        } @else {
            "#" (id)
        }
    }
}

fn item(view: &View<'_>, kind: Kind, field: &Field, id: i64) -> Markup {
    let name = view
        .core
        .state
        .userfields
        .iter()
        .filter(|it| it.kind == kind && it.code == field.code)
        .flat_map(|it| &it.items)
        .find(|it| i64::from(it.id) == id)
        .map(|it| it.value.as_str());
    named_or_bare(name, &id.to_string())
}

fn pipeline(view: &View<'_>, kind: Kind, id: i64) -> Markup {
    let mut pipelines = view.core.state.pipelines_of(kind);
    let known = pipelines.find(|it| i64::from(it.id) == id);
    named_or_bare(known.map(|it| it.name.as_str()), &id.to_string())
}

fn link(view: &View<'_>, target: &str, id: i64) -> Markup {
    let word = target.trim_start_matches("crm_");
    let Some(kind) = Kind::of_word(word) else {
        return html! { (id) };
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
    html! { a href=(view.link(&format!("/sandbox/{word}/{id}"))) { (name) } }
}
