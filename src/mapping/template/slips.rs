//! Tags with a sign too many or too few, sums and formats: what a template cannot do, or what a slip
//! of the keyboard left.

use super::mistakes::{Mistake, Tag};
use super::other_helpers;
use super::scan::is_name;
use crate::authoring::Normaliser;
use crate::domain::bilingual;

/// Longer corrected texts are not shown, in characters.
const LONGEST: usize = 160;

impl Tag<'_> {
    /// `{{kind}, {city}}`: one brace is missing at both sides.
    pub(super) fn one_brace(&self, tag: &str) -> Option<Mistake> {
        let inside = self.inside;
        if !inside.contains('}') || !inside.contains('{') || inside.contains("{{") {
            return None;
        }
        let mut names = 0;
        let mut fixed = String::new();
        let mut rest = tag;
        while let Some(open) = rest.find('{') {
            fixed.push_str(rest.get(..open)?);
            rest = rest.get(open..)?.trim_start_matches('{');
            let close = rest.find('}')?;
            let name = rest.get(..close)?.trim();
            if !is_name(name) {
                return None;
            }
            names += 1;
            fixed.extend(["{{", name, "}}"]);
            rest = rest.get(close..)?.trim_start_matches('}');
        }
        fixed.push_str(rest);
        let message = bilingual!(
            "each name has two braces at both sides",
            "у каждого имени по две скобки с обеих сторон"
        );
        (names > 1).then(|| Mistake::with(message, &fixed))
    }

    /// `#each items as item`, `#each item in items`: a row has no name.
    pub(super) fn named_row(&self) -> Option<Mistake> {
        let words = self.inside.strip_prefix("#each ")?;
        let parts: Vec<&str> = words.split_whitespace().collect();
        let (list, row) = match parts.as_slice() {
            [list, "as", row] | [row, "in" | "of", list] => (*list, *row),
            _ => return None,
        };
        let row = row.trim_matches('|');
        if !is_name(list) || !is_name(row) {
            return None;
        }
        let body = self.behind.split("{{/each}}").next().unwrap_or_default();
        let body = body
            .replace(&format!("{{{{{row}."), "{{")
            .replace(&format!("{{{{{row}}}}}"), "{{this}}");
        let whole = format!("{{{{#each {list}}}}}{body}{{{{/each}}}}");
        let fixed = if whole.chars().count() <= LONGEST && !body.is_empty() {
            whole
        } else {
            format!("{{{{#each {list}}}}}")
        };
        let message = bilingual!(
            "a row of a loop has no name: a name in the loop is a member of the row",
            "у строки повтора нет имени: имя внутри повтора — поле самой строки"
        );
        Some(Mistake::with(message, &fixed))
    }

    /// `#if sum > 1000`, `#if (gt sum 1000)`: only conditions compare numbers.
    pub(super) fn number(&self) -> Option<Mistake> {
        let test = self.inside.strip_prefix("#if ")?.trim();
        let bare = test
            .strip_prefix('(')
            .and_then(|test| test.strip_suffix(')'))
            .unwrap_or(test)
            .trim();
        let by_word = || {
            let (word, rest) = bare.split_once(' ')?;
            let sign = match word {
                "gt" | "greater" => ">",
                "gte" | "ge" => ">=",
                "lt" | "less" => "<",
                "lte" | "le" => "<=",
                _ => return None,
            };
            let (name, number) = rest.trim().split_once(' ')?;
            Some((name, sign, number))
        };
        let by_sign = || {
            let at = bare.find(['<', '>'])?;
            let (name, rest) = bare.split_at_checked(at)?;
            let sign = if rest.get(1..2) == Some("=") {
                rest.get(..2)?
            } else {
                rest.get(..1)?
            };
            Some((name, sign, rest.get(sign.len()..)?))
        };
        let (name, sign, number) = by_word().or_else(by_sign)?;
        let number = number.trim().trim_matches(['"', '\'']);
        let name = name.trim();
        if !is_name(name) || number.is_empty() || number.starts_with('>') {
            return None;
        }
        let shown = self.behind.split("{{").next().unwrap_or_default();
        let message = bilingual!(
            "a template does not compare numbers",
            "числа в шаблоне не сравнивают"
        );
        Some(Mistake {
            message,
            advice: other_helpers::numbers(name, sign, number, shown.trim()),
        })
    }

    /// `sum * 2`.
    pub(super) fn calculated(&self) -> Option<Mistake> {
        let at = self.inside.find(['*', '/', '+', '-', '%'])?;
        let (name, rest) = self.inside.split_at_checked(at)?;
        let name = name.trim();
        let right: String = rest.chars().skip(1).collect();
        let right = right.trim();
        let number = right.trim_end_matches('%').trim().replace(',', ".");
        let is_number = number.parse::<f64>().is_ok();
        let is_sum = is_number
            || (right
                .split(['*', '/', '+', '-'])
                .all(|word| self.is_known(word.trim()))
                && rest.starts_with(['*', '/', '-']));
        if !is_sum || !self.is_known(name) {
            return None;
        }
        let message = bilingual!("templates do not calculate", "шаблоны не считают");
        let advice = bilingual!(
            "write `{{{{{name}}}}}`; a result must come from the form as a value of its own",
            "напишите `{{{{{name}}}}}`; готовое число должна прислать форма отдельным полем"
        );
        Some(Mistake { message, advice })
    }

    /// `#elif grade`, `#else if grade`, `^comment`: conditions of other languages.
    pub(super) fn other_else(&self) -> Option<Mistake> {
        if let Some(name) = self.inside.strip_prefix('^') {
            let name = name.trim();
            let message = bilingual!(
                "`^` belongs to another template language",
                "`^` — запись другого языка шаблонов"
            );
            let fixed = format!("{{{{#unless {name}}}}}…{{{{/unless}}}}");
            return is_name(name).then(|| Mistake::with(message, &fixed));
        }
        let bare = self.inside.trim_start_matches('#').trim_start();
        let words = [
            "elif ",
            "elsif ",
            "elseif ",
            "else if ",
            "иначе если ",
            "elsif:",
        ];
        let rest = words.iter().find_map(|word| bare.strip_prefix(word))?;
        // templates know these two
        if self.inside.starts_with("else") && !self.inside.starts_with("elsif") {
            return None;
        }
        let message = bilingual!(
            "another condition stands behind `else if`",
            "следующее условие пишут после `else if`"
        );
        let rest = rest.trim();
        Some(Mistake::with(message, &format!("{{{{else if {rest}}}}}")))
    }

    /// `#if !agree`, `#if phone && email`, `#if phone and email`: tests stand in round brackets.
    pub(super) fn joined_tests(&self) -> Option<Mistake> {
        let (word, test) = self.inside.strip_prefix('#')?.split_once(' ')?;
        let test = test.trim();
        if !matches!(word, "if" | "unless") || test.contains(['(', '=', '<', '>', '"', '\'']) {
            return None;
        }
        let message = bilingual!(
            "tests of a template are helpers in round brackets",
            "проверки в шаблоне пишут в круглых скобках, помощником впереди"
        );
        let helper = |name: &str| match name.trim().strip_prefix('!') {
            Some(name) => format!("(not {})", name.trim()),
            None => name.trim().to_owned(),
        };
        let is_field = |name: &str| is_name(name.trim().trim_start_matches('!').trim());
        if test.starts_with('!') && is_field(test) {
            let right = helper(test);
            return Some(Mistake::with(message, &format!("{{{{#{word} {right}}}}}")));
        }
        let signs = [
            (" && ", "and"),
            ("&&", "and"),
            (" and ", "and"),
            (" и ", "and"),
            (" || ", "or"),
            ("||", "or"),
            (" or ", "or"),
            (" или ", "or"),
        ];
        let (sign, joint) = signs.iter().find(|(sign, _)| test.contains(sign))?;
        let (left, right) = test.split_once(sign)?;
        if !is_field(left) || !is_field(right) {
            return None;
        }
        let (left, right) = (helper(left), helper(right));
        let fixed = format!("{{{{#{word} ({joint} {left} {right})}}}}");
        Some(Mistake::with(message, &fixed))
    }

    /// `default school не указана`, `date day %d.%m.%Y`: a text without its quotes.
    pub(super) fn unquoted(&self) -> Option<Mistake> {
        let (helper, rest) = self.inside.split_once(' ')?;
        let (name, text) = rest.trim().split_once(' ')?;
        let text = text.trim();
        if text.is_empty() || text.contains(['"', '\'', '(', '“', '”', '«', ',', '=']) {
            return None;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_text = match helper {
            "default" => {
                words.len() > 1 && !words.iter().any(|word| self.is_known(word))
                    || words.len() == 1 && !self.is_known(text) && !text.is_ascii()
            }
            "date" => text.starts_with('%'),
            _ => false,
        };
        if !is_text || !self.is_known(name) {
            return None;
        }
        let message = bilingual!(
            "a text in a tag stands in quotes",
            "текст внутри тега берут в кавычки"
        );
        Some(Mistake::with(
            message,
            &format!("{{{{{helper} {name} \"{text}\"}}}}"),
        ))
    }

    /// `sum:,.2f`, `day:dd.mm.yyyy`: a format behind a colon.
    pub(super) fn format(&self) -> Option<Mistake> {
        let (name, format) = self.inside.split_once(':')?;
        let (name, format) = (name.trim(), format.trim().trim_matches(['"', '\'']));
        if !self.is_known(name) {
            return None;
        }
        let forms = &self.problems.facts.forms;
        let form = forms.iter().find(|(field, _)| field == name);
        let is_date = matches!(form, Some((_, Normaliser::Date | Normaliser::Datetime)))
            || format.contains(['%', 'Y', 'y', 'Г', 'г']);
        let message = bilingual!(
            "`:{format}` is a format of another language",
            "`:{format}` — формат другого языка"
        );
        if is_date {
            let format = other_helpers::date_format(format);
            return Some(Mistake::with(
                message,
                &format!("{{{{date {name} \"{format}\"}}}}"),
            ));
        }
        let advice = bilingual!(
            "write `{{{{{name}}}}}`: numbers and texts have no formats here",
            "напишите `{{{{{name}}}}}`: форматов чисел и текстов здесь нет"
        );
        Some(Mistake { message, advice })
    }

    /// `city.`, `city,`: a sign behind the name.
    pub(super) fn dotted(&self) -> Option<Mistake> {
        let name = self
            .inside
            .trim_matches(['.', ',', ';', ':', '!', '?', ' ']);
        if name == self.inside || !self.is_known(name) {
            return None;
        }
        let message = bilingual!(
            "a sign too many beside the name",
            "лишний знак рядом с именем"
        );
        Some(Mistake::with(message, &format!("{{{{{name}}}}}")))
    }

    /// `fio first`: a part of a field.
    pub(super) fn part(&self) -> Option<Mistake> {
        let (field, part) = self.inside.split_once(' ')?;
        let part = part.trim();
        if !self.is_known(&format!("{field}.{part}")) || self.is_known(part) {
            return None;
        }
        let message = bilingual!(
            "a part stands behind a point",
            "часть поля пишут через точку"
        );
        Some(Mistake::with(message, &format!("{{{{{field}.{part}}}}}")))
    }
}

/// `topic.default('нет')`, `default('нет')`.
pub(super) fn default_call(head: &str, arguments: &str) -> Option<Mistake> {
    let arguments = arguments.trim();
    let message = bilingual!(
        "`default` is a helper: the field stands behind it, and then the text",
        "`default` — помощник: после него пишут поле, а потом текст"
    );
    if let Some((name, "default" | "or" | "orElse")) = head.split_once('.') {
        let fixed = format!("{{{{default {name} {arguments}}}}}");
        return (!arguments.is_empty()).then(|| Mistake::with(message, &fixed));
    }
    let is_alone = head == "default" && !arguments.contains(',');
    is_alone.then(|| Mistake {
        message,
        advice: bilingual!(
            "name the field, such as `city`: `{{{{default city {arguments}}}}}`",
            "назовите поле, например `city`: `{{{{default city {arguments}}}}}`"
        ),
    })
}
