//! The page of one replay.

use std::time::Duration;

use maud::{Markup, html};

use super::list::{state_text, words};
use super::{change, submissions};
use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Role, State, bilingual, plural};
use crate::replay::bulk::{
    BulkItems, BulkOutcome, BulkReplay, BulkState, BulkView, Fate, ReplayBy,
};

/// Submissions that were parked again, as the page lists them.
const LISTED: usize = 50;

/// Shows the page.
pub(super) async fn page(visit: &Visit<'_>, id: i64) -> Result<Answer, Trouble> {
    let view = visit.parts().replays.view(id).await?;
    let replay = &view.replay;
    // while it is active, the part loads itself again
    let every = replay.state.is_active().then_some("every 1s");
    let again = every.map(|_| format!("{PATH}/replays/{id}"));
    let body = html! {
        div id="replay" hx-get=[again] hx-trigger=[every] hx-select="#replay" hx-swap="outerHTML" {
            (about(visit, replay))
            p { span.state { (state_text(replay.state, visit.lang)) } }
            @match replay.state {
                BulkState::Examining => (examining(visit, &view)),
                BulkState::Ready => (ready(visit, &view)),
                _ => (progress(visit, &view)),
            }
            (fates(visit, &view))
            @if view.ended(BulkOutcome::Parked) > 0 { (parked_again(visit, id).await?) }
            @if !replay.state.is_active() { (other_terms(visit, replay)) }
        }
    };
    Ok(Answer::Page(Page {
        title: bilingual!("Replay {id}", "Повтор {id}").pick(visit.lang),
        section: Section::Attention,
        body,
    }))
}

fn about(visit: &Visit<'_>, replay: &BulkReplay) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let order = &replay.order;
    html! {
        p {
            (words(visit, replay)) " · "
            (match order.by {
                ReplayBy::TodaysProfile => t("by today's profile", "по нынешнему профилю"),
                ReplayBy::StoredPlan => t("as they were mapped then", "по прежнему плану"),
            })
            @if let Some(step) = &order.step {
                " · " (t("repeats step", "повторяет шаг")) " " code { (step) }
                @if order.is_onwards { " " (t("and those after it", "и следующие за ним")) }
            }
        }
        p.hint {
            (t("Made", "Создан")) " " (moment(visit, replay.made_at)) ", " (visit.name(&replay.who))
            @if let (Some(at), Some(who)) = (replay.confirmed_at, &replay.confirmed_by) {
                " · " (t("confirmed", "подтверждён")) " " (moment(visit, at)) ", " (visit.name(who))
            }
            @if let Some(at) = replay.ended_at { " · " (t("ended", "закончен")) " " (moment(visit, at)) }
        }
    }
}

fn examining(visit: &Visit<'_>, view: &BulkView) -> Markup {
    let (total, rest) = (view.total(), view.unexamined());
    html! {
        p {
            (visit.t("Looked at ", "Просмотрено ")) (total - rest) (visit.t(" of ", " из ")) (total) ". "
            (visit.t("Nothing is written.", "Ничего не записывается."))
        }
        progress max=(total) value=(total - rest) {}
        (stop(visit, view.replay.id, visit.t("Cancel", "Отменить")))
    }
}

fn ready(visit: &Visit<'_>, view: &BulkView) -> Markup {
    let (taken, id) = (view.taken(), view.replay.id);
    let may = visit.user.role >= change::role_of(&view.replay.order);
    html! {
        @if taken == 0 {
            p { (visit.t("Nothing of it can be replayed now.", "Сейчас повторить из этого ничего нельзя.")) }
        } @else {
            p {
                (visit.t("Would be queued, in the order of receipt: ", "Встанет в очередь в порядке поступления: "))
                strong { (submissions(visit, taken)) } ". " (takes(visit, taken))
            }
            @if may {
                div.actions {
                    form method="post" action={ (PATH) "/replays/" (id) "/confirm" }
                        hx-post={ (PATH) "/replays/" (id) "/confirm" } hx-disabled-elt="find button" {
                        (token_field(visit))
                        button { (visit.t("Replay", "Повторить")) " " (taken) }
                    }
                    (stop(visit, id, visit.t("Discard", "Не повторять")))
                }
            } @else if visit.user.role >= Role::Operator {
                p.hint { (visit.t("An administrator may confirm it: it repeats delivered submissions.",
                    "Подтвердить может администратор: повторятся доставленные обращения.")) }
            }
        }
    }
}

/// How long the portal needs at its pace.
fn takes(visit: &Visit<'_>, count: u64) -> Markup {
    let minute = Duration::from_secs(60);
    let connections = visit.parts().connections.values();
    let slowest = connections.map(|it| it.capacity_within(minute)).min();
    let Some(slowest) = slowest.and_then(|it| u64::try_from(it).ok()) else {
        return html! {};
    };
    let minutes = count.div_ceil(slowest.max(1));
    let en = plural::english(minutes, ["minute", "minutes"]);
    let ru = plural::genitive(minutes, ["минуты", "минут"]);
    let text = bilingual!(
        "At the portal's pace it takes less than {minutes} {en}.",
        "При темпе портала это займёт меньше {minutes} {ru}."
    );
    html! { (text.pick(visit.lang)) }
}

