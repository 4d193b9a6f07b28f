//! What people do with a submission: replay it, and erase everything about its person.

use actix_web::web;
use maud::{Markup, html};
use serde_json::json;

use super::find;
use crate::console::layout::token_field;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::console::{PATH, lists, mask};
use crate::domain::{
    Bilingual, CrmStep, Email, Event, Lang, Phone, Plan, PlannedValue, Role, State, bilingual,
    plural,
};
use crate::journal::{Erased, History, Journal, Person, StoredOfPerson};
use crate::replay::{self, PlanChange, Replay, ReplayBy, StepFate, StepRun, WrittenBefore};
use crate::store::StoreError;

/// The buttons of a submission's page, as far as the visitor may press them.
pub(super) fn buttons(visit: &Visit<'_>, history: &History) -> Markup {
    let id = history.entry.id;
    let role = visit.user.role;
    let t = |en, ru| visit.t(en, ru);
    let page = format!("{PATH}/history/{id}");
    let is_bare = history.raw.is_empty();
    html! {
        div.actions {
            @if role >= Role::Operator && !is_bare && may_replay(visit, history) {
                a.button href={ (page) "/replay" } { (t("Replay by today's profile…", "Повторить по нынешнему профилю…")) }
                @if replay::stored_plan(history).is_some() {
                    a.button.second href={ (page) "/replay?by=stored" } {
                        (t("Replay as then…", "Повторить как тогда…"))
                    }
                }
            }
            @if let Some(profile) = history.entry.profile.as_ref().filter(|_| !is_bare) {
                a.button.second href={ (PATH) "/profiles/" (profile) "?packet=" (id) } {
                    (t("Open in the editor", "Открыть в редакторе"))
                }
            }
            @if role >= Role::Admin && !is_bare {
                form method="post" action={ (PATH) "/history/erase" } {
                    (token_field(visit))
                    @let person = person_of(history);
                    input type="hidden" name="phones" value=(phones(&person).join(", "));
                    input type="hidden" name="emails" value=(emails(&person).join(", "));
                    button.second { (t("Erase the person…", "Стереть данные человека…")) }
                }
            }
        }
    }
}

fn may_replay(visit: &Visit<'_>, history: &History) -> bool {
    match history.entry.state {
        State::Queued | State::Leased => false,
        // its steps are finished: repeating one writes to the portal again
        State::Delivered | State::Rejected => visit.user.role >= Role::Admin,
        State::Waiting | State::Parked | State::Captured | State::Ignored => true,
    }
}

/// How to replay one submission.
struct Order {
    by: ReplayBy,
    step: Option<String>,
    replay: Replay,
}

impl Order {
    /// Reads what the address or the form says. Of a delivered submission a step is repeated: the
    /// first one unless another is chosen.
    fn of(visit: &Visit<'_>, history: &History) -> Self {
        let word = visit.field("by").or_else(|| visit.param("by"));
        let by = match word {
            Some("stored") => ReplayBy::StoredPlan,
            _ => ReplayBy::TodaysProfile,
        };
        let first = history.steps.first().map(|step| step.outcome.name.as_str());
        let first = first.filter(|_| history.entry.state == State::Delivered);
        let step = visit
            .field("step")
            .or_else(|| visit.param("step"))
            .or(first);
        let step = step.map(str::to_owned);
        let replay = Replay::new(by, &[State::Rejected]);
        let replay = match &step {
            Some(step) => replay.step(step),
            None => replay,
        };
        Self { by, step, replay }
    }

    fn plan(&self, visit: &Visit<'_>, history: &History) -> Result<Plan, String> {
        let parts = visit.parts();
        let plan = self
            .replay
            .plan(history, &parts.profiles.current(), &parts.sources);
        plan.map_err(|why| why.to_text(visit.lang))
    }
}

