//! Makes product rows of the goods in a packet.

use serde_json::Value;

use super::field::{FieldSource, Missing};
use super::packet::Packet;
use super::path::{MOST_VALUES, OF_A_PROFILE, Path};
use super::profile::ProductRules;
use super::template::Values;
use crate::domain::ValueKind;
use crate::domain::{MappingExplanation, Note, ParkReason, ProductField, ProductRow, ProductsPlan};

/// Why the submission is parked instead.
pub(super) type Stop = (ParkReason, Note);

/// Returns the rows; `None` if the packet has no goods. `block` is the record's name in notes.
pub(super) fn plan(
    rules: &ProductRules,
    block: &str,
    packet: &Packet<'_>,
    values: &Values<'_>,
    notes: &mut Vec<Note>,
) -> Result<Option<ProductsPlan>, Stop> {
    let about = format!("{block}.products");
    let found = rules.each.find_first(packet, MOST_VALUES + 1);
    let has_block = found.iter().any(|row| row.value.is_object());
    // a single object in place of the list
    let listed = (!found.is_empty() && !has_block)
        .then(|| single_object(&rules.each, packet))
        .flatten();
    let listed = listed.as_ref().map(Packet::new);
    let mut found = listed
        .as_ref()
        .map_or(found, |listed| rules.each.find(listed));
    if let Some(beyond) = found.get(MOST_VALUES) {
        let what = MappingExplanation::TooManyRows {
            most: MOST_VALUES,
            place: beyond.place.to_string(),
        };
        let about = about.clone();
        notes.push(Note { about, what });
        found.truncate(MOST_VALUES);
    }
    let (mut rows, mut left) = (Vec::new(), OF_A_PROFILE);
    for element in found {
        let own = Packet::new(element.value);
        pay(rules, &about, &own, &mut left)?;
        let place = element.place.to_string();
        let row = row(rules, (&about, place), &own, values, notes)?;
        if is_named(&row) {
            rows.push(row);
        } else {
            let what = MappingExplanation::NoProductName { place: row.place };
            let about = about.clone();
            notes.push(Note { about, what });
        }
    }
    let on_update = rules.on_update;
    Ok((!rows.is_empty()).then_some(ProductsPlan { rows, on_update }))
}

/// Reads the values of a row.
fn row(
    rules: &ProductRules,
    (about, place): (&str, String),
    packet: &Packet<'_>,
    values: &Values<'_>,
    notes: &mut Vec<Note>,
) -> Result<ProductRow, Stop> {
    let mut row = ProductRow {
        values: Vec::new(),
        place,
    };
    for (field, rule) in &rules.values {
        let (key, before) = (field.as_str(), notes.len());
        let stop = |reason, what| {
            let about = format!("{about}.{key}");
            (reason, Note { about, what })
        };
        let reading = rule
            .read(packet, values, notes)
            .map_err(|what| stop(ParkReason::MappingFailed, what))?;
        for note in notes.iter_mut().skip(before) {
            note.about = format!("{about}.{key}");
            lead_to(&row.place, &mut note.what);
        }
        let text = match (field, reading.text.as_deref()) {
            (
                ProductField::Quantity | ProductField::DiscountRate | ProductField::TaxRate,
                Some(text),
            ) => {
                let number = with_unit(text);
                if number.is_none() && !text.is_empty() {
                    let about = format!("{about}.{key}");
                    notes.push(unreadable(about, &row.place, reading.place.as_deref()));
                }
                number
            }
            (_, text) => text.map(str::to_owned),
        };
        match text {
            Some(text) if !text.is_empty() => row.values.push((*field, text.into())),
            None if *rule.rule(&reading) == Missing::Park => {
                return Err(stop(ParkReason::MissingValue, MappingExplanation::NoValue));
            }
            Some(_) | None => {}
        }
    }
    Ok(row)
}

/// Returns the packet with a list of one in place of a single object where the rows should be.
fn single_object(each: &Path, packet: &Packet<'_>) -> Option<Value> {
    let layers = (0..).map_while(|depth| packet.layer(depth));
    layers.into_iter().find_map(|body| {
        let mut listed = body.clone();
        each.list_single_objects(&mut listed);
        let found = each
            .find(&Packet::new(&listed))
            .iter()
            .any(|row| row.value.is_object());
        found.then_some(listed)
    })
}

/// Reserves the cost of the paths of a row.
fn pay(rules: &ProductRules, about: &str, row: &Packet<'_>, left: &mut usize) -> Result<(), Stop> {
    for (field, rule) in &rules.values {
        let FieldSource::Paths(paths) = &rule.source else {
            continue;
        };
        for path in paths {
            let paid = path.cost(row).ok().and_then(|cost| left.checked_sub(cost));
            *left = paid.ok_or_else(|| {
                let path = path.as_str().to_owned();
                let about = format!("{about}.{}", field.as_str());
                let what = MappingExplanation::TooCostly { path };
                (ParkReason::TooCostly, Note { about, what })
            })?;
        }
    }
    Ok(())
}

/// Reads a quantity or a rate, with a unit behind it or not: `1,5 кг` is 1.5, `16.667 %` is 16.667.
/// Neither has marks between thousands.
fn with_unit(text: &str) -> Option<String> {
    let text = text.trim();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number = number.replace(',', ".");
    let number = number.trim_end_matches('.');
    let is_number = number.parse::<f64>().is_ok_and(f64::is_finite);
    let is_unit = !unit.chars().any(|c| c.is_ascii_digit());
    (is_number && is_unit).then(|| number.to_owned())
}

fn unreadable(about: String, row: &str, place: Option<&str>) -> Note {
    let within = place.and_then(|place| place.strip_prefix('$'));
    Note {
        about,
        what: MappingExplanation::Unreadable {
            wanted: ValueKind::Number,
            place: format!("{row}{}", within.unwrap_or_default()),
        },
    }
}

fn is_named(row: &ProductRow) -> bool {
    let id = row.get(ProductField::ProductId);
    row.get(ProductField::Name).is_some() || id.is_some_and(|id| id != "0")
}

/// Turns the place within a row into the place within the packet.
fn lead_to(row: &str, what: &mut MappingExplanation) {
    if let MappingExplanation::Unreadable { place, .. }
    | MappingExplanation::NotInMap { place, .. }
    | MappingExplanation::NotInTable { place, .. } = what
        && let Some(within) = place.strip_prefix('$')
    {
        *place = format!("{row}{within}");
    }
}
