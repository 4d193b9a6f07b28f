//! Bars that show how much of a limit is used.

use maud::{Markup, html};

/// A limit with what is used of it.
pub(super) struct Gauge<'a> {
    pub(super) name: &'a str,
    pub(super) used: f64,
    pub(super) of: f64,
    /// The same in words: `3 of 50`.
    pub(super) said: String,
}

impl Gauge<'_> {
    /// Draws the bar beside its name.
    pub(super) fn draw(&self) -> Markup {
        let share = (self.used / self.of.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        let width = format!("{:.1}", share * 100.0);
        let class = match share {
            _ if share >= 0.9 => "gauge-full",
            _ if share >= 0.6 => "gauge-much",
            _ => "gauge-some",
        };
        html! {
            div.gauge {
                span { (self.name) }
                svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                    rect class="gauge-back" width="100" height="8" {}
                    rect class=(class) width=(width) height="8" {}
                }
                span.number { (self.said) }
            }
        }
    }
}
