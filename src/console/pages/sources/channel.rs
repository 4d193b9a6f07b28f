//! A channel: how to send to it, how it is guarded, who takes what comes, and a test request.

use maud::{Markup, html};

use super::base;
use super::list::test_form;
use super::snippets::{Target, guard_words};
use super::{keys, settings};
use crate::authoring::CHANNELS;
use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::request::encoded;
use crate::console::visit::Visit;
use crate::domain::{Bilingual, ChannelName, Role};
use crate::editing::KeyGuard;

/// Parses the name of a channel.
fn named(name: &str) -> Result<ChannelName, Trouble> {
    ChannelName::parse(name).ok_or_else(|| {
        let text = Bilingual::new(
            "The name of a channel has Latin letters, digits and hyphens, such as landing-2.",
            "Имя канала — латинские буквы, цифры и дефис, например landing-2.",
        );
        Trouble::Bad(text.into())
    })
}

/// Leads to the page of the channel that a form names.
pub(super) fn open(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let name = named(visit.param("name").unwrap_or_default().trim())?;
    Ok(Answer::Go(format!("/sources/channels/{}", name.as_str())))
}

pub(super) async fn page(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    shown(visit, &named(name)?, Changed::default()).await
}

/// What the page says of a change.
#[derive(Default)]
struct Changed {
    /// Why the settings were not saved.
    problem: Option<Markup>,
    /// A key that was made.
    key: Option<Markup>,
}

/// Makes or revokes a key. A new one is shown on the page, this one time.
pub(super) async fn change_key(
    visit: &Visit<'_>,
    name: &str,
    (guard, action): (KeyGuard, &str),
) -> Result<Answer, Trouble> {
    let name = named(name)?;
    if action == "revoke" {
        keys::revoke(visit, &name, guard).await?;
        return Ok(Answer::Go(format!("/sources/channels/{name}")));
    }
    let made = keys::make(visit, &name, guard).await?;
    let changed = Changed {
        key: Some(keys::shown_once(visit, &made)),
        ..Changed::default()
    };
    shown(visit, &name, changed).await
}

/// Saves the settings, and shows what is wrong with them if they were not saved.
pub(super) async fn save(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    let name = named(name)?;
    match settings::save(visit, &name).await? {
        None => Ok(Answer::Go(format!("/sources/channels/{}", name.as_str()))),
        problem => {
            let changed = Changed {
                problem,
                ..Changed::default()
            };
            shown(visit, &name, changed).await
        }
    }
}

/// Shows the page.
async fn shown(visit: &Visit<'_>, name: &ChannelName, changed: Changed) -> Result<Answer, Trouble> {
    let parts = visit.parts();
    let all = parts.profiles.channels();
    let channel = all.get(name);
    let path = &parts.settings.channels.base_path;
    let target = Target {
        url: format!("{}{path}/{}", base(visit), name.as_str()),
        channel: channel.map(AsRef::as_ref),
    };
    let activities = visit.console.arrivals.look(&parts.store, visit.now).await?;
    let last = activities.of(CHANNELS, name.as_str());
    let own = if visit.user.role >= Role::Admin {
        let keys = keys::section(visit, name).await?;
        Some((keys, settings::form(visit, name, changed.problem).await?))
    } else {
        None
    };
    let problems = super::problems::of_channel(visit, name).await?;
    let body = html! {
        p { a href={ (PATH) "/sources" } { (visit.t("All sources", "Все источники")) } }
        @if let Some(key) = changed.key { (key) }
        (problems)
        p { (guard_words(visit, channel)) }
        p { (visit.t("Last received: ", "Последнее обращение: "))
            @match last { Some(last) => (moment(visit, last.last)), None => (visit.t("nothing in the last week", "за неделю ничего")) }
            ". " a href={ (PATH) "/history?source=channels/" (name.as_str()) } { (visit.t("In the history", "В истории")) } }
        (takers(visit, name))
        @if visit.user.role >= Role::Operator { (test_form(visit, "channels", name.as_str())) }
        h2 { (visit.t("How to send", "Как отправлять")) }
        (target.show(visit))
        @if let Some((keys, form)) = own {
            (keys)
            h2 { (visit.t("Settings", "Настройки")) }
            (form)
        }
    };
    Ok(Answer::Page(Page {
        title: format!("{} {}", visit.t("Channel", "Канал"), name.as_str()),
        section: Section::Sources,
        body,
    }))
}

/// Names the profiles that take what comes here.
fn takers(visit: &Visit<'_>, name: &ChannelName) -> Markup {
    let profiles = visit.parts().profiles.current();
    let mut takers: Vec<(String, String)> = Vec::new();
    for profile in profiles.profiles() {
        let reference = profile.reference();
        let takes_it = profile
            .addresses(CHANNELS)
            .any(|address| address == name.as_str());
        if takes_it {
            takers.push((reference.file.clone(), reference.name.clone()));
        }
    }
    html! {
        @if takers.is_empty() && profiles.takes_others(CHANNELS) {
            p { (visit.t("Taken by the profile for all other channels.", "Принимает профиль для всех остальных каналов.")) }
        } @else if takers.is_empty() {
            p.warn { (visit.t("No profile takes it: what comes waits in quarantine. ", "Ни один профиль его не принимает: обращения ждут в карантине. "))
                a href={ (PATH) "/profiles/new?source=channels/" (name.as_str()) } { (visit.t("Write a profile", "Создать профиль")) } }
        } @else {
            p { (visit.t("Taken by: ", "Принимает: "))
                @for (index, (of, title)) in takers.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href={ (PATH) "/profiles/" (encoded(of)) } { (title) }
                } }
        }
    }
}
