//! `when` of a block or a field, compiled.

use super::fields::PACKET;
use crate::authoring::OF_HEADER;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::condition::{RawCondition, RawTest};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::condition::{Condition, ConditionTest, ExpectedValue};
use crate::mapping::path::When;
use crate::mapping::template::BUILT_IN;

/// Compiles a condition; without one, it always holds.
pub(super) fn compile(
    raw: Option<&RawCondition>,
    declared: &[&str],
    problems: &mut Problems,
) -> Condition {
    let tests = raw.iter().flat_map(|raw| &raw.tests);
    Condition::new(
        tests
            .filter_map(|test| match test {
                RawTest::Packet(text)
                    if template(text, declared, problems)
                        || bare_name(text, declared, problems) =>
                {
                    None
                }
                RawTest::Packet(text) => packet(text, problems).map(ConditionTest::Packet),
                RawTest::Field { name, wanted } => field(name, wanted, declared, problems),
            })
            .collect(),
    )
}

/// Compiles a test of the packet.
pub(super) fn packet(text: &Text, problems: &mut Problems) -> Option<When> {
    if rootless(text, problems) || value_of_step(text, problems) || no_test(text, problems) {
        return None;
    }
    When::parse(&text.value)
        .map_err(|bad| {
            let lead = text.value.chars().take_while(|c| c.is_whitespace()).count();
            let place = text.part(lead + bad.offset, bad.length);
            problems.error(Code::BadPath, &place, bad.message, bad.advice);
        })
        .ok()
        .inspect(|when| {
            super::fields::odd_character(text, problems);
            top_of_poll(text, problems);
            with_unit(text, problems);
            if when.can_explode() {
                super::fields::costly(text, problems);
            }
        })
}

fn field(
    name: &Text,
    wanted: &[Text],
    declared: &[&str],
    problems: &mut Problems,
) -> Option<ConditionTest> {
    let word = name.value.as_str();
    let Some(index) = declared.iter().position(|declared| *declared == word) else {
        let message = bilingual!("there is no field `{word}`", "нет поля `{word}`");
        let bare = word.trim_matches(['{', '}', ' ']);
        let advice = if word.starts_with("{{") && declared.contains(&bare) {
            bilingual!("write `{bare}: …`", "напишите `{bare}: …`")
        } else if let Some(advice) = of_step(word) {
            advice
        } else if word.starts_with("steps.") {
            bilingual!(
                "results of steps are known in `then` only: move this to a step there",
                "результаты шагов известны только в `then`: перенесите это в шаг"
            )
        } else if BUILT_IN.contains(&word) {
            bilingual!(
                "a condition tests fields: declare `fields: {{ own_{word}: {{ value: \"{{{{{word}}}}}\" }} }}` and write `own_{word}: …`",
                "в условии проверяют поля: опишите `fields: {{ own_{word}: {{ value: \"{{{{{word}}}}}\" }} }}` и напишите `own_{word}: …`"
            )
        } else if let Some(near) = suggest::nearest(word, declared.iter().copied()) {
            suggest::meant_by(word, near)
        } else if let Some((field, test)) = test_of_path(word, wanted, problems) {
            match field {
                Some(field) => bilingual!("write `{field}`", "напишите `{field}`"),
                None => bilingual!("write `when: {test}`", "напишите `when: {test}`"),
            }
        } else {
            let path = problems.facts.path_of(word);
            bilingual!(
                "declare it under `fields`, or test the packet: `when: {path} == 'x'`",
                "опишите его в `fields` или проверьте сам пакет: `when: {path} == 'x'`"
            )
        };
        problems.error(Code::UnknownField, &name.place, message, advice);
        return None;
    };
    let wanted = self::wanted(wanted, problems);
    Some(ConditionTest::Field { index, wanted })
}

