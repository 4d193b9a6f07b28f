//! Compiles a profile as written, or reports everything that is wrong with it.

mod bare_names;
mod bases;
mod call;
mod choice;
mod company;
mod condition;
mod constants;
mod contact;
mod field_rules;
mod fields;
mod files;
mod foreign;
mod foreign_signs;
mod formulas;
mod hook;
mod hook_values;
mod identity;
mod kinds;
mod neighbours;
mod no_effect;
mod order;
mod own_template;
mod packet_paths;
mod packet_values;
mod products;
mod receive;
mod record;
mod regions;
mod responsible;
mod separators;
mod shared_search;
mod standard_codes;
mod tables;
mod then;
mod then_texts;
mod todo;
mod unreadable;
mod wanted;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use self::bases::base_name;
pub(crate) use self::fields::costly;
pub use self::neighbours::Neighbours;
use self::own_template::inline;
use super::condition::Condition;
use super::profile::{CommentRule, Profile, Receive};
use super::set::unknown_destination;
use super::template::{self, Wording};
use crate::authoring::codes::Code;
use crate::authoring::lookalike::in_latin;
use crate::authoring::problem::{Problem, Problems, ProfileFacts, SourceText, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field::RawField;
use crate::authoring::raw::record::RawRecord;
use crate::authoring::reader::Reader;
use crate::authoring::secrets;
use crate::authoring::sources::{CHANNELS, POLLS};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::authoring::{Normaliser, ProfileFile, without_mark};
use crate::domain::{Bilingual, ProfileRef, ReplyMode, bilingual};

/// A compiled profile and its warnings, or all problems.
pub type Compiled = Result<(Arc<Profile>, Vec<Problem>), Vec<Problem>>;

/// Compiles profiles that share defaults and templates.
#[derive(Debug)]
pub struct Compiler<'t> {
    defaults: Option<RawProfile>,
    defaults_text: String,
    bases: bases::Bases,
    /// The problems of the defaults.
    problems: Vec<Problem>,
    templates: &'t BTreeMap<String, String>,
    tables: tables::Tables,
    /// The texts of the tables, which are part of a profile's version.
    table_texts: BTreeMap<String, String>,
    /// All files of the folders, for advice.
    neighbours: Neighbours,
}

/// Compiles one profile: see [`Compiler`].
pub fn compile(
    file: &ProfileFile,
    defaults: Option<&ProfileFile>,
    templates: &BTreeMap<String, String>,
) -> Compiled {
    Compiler::new(defaults, templates).compile(file)
}

impl<'t> Compiler<'t> {
    /// Reads the defaults once; `templates` are the comment templates by name.
    pub fn new(defaults: Option<&ProfileFile>, templates: &'t BTreeMap<String, String>) -> Self {
        let mut problems = Problems::default();
        let raw = defaults.and_then(|file| {
            let raw = read(file, &mut problems)?;
            raw.check_as_defaults(&mut problems);
            Some(raw)
        });
        if let Some(file) = defaults {
            secrets::scan(&SourceText::new(&file.name, &file.text), &mut problems);
        }
        Self {
            defaults: raw,
            defaults_text: defaults.map(|file| file.text.clone()).unwrap_or_default(),
            problems: problems.into_sorted(),
            templates,
            bases: bases::Bases::default(),
            tables: tables::Tables::default(),
            table_texts: BTreeMap::new(),
            neighbours: Neighbours::default(),
        }
    }

    /// Adds the names of all files in the folders, which advice on a missing file looks at.
    #[must_use]
    pub fn with_neighbours(mut self, neighbours: &Neighbours) -> Self {
        self.neighbours = neighbours.clone();
        self.tables.set_neighbours(neighbours);
        self
    }

    /// Adds the CSV tables of the profiles' folder, by file name.
    #[must_use]
    pub fn with_tables(mut self, tables: &BTreeMap<String, String>) -> Self {
        self.tables = tables::Tables::read(tables);
        self.table_texts.clone_from(tables);
        self
    }

