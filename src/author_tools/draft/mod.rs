//! Writes a first profile from received submissions: finds the fields, recognises usual ones by
//! code or value, and writes a commented YAML file that compiles and delivers. Only the kind of a
//! value is used; no value gets into the file.

mod codes;
mod goods;
mod observe;
mod write;

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
    if has(Role::FullName) && (has(Role::FirstName) || has(Role::LastName)) {
        let whole = |(role, _): &(Role, Vec<&ObservedField>)| *role == Role::FullName;
        if let Some(at) = sorted.roles.iter().position(whole) {
            let (_, places) = sorted.roles.remove(at);
            sorted.others.extend(places);
        }
    }
    sorted.roles.sort_by_key(|(role, _)| *role);
    sorted
}
