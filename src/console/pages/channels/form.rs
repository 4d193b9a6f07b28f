//! The form of a new channel. It works without a script: what belongs to leads, to deals, or to
//! "search first" only, is hidden by the style sheet.

use maud::{Markup, html};

use super::portal::Offer;
use super::typed::{FieldRow, Mode, NewChannel, Tick};
use crate::console::PATH;
use crate::console::layout::token_field;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, EntityKind};

/// The kinds of records, with English and Russian names.
const KINDS: [(EntityKind, &str, &str); 2] = [
    (EntityKind::Lead, "Leads", "Лиды"),
    (EntityKind::Deal, "Deals", "Сделки"),
];

/// Shows the form with what was typed, and with problems above it.
pub(super) async fn page(
    visit: &Visit<'_>,
    channel: &NewChannel,
    problems: &[Bilingual],
) -> Result<Answer, Trouble> {
    let offer = Offer::read(visit, &channel.connection).await;
    let form = Form {
        visit,
        channel,
        offer: &offer,
    };
    let body = html! {
        @if !problems.is_empty() {
            div.problem role="alert" { ul.plain {
                @for problem in problems { li { (problem.in_lang(visit.lang)) } }
            } }
        }
        (form.whole())
    };
    Ok(Answer::Page(Page {
        title: visit
            .t("New incoming channel", "Новый входящий канал")
            .to_owned(),
        section: Section::Channels,
        body,
    }))
}

struct Form<'f> {
    visit: &'f Visit<'f>,
    channel: &'f NewChannel,
    offer: &'f Offer,
}

