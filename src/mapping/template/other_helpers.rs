//! Helpers of other languages, and what is written here in their place.

use handlebars::Path;
use handlebars::template::{HelperTemplate, Parameter};

use crate::authoring::Normaliser;
use crate::authoring::problem::ProfileFacts;
use crate::domain::{Bilingual, bilingual};

/// Returns advice on a helper that does not exist but is known from elsewhere.
pub(super) fn advice(word: &str, call: &HelperTemplate, facts: &ProfileFacts) -> Option<Bilingual> {
    let values: Vec<String> = call.params.iter().filter_map(written).collect();
    let first = values.first().map_or("name", String::as_str);
    let lower = word.to_lowercase();
    let is_number = matches!(
        facts.form_of(first),
        Some(Normaliser::Money | Normaliser::Integer)
    );
    let fixed = match lower.as_str() {
        "now" | "today" | "сегодня" | "сейчас" | "current_date" | "текдата" => {
            let format = values.iter().find(|value| value.contains('%'));
            let format = format.map_or("\"%d.%m.%Y\"", String::as_str);
            format!("{{{{date received_at {format}}}}}")
        }
        "format" if is_number => return in_words("number", first, &values),
        "concat" | "concatenate" | "cat" | "append" | "сцепить" | "strcat" | "plus" => {
            joined(&values)
        }
        "substr" | "substring" | "left" | "mid" | "slice" | "limit" | "cut" | "head" | "crop"
        | "ellipsis" | "shorten" | "лев" | "левсимв" => {
            let is_number = |value: &&String| value.bytes().all(|byte| byte.is_ascii_digit());
            let number = values.iter().rev().find(is_number);
            let number = number.map_or("100", String::as_str);
            format!("{{{{truncate {first} {number}}}}}")
        }
        "uppercase" | "touppercase" | "toupper" | "upcase" | "ucase" | "up" | "прописн" => {
            format!("{{{{upper {first}}}}}")
        }
        "lowercase" | "tolowercase" | "tolower" | "downcase" | "lcase" | "low" | "строчн" => {
            format!("{{{{lower {first}}}}}")
        }
        "strip" | "clean" | "сжпробелы" => format!("{{{{trim {first}}}}}"),
        "format" | "dateformat" | "formatdate" | "date_format" | "strftime" | "moment"
        | "todate" | "datetime" | "дата" => {
            format!("{{{{date {first} \"%d.%m.%Y\"}}}}")
        }
        "implode" | "list" | "объединить" => format!("{{{{join {first} \", \"}}}}"),
        "coalesce" | "ifnull" | "nvl" | "fallback" | "firstnonempty" | "def" | "orelse" => {
            let other = values.get(1).map_or("\"нет\"", String::as_str);
            format!("{{{{default {first} {other}}}}}")
        }
        "tojson" | "to_json" | "json_encode" | "stringify" => format!("{{{{json {first}}}}}"),
        "onlydigits" | "numbers" => format!("{{{{digits {first}}}}}"),
        "escape" | "safe" | "raw" | "html" | "e" | "text" | "tostring" | "string" => {
            format!("{{{{{first}}}}}")
        }
        "если" => format!("{{{{#if {first}}}}}…{{{{/if}}}}"),
        "еслинет" | "ifnot" => format!("{{{{#unless {first}}}}}…{{{{/unless}}}}"),
        "ifeq" | "if_eq" | "ifequals" | "ifequal" | "equals" | "equal" | "is" | "compare"
        | "ifcond" | "switch" | "case" | "==" => equal("eq", &values),
        "neq" | "noteq" | "notequals" | "ifnotequals" | "ifneq" | "unlesseq" | "isnt" | "!=" => {
            equal("ne", &values)
        }
        _ => {
            let chosen = chosen(&lower, first, &values);
            return chosen.or_else(|| in_words(&lower, first, &values));
        }
    };
    Some(bilingual!("write `{fixed}`", "напишите `{fixed}`"))
}

/// Helpers that choose between two texts, or write a phone number in another way.
fn chosen(word: &str, first: &str, values: &[String]) -> Option<Bilingual> {
    let text = |index: usize| {
        let text = values.get(index).map_or("…", String::as_str);
        text.trim_matches('"').to_owned()
    };
    let fixed = match word {
        "ifelse" | "iif" | "ternary" | "choose" | "cond" | "when" | "bool" => {
            let (yes, no) = (text(1), text(2));
            format!("{{{{#if {first}}}}}{yes}{{{{else}}}}{no}{{{{/if}}}}")
        }
        "phone" | "format_phone" | "formatphone" | "phone_format" | "formatphonenumber" => {
            format!("{{{{{first}}}}}")
        }
        _ => return None,
    };
    Some(bilingual!("write `{fixed}`", "напишите `{fixed}`"))
}