/// Shows what a replay would do, and queues it on a POST.
pub(super) async fn replay(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    visit.need(Role::Operator)?;
    let history = find::one(visit, name).await?;
    if !may_replay(visit, &history) {
        return Err(cannot(visit, &history));
    }
    let order = Order::of(visit, &history);
    let plan = order.plan(visit, &history);
    if visit.is_post() {
        return queue(visit, &history, (order, plan)).await;
    }
    let parked = match &plan {
        Ok(plan) => lists::parked(visit, plan).await,
        Err(_) => None,
    };
    let id = history.entry.id.short();
    Ok(Answer::Page(Page {
        title: bilingual!("Replay of {id}", "Повтор {id}").pick(visit.lang),
        section: Section::History,
        body: html! {
            @if let Some(why) = parked {
                p.problem { (visit.t("It would be parked again: ", "Обращение снова будет отложено: "))
                    (mask::line(visit, &why, 1_000)) }
            }
            (dry_run(visit, &history, &order, &plan))
        },
    }))
}

fn cannot(visit: &Visit<'_>, history: &History) -> Trouble {
    match history.entry.state {
        State::Queued | State::Leased => Trouble::Conflict(
            Bilingual::new(
                "It is being delivered already. Wait until that has ended.",
                "Его уже доставляют. Дождитесь конца.",
            )
            .into(),
        ),
        _ if visit.user.role < Role::Admin => Trouble::Role(Role::Admin),
        _ => Trouble::NotFound,
    }
}

async fn queue(
    visit: &Visit<'_>,
    history: &History,
    (order, plan): (Order, Result<Plan, String>),
) -> Result<Answer, Trouble> {
    let shown = visit.field("edition").unwrap_or_default();
    let edition = plan.as_ref().map_or("", |plan| plan.profile.hash.as_str());
    if shown != edition {
        let text = Bilingual::new(
            "The profile has changed since this page was shown. Look at the difference again.",
            "Профиль изменился с тех пор, как открыта эта страница. Посмотрите отличия ещё раз.",
        );
        return Err(Trouble::Conflict(text.into()));
    }
    let id = history.entry.id;
    let store = &visit.parts().store;
    let queued = order.replay.queue(store, vec![id], visit.now).await?;
    for result in queued {
        result.map_err(|error| {
            let (en, ru) = (error.to_text(Lang::En), error.to_text(Lang::Ru));
            Trouble::Conflict(bilingual!(
                "Not queued: {en}.",
                "Не поставлено в очередь: {ru}."
            ))
        })?;
    }
    let by = match order.by {
        ReplayBy::TodaysProfile => "today",
        ReplayBy::StoredPlan => "stored",
    };
    let details = json!({"by": by, "step": order.step});
    visit.note("replayed", &id.to_string(), details).await?;
    Ok(Answer::Go(format!("/history/{id}")))
}

/// What a replay would do: the differences from the plan of its history, and which steps run.
fn dry_run(
    visit: &Visit<'_>,
    history: &History,
    order: &Order,
    plan: &Result<Plan, String>,
) -> Markup {
    let id = history.entry.id;
    let t = |en, ru| visit.t(en, ru);
    let by = match order.by {
        ReplayBy::TodaysProfile => "today",
        ReplayBy::StoredPlan => "stored",
    };
    html! {
        p { a href={ (PATH) "/history/" (id) } { (t("← the submission", "← обращение")) } }
        @match plan {
            Err(why) => {
                p.problem { (t("There would be no plan, and it would be parked again: ",
                               "Плана не будет, обращение снова будет отложено: "))
                    (mask::line(visit, why, 1_000)) }
            },
            Ok(plan) => {
                p { (t("Profile", "Профиль")) " " strong { (plan.profile.name) } ", "
                    (t("edition", "редакция")) " " code { (plan.profile.hash) } }
                (differences(visit, history, plan))
                (fates(visit, &order.replay.fates(plan, &history.steps)))
            },
        }
        form.actions method="post" action={ (PATH) "/history/" (id) "/replay" } {
            (token_field(visit))
            input type="hidden" name="by" value=(by);
            input type="hidden" name="step" value=[order.step.as_deref()];
            input type="hidden" name="edition" value=[plan.as_ref().ok().map(|plan| plan.profile.hash.as_str())];
            button { (t("Replay 1 submission", "Повторить 1 обращение")) }
            @if let Some(step) = &order.step {
                span.hint { (t("Repeats the step ", "Повторит шаг ")) code { (step) } }
            }
        }
    }
}

