//! `leadgate test`: runs the examples beside the profiles and prints the differences.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::failure::Failure;
use super::out::{Ink, Out, clean};
use crate::author_tools::{Difference, Example};
use crate::authoring::{
    AMOCRM, CHANNELS, PBXS, POLLS, Paint, Problem, ProfileFile, nearest_name, render,
};
use crate::config::Settings;
use crate::domain::{Bilingual, Lang, bilingual};
use crate::intake::{self, amocrm};
use crate::mapping::ProfileSet;
use crate::profiles::{
    ExampleFile, LoadReport, ProfileStore, examples, render_report, stray_examples,
};

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
    /// Its profile does not take the packet, and why.
    NotTaken {
        differences: Vec<Difference>,
        why: Bilingual,
        /// Whether it should have been rewritten.
        is_update: bool,
    },
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
            Self::Different(_)
            | Self::NotTaken {
                is_update: false, ..
            } => "different",
            Self::Accepted => "accepted",
            Self::Unreadable(_) => "unreadable",
            Self::NotAccepted(_) | Self::NotTaken { .. } => "not-accepted",
        }
    }

    fn is_well(&self) -> bool {
        matches!(self, Self::AsExpected | Self::Accepted)
    }

    fn differences(&self) -> &[Difference] {
        match self {
            Self::Different(list)
            | Self::NotAccepted(list)
            | Self::NotTaken {
                differences: list, ..
            } => list,
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
        results.push((file, judge(file, (&profiles, &set), (test, settings))?));
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
        for stray in stray_examples(folder) {
            let advice = bilingual!(
                "{stray} is no example: an example is examples/PROFILE/NAME.yaml",
                "{stray} — не пример: примеры лежат в examples/ПРОФИЛЬ/ИМЯ.yaml"
            );
            Out::line(out.ink(Ink::Warn, &clean(advice.in_lang(lang))));
        }
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
    (test, settings): (&TestArgs, &Settings),
) -> Result<ExampleResult, Failure> {
    let example = match Example::read(
        &ProfileFile {
            name: file.name.clone(),
            text: file.text.clone(),
        },
        &intake::sources(),
        &profiles.channels(),
    ) {
        Ok(example) => example.with_packet(|source, body| {
            let account = settings.amocrm.get(source.address());
            if let Some(account) = account.filter(|_| source.name() == AMOCRM) {
                amocrm::add_names(body, account);
            }
        }),
        Err(problems) => return Ok(ExampleResult::Unreadable(problems)),
    };
    let differences = example.differences(set, &file.profile);
    if differences.is_empty() {
        return Ok(ExampleResult::AsExpected);
    }
    let is_taken_by_another = differences.iter().any(|found| found.what == "profile");
    if is_taken_by_another {
        let why = why_not(&example, set, &file.profile);
        return Ok(ExampleResult::NotTaken {
            differences,
            why,
            is_update: test.update,
        });
    }
    if !test.update {
        return Ok(ExampleResult::Different(differences));
    }
    match example.accepted(&file.text, set) {
        Some(rewritten) => {
            std::fs::write(&file.path, rewritten).map_err(|error| {
                let path = file.path.display();
                let what = bilingual!("{path} cannot be written", "не удаётся записать {path}");
                Failure::because(3, what, error)
            })?;
            Ok(ExampleResult::Accepted)
        }
        None => Ok(ExampleResult::NotAccepted(differences)),
    }
}

/// Returns why a profile does not take the packet of an example in its folder.
fn why_not(example: &Example, set: &ProfileSet, file: &str) -> Bilingual {
    let Some(profile) = set.by_file(file) else {
        let files = set.profiles().iter().map(|profile| profile.reference());
        let files: Vec<&str> = files.map(|profile| profile.file.as_str()).collect();
        return match nearest_name(file, &files) {
            Some(near) => bilingual!(
                "there is no profile `{file}`: the folder is called like the profile's file, `{near}`",
                "профиля `{file}` нет: папка называется как файл профиля — `{near}`"
            ),
            None => bilingual!(
                "there is no profile `{file}`: the folder is called like the profile's file",
                "профиля `{file}` нет: папка называется как файл профиля"
            ),
        };
    };
    let (source, _) = example.packet();
    // an address of this kind that the profile takes, unless it takes that of the packet
    let other = |kind: &str| {
        let first = profile.addresses(kind).next()?;
        let mut addresses = profile.addresses(kind);
        let is_taken = source.name() == kind && addresses.any(|it| it == source.address());
        (!is_taken).then_some(first)
    };
    if let Some(channel) = other(CHANNELS) {
        return bilingual!(
            "the profile takes requests of a channel: write `channel: {channel}` beside `packet`",
            "профиль принимает запросы канала: напишите рядом с `packet` строку `channel: {channel}`"
        );
    }
    if let Some(account) = other(AMOCRM) {
        return bilingual!(
            "the profile takes hooks of an amoCRM account: write `amocrm: {account}` beside `packet`",
            "профиль принимает хуки аккаунта amoCRM: напишите рядом с `packet` строку `amocrm: {account}`"
        );
    }
    if let Some(pbx) = other(PBXS) {
        return bilingual!(
            "the profile takes calls of a PBX: write `pbx: {pbx}` beside `packet`",
            "профиль принимает звонки АТС: напишите рядом с `packet` строку `pbx: {pbx}`"
        );
    }
    if let Some(poll) = other(POLLS) {
        return bilingual!(
            "the packet is not of a poll that the profile takes: write `header_data: {{ poll_id: {poll} }}` into it",
            "пакет не от опроса, который принимает профиль: впишите в него `header_data: {{ poll_id: {poll} }}`"
        );
    }
    match profile.when() {
        Some(when) => bilingual!(
            "`receive.when` of the profile does not hold for the packet, or another profile comes first: {when}",
            "условие `receive.when` профиля не выполнено для пакета, или другой профиль стоит раньше: {when}"
        ),
        None => bilingual!(
            "another profile takes such packets first: compare `order`",
            "такие пакеты раньше берёт другой профиль: сравните `order`"
        ),
    }
}

fn show(results: &[(&ExampleFile, ExampleResult)], out: &Out, lang: Lang) {
    for (file, verdict) in results {
        let (ink, word) = match verdict {
            ExampleResult::AsExpected => (Ink::Good, Bilingual::new("ok", "верно").pick(lang)),
            ExampleResult::Accepted => (Ink::Warn, Bilingual::new("accepted", "принят").pick(lang)),
            ExampleResult::Different(_)
            | ExampleResult::NotTaken {
                is_update: false, ..
            } => (Ink::Bad, Bilingual::new("different", "не так").pick(lang)),
            ExampleResult::Unreadable(_) => (
                Ink::Bad,
                Bilingual::new("unreadable", "не читается").pick(lang),
            ),
            ExampleResult::NotAccepted(_) | ExampleResult::NotTaken { .. } => (
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
        if let ExampleResult::NotTaken { why, .. } = verdict {
            Out::line(format!("    {}", clean(why.in_lang(lang))));
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
