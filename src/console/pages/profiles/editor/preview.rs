//! What the text makes of the packet: the fields and the plan at once, what would change in the CRM on
//! demand, and how the last packets fare.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::packets::{self, Given};
use super::sheet::{Sheet, stopped};
use super::words;
use crate::console::PATH;
use crate::console::layout::moment;
pub(super) use crate::console::lists::connection;
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::crm::{Connection, Dictionaries};
use crate::delivery::Verdict;
use crate::delivery::crm::{ByDictionaries, ChangePreview, by_dictionaries};
use crate::domain::text::ellipsis;
use crate::domain::{Bilingual, CrmStep, Destination, Lang, Plan, bilingual, plural};
use crate::intake;
use crate::mapping::{FieldTrace, MappingOutcome, Profile, shown_step};
use crate::preview::{self, Mapped};
use crate::replay::{WrittenBefore, difference};

/// The packets that are mapped to see how they fare.
const RECENT: usize = 50;
/// Values are cut after this many characters.
const LONGEST: usize = 200;
/// A comparison with the CRM ends after this time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who wants a comparison with the CRM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    /// A person has pressed the button.
    #[default]
    ByPerson,
    /// The page, because the text has changed.
    ByPage,
}

/// Above this part of the portal's bucket, only people who ask for it compare with the CRM.
const BUSY: f64 = 0.5;

/// The values of fields in a packet, by the fields' names.
pub(super) type FieldValues = BTreeMap<String, Option<String>>;

/// Maps the packet of the page, if there are both a profile and a packet.
pub(super) async fn mapped(
    sheet: &Sheet,
    given: Option<&Given>,
) -> Result<Option<Mapped>, Trouble> {
    let (Some(profile), Some(given)) = (sheet.profile.clone(), given) else {
        return Ok(None);
    };
    let packet = given.packet.clone();
    // a large packet takes a while
    let mapped = web::block(move || preview::map(&profile, &packet)).await;
    mapped.map(Some).map_err(|_| stopped())
}

/// Returns the value of each field in the packet.
pub(super) fn values(mapped: Option<&Mapped>) -> FieldValues {
    let fields = mapped.into_iter().flat_map(|mapped| &mapped.fields);
    fields
        .map(|field| (field.name.clone(), field.value.clone()))
        .collect()
}

/// Returns which fields use which places of the packet.
pub(super) fn uses(mapped: Option<&Mapped>) -> Value {
    let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for field in mapped.into_iter().flat_map(|mapped| &mapped.fields) {
        let places = field
            .place
            .iter()
            .chain(field.from.iter().filter(|_| field.place.is_none()));
        for place in places {
            uses.entry(place.clone())
                .or_default()
                .push(field.name.clone());
        }
    }
    json!(uses)
}

/// Shows the preview.
pub(super) fn show(
    visit: &Visit<'_>,
    sheet: &Sheet,
    given: Option<&Given>,
    mapped: Option<&Mapped>,
) -> Markup {
    if !visit.sees_people() {
        return super::page::hidden_packets(visit);
    }
    let Some(given) = given else {
        return html! { p.empty { (visit.t("Choose or paste a packet on the left to see what becomes of it.",
        "Выберите или вставьте пакет слева — здесь будет видно, что из него получится.")) } };
    };
    let Some(mapped) = mapped else {
        return html! { p.soft { (visit.t("The preview comes back when the mistakes are corrected.",
        "Предпросмотр вернётся, когда ошибки будут исправлены.")) } };
    };
    html! {
        (head(visit, given))
        (outcome(visit, sheet, mapped))
        (fields(visit, mapped))
    }
}

/// Says why there is no packet to map.
pub(super) fn without_packet(visit: &Visit<'_>, why_not: &Bilingual) -> Markup {
    html! { p.problem role="alert" { (why_not.in_lang(visit.lang)) } }
}

fn head(visit: &Visit<'_>, given: &Given) -> Markup {
    let packet = &given.packet;
    html! {
        p.soft {
            @if given.is_sample { strong.sample { (visit.t("Sample, not real", "Пример, не настоящее")) } }
            @else { (intake::sources().label(&packet.source, visit.lang)) ", " (moment(visit, packet.received_at)) }
        }
    }
}

