//! Checks the loaded profiles against their portals, as `check --live` does: after the start, after
//! profiles have changed, and once a day, when a portal is idle. A portal ignores unknown fields
//! without an error, so nothing else would report a field that was deleted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::connections::Connections;
use crate::alerts::Mismatches;
use crate::authoring::{Code, Problem};
use crate::crm::{Connection, CrmError, Priority};
use crate::domain::{Clock, Lang};
use crate::live::{self, CheckResults, ProfileCheck};
use crate::mapping::PortalReferences;
use crate::ops;
use crate::profiles::ProfileStore;

/// Wait after a change, because an edit often saves more than one file.
const SETTLE_TIME: Duration = Duration::from_secs(2);

/// The longest wait before a portal that did not answer is asked again.
const RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// The portal check.
pub(super) struct PortalCheck {
    pub(super) every: Duration,
    pub(super) profiles: Arc<ProfileStore>,
    pub(super) connections: Connections,
    pub(super) mismatches: Mismatches,
    /// Where others read what was found.
    pub(super) results: CheckResults,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) changed: watch::Receiver<()>,
    pub(super) draining: CancellationToken,
}

impl PortalCheck {
    /// Runs until draining.
    pub(super) async fn run(mut self) {
        let draining = self.draining.clone();
        draining.run_until_cancelled(self.check_repeatedly()).await;
    }

    async fn check_repeatedly(&mut self) {
        let mut reported: BTreeMap<String, Reported> = BTreeMap::new();
        loop {
            let rest = match self.check(&mut reported).await {
                Ok(()) => self.every,
                Err(()) => self.every.min(RETRY_AFTER),
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                Ok(()) = self.changed.changed() => tokio::time::sleep(SETTLE_TIME).await,
            }
        }
    }

    /// Checks every portal; an error if one of them did not answer.
    async fn check(&self, reported: &mut BTreeMap<String, Reported>) -> Result<(), ()> {
        let profiles = Arc::clone(&self.profiles);
        // reads the folder
        let read = move || (profiles.portal_references(), profiles.current());
        let (references, loaded) = ops::blocking(read).await.ok_or(())?;
        // a broken file has nothing to check, while its last good version stays in use
        let is_read = |file: &str| references.iter().any(|references| references.file == file);
        let are_all_read = loaded
            .profiles()
            .iter()
            .all(|profile| is_read(profile.file()));
        let mut have_all_answered = Ok(());
        let names: Vec<&String> = self.connections.0.keys().collect();
        for (name, client) in &self.connections.0 {
            let own = live::of_connection(&references, name, names.len());
            match check_portal(client, &own).await {
                Ok(found) => {
                    let reported = reported.entry(name.clone()).or_default();
                    let is_checked = |file: &str| are_all_read || is_read(file);
                    reported.update(found.problems, is_checked).log(name);
                    self.mismatches.set(name, reported.0.len() as u64);
                    let problems = reported.0.clone();
                    self.results.set_profiles(name, problems, self.clock.now());
                    let count = u32::try_from(reported.0.len()).unwrap_or(u32::MAX);
                    metrics::gauge!("leadgate_profile_problems", "crm" => name.clone())
                        .set(f64::from(count));
                }
                Err(error) => {
                    tracing::debug!(crm = %name, error = %error, "the profiles were not checked against the portal");
                    have_all_answered = Err(());
                }
            }
        }
        have_all_answered
    }
}

/// Checks profiles against one portal, with three calls at most, and none without profiles.
async fn check_portal(
    client: &Connection,
    own: &[&PortalReferences],
) -> Result<ProfileCheck, CrmError> {
    if own.is_empty() {
        return Ok(ProfileCheck::default());
    }
    let dictionaries = client.refresh_dictionaries().await?;
    live::check_profiles(client, own, &dictionaries, Priority::Background).await
}

/// The problems with one portal that are logged and not fixed yet.
#[derive(Debug, Default)]
struct Reported(Vec<Problem>);

/// The difference between two checks.
#[derive(Debug, Default)]
struct Changes {
    appeared: Vec<Problem>,
    fixed: Vec<Problem>,
}

