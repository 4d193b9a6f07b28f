//! `_pbx.yaml`: who of a PBX is who in the portal, matched by hand. A block for each PBX.

use std::collections::BTreeMap;

use super::codes::Code;
use super::file::{ProfileFile, without_mark};
use super::problem::{Problem, Problems, SourceText, TextPlace};
use super::raw::block::{Block, integer, scalar};
use super::reader::Reader;
use super::suggest;
use super::yaml::{self, Node, Text};
use super::yaml_error;
use crate::domain::{HandMatches, PbxMatches, UserId, bilingual};

/// The longest inner number, in characters.
const LONGEST_INNER: usize = 32;

/// The file as read.
#[derive(Debug, Clone, Default)]
pub struct WrittenMatches {
    /// What it says.
    pub matches: HandMatches,
    /// The names of the PBXs, with their places.
    names: Vec<Text>,
}

impl WrittenMatches {
    /// Reads the file. Returns nothing if it has errors.
    pub fn read(file: &ProfileFile) -> (Option<Self>, Vec<Problem>) {
        let mut problems = Problems::default();
        let read = without_mark(file, &mut problems).and_then(|text| {
            let source = SourceText::new(&file.name, text);
            of_text(&source, &mut Reader::new(&mut problems))
        });
        let read = read.filter(|_| !problems.has_errors());
        (read, problems.into_sorted())
    }

    /// Returns a warning for each PBX that the settings lack.
    pub fn unknown(&self, known: &[&str]) -> Vec<Problem> {
        let mut problems = Problems::default();
        let names = self.names.iter();
        for name in names.filter(|name| !known.contains(&name.value.as_str())) {
            let pbx = &name.value;
            let message = bilingual!(
                "the settings have no PBX `{pbx}`: these matches are not used",
                "в настройках нет АТС `{pbx}`: эти соответствия не действуют"
            );
            let near = suggest::nearest(pbx, known.iter().copied());
            let advice = near.map_or_else(
                || {
                    bilingual!(
                        "write the name of a PBX as in leadgate.toml: `[pbx.NAME]`",
                        "напишите имя АТС, как в leadgate.toml: `[pbx.ИМЯ]`"
                    )
                },
                suggest::meant,
            );
            problems.warn(Code::UnknownPbx, &name.place, message, advice);
        }
        problems.into_sorted()
    }
}

/// Reads a text. The schema for editors uses this too.
pub(crate) fn of_text(source: &SourceText, reader: &mut Reader<'_>) -> Option<WrittenMatches> {
    let node = match yaml::read(source) {
        Ok(node) => node,
        Err(error) => {
            reader.problems.push(yaml_error::explain(&error, source));
            return None;
        }
    };
    let block = Block::open(node, source.name(), reader)?;
    let mut names = Vec::new();
    let mut by_pbx = BTreeMap::new();
    for (name, node) in block.into_entries() {
        if let Some(matches) = of_pbx(&name.value, node, reader) {
            by_pbx.insert(name.value.clone(), matches);
        }
        names.push(name);
    }
    Some(WrittenMatches {
        matches: HandMatches::new(by_pbx),
        names,
    })
}

fn of_pbx(name: &str, node: Node, reader: &mut Reader<'_>) -> Option<PbxMatches> {
    let mut block = Block::open(node, name, reader)?;
    let default = block.integer("default", reader);
    let default = default.and_then(|number| {
        employee(
            &format!("{name}.default"),
            number.value,
            &number.place,
            reader,
        )
    });
    let employees = block.node("employees");
    block.close(reader);
    let employees = employees.map(|node| by_inner(&format!("{name}.employees"), node, reader));
    Some(PbxMatches {
        employees: employees.unwrap_or_default(),
        default,
    })
}

/// Reads employees by inner numbers.
fn by_inner(about: &str, node: Node, reader: &mut Reader<'_>) -> BTreeMap<String, UserId> {
    let mut employees = BTreeMap::new();
    let Some(block) = Block::open(node, about, reader) else {
        return employees;
    };
    for (key, node) in block.into_entries() {
        let place = format!("{about}.{}", key.value);
        let Some(inner) = inner(&key, reader) else {
            continue;
        };
        let number = scalar(&place, node, reader)
            .and_then(|text| integer(&place, &text, reader.problems))
            .and_then(|number| employee(&place, number.value, &number.place, reader));
        employees.extend(number.map(|id| (inner, id)));
    }
    employees
}

