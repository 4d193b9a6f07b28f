//! Elements of lists and filters as other notations write them: `items.0.name`, `items[first]`,
//! `items[1..3]`, `[?(name == 'x')]`, `[?@.name == Tea]`.

use super::BadPath;
use super::mistakes::bad;
use super::simple::is_name_char;
use crate::domain::{Bilingual, bilingual};

/// Explains such a path. Returns `None` for any other.
pub(super) fn explain(text: &str) -> Option<BadPath> {
    chained(text)
        .or_else(|| compared(text))
        .or_else(|| parameter(text))
        .or_else(|| number(text))
        .or_else(|| word(text))
        .or_else(|| range(text))
        .or_else(|| filter(text))
        .or_else(|| sign_behind_name(text))
        .or_else(|| open_quote(text))
}

fn write(path: &str) -> Bilingual {
    bilingual!("write \"{path}\"", "напишите \"{path}\"")
}

/// `$.agree == 'on'`: a field takes a value, and tests nothing.
fn compared(text: &str) -> Option<BadPath> {
    let at = ["==", "!=", ">=", "<="]
        .iter()
        .find_map(|sign| text.find(sign))?;
    let path = text.get(..at)?.trim();
    let is_path = path.starts_with('$') && !path.contains(['[', '(', ' ', '&', '|']);
    if !is_path {
        return None;
    }
    let message = bilingual!(
        "a path only names the place of a value: tests belong in `when`",
        "путь называет только место значения: проверки пишут в `when`"
    );
    let advice = bilingual!("write `{path}`", "напишите `{path}`");
    Some(bad(text, at..text.len(), message, advice))
}

/// `$.page?utm_source`: a parameter of an address.
fn parameter(text: &str) -> Option<BadPath> {
    let (path, name) = text.split_once('?')?;
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if !path.starts_with('$') || path.contains(['[', ' ', '(']) || !is_name {
        return None;
    }
    let message = bilingual!(
        "a parameter of an address is no part of the path",
        "параметр адреса — не часть пути"
    );
    let advice = bilingual!(
        "write `{{ from: {path}, as: url, part: query.{name} }}`",
        "напишите `{{ from: {path}, as: url, part: query.{name} }}`"
    );
    Some(bad(text, path.len()..text.len(), message, advice))
}

/// `$.payment?.promo`: a path finds nothing anyway if a part is missing.
fn chained(text: &str) -> Option<BadPath> {
    let at = text.find("?.").filter(|_| !text.contains("[?"))?;
    let fixed = text.replace("?.", ".");
    let message = bilingual!(
        "`?.` is of another language: a part that is missing is no mistake here",
        "`?.` — запись другого языка: если части нет, это и так не ошибка"
    );
    Some(bad(text, at..at + 2, message, write(&fixed)))
}

/// `$.items.0.name`.
fn number(text: &str) -> Option<BadPath> {
    if text.contains(['?', '(', '=', '\'', '"', ' ']) {
        return None;
    }
    let mut at = 0;
    let mut fixed = String::new();
    let mut found = None;
    for (index, part) in text.split('.').enumerate() {
        let digits = part.split('[').next().unwrap_or(part);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && index > 0 {
            let rest = part.get(digits.len()..).unwrap_or_default();
            fixed.extend(["[", digits, "]", rest]);
            found.get_or_insert(at..at + digits.len());
        } else {
            if index > 0 {
                fixed.push('.');
            }
            fixed.push_str(part);
        }
        at += part.len() + 1;
    }
    let message = bilingual!(
        "the number of an element stands in square brackets",
        "номер элемента пишут в квадратных скобках"
    );
    Some(bad(text, found?, message, write(&fixed)))
}

