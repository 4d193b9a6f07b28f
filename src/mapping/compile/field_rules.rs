//! Values for CRM fields, in contacts and records.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::own_template::inline;
use super::{choice, condition};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::block::Sp;
use crate::authoring::raw::field_rule::{RawFieldRule, RawFieldRules, RawLabel, RawRow};
use crate::authoring::yaml::Text;
use crate::domain::{EntityKind, FieldRole, OnUpdate, bilingual};
use crate::mapping::choice::{Chooser, FieldRow};
use crate::mapping::condition::Condition;
use crate::mapping::crm_fields;
use crate::mapping::profile::{FieldContent, FieldRule};
use crate::mapping::template::Template;

/// The declared fields that templates use.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub(super) fields: BTreeSet<usize>,
    /// Which declared fields are files.
    pub(super) files: BTreeSet<usize>,
    /// The fields that loops walk through.
    pub(super) loops: BTreeSet<usize>,
}

impl Used {
    /// Nothing is used yet; these fields are files.
    pub(super) fn with_files(files: BTreeSet<usize>) -> Self {
        Self {
            files,
            ..Self::default()
        }
    }

    pub(super) fn template(&mut self, template: &Template) {
        self.fields.extend(template.fields());
        self.loops.extend(template.loops());
    }

    pub(super) fn condition(&mut self, condition: &Condition) {
        self.fields.extend(condition.fields());
    }
}

/// A block of CRM fields that is being compiled.
pub(super) struct FieldRuleCompiler<'c> {
    /// `None` for a contact.
    pub(super) entity: Option<EntityKind>,
    /// The default of `on_update`.
    pub(super) on_update: OnUpdate,
    /// Names that many people share, and that find a contact only together with other fields.
    pub(super) company: &'c [String],
    pub(super) declared: &'c [&'c str],
    pub(super) used: &'c mut Used,
    pub(super) problems: &'c mut Problems,
}

