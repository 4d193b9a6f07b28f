//! Remarks beside a person's name: `Петрова Анна (бухгалтер)`, `Иван, муж Марии`.

use super::parts::is_last_name_first;
use crate::domain::text::lower;

/// Words that begin a remark: relations and occupations. In a name they have a capital letter or
/// do not occur.
const REMARKS: &[&str] = &[
    "муж",
    "жена",
    "супруг",
    "супруга",
    "мама",
    "папа",
    "мать",
    "отец",
    "сын",
    "дочь",
    "дочка",
    "брат",
    "сестра",
    "бабушка",
    "дедушка",
    "тётя",
    "тетя",
    "дядя",
    "друг",
    "подруга",
    "представитель",
    "менеджер",
    "бухгалтер",
    "главбух",
    "директор",
    "гендиректор",
    "секретарь",
    "администратор",
    "юрист",
    "владелец",
    "клиент",
    "от",
    "для",
    "из",
    "по",
    "тел",
    "mother",
    "father",
    "wife",
    "husband",
    "manager",
    "accountant",
    "director",
    "from",
    "c/o",
];

/// Splits a text into the name and the remark beside it.
pub(super) fn split(text: &str) -> (String, Option<String>) {
    let mut name = String::with_capacity(text.len());
    let mut remarks: Vec<&str> = Vec::new();
    let mut rest = text;
    // brackets anywhere, also those that are not closed
    while let Some(at) = rest.find(['(', '[']) {
        let (before, from) = rest.split_at(at);
        if !before.is_empty() && !before.ends_with(char::is_whitespace) && from.starts_with('[') {
            // `$result[a]` is no remark
            let (word, after) = from.split_at(1);
            name.push_str(before);
            name.push_str(word);
            rest = after;
            continue;
        }
        name.push_str(before);
        let inside = from.get(1..).unwrap_or_default();
        let end = inside.find([')', ']']);
        let (remark, after) = inside.split_at(end.unwrap_or(inside.len()));
        remarks.push(remark.trim());
        rest = after.strip_prefix([')', ']']).unwrap_or(after);
        name.push(' ');
    }
    name.push_str(rest);
    let cut = end_of_name(&name);
    let behind = name.get(cut..).unwrap_or_default().to_owned();
    name.truncate(cut);
    let behind = behind.trim_matches(|c: char| c.is_whitespace() || is_divider(c));
    remarks.push(behind);
    remarks.retain(|remark| !remark.is_empty());
    if name.trim().is_empty() {
        // a remark alone is the name
        return (text.to_owned(), None);
    }
    (name, (!remarks.is_empty()).then(|| remarks.join("; ")))
}

fn is_divider(c: char) -> bool {
    matches!(
        c,
        ',' | ';' | '|' | '/' | '-' | '–' | '—' | ':' | '.' | '\n'
    )
}

/// Returns where the name ends and a remark begins.
fn end_of_name(name: &str) -> usize {
    let begins_with = |text: &str, is: fn(char) -> bool| text.trim_start().starts_with(is);
    // names that are typed in lower case do not show where a remark begins
    let is_capital = begins_with(name, char::is_uppercase);
    let mut words = 0;
    let mut after = 0;
    for word in name.split_whitespace() {
        let Some(found) = name.get(after..).and_then(|rest| rest.find(word)) else {
            break;
        };
        let at = after + found;
        after = at + word.len();
        if words > 0 {
            let bare = word.trim_end_matches(['.', ',', ':']);
            let rest = name.get(after..).unwrap_or_default();
            let is_dash = matches!(word, "-" | "–" | "—");
            let starts_lower = begins_with(rest, |c| c.is_lowercase() || c.is_ascii_digit());
            let is_end = (word.contains(['/', '|']) && word.chars().all(is_divider))
                || word.chars().any(|c| c.is_ascii_digit() || c == '@')
                || (is_dash && is_capital && starts_lower)
                || (is_capital && REMARKS.contains(&bare))
                || word.starts_with('+');
            if is_end {
                return at;
            }
        }
        words += 1;
        if word.ends_with([';', '|']) {
            return after - 1;
        }
        if word.ends_with(',') && ends_at_comma(name, after, words) {
            return after - 1;
        }
    }
    name.len()
}