/// `$.items[first].name`, `$.items[last]`.
fn word(text: &str) -> Option<BadPath> {
    let words = [
        ("first", "0"),
        ("last", "-1"),
        ("первый", "0"),
        ("последний", "-1"),
        ("any", "*"),
        ("all", "*"),
        ("все", "*"),
        ("n", "*"),
        ("i", "*"),
        ("", "*"),
    ];
    let lower = text.to_lowercase();
    let (at, length, right) = words.iter().find_map(|(word, right)| {
        let forms = [
            format!("[{word}]"),
            format!("[{word}()]"),
            format!("['{word}']"),
        ];
        // a member may be called `first`, and a path may have letters of any length
        let mut forms = forms.iter().take(if text.is_ascii() { 2 } else { 1 });
        forms.find_map(|form| Some((lower.find(form)?, form.len(), *right)))
    })?;
    let written = text.get(at..at + length)?;
    let fixed = text.replacen(written, &format!("[{right}]"), 1);
    let message = bilingual!(
        "`{written}` is no element: the first one is `[0]`, the last one `[-1]`, all of them `[*]`",
        "`{written}` — не элемент: первый — `[0]`, последний — `[-1]`, все — `[*]`"
    );
    Some(bad(text, at..at + written.len(), message, write(&fixed)))
}

/// `$.items[1..3]`, `$.items[0-2]`.
fn range(text: &str) -> Option<BadPath> {
    let at = text.find('[')?;
    let end = at + text.get(at..)?.find(']')?;
    let inside = text.get(at + 1..end)?;
    let (from, to) = ["...", "..", "-", "–"]
        .iter()
        .find_map(|sign| inside.split_once(sign))?;
    let (from, to): (u32, u32) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    let right = format!("[{from}:{}]", to.checked_add(1)?);
    let fixed = text.replacen(&format!("[{inside}]"), &right, 1);
    let message = bilingual!(
        "a range of elements has a colon, and its end is not part of it",
        "диапазон элементов пишут через двоеточие, конец в него не входит"
    );
    Some(bad(text, at..end + 1, message, write(&fixed)))
}

/// `[?(name == 'x')]`, `[?@.name == Tea]`, `[?(@.name = 'x')]`.
fn filter(text: &str) -> Option<BadPath> {
    let at = text.find("[?").or_else(|| text.find("[@"))?;
    let end = at + text.get(at..)?.rfind(']')?;
    let inside = text.get(at + 1..end)?.trim_start_matches('?').trim();
    let bare = inside
        .strip_prefix('(')
        .and_then(|inside| inside.strip_suffix(')'))
        .unwrap_or(inside)
        .trim();
    if bare.contains(['(', '&', '|', '[', '~']) {
        return None;
    }
    let (start, sign) = ["===", "!==", "==", "!=", "<>", "<=", ">=", "=", "<", ">"]
        .iter()
        .find_map(|sign| Some((bare.find(sign)?, *sign)))?;
    let name = bare.get(..start)?.trim();
    let value = bare.get(start + sign.len()..)?.trim();
    let member = name.trim_start_matches(['@', '$']).trim_start_matches('.');
    let is_name = !member.is_empty() && member.chars().all(|c| is_name_char(c) || c == '.');
    if !is_name || value.is_empty() {
        return None;
    }
    let is_literal = value.starts_with(['\'', '"', '@', '$'])
        || value.parse::<f64>().is_ok()
        || matches!(value, "true" | "false" | "null");
    let right = if is_literal {
        value.to_owned()
    } else {
        format!("'{}'", value.trim_matches(['«', '»', '“', '”']))
    };
    let written = sign;
    let sign = match written {
        "=" | "===" => "==",
        "!==" | "<>" => "!=",
        sign => sign,
    };
    let member = format!("@.{member}");
    let is_right = text.get(at..)?.starts_with("[?") && sign == written;
    if name == member && right == value && is_right {
        return None;
    }
    let fixed = format!(
        "{}[?{member} {sign} {right}]{}",
        text.get(..at)?,
        text.get(end + 1..)?
    );
    let message = bilingual!(
        "a filter has `@.` before the name, `==`, and quotes around a text",
        "в условии перед именем стоит `@.`, сравнивают знаком `==`, а текст берут в кавычки"
    );
    Some(bad(text, at..end + 1, message, write(&fixed)))
}