impl FieldRuleCompiler<'_> {
    pub(super) fn all(&mut self, raw: &IndexMap<String, RawFieldRules>) -> Vec<FieldRule> {
        let mut compiled = Vec::new();
        crm_fields::check_dialect(raw.values().map(|rules| &rules.key), self.problems);
        for rules in raw.values() {
            let Some(name) = crm_fields::check(&rules.key, self.entity, self.problems) else {
                continue;
            };
            if rules.is_idle {
                self.idle(&rules.key);
            }
            let content = match content(&name, self.entity) {
                FieldContent::Text if rules.is_list && is_custom(&name) => FieldContent::Member,
                content => content,
            };
            let files = rules.rules.iter().filter(|rule| self.is_file(rule)).count();
            if files > 0 && files < rules.rules.len() {
                self.mixed(&rules.key);
            }
            let content = match content {
                FieldContent::Text | FieldContent::Member if files > 0 && is_custom(&name) => {
                    FieldContent::File {
                        many: rules.is_list,
                    }
                }
                content => content,
            };
            let is_one = rules.rules.len() < 2 || (!rules.is_list && is_choice(rules));
            if !is_one && content == FieldContent::Text {
                let message = bilingual!(
                    "`{name}` takes one value, not a list",
                    "в `{name}` идёт одно значение, а не список"
                );
                let advice = bilingual!(
                    "only PHONE, EMAIL, WEB, IM and multiple custom fields take several values",
                    "несколько значений бывает только в PHONE, EMAIL, WEB, IM и множественных пользовательских полях"
                );
                self.problems
                    .error(Code::WrongType, &rules.key.place, message, advice);
            }
            let mut chooser: Option<Arc<Chooser>> = None;
            for rule in &rules.rules {
                let first = rule.row.as_ref().filter(|row| row.number == Some(0));
                if let Some(first) = first {
                    chooser = self.chooser(first);
                }
                let row = rule.row.as_ref().and_then(|row| {
                    let chooser = Arc::clone(chooser.as_ref()?);
                    let number = row.number;
                    Some(FieldRow { chooser, number })
                });
                let own = self.one(&name, content, rule);
                compiled.extend(own.map(|own| FieldRule { row, ..own }));
                self.check_together(&compiled, &name, content, rule);
            }
        }
        compiled
    }

    /// Returns whether a value is the name of a field with files.
    fn is_file(&self, rule: &RawFieldRule) -> bool {
        let name = rule.value.value.trim();
        let name = name.strip_prefix("{{").and_then(|it| it.strip_suffix("}}"));
        let is_it = |name: &str| self.declared.iter().position(|one| *one == name);
        name.and_then(|name| is_it(name.trim()))
            .is_some_and(|index| self.used.files.contains(&index))
    }

    /// `SOURCE_ID:` without a value, and without one of the defaults that it would remove. `~` says
    /// that it is meant so.
    fn idle(&mut self, key: &Text) {
        if key.behind().is_none_or(|rest| rest.trim() != ":") {
            return;
        }
        let name = &key.value;
        let message = bilingual!(
            "`{name}` has no value, and the defaults have none to remove: the line does nothing",
            "у `{name}` нет значения, а в общих правилах убирать нечего: строка ни на что не влияет"
        );
        let advice = bilingual!(
            "write a value, such as \"{{{{topic}}}}\", or remove the line",
            "впишите значение, например \"{{{{topic}}}}\", или уберите строку"
        );
        self.problems
            .warn(Code::WrongValue, &key.place, message, advice);
    }

    fn mixed(&mut self, key: &Text) {
        let name = &key.value;
        let message = bilingual!(
            "`{name}` cannot have both files and texts",
            "в `{name}` не могут быть и файлы, и тексты"
        );
        let advice = bilingual!(
            "name only fields with `as: file`",
            "оставьте только поля с `as: file`"
        );
        self.problems
            .error(Code::WrongType, &key.place, message, advice);
    }

    fn one(&mut self, name: &str, content: FieldContent, rule: &RawFieldRule) -> Option<FieldRule> {
        let is_search = rule.search.as_ref().is_some_and(|flag| flag.value);
        if let Some(flag) = rule.search.as_ref().filter(|flag| flag.value)
            && !self.company.iter().any(|one| one == name)
        {
            crm_fields::check_search(name, self.entity, &flag.place, self.problems);
        }
        let template = inline(&yes_or_no(&rule.value), self.declared, self.problems)?;
        self.used.template(&template);
        let when = condition::compile(rule.when.as_ref(), self.declared, self.problems);
        self.used.condition(&when);
        if is_search && template.constant().is_some() && !self.is_reported(&rule.value) {
            let message = bilingual!(
                "`{name}` searches for the same text every time",
                "`{name}` каждый раз ищет по одному и тому же тексту"
            );
            let advice = bilingual!(
                "search by a value of the packet, such as \"{{{{phone}}}}\"",
                "ищите по значению из пакета: например, \"{{{{phone}}}}\""
            );
            self.problems
                .warn(Code::VagueSearch, &rule.value.place, message, advice);
        }
        self.check_file_search(name, content, rule);
        if let Some(label) = &rule.label {
            let search = rule.search.as_ref().filter(|flag| flag.value);
            self.check_label(name, content, label, search);
        }
        Some(FieldRule {
            name: name.to_owned(),
            when,
            content,
            role: if is_search {
                FieldRole::Search
            } else {
                FieldRole::Fill
            },
            on_update: match (&rule.on_update, content, self.on_update) {
                (Some(word), _, _) => word.value,
                // files of earlier submissions stay
                (None, FieldContent::File { .. }, OnUpdate::Overwrite) => OnUpdate::Append,
                (None, _, usual) => usual,
            },
            label: rule.label.as_ref().map(|label| label.unknown.clone()),
            together: rule.together.as_ref().map(|text| text.value.clone()),
            extension: self.extension(name, content, rule, &template),
            value_type: rule
                .sort
                .as_ref()
                .and_then(|sort| crm_fields::value_type(name, content, sort, self.problems)),
            row: None,
            template,
        })
    }

    /// Returns whether a text is reported already: a path, or the bare name of a field.
    fn is_reported(&self, text: &Text) -> bool {
        let value = text.value.trim();
        value.starts_with('$') || self.declared.contains(&value)
    }

    /// Refuses a search by a file.
    fn check_file_search(&mut self, name: &str, content: FieldContent, rule: &RawFieldRule) {
        if let (Some(flag), FieldContent::File { .. }) =
            (rule.search.as_ref().filter(|flag| flag.value), content)
        {
            let message = bilingual!(
                "`{name}` gets a file, and nothing is found by a file",
                "в `{name}` пишется файл, а по файлу не ищут"
            );
            let advice = bilingual!("remove `search`", "уберите `search`");
            self.problems
                .error(Code::WrongPlace, &flag.place, message, advice);
        }
    }

    /// Compiles what selects the row of a choice.
    fn chooser(&mut self, row: &RawRow) -> Option<Arc<Chooser>> {
        let chooser = choice::chooser(&row.chooser, self.declared, self.used, self.problems)?;
        Some(Arc::new(chooser))
    }

    /// Reports a field that cannot be in its group.
    fn check_together(
        &mut self,
        compiled: &[FieldRule],
        name: &str,
        content: FieldContent,
        rule: &RawFieldRule,
    ) {
        let (Some(group), Some(own)) = (&rule.together, compiled.last()) else {
            return;
        };
        let word = &group.value;
        if matches!(
            word.trim().to_lowercase().as_str(),
            "true" | "yes" | "on" | "1" | "да"
        ) {
            let message = bilingual!(
                "`together` is the name of a group, not yes or no",
                "`together` — это имя группы, а не да или нет"
            );
            let advice = bilingual!(
                "write one name at all fields of the group: `together: utm`",
                "напишите у всех полей группы одно имя: `together: utm`"
            );
            self.problems
                .warn(Code::WrongValue, &group.place, message, advice);
            return;
        }
        if content != FieldContent::Text
            || rule.label.is_some()
            || own.on_update == OnUpdate::Append
        {
            let message = bilingual!(
                "`{name}` cannot be written together with other fields",
                "`{name}` нельзя записывать вместе с другими полями"
            );
            let advice = bilingual!(
                "`together` is for plain text fields with `on_update: fill`, `overwrite` or `keep`",
                "`together` — для обычных текстовых полей с `on_update: fill`, `overwrite` или `keep`"
            );
            self.problems
                .error(Code::WrongPlace, &group.place, message, advice);
            return;
        }
        let mut others = compiled
            .iter()
            .filter(|rule| rule.together.as_ref() == Some(word));
        if others.any(|rule| rule.on_update != own.on_update) {
            let message = bilingual!(
                "the fields of the group `{word}` differ in `on_update`",
                "у полей группы `{word}` разные `on_update`"
            );
            let advice = bilingual!(
                "write the same `on_update` for all of them",
                "укажите у всех одинаковое `on_update`"
            );
            self.problems
                .error(Code::WrongValue, &group.place, message, advice);
        }
    }

    /// Returns whether the extension of a phone is written behind it.
    fn extension(
        &mut self,
        name: &str,
        content: FieldContent,
        rule: &RawFieldRule,
        template: &Template,
    ) -> bool {
        let Some(flag) = rule.extension.as_ref().filter(|flag| flag.value) else {
            return false;
        };
        if content != FieldContent::Phone {
            let message = bilingual!("`{name}` has no `extension`", "у `{name}` нет `extension`");
            let advice = bilingual!(
                "only PHONE has an `extension`",
                "`extension` бывает только у PHONE"
            );
            self.problems
                .error(Code::UnknownKey, &flag.place, message, advice);
            return false;
        }
        let whole = template
            .only_field()
            .and_then(|index| self.declared.get(index));
        let part = whole.map(|name| format!("{name}.extension"));
        let part = part.and_then(|part| self.declared.iter().position(|name| *name == part));
        self.used.fields.extend(part);
        true
    }

    /// Refuses a search by a list value, which many records share, and `as: label` for a phone.
    fn check_label(
        &mut self,
        name: &str,
        content: FieldContent,
        label: &RawLabel,
        search: Option<&Sp<bool>>,
    ) {
        if let Some(flag) = search {
            let message = bilingual!(
                "`{name}` is a list: many records share each of its values",
                "`{name}` — список: одно значение бывает у многих, по нему не ищут"
            );
            let advice = bilingual!(
                "search by a phone number, an e-mail address or another unique number",
                "ищите по телефону, e-mail или другому уникальному номеру"
            );
            self.problems
                .error(Code::WrongPlace, &flag.place, message, advice);
        }
        if !matches!(content, FieldContent::Text | FieldContent::Member) {
            let message = bilingual!("`{name}` is not a list", "`{name}` — не список");
            let advice = bilingual!("remove `as: label`", "уберите `as: label`");
            self.problems
                .error(Code::WrongPlace, &label.place, message, advice);
        }
    }
}

