//! Yes and no.

use crate::domain::text::lower;

/// `Y` or `N`, as Bitrix24 writes them.
pub(super) fn read(text: &str) -> Option<&'static str> {
    match lower(text.trim()).as_str() {
        "y" | "yes" | "true" | "1" | "on" | "да" | "д" | "+" | "истина" | "вкл" => {
            Some("Y")
        }
        "n" | "no" | "false" | "0" | "off" | "нет" | "н" | "-" | "ложь" | "выкл" => {
            Some("N")
        }
        _ => None,
    }
}