/// `$.order*`, `$.question?`.
fn sign_behind_name(text: &str) -> Option<BadPath> {
    let sign = text.chars().next_back()?;
    let bare = text.strip_suffix(['*', '?', '!'])?;
    let is_path = bare.starts_with('$')
        && bare
            .chars()
            .all(|c| is_name_char(c) || matches!(c, '$' | '.'))
        && bare.ends_with(is_name_char);
    if !is_path {
        return None;
    }
    let (parent, name) = bare.rsplit_once('.')?;
    let at = bare.len()..text.len();
    let advice = if sign == '*' {
        bilingual!(
            "write `{bare}`; all elements of a list are \"{bare}[*]\"",
            "напишите `{bare}`; все элементы списка — \"{bare}[*]\""
        )
    } else {
        bilingual!(
            "write \"{parent}['{name}{sign}']\" if the sign belongs to the question, else `{bare}`",
            "напишите \"{parent}['{name}{sign}']\", если знак — часть вопроса, иначе `{bare}`"
        )
    };
    let message = bilingual!("`{sign}` behind a name", "`{sign}` после имени");
    Some(bad(text, at, message, advice))
}

/// `$.data['firstname]`.
fn open_quote(text: &str) -> Option<BadPath> {
    let at = text.find(['\'', '"'])?;
    let quote = text.get(at..)?.chars().next()?;
    let is_alone = text.matches(quote).count() == 1;
    let inside = text.get(at + 1..)?.strip_suffix(']')?;
    if !is_alone || !text.get(..at)?.ends_with('[') {
        return None;
    }
    let head = text.get(..at)?;
    let fixed = format!("{head}'{inside}']");
    let message = bilingual!("a quote is not closed", "кавычка не закрыта");
    Some(bad(text, at..text.len(), message, write(&fixed)))
}

#[cfg(test)]
mod tests {
    use crate::domain::Lang;
    use crate::mapping::path::Path;

    #[test]
    fn the_advice_on_another_notation_is_a_path() {
        for (written, right) in [
            ("$.items.0.name", "$.items[0].name"),
            ("$.a.1[0].b", "$.a[1][0].b"),
            ("$.items[first].name", "$.items[0].name"),
            ("$.items[last]", "$.items[-1]"),
            ("$.items[LAST()].name", "$.items[-1].name"),
            ("$.items[@.name == 'x'].id", "$.items[?@.name == 'x'].id"),
            ("$.payment?.promo", "$.payment.promo"),
            ("$.items[1..3].name", "$.items[1:4].name"),
            ("$.items[?(name == 'x')].id", "$.items[?@.name == 'x'].id"),
            ("$.items[?@.name == Чай].id", "$.items[?@.name == 'Чай'].id"),
            ("$.items[?@.name = 'x'].id", "$.items[?@.name == 'x'].id"),
            ("$.items[?@.name === 'x'].id", "$.items[?@.name == 'x'].id"),
            ("$.items[?@.name <> 'x'].id", "$.items[?@.name != 'x'].id"),
            ("$.data['first]", "$.data['first']"),
        ] {
            let bad = Path::parse(written).unwrap_err();
            let advice = bad.advice.in_lang(Lang::En);
            assert_eq!(advice, format!("write \"{right}\""), "{written}");
            assert!(Path::parse(right).is_ok(), "{right}");
        }
        for written in ["$.order*", "$.data.question?"] {
            let bad = Path::parse(written).unwrap_err();
            assert!(bad.advice.in_lang(Lang::En).starts_with("write "));
        }
        for right in ["$.items[?(@.name == 'x')].id", "$.items[?@.n > 1]", "$.a.*"] {
            assert!(Path::parse(right).is_ok(), "{right}");
        }
    }
}
