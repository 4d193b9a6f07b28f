//! Compares the plan of a connection with what its host name tells of the portal.

use crate::config::PortalPlan;
use crate::crm::Hosting;
use crate::domain::{Bilingual, bilingual};

/// What to say about the plan of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanAdvice {
    /// The text.
    pub text: Bilingual,
    /// Whether the plan probably does not fit.
    pub is_warning: bool,
}

/// Returns what to say about this plan of this connection; `None` about a portal on this machine.
pub(super) fn plan_advice(name: &str, plan: PortalPlan, host: &str) -> Option<PlanAdvice> {
    let limits = plan.limits();
    let (text, is_warning) = match (Hosting::of(host), limits) {
        (Hosting::Local, _) => return None,
        (Hosting::Cloud, Some((per_second, at_once))) => (
            bilingual!(
                "a portal in Bitrix24's cloud; crm.{name}.plan allows {per_second} calls a second, {at_once} at \
                 once (the cloud: 2 and 50, on the Enterprise plan 5 and 250)",
                "облачный портал; crm.{name}.plan разрешает {per_second} запр./с, {at_once} сразу (облако: \
                 2 и 50, на тарифе «Энтерпрайз» 5 и 250)"
            ),
            false,
        ),
        (Hosting::Cloud, None) => (
            bilingual!(
                "a portal in Bitrix24's cloud, which limits calls, but crm.{name}.plan is box: the portal will \
                 refuse calls; set standard, or enterprise on the Enterprise plan",
                "облачный портал, у облака есть лимит запросов, а в crm.{name}.plan стоит box: портал будет \
                 отклонять запросы; укажите standard, на тарифе «Энтерпрайз» — enterprise"
            ),
            true,
        ),
        (Hosting::OnPremise, Some((per_second, at_once))) => (
            bilingual!(
                "probably a portal on a server of its own, which limits no calls, but crm.{name}.plan allows \
                 {per_second} a second, {at_once} at once, as for the cloud; set crm.{name}.plan = \"box\"",
                "похоже, портал стоит на своём сервере, без лимита запросов, а crm.{name}.plan разрешает \
                 {per_second} запр./с, {at_once} сразу, как в облаке; укажите crm.{name}.plan = \"box\""
            ),
            // figures were set on purpose
            !matches!(plan, PortalPlan::Limits { .. }),
        ),
        (Hosting::OnPremise, None) => (
            bilingual!(
                "probably a portal on a server of its own; crm.{name}.plan is box: no rate limit",
                "похоже, портал стоит на своём сервере; crm.{name}.plan — box, без лимита запросов"
            ),
            false,
        ),
    };
    Some(PlanAdvice { text, is_warning })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    #[test]
    fn warns_of_plans_that_do_not_fit_the_portal() {
        let figures = PortalPlan::Limits {
            per_second: 10.0,
            at_once: 500.0,
        };
        for (plan, host, is_warning, part) in [
            (
                PortalPlan::Standard,
                "x.bitrix24.ru",
                false,
                "2 calls a second, 50 at once",
            ),
            (
                PortalPlan::Enterprise,
                "x.bitrix24.ru",
                false,
                "5 calls a second, 250",
            ),
            (figures, "x.bitrix24.ru", false, "10 calls a second, 500"),
            (
                PortalPlan::Box,
                "x.bitrix24.ru",
                true,
                "the portal will refuse calls",
            ),
            (
                PortalPlan::Standard,
                "crm.example",
                true,
                "set crm.main.plan = \"box\"",
            ),
            (
                PortalPlan::Enterprise,
                "crm.example",
                true,
                "allows 5 a second",
            ),
            (figures, "crm.example", false, "allows 10 a second"),
            (PortalPlan::Box, "crm.example", false, "no rate limit"),
        ] {
            let advice = plan_advice("main", plan, host).unwrap();
            assert_eq!(advice.is_warning, is_warning, "{plan:?} {host}");
            let text = advice.text.in_lang(Lang::En);
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(
            plan_advice("main", PortalPlan::Standard, "127.0.0.1:9"),
            None
        );
    }
}