impl Form<'_> {
    fn t<'a>(&self, en: &'a str, ru: &'a str) -> &'a str {
        self.visit.t(en, ru)
    }

    fn whole(&self) -> Markup {
        html! {
            form.channel method="post" action={ (PATH) "/channels/new" } {
                (token_field(self.visit))
                @if self.offer.connection.is_some() && !self.offer.is_known() {
                    p.warn { (self.t("The portal does not answer: its fields and stages are not in the menus.",
                        "Портал не отвечает: его полей и стадий в списках нет.")) }
                }
                (self.head())
                (self.mode())
                (self.record())
                (self.table())
                (self.more())
                p.actions {
                    button { (self.t("Create the channel", "Создать канал")) }
                    a.button.second href={ (PATH) "/channels" } { (self.t("Cancel", "Отмена")) }
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let channel = self.channel;
        let connections = self.visit.parts().connections.keys();
        html! {
            section.card {
                h2 { (self.t("Main settings", "Основные настройки")) }
                label { (self.t("Name of the channel", "Наименование канала"))
                    input name="title" value=(channel.title) maxlength="100" autocomplete="off"
                        placeholder=(self.t("made up if empty", "сгенерируется, если не заполнить")); }
                @if connections.len() > 1 {
                    label { (self.t("Portal", "Портал"))
                        select name="crm" {
                            @for name in connections {
                                option value=(name) selected[self.offer.connection.as_ref() == Some(name)] { (name) }
                            }
                        } }
                }
                fieldset {
                    legend { (self.t("Records of this channel", "Тип сущности для данного канала")) }
                    @for (kind, en, ru) in KINDS {
                        label.line { input type="radio" name="record" id={ "record-" (kind.as_str()) } value=(kind.as_str())
                            checked[channel.kind == kind]; (self.t(en, ru)) }
                    }
                }
                details open[!channel.address.is_empty()] {
                    summary { (self.t("Address", "Адрес")) }
                    label { (self.t("The last part of the address; made from the name if empty", "Последняя часть адреса; если пусто — по наименованию"))
                        input name="address" value=(channel.address) maxlength="64" autocomplete="off" spellcheck="false" placeholder="site-orders"; }
                }
            }
        }
    }

    fn mode(&self) -> Markup {
        let mode = self.channel.mode;
        let creates = mode == Mode::AlwaysCreate;
        html! {
            section.card {
                h2 { (self.t("How the channel works", "Механика работы канала")) }
                label.line { input type="radio" name="mode" id="mode-create" value="create" checked[creates];
                    (self.t("Always create a new lead or deal", "Всегда создавать новый лид/сделку")) }
                label.line { input type="radio" name="mode" id="mode-search" value="search" checked[!creates];
                    (self.t("First look for an existing lead or deal to update", "Сперва искать существующий лид/сделку для обновления")) }
                div.of-search {
                    @for (kind, ..) in KINDS { (self.among(kind)) }
                    fieldset {
                        legend { (self.t("If an open one is found", "Если открытая запись найдена")) }
                        label.line { input type="radio" name="found" value="update" checked[mode != Mode::Ignore]; (self.t("update it", "обновить её")) }
                        label.line { input type="radio" name="found" value="ignore" checked[mode == Mode::Ignore]; (self.t("ignore the request", "проигнорировать запрос")) }
                    }
                    (self.tick(Tick::ChangeStage, "Change the stage on update", "Изменять статус при обновлении"))
                    (self.tick(Tick::UpdateFields, "Update additional fields", "Обновление дополнительных полей"))
                }
                (self.tick(Tick::UpdateContact, "Update the contact", "Обновление контакта"))
                p.hint { (self.t("A found contact always gets the phones and e-mail addresses that it lacks.",
                    "Найденный контакт всегда дополняется телефонами и адресами почты, которых в нём нет.")) }
            }
        }
    }

    /// The stages in which a record of a kind counts as open.
    fn among(&self, kind: EntityKind) -> Markup {
        let groups = self.offer.stages(self.visit, kind);
        let name = format!("among_{}", kind.as_str());
        let is_chosen = |stage: &str| {
            self.channel.kind == kind && self.channel.among.iter().any(|it| it == stage)
        };
        if groups.is_empty() {
            return html! {};
        }
        html! {
            fieldset class={ "of-" (kind.as_str()) } {
                legend { (self.t("Search in these stages; none: in all that are not final",
                                 "В каких статусах искать; ни одного — во всех незавершённых")) }
                @for (pipeline, stages) in &groups {
                    @if groups.len() > 1 { p.hint { (pipeline) } }
                    @for stage in stages {
                        label.line.inline { input type="checkbox" name=(name) value=(stage.id) checked[is_chosen(&stage.id)]; (stage.label) }
                    }
                }
            }
        }
    }

    fn tick(&self, tick: Tick, en: &str, ru: &str) -> Markup {
        html! {
            label.line { input type="checkbox" name=(tick.name()) value="yes" checked[self.channel.has(tick)]; (self.t(en, ru)) }
        }
    }

    fn record(&self) -> Markup {
        html! {
            section.card {
                h2 { (self.t("Lead or deal", "Лид или сделка")) }
                label { (self.t("Responsible for the lead or deal", "Ответственный за лид/сделку"))
                    @if self.offer.staff.is_empty() {
                        input name="responsible" value=(self.channel.responsible) autocomplete="off"
                            placeholder=(self.t("the employee's id or e-mail", "ID или e-mail сотрудника"));
                    } @else {
                        select name="responsible" {
                            option value="" { (self.t("as the gateway's general settings say", "как в общих настройках шлюза")) }
                            @for person in &self.offer.staff {
                                option value=(person.id) selected[person.id == self.channel.responsible] { (person.label) }
                            }
                        }
                    } }
                @for (kind, ..) in KINDS { (self.stage(kind)) }
            }
        }
    }

    /// The stage of a new record.
    fn stage(&self, kind: EntityKind) -> Markup {
        let groups = self.offer.stages(self.visit, kind);
        let is_chosen = |stage: &str| self.channel.kind == kind && self.channel.stage == stage;
        let name = format!("stage_{}", kind.as_str());
        html! {
            label class={ "of-" (kind.as_str()) } {
                (self.t("Stage for creating and updating", "Статус для создания/обновления лида/сделки"))
                @if groups.is_empty() {
                    input name=(name) value=(if self.channel.kind == kind { &self.channel.stage } else { "" }) placeholder="NEW";
                } @else {
                    select name=(name) {
                        option value="" { (self.t("the first stage", "первая стадия")) }
                        @for (pipeline, stages) in &groups {
                            optgroup label=(pipeline) {
                                @for stage in stages {
                                    option value=(stage.id) selected[is_chosen(&stage.id)] { (stage.label) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let contact = self.offer.fields(self.visit, None);
        let records = KINDS.map(|(kind, ..)| (kind, self.offer.fields(self.visit, Some(kind))));
        html! {
            section.card {
                h2 { (self.t("Fields", "Заполнение дополнительных полей")) }
                p { (self.t("A value is text, a parameter of the request in braces, or both: ",
                            "Значение — текст, параметр запроса в фигурных скобках или то и другое: "))
                    code { (self.t("Order No. {order_id}", "Заказ №{order_id}")) } "." }
                p.hint { (self.t("Search only by values that are unique: a phone, an e-mail address, an order number. Never by a name.",
                    "Искать стоит только по уникальным значениям: телефону, e-mail, номеру заказа. По имени искать нельзя.")) }
                div.table { table.rows {
                    thead { tr {
                        th { (self.t("Field", "Поле")) } th { (self.t("Value", "Значение")) } th { (self.t("Search", "Поиск")) }
                    } }
                    tbody { @for (number, row) in self.channel.rows.iter().enumerate() {
                        (self.row(number, row, &contact, &records))
                    } }
                } }
                p.actions { button.second name="more" value="yes" formnovalidate { (self.t("More rows", "Ещё строки")) } }
            }
        }
    }

    fn row(
        &self,
        number: usize,
        row: &FieldRow,
        contact: &[(String, String)],
        records: &[(EntityKind, Vec<(String, String)>)],
    ) -> Markup {
        let label = |en, ru| format!("{} {}", self.t(en, ru), number + 1);
        let is_listed = |block: &str, fields: &[(String, String)]| {
            fields
                .iter()
                .any(|(code, _)| row.target == format!("{block}.{code}"))
        };
        let mut own = records
            .iter()
            .filter(|(kind, _)| *kind == self.channel.kind);
        let is_known = row.target.is_empty()
            || is_listed("contact", contact)
            || own.any(|(_, fields)| is_listed("record", fields));
        html! {
            tr {
                td { select name="target" aria-label=(label("Field of row", "Поле строки")) {
                    option value="" { "—" }
                    @if !is_known { option value=(row.target) selected { (row.target) } }
                    optgroup label=(self.t("Contact", "Контакт")) {
                        @for field in contact { (option("contact", field, &row.target)) }
                    }
                    @for (kind, fields) in records {
                        @let name = if *kind == EntityKind::Lead { self.t("Lead", "Лид") } else { self.t("Deal", "Сделка") };
                        // a field of both kinds is chosen in the list that is seen
                        @let chosen = if *kind == self.channel.kind { &*row.target } else { "" };
                        optgroup class={ "of-" (kind.as_str()) } label=(name) {
                            @for field in fields { (option("record", field, chosen)) }
                        }
                    }
                } }
                td { input name="value" value=(row.value) autocomplete="off" spellcheck="false"
                    placeholder=(example(&row.target, self)) aria-label=(label("Value of row", "Значение строки")); }
                td { input type="checkbox" name="search" value=(number) checked[row.searches]
                    aria-label=(label("Search by row", "Искать по строке")); }
            }
        }
    }

    fn more(&self) -> Markup {
        let channel = self.channel;
        html! {
            section.card {
                h2 { (self.t("Comment, to-do, other channels", "Комментарий, дело, другие каналы")) }
                (self.tick(Tick::Comment, "Add the whole request as a comment", "Добавление комментариев: полное тело запроса"))
                (self.tick(Tick::Todo, "Create a to-do for the responsible employee", "Создание нового дела на ответственного"))
                div.filters.of-todo {
                    label { (self.t("To-do", "Дело")) input name="todo_title" value=(channel.todo) maxlength="200"; }
                    label { (self.t("Deadline after the request", "Срок после запроса"))
                        input name="todo_after" value=(channel.todo_after) maxlength="10" placeholder="1d"; }
                }
                (self.tick(Tick::Default, "Default incoming channel", "Входящий канал по умолчанию"))
                p.hint { (self.t("The default channel takes the requests of channels that were removed.",
                    "Канал по умолчанию принимает запросы удалённых каналов.")) }
            }
        }
    }
}

/// A field to choose; `chosen` is the one that was.
fn option(block: &str, (code, title): &(String, String), chosen: &str) -> Markup {
    let value = format!("{block}.{code}");
    html! {
        option value=(value) selected[value == chosen] { (title) @if title != code { " · " (code) } }
    }
}

/// Returns what a value may look like.
fn example<'f>(target: &str, form: &'f Form<'_>) -> &'f str {
    match target {
        "contact.NAME" => "{client_name}",
        "contact.PHONE" => "{client_phone}",
        "contact.EMAIL" => "{client_email}",
        "record.TITLE" => form.t("Order No. {order_id}", "Заказ №{order_id}"),
        _ => "",
    }
}