    /// Adds the bases of the profiles' folder: the files whose names begin with `_`.
    #[must_use]
    pub fn with_bases(mut self, files: &[ProfileFile]) -> Self {
        self.bases = bases::Bases::read(files);
        self
    }

    /// Returns whether this file is a base, and no profile.
    pub fn is_base(&self, file: &str) -> bool {
        self.bases.is_base(file)
    }

    /// Returns the names of the bases and their files, without those that cannot be read.
    pub fn bases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.bases.readable()
    }

    /// Returns the problems of the defaults and of the bases. With errors in the defaults no profile
    /// compiles, with errors in a base none that names it.
    pub fn shared_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(self.bases.problems())
    }

    /// Compiles a profile, or reports everything that is wrong with it and with the defaults.
    pub fn compile(&self, file: &ProfileFile) -> Compiled {
        let mut problems = Problems::default();
        problems.facts.is_for_polls = file.text.contains("polls:");
        for problem in self.problems.iter().filter(|problem| problem.is_error()) {
            problems.push(problem.clone());
        }
        let profile = self
            .read(file, &mut problems)
            .and_then(|raw| self.build(file, &raw, &mut problems));
        secrets::scan(&SourceText::new(&file.name, &file.text), &mut problems);
        match profile {
            Some(profile) if !problems.has_errors() => {
                Ok((Arc::new(profile), problems.into_sorted()))
            }
            Some(_) | None => Err(without_consequences(problems.into_sorted())),
        }
    }

    /// Returns a profile as written, merged with the defaults; [`Compiler::compile`] reports
    /// mistakes.
    pub(crate) fn raw(&self, file: &ProfileFile) -> Option<RawProfile> {
        self.read(file, &mut Problems::default())
    }

    /// Returns a warning for each HTTP destination of a file that the settings lack, whether or not
    /// the file compiles.
    pub fn unknown_destinations(&self, file: &ProfileFile, known: &[&str]) -> Vec<Problem> {
        let mut problems = Problems::default();
        let raw = self.raw(file);
        let steps = raw.iter().flat_map(|raw| raw.then.iter().flatten());
        let mut named: Vec<&str> = Vec::new();
        for text in steps.filter_map(|step| step.http.as_ref()) {
            let name = text.value.trim();
            let is_new = !known.contains(&name) && !named.contains(&name);
            if is_new && template::is_name(name) {
                named.push(name);
                unknown_destination((name, &text.place), known, &mut problems);
            }
        }
        problems.into_sorted()
    }

    fn read(&self, file: &ProfileFile, problems: &mut Problems) -> Option<RawProfile> {
        let raw = read(file, problems)?;
        let raw = self.bases.merge(raw, &self.neighbours, problems);
        Some(match &self.defaults {
            Some(defaults) => raw.over(defaults.clone()),
            None => raw,
        })
    }

    fn build(
        &self,
        file: &ProfileFile,
        raw: &RawProfile,
        problems: &mut Problems,
    ) -> Option<Profile> {
        let receive = receive::compile(raw, problems);
        check_receive(raw, &receive, problems);
        problems.facts = facts(raw, &receive);
        let raw = &*bare_names::declare(raw, &receive, self.templates, problems);
        let names = fields::names(&raw.fields);
        packet_values::check(raw, &receive, problems);
        check_texts(raw, &names, problems);
        let declared: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut used = field_rules::Used::with_files(fields::files(&raw.fields));
        let country = regions::country(raw.country.as_ref(), problems).unwrap_or_default();
        let context = fields::FieldContext {
            receive: &receive,
            declared: &declared,
            tables: &self.tables,
            country,
        };
        let mut fields = fields::compile(&raw.fields, &context, &mut used, problems);
        let order = fields::order(&raw.fields, &fields, problems);
        let contact = raw.contact.as_ref();
        let contact = contact.and_then(|it| contact::compile(it, &declared, &mut used, problems));
        let company = company::of_profile(raw, &declared, &mut used, problems);
        let written = record::pick(raw, problems);
        check_values(raw, written, problems);
        let record = written.and_then(|it| record::compile(it, &context, &mut used, problems));
        if contact.is_none() && company.is_none() && written.is_none() {
            no_effect::makes_nothing(raw, problems);
        }
        let comment_when = comment_when(raw, &declared, &mut used, problems);
        let comment = raw.comment.as_ref().map(|it| &it.text);
        let comment = self.comment(comment, &declared, &mut used, problems);
        let files = files::compile(raw, &declared, &mut used, problems);
        let todo = todo::compile(raw, &declared, &mut used, problems);
        let identity = identity::compile(raw, &declared, &mut used, problems);
        let then = self.then(raw, &declared, &mut used, problems);
        then.note_types(&mut fields);
        fields::note_used_parts(&mut fields, &used);
        fields::check_use(&raw.fields, &fields, &used, &file.name, problems);
        Some(Profile {
            reference: self.reference(file, raw),
            file: file.name.as_str().into(),
            receive,
            identity,
            connection: raw.crm.as_ref().map(|crm| crm.value.clone()),
            country,
            field_names: fields.iter().map(|field| field.name.clone()).collect(),
            order: order::without_unused_parts(order, &fields, &used),
            fields,
            contact,
            company,
            record,
            comment: comment?,
            comment_when,
            files,
            todo,
            then: then.rules,
            later_names: then.later_names,
            reply: reply(raw),
            name_place: raw.name_place().clone(),
            receive_place: raw.receive_place().clone(),
        })
    }

    fn then(
        &self,
        raw: &RawProfile,
        declared: &[&str],
        used: &mut field_rules::Used,
        problems: &mut Problems,
    ) -> then::CompiledSteps {
        let context = then::ThenContext {
            raw,
            declared,
            templates: self.templates,
            neighbours: &self.neighbours,
        };
        then::compile(&context, used, problems)
    }

    fn reference(&self, file: &ProfileFile, raw: &RawProfile) -> ProfileRef {
        let stem = file
            .name
            .rsplit_once('.')
            .map_or(&*file.name, |(stem, _)| stem);
        let name = raw.name.as_ref().map_or(stem, |name| name.value.trim());
        ProfileRef {
            file: stem.to_owned(),
            name: name.to_owned(),
            hash: self.edition(file, raw),
            outdated: false,
        }
    }

    fn comment(
        &self,
        written: Option<&Text>,
        declared: &[&str],
        used: &mut field_rules::Used,
        problems: &mut Problems,
    ) -> Option<CommentRule> {
        let Some(written) = written else {
            return Some(CommentRule::None);
        };
        match written.value.as_str() {
            "none" => return Some(CommentRule::None),
            "full" => return Some(CommentRule::Full),
            // an older profile may have a template of this name
            "answers" if !self.templates.contains_key("answers") => {
                return Some(CommentRule::Answers);
            }
            _ => {}
        }
        let name = written.value.strip_suffix(".hbs").unwrap_or(&written.value);
        if name
            .rsplit_once('.')
            .is_some_and(|(_, ending)| ending == "html")
        {
            let message = bilingual!(
                "`{name}` is a page template, but a comment is plain text",
                "`{name}` — шаблон страницы, а комментарий — простой текст"
            );
            let advice = bilingual!(
                "save it without `.html` in its name",
                "сохраните его без `.html` в имени"
            );
            problems.error(Code::WrongPlace, &written.place, message, advice);
            return None;
        }
        let Some(text) = self.templates.get(name) else {
            let bare = name.rsplit(['/', '\\']).next().unwrap_or(name);
            let advice = if bare != name && self.templates.contains_key(bare) {
                suggest::meant(bare)
            } else {
                self.no_template(bare)
            };
            let message = bilingual!(
                "there is no comment template `{name}`",
                "нет шаблона комментария `{name}`"
            );
            problems.error(Code::UnknownTemplate, &written.place, message, advice);
            return None;
        };
        let source = SourceText::new(&format!("{name}.hbs"), text);
        secrets::scan(&source, problems);
        let part = |offset: usize, length: usize| TextPlace::within(&source, offset, length);
        let template = template::compile(&Wording { text, part: &part }, declared, problems)?;
        foreign::check_file((text, &source), declared, problems);
        used.template(&template);
        Some(CommentRule::Template {
            name: name.to_owned(),
            template,
        })
    }

    /// Advice on a comment that is neither a word nor a template.
    fn no_template(&self, name: &str) -> Bilingual {
        let mut words = suggest::parts(name).peekable();
        let is_word = |word: &str| matches!(word, "full" | "answers" | "none");
        if name.contains(' ') && words.peek().is_some() && words.all(is_word) {
            return bilingual!(
                "there is one comment: `full` has the answers first, and the rest below them",
                "комментарий один: в `full` сначала ответы, а ниже — остальное"
            );
        }
        if name.contains(' ') || name.contains("{{") {
            return bilingual!(
                "the text of a comment stands in a file templates/NAME.hbs, and here its name: `comment: NAME`; `comment: full` writes the whole packet",
                "текст комментария пишут в файле templates/ИМЯ.hbs, а здесь его имя: `comment: ИМЯ`; `comment: full` — весь пакет"
            );
        }
        // a name such as `note` is near to `none`, and means a template
        let is_word = |word: &&str| {
            suggest::translated(name, word)
                || (name.get(..3) == word.get(..3) && suggest::nearest(name, [*word]).is_some())
                || in_latin(name).eq_ignore_ascii_case(word)
        };
        let known: Vec<&str> = self.templates.keys().map(String::as_str).collect();
        match ["none", "answers", "full"].into_iter().find(is_word) {
            Some(word) => suggest::meant_by(name, word),
            None => self.neighbours.for_template(name, &known),
        }
    }

    /// Hashes everything that makes up the profile: file, base, defaults, comment template, tables.
    fn edition(&self, file: &ProfileFile, raw: &RawProfile) -> String {
        let comment = raw.comment.as_ref();
        let template = comment.and_then(|comment| self.templates.get(&comment.text.value));
        let tables = raw.fields.values().filter_map(|field| {
            let name = field.table.as_ref()?;
            self.table_texts.get(name.value.trim())
        });
        let parts = [
            file.text.as_str(),
            self.defaults_text.as_str(),
            template.map_or("", String::as_str),
        ];
        let bodies = then_texts::body_templates(raw).filter_map(|name| self.templates.get(name));
        let parts = parts
            .into_iter()
            .chain(tables.chain(bodies).map(String::as_str));
        let parts = parts.chain(self.bases.text(raw));
        // FNV-1a, because the standard hasher is not stable; this is not a secret
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in parts.flat_map(|part| part.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{hash:016x}")
    }
}

