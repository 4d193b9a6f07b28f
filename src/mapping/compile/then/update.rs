//! The later CRM step: what it changes of the contact, the company or the record of the step `crm`.

use super::StepCompiler;
use super::references::Needs;
use crate::authoring::codes::Code;
use crate::authoring::raw::record::RawRecord;
use crate::authoring::raw::then::RawCrmUpdate;
use crate::authoring::yaml::Text;
use crate::domain::{EntityKind, ItemType, UpdateTarget, bilingual};
use crate::mapping::compile::then_texts::template_name;
use crate::mapping::compile::{field_rules, record};
use crate::mapping::crm_fields;
use crate::mapping::template::Escape;
use crate::mapping::then::rules::CrmUpdateRules;

/// The words of `update`.
const TARGETS: [&str; 5] = ["contact", "company", "deal", "lead", "item"];
/// Fields that hold lists, which only the first step can fill.
const LISTS: [&str; 4] = ["PHONE", "EMAIL", "WEB", "IM"];

impl StepCompiler<'_, '_> {
    pub(super) fn update(&mut self, raw: &RawCrmUpdate) -> Option<Box<CrmUpdateRules>> {
        let Some(written) = &raw.update else {
            let message = bilingual!(
                "`crm` does not say what to change: `update` is missing",
                "в `crm` не сказано, что менять: нет `update`"
            );
            let advice = bilingual!(
                "add `update: deal`, or `contact`, `company`, `lead`, `item`",
                "добавьте `update: deal` либо `contact`, `company`, `lead`, `item`"
            );
            self.problems
                .error(Code::MissingKey, &raw.place, message, advice);
            return None;
        };
        let target = self.target(written)?;
        self.steps
            .check_target(written, self.step.when.as_ref(), self.problems);
        let kind = match target {
            UpdateTarget::Contact => None,
            UpdateTarget::Record(kind) => Some(kind),
        };
        let mut fields = Vec::with_capacity(raw.fields.len());
        for (name, text) in &raw.fields {
            fields.extend(self.field(name, text, kind));
        }
        let stage = match (&raw.stage, kind) {
            (Some(text), None | Some(EntityKind::Company)) => {
                self.has_no("stage", text, kind);
                None
            }
            (Some(text), Some(kind)) => {
                self.other_pipeline(text, kind);
                Some(record::stage(text, Some(kind), self.problems)?)
            }
            (None, _) => None,
        };
        let comment = match (&raw.comment, kind) {
            (Some(text), Some(_)) => {
                self.word_as_comment(text);
                Some(self.template(text, Escape::Nothing, Needs::MayLack)?)
            }
            (Some(text), None) => {
                self.has_no("comment", text, kind);
                None
            }
            (None, _) => None,
        };
        self.changes_nothing(raw);
        Some(Box::new(CrmUpdateRules {
            connection: self.context.raw.crm.as_ref().map(|crm| crm.value.clone()),
            target,
            fields,
            stage,
            comment,
        }))
    }

    /// Reports a step without anything to change.
    fn changes_nothing(&mut self, raw: &RawCrmUpdate) {
        let is_empty = raw.fields.is_empty() && raw.stage.is_none() && raw.comment.is_none();
        if is_empty && !self.step.is_broken {
            let message = bilingual!("the step changes nothing", "шаг ничего не меняет");
            let advice = bilingual!(
                "add `fields`, `stage` or `comment`",
                "добавьте `fields`, `stage` или `comment`"
            );
            self.problems
                .error(Code::MissingKey, &raw.place, message, advice);
        }
    }

    /// Warns of a stage in another pipeline than that of the record: no record moves between them.
    fn other_pipeline(&mut self, text: &Text, kind: EntityKind) {
        let raw = self.context.raw;
        let record = match kind {
            EntityKind::Deal => raw.deal.as_ref(),
            EntityKind::Item(_) => raw.item.as_ref(),
            EntityKind::Lead | EntityKind::Company => None,
        };
        let pipeline = |code: &str| {
            let code = code.trim();
            code.split_once(':')
                .map_or_else(String::new, |(pipeline, _)| pipeline.to_owned())
        };
        let code = text.value.trim();
        let is_code = |code: &str| {
            code.bytes().all(|byte| {
                byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_:".contains(&byte)
            })
        };
        let stages = record.into_iter().flat_map(RawRecord::stages);
        let stages: Vec<&str> = stages.map(|text| text.value.trim()).collect();
        let are_codes = is_code(code) && stages.iter().all(|stage| is_code(stage));
        let Some(first) = stages.first().filter(|_| are_codes) else {
            return;
        };
        if stages.iter().any(|stage| pipeline(stage) == pipeline(code)) {
            return;
        }
        let message = bilingual!(
            "the record begins in `{first}`, and `{code}` is in another pipeline: it would stay where it is",
            "запись создаётся в `{first}`, а `{code}` — в другой воронке: стадия не сменится"
        );
        let own = pipeline(first);
        let bare = code.rsplit(':').next().unwrap_or(code);
        let right = if own.is_empty() {
            bare.to_owned()
        } else {
            format!("{own}:{bare}")
        };
        let advice = bilingual!("write `stage: {right}`", "напишите `stage: {right}`");
        self.problems
            .warn(Code::WrongValue, &text.place, message, advice);
    }

