//! The latest replays.

use jiff::Timestamp;
use maud::html;

use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, Lang};
use crate::replay::bulk::{BulkReplay, BulkState, choice_text};

/// Shows the page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let replays = visit.parts().replays.list().await?;
    let t = |en, ru| visit.t(en, ru);
    let body = html! {
        @if replays.is_empty() {
            p.empty {
                (t("Nobody has replayed anything here yet. Begin with a group of ", "Здесь ещё ничего не повторяли. Начните с группы в разделе "))
                a href={ (PATH) "/attention" } { (t("Attention", "Внимание")) }
                (t(", or with a filter of the ", " или с отбора в "))
                a href={ (PATH) "/history" } { (t("history", "истории")) } "."
            }
        } @else {
            div.table { table {
                thead { tr {
                    th { (t("Number", "Номер")) }
                    th { (t("Made", "Создан")) }
                    th { (t("By", "Кем")) }
                    th { (t("What", "Что")) }
                    th { (t("State", "Состояние")) }
                } }
                tbody { @for replay in &replays { tr {
                    td { a href={ (PATH) "/replays/" (replay.id) } { (replay.id) } }
                    td { (moment(visit, replay.made_at)) }
                    td { (visit.name(&replay.who)) }
                    td { (words(visit, replay)) }
                    td { (state_text(replay.state, visit.lang)) }
                } } }
            } }
        }
    };
    Ok(Answer::Page(Page {
        title: t("Replays", "Повторы").to_owned(),
        section: Section::Attention,
        body,
    }))
}

/// Says how the submissions of a replay were chosen.
pub(super) fn words(visit: &Visit<'_>, replay: &BulkReplay) -> String {
    let zone = visit.zone();
    let time = |at: Timestamp| {
        let at = at.to_zoned(zone.clone());
        at.strftime("%d.%m.%Y %H:%M").to_string()
    };
    choice_text(&replay.order.choice, visit.lang, time)
}

/// Says how far a replay is.
pub(super) fn state_text(state: BulkState, lang: Lang) -> &'static str {
    let text = match state {
        BulkState::Examining => Bilingual::new("dry run", "пробный прогон"),
        BulkState::Ready => Bilingual::new("waits for confirmation", "ждёт подтверждения"),
        BulkState::Running => Bilingual::new("under way", "идёт"),
        BulkState::Stopping => Bilingual::new("stopping", "останавливается"),
        BulkState::Stopped => Bilingual::new("stopped", "остановлен"),
        BulkState::Finished => Bilingual::new("finished", "закончен"),
    };
    text.pick(lang)
}
