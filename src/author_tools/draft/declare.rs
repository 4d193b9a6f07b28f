//! The declarations of a draft's fields, and their names.

use super::codes::{self, Role};
use super::observe::ObservedField;
use super::origin::{origin, short};
use crate::authoring::lookalike::OddCharacter;
use crate::mapping::template::{is_name, is_reserved};

/// Returns the name of a declared field.
pub(super) fn name(role: Role) -> &'static str {
    match role {
        Role::FirstName => "firstname",
        Role::LastName => "lastname",
        Role::SecondName => "middlename",
        Role::FullName => "fio",
        Role::Phone => "phone",
        Role::Email => "email",
        Role::Telegram => "telegram",
        Role::Vk => "vk",
        Role::Skype => "skype",
        Role::Instagram => "instagram",
        Role::Birthdate => "birthdate",
        Role::Position => "position",
        Role::City => "city",
        Role::Company => "company",
        Role::Inn => "inn",
        Role::OrderId => "order_id",
        Role::Amount => "amount",
        Role::Comment => "comment",
        Role::Page => "page",
        Role::UtmSource => "utm_source",
        Role::UtmMedium => "utm_medium",
        Role::UtmCampaign => "utm_campaign",
        Role::UtmContent => "utm_content",
        Role::UtmTerm => "utm_term",
    }
}

/// Returns the normaliser of a role.
pub(super) fn form_of(role: Role) -> Option<&'static str> {
    match role {
        Role::FullName => Some("name"),
        Role::Phone => Some("phone"),
        Role::Email => Some("email"),
        Role::Birthdate => Some("date"),
        Role::Amount => Some("money"),
        _ => None,
    }
}

/// Returns the declaration of a field with a role.
pub(super) fn declaration(role: Role, places: &[&ObservedField]) -> String {
    let is_encoded = places.iter().any(|seen| seen.encoded > 0);
    let form = form_of(role).or((is_encoded && role != Role::Page).then_some("clean"));
    let from = origin(places);
    let name = name(role);
    let countries = places.iter().find_map(|seen| seen.country());
    let country = countries.filter(|_| role == Role::Phone);
    let more = country.map_or(String::new(), |country| {
        format!(", country: {}", country.code())
    });
    match form {
        // a text is cleaned before its words are read as a name
        Some("name") if is_encoded => format!(
            "{name}: {{ value: \"{{{{{name}_text}}}}\", as: name }}\n  {name}_text: {{ {from}, as: clean }}"
        ),
        Some(form) => format!("{name}: {{ {from}, as: {form}{more} }}"),
        None => short(name, &from),
    }
}

/// Returns the places of a role that is left to a decision, the first with the role's name: the
/// proposals of other lines use it.
pub(super) fn role_places<'o>(
    role: Role,
    places: &[&'o ObservedField],
) -> Vec<(&'o ObservedField, Option<&'static str>)> {
    let place = |(at, seen)| (seen, (at == 0).then(|| name(role)));
    places.iter().copied().enumerate().map(place).collect()
}

/// A field to declare, ready but for its `#`; its name is not taken yet.
pub(super) fn proposal(
    seen: &ObservedField,
    of_role: Option<&str>,
    names: &mut Vec<String>,
) -> String {
    let form = codes::form(seen).or((seen.encoded > 0).then_some("clean"));
    let plain = of_role.map_or_else(|| field_name(seen), str::to_owned);
    let mut name = plain.clone();
    let mut number = 2;
    while names.contains(&name) {
        name = format!("{plain}_{number}");
        number += 1;
    }
    names.push(name.clone());
    match form {
        Some(form) => format!("{name}: {{ {}, as: {form} }}", origin(&[seen])),
        None => short(&name, &origin(&[seen])),
    }
}

/// Returns a name for the field of a place.
pub(super) fn field_name(seen: &ObservedField) -> String {
    let parent = seen.parents.last().map(|parent| plain_name(parent));
    let plain = match (plain_name(&seen.key), parent) {
        // the text of an XML element
        (key, Some(parent)) if key == "text" && !parent.is_empty() => parent,
        // `deal.id`
        (key, Some(parent)) if is_vague(&key) && !parent.is_empty() => format!("{parent}_{key}"),
        (key, _) => key,
    };
    let is_name = plain.starts_with(char::is_alphabetic)
        && is_name(&plain)
        && !is_reserved(&plain)
        && OddCharacter::find(&plain).is_none();
    if is_name {
        plain
    } else {
        let ascii: String = plain.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("field_{ascii}")
    }
}

/// A key that tells nothing without the block it is in.
fn is_vague(key: &str) -> bool {
    matches!(
        key,
        "id" | "number" | "code" | "value" | "type" | "номер" | "код"
    )
}

fn plain_name(key: &str) -> String {
    let plain: String = key
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    plain.trim_matches('_').to_lowercase()
}