fn fields(visit: &Visit<'_>, mapped: &Mapped) -> Markup {
    let (with, without): (Vec<_>, Vec<_>) = mapped
        .fields
        .iter()
        .partition(|field| field.value.is_some());
    html! {
        h3 { (visit.t("Fields", "Поля")) }
        @if with.is_empty() { p.soft { (visit.t("none has a value", "ни у одного нет значения")) } }
        @else { (field_table(visit, &with)) }
        @if !without.is_empty() {
            details {
                summary { (visit.t("Without a value", "Без значения")) " (" (without.len()) ")" }
                (field_table(visit, &without))
            }
        }
    }
}

fn field_table(visit: &Visit<'_>, fields: &[&FieldTrace]) -> Markup {
    html! {
        div.table { table.narrow {
            tbody { @for field in fields {
                tr {
                    th scope="row" { (field.name) }
                    td { @match &field.value {
                        Some(value) if value.is_empty() => span.soft { (visit.t("(empty)", "(пусто)")) },
                        Some(value) => strong { (ellipsis(value, LONGEST)) },
                        None => span.soft { "–" },
                    } br; small { (preview::origin(field, visit.lang)) } }
                }
            } }
        } }
    }
}

fn outcome(visit: &Visit<'_>, sheet: &Sheet, mapped: &Mapped) -> Markup {
    let MappingOutcome::Plan(plan) = &mapped.outcome else {
        let why = preview::no_plan(&mapped.outcome, visit.lang).unwrap_or_default();
        return html! { p.problem role="status" { (why) } };
    };
    let portal = portal(visit, sheet);
    html! {
        (verdict(visit, plan, portal.as_deref()))
        (self::plan(visit, plan, portal.as_deref()))
        @if !mapped.left_out.is_empty() {
            h3 { (visit.t("Left out", "Не заполнено")) }
            ul { @for left in &mapped.left_out {
                li { code { (left.block) "." (left.name) } " ← " (ellipsis(&left.rule, LONGEST)) }
            } }
        }
        @for note in &plan.notes { p.warning { (note.to_text(visit.lang)) } }
    }
}

/// Says whether the plan would be delivered, as far as the portal's lists tell.
fn verdict(visit: &Visit<'_>, plan: &Plan, portal: Option<&Dictionaries>) -> Markup {
    let lang = visit.lang;
    html! {
        @match by_lists(plan, portal) {
            ByDictionaries::Fits(notes) => {
                p { span.state.state-delivered { (visit.t("would be delivered", "будет доставлено")) } }
                @for note in &notes { p.warning { (note.to_text(lang)) } }
            }
            ByDictionaries::Parks(reason, text) => {
                p { span.state.state-parked { (visit.t("would be parked", "будет отложено")) } }
                p.problem role="status" { (reason.to_text(lang)) ": " (text.to_text(lang)) }
                p.hint { (visit.t("By the portal's lists as they were read; “Read again” above the form reads them.",
                    "По спискам портала, как они были прочитаны; «Обновить» над формой прочитает их заново.")) }
            }
            ByDictionaries::Unread => {
                p { span.state.state-waiting { (visit.t("not known yet", "пока неизвестно")) } }
                p.hint { (visit.t("The plan names fields or list values, and the portal was not read yet: press “Read again” above the form.",
                    "План называет поля или значения списков, а портал ещё не прочитан: нажмите «Обновить» над формой.")) }
            }
        }
    }
}

/// Returns the field for which the portal's lists would park the plan, such as `deal.UF_CRM_CITY`.
pub(super) fn lacking(visit: &Visit<'_>, sheet: &Sheet, mapped: Option<&Mapped>) -> Option<String> {
    let MappingOutcome::Plan(plan) = &mapped?.outcome else {
        return None;
    };
    match by_lists(plan, portal(visit, sheet).as_deref()) {
        ByDictionaries::Parks(_, text) => text.subject().field,
        ByDictionaries::Fits(_) | ByDictionaries::Unread => None,
    }
}

