//! The form of a profile, made from its text: blocks in the order of the language, and in them the
//! keys that the schema knows. What the form cannot show is a card with its YAML.

mod controls;
mod crm_fields;
mod fields;
mod matching;
mod menus;

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use maud::{Markup, html};
use serde_json::{Value, json};

use super::nodes::{self, Place};
use super::preview::FieldValues;
use super::sheet::Sheet;
use super::words;
use crate::author_tools;
use crate::authoring::yaml::{Node, NodeKind};
use crate::authoring::{Problem, Severity};
use crate::console::visit::Visit;
use crate::crm::Dictionaries;
use crate::domain::{EntityKind, HttpStep, ItemType, Lang, MailStep};
use crate::editing::fix_of;

/// The blocks of which a profile has one.
pub(super) const RECORDS: [&str; 3] = ["deal", "lead", "item"];
/// The keys that the head of the form shows, before the others.
const HEAD: &[&str] = &["name", "crm", "identity", "country", "base"];
/// A card shows at most this many lines.
const CARD_LINES: usize = 12;
/// The keys of the whole file that have a block of their own, or a place in one.
const SHOWN: &[&str] = &[
    "name", "crm", "identity", "country", "base", "receive", "fields", "contact", "company",
    "deal", "lead", "item", "comment", "files", "todo", "then", "reply",
];

/// What the form shows beside the text.
pub(super) struct FormFacts<'f> {
    /// The portal's dictionaries, if they were read.
    pub(super) portal: Option<Arc<Dictionaries>>,
    /// The values of the fields in the packet.
    pub(super) values: FieldValues,
    /// Fields of the CRM that a person added and that have no value yet: block and field.
    pub(super) pending: &'f [(String, String)],
}

/// The form of one text.
struct Form<'f> {
    visit: &'f Visit<'f>,
    sheet: &'f Sheet,
    facts: &'f FormFacts<'f>,
    /// The problems that a row shows already.
    told: RefCell<HashSet<usize>>,
}

/// The schemas of profiles, which take a moment to make.
static ENGLISH: LazyLock<Value> = LazyLock::new(|| author_tools::schema(Lang::En));
static RUSSIAN: LazyLock<Value> = LazyLock::new(|| author_tools::schema(Lang::Ru));

/// Returns the schema of profiles with explanations in a language.
pub(super) fn schema(lang: Lang) -> &'static Value {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Ru => &RUSSIAN,
    }
}

/// Shows the form of a text.
pub(super) fn show(visit: &Visit<'_>, sheet: &Sheet, facts: &FormFacts<'_>) -> Markup {
    let form = Form {
        visit,
        sheet,
        facts,
        told: RefCell::new(HashSet::new()),
    };
    form.whole()
}

/// Returns the kind of record that a block makes; `None` for the contact and for an item without a
/// number.
fn record_kind(sheet: &Sheet, block: &str) -> Option<EntityKind> {
    match block {
        "company" => Some(EntityKind::Company),
        "deal" => Some(EntityKind::Deal),
        "lead" => Some(EntityKind::Lead),
        "item" => {
            let number = sheet.effective(&Place::of(&["item", "type"]))?;
            ItemType::new(number.parse().ok()?).map(EntityKind::Item)
        }
        _ => None,
    }
}

/// A block of the form with its heading.
fn block(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section.block id={ "block-" (id) } aria-labelledby={ "block-" (id) "-title" } {
            h2 id={ "block-" (id) "-title" } { (title) " " code { (id) } }
            (body)
        }
    }
}

