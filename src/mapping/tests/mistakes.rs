//! What people mistype: `tests/fixtures/mistakes/` has a base profile and changes of its lines, with
//! the mistake (`-`), where it is reported (`?`) and as the advice says (`+`). The report shows the
//! words in Russian.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::committed;
use crate::authoring::{Code, Problem, ProfileFile};
use crate::domain::Lang;
use crate::mapping::Compiler;

const FOLDER: &str = "tests/fixtures/mistakes";

/// A change of the base profile.
#[derive(Default)]
struct Case {
    title: String,
    reported: Vec<String>,
    wrong: Vec<String>,
    right: Vec<String>,
    /// Which lines of the base are replaced: `TITLE`, `stage..among`, `*` for all.
    at: Option<String>,
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(FOLDER)
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Invisible characters are written as escapes.
fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escape, character) in [
        ("\\t", "\t"),
        ("\\r", "\r"),
        ("\\u00a0", "\u{a0}"),
        ("\\u200b", "\u{200b}"),
        ("\\u00ad", "\u{ad}"),
        ("\\ufeff", "\u{feff}"),
        ("\\u0020", " "),
        ("\\\\", "\\"),
    ] {
        plain = plain.replace(escape, character);
    }
    plain
}

fn cases(name: &str) -> Vec<Case> {
    let text = read(name);
    let one = |block: &str| {
        let mut case = Case::default();
        for line in block.lines().filter(|line| !line.is_empty()) {
            let (sign, rest) = line.split_at(1);
            match sign {
                "#" => rest.trim().clone_into(&mut case.title),
                "?" => case.reported.push(unescaped(rest.trim_start())),
                "-" => case.wrong.push(unescaped(rest)),
                "+" => case.right.push(unescaped(rest)),
                "@" => case.at = Some(rest.trim().to_owned()),
                _ => panic!("{name}: {line}"),
            }
        }
        case
    };
    text.split("\n\n").map(one).collect()
}

impl Case {
    /// Returns the base with these lines in it.
    fn with(&self, lines: &[String]) -> String {
        let base = read("base.yaml");
        let base: Vec<&str> = base.lines().collect();
        let own = lines.join("\n");
        if self.at.as_deref() == Some("*") {
            return own + "\n";
        }
        let key = |line: &String| {
            let key = line.trim().split(':').next().unwrap_or_default();
            key.trim_matches('"').to_owned()
        };
        let at = self.at.clone().unwrap_or_else(|| key(&self.right[0]));
        let (first, last) = at.split_once("..").unwrap_or((&at, &at));
        let find = |word: &str, from: usize| {
            let rest = base.iter().skip(from);
            let found = rest.clone().position(|line| line.trim().starts_with(word));
            from + found.unwrap_or_else(|| panic!("{}: no line {word}", self.title))
        };
        let start = find(first, 0);
        let end = find(last, start);
        let before = base[..start].join("\n");
        let behind = base[end + 1..].join("\n");
        format!("{before}\n{own}\n{behind}\n")
            .trim_start_matches('\n')
            .to_owned()
    }
}

/// Returns what `check` says of a profile, without fields that the change left unused.
fn problems(text: &str) -> Vec<Problem> {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: text.to_owned(),
    };
    let templates = BTreeMap::new();
    let tables = BTreeMap::from([("cities.csv".to_owned(), "msk;Москва\n".to_owned())]);
    let compiler = Compiler::new(None, &templates).with_tables(&tables);
    let mut problems = match compiler.compile(&file) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    problems.retain(|problem| problem.code != Code::UnusedField);
    problems
}

/// Returns the code and the marked part of the line.
fn reported(problem: &Problem, text: &str) -> String {
    let code = problem.code.as_str().trim_start_matches("profile/");
    let index = usize::try_from(problem.line).unwrap().saturating_sub(1);
    let line = text.lines().nth(index).unwrap_or_default();
    let column = usize::try_from(problem.column).unwrap().saturating_sub(1);
    let length = usize::try_from(problem.length).unwrap();
    let marked: String = line.chars().skip(column).take(length).collect();
    format!("{code} {marked}")
}