fn by_lists(plan: &Plan, portal: Option<&Dictionaries>) -> ByDictionaries {
    let step = plan.crm();
    step.map_or(ByDictionaries::Fits(Vec::new()), |step| {
        by_dictionaries(step, &plan.profile.file, portal)
    })
}

fn plan(visit: &Visit<'_>, plan: &Plan, portal: Option<&Dictionaries>) -> Markup {
    let steps = plan
        .steps
        .iter()
        .map(|step| shown_step(step, crate::domain::SubmissionId::fresh()));
    html! {
        h3 { (visit.t("Plan", "План")) }
        @for step in steps {
            @if step.name != CrmStep::NAME { h4 { (visit.t("Step", "Шаг")) " " (step.name) } }
            @match step.kind.crm() {
                Some(crm) => (crm_step(visit, crm, portal)),
                None => (facts(visit, &step.kind.facts())),
            }
        }
    }
}

fn crm_step(visit: &Visit<'_>, step: &CrmStep, portal: Option<&Dictionaries>) -> Markup {
    let rows = step.fields().map(|(owner, field)| {
        let kind = match owner {
            "contact" => None,
            "company" => Some(crate::domain::EntityKind::Company),
            _ => step.record.as_ref().map(|record| record.kind),
        };
        let label = portal.and_then(|portal| portal.field(kind, &field.name));
        let value = match &field.value {
            crate::domain::PlannedValue::File(file) => file.to_text(),
            value => value.as_str().to_owned(),
        };
        (owner, field, label.map(|label| label.title.clone()), value)
    });
    let rows: Vec<_> = rows.collect();
    let known: Vec<String> = rows
        .iter()
        .map(|(owner, field, _, _)| format!("{owner}.{}", field.name))
        .collect();
    let others: Vec<(String, String)> = crate::domain::StepKind::Crm(Box::new(step.clone()))
        .facts()
        .into_iter()
        .filter(|(name, _)| !known.iter().any(|known| name.starts_with(known)))
        .collect();
    html! {
        div.table { table.narrow { tbody {
            @for (owner, field, label, value) in &rows {
                tr {
                    th scope="row" {
                        @if let Some(label) = label { (label) br; }
                        small { code { (owner) "." (field.name) } }
                    }
                    td { strong { (ellipsis(value, LONGEST)) } br;
                        small { "← " (ellipsis(&field.origin.rule, LONGEST)) } }
                }
            }
        } } }
        (facts(visit, &others))
        @if rows.is_empty() && others.is_empty() { p.soft { (visit.t("nothing", "ничего")) } }
    }
}

fn facts(visit: &Visit<'_>, facts: &[(String, String)]) -> Markup {
    let facts = facts.iter();
    let facts: Vec<_> = facts
        .map(|(name, value)| words::fact(name, value, visit.lang))
        .collect();
    html! {
        @if !facts.is_empty() {
            div.table { table.narrow { tbody { @for (name, value) in &facts {
                tr { th scope="row" { (name) } td { (ellipsis(value, LONGEST)) } }
            } } } }
        }
    }
}

/// Returns the dictionaries of the profile's portal, if they were read before.
pub(super) fn portal(visit: &Visit<'_>, sheet: &Sheet) -> Option<Arc<Dictionaries>> {
    let name = sheet.effective(&super::nodes::Place::of(&["crm"]));
    let (_, connection) = connection(visit, name)?;
    connection.watch_dictionaries().borrow().clone()
}

