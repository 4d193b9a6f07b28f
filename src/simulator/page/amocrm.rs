//! The leads of the amoCRM account with buttons that send hooks, and its cards with the widget.

use maud::{Markup, html};

use super::{Page, View, answered};
use crate::simulator::cards::{Account, AmoLead, Cards, WON};

/// Draws the leads.
pub(super) fn list(view: &View<'_>, cards: &Cards) -> Page {
    let account = cards.account();
    let body = match &account.options {
        None => missing(view),
        Some(options) => html! {
            div.sub {
                span { (view.t("Account", "Аккаунт")) " " b { (options.subdomain) ".amocrm.ru" } }
                (status(view))
            }
            div.amo {
                @for lead in &account.leads {
                    (row(view, lead))
                }
            }
        },
    };
    page("amoCRM", body)
}

/// Draws the card of a lead or a contact: `leads/31470021`.
pub(super) fn card(view: &View<'_>, cards: &Cards, path: &str) -> Option<Page> {
    let (entity, id) = path.split_once('/')?;
    let account = cards.account();
    let lead = account.lead(entity, id.parse().ok()?)?;
    let title = if entity == "leads" {
        lead.name
    } else {
        lead.contact.name
    };
    let page_of = |entity: &str, id: u64| view.link(&format!("/sandbox/amocrm/{entity}/{id}"));
    let body = html! {
        div.head {
            div.crumbs { a href=(view.link("/sandbox/amocrm")) { "amoCRM" } }
            h1 { (title) }
        }
        div.two {
            div.panel {
                (facts(view, lead))
                p {
                    a href=(page_of("leads", lead.id)) { (lead.name) }
                    " · "
                    a href=(page_of("contacts", lead.contact.id)) { (lead.contact.name) }
                }
            }
            (widget(view, &account, path))
        }
    };
    Some(page(title, body))
}

fn page(title: &str, body: Markup) -> Page {
    Page {
        title: title.to_owned(),
        tab: "amocrm",
        body,
    }
}

fn widget(view: &View<'_>, account: &Account, path: &str) -> Markup {
    let has_widget = account
        .options
        .as_ref()
        .is_some_and(|options| options.widget.is_some());
    if !has_widget {
        let why = view.t(
            "The widget is not configured: public_url, client_id and client_secret are missing.",
            "Виджет не настроен: не хватает public_url, client_id и client_secret.",
        );
        return html! { p.empty { (why) } };
    }
    let address = view.link(&format!("/sandbox/amocrm/get/frame/{path}"));
    html! { iframe.widget src=(address) title="leadgate" {} }
}

/// Says how the gateway answered the last hook.
fn status(view: &View<'_>) -> Markup {
    let texts = [
        view.t("The gateway has taken the hook.", "Шлюз принял хук."),
        view.t(
            "The gateway did not answer within 2 seconds.",
            "Шлюз не ответил за 2 секунды.",
        ),
        view.t("The gateway refused the hook:", "Шлюз отказал хуку:"),
    ];
    answered(view, texts)
}

fn row(view: &View<'_>, lead: &AmoLead) -> Markup {
    let path = format!("/sandbox/amocrm/leads/{}", lead.id);
    let send = |event: &str| view.link(&format!("/sandbox/amocrm/send/{}/{event}", lead.id));
    html! {
        div.panel {
            h2 { a href=(view.link(&path)) { (lead.name) } }
            (facts(view, lead))
            form.buttons method="post" {
                button formaction=(send("leads.add")) { (view.t("Lead added", "Добавлена сделка")) }
                button formaction=(send("leads.update")) { (view.t("Lead changed", "Изменена сделка")) }
                button formaction=(send("leads.status")) { (view.t("Lead won", "Успешно реализована")) }
                button formaction=(send("contacts.add")) { (view.t("Contact added", "Добавлен контакт")) }
            }
        }
    }
}

fn facts(view: &View<'_>, lead: &AmoLead) -> Markup {
    let stage = if lead.status == WON {
        view.t("won", "Успешно реализовано")
    } else {
        view.t("new", "Новая заявка")
    };
    let mut facts = vec![
        ("ID", lead.id.to_string()),
        (view.t("Stage", "Этап"), stage.to_owned()),
        (view.t("Budget", "Бюджет"), format!("{} ₽", lead.price)),
        (view.t("Contact", "Контакт"), lead.contact.name.to_owned()),
    ];
    if let Some(order) = lead.order {
        facts.push((view.t("Tag", "Тег"), "tilda".to_owned()));
        facts.push(("ORDERID", order.to_owned()));
    }
    html! {
        dl.facts {
            @for (name, value) in facts {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

fn missing(view: &View<'_>) -> Markup {
    let text = view.t(
        "Here are leads of amoCRM whose buttons send hooks to the gateway. Add [amocrm.main] to the \
         settings and start leadgate serve: see docs/amocrm.md.",
        "Здесь будут сделки amoCRM, кнопки которых отправляют хуки шлюзу. Добавьте в настройки \
         [amocrm.main] и запустите leadgate serve: см. docs/amocrm.ru.md.",
    );
    html! { p.empty { (text) } }
}