/// Returns whether what follows a comma is a remark. `Smith, John`, `van der Berg, Jan` and `Гарсия
/// Лорка, Федерико` are names.
fn ends_at_comma(name: &str, at: usize, words: usize) -> bool {
    let rest = name.get(at..).unwrap_or_default().trim_start();
    let Some(first) = rest.chars().next() else {
        return false;
    };
    let word = rest.split_whitespace().next().unwrap_or_default();
    let is_known = REMARKS.contains(&lower(word.trim_end_matches(['.', ','])).as_str());
    let is_capital = name.trim_start().starts_with(char::is_uppercase);
    let is_lower = first.is_lowercase() && is_capital;
    let front = name.get(..at).unwrap_or_default().trim_end_matches(',');
    let is_list = words > 1 && !first.is_ascii_alphabetic() && !is_last_name_first(front, rest);
    is_known || is_list || (is_lower && words > 1) || first.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_no_part_of_the_name() {
        for (typed, name, remark) in [
            ("Иван (муж Марии)", "Иван", "муж Марии"),
            ("Петрова Анна (бухгалтер)", "Петрова Анна", "бухгалтер"),
            ("Анна (Петрова) Иванова", "Анна Иванова", "Петрова"),
            ("Анна [бухгалтер]", "Анна", "бухгалтер"),
            ("Анна (бухгалтер", "Анна", "бухгалтер"),
            ("Петрова Анна, бухгалтер", "Петрова Анна", "бухгалтер"),
            ("Петрова Анна, Бухгалтер", "Петрова Анна", "Бухгалтер"),
            ("Иван, муж Марии", "Иван", "муж Марии"),
            ("Петрова Анна, Москва", "Петрова Анна", "Москва"),
            ("Петрова Анна, ООО Ромашка", "Петрова Анна", "ООО Ромашка"),
            ("Петрова Ася, ИП", "Петрова Ася", "ИП"),
            ("Гарсия Лорка, Директор", "Гарсия Лорка", "Директор"),
            (
                "Гарсия Лорка, Федерико, муж Марии",
                "Гарсия Лорка, Федерико",
                "муж Марии",
            ),
            ("Петрова Анна - бухгалтер", "Петрова Анна", "бухгалтер"),
            ("Петрова Анна — бухгалтер", "Петрова Анна", "бухгалтер"),
            ("Анна / бухгалтер", "Анна", "бухгалтер"),
            ("Анна; звонить вечером", "Анна", "звонить вечером"),
            ("Анна | склад", "Анна", "склад"),
            ("Мария мама Ивана", "Мария", "мама Ивана"),
            ("Анна бухгалтер", "Анна", "бухгалтер"),
            ("Анна +7 904 123-45-67", "Анна", "+7 904 123-45-67"),
            ("Анна 89041234567", "Анна", "89041234567"),
            ("Анна anna@mail.example", "Анна", "anna@mail.example"),
            ("Иван 5 лет", "Иван", "5 лет"),
            ("Olga Petrova (accountant)", "Olga Petrova", "accountant"),
            ("Иван (муж) Петров (сын)", "Иван Петров", "муж; сын"),
        ] {
            let (found, beside) = split(typed);
            let found: Vec<&str> = found.split_whitespace().collect();
            assert_eq!(found.join(" "), name, "{typed}");
            assert_eq!(beside.as_deref(), Some(remark), "{typed}");
        }
        for name in [
            "Иванов Иван Иванович",
            "Smith, John",
            "van der Berg, Jan",
            "Салтыков - Щедрин Михаил",
            "салтыков - щедрин михаил",
            "иванов иван",
            "Иванов иван",
            "Ludwig van Beethoven",
            "О'Нил Анна-Мария",
            "(Анна)",
            "Анна,",
            "Petrova, Anna Ivanovna",
            "Гарсия Лорка, Федерико",
            "Салтыков Щедрин, Михаил",
            "Салтыков Щедрин, Михаил Евграфович",
            "САЛТЫКОВ ЩЕДРИН, МИХАИЛ",
            "Мамин Сибиряк, Анна-Мария",
            "{{x}} <b>a</b> $result[a]",
        ] {
            assert_eq!(split(name).1, None, "{name}");
        }
    }
}
