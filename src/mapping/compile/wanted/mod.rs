//! Values in a `when` that its field never has: another spelling, the text before `map`, a word for
//! a comparison, a pattern. The condition would never hold, without a word.

mod words;

use std::collections::BTreeSet;

use self::words::{Compared, Meant, meant_by_words};
use super::choice::known_values;
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::condition::{RawCondition, RawTest};
use crate::authoring::raw::field::RawField;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, Country, bilingual};
use crate::mapping::choice::folded;
use crate::mapping::condition::ExpectedValue;
use crate::mapping::normalise::{NormaliseOptions, date, money, truth};
use crate::mapping::template::default_zone;

/// Warns of values that a field never has, in all conditions of a profile.
pub(super) fn check(raw: &RawProfile, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for condition in conditions(raw) {
        for test in &condition.tests {
            let RawTest::Field { name, wanted } = test else {
                continue;
            };
            let Some(field) = raw.fields.get(&name.value) else {
                continue;
            };
            let file = name.place.source.name();
            let is_own = file == raw.place.source.name() || file == field.key.place.source.name();
            // a condition of the defaults may suit the field that they declare
            if !is_own || !seen.insert((file.to_owned(), name.place.line, name.place.column)) {
                continue;
            }
            let about = About { name, field };
            about.always(wanted, problems);
            for text in wanted {
                if !about.unequal_to_nothing(text, problems) {
                    about.one(text, problems);
                }
            }
        }
    }
}

/// Returns all conditions of a profile.
pub(super) fn conditions(raw: &RawProfile) -> Vec<&RawCondition> {
    let mut all: Vec<&RawCondition> = Vec::new();
    all.extend(raw.fields.values().filter_map(|field| field.when.as_ref()));
    let mut blocks = Vec::new();
    if let Some(contact) = &raw.contact {
        all.extend(&contact.when);
        blocks.push(&contact.fields);
    }
    if let Some(company) = &raw.company {
        all.extend(&company.when);
        blocks.push(&company.fields);
    }
    for record in [&raw.deal, &raw.lead, &raw.item].into_iter().flatten() {
        all.extend(&record.when);
        blocks.push(&record.fields);
    }
    let rules = blocks.into_iter().flat_map(|fields| fields.values());
    let rules = rules.flat_map(|rules| &rules.rules);
    all.extend(rules.filter_map(|rule| rule.when.as_ref()));
    all.extend(raw.comment.iter().filter_map(|it| it.when.as_ref()));
    all.extend(raw.todo.iter().filter_map(|it| it.when.as_ref()));
    let steps = raw.then.iter().flatten();
    all.extend(steps.filter_map(|step| step.when.as_ref()));
    all
}

/// Returns whether a value is compared as a text that its author means.
pub(super) fn is_text(text: &Text) -> bool {
    let parsed = if text.plain {
        ExpectedValue::parse(&text.value)
    } else {
        ExpectedValue::parse_quoted(&text.value)
    };
    matches!(parsed, Some(ExpectedValue::Text(_) | ExpectedValue::Not(_)))
        && meant_by_words(text.value.trim(), Compared::Text).is_none()
}

/// A field that a condition tests.
struct About<'r> {
    name: &'r Text,
    field: &'r RawField,
}