fn mistakes() -> Vec<Case> {
    let files = [
        "1-spreadsheets.txt",
        "2-template-languages.txt",
        "3-notepad.txt",
        "4-russian-keyboard.txt",
        "5-yaml.txt",
        "6-rules.txt",
        "7-letters.txt",
        "8-steps.txt",
        "9-conditions.txt",
        "10-kinds.txt",
        "11-other-names.txt",
        "12-slips.txt",
        "13-words.txt",
        "14-places.txt",
        "15-silent.txt",
        "16-amocrm.txt",
        "17-packets.txt",
        "18-notations.txt",
        "19-values.txt",
        "20-other-programs.txt",
        "21-calltouch.txt",
        "22-senders.txt",
        "23-formats.txt",
        "24-tests-and-paths.txt",
        "25-lines.txt",
    ];
    files.into_iter().flat_map(cases).collect()
}

#[test]
fn each_mistake_is_reported_at_its_place_and_the_corrected_file_passes() {
    let mistakes = mistakes();
    assert!(mistakes.len() >= 300, "{}", mistakes.len());
    let mut faults = String::new();
    for case in &mistakes {
        let (wrong, right) = (case.with(&case.wrong), case.with(&case.right));
        let found: Vec<String> = problems(&wrong)
            .iter()
            .map(|problem| reported(problem, &wrong))
            .collect();
        if found != case.reported {
            let (title, wanted) = (&case.title, &case.reported);
            writeln!(faults, "{title}: wanted {wanted:?}, found {found:?}").unwrap();
        }
        for problem in problems(&right) {
            writeln!(faults, "{}, corrected: {problem}", case.title).unwrap();
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn the_words_about_each_mistake_lead_to_the_corrected_lines() {
    let mut report = String::from(
        "What `check` says in Russian about each mistake of this folder, and the lines that follow \
         from it. Written by the tests.\n",
    );
    for case in mistakes() {
        writeln!(report, "\n## {}\n", case.title).unwrap();
        for line in &case.wrong {
            writeln!(report, "    {}", line.trim_end().escape_debug()).unwrap();
        }
        for problem in problems(&case.with(&case.wrong)) {
            let (message, advice) = (
                problem.message.in_lang(Lang::Ru),
                problem.advice.in_lang(Lang::Ru),
            );
            writeln!(report, "\n{message}\n→ {advice}").unwrap();
            assert!(!advice.is_empty(), "{}: no advice", case.title);
            for text in [message, advice] {
                assert!(is_russian(text), "{}: {text}", case.title);
            }
        }
        report.push('\n');
        for line in &case.right {
            writeln!(report, "    {}", line.trim_end()).unwrap();
        }
    }
    committed(&format!("{FOLDER}/report.ru.txt"), &report);
}

/// Returns whether no English words stand outside of what is quoted.
fn is_russian(text: &str) -> bool {
    let mut outside = String::new();
    for (index, part) in text.split(['`', '"']).enumerate() {
        if index % 2 == 0 {
            outside.push_str(part);
        }
    }
    !outside
        .split_whitespace()
        .collect::<Vec<_>>()
        .windows(3)
        .any(|words| {
            words
                .iter()
                .all(|word| word.chars().all(|c| c.is_ascii_lowercase()))
        })
}

#[test]
fn good_profiles_raise_no_alarm() {
    let good = cases("good.txt");
    assert!(good.len() >= 40, "{}", good.len());
    assert_eq!(problems(&read("base.yaml")), []);
    let mut faults = String::new();
    for case in good {
        for problem in problems(&case.with(&case.right)) {
            writeln!(faults, "{}: {problem}", case.title).unwrap();
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