/// Leaves out the fields that a missing base may declare.
fn without_consequences(mut problems: Vec<Problem>) -> Vec<Problem> {
    // the place that would use the field may be the one that is wrong
    let is_near = |unused: &Problem, other: &Problem| {
        other.is_error()
            && matches!(other.code, Code::UnknownField | Code::Yaml | Code::Unquoted)
            && other.file == unused.file
    };
    let unused: Vec<bool> = problems
        .iter()
        .map(|problem| {
            problem.code == Code::UnusedField
                && problems.iter().any(|other| is_near(problem, other))
        })
        .collect();
    let mut unused = unused.into_iter();
    problems.retain(|_| !unused.next().unwrap_or(false));
    let lacks_base = |problem: &Problem| problem.code == Code::UnknownBase;
    if problems.iter().any(lacks_base) {
        problems.retain(|problem| !matches!(problem.code, Code::UnknownField | Code::UnusedField));
    }
    problems
}

fn read(file: &ProfileFile, problems: &mut Problems) -> Option<RawProfile> {
    let text = without_mark(file, problems)?;
    RawProfile::read(
        &SourceText::new(&file.name, text),
        &mut Reader::new(problems),
    )
}

fn reply(raw: &RawProfile) -> ReplyMode {
    let written = raw.reply.as_ref();
    written.map_or_else(ReplyMode::default, |reply| reply.value)
}

