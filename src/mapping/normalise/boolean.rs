//! Yes and no.

use crate::domain::text::lower;

/// Parses yes or no; returns `None` for other text.
pub(crate) fn truth(text: &str) -> Option<bool> {
    read(text).map(|word| word == "Y")
}

/// Returns `Y` or `N`, as Bitrix24 writes them.
pub(super) fn read(text: &str) -> Option<&'static str> {
    let text = text.trim().trim_end_matches(['.', '!']);
    match lower(text).as_str() {
        "y" | "yes" | "true" | "1" | "on" | "checked" | "да" | "д" | "+" | "истина" | "вкл"
        | "согласен" | "согласна" | "✓" | "✔" | "✅" | "☑" => Some("Y"),
        "n"
        | "no"
        | "false"
        | "0"
        | "off"
        | "unchecked"
        | "нет"
        | "н"
        | "-"
        | "ложь"
        | "выкл"
        | "не согласен"
        | "не согласна"
        | "✗"
        | "❌"
        | "☐" => Some("N"),
        _ => None,
    }
}