/// What is read otherwise than it looks: `yes`, `or` between tests, `@.city == 'x'`, `$.sum > 1,5`.
fn no_test(text: &Text, problems: &mut Problems) -> bool {
    let value = text.value.trim();
    let lower = value.to_lowercase();
    let (message, advice) = if matches!(
        lower.as_str(),
        "true" | "yes" | "да" | "on" | "false" | "no" | "нет" | "off"
    ) {
        (
            bilingual!(
                "`{value}` is read as the path of a value, not as a condition",
                "`{value}` читается как путь к значению, а не как условие"
            ),
            bilingual!(
                "remove `when`, or name a field: `when: {{ agree: да }}`",
                "уберите `when` или назовите поле: `when: {{ agree: да }}`"
            ),
        )
    } else if matches!(lower.as_str(), "or" | "and" | "или" | "и" | "||" | "&&") {
        (
            bilingual!(
                "a list of conditions has no `{value}`: all of them must hold",
                "в списке условий нет слова `{value}`: нужны все условия списка"
            ),
            bilingual!(
                "for one of several write a single test: `when: \"$.a == 1 || $.b == 2\"`",
                "если достаточно одного, напишите одно условие: `when: \"$.a == 1 || $.b == 2\"`"
            ),
        )
    } else if let Some(fixed) = from_root(value) {
        (
            bilingual!(
                "`@` is for tests in square brackets: a test begins with `$`",
                "`@` пишут в условиях в квадратных скобках: здесь путь начинается с `$`"
            ),
            bilingual!("write \"{fixed}\"", "напишите \"{fixed}\""),
        )
    } else if let Some(fixed) = with_point(value) {
        (
            bilingual!(
                "a number has a point, and no comma",
                "дробную часть числа отделяет точка, а не запятая"
            ),
            bilingual!("write \"{fixed}\"", "напишите \"{fixed}\""),
        )
    } else {
        return false;
    };
    problems.error(Code::BadPath, &text.place, message, advice);
    true
}

/// `@.city == 'x'` outside of brackets: returns it with `$`.
fn from_root(test: &str) -> Option<String> {
    let begins = test.starts_with("@.");
    let joined = ["&& @.", "|| @.", "!@.", "(@."]
        .iter()
        .any(|part| test.contains(part));
    let is_outside = !test.contains('[');
    ((begins || joined) && is_outside).then(|| test.replace("@.", "$."))
}

/// `$.sum > 1000,50`: returns it with a point.
fn with_point(test: &str) -> Option<String> {
    if test.contains(['[', '(', '\'', '"']) {
        return None;
    }
    let at = test.find(['<', '>', '='])?;
    let (head, tail) = test.split_at_checked(at)?;
    let comma = tail.find(',')?;
    let digit =
        |text: Option<&str>| text.is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let is_number =
        digit(tail.get(comma.checked_sub(1)?..comma)) && digit(tail.get(comma + 1..comma + 2));
    is_number.then(|| format!("{head}{}", tail.replacen(',', ".", 1)))
}

/// `steps.hr`: a step without the value that is tested.
fn of_step(word: &str) -> Option<Bilingual> {
    let step = word.strip_prefix("steps.")?;
    if step.is_empty() || step.contains('.') {
        return None;
    }
    Some(if step == "crm" {
        bilingual!(
            "a condition tests a value of the step: write `steps.crm.deal_id: present`",
            "условие проверяет значение шага: напишите `steps.crm.deal_id: present`"
        )
    } else {
        bilingual!(
            "a condition tests a value of the step, and one that was skipped or refused has none: write `{word}.status: present`, or name what its `save` keeps",
            "условие проверяет значение шага, у пропущенного или отклонённого их нет: напишите `{word}.status: present` или назовите то, что сохраняет его `save`"
        )
    })
}