impl Reported {
    /// Takes the problems that a check found. The others are fixed, unless their file could not be
    /// read.
    fn update(&mut self, found: Vec<Problem>, is_read: impl Fn(&str) -> bool) -> Changes {
        let before = std::mem::take(&mut self.0);
        let (fixed, unread): (Vec<Problem>, Vec<Problem>) = before
            .iter()
            .filter(|problem| !has(&found, problem))
            .cloned()
            .partition(|problem| is_read(&problem.file));
        let appeared = found.iter().filter(|problem| !has(&before, problem));
        let appeared = appeared.cloned().collect();
        self.0 = found;
        self.0.extend(unread);
        Changes { appeared, fixed }
    }
}

/// Returns whether a problem is among these, even if it moved to another line.
fn has(problems: &[Problem], one: &Problem) -> bool {
    problems.iter().any(|other| {
        other.file == one.file && other.code == one.code && other.message == one.message
    })
}

impl Changes {
    fn log(&self, crm: &str) {
        for problem in &self.appeared {
            tracing::warn!(%crm, "{}", line(problem));
        }
        for problem in &self.fixed {
            tracing::info!(%crm, "no longer a problem: {}", place(problem));
        }
    }
}

/// Returns a problem with its place and advice. The log names no employees.
fn line(problem: &Problem) -> String {
    let place = place(problem);
    if problem.code == Code::UnknownEmployee {
        return format!(
            "{place}: the portal lacks an employee whom the profile names; `leadgate check --live` shows the name"
        );
    }
    let (message, advice) = (&problem.message, &problem.advice);
    let message = message.in_lang(Lang::En);
    match advice.in_lang(Lang::En) {
        "" => format!("{place} {message}"),
        advice => format!("{place} {message}; {advice}"),
    }
}

/// `shop.yaml:4:10 profile/unknown-crm-field`
fn place(problem: &Problem) -> String {
    let Problem {
        file, line, column, ..
    } = problem;
    format!("{file}:{line}:{column} {}", problem.code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bilingual, bilingual};

    fn problem(file: &str, line: u32, code: Code, message: &str) -> Problem {
        let words = Bilingual::new(message, message).into();
        let advice = bilingual!("did you mean `X`?", "может быть, `X`?");
        Problem {
            line,
            column: 5,
            ..Problem::of_file(code, file, words, advice)
        }
    }

    fn places(problems: &[Problem]) -> Vec<String> {
        problems.iter().map(place).collect()
    }

    #[test]
    fn a_problem_is_reported_when_it_appears_and_when_it_is_fixed() {
        let field = |line| problem("shop.yaml", line, Code::UnknownCrmField, "no field");
        let stage = || problem("shop.yaml", 9, Code::UnknownStage, "no stage");
        let mut reported = Reported::default();
        let changes = reported.update(vec![field(4), stage()], |_| true);
        assert_eq!((changes.appeared.len(), changes.fixed.len()), (2, 0));
        let changes = reported.update(vec![field(4), stage()], |_| true);
        assert_eq!((changes.appeared.len(), changes.fixed.len()), (0, 0));
        // a line was added above
        let changes = reported.update(vec![field(5)], |_| true);
        assert!(changes.appeared.is_empty(), "{:?}", changes.appeared);
        assert_eq!(
            places(&changes.fixed),
            ["shop.yaml:9:5 profile/unknown-stage"]
        );
        assert_eq!(
            places(&reported.0),
            ["shop.yaml:5:5 profile/unknown-crm-field"]
        );
        // the file was broken in between
        let changes = reported.update(Vec::new(), |file| file != "shop.yaml");
        assert_eq!((changes.appeared.len(), changes.fixed.len()), (0, 0));
        assert_eq!(reported.0.len(), 1);
        let changes = reported.update(Vec::new(), |_| true);
        assert_eq!((changes.fixed.len(), reported.0.len()), (1, 0));
        let changes = reported.update(vec![field(5)], |_| true);
        assert_eq!(changes.appeared.len(), 1, "it came back");
    }

    #[test]
    fn a_line_of_the_log_has_place_code_and_advice_and_names_no_employee() {
        let field = problem(
            "shop.yaml",
            4,
            Code::UnknownCrmField,
            "the portal has no field",
        );
        assert_eq!(
            line(&field),
            "shop.yaml:4:5 profile/unknown-crm-field the portal has no field; did you mean `X`?"
        );
        let employee = problem(
            "shop.yaml",
            2,
            Code::UnknownEmployee,
            "no employee anna@firm.example",
        );
        let text = line(&employee);
        assert!(text.starts_with("shop.yaml:2:5 profile/unknown-employee"));
        assert!(!text.contains("anna"), "{text}");
    }
}