/// Compares the plan with the CRM: reads what a delivery would read, and writes nothing.
pub(super) async fn compare(
    visit: &Visit<'_>,
    sheet: &Sheet,
    given: &Given,
    asked: Asked,
) -> Result<Markup, Trouble> {
    let mapped = mapped(sheet, Some(given)).await?;
    let plan = mapped.as_ref().and_then(|mapped| match &mapped.outcome {
        MappingOutcome::Plan(plan) => plan.crm(),
        MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => None,
    });
    let Some(step) = plan else {
        let text = Bilingual::new(
            "The text makes no plan for the CRM from this packet: there is nothing to compare.",
            "Из этого пакета не получается плана для CRM: сверять нечего.",
        );
        return Err(Trouble::Bad(text.into()));
    };
    let Some((name, connection)) = connection(visit, step.connection.as_deref()) else {
        let text = Bilingual::new(
            "The profile names no connection of the settings: write one into “CRM connection”.",
            "Профиль не называет подключения из настроек: впишите его в «Подключение CRM».",
        );
        return Err(Trouble::Bad(text.into()));
    };
    if asked == Asked::ByPage
        && let Some(why) = too_busy(visit, name, connection)
    {
        return Ok(html! { p.soft { (why) } });
    }
    let changes = preview::preview_changes(connection, &given.packet, step);
    let Ok(changes) = tokio::time::timeout(PATIENCE, changes).await else {
        let text = Bilingual::new(
            "The portal does not answer. Try again in a minute; nothing was written.",
            "Портал не отвечает. Повторите через минуту; ничего не записано.",
        );
        return Err(Trouble::Unavailable(text.into()));
    };
    Ok(compared(visit, name, &changes))
}

/// Returns why a comparison that nobody has asked for is left out: deliveries go first.
fn too_busy<'v>(visit: &'v Visit<'_>, name: &str, connection: &Connection) -> Option<&'v str> {
    let destination = Destination::crm(name);
    let states = visit.parts().destinations.states(visit.now);
    let state = states.iter().find(|state| state.destination == destination);
    if state.is_some_and(|state| state.outage.is_some()) {
        return Some(visit.t(
            "Not compared: the portal does not work now.",
            "Не сверено: портал сейчас не работает.",
        ));
    }
    let pace = connection.pace();
    let is_full = pace
        .bucket
        .is_some_and(|(level, burst)| level > burst * BUSY);
    let (calls, most) = pace.calls;
    (is_full || calls * 2 > most).then(|| {
        visit.t(
            "Not compared automatically: deliveries use the portal's limits now. Press “Compare with the CRM”.",
            "Автоматически не сверено: лимиты портала заняты доставкой. Нажмите «Сверить с CRM».",
        )
    })
}

fn compared(visit: &Visit<'_>, name: &str, changes: &ChangePreview) -> Markup {
    let lang = visit.lang;
    html! {
        p.soft { (visit.t("Compared with", "Сверено с")) " " (name) ": " (visit.t("only read, nothing was written", "только чтение, ничего не записано")) }
        ul { @for why in &changes.explanation { li { (why.to_text(lang)) } } }
        @match &changes.verdict {
            Some(Verdict::Park { reason, text }) => p.problem { (visit.t("It would be parked: ", "Будет отложено: "))
                (reason.to_text(lang)) ": " (text.to_text(lang)) },
            Some(Verdict::Retry { why, .. }) => p.problem { (visit.t("The portal cannot be asked now: ", "Портал сейчас не спросить: ")) (why.to_text(lang)) },
            Some(Verdict::Done) | None => @if changes.changes.is_empty() {
                p { (visit.t("Nothing would change.", "Ничего не изменится.")) }
            } @else { div.table { table.narrow {
                thead { tr {
                    th { (visit.t("Field", "Поле")) } th { (visit.t("Now", "Сейчас")) } th { (visit.t("Becomes", "Станет")) }
                } }
                tbody { @for change in &changes.changes { tr {
                    th scope="row" { (preview::target(change.target, lang)) br; small { code { (change.field) } } }
                    td { (change.old.as_ref().map(preview::plain).unwrap_or_default()) }
                    td { strong { (ellipsis(&preview::plain(&change.new), LONGEST)) } }
                } } }
            } } }
        }
    }
}

/// How a packet fares by the text, compared with the edition that works.
enum Fate {
    Same,
    Different(Vec<String>),
    Parked(String),
    Rejected(String),
}