fn inner(key: &Text, reader: &mut Reader<'_>) -> Option<String> {
    let inner = key.value.trim();
    let is_plain = inner.chars().all(|c| c.is_ascii_graphic());
    if is_plain && (1..=LONGEST_INNER).contains(&inner.len()) {
        return Some(inner.to_owned());
    }
    let message = bilingual!(
        "`{inner}` is not an inner number",
        "`{inner}` — не внутренний номер"
    );
    let advice = bilingual!(
        "write the number as the PBX has it: `\"9022\": 6`",
        "напишите номер, как он записан в АТС: `\"9022\": 6`"
    );
    reader.error(Code::WrongValue, &key.place, message, advice);
    None
}

fn employee(
    about: &str,
    number: i64,
    place: &TextPlace,
    reader: &mut Reader<'_>,
) -> Option<UserId> {
    let id = UserId::new(number);
    if id.is_none() {
        let message = bilingual!(
            "`{about}`: {number} is not the number of an employee",
            "`{about}`: {number} — не номер сотрудника"
        );
        let advice = bilingual!(
            "write the employee's ID: it is in the address of the profile in Bitrix24, /company/personal/user/6/",
            "напишите ID сотрудника: он стоит в адресе его профиля в Битрикс24, /company/personal/user/6/"
        );
        reader.error(Code::WrongValue, place, message, advice);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    fn read(text: &str) -> (Option<WrittenMatches>, Vec<String>) {
        let file = ProfileFile {
            name: "_pbx.yaml".to_owned(),
            text: text.to_owned(),
        };
        let (read, problems) = WrittenMatches::read(&file);
        let problems = problems.iter().map(ToString::to_string);
        (read, problems.collect())
    }

    #[test]
    fn matches_are_read_for_each_pbx() {
        assert_eq!(read("").0.unwrap().matches, HandMatches::default());
        let (written, problems) =
            read("main:\n  default: 7\n  employees:\n    \"9022\": 6\n    9023: 12\nspare: {}\n");
        assert!(problems.is_empty(), "{problems:?}");
        let matches = written.unwrap().matches;
        let main = matches.of("main").unwrap();
        let shown: Vec<_> = main
            .employees
            .iter()
            .map(|(inner, id)| (inner.as_str(), id.get()))
            .collect();
        assert_eq!(shown, [("9022", 6), ("9023", 12)]);
        assert_eq!(main.default, UserId::new(7));
        assert!(matches.of("spare").is_some() && matches.of("other").is_none());
    }

    #[test]
    fn mistakes_have_their_place_and_keep_the_file_from_working() {
        for (text, problem) in [
            (
                "main: { default: rita }\n",
                "_pbx.yaml:1:18 profile/wrong-value `main.default` must be a whole number",
            ),
            (
                "main:\n  employees: { 9022: 0 }\n",
                "_pbx.yaml:2:22 profile/wrong-value `main.employees.9022`: 0 is not the number of an employee",
            ),
            (
                "main:\n  employee: { 9022: 6 }\n",
                "_pbx.yaml:2:3 profile/unknown-key unknown key `employee` in `main`",
            ),
            (
                "main:\n  employees: { \"90 22\": 6 }\n",
                "_pbx.yaml:2:16 profile/wrong-value `90 22` is not an inner number",
            ),
            ("main: [\n", "_pbx.yaml:"),
        ] {
            let (written, problems) = read(text);
            assert!(written.is_none(), "{text}");
            let is_there = problems.iter().any(|found| found.starts_with(problem));
            assert!(is_there, "{text}: {problems:?}");
        }
    }

    #[test]
    fn a_pbx_that_the_settings_lack_is_a_warning() {
        let (written, _) = read("main: {}\nmian: {}\n");
        let unknown = written.unwrap().unknown(&["main"]);
        let [problem] = unknown.as_slice() else {
            panic!("{unknown:?}");
        };
        assert!(!problem.is_error());
        assert_eq!(
            problem.to_string(),
            "_pbx.yaml:2:1 profile/unknown-pbx the settings have no PBX `mian`: these matches are not used"
        );
        assert!(problem.advice.in_lang(Lang::En).contains("`main`"));
    }
}
