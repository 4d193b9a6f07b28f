//! `leadgate test`: runs the examples beside the profiles and prints the differences.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::failure::Failure;
use super::out::{Ink, Out, clean};
use crate::author_tools::{Difference, Example};
use crate::authoring::{Paint, Problem, ProfileFile, render};
use crate::config::Settings;
use crate::domain::{Bilingual, Lang, bilingual};
use crate::intake;
use crate::mapping::ProfileSet;
use crate::profiles::{ExampleFile, LoadReport, ProfileStore, examples, render_report};

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The profiles' folder (mappings.dir); its examples are in `examples/PROFILE/*.yaml`.
    #[arg(value_name = "FOLDER")]
    mappings: Option<PathBuf>,
    /// Only the examples of this profile, or of this one file: consultation,
    /// consultation/phone-only.yaml.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Rewrite the examples that differ with the current results.
    #[arg(long)]
    update: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

impl TestArgs {
    pub(super) fn flags(&self, flags: &mut Vec<(String, String)>) {
        if let Some(mappings) = &self.mappings {
            flags.push(("mappings.dir".to_owned(), mappings.display().to_string()));
        }
    }

    fn wants(&self, file: &ExampleFile) -> bool {
        self.only.as_ref().is_none_or(|only| {
            *only == file.profile || *only == file.name || format!("{only}.yaml") == file.name
        })
    }
}

/// The result of one example.
enum ExampleResult {
    AsExpected,
    Different(Vec<Difference>),
    /// It was rewritten.
    Accepted,
    /// It is not an example.
    Unreadable(Vec<Problem>),
    /// It differs and cannot be rewritten.
    NotAccepted(Vec<Difference>),
}

impl ExampleResult {
    fn word(&self) -> &'static str {
        match self {
            Self::AsExpected => "ok",
            Self::Different(_) => "different",
            Self::Accepted => "accepted",
            Self::Unreadable(_) => "unreadable",
            Self::NotAccepted(_) => "not-accepted",
        }
    }

    fn is_well(&self) -> bool {
        matches!(self, Self::AsExpected | Self::Accepted)
    }

    fn differences(&self) -> &[Difference] {
        match self {
            Self::Different(list) | Self::NotAccepted(list) => list,
            Self::AsExpected | Self::Accepted | Self::Unreadable(_) => &[],
        }
    }
}