/// Shows how the last packets fare.
pub(super) async fn recent(visit: &Visit<'_>, sheet: &Sheet) -> Result<Markup, Trouble> {
    let Some(profile) = sheet.profile.clone() else {
        return Ok(
            html! { p.soft { (visit.t("Correct the mistakes first.", "Сначала исправьте ошибки.")) } },
        );
    };
    let current = visit.parts().profiles.current();
    let before = current.by_file(profile.file()).cloned();
    let journal = visit.parts().journal.clone();
    let (file, lang) = (sheet.file.clone(), visit.lang);
    let portal = portal(visit, sheet);
    let fates = web::block(move || {
        let entries = packets::latest(&journal, Some(&profile), &file, RECENT);
        let packets = packets::histories(&journal, &entries);
        let fates = packets.into_iter().map(|packet| {
            let fate = fate(
                (&profile, before.as_deref()),
                &packet,
                portal.as_deref(),
                lang,
            );
            (packet.id, packet.received_at, fate)
        });
        fates.collect::<Vec<_>>()
    });
    let fates = fates.await.map_err(|_| stopped())?;
    let count =
        |wanted: fn(&Fate) -> bool| fates.iter().filter(|(_, _, fate)| wanted(fate)).count();
    let same = count(|fate| matches!(fate, Fate::Same));
    let different = count(|fate| matches!(fate, Fate::Different(_)));
    let parked = count(|fate| matches!(fate, Fate::Parked(_)));
    let rejected = count(|fate| matches!(fate, Fate::Rejected(_)));
    let all = fates.len();
    if all == 0 {
        return Ok(
            html! { p.soft { (visit.t("Nothing came for this profile yet.", "Для этого профиля ещё ничего не приходило.")) } },
        );
    }
    let en = plural::english(all, ["packet", "packets"]);
    let whole = bilingual!(
        "The last {all} {en}: {same} the same, {different} different, {parked} parked, {rejected} rejected.",
        "Проверено последних пакетов: {all}. Без изменений {same}, иначе {different}, отложено {parked}, отклонено {rejected}."
    );
    let shown = fates
        .iter()
        .filter(|(_, _, fate)| !matches!(fate, Fate::Same))
        .take(LISTED);
    Ok(html! {
        p { (whole.pick(lang)) }
        ul { @for (id, at, fate) in shown { li {
            button.link type="button" data-packet=(id) { (moment(visit, *at)) }
            " " a href={ (PATH) "/history/" (id) } { (id.short()) } " — "
            @match fate {
                Fate::Different(changes) => (changes.join("; ")),
                Fate::Parked(why) | Fate::Rejected(why) => (why),
                Fate::Same => "",
            }
        } } }
    })
}

/// Packets of the last ones that are listed.
const LISTED: usize = 10;
/// Changes of a packet that are named.
const NAMED: usize = 3;

fn fate(
    (profile, before): (&Profile, Option<&Profile>),
    packet: &preview::Packet,
    portal: Option<&Dictionaries>,
    lang: Lang,
) -> Fate {
    let map = |profile: &Profile| profile.plan(&packet.source, packet.received_at, &packet.body);
    let after = map(profile);
    let why = || preview::no_plan(&after, lang).unwrap_or_default();
    if let MappingOutcome::Plan(plan) = &after
        && let ByDictionaries::Parks(reason, text) = by_lists(plan, portal)
    {
        return Fate::Parked(format!("{}: {}", reason.to_text(lang), text.to_text(lang)));
    }
    match (&after, before.map(map)) {
        (MappingOutcome::Reject(_), _) => Fate::Rejected(why()),
        (MappingOutcome::Park { .. }, _) => Fate::Parked(why()),
        (MappingOutcome::Plan(after), Some(MappingOutcome::Plan(before))) => {
            let changes = difference(&before, after, WrittenBefore::default()).changes;
            if changes.is_empty() {
                return Fate::Same;
            }
            let shown = changes.iter().take(NAMED).map(|change| {
                let named = |value: &Option<String>| {
                    let value = value.as_deref().unwrap_or("–");
                    let (name, value) = words::fact(&change.about, value, lang);
                    (name, ellipsis(&value, 40))
                };
                let ((name, before), (_, after)) = (named(&change.before), named(&change.after));
                format!("{name}: {before} → {after}")
            });
            Fate::Different(shown.collect())
        }
        (MappingOutcome::Plan(_), _) => {
            let text = Bilingual::new("would be delivered now", "теперь будет доставлено");
            Fate::Different(vec![text.pick(lang).to_owned()])
        }
    }
}