/// `when: steps.crm.deal_id`: the value of a step is read as a path of the packet.
fn value_of_step(text: &Text, problems: &mut Problems) -> bool {
    let value = text.value.trim();
    if !value.starts_with("steps.") {
        return false;
    }
    let end = value.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')));
    let (name, rest) = value.split_at(end.unwrap_or(value.len()));
    if is_joined(rest) {
        return false;
    }
    let right = of_field(name, rest.trim(), problems);
    let message = bilingual!(
        "a value of a step is tested in a block, not as a path of the packet",
        "значение шага проверяют в блоке, а не как путь пакета"
    );
    let advice = bilingual!("write `when: {right}`", "напишите `when: {right}`");
    problems.error(Code::BadPath, &text.place, message, advice);
    true
}

/// `$.call.duration > "5s"`: a number with its unit is compared letter by letter.
fn with_unit(text: &Text, problems: &mut Problems) {
    let value = text.value.as_str();
    for sign in ["<", ">"] {
        for (at, _) in value.match_indices(sign) {
            let rest = value.get(at + 1..).unwrap_or_default();
            let rest = rest.trim_start_matches('=').trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let inside = rest.get(1..).unwrap_or_default();
            let inside = inside.split(quote).next().unwrap_or_default();
            let end = inside.find(|c: char| !c.is_ascii_digit());
            let (number, unit) = inside.split_at(end.unwrap_or(inside.len()));
            let unit = unit.trim();
            let is_unit = !number.is_empty() && !unit.is_empty();
            if !is_unit
                || !unit
                    .chars()
                    .all(|c| c.is_alphabetic() || matches!(c, '₽' | '$' | '%'))
            {
                continue;
            }
            let fixed = value.replace(&format!("{quote}{inside}{quote}"), number);
            let message = bilingual!(
                "`{inside}` is compared as a text, letter by letter",
                "`{inside}` сравнивается как текст, по буквам"
            );
            let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
            problems.warn(Code::WrongValue, &text.place, message, advice);
            return;
        }
    }
}

/// Compiles the values that something may have.
pub(super) fn wanted(texts: &[Text], problems: &mut Problems) -> Vec<ExpectedValue> {
    for text in texts {
        several_in_one(text, problems);
    }
    texts
        .iter()
        // one without a number is reported with its field
        .filter_map(wanted_of)
        .collect()
}