impl Form<'_> {
    fn t<'a>(&self, en: &'a str, ru: &'a str) -> &'a str {
        self.visit.t(en, ru)
    }

    fn lang(&self) -> Lang {
        self.visit.lang
    }

    /// Returns the schema of a key of the whole file.
    fn schema_of(&self, key: &str) -> &'static Value {
        let properties = schema(self.lang()).get("properties");
        let found = properties.and_then(|properties| properties.get(key));
        found.unwrap_or(&Value::Null)
    }

    fn whole(&self) -> Markup {
        let takes = self.takes();
        let fields = self.declared();
        let people = html! { (self.person_block("contact")) (self.person_block("company")) };
        let record = self.record();
        let more = self.more();
        let rest = self.rest();
        // what no row has shown stands above all rows
        let remaining = self.remaining();
        html! { (self.word_menus()) (remaining) (takes) (fields) (people) (record) (more) (rest) }
    }

    fn takes(&self) -> Markup {
        let root = Place::default();
        let head = HEAD.iter().filter(|key| **key == "name");
        let head = head.map(|key| self.control(&root.key(key), self.schema_of(key)));
        let more: Vec<Markup> = HEAD
            .iter()
            .filter(|key| **key != "name")
            .map(|key| self.control(&root.key(key), self.schema_of(key)))
            .collect();
        let is_more_set = HEAD
            .iter()
            .any(|key| *key != "name" && self.is_set(&root.key(key)));
        let body = html! {
            @for one in head { (one) }
            (self.keys(&root.key("receive"), self.schema_of("receive"), &["polls", "channel", "default"]))
            details open[is_more_set] {
                summary { (self.t("More about the profile", "Ещё о профиле")) }
                @for one in &more { (one) }
            }
        };
        block("receive", &words::key("receive", self.lang()), &body)
    }

    /// The contact or the company.
    fn person_block(&self, name: &str) -> Markup {
        let place = Place::of(&[name]);
        let node = self.sheet.find(&place);
        let title = words::key(name, self.lang());
        let is_none = node.and_then(nodes::scalar) == Some("none");
        let inherited = self.sheet.inherited(&place).map(|(file, _)| file);
        let is_absent = node.is_none() && inherited.is_none();
        if is_none || (is_absent && name == "company") {
            let word = if is_none {
                self.t("switched off here: ", "здесь отключён: ")
            } else {
                self.t("not used: ", "не используется: ")
            };
            let body = html! {
                p.soft { (word) code { (name) @if is_none { ": none" } } }
                button type="button" data-op="set" data-path=(place.json()) data-value=r#"{"fields":{}}"# {
                    @if name == "company" { (self.t("Add a company", "Добавить компанию")) }
                    @else { (self.t("Use a contact", "Использовать контакт")) }
                }
            };
            return block(name, &title, &body);
        }
        let important = ["update", "match", "several", "responsible"];
        let body = html! {
            (self.crm_table(name))
            (self.keys(&place, self.schema_of(name), &important))
            @if node.is_some() && name == "company" { (self.removal(&place)) }
        };
        block(name, &title, &body)
    }

    /// The deal, lead or item; the defaults may say something of each.
    fn record(&self) -> Markup {
        // what the defaults say of deals counts in profiles that make one
        let own = RECORDS.iter().copied();
        let own: Vec<&str> = own
            .filter(|name| self.is_set(&Place::of(&[name])))
            .collect();
        let first = own.first().copied();
        let words = [
            ("deal", self.t("Deal", "Сделка")),
            ("lead", self.t("Lead", "Лид")),
            (
                "item",
                self.t("Item of a smart process", "Элемент смарт-процесса"),
            ),
        ];
        let title_of = |name: &str| words.iter().find(|(word, _)| *word == name);
        let body = html! {
            @if own.len() < 2 {
                label.line {
                    span { (self.t("What is created", "Что создаётся")) }
                    select data-op="record" data-from=(first.unwrap_or_default()) {
                        option value="" selected[first.is_none()] disabled[first.is_some()] {
                            (self.t("nothing", "ничего"))
                        }
                        @for (word, title) in &words {
                            option value=(word) selected[first == Some(*word)] { (title) }
                        }
                    }
                }
            }
            @for name in &own {
                @if own.len() > 1 && let Some((_, title)) = title_of(name) { h3 { (title) } }
                (self.record_keys(name))
            }
        };
        let title = self.t("Deal, lead or item", "Сделка, лид или элемент");
        block(first.unwrap_or("deal"), title, &body)
    }

    fn record_keys(&self, name: &str) -> Markup {
        let place = Place::of(&[name]);
        let important = [
            "type",
            "found",
            "closed",
            "among",
            "stage",
            "change_stage",
            "update_fields",
            "responsible",
        ];
        html! {
            (self.keys(&place, self.schema_of(name), &important))
            (self.crm_table(name))
        }
    }

    /// The comment, the files, the to-do, the steps and the reply.
    fn more(&self) -> Markup {
        let root = Place::default();
        let comment = html! {
            (self.control(&root.key("comment"), self.schema_of("comment")))
            (self.control(&root.key("files"), self.schema_of("files")))
        };
        let todo = self.todo();
        let then = self.steps();
        let reply = self.control(&root.key("reply"), self.schema_of("reply"));
        html! {
            (block("comment", &words::key("comment", self.lang()), &comment))
            (block("todo", &words::key("todo", self.lang()), &todo))
            (block("then", &words::key("then", self.lang()), &then))
            (block("reply", &words::key("reply", self.lang()), &reply))
        }
    }

    fn todo(&self) -> Markup {
        let place = Place::of(&["todo"]);
        if self.sheet.find(&place).and_then(nodes::scalar) == Some("none") {
            return html! {
                p.soft { (self.t("switched off here: ", "здесь отключено: ")) code { "todo: none" } }
                (self.removal(&place))
            };
        }
        self.keys(
            &place,
            self.schema_of("todo"),
            &["title", "after", "text", "on"],
        )
    }

    /// The steps after the CRM.
    fn steps(&self) -> Markup {
        let place = Place::of(&["then"]);
        let services = self.services(HttpStep::KIND);
        let first = services.first().copied().unwrap_or_default();
        let request = json!({"http": first, "json": {}}).to_string();
        let letter = json!({"mail": {"to": "", "subject": "", "text": ""}}).to_string();
        let step = self.schema_of("then").get("items").unwrap_or(&Value::Null);
        let count = match self.sheet.find(&place).map(|node| &node.kind) {
            Some(NodeKind::List(items)) => items.len(),
            _ => 0,
        };
        html! {
            @if count == 0 {
                p.soft { (self.t("No steps: the profile ends with the CRM.", "Шагов нет: профиль заканчивается на CRM.")) }
            }
            @for index in 0..count {
                @let at = place.item(index);
                fieldset.step {
                    legend { (self.t("Step", "Шаг")) " " (index + 1) }
                    (self.keys(&at, step, &["name"]))
                    (self.removal(&at))
                }
            }
            div.actions {
                @for (kind, value, en, ru) in [
                    ("http", &request, "Add a request to a service", "Добавить запрос в сервис"),
                    ("mail", &letter, "Add a letter", "Добавить письмо"),
                ] {
                    button.quiet type="button" data-op="append" data-path=(place.json()) data-value=(value) data-kind=(kind) {
                        (self.t(en, ru))
                    }
                }
            }
            @if services.is_empty() {
                p.soft { (self.t("The settings have no HTTP service: an administrator adds one as ",
                    "В настройках нет HTTP-сервиса: его добавляет администратор, раздел ")) code { "[http.NAME]" } }
            }
            @if self.services(MailStep::KIND).is_empty() {
                p.soft { (self.t("The settings have no mail server: an administrator adds it as ",
                    "В настройках нет почтового сервера: его добавляет администратор, раздел ")) code { "[mail]" } }
            }
        }
    }

    /// Cards with keys that the form does not know.
    fn rest(&self) -> Markup {
        let Some(root) = &self.sheet.root else {
            return html! {};
        };
        let unknown = nodes::entries(root).filter(|(key, _)| !SHOWN.contains(key));
        let cards: Vec<Markup> = unknown
            .map(|(key, node)| self.card(&Place::of(&[key]), node))
            .collect();
        if cards.is_empty() {
            return html! {};
        }
        let body = html! { @for card in &cards { (card) } };
        block("rest", self.t("Other keys", "Другие ключи"), &body)
    }

    fn is_set(&self, place: &Place) -> bool {
        self.sheet.find(place).is_some()
    }

    /// A button that removes an entry.
    fn removal(&self, place: &Place) -> Markup {
        html! {
            button.quiet type="button" data-op="remove" data-path=(place.json()) {
                (self.t("Remove", "Убрать")) " " code { (place.last()) }
            }
        }
    }

    /// A card with the YAML of an entry that the form cannot show.
    fn card(&self, place: &Place, node: &Node) -> Markup {
        let line = node.place.line;
        let lines = node.place.source.text().lines();
        let number = |line: u32| usize::try_from(line).unwrap_or(1);
        let first = number(line).saturating_sub(1);
        let count = number(nodes::last_line(node)).saturating_sub(first);
        let text: Vec<&str> = lines.skip(first).take(count.clamp(1, CARD_LINES)).collect();
        html! {
            div.card data-place=(place.json()) {
                p { strong { (words::key(&place.pattern(), self.lang())) } " " code { (place.last()) } }
                pre { (text.join("\n")) }
                button.quiet type="button" data-line=(line) {
                    (self.t("Edit in YAML", "Изменить в YAML"))
                }
                (self.problems_of(node, line))
            }
        }
    }

    /// The problems of an entry that no other row shows.
    fn problems_of(&self, node: &Node, key_line: u32) -> Markup {
        let all = self.sheet.problems.iter().enumerate();
        let mut told = self.told.borrow_mut();
        let own: Vec<&Problem> = all
            .filter(|(number, problem)| nodes::has(node, key_line, problem) && told.insert(*number))
            .map(|(_, problem)| problem)
            .collect();
        self.list_of(&own)
    }

    /// The problems at a place.
    fn problems_at(&self, place: &Place) -> Markup {
        let Some((last, above)) = place.steps().split_last() else {
            return html! {};
        };
        let root = self.sheet.root.as_ref();
        let parent = root.and_then(|root| nodes::at(root, above));
        let node = parent.and_then(|parent| nodes::at(parent, std::slice::from_ref(last)));
        let (Some(parent), Some(node)) = (parent, node) else {
            return html! {};
        };
        let key = last.as_str().and_then(|key| nodes::key_line(parent, key));
        self.problems_of(node, key.unwrap_or(node.place.line))
    }

    /// The problems that no row has shown, above the form.
    fn remaining(&self) -> Markup {
        let told = self.told.borrow();
        let all = self.sheet.problems.iter().enumerate();
        let left: Vec<&Problem> = all
            .filter(|(number, _)| !told.contains(number))
            .map(|(_, problem)| problem)
            .collect();
        drop(told);
        self.list_of(&left)
    }

    fn list_of(&self, problems: &[&Problem]) -> Markup {
        let lang = self.lang();
        html! {
            @for problem in problems {
                p class={ "row-problem " (match problem.severity { Severity::Error => "is-error", Severity::Warning => "is-warning" }) } {
                    span { (match problem.severity {
                        Severity::Error => self.t("Mistake: ", "Ошибка: "),
                        Severity::Warning => self.t("Check: ", "Проверьте: "),
                    }) }
                    (problem.message.in_lang(lang))
                    @let advice = problem.advice.in_lang(lang);
                    @if let Some(fix) = fix_of(problem) {
                        " " button type="button" data-op="fix" data-line=(problem.line) data-column=(problem.column)
                            data-length=(problem.length) data-value=(fix) { (advice) }
                    } @else if !advice.is_empty() { "; " (advice) }
                    @if problem.line > 0 {
                        " " button.link type="button" data-line=(problem.line) data-column=(problem.column) {
                            (self.t("line", "строка")) " " (problem.line)
                        }
                    }
                }
            }
        }
    }
}
