//! Separators that are written in words.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;

/// `separator: запятая`: the word would stand between the values.
pub(super) fn in_words(separator: &Text, problems: &mut Problems) {
    let written = separator.value.trim();
    let right = match written.to_lowercase().as_str() {
        "запятая" | "запятой" | "через запятую" | "comma" => "\", \"",
        "точка с запятой" | "точкой с запятой" | "semicolon" => "\"; \"",
        "пробел" | "пробелом" | "space" => "\" \"",
        "новая строка"
        | "с новой строки"
        | "перенос строки"
        | "перевод строки"
        | "newline"
        | "new line"
        | "enter"
        | "br"
        | "<br>"
        | "\\n" => "\"\\n\"",
        "тире" | "dash" => "\" — \"",
        "дефис" | "hyphen" => "\"-\"",
        "табуляция" | "tab" => "\"\\t\"",
        "черта" | "вертикальная черта" | "pipe" => "\" | \"",
        _ => return,
    };
    let message = bilingual!(
        "`{written}` itself would stand between the values",
        "между значениями будет стоять сам текст `{written}`"
    );
    let advice = bilingual!(
        "write `separator: {right}`",
        "напишите `separator: {right}`"
    );
    problems.warn(Code::WrongValue, &separator.place, message, advice);
}