/// What templates cannot do, and where it is done.
fn in_words(word: &str, first: &str, values: &[String]) -> Option<Bilingual> {
    Some(match word {
        "add" | "sub" | "subtract" | "minus" | "mul" | "multiply" | "times" | "div" | "divide"
        | "mod" | "sum" | "math" | "calc" | "сумм" | "abs" => bilingual!(
            "templates do not calculate: write `{{{{{first}}}}}`, or let the form send the result",
            "шаблоны не считают: напишите `{{{{{first}}}}}` или пусть готовое число пришлёт форма"
        ),
        "round" | "number" | "currency" | "money" | "tofixed" | "formatnumber"
        | "number_format" | "numberformat" | "ceil" | "floor" | "округл" | "int" => {
            bilingual!(
                "numbers have no format here: write `{{{{{first}}}}}`; `as: money` in `fields` reads any spelling",
                "форматов чисел здесь нет: напишите `{{{{{first}}}}}`; `as: money` в `fields` понимает любую запись"
            )
        }
        "gt" | "lt" | "gte" | "lte" | "ge" | "le" | "greater" | "less" | "more" => {
            let sign = match word {
                "lt" | "less" => "<",
                "lte" | "le" => "<=",
                "gte" | "ge" => ">=",
                _ => ">",
            };
            let number = values.get(1).map_or("1000", String::as_str);
            numbers(first, sign, number, "…")
        }
        "capitalize" | "ucfirst" | "title" | "titlecase" | "proper" | "пропнач" => {
            bilingual!(
                "write `{{{{{first}}}}}`, and `as: name` at the field in `fields` for capital letters of a name",
                "напишите `{{{{{first}}}}}`, а заглавные буквы имени даёт `as: name` у поля в `fields`"
            )
        }
        "contains" | "includes" | "startswith" | "starts_with" | "endswith" | "ends_with"
        | "in" | "has" | "match" | "matches" | "содержит" => bilingual!(
            "parts of a text are looked for in a condition: `fields: {{ mark: {{ value: \"…\", when: \"search($.{first}, '…')\" }} }}`; then write `{{{{mark}}}}`",
            "часть текста ищут в условии: `fields: {{ mark: {{ value: \"…\", when: \"search($.{first}, '…')\" }} }}`; затем напишите `{{{{mark}}}}`"
        ),
        "set" | "assign" | "let" | "var" | "with" => bilingual!(
            "templates have no variables: declare a field with `value: \"…\"` in `fields`",
            "переменных в шаблонах нет: заведите в `fields` поле с `value: \"…\"`"
        ),
        "split" | "explode" => bilingual!(
            "templates split nothing: a field with `as: split` has the parts of a text, one with `as: name` has `.first` and `.last`",
            "шаблоны не делят текст: части текста даёт поле с `as: split`, имя и фамилию — `.first` и `.last` поля с `as: name`"
        ),
        "replace" | "regexreplace" | "подставить" | "translate" | "map" => {
            bilingual!(
                "templates replace nothing: give the field a `map` in `fields`, and write `{{{{{first}}}}}`",
                "замен в шаблонах нет: задайте полю `map` в `fields` и напишите `{{{{{first}}}}}`"
            )
        }
        "length" | "len" | "count" | "size" | "длстр" => bilingual!(
            "templates do not count: write `{{{{{first}}}}}`",
            "шаблоны не считают: напишите `{{{{{first}}}}}`"
        ),
        "first" | "last" | "lookup" | "get" | "element" | "at" | "nth" => bilingual!(
            "a field of its own reads one value: `fields: {{ one: \"$.{first}[0]\" }}`; then write `{{{{one}}}}`",
            "одно значение списка читает отдельное поле: `fields: {{ one: \"$.{first}[0]\" }}`; затем `{{{{one}}}}`"
        ),
        _ => return None,
    })
}

/// Advice on comparing a field with a number, which only conditions do.
pub(super) fn numbers(field: &str, sign: &str, number: &str, text: &str) -> Bilingual {
    let text = if text.trim().is_empty() { "…" } else { text };
    bilingual!(
        "numbers are compared in a condition: declare `fields: {{ mark: {{ value: \"{text}\", when: {{ {field}: \"{sign} {number}\" }} }} }}` and write `{{{{mark}}}}`",
        "числа сравнивают в условии: опишите `fields: {{ mark: {{ value: \"{text}\", when: {{ {field}: \"{sign} {number}\" }} }} }}` и напишите `{{{{mark}}}}`"
    )
}

/// `concat kind ", " city`.
fn joined(values: &[String]) -> String {
    let mut template = String::new();
    for value in values {
        if let Some(text) = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            template.push_str(text);
        } else {
            template.extend(["{{", value, "}}"]);
        }
    }
    template
}

