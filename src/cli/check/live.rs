//! `check --live`: queries each portal in at most five calls and compares the profiles with it.

use crate::app;
use crate::authoring::{Problem, render};
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out};
use crate::config::Settings;
use crate::domain::{Bilingual, Lang};
use crate::live::{self, PortalReport, ProfileCheck};
use crate::mapping::{PortalReferences, ProfileSet};

/// What one connection answered.
pub(super) struct ConnectionProbe {
    name: String,
    /// The webhook with its secret masked.
    shown: String,
    report: PortalReport,
    /// What to say about the plan in the settings.
    plan: Option<app::PlanAdvice>,
    /// Problems of profiles whose connection does not exist.
    unassigned: Vec<Problem>,
}

/// Probes every connection, one after the other.
pub(super) fn probe(
    settings: &Settings,
    profiles: &ProfileSet,
    references: &[PortalReferences],
) -> Result<Vec<ConnectionProbe>, Failure> {
    let names = settings.connection_names();
    let clients = names
        .iter()
        .map(|name| app::command_connection(settings, name, String::new()))
        .collect::<anyhow::Result<Vec<_>>>()
        .map_err(|error| Failure::new(2, error))?;
    let mut probes = actix_web::rt::System::new().block_on(async {
        let mut probes = Vec::with_capacity(clients.len());
        for (name, client) in names.iter().zip(&clients) {
            let needed = app::needed_scopes(settings, profiles, name);
            let own = live::of_connection(references, name, names.len());
            probes.push(ConnectionProbe {
                name: name.clone(),
                shown: client.masked_address(),
                report: live::check_portal(client, &needed, &own).await,
                plan: app::plan_advice(settings, name, client),
                unassigned: Vec::new(),
            });
        }
        probes
    });
    if let Some(last) = probes.last_mut() {
        last.unassigned = references
            .iter()
            .filter_map(|references| live::connection(references, &names))
            .collect();
    }
    Ok(probes)
}

/// Prints what the connections answered.
pub(super) struct ProbePrinter<'a> {
    pub(super) out: &'a Out,
    pub(super) lang: Lang,
    /// Whether warnings fail the check.
    pub(super) deny_warnings: bool,
}

impl ProbePrinter<'_> {
    /// Prints the answers. Returns whether there was no failure.
    pub(super) fn print(&self, probes: &[ConnectionProbe]) -> bool {
        let mut well = true;
        for probe in probes {
            well &= self.print_one(probe);
            if !probe.unassigned.is_empty() {
                well = false;
                Out::line(render(&probe.unassigned, self.out.paint(), self.lang).trim_end());
            }
        }
        well
    }

    fn print_one(&self, probe: &ConnectionProbe) -> bool {
        let (out, lang) = (self.out, self.lang);
        if probe.name == app::SANDBOX && probe.report.is_unreachable() {
            Out::line(Bilingual::new(
            "no portal is set, and the embedded sandbox runs inside the gateway: start `leadgate \
             serve` to check against it",
            "портал не задан, а встроенная песочница живёт внутри шлюза: запустите `leadgate \
             serve`, и она ответит",
        ).pick(lang));
            return true;
        }
        let head = format!("crm.{} {}", probe.name, probe.shown);
        let works = match &probe.report.portal {
            Ok(portal) => {
                let (owner, scopes) = (&portal.owner, portal.scopes.join(", "));
                let rights = match (lang, portal.admin) {
                    (Lang::En, true) => "an administrator",
                    (Lang::En, false) => "not an administrator",
                    (Lang::Ru, true) => "администратор",
                    (Lang::Ru, false) => "не администратор",
                };
                let text = match lang {
                    Lang::En => {
                        format!("{head} works; owner: {owner} ({rights}); scopes: {scopes}")
                    }
                    Lang::Ru => {
                        format!("{head} работает; владелец: {owner} ({rights}); права: {scopes}")
                    }
                };
                Out::line(out.ink(Ink::Good, &text));
                self.print_plan(probe)
            }
            Err(error) => {
                Out::line(out.ink(Ink::Bad, &format!("{head}: {}", error.to_text(lang))));
                false
            }
        };
        match &probe.report.profiles {
            Some(Ok(compared)) => self.print_differences(compared) && works,
            Some(Err(error)) => {
                let trouble =
                    Bilingual::new("its dictionaries cannot be read", "справочники не читаются")
                        .pick(lang);
                let why = error.failure().to_text(lang);
                let text = format!("{head}: {trouble}: {why}");
                Out::line(out.ink(Ink::Bad, &text));
                false
            }
            None => works,
        }
    }

    /// Prints what the host name tells of the portal's limits. Returns whether there was no failure.
    fn print_plan(&self, probe: &ConnectionProbe) -> bool {
        let Some(plan) = &probe.plan else {
            return true;
        };
        let text = plan.text.in_lang(self.lang);
        if !plan.is_warning {
            Out::line(text);
            return true;
        }
        Out::line(self.out.ink(Ink::Warn, text));
        !self.deny_warnings
    }

    fn print_differences(&self, compared: &ProfileCheck) -> bool {
        let (out, lang) = (self.out, self.lang);
        if !compared.problems.is_empty() {
            Out::line(render(&compared.problems, out.paint(), lang).trim_end());
        }
        if !compared.staff {
            let text = Bilingual::new(
                "the webhook lacks the scope user_basic or user, so employees were not looked up",
                "у вебхука нет права user_basic или user, поэтому сотрудников не сверяли",
            )
            .pick(lang);
            Out::line(out.ink(Ink::Warn, text));
        }
        let errors = compared
            .problems
            .iter()
            .filter(|problem| problem.is_error())
            .count();
        let warnings = compared.problems.len() - errors;
        let well = errors == 0 && (warnings == 0 || !self.deny_warnings);
        let ink = if well { Ink::Good } else { Ink::Bad };
        let profiles = compared.profiles;
        let text = match lang {
            Lang::En => format!(
                "profiles compared with the portal: {profiles}, errors: {errors}, warnings: {warnings}"
            ),
            Lang::Ru => format!(
                "сверено с порталом профилей: {profiles}, ошибок: {errors}, предупреждений: {warnings}"
            ),
        };
        Out::line(out.ink(ink, &text));
        well
    }
}
