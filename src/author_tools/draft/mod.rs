//! Writes a first profile from received submissions: finds the fields, recognises usual ones by
//! code or value, and writes a commented YAML file that compiles and delivers. Only the kind of a
//! value is used; no value gets into the file.

mod codes;
mod goods;
mod hooks;
mod labelled;
mod observe;
mod origin;
mod steps;
mod vocabulary;
mod write;

#[cfg(test)]
mod packets;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::codes::Role;
use self::observe::{Observations, ObservedField};
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
}

/// The fields of a draft: files, those with a known role, and the others.
struct FieldGroups<'o> {
    files: Vec<&'o ObservedField>,
    roles: Vec<(Role, Vec<&'o ObservedField>)>,
    others: Vec<&'o ObservedField>,
}

/// Writes the profile.
pub fn draft(wanted: &DraftOptions, packets: &[Value]) -> String {
    let observed = Observations::of(packets);
    let sorted = sort(&observed);
    let goods = goods::observe(packets);
    let wanted = &DraftOptions {
        receive: hooks::with_events(&wanted.receive, packets),
        ..wanted.clone()
    };
    write::profile(wanted, packets.len(), (&sorted, goods.as_ref()))
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
        match codes::role(seen) {
            Some(role) => match sorted.roles.iter_mut().find(|(known, _)| *known == role) {
                Some((_, places)) => places.push(seen),
                None => sorted.roles.push((role, vec![seen])),
            },
            None => sorted.others.push(seen),
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
