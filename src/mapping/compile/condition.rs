//! `when` of a block or a field, compiled.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::condition::{RawCondition, RawTest};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;
use crate::mapping::condition::{Condition, ConditionTest, ExpectedValue};
use crate::mapping::path::When;

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
                RawTest::Packet(text) => packet(text, problems).map(ConditionTest::Packet),
                RawTest::Field { name, wanted } => field(name, wanted, declared, problems),
            })
            .collect(),
    )
}

/// Compiles a test of the packet.
pub(super) fn packet(text: &Text, problems: &mut Problems) -> Option<When> {
    When::parse(&text.value)
        .map_err(|bad| {
            let lead = text.value.chars().take_while(|c| c.is_whitespace()).count();
            let place = text.part(lead + bad.offset, bad.length);
            problems.error(Code::BadPath, &place, bad.message, bad.advice);
        })
        .ok()
        .inspect(|when| {
            super::fields::odd_character(text, problems);
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
        let advice = if let Some(near) = suggest::nearest(word, declared.iter().copied()) {
            suggest::meant_by(word, near)
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
    for text in wanted {
        several_in_one(text, problems);
    }
    let wanted = wanted
        .iter()
        .filter_map(|text| wanted_of(text).or_else(|| not_a_number(text, problems)))
        .collect();
    Some(ConditionTest::Field { index, wanted })
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

fn wanted_of(text: &Text) -> Option<ExpectedValue> {
    if text.plain {
        ExpectedValue::parse(&text.value)
    } else {
        ExpectedValue::parse_quoted(&text.value)
    }
}

pub(super) fn not_a_number(text: &Text, problems: &mut Problems) -> Option<ExpectedValue> {
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
    None
}
