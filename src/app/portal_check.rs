//! Holds the profiles at work against their portals, as `check --live` does: after the start, after profiles have
//! changed, and once a day, when the portal has nothing better to do. A portal drops what it does not know without
//! a word, so that nobody else would tell of a field that was deleted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::authoring::{Code, Problem};
use crate::crm::{Connection, CrmError, Priority};
use crate::domain::Lang;
use crate::live::{self, ProfileCheck};
use crate::mapping::Claims;
use crate::pipeline::Connections;
use crate::profiles::ProfileStore;

/// Whoever edits profiles saves more than one file.
const SETTLED: Duration = Duration::from_secs(2);

/// A portal that could not be asked is asked again after so long, if not sooner.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// What looking at the portals needs.
pub(super) struct PortalCheck {
    pub(super) every: Duration,
    pub(super) profiles: Arc<ProfileStore>,
    pub(super) connections: Connections,
    /// Hears of profiles that have changed.
    pub(super) changed: Arc<Notify>,
    pub(super) draining: CancellationToken,
}

impl PortalCheck {
    /// Goes on until draining.
    pub(super) async fn run(self) {
        let draining = self.draining.clone();
        draining.run_until_cancelled(self.go_on()).await;
    }

    async fn go_on(self) {
        let mut told: BTreeMap<String, Told> = BTreeMap::new();
        loop {
            let rest = match self.look(&mut told).await {
                Ok(()) => self.every,
                Err(()) => self.every.min(AGAIN),
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = self.changed.notified() => tokio::time::sleep(SETTLED).await,
            }
        }
    }

    /// Looks at every portal; an error when one of them could not be asked.
    async fn look(&self, told: &mut BTreeMap<String, Told>) -> Result<(), ()> {
        let profiles = Arc::clone(&self.profiles);
        // reads the folder
        let read = tokio::task::spawn_blocking(move || (profiles.claims(), profiles.current()));
        let Ok((claims, at_work)) = read.await else {
            return Err(());
        };
        // what a broken file says cannot be held against anything, and its last good edition goes on working
        let is_read = |file: &str| claims.iter().any(|claims| claims.file == file);
        let are_all_read = at_work
            .profiles()
            .iter()
            .all(|profile| is_read(profile.file()));
        let mut all_asked = Ok(());
        let names: Vec<&String> = self.connections.0.keys().collect();
        for (name, client) in &self.connections.0 {
            let own = live::of_connection(&claims, name, names.len());
            match compared(client, &own).await {
                Ok(compared) => {
                    let told = told.entry(name.clone()).or_default();
                    let news = told.learn(compared.problems, |file| are_all_read || is_read(file));
                    news.tell(name);
                    let count = u32::try_from(told.0.len()).unwrap_or(u32::MAX);
                    metrics::gauge!("leadgate_profile_problems", "crm" => name.clone())
                        .set(f64::from(count));
                }
                Err(error) => {
                    tracing::debug!(crm = %name, error = %error, "the profiles were not held against the portal");
                    all_asked = Err(());
                }
            }
        }
        all_asked
    }
}

/// Asks one portal in three calls at most; in none when no profile goes there.
async fn compared(client: &Connection, own: &[&Claims]) -> Result<ProfileCheck, CrmError> {
    if own.is_empty() {
        return Ok(ProfileCheck::default());
    }
    let dictionaries = client.refresh_dictionaries().await?;
    live::check_profiles(client, own, &dictionaries, Priority::Background).await
}

/// The problems with one portal that were told, and are there still.
#[derive(Debug, Default)]
struct Told(Vec<Problem>);

/// What is to be told after a look.
#[derive(Debug, Default)]
struct News {
    appeared: Vec<Problem>,
    gone: Vec<Problem>,
}

impl Told {
    /// Takes what a look has found. What it did not find is gone, unless its file could not be read.
    fn learn(&mut self, found: Vec<Problem>, is_read: impl Fn(&str) -> bool) -> News {
        let before = std::mem::take(&mut self.0);
        let (gone, unread): (Vec<Problem>, Vec<Problem>) = before
            .iter()
            .filter(|problem| !has(&found, problem))
            .cloned()
            .partition(|problem| is_read(&problem.file));
        let appeared = found.iter().filter(|problem| !has(&before, problem));
        let appeared = appeared.cloned().collect();
        self.0 = found;
        self.0.extend(unread);
        News { appeared, gone }
    }
}

/// Whether a problem is among these, wherever its line has moved to.
fn has(problems: &[Problem], one: &Problem) -> bool {
    problems.iter().any(|other| {
        other.file == one.file && other.code == one.code && other.message == one.message
    })
}

impl News {
    fn tell(&self, crm: &str) {
        for problem in &self.appeared {
            tracing::warn!(%crm, "{}", line(problem));
        }
        for problem in &self.gone {
            tracing::info!(%crm, "no longer so: {}", place(problem));
        }
    }
}

/// A problem with its place and advice. Who an employee is stays out of the log.
fn line(problem: &Problem) -> String {
    let place = place(problem);
    if problem.code == Code::UnknownEmployee {
        return format!(
            "{place}: the portal lacks an employee whom the profile names; `leadgate check --live` tells whom"
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
    fn a_problem_is_told_when_it_appears_and_when_it_is_gone() {
        let field = |line| problem("shop.yaml", line, Code::UnknownCrmField, "no field");
        let stage = || problem("shop.yaml", 9, Code::UnknownStage, "no stage");
        let mut told = Told::default();
        let news = told.learn(vec![field(4), stage()], |_| true);
        assert_eq!((news.appeared.len(), news.gone.len()), (2, 0));
        let news = told.learn(vec![field(4), stage()], |_| true);
        assert_eq!((news.appeared.len(), news.gone.len()), (0, 0));
        // a line was put in above
        let news = told.learn(vec![field(5)], |_| true);
        assert!(news.appeared.is_empty(), "{:?}", news.appeared);
        assert_eq!(places(&news.gone), ["shop.yaml:9:5 profile/unknown-stage"]);
        assert_eq!(places(&told.0), ["shop.yaml:5:5 profile/unknown-crm-field"]);
        // the file was broken in between
        let news = told.learn(Vec::new(), |file| file != "shop.yaml");
        assert_eq!((news.appeared.len(), news.gone.len()), (0, 0));
        assert_eq!(told.0.len(), 1);
        let news = told.learn(Vec::new(), |_| true);
        assert_eq!((news.gone.len(), told.0.len()), (1, 0));
        let news = told.learn(vec![field(5)], |_| true);
        assert_eq!(news.appeared.len(), 1, "it came back");
    }

    #[test]
    fn a_line_of_the_log_has_place_code_and_advice_and_names_nobody() {
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
        let told = line(&employee);
        assert!(told.starts_with("shop.yaml:2:5 profile/unknown-employee"));
        assert!(!told.contains("anna"), "{told}");
    }
}