/// A path as the key of a condition: the field that reads it, or the test of the packet.
fn test_of_path(
    path: &str,
    wanted: &[Text],
    problems: &Problems,
) -> Option<(Option<String>, String)> {
    let is_path =
        path.starts_with("$.") || path.starts_with("data.") || path.starts_with("header_data.");
    if !is_path {
        return None;
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    let field = problems.facts.reader_of(last).map(str::to_owned);
    let root = if path.starts_with('$') { "" } else { "$." };
    let tests: Vec<String> = wanted
        .iter()
        .map(|text| match text.value.as_str() {
            "present" => format!("{root}{path}"),
            "absent" => format!("!{root}{path}"),
            value => format!("{root}{path} == '{}'", value.replace(['\'', '\\'], "")),
        })
        .collect();
    Some((field, tests.join(" || ")))
}

/// `when: "{{consent}}"`, `when: "{{sum}} > 1000"`: a template in place of a test.
fn template(text: &Text, declared: &[&str], problems: &mut Problems) -> bool {
    let value = text.value.trim();
    let double = value
        .strip_prefix("{{")
        .and_then(|rest| rest.split_once("}}"));
    let single = || value.strip_prefix('{')?.split_once('}');
    let Some((name, rest)) = double.or_else(single) else {
        return false;
    };
    let (name, rest) = (name.trim(), rest.trim());
    if !declared.contains(&name) {
        return false;
    }
    let joined = joined_templates(value, declared, problems);
    if joined.is_none() && (rest.contains("{{") || is_joined(rest)) {
        return false;
    }
    let right = joined.unwrap_or_else(|| of_field(name, rest, problems));
    let message = bilingual!(
        "a condition names a field, without a template",
        "в условии называют поле, без шаблона"
    );
    let advice = bilingual!("write `when: {right}`", "напишите `when: {right}`");
    problems.error(Code::BadPath, &text.place, message, advice);
    true
}

/// `{{sum}} > 1000 and {{agree}}`: the list of conditions.
fn joined_templates(test: &str, declared: &[&str], problems: &Problems) -> Option<String> {
    let sign = [" && ", " and ", " AND ", " и "]
        .into_iter()
        .find(|sign| test.contains(sign))?;
    let tests = test.split(sign).map(|part| {
        let inside = part.trim().strip_prefix("{{")?;
        let (name, rest) = inside.split_once("}}")?;
        let (name, rest) = (name.trim(), rest.trim());
        let is_one = declared.contains(&name) && !rest.contains("{{") && !is_joined(rest);
        is_one.then(|| of_field(name, rest, problems))
    });
    let tests = tests.collect::<Option<Vec<String>>>()?;
    Some(format!("[{}]", tests.join(", ")))
}

fn is_joined(test: &str) -> bool {
    test.contains("&&") || test.contains("||")
}

/// Returns the condition on a field: `{ sum: "> 1000" }`.
fn of_field(name: &str, comparison: &str, problems: &Problems) -> String {
    let operand = comparison.trim_start_matches(['=', '!', '<', '>', ' ']);
    let sign = comparison.strip_suffix(operand).unwrap_or_default().trim();
    let operand = operand.trim_matches(['\'', '"', '«', '»', '“', '”']);
    match (sign, operand) {
        (_, "") if problems.facts.truths.iter().any(|truth| truth == name) => {
            format!("{{ {name}: да }}")
        }
        (_, "") => format!("{{ {name}: present }}"),
        ("" | "=" | "==" | "===", value) => format!("{{ {name}: {value} }}"),
        ("<>" | "!==" | "!=", value) => format!("{{ {name}: \"!= {value}\" }}"),
        (sign, value) => format!("{{ {name}: \"{sign} {value}\" }}"),
    }
}

/// Splits a test behind its first word.
fn first_word(test: &str) -> (&str, &str) {
    let end = test.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    test.split_at(end.unwrap_or(test.len()))
}

fn is_comparison(rest: &str) -> bool {
    rest.starts_with(['=', '<', '>']) || rest.starts_with("!=")
}

/// `when: consent`, `when: sum > 1000`: the name of a field, which is read as a path.
fn bare_name(text: &Text, declared: &[&str], problems: &mut Problems) -> bool {
    let value = text.value.trim();
    let negated = ["not ", "не ", "NOT "]
        .iter()
        .find_map(|word| value.strip_prefix(word));
    let written = negated.unwrap_or(value).trim();
    let (name, rest) = first_word(written);
    let rest = rest.trim();
    if !declared.contains(&name) || is_joined(rest) || !(rest.is_empty() || is_comparison(rest)) {
        return false;
    }
    // the path finds the same
    let is_truth = problems.facts.truths.iter().any(|truth| truth == name);
    let is_same =
        !problems.facts.is_for_polls && !is_truth && problems.facts.reader_of(name) == Some(name);
    if rest.is_empty() && is_same {
        return false;
    }
    let right = match negated {
        Some(_) if rest.is_empty() => format!("{{ {name}: absent }}"),
        _ => of_field(name, rest, problems),
    };
    let message = bilingual!(
        "`{value}` is read as a path of the packet, not as the field `{name}`",
        "`{value}` читается как путь в пакете, а не как поле `{name}`"
    );
    let advice = bilingual!("write `when: {right}`", "напишите `when: {right}`");
    if rest.is_empty() && negated.is_none() {
        // the path works if the packet has it
        problems.warn(Code::BadPath, &text.place, message, advice);
        return false;
    }
    problems.error(Code::BadPath, &text.place, message, advice);
    true
}

/// `form_kind == 2` in a poll: a test without its root.
fn rootless(text: &Text, problems: &mut Problems) -> bool {
    if !problems.facts.is_for_polls {
        return false;
    }
    let (name, rest) = first_word(text.value.trim());
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !is_name || !is_comparison(rest.trim_start()) || PACKET.contains(&name) {
        return false;
    }
    let block = block_of(name);
    let rest = rest.trim_start_matches(' ');
    let fixed = match rest.strip_prefix('=').filter(|rest| !rest.starts_with('=')) {
        Some(rest) => format!("== {}", rest.trim_start()),
        None => rest.to_owned(),
    };
    let message = bilingual!("a path begins with `$.`", "путь начинается с `$.`");
    let advice = bilingual!(
        "write `$.{block}.{name} {fixed}`",
        "напишите `$.{block}.{name} {fixed}`"
    );
    let place = text.part(0, name.chars().count());
    problems.error(Code::BadPath, &place, message, advice);
    true
}

fn block_of(name: &str) -> &'static str {
    if OF_HEADER.contains(&name) {
        "header_data"
    } else {
        "data"
    }
}

