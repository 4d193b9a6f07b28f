//! Bases: files of rules that several profiles share, such as `_forms.yaml`. A profile names one:
//! `base: forms`. It lies between the profile and the defaults.

use std::collections::BTreeMap;

use super::neighbours::Neighbours;
use super::read;
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Problems, SourceText};
use crate::authoring::raw::RawProfile;
use crate::authoring::yaml::Text;
use crate::authoring::{ProfileFile, secrets, suggest};
use crate::domain::bilingual;

/// The bases of a folder, by name.
#[derive(Debug, Default)]
pub(super) struct Bases {
    bases: BTreeMap<String, Base>,
}

#[derive(Debug)]
struct Base {
    file: String,
    text: String,
    /// `None` if it cannot be read.
    raw: Option<RawProfile>,
    problems: Vec<Problem>,
}

/// Returns the name of the base in a file of this name: `forms` of `_forms.yaml`.
pub(crate) fn base_name(file: &str) -> &str {
    let name = file.trim();
    let name = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
        .unwrap_or(name);
    name.strip_prefix('_').unwrap_or(name)
}

impl Bases {
    /// Reads the files whose names begin with `_`. One that receives submissions is a profile.
    pub(super) fn read(files: &[ProfileFile]) -> Self {
        let mut bases = BTreeMap::new();
        for file in files {
            let mut problems = Problems::default();
            let raw = read(file, &mut problems);
            if raw.as_ref().is_some_and(|raw| raw.receive.is_some()) {
                continue;
            }
            if let Some(raw) = &raw {
                raw.check_as_base(&mut problems);
            }
            secrets::scan(&SourceText::new(&file.name, &file.text), &mut problems);
            let base = Base {
                file: file.name.clone(),
                text: file.text.clone(),
                raw,
                problems: problems.into_sorted(),
            };
            bases
                .entry(base_name(&file.name).to_owned())
                .or_insert(base);
        }
        Self { bases }
    }

    /// Returns whether this file is a base.
    pub(super) fn is_base(&self, file: &str) -> bool {
        self.bases.values().any(|base| base.file == file)
    }

    /// Returns the names of the bases that can be read, and their files.
    pub(super) fn readable(&self) -> impl Iterator<Item = (&str, &str)> {
        let readable = self.bases.iter().filter(|(_, base)| base.raw.is_some());
        readable.map(|(name, base)| (name.as_str(), base.file.as_str()))
    }

    /// Returns the problems of all bases.
    pub(super) fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.bases.values().flat_map(|base| &base.problems)
    }

    /// Returns the text of a profile's base, as part of the profile's version.
    pub(super) fn text(&self, raw: &RawProfile) -> Option<&str> {
        let base = self.bases.get(base_name(&raw.base.as_ref()?.value))?;
        Some(&base.text)
    }

    /// Merges a profile with its base. With a mistake in the base the profile does not compile.
    pub(super) fn merge(
        &self,
        raw: RawProfile,
        neighbours: &Neighbours,
        problems: &mut Problems,
    ) -> RawProfile {
        let Some(written) = &raw.base else {
            return raw;
        };
        let Some(base) = self.bases.get(base_name(&written.value)) else {
            self.unknown(written, neighbours, problems);
            return raw;
        };
        for problem in base.problems.iter().filter(|problem| problem.is_error()) {
            problems.push(problem.clone());
        }
        match &base.raw {
            Some(base) => raw.over_base(base.clone()),
            None => raw,
        }
    }

    fn unknown(&self, written: &Text, neighbours: &Neighbours, problems: &mut Problems) {
        let name = base_name(&written.value);
        if name == "defaults" {
            let message = bilingual!(
                "`_defaults.yaml` is no base: it applies to every profile anyway",
                "`_defaults.yaml` — не база: он и так действует для всех профилей"
            );
            let advice = bilingual!("remove `base`", "уберите `base`");
            problems.error(Code::UnknownBase, &written.place, message, advice);
            return;
        }
        let message = bilingual!(
            "there is no base `{name}`: the folder has no `_{name}.yaml`, or that file is a profile \
             with `receive`",
            "нет базы `{name}`: в папке нет файла `_{name}.yaml` или это профиль с `receive`"
        );
        let known: Vec<&str> = self.bases.keys().map(String::as_str).collect();
        let advice = if let Some(advice) = neighbours.for_base(name) {
            advice
        } else if known.is_empty() {
            bilingual!(
                "put the shared rules into `_{name}.yaml` beside the profile",
                "положите общие правила в файл `_{name}.yaml` рядом с профилем"
            )
        } else {
            suggest::did_you_mean(name, &known)
        };
        problems.error(Code::UnknownBase, &written.place, message, advice);
    }
}
