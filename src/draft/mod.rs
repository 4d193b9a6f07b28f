//! A first profile from packets that came in: what fields there are, which of them say by their usual codes
//! what they mean, and a commented YAML file that compiles and delivers. Values are looked at for their
//! kind only; none of them gets into the file.

mod codes;
mod observe;
mod write;

#[cfg(test)]
mod tests;

use serde_json::Value;

use self::codes::Role;
use self::observe::{Observations, ObservedField};
use crate::domain::Lang;

/// What a draft is for.
#[derive(Debug, Clone)]
pub struct DraftOptions {
    /// What stands after `receive:`, such as `{ polls: [123] }`.
    pub receive: String,
    /// The profile's name, which begins the titles of deals as well.
    pub name: String,
    /// The language of the comments.
    pub lang: Lang,
}

/// The fields of a draft by what they mean, and those whose meaning is for the author to say.
struct FieldGroups<'o> {
    roles: Vec<(Role, Vec<&'o ObservedField>)>,
    others: Vec<&'o ObservedField>,
}

/// Writes the profile.
pub fn draft(wanted: &DraftOptions, packets: &[Value]) -> String {
    let observed = Observations::of(packets);
    let sorted = sort(&observed);
    write::profile(wanted, packets.len(), &sorted)
}

/// Several places of one meaning stand together, in the order in which they were met; a name that is split
/// already needs no splitting.
fn sort(observed: &Observations) -> FieldGroups<'_> {
    let mut sorted = FieldGroups {
        roles: Vec::new(),
        others: Vec::new(),
    };
    for seen in observed.seen() {
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