fn progress(visit: &Visit<'_>, view: &BulkView) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let (taken, not_begun) = (view.taken(), view.not_begun());
    let rows = [
        (
            t("delivered", "доставлено"),
            view.ended(BulkOutcome::Delivered),
        ),
        (
            t("parked again", "снова отложено"),
            view.ended(BulkOutcome::Parked),
        ),
        (
            t(
                "unchanged: nothing was written",
                "без изменений: ничего не записано",
            ),
            view.ended(BulkOutcome::Unchanged),
        ),
        (
            t("under way", "доставляется"),
            view.ended(BulkOutcome::Queued),
        ),
        (t("not begun", "не начато"), not_begun),
    ];
    let done = taken - not_begun - view.ended(BulkOutcome::Queued);
    html! {
        @if view.replay.state != BulkState::Stopped || done > 0 {
            progress max=(taken) value=(done) aria-label=(t("Progress", "Ход повтора")) {}
            div.table { table {
                caption.hint { (t("Of those that were to be replayed: ", "Из тех, что нужно было повторить: ")) (taken) }
                tbody { @for (name, count) in rows { tr {
                    th scope="row" { (name) }
                    td.number { (count) }
                } } }
            } }
        }
        @if view.replay.state == BulkState::Running {
            (stop(visit, view.replay.id, t("Stop: what is not begun stays as it is", "Остановить: не начатое останется как есть")))
        }
    }
}

fn stop(visit: &Visit<'_>, id: i64, name: &str) -> Markup {
    html! {
        @if visit.user.role >= Role::Operator {
            form method="post" action={ (PATH) "/replays/" (id) "/stop" } {
                (token_field(visit))
                button.second { (name) }
            }
        }
    }
}

fn fates(visit: &Visit<'_>, view: &BulkView) -> Markup {
    let (fates, id) = (view.fates(), view.replay.id);
    let t = |en, ru| visit.t(en, ru);
    html! {
        @if !fates.is_empty() {
            h2 { (t("What the dry run says", "Что показал пробный прогон")) }
            div.table { table {
                thead { tr {
                    th { (t("What would happen", "Что произойдёт")) }
                    th { (t("Fields, or why", "Поля или причина")) }
                    th.number { (t("How many", "Сколько")) }
                    th { (t("Look", "Посмотреть")) }
                } }
                tbody { @for (at, (fate, count)) in fates.iter().enumerate() { tr {
                    td { (fate.title(visit.lang)) }
                    td { (fate.details(visit.lang)) }
                    td.number { (count) }
                    td { (look(visit, (id, at), fate)) }
                } } }
            } }
        }
    }
}

fn look(visit: &Visit<'_>, (id, at): (i64, usize), fate: &Fate) -> Markup {
    let name = match fate {
        Fate::Different { .. } => visit.t("before → after", "было → станет"),
        _ => visit.t("examples", "примеры"),
    };
    html! { a href={ (PATH) "/replays/" (id) "/examples?group=" (at) } { (name) } }
}

/// Lists what was parked again.
async fn parked_again(visit: &Visit<'_>, id: i64) -> Result<Markup, Trouble> {
    let which = BulkItems::Outcome(BulkOutcome::Parked);
    let parked = visit.parts().replays.examples(id, which, LISTED).await?;
    Ok(html! {
        h2 { (visit.t("Parked again", "Снова отложено")) }
        ul { @for (history, _) in &parked {
            li {
                a href={ (PATH) "/history/" (history.entry.id) } { (history.entry.id.short()) }
                @if let Some(reason) = history.entry.reason { " · " (reason.to_text(visit.lang)) }
                @if let Some(note) = history.entry.note.as_ref().filter(|_| visit.sees_people()) {
                    ": " (note.to_text(visit.lang))
                }
            }
        } }
        p { a href={ (PATH) "/attention" } { (visit.t("All that waits for you", "Всё, что ждёт решения")) } }
    })
}

/// Makes another dry run of the same set.
fn other_terms(visit: &Visit<'_>, replay: &BulkReplay) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let order = &replay.order;
    let is_then = order.by == ReplayBy::StoredPlan;
    html! {
        @if visit.user.role >= Role::Operator {
            details.card {
                summary { (t("Dry run of the same submissions on other terms", "Пробный прогон этих же обращений на других условиях")) }
                form method="post" action={ (PATH) "/replays" } {
                    (token_field(visit))
                    input type="hidden" name="again" value=(replay.id);
                    label.line {
                        input type="radio" name="by" value="today" checked[!is_then];
                        (t("By today's profile", "По нынешнему профилю"))
                    }
                    label.line {
                        input type="radio" name="by" value="then" checked[is_then];
                        (t("As they were mapped then", "По прежнему плану из истории"))
                    }
                    label.line {
                        input type="checkbox" name="rejected" checked[order.also.contains(&State::Rejected)];
                        (t("Also those that were rejected on receipt", "И отклонённые при приёме"))
                    }
                    @if visit.user.role >= Role::Admin {
                        label.line {
                            input type="checkbox" name="delivered" checked[order.also.contains(&State::Delivered)];
                            (t("Also delivered ones: repeat the step below, which updates what it made before",
                               "И доставленные: повторить шаг, указанный ниже; он обновит то, что уже создал"))
                        }
                        label {
                            (t("Step of delivered ones", "Шаг доставленных"))
                            input name="step" value=(order.step.as_deref().unwrap_or("crm")) maxlength="64";
                        }
                        label.line {
                            input type="checkbox" name="onwards" checked[order.is_onwards];
                            (t("And the steps after it", "И следующие за ним шаги"))
                        }
                    }
                    button.second { (t("Dry run", "Пробный прогон")) }
                }
            }
        }
    }
}
