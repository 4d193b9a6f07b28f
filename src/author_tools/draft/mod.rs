//! Writes a first profile from received submissions: finds the fields, recognises usual ones by
//! code or value, and writes a commented YAML file that compiles and delivers. Only the kind of a
//! value is used; no value gets into the file.

mod codes;
mod declare;
mod goods;
mod hooks;
mod labelled;
mod lists;
mod observe;
mod origin;
mod place;
mod steps;
mod sums;
mod vocabulary;
mod write;

#[cfg(test)]
mod packets;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::codes::Role;
use self::observe::{Observations, ObservedField};
pub use self::place::{FieldGuess, GuessedTarget, PathChoice, PathKind, PlaceStep, guess, paths};
use crate::domain::Lang;

/// The options of a draft.
#[derive(Debug, Clone)]
pub struct DraftOptions {
    /// The value of `receive:`, such as `{ polls: [123] }`.
    pub receive: String,
    /// The profile's name, also the beginning of deal titles.
    pub name: String,
    /// How many of the packets the default profile took, and its file.
    pub by_default: Option<(usize, String)>,
    /// The language of the comments.
    pub lang: Lang,
    /// Whether leadgate reads the contacts of hooks from amoCRM.
    pub reads_contacts: bool,
}

/// The fields of a draft: files, those with a known role, and the others.
struct FieldGroups<'o> {
    files: Vec<&'o ObservedField>,
    roles: Vec<(Role, Vec<&'o ObservedField>)>,
    others: Vec<&'o ObservedField>,
}

/// Writes the profile.
pub fn draft(wanted: &DraftOptions, packets: &[Value]) -> String {
    let split = lists_of(wanted, packets);
    let packets = split.as_ref().map_or(packets, |split| &split.rows);
    let known = hooks::without_unknown(packets);
    let packets = known.as_deref().unwrap_or(packets);
    let read = wanted.reads_contacts.then(|| hooks::with_contact(packets));
    let observed = Observations::of(read.as_deref().unwrap_or(packets));
    let sorted = sort(&observed);
    let goods = goods::observe(packets);
    let each = split.as_ref().map(|split| split.each.as_str());
    let item = hooks::item(&wanted.receive, packets);
    let found = write::DraftFacts {
        packets: packets.len(),
        each,
        sorted: &sorted,
        goods: goods.as_ref(),
        item: item.as_ref(),
    };
    let wanted = &DraftOptions {
        receive: hooks::with_events(&wanted.receive, packets),
        ..wanted.clone()
    };
    write::profile(wanted, found)
}

/// Returns the `each` that a channel needs if its packets hold several submissions: `$[*]`.
pub fn each_of(wanted: &DraftOptions, packets: &[Value]) -> Option<String> {
    lists_of(wanted, packets).map(|split| split.each)
}

/// Other sources split their packets themselves.
fn lists_of(wanted: &DraftOptions, packets: &[Value]) -> Option<lists::ObservedRows> {
    let is_of_channel = wanted.receive.contains(" channel:");
    is_of_channel.then(|| lists::observe(packets))?
}

/// Groups fields by role, in the order in which they were found. A full name is not needed if its
/// parts are there.
fn sort(observed: &Observations) -> FieldGroups<'_> {
    let mut sorted = FieldGroups {
        files: Vec::new(),
        roles: Vec::new(),
        others: Vec::new(),
    };
    for seen in observed.seen() {
        if seen.files == seen.count {
            sorted.files.push(seen);
            continue;
        }
        match codes::role(seen).or_else(|| codes::split_name(seen, observed.seen())) {
            Some(role) => match sorted.roles.iter_mut().find(|(known, _)| *known == role) {
                Some((_, places)) => places.push(seen),
                None => sorted.roles.push((role, vec![seen])),
            },
            None => sorted.others.push(seen),
        }
    }
    keep_surest(&mut sorted, observed);
    let has = |role: Role| sorted.roles.iter().any(|(known, _)| *known == role);
    // a second name beside a first one alone is the last name, unless it is a patronymic
    if has(Role::FirstName) && !has(Role::LastName) && !has(Role::FullName) {
        let second = sorted.roles.iter_mut().find(|(role, places)| {
            let is_last = |seen: &&ObservedField| {
                seen.patronymics == 0 && codes::folded(&seen.key) == "secondname"
            };
            *role == Role::SecondName && places.iter().all(is_last)
        });
        if let Some((role, _)) = second {
            *role = Role::LastName;
        }
    }
    let has = |role: Role| sorted.roles.iter().any(|(known, _)| *known == role);
    // the whole name, unless both of its parts are there
    let (whole, parts) = (
        Role::FullName,
        [Role::FirstName, Role::LastName, Role::SecondName],
    );
    if has(whole) {
        let unused = if has(Role::FirstName) && has(Role::LastName) {
            vec![whole]
        } else {
            parts.to_vec()
        };
        let (used, left): (Vec<_>, Vec<_>) = std::mem::take(&mut sorted.roles)
            .into_iter()
            .partition(|(role, _)| !unused.contains(role));
        sorted.roles = used;
        sorted
            .others
            .extend(left.into_iter().flat_map(|(_, places)| places));
    }
    sorted.roles.sort_by_key(|(role, _)| *role);
    sorted
}

/// Leaves the surest fields of each role: of several sums, the one to pay.
fn keep_surest<'o>(sorted: &mut FieldGroups<'o>, observed: &'o Observations) {
    for (role, places) in &mut sorted.roles {
        let rank = |seen: &ObservedField| codes::rank(*role, seen);
        let is_sum = *role == Role::Amount;
        let surest = places.iter().map(|seen| rank(seen)).min();
        let (used, left): (Vec<_>, Vec<_>) = places.drain(..).partition(|seen| {
            Some(rank(seen)) == surest && !(is_sum && sums::is_of_piece(seen, observed.seen()))
        });
        *places = used;
        sorted.others.extend(left);
    }
    sorted.roles.retain(|(_, places)| !places.is_empty());
}
