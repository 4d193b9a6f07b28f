//! The limits of a destination: calls under way, and of a portal its bucket and running time.

use std::time::Duration;

use maud::{Markup, html};

use super::gauge::Gauge;
use crate::console::visit::Visit;
use crate::crm::{Connection, Pace};
use crate::domain::{Bilingual, Destination, bilingual};
use crate::pipeline::DestinationState;

/// Returns the connection to the CRM behind a destination.
pub(super) fn connection<'v>(
    visit: &Visit<'v>,
    destination: &Destination,
) -> Option<&'v Connection> {
    let is_crm = destination.kind() == Destination::CRM;
    let connections = &visit.parts().connections;
    let connection = connections.get(destination.name()).filter(|_| is_crm)?;
    Some(connection)
}

/// Shows the limits of a destination as gauges, with the running time of so many methods; nothing
/// for one without limits.
pub(in crate::console::pages) fn limits(
    visit: &Visit<'_>,
    state: &DestinationState,
    methods: usize,
) -> Markup {
    let pace = connection(visit, &state.destination).map(Connection::pace);
    if state.calls.is_none() && pace.is_none() {
        return html! {};
    }
    html! {
        section aria-label={ (visit.t("Limits: ", "Лимиты: ")) (state.destination) } {
            @if let Some((calls, most)) = state.calls {
                @let (calls, most) = (f64_of(calls), f64_of(most));
                (Gauge { name: visit.t("Calls under way", "Запросы в работе"), used: calls, of: most,
                    said: of(calls, most).pick(visit.lang) }.draw())
            }
            @if let Some(pace) = &pace { (of_portal(visit, pace, methods)) }
        }
    }
}

fn of_portal(visit: &Visit<'_>, pace: &Pace, methods: usize) -> Markup {
    let limit = pace.operating_limit;
    let seconds = |used: f64| {
        bilingual!(
            "{used:.0} of {limit:.0} s in 10 min",
            "{used:.0} из {limit:.0} с за 10 мин"
        )
    };
    html! {
        @if let Some((level, burst)) = pace.bucket {
            (Gauge { name: visit.t("Requests in the portal's bucket", "Запросы в счётчике портала"),
                used: level, of: burst, said: of(level, burst).pick(visit.lang) }.draw())
        }
        @for (method, used) in pace.operating.iter().take(methods) {
            (Gauge { name: method, used: *used, of: limit, said: seconds(*used).pick(visit.lang) }.draw())
        }
        @if pace.operating.is_empty() {
            (Gauge { name: visit.t("Running time of methods", "Время работы методов"),
                used: 0.0, of: limit, said: seconds(0.0).pick(visit.lang) }.draw())
        }
        @for (method, left) in &pace.paused {
            p.warn { code { (method) } ": " (rest(*left).in_lang(visit.lang)) }
        }
    }
}

fn of(used: f64, of: f64) -> Bilingual {
    bilingual!("{used:.0} of {of:.0}", "{used:.0} из {of:.0}")
}

fn rest(left: Duration) -> Bilingual {
    let seconds = left.as_secs();
    bilingual!(
        "paused for {seconds} s more, because its running time is used up",
        "ждёт ещё {seconds} с: лимит времени работы исчерпан"
    )
}

fn f64_of(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