/// Warns of texts and values that say something else than their author means.
fn check_texts(raw: &RawProfile, names: &[String], problems: &mut Problems) {
    foreign::check(raw, names, problems);
    constants::check(raw, names, problems);
    wanted::check(raw, problems);
    kinds::check(raw, problems);
}

fn check_receive(raw: &RawProfile, receive: &Receive, problems: &mut Problems) {
    receive::check_identity(raw, receive, problems);
    responsible::check_calls(raw, receive, problems);
}

/// Returns what advice needs to know about a profile.
fn facts(raw: &RawProfile, receive: &Receive) -> ProfileFacts {
    let reader = |(name, field): (&String, &RawField)| {
        let path = field.from.first()?.value.trim_end_matches(['*', '[', ']']);
        let last = path
            .rsplit(['.', '\'', '"', '['])
            .find(|part| !part.is_empty())?;
        // a name that cannot be used is reported with this one
        let name = if template::is_name(name) {
            name.clone()
        } else {
            let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
            name.trim().chars().map(plain).collect()
        };
        Some((last.to_owned(), name))
    };
    ProfileFacts {
        file: raw.place.source.name().to_owned(),
        is_for_polls: receive.takes(POLLS) && !receive.takes(CHANNELS),
        readers: raw.fields.iter().filter_map(reader).collect(),
        truths: raw
            .fields
            .values()
            .filter(|field| matches!(&field.form, Some(form) if form.value == Normaliser::Bool))
            .map(|field| field.key.value.clone())
            .collect(),
        paths: raw
            .fields
            .iter()
            .filter_map(|(name, field)| Some((name.clone(), field.from.first()?.value.clone())))
            .collect(),
        forms: raw
            .fields
            .iter()
            .filter_map(|(name, field)| Some((name.clone(), field.form.as_ref()?.value)))
            .collect(),
        crm_texts: crm_texts(raw),
        values: raw.fields.iter().filter_map(choice::known_of).collect(),
    }
}

