//! Names that no profile declares, and that people know from elsewhere: fields and numbers of the CRM,
//! facts of the request, one value of a list.

use super::BUILT_IN;
use super::check::TemplateNames;
use crate::authoring::Normaliser;
use crate::authoring::problem::Problems;
use crate::authoring::suggest;
use crate::domain::{Bilingual, ChannelFacts, PollFacts, RequestFacts, bilingual};
use crate::mapping::path::other_name;

/// The blocks of the CRM.
const BLOCKS: [&str; 5] = ["contact", "company", "deal", "lead", "item"];
/// What people call a value of a form.
const OF_FORMS: &[(Normaliser, &[&str])] = &[
    (
        Normaliser::Phone,
        &[
            "phone",
            "tel",
            "telephone",
            "telefon",
            "mobile",
            "cell",
            "phone_number",
            "телефон",
            "тел",
            "номер",
        ],
    ),
    (
        Normaliser::Email,
        &[
            "email",
            "e-mail",
            "mail",
            "e_mail",
            "почта",
            "имейл",
            "емейл",
            "емайл",
        ],
    ),
    (
        Normaliser::Name,
        &[
            "name",
            "fio",
            "fullname",
            "full_name",
            "client",
            "customer",
            "имя",
            "фио",
            "клиент",
        ],
    ),
    (
        Normaliser::Money,
        &[
            "sum",
            "amount",
            "price",
            "total",
            "cost",
            "сумма",
            "итого",
            "цена",
            "стоимость",
        ],
    ),
    (Normaliser::Date, &["date", "day", "дата", "день"]),
];
/// Words for the employee that a record gets.
const EMPLOYEES: [&str; 9] = [
    "responsible",
    "assigned",
    "assigned_by",
    "assigned_by_id",
    "manager",
    "employee",
    "ответственный",
    "менеджер",
    "сотрудник",
];

impl TemplateNames<'_> {
    /// Advice on a name that cannot be a field: of the CRM, of the request, one value of a list.
    pub(super) fn not_a_field(&self, word: &str, problems: &Problems) -> Option<Bilingual> {
        let lower = word.to_lowercase();
        if EMPLOYEES.contains(&lower.as_str()) {
            return Some(bilingual!(
                "templates do not know the responsible employee: write the text or the address itself",
                "ответственного шаблоны не знают: напишите сам текст или адрес"
            ));
        }
        if let Some(advice) = self.element(word, problems) {
            return Some(advice);
        }
        let (first, rest) = word.split_once('.')?;
        if self.declared.contains(&first) {
            return None;
        }
        if matches!(first, "fields" | "field") && self.declared.contains(&rest) {
            return Some(bilingual!(
                "write `{{{{{rest}}}}}`",
                "напишите `{{{{{rest}}}}}`"
            ));
        }
        let block = first.to_lowercase();
        if BLOCKS.contains(&block.as_str()) {
            return Some(self.of_crm(&block, rest, problems));
        }
        fact(first.trim_start_matches('$'), rest)
    }

    /// `deal.id`, `contact.NAME`.
    fn of_crm(&self, block: &str, name: &str, problems: &Problems) -> Bilingual {
        if matches!(
            name.to_lowercase().as_str(),
            "id" | "ид" | "number" | "номер"
        ) {
            return bilingual!(
                "the number exists after the CRM: write `{{{{steps.crm.{block}_id}}}}` in a step of `then`; here `{{{{answer_id}}}}` or a field of the packet",
                "номер появляется после записи в CRM: `{{{{steps.crm.{block}_id}}}}` пишут в шагах `then`, а здесь — `{{{{answer_id}}}}` или поле пакета"
            );
        }
        let text = problems
            .facts
            .crm_text(&format!("{block}.{}", name.to_uppercase()));
        let own = format!("{{{{{block}.{name}}}}}");
        if let Some(text) = text.filter(|text| !text.contains(&own) && text.contains("{{")) {
            return bilingual!(
                "templates have no CRM fields: write what stands there, `{text}`",
                "полей CRM в шаблонах нет: напишите то, что там стоит, `{text}`"
            );
        }
        let declared = self.declared.iter().copied();
        let known: Vec<&str> = declared
            .filter(|name| !name.contains('.'))
            .take(8)
            .collect();
        let known = suggest::list(&known);
        bilingual!(
            "templates have no CRM fields: write a field of `fields`, one of {known}",
            "полей CRM в шаблонах нет: напишите поле из `fields`: {known}"
        )
    }

    /// `items[0].title`, `items.0.title`: how to declare one value of a list.
    pub(super) fn element(&self, word: &str, problems: &Problems) -> Option<Bilingual> {
        let end = word.find(['[', '.'])?;
        let (list, rest) = word.split_at_checked(end)?;
        let rest = rest.replace('[', ".").replace(']', "");
        let mut parts = rest.trim_start_matches('.').splitn(2, '.');
        let index: usize = parts.next()?.trim().parse().ok()?;
        let member = parts.next().unwrap_or_default().trim();
        if !self.declared.contains(&list) || (index == 0 && member.is_empty()) {
            return None;
        }
        let path = problems.facts.path_of_field(list)?;
        let path = path.trim().trim_end_matches("[*]");
        let number = index + 1;
        let is_plain = member.chars().all(|c| c.is_alphanumeric() || c == '_');
        let (name, tail) = match member {
            "" => (format!("{list}_{number}"), String::new()),
            member if is_plain => (format!("{list}_{number}_{member}"), format!(".{member}")),
            _ => return None,
        };
        Some(bilingual!(
            "declare `fields: {{ {name}: \"{path}[{index}]{tail}\" }}` and write `{{{{{name}}}}}`; all of them: `{{{{#each {list}}}}}…{{{{/each}}}}`",
            "опишите `fields: {{ {name}: \"{path}[{index}]{tail}\" }}` и напишите `{{{{{name}}}}}`; все подряд — `{{{{#each {list}}}}}…{{{{/each}}}}`"
        ))
    }

    /// Returns the field that a word means by its form: `telephone` is the field with `as: phone`.
    pub(super) fn of_form<'p>(&self, word: &str, problems: &'p Problems) -> Option<&'p str> {
        let lower = word.to_lowercase();
        let (form, _) = OF_FORMS
            .iter()
            .find(|(_, words)| words.contains(&lower.as_str()))?;
        let field = problems.facts.only_field(*form)?;
        self.declared.contains(&field).then_some(field)
    }
}

/// `request.ip`: a fact beside the packet.
fn fact(root: &str, name: &str) -> Option<Bilingual> {
    let names: &[&str] = match root {
        "request" => &RequestFacts::NAMES,
        "poll" => &PollFacts::NAMES,
        "channel" => &ChannelFacts::NAMES,
        _ => return None,
    };
    let lower = name.to_lowercase();
    // templates have these two of their own
    if let Some(own) = BUILT_IN
        .iter()
        .find(|own| **own == format!("{root}_{lower}"))
    {
        return Some(bilingual!(
            "write `{{{{{own}}}}}`",
            "напишите `{{{{{own}}}}}`"
        ));
    }
    let meant = other_name(&lower)
        .or_else(|| suggest::nearest(&lower, names.iter().copied()))
        .unwrap_or(lower.as_str());
    let fact = names.iter().find(|known| **known == meant)?;
    let field = name.replace(|c: char| !c.is_alphanumeric(), "_");
    Some(bilingual!(
        "declare `fields: {{ {field}: ${root}.{fact} }}` and write `{{{{{field}}}}}`",
        "опишите `fields: {{ {field}: ${root}.{fact} }}` и напишите `{{{{{field}}}}}`"
    ))
}