    /// Warns of `comment: full`: the comment of a step is a text.
    fn word_as_comment(&mut self, text: &Text) {
        let word = text.value.trim();
        let name = template_name(word);
        let is_word = matches!(word, "full" | "answers" | "none");
        if !is_word && !self.context.templates.contains_key(name) {
            return;
        }
        let message = bilingual!(
            "the comment would be the word `{word}` itself: here it is a text with templates",
            "комментарием станет само слово `{word}`: здесь пишут текст с шаблонами"
        );
        let advice = bilingual!(
            "write the text, like `comment: \"Order {{{{steps.orders.number}}}}\"`; `full` and names of templates are for `comment` of the profile",
            "напишите текст, например `comment: \"Заказ {{{{steps.orders.number}}}}\"`; `full` и имена шаблонов — для `comment` самого профиля"
        );
        self.problems
            .warn(Code::WrongValue, &text.place, message, advice);
    }

    /// Returns what is changed; the profile must find or create it.
    fn target(&mut self, text: &Text) -> Option<UpdateTarget> {
        let raw = self.context.raw;
        let word = text.value.trim();
        if !TARGETS.contains(&word) {
            self.wrong_value(text, &TARGETS, "update");
            return None;
        }
        let has_contact = raw.contact.as_ref().is_some_and(|contact| !contact.none);
        let item = || {
            let process = raw.item.as_ref()?.process.as_ref()?;
            ItemType::new(process.value).map(EntityKind::Item)
        };
        let target = match word {
            "contact" => has_contact.then_some(UpdateTarget::Contact),
            "company" => raw
                .company
                .as_ref()
                .map(|_| UpdateTarget::Record(EntityKind::Company)),
            "deal" => raw
                .deal
                .as_ref()
                .map(|_| UpdateTarget::Record(EntityKind::Deal)),
            "lead" => raw
                .lead
                .as_ref()
                .map(|_| UpdateTarget::Record(EntityKind::Lead)),
            _ => item().map(UpdateTarget::Record),
        };
        if target.is_none() {
            let message = bilingual!(
                "the profile has no block `{word}`, so there is nothing to update",
                "в профиле нет блока `{word}`: обновлять нечего"
            );
            let advice = bilingual!(
                "add the block `{word}:`, or update what the profile creates",
                "добавьте блок `{word}:` или обновляйте то, что профиль создаёт"
            );
            self.problems
                .error(Code::WrongPlace, &text.place, message, advice);
        }
        target
    }

    fn field(
        &mut self,
        name: &Text,
        text: &Text,
        kind: Option<EntityKind>,
    ) -> Option<(String, crate::mapping::template::Template)> {
        let known = crm_fields::check(name, kind, self.problems)?;
        if kind == Some(EntityKind::Company) && known.starts_with("RQ_") {
            let message = bilingual!(
                "`{known}` is a field of the requisite, which a later step does not change",
                "`{known}` — поле реквизитов, следующий шаг их не меняет"
            );
            let advice = bilingual!(
                "fill it in the block `company`",
                "заполняйте его в блоке `company`"
            );
            self.problems
                .error(Code::WrongPlace, &name.place, message, advice);
            return None;
        }
        if LISTS.contains(&known.as_str()) {
            let message = bilingual!(
                "`{known}` is a list, which a later step cannot overwrite",
                "`{known}` — список, следующий шаг его не перезаписывает"
            );
            let advice = bilingual!(
                "fill it in the block `contact`, `company` or `lead`",
                "заполняйте его в блоке `contact`, `company` или `lead`"
            );
            self.problems
                .error(Code::WrongPlace, &name.place, message, advice);
            return None;
        }
        self.warn_of_file(&known, text);
        let text = field_rules::yes_or_no(text);
        let template = self.template(&text, Escape::Nothing, Needs::MayLack)?;
        Some((known, template))
    }

    /// Warns where the first step would write a file, and this one writes its name.
    fn warn_of_file(&mut self, field: &str, text: &Text) {
        let name = text.value.trim().strip_prefix("{{");
        let name = name.and_then(|name| name.strip_suffix("}}"));
        let mut declared = self.context.declared.iter();
        let index = name.and_then(|name| declared.position(|one| *one == name.trim()));
        let is_file = index.is_some_and(|index| self.used.files.contains(&index));
        let is_custom = field
            .get(..2)
            .is_some_and(|start| start.eq_ignore_ascii_case("uf"));
        if !(is_file && is_custom) {
            return;
        }
        let message = bilingual!(
            "a later step writes no files: `{field}` gets the file's name",
            "следующий шаг не записывает файлы: в `{field}` попадёт имя файла"
        );
        let advice = bilingual!(
            "to write the file, fill the field in the block of the profile",
            "чтобы записать сам файл, заполняйте поле в блоке профиля"
        );
        self.problems
            .warn(Code::WrongPlace, &text.place, message, advice);
    }

    fn has_no(&mut self, key: &str, text: &Text, kind: Option<EntityKind>) {
        let message = if kind.is_some() {
            bilingual!("a company has no `{key}`", "у компании нет `{key}`")
        } else {
            bilingual!("a contact has no `{key}`", "у контакта нет `{key}`")
        };
        let advice = bilingual!(
            "update the deal, the lead or the item",
            "обновляйте сделку, лид или элемент"
        );
        self.problems
            .error(Code::WrongPlace, &text.place, message, advice);
    }
}