/// `#ifEquals kind "x"`.
fn equal(helper: &str, values: &[String]) -> String {
    // `#compare kind "==" "x"`
    let operands: Vec<&str> = values
        .iter()
        .map(String::as_str)
        .filter(|value| !value.trim_matches('"').chars().all(|c| "=!<>".contains(c)))
        .collect();
    let left = operands.first().copied().unwrap_or("name");
    let right = operands.get(1).copied().unwrap_or("\"да\"");
    format!("{{{{#if ({helper} {left} {right})}}}}…{{{{/if}}}}")
}

/// Returns a parameter as it is written.
pub(super) fn written(parameter: &Parameter) -> Option<String> {
    match parameter {
        Parameter::Name(word) => Some(word.clone()),
        Parameter::Path(Path::Relative((_, word)) | Path::Local((_, _, word))) => {
            Some(word.clone())
        }
        Parameter::Literal(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns the letter of a format that another one means: `м` is `m`, and `M` behind the hour.
fn in_english(letter: char, before: &str) -> char {
    match letter {
        'м' | 'М' | 'i' if before.contains("%H") => 'M',
        'м' | 'М' => 'm',
        'д' | 'Д' => 'd',
        'г' | 'Г' | 'У' => 'Y',
        'у' => 'y',
        'ч' | 'Ч' | 'Н' => 'H',
        'с' | 'С' => 'S',
        other => other,
    }
}

/// Returns a format of other languages as one of here: `ДД.ММ.ГГГГ` is `%d.%m.%Y`.
pub(super) fn date_format(written: &str) -> String {
    let mut format = String::new();
    let letters: Vec<char> = written.chars().collect();
    let mut at = 0;
    let has_long = letters
        .windows(2)
        .any(|pair| matches!(pair, [one, other] if one == other && one.is_alphabetic()));
    while let Some(&c) = letters.get(at) {
        let length = letters
            .iter()
            .skip(at)
            .take_while(|other| **other == c)
            .count();
        let is_time = format.contains("%H");
        let part = match c {
            '%' => {
                // already one of here, but for its letter
                let next = letters.get(at + 1);
                at += 1 + usize::from(next.is_some());
                format.push('%');
                let letter = next.map(|letter| in_english(*letter, &format));
                format.extend(letter);
                continue;
            }
            'd' | 'D' | 'Д' | 'д' | 'j' => "%d",
            'i' => "%M",
            'm' | 'M' | 'М' | 'м' if is_time => "%M",
            'm' | 'M' | 'М' | 'м' | 'n' => "%m",
            'y' if length < 3 && (length == 2 || !has_long) => "%y",
            'y' | 'Y' | 'Г' | 'г' if length == 2 => "%y",
            'y' | 'Y' | 'Г' | 'г' => "%Y",
            'h' | 'H' | 'Ч' | 'ч' | 'G' => "%H",
            's' | 'S' | 'с' | 'С' => "%S",
            '$' => {
                at += 1;
                continue;
            }
            other => {
                format.push(other);
                at += 1;
                continue;
            }
        };
        format.push_str(part);
        at += length;
    }
    if format.contains('%') && format.len() < 60 && !format.contains(['"', '{', '}']) {
        format
    } else {
        "%d.%m.%Y".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_other_languages_are_written_as_they_should_be() {
        for (written, right) in [
            ("ДД.ММ.ГГГГ", "%d.%m.%Y"),
            ("дд.мм.гггг", "%d.%m.%Y"),
            ("dd.mm.yyyy", "%d.%m.%Y"),
            ("DD.MM.YYYY", "%d.%m.%Y"),
            ("d.m.Y", "%d.%m.%Y"),
            ("d.m.y", "%d.%m.%y"),
            ("YYYY-MM-DD", "%Y-%m-%d"),
            ("dd.MM.yy", "%d.%m.%y"),
            ("dd.MM.yyyy HH:mm", "%d.%m.%Y %H:%M"),
            ("d.m.Y H:i", "%d.%m.%Y %H:%M"),
            ("ДД.ММ.ГГ ЧЧ:ММ", "%d.%m.%y %H:%M"),
            ("%d.%m.%Y", "%d.%m.%Y"),
            ("%д.%м.%г", "%d.%m.%Y"),
            ("%d.%м.%Y %Н:%М", "%d.%m.%Y %H:%M"),
            ("%H:%i", "%H:%M"),
            ("$d.$m.$Y", "%d.%m.%Y"),
            ("русский", "%d.%m.%Y"),
            ("", "%d.%m.%Y"),
        ] {
            let found = date_format(written);
            if written == "русский" {
                assert!(found.contains('%'), "{found}");
            } else {
                assert_eq!(found, right, "{written}");
            }
        }
    }
}
