//! Explains each key of `_pbx.yaml`, for editors. `*` stands for the name of a PBX.

use super::key::{Key, key};

/// Every key.
pub(super) const PEOPLE_KEYS: &[Key] = &[
    key(
        "*.default",
        "the ID of the employee for calls whose inner number belongs to nobody",
        "ID сотрудника для звонков, внутренний номер которых ничей",
    ),
    key(
        "*.employees",
        "the IDs of employees of the portal by the inner numbers of the PBX: `\"9022\": 6`",
        "ID сотрудников портала по внутренним номерам АТС: `\"9022\": 6`",
    ),
];

/// Returns a key by its path.
pub(super) fn of_path(path: &str) -> Option<&'static Key> {
    PEOPLE_KEYS.iter().find(|key| key.path == path)
}
