//! Checks texts with what the settings know, and says problems to editors.

use serde_json::{Value, json};

use crate::authoring::{Problem, ProfileFile, Severity};
use crate::config::Settings;
use crate::domain::Lang;
use crate::live;
use crate::mapping::ProfileSet;
use crate::profiles::{CheckedText, ProfileStore};

/// What advice begins with when it names the word that was probably meant.
const MEANT: &str = "did you mean `";

/// Checks a text as `leadgate check` does.
pub(super) fn with_settings(
    profiles: &ProfileStore,
    file: &ProfileFile,
    settings: &Settings,
) -> CheckedText {
    let mut checked = profiles.check_text(file);
    let Some(profile) = checked.profile.clone() else {
        return checked;
    };
    let (set, _) = ProfileSet::new(vec![profile]);
    let services = settings.service_names();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let problems = &mut checked.problems;
    problems.extend(set.unknown_destinations(&services));
    if settings.mail.is_none() && !settings.crm.is_empty() {
        problems.extend(set.without_mail_server());
    }
    let accounts: Vec<&str> = settings.amocrm.keys().map(String::as_str).collect();
    problems.extend(set.unknown_accounts(&accounts));
    let pbxs: Vec<&str> = settings.pbx.keys().map(String::as_str).collect();
    problems.extend(set.unknown_pbxs(&pbxs));
    let references = checked.references.as_ref();
    let names = settings.connection_names();
    let unknown = references.and_then(|references| live::connection(references, &names));
    problems.extend(unknown.map(|problem| Problem {
        severity: Severity::Warning,
        ..problem
    }));
    let mut seen = std::collections::HashSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    checked
}

/// Returns a problem as JSON for editors: lines and columns count from 1, `end` is the column behind
/// it, and `fixes` are texts that may replace what it covers.
pub fn problem_json(problem: &Problem, lang: Lang) -> Value {
    let mut told = problem.to_json(lang);
    if let Value::Object(members) = &mut told {
        members.insert("end".to_owned(), json!(problem.column + problem.length));
        members.insert("fixes".to_owned(), fixes(problem));
    }
    told
}

/// Returns the text that may replace what a problem covers, if its advice names one.
pub fn fix_of(problem: &Problem) -> Option<String> {
    let advice = problem.advice.in_lang(Lang::En);
    let (_, rest) = advice.split_once(MEANT)?;
    let (meant, _) = rest.split_once('`')?;
    if problem.line == 0 || meant.contains('…') {
        return None;
    }
    let written = problem.source_line.chars();
    let written: String = written
        .skip(problem.column.saturating_sub(1) as usize)
        .take(problem.length as usize)
        .collect();
    // the advice shows a name as a template writes it
    let inner = meant
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    let text = match inner {
        Some(inner) if !written.starts_with("{{") => inner,
        _ => meant,
    };
    Some(text.to_owned())
}

fn fixes(problem: &Problem) -> Value {
    let fixes = fix_of(problem).into_iter().map(|text| {
        json!({
            "text": text,
            "line": problem.line,
            "column": problem.column,
            "end": problem.column + problem.length,
        })
    });
    fixes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::Code;
    use crate::domain::Bilingual;

    fn problem(advice: &str, line: &str) -> Problem {
        Problem {
            line: 2,
            column: 3,
            length: 4,
            source_line: line.to_owned(),
            ..Problem::of_file(
                Code::UnknownField,
                "a.yaml",
                Bilingual::empty(),
                Bilingual::new(advice.to_owned(), String::new()),
            )
        }
    }

    #[test]
    fn advice_with_a_word_is_a_fix() {
        let told = problem_json(&problem("did you mean `fields`?", "  feld: x"), Lang::En);
        assert_eq!(told["end"], 7);
        assert_eq!(
            told["fixes"],
            json!([{"text": "fields", "line": 2, "column": 3, "end": 7}])
        );
        let told = problem_json(&problem("did you mean `{{name}}`?", "\"{nama}"), Lang::En);
        assert_eq!(told["fixes"][0]["text"], "name");
        for advice in ["write it so", "did you mean `$.data…`?", ""] {
            let told = problem_json(&problem(advice, "x"), Lang::En);
            assert_eq!(told["fixes"], json!([]), "{advice}");
        }
    }
}