fn differences(visit: &Visit<'_>, history: &History, plan: &Plan) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let Some(stored) = replay::stored_plan(history) else {
        return html! {
            p.hint { (t("Its history has no plan to compare with.", "В его истории нет плана для сравнения.")) }
        };
    };
    let difference = replay::difference(stored, plan, WrittenBefore::of(history));
    html! {
        @if difference.changes.is_empty() {
            p { (t("The plan is the same as in its history.", "План такой же, как в его истории.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (t("What", "Что")) } th { (t("Then", "Было")) } th { (t("Now", "Станет")) }
                } }
                tbody { @for change in &difference.changes { (change_row(visit, change)) } }
            } }
        }
        @if !difference.kept.is_empty() {
            p.hint { (t("In Bitrix24 already, written again only if it was deleted there: ",
                        "Уже есть в Битрикс24, будет записано снова, только если там это удалили: "))
                (difference.kept.join(", ")) }
        }
    }
}

fn change_row(visit: &Visit<'_>, change: &PlanChange) -> Markup {
    let shown = |value: &Option<String>| {
        let value = value.as_deref().map(|value| mask::masked(visit, value));
        value.unwrap_or_else(|| "–".to_owned())
    };
    html! {
        tr {
            th scope="row" { code { (change.about_text(visit.lang)) } }
            td.wide { del { (shown(&change.before)) } }
            td.wide { ins { (shown(&change.after)) } }
        }
    }
}

fn fates(visit: &Visit<'_>, fates: &[StepFate]) -> Markup {
    let word = |runs: StepRun| match runs {
        StepRun::Again => visit.t("runs again", "выполнится снова"),
        StepRun::First => visit.t("runs for the first time", "выполнится впервые"),
        StepRun::Stays(_) => visit.t("stays as it is", "останется как есть"),
    };
    html! {
        @if !fates.is_empty() {
            h2 { (visit.t("Steps", "Шаги")) }
            ul { @for fate in fates { li { code { (fate.name) } ": " (word(fate.runs)) } } }
        }
    }
}

/// Returns the phones and addresses of the person in the latest plan.
fn person_of(history: &History) -> Person {
    let plan = history
        .events
        .iter()
        .rev()
        .find_map(|logged| match &logged.event {
            Event::Planned(planned) => planned.plan.crm(),
            _ => None,
        });
    let mut person = Person::default();
    for (_, field) in plan.into_iter().flat_map(CrmStep::fields) {
        match &field.value {
            PlannedValue::Phone(phone) => person.phones.push(phone.clone()),
            PlannedValue::Email(email) => person.emails.push(email.clone()),
            _ => {}
        }
    }
    person
}

fn phones(person: &Person) -> Vec<&str> {
    person.phones.iter().map(Phone::as_str).collect()
}

fn emails(person: &Person) -> Vec<&str> {
    person.emails.iter().map(Email::as_str).collect()
}

/// Parses the phones and addresses of the form.
fn named(visit: &Visit<'_>) -> Result<Person, Trouble> {
    fn parts(text: &str) -> impl Iterator<Item = &str> {
        let parts = text.split([',', ';', '\n']);
        parts.map(str::trim).filter(|part| !part.is_empty())
    }
    let wrong = || {
        let text = Bilingual::new(
            "One of these is no phone number or e-mail address. Correct it; several are separated by commas.",
            "Среди них есть не телефон и не адрес e-mail. Исправьте; несколько разделяются запятыми.",
        );
        Trouble::Bad(text.into())
    };
    let phones = parts(visit.text("phones")).map(|text| Phone::parse(text).ok_or_else(wrong));
    let emails = parts(visit.text("emails")).map(|text| Email::parse(text).ok_or_else(wrong));
    Ok(Person {
        phones: phones.collect::<Result<_, _>>()?,
        emails: emails.collect::<Result<_, _>>()?,
    })
}

/// Asks for the person, shows how much is stored, and erases it when the count is confirmed.
pub(super) async fn erase(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    visit.need(Role::Admin)?;
    if !visit.is_post() {
        return Ok(erase_page(visit, html! { (person_form(visit)) }));
    }
    let person = named(visit)?;
    if person.phones.is_empty() && person.emails.is_empty() {
        return Ok(erase_page(visit, html! { (person_form(visit)) }));
    }
    let journal = visit.parts().journal.clone();
    let wanted = person.clone();
    let stored = web::block(move || journal.stored_of(&wanted, &mut |_| ())).await;
    let stored = stored.map_err(|_| StoreError::Closed)??;
    let count = stored.count();
    let confirmed: Option<usize> = visit.field("count").and_then(|count| count.parse().ok());
    if count > 0 && confirmed == Some(count) {
        return erase_now(visit, &person, stored).await;
    }
    let body = html! {
        @if confirmed.is_some() && count > 0 {
            p.problem role="alert" { (visit.t("Meanwhile the number has changed. Confirm it again.",
                                              "За это время число изменилось. Подтвердите ещё раз.")) }
        }
        (person_form(visit))
        (confirmation(visit, &stored))
    };
    Ok(erase_page(visit, body))
}