/// Warns of a path that a poll's packet cannot have: its answers are in `data`.
fn top_of_poll(text: &Text, problems: &mut Problems) {
    if !problems.facts.is_for_polls {
        return;
    }
    let value = text.value.as_str();
    let found = names_at_top(value)
        .into_iter()
        .find(|(_, name)| !PACKET.contains(name));
    let Some((at, name)) = found else { return };
    let block = block_of(name);
    let message = bilingual!(
        "a poll's packet has no `{name}` at the top",
        "в пакете опроса на верхнем уровне нет `{name}`"
    );
    let advice = bilingual!("write `$.{block}.{name}`", "напишите `$.{block}.{name}`");
    let offset = value.get(..at).map_or(0, |head| head.chars().count());
    let place = text.part(offset, 2 + name.chars().count());
    problems.warn(Code::BadPath, &place, message, advice);
}

/// Returns the names behind `$.` outside of quotes, with the byte of the `$`.
fn names_at_top(value: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut quote = None;
    for (at, c) in value.char_indices() {
        if quote.is_some() || matches!(c, '\'' | '"') {
            quote = match quote {
                Some(open) if open == c => None,
                Some(open) => Some(open),
                None => Some(c),
            };
            continue;
        }
        let rest = value.get(at..).and_then(|rest| rest.strip_prefix("$."));
        let Some(rest) = rest else { continue };
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        if let Some(name) = rest.get(..end).filter(|name| !name.is_empty()) {
            found.push((at, name));
        }
    }
    found
}

/// Warns of values with a semicolon between them, which are compared as one text.
fn several_in_one(text: &Text, problems: &mut Problems) {
    let values: Vec<&str> = text.value.split(';').map(str::trim).collect();
    if values.len() < 2 || values.iter().any(|value| value.is_empty()) {
        return;
    }
    let (found, list) = (&text.value, values.join(", "));
    let message = bilingual!(
        "`{found}` is compared as one text",
        "`{found}` сравнивается как один текст"
    );
    let advice = bilingual!(
        "several values are a list: `[{list}]`",
        "несколько значений пишут списком: `[{list}]`"
    );
    problems.warn(Code::WrongValue, &text.place, message, advice);
}

/// Compiles a value that something may have.
pub(super) fn wanted_of(text: &Text) -> Option<ExpectedValue> {
    if text.plain {
        ExpectedValue::parse(&text.value)
    } else {
        ExpectedValue::parse_quoted(&text.value)
    }
}

pub(super) fn not_a_number(text: &Text, problems: &mut Problems) {
    let found = &text.value;
    let message = bilingual!(
        "`{found}` needs a number to compare with",
        "`{found}`: нужно число для сравнения"
    );
    let advice = bilingual!(
        "write a number after the sign, like \"> 1000\"",
        "после знака напишите число: \"> 1000\""
    );
    problems.error(Code::WrongValue, &text.place, message, advice);
}