pub(super) fn run(test: &TestArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let lang = out.lang();
    let folder = &settings.mappings.dir;
    let (profiles, report) = ProfileStore::open(folder, &settings.mappings.templates);
    if report.has_errors() && !test.json {
        Out::line(render_report(&report, out.paint(), lang).trim_end());
    }
    let files = examples(folder).map_err(|error| {
        let folder = folder.display();
        let what = bilingual!(
            "the examples of {folder} cannot be read",
            "не удаётся прочитать примеры в {folder}"
        );
        Failure::because(2, what, error)
    })?;
    let set = profiles.current();
    let mut results = Vec::new();
    for file in files.iter().filter(|file| test.wants(file)) {
        results.push((file, judge(file, (&profiles, &set), test)?));
    }
    if let (Some(only), true) = (&test.only, results.is_empty()) {
        let why = bilingual!(
            "there is no example `{only}`: name a profile, or a profile and a file",
            "примера `{only}` нет: укажите профиль или профиль и файл"
        );
        return Err(Failure::message(2, why));
    }
    if test.json {
        Out::line(as_json(&results, &report, lang).to_string());
    } else {
        show(&results, out, lang);
    }
    let is_well = !report.has_errors() && results.iter().all(|(_, verdict)| verdict.is_well());
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn judge(
    file: &ExampleFile,
    (profiles, set): (&ProfileStore, &ProfileSet),
    test: &TestArgs,
) -> Result<ExampleResult, Failure> {
    let example = match Example::read(
        &ProfileFile {
            name: file.name.clone(),
            text: file.text.clone(),
        },
        &intake::sources(),
        &profiles.channels(),
    ) {
        Ok(example) => example,
        Err(problems) => return Ok(ExampleResult::Unreadable(problems)),
    };
    let differences = example.differences(set, &file.profile);
    if differences.is_empty() {
        return Ok(ExampleResult::AsExpected);
    }
    let is_taken_by_another = differences.iter().any(|found| found.what == "profile");
    if !test.update {
        return Ok(ExampleResult::Different(differences));
    }
    match example.accepted(&file.text, set) {
        Some(rewritten) if !is_taken_by_another => {
            std::fs::write(&file.path, rewritten).map_err(|error| {
                let path = file.path.display();
                let what = bilingual!("{path} cannot be written", "не удаётся записать {path}");
                Failure::because(3, what, error)
            })?;
            Ok(ExampleResult::Accepted)
        }
        Some(_) | None => Ok(ExampleResult::NotAccepted(differences)),
    }
}

fn show(results: &[(&ExampleFile, ExampleResult)], out: &Out, lang: Lang) {
    for (file, verdict) in results {
        let (ink, word) = match verdict {
            ExampleResult::AsExpected => (Ink::Good, Bilingual::new("ok", "верно").pick(lang)),
            ExampleResult::Accepted => (Ink::Warn, Bilingual::new("accepted", "принят").pick(lang)),
            ExampleResult::Different(_) => {
                (Ink::Bad, Bilingual::new("different", "не так").pick(lang))
            }
            ExampleResult::Unreadable(_) => (
                Ink::Bad,
                Bilingual::new("unreadable", "не читается").pick(lang),
            ),
            ExampleResult::NotAccepted(_) => (
                Ink::Bad,
                Bilingual::new("different, and not rewritten", "не так и не переписан").pick(lang),
            ),
        };
        Out::line(format!("{} {}", out.ink(ink, word), clean(&file.name)));
        if let ExampleResult::Unreadable(problems) = verdict {
            Out::line(render(problems, Paint::Plain, lang).trim_end());
        }
        for difference in verdict.differences() {
            differs(difference, out, lang);
        }
    }
    let well = results
        .iter()
        .filter(|(_, verdict)| verdict.is_well())
        .count();
    let all = results.len();
    if all == 0 {
        Out::line(Bilingual::new(
            "there are no examples: put a packet into examples/PROFILE/name.yaml beside the \
             profiles, `packet: …`, and run `leadgate test --update`",
            "примеров нет: положите пакет в examples/ПРОФИЛЬ/имя.yaml рядом с профилями, `packet: \
             …`, и запустите `leadgate test --update`",
        ).pick(lang));
    }
    Out::line(match lang {
        Lang::En if all == 1 => format!("1 example, {} not as expected", all - well),
        Lang::En => format!("{all} examples, {} not as expected", all - well),
        Lang::Ru => format!("примеров: {all}, из них не так: {}", all - well),
    });
}

fn differs(difference: &Difference, out: &Out, lang: Lang) {
    Out::line(format!("  {}", clean(&difference.what)));
    let nothing = Bilingual::new("nothing", "ничего").pick(lang);
    let side = |values: &Option<Vec<String>>| match values {
        None => nothing.to_owned(),
        Some(values) => {
            let values: Vec<String> = values.iter().map(|v| json!(v).to_string()).collect();
            clean(&values.join(", "))
        }
    };
    let (minus, plus) = (
        Bilingual::new("expected", "ждали").pick(lang),
        Bilingual::new("found   ", "вышло").pick(lang),
    );
    let expected = format!("    - {minus} {}", side(&difference.expected));
    let found = format!("    + {plus} {}", side(&difference.found));
    Out::line(out.ink(Ink::Bad, &expected));
    Out::line(out.ink(Ink::Good, &found));
}

/// Returns the results as JSON.
fn as_json(results: &[(&ExampleFile, ExampleResult)], report: &LoadReport, lang: Lang) -> Value {
    let well = results
        .iter()
        .filter(|(_, verdict)| verdict.is_well())
        .count();
    let examples: Vec<Value> = results
        .iter()
        .map(|(file, verdict)| {
            let differences: Vec<Value> = verdict
                .differences()
                .iter()
                .map(|d| json!({"what": d.what, "expected": d.expected, "found": d.found}))
                .collect();
            let problems: Vec<Value> = match verdict {
                ExampleResult::Unreadable(problems) => {
                    problems.iter().map(|p| p.to_json(lang)).collect()
                }
                _ => Vec::new(),
            };
            json!({
                "example": file.name,
                "profile": file.profile,
                "result": verdict.word(),
                "differences": differences,
                "problems": problems,
            })
        })
        .collect();
    json!({
        "examples": examples,
        "failed": results.len() - well,
        "profiles_have_errors": report.has_errors(),
    })
}