/// Returns the texts of the CRM fields, as advice names them: `contact.NAME`.
fn crm_texts(raw: &RawProfile) -> Vec<(String, String)> {
    let contact = raw.contact.iter().map(|it| ("contact", &it.fields));
    let company = raw.company.iter().map(|it| ("company", &it.fields));
    let records = [
        ("deal", &raw.deal),
        ("lead", &raw.lead),
        ("item", &raw.item),
    ];
    let records = records
        .into_iter()
        .filter_map(|(block, record)| Some((block, &record.as_ref()?.fields)));
    let blocks = contact.chain(company).chain(records);
    let texts = blocks.flat_map(|(block, fields)| {
        fields.iter().filter_map(move |(name, rules)| {
            let rule = rules.rules.first()?;
            Some((format!("{block}.{name}"), rule.value.value.clone()))
        })
    });
    texts.collect()
}

/// Reports searches of contact, company and record by values that many people share, and rows of
/// choices for values that their fields never have.
fn check_values(raw: &RawProfile, record: Option<&RawRecord>, problems: &mut Problems) {
    choice::check_reachable(raw, problems);
    let of_contact = raw.contact.iter().map(|contact| &contact.fields);
    let of_company = raw.company.iter().map(|company| &company.fields);
    for rules in of_contact
        .chain(of_company)
        .chain(record.map(|record| &record.fields))
    {
        shared_search::check(rules, &raw.fields, problems);
    }
}

/// Compiles the condition of the comment.
fn comment_when(
    raw: &RawProfile,
    declared: &[&str],
    used: &mut field_rules::Used,
    problems: &mut Problems,
) -> Condition {
    let written = raw.comment.as_ref();
    let written = written.and_then(|comment| comment.when.as_ref());
    let when = condition::compile(written, declared, problems);
    used.condition(&when);
    when
}

/// Returns the template of a CRM field in a profile that compiles.
pub(crate) fn template_of(text: &Text, raw: &RawProfile) -> Option<template::Template> {
    let names = fields::names(&raw.fields);
    let declared: Vec<&str> = names.iter().map(String::as_str).collect();
    inline(
        &field_rules::yes_or_no(text),
        &declared,
        &mut Problems::default(),
    )
}