/// Returns whether all rules are rows of a choice.
fn is_choice(rules: &RawFieldRules) -> bool {
    rules.rules.iter().all(|rule| rule.row.is_some())
}

fn content(name: &str, entity: Option<EntityKind>) -> FieldContent {
    if !crm_fields::has_contact_details(entity) {
        return FieldContent::Text;
    }
    match (name, entity) {
        ("PHONE", _) => FieldContent::Phone,
        ("EMAIL", _) => FieldContent::Email,
        ("WEB", _) => FieldContent::Site,
        ("IM", _) => FieldContent::Messenger,
        ("RQ_INN", Some(EntityKind::Company)) => FieldContent::TaxNumber,
        _ => FieldContent::Text,
    }
}

fn is_custom(name: &str) -> bool {
    name.starts_with("UF_") || name.starts_with("ufCrm")
}

/// Converts an unquoted `true` or `false` to Bitrix24's `Y` or `N`.
pub(super) fn yes_or_no(text: &Text) -> Text {
    let letter = match text.value.as_str() {
        "true" | "True" | "TRUE" if text.plain => "Y",
        "false" | "False" | "FALSE" if text.plain => "N",
        _ => return text.clone(),
    };
    let mut text = text.clone();
    letter.clone_into(&mut text.value);
    text
}