impl About<'_> {
    fn one(&self, text: &Text, problems: &mut Problems) {
        let parsed = if text.plain {
            ExpectedValue::parse(&text.value)
        } else {
            ExpectedValue::parse_quoted(&text.value)
        };
        let is_negated = match parsed {
            None | Some(ExpectedValue::Text(_)) => false,
            Some(ExpectedValue::Not(_)) => true,
            Some(ExpectedValue::Number(..) | ExpectedValue::Day(..)) => {
                return self.compared_as_number(text, problems);
            }
            Some(ExpectedValue::Present | ExpectedValue::Absent) => return,
        };
        let value = text.value.trim();
        let value = value.trim_start_matches(['!', '=', '<', '>']).trim();
        let value = value.trim_matches(['\'', '"']);
        if parsed.is_none() {
            return self.bound(text, problems);
        }
        let known = known_values(self.field);
        let form = self.form();
        if known
            .iter()
            .flatten()
            .any(|known| folded(known) == folded(value))
            || (form == Normaliser::Bool && truth(value).is_some())
            || self.is_default(value)
        {
            return;
        }
        let value = if is_negated { value } else { text.value.trim() };
        if let Some(meant) = meant_by_words(value, self.compared())
            && !is_negated
        {
            self.words(text, &meant, problems);
            return;
        }
        let advice = match &known {
            Some(known) => Some(self.unknown(value, known)),
            None => self.perhaps(value).or_else(|| self.spelt(value)),
        };
        let Some(advice) = advice else { return };
        let (name, written) = (&self.name.value, value);
        let message = if is_negated {
            bilingual!(
                "the field `{name}` never has the value `{written}`: this always holds",
                "у поля `{name}` не бывает значения `{written}`: условие выполняется всегда"
            )
        } else {
            bilingual!(
                "the field `{name}` never has the value `{written}`: this never holds",
                "у поля `{name}` не бывает значения `{written}`: условие не выполнится никогда"
            )
        };
        let advice = if is_negated {
            advice.negated()
        } else {
            advice.positive()
        };
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }

    /// `["> 1000", "< 5000"]`: one of them is enough, and one always holds.
    fn always(&self, wanted: &[Text], problems: &mut Problems) {
        let bound = |text: &Text, sign: char| {
            let rest = text.value.trim().strip_prefix(sign)?;
            money(rest.trim_start_matches('=').trim())?
                .parse::<f64>()
                .ok()
        };
        let [first, second] = wanted else { return };
        let (low, high) = (
            bound(first, '>').or_else(|| bound(second, '>')),
            bound(first, '<').or_else(|| bound(second, '<')),
        );
        let (Some(low), Some(high)) = (low, high) else {
            return;
        };
        if low > high {
            return;
        }
        let name = &self.name.value;
        let (one, other) = (first.value.trim(), second.value.trim());
        let message = bilingual!(
            "one value of a list is enough, and every number fits one of these",
            "из списка достаточно одного, а под одно из этих сравнений подходит любое число"
        );
        let advice = bilingual!(
            "for both write `when: [{{ {name}: \"{one}\" }}, {{ {name}: \"{other}\" }}]`",
            "чтобы выполнялись оба, напишите `when: [{{ {name}: \"{one}\" }}, {{ {name}: \"{other}\" }}]`"
        );
        problems.warn(Code::WrongValue, &first.place, message, advice);
    }

    /// `!= ''`: it is compared with the two quotes. Returns whether it is reported.
    fn unequal_to_nothing(&self, text: &Text, problems: &mut Problems) -> bool {
        let value = text.value.trim();
        let meant = meant_by_words(value, Compared::Text);
        let meant = meant.filter(|_| value.starts_with("!=") || value.starts_with("<>"));
        let is_present = matches!(&meant, Some(Meant::Value(right)) if right == "present");
        if let Some(meant) = meant.filter(|_| is_present) {
            self.words(text, &meant, problems);
        }
        is_present
    }

    /// `birthday: "> 2010"`: a year is no day.
    fn year(&self, text: &Text, problems: &mut Problems) {
        if !matches!(self.form(), Normaliser::Date | Normaliser::Datetime) {
            return;
        }
        let written = text.value.trim();
        let number = written.trim_start_matches(['<', '>', '=', ' ']);
        let sign = written.strip_suffix(number).unwrap_or_default().trim();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        let name = &self.name.value;
        let day = if number.len() == 4 {
            let edge = if sign.starts_with('>') {
                "31.12"
            } else {
                "01.01"
            };
            format!("{edge}.{number}")
        } else {
            "31.12.2026".to_owned()
        };
        let message = bilingual!(
            "the field `{name}` is a day: `{written}` compares it with a number and never holds",
            "в поле `{name}` дата: `{written}` сравнивает её с числом и не выполнится никогда"
        );
        let advice = bilingual!(
            "write a day: `\"{sign} {day}\"`",
            "напишите день: `\"{sign} {day}\"`"
        );
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }

    /// `delivery: "> 1000"`: a field whose texts are no numbers and no days.
    fn compared_as_number(&self, text: &Text, problems: &mut Problems) {
        self.year(text, problems);
        let form = self.form();
        let is_text = matches!(
            form,
            Normaliser::Bool | Normaliser::Email | Normaliser::Name | Normaliser::Url
        );
        // a form that cannot read the table is reported there
        let has_texts = self.field.map.is_some() && form == Normaliser::Text;
        let known = known_values(self.field).filter(|_| has_texts || is_text);
        let is_number =
            |text: &&str| money(text).is_some() || date::read(text, &default_zone()).is_some();
        let are_texts = known
            .as_ref()
            .is_some_and(|known| !known.iter().any(is_number));
        if !is_text && !are_texts {
            return;
        }
        let (name, written) = (&self.name.value, text.value.trim());
        let message = bilingual!(
            "the field `{name}` is no number and no day: `{written}` never holds",
            "в поле `{name}` не число и не дата: условие `{written}` не выполнится никогда"
        );
        let advice = match known {
            Some(known) => suggest::did_you_mean("", &known),
            None if form == Normaliser::Bool => bilingual!(
                "it is yes or no: write `да` or `нет`",
                "это да или нет: напишите `да` или `нет`"
            ),
            None => bilingual!(
                "write the text that it must be, `present` or `absent`",
                "напишите текст, который там должен быть, `present` или `absent`"
            ),
        };
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }

    fn form(&self) -> Normaliser {
        let form = self.field.form.as_ref();
        form.map_or(Normaliser::Text, |form| form.value)
    }

    fn compared(&self) -> Compared {
        match self.form() {
            Normaliser::Money | Normaliser::Integer => Compared::Number,
            _ => Compared::Text,
        }
    }

    fn is_default(&self, value: &str) -> bool {
        let default = self.field.default.as_ref();
        default.is_some_and(|default| folded(&default.value) == folded(value))
    }

    /// A value that is not known.
    fn unknown(&self, value: &str, known: &[&str]) -> Right {
        if self.form() == Normaliser::Bool {
            return Right::Words(bilingual!(
                "it is yes or no: write `да` or `нет`",
                "это да или нет: напишите `да` или `нет`"
            ));
        }
        let map = self.field.map.iter().flatten();
        let mapped = map
            .clone()
            .find(|(key, _)| folded(&key.value) == folded(value));
        if let Some((_, text)) = mapped {
            return Right::Value(text.value.clone());
        }
        let is_known = |part: &&str| known.iter().any(|known| folded(known) == folded(part));
        let but = ["не ", "not ", "кроме ", "except ", "!"]
            .iter()
            .find_map(|word| value.strip_prefix(word));
        if let Some(other) = but.map(str::trim).filter(is_known) {
            return Right::Words(bilingual!(
                "write \"!= {other}\"",
                "напишите \"!= {other}\""
            ));
        }
        let parts: Vec<&str> = words::listed(value);
        if parts.len() > 1 && parts.iter().all(is_known) {
            return Right::Values(parts.join(", "));
        }
        match suggest::nearest_name(value, known) {
            Some(near) => Right::Value(near.to_owned()),
            None => Right::Words(suggest::did_you_mean(value, known)),
        }
    }

    /// A value that is nearly a text of `map`, or a value that `map` replaces, where others are kept
    /// as they are.
    fn perhaps(&self, value: &str) -> Option<Right> {
        let map = self.field.map.as_ref()?;
        let texts: Vec<&str> = map.iter().map(|(_, text)| text.value.as_str()).collect();
        let is_text = |part: &str| texts.iter().any(|text| folded(text) == folded(part));
        if is_text(value) {
            return None;
        }
        let row = map
            .iter()
            .find(|(key, _)| folded(&key.value) == folded(value));
        if let Some((_, text)) = row {
            return Some(Right::Value(text.value.clone()));
        }
        let parts = words::listed(value);
        if parts.len() > 1 && parts.iter().all(|part| is_text(part)) {
            let texts = parts.iter().map(|part| {
                let mut texts = texts.iter();
                texts.find(|text| folded(text) == folded(part)).copied()
            });
            return Some(Right::Values(texts.collect::<Option<Vec<_>>>()?.join(", ")));
        }
        suggest::slip(value, &texts).map(|text| Right::Value(text.to_owned()))
    }

    /// A value in another spelling than that of the field's form.
    fn spelt(&self, value: &str) -> Option<Right> {
        let form = self.form();
        if let Some(part) = &self.field.part
            && part.value.trim() == "host"
            && let Some((_, rest)) = value.split_once("://")
        {
            let host = rest.split('/').next().unwrap_or(rest);
            return Some(Right::Value(host.to_owned()));
        }
        if self.field.map.is_some() || self.field.part.is_some() {
            return None;
        }
        let wanted = match form {
            Normaliser::Money | Normaliser::Integer => {
                bilingual!("write a number", "напишите число")
            }
            Normaliser::Date => bilingual!(
                "write a day, like 2026-12-31",
                "напишите день: например, 2026-12-31"
            ),
            Normaliser::Phone => bilingual!(
                "write a phone number, like +79123456789",
                "напишите номер телефона: например, +79123456789"
            ),
            Normaliser::Email => bilingual!(
                "write an e-mail address, like anna@example.com",
                "напишите адрес почты: например, anna@example.com"
            ),
            _ => return None,
        };
        if matches!(
            value.to_lowercase().as_str(),
            "есть" | "имеется" | "any" | "любой" | "любое"
        ) {
            return Some(Right::Value("present".to_owned()));
        }
        if let Some(is_there) = truth(value).filter(|_| value.parse::<f64>().is_err()) {
            let word = if is_there { "present" } else { "absent" };
            return Some(Right::Value(word.to_owned()));
        }
        if form == Normaliser::Phone && self.field.country.is_some() {
            return None;
        }
        let options = NormaliseOptions {
            zone: default_zone(),
            country: Country::default(),
            part: None,
        };
        let read = form.read_all(value, &options).values;
        match read.first() {
            None => Some(Right::Words(wanted)),
            Some(read) if folded(&read.text) == folded(value) => None,
            Some(read) => Some(Right::Value(read.text.clone())),
        }
    }

    /// A word where a sign is meant.
    fn words(&self, text: &Text, meant: &Meant, problems: &mut Problems) {
        let (name, written) = (&self.name.value, text.value.trim());
        let message = bilingual!(
            "`{written}` is compared as a text",
            "`{written}` сравнивается как текст"
        );
        let advice = match meant {
            Meant::Value(right) => bilingual!("write `{right}`", "напишите `{right}`"),
            Meant::Range(from, to) => bilingual!(
                "write `when: [{{ {name}: \">= {from}\" }}, {{ {name}: \"<= {to}\" }}]`",
                "напишите `when: [{{ {name}: \">= {from}\" }}, {{ {name}: \"<= {to}\" }}]`"
            ),
            Meant::Search(pattern) => self.search(pattern, problems),
        };
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }

    /// Advice on looking for a part of a text.
    fn search(&self, pattern: &str, problems: &Problems) -> Bilingual {
        let tests: Vec<String> = self
            .field
            .from
            .iter()
            .map(|path| path.value.trim())
            .filter(|path| path.starts_with('$') && !path.contains('*'))
            .map(|path| format!("search({path}, '(?i){pattern}')"))
            .collect();
        let test = if tests.is_empty() {
            let path = problems.facts.path_of(&self.name.value);
            format!("search({path}, '(?i){pattern}')")
        } else {
            tests.join(" || ")
        };
        bilingual!(
            "values are compared whole; to find a part, test the packet: write `when: \"{test}\"`",
            "значения сравниваются целиком; чтобы найти часть, проверьте пакет: напишите `when: \"{test}\"`"
        )
    }

    /// A sign without a number or a day behind it.
    fn bound(&self, text: &Text, problems: &mut Problems) {
        let name = &self.name.value;
        let bounds = words::bounds(&text.value);
        let advice = match bounds.as_slice() {
            [first, second] => bilingual!(
                "two comparisons are a list: write `when: [{{ {name}: \"{first}\" }}, {{ {name}: \"{second}\" }}]`",
                "два сравнения пишут списком: напишите `when: [{{ {name}: \"{first}\" }}, {{ {name}: \"{second}\" }}]`"
            ),
            [only] => bilingual!(
                "write the number alone: `{name}: \"{only}\"`",
                "напишите только число: `{name}: \"{only}\"`"
            ),
            _ => bilingual!(
                "write a number or a day after the sign, like \"> 1000\" or \"> 31.12.2026\"",
                "после знака напишите число или день: \"> 1000\" или \"> 31.12.2026\""
            ),
        };
        let found = &text.value;
        let message = bilingual!(
            "`{found}` needs a number to compare with",
            "`{found}`: нужно число для сравнения"
        );
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
}

/// What should be written.
enum Right {
    Value(String),
    Values(String),
    Words(Bilingual),
}

impl Right {
    fn positive(self) -> Bilingual {
        match self {
            Self::Value(value) => bilingual!("write `{value}`", "напишите `{value}`"),
            Self::Values(list) => bilingual!(
                "several values are a list: write `[{list}]`",
                "несколько значений пишут списком: напишите `[{list}]`"
            ),
            Self::Words(words) => words,
        }
    }

    fn negated(self) -> Bilingual {
        match self {
            Self::Value(value) => {
                bilingual!("write \"!= {value}\"", "напишите \"!= {value}\"")
            }
            Self::Values(list) => bilingual!(
                "name the values that are meant in a list: there are {list}",
                "перечислите списком те значения, которые нужны: есть {list}"
            ),
            Self::Words(words) => words,
        }
    }
}

/// Returns whether a text is a number as people write it.
fn is_number(text: &str) -> bool {
    money(text).is_some()
}