fn erase_page(visit: &Visit<'_>, body: Markup) -> Answer {
    Answer::Page(Page {
        title: visit
            .t("Erase a person", "Стереть данные человека")
            .to_owned(),
        section: Section::History,
        body,
    })
}

fn person_form(visit: &Visit<'_>) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        form.card method="post" action={ (PATH) "/history/erase" } {
            (token_field(visit))
            label { (t("Phone numbers, in any spelling", "Телефоны, в любом виде"))
                input name="phones" value=(visit.text("phones")) autocomplete="off"; }
            label { (t("E-mail addresses", "Адреса e-mail"))
                input name="emails" value=(visit.text("emails")) autocomplete="off"; }
            button.second { (t("Look what is stored", "Посмотреть, что хранится")) }
            p.hint { (t("Reads the whole history; with many submissions this takes minutes.",
                        "Читает всю историю; если обращений много, это займёт минуты.")) }
        }
    }
}

fn confirmation(visit: &Visit<'_>, stored: &StoredOfPerson) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let count = stored.count();
    let (found, refused, calls) = (stored.found.len(), stored.refused.len(), stored.calls.len());
    if count == 0 {
        return html! {
            p.empty { (t("Nothing is stored about this person.", "Об этом человеке ничего не хранится.")) }
        };
    }
    let ru = plural::russian(count, ["запись", "записи", "записей"]);
    let en = plural::english(count, ["record", "records"]);
    html! {
        section.card {
            ul {
                li { (t("submissions: ", "обращений: ")) (found) }
                li { (t("refused requests: ", "отклонённых запросов: ")) (refused) }
                li { (t("calls that go on: ", "незавершённых звонков: ")) (calls) }
            }
            p.warn { (t("This cannot be undone. Bitrix24, the log of your proxy and backups stay as they are.",
                        "Отменить это нельзя. Битрикс24, журнал прокси-сервера и резервные копии не изменятся.")) }
            form method="post" action={ (PATH) "/history/erase" } {
                (token_field(visit))
                input type="hidden" name="phones" value=(visit.text("phones"));
                input type="hidden" name="emails" value=(visit.text("emails"));
                input type="hidden" name="count" value=(count);
                button.danger { (bilingual!("Erase {count} {en}", "Стереть {count} {ru}").pick(visit.lang)) }
            }
        }
    }
}

async fn erase_now(
    visit: &Visit<'_>,
    person: &Person,
    stored: StoredOfPerson,
) -> Result<Answer, Trouble> {
    // the gateway's own connection leaves deleted bytes in the file
    let store = visit.parts().store.clone();
    let store = web::block(move || store.thorough()).await;
    let store = store.map_err(|_| StoreError::Closed)??;
    let journal = Journal::new(store.clone(), visit.parts().sources.clone());
    let Erased { count, busy } = journal.erase_stored(person, stored, &mut |_| ()).await?;
    let scrubbed = web::block(move || journal.scrub(&mut |_| ())).await;
    let scrubbed = scrubbed.map_err(|_| StoreError::Closed)??;
    store.close().await;
    let details = json!({"erased": count, "busy": busy});
    visit.note("erased-person", "", details).await?;
    let body = html! {
        p role="status" { (bilingual!("Erased: {count}.", "Стёрто: {count}.").pick(visit.lang)) }
        p.hint { (scrubbed.words().pick(visit.lang)) }
        @if busy > 0 {
            p.warn { (bilingual!(
                "Being delivered right now: {busy}. Repeat this in a minute.",
                "Доставляются прямо сейчас: {busy}. Повторите через минуту."
            ).pick(visit.lang)) }
        }
        p { a href={ (PATH) "/history" } { (visit.t("To the history", "К истории")) } }
    };
    Ok(erase_page(visit, body))
}
