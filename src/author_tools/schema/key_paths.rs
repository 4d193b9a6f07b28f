//! Finds the keys of profiles by their paths.

use super::key::Key;
use super::keys::KEYS;
use super::then_keys::THEN_KEYS;

/// Returns every key of a profile, in the order of the reference.
pub fn all_keys() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().chain(THEN_KEYS)
}

/// Returns a key by its path. Leads and items have the keys of deals, and all CRM fields the same
/// keys.
pub(crate) fn of_path(path: &str) -> Option<&'static Key> {
    let exact = |path: &str| all_keys().find(|key| key.path == path);
    exact(path)
        .or_else(|| exact(&path.replacen("lead.", "deal.", 1)))
        .or_else(|| exact(&path.replacen("item.", "deal.", 1)))
        .or_else(|| {
            let (_, name) = path.split_once(".fields.*.")?;
            exact(&format!("contact.fields.*.{name}"))
        })
        .or_else(|| {
            // a value of a row is written like a value of `fields`
            let (_, name) = path.split_once(".products.")?;
            let (_, key) = name.split_once('.')?;
            exact(&format!("fields.*.{key}"))
        })
        .or_else(|| {
            // choices are written alike, and their rows like single values
            let (_, key) = path.rsplit_once('.')?;
            match key {
                "by" | "map" | "default" => exact(&format!("deal.stage.{key}")),
                "in_turn" => exact("deal.responsible.in_turn"),
                _ => None,
            }
        })
}
