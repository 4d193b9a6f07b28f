//! `check --live`: asks each PBX that takes commands for its users, and says who of them is nobody in
//! the portal.

use std::collections::{BTreeMap, BTreeSet};

use super::live::ProbePrinter;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::cli::pbx::read_people;
use crate::config::{PbxCommandSettings, Settings};
use crate::domain::{Bilingual, HandMatches, bilingual};
use crate::pbx::matching::Matching;

/// Asks every PBX and prints the answers. Returns whether there was no failure.
pub(super) fn ask(
    settings: &Settings,
    by_hand: &HandMatches,
    printer: &ProbePrinter<'_>,
) -> Result<bool, Failure> {
    let mut well = true;
    for (name, pbx) in &settings.pbx {
        for (ink, text) in findings(settings, (name, pbx.commands.as_ref()), by_hand)? {
            well &= match ink {
                Ink::Bad => false,
                Ink::Warn => !printer.deny_warnings,
                _ => true,
            };
            let text = clean(&text.pick(printer.lang));
            Out::line(printer.out.ink(ink, &text));
        }
    }
    Ok(well)
}

fn findings(
    settings: &Settings,
    (name, commands): (&str, Option<&PbxCommandSettings>),
    by_hand: &HandMatches,
) -> Result<Vec<(Ink, Bilingual)>, Failure> {
    let Some(commands) = commands else {
        let unasked = bilingual!(
            "pbx.{name} takes no commands, so its users were not checked; set pbx.{name}.url (and pbx_key for usercrm)",
            "pbx.{name}: команды не настроены, абоненты не проверены; задайте pbx.{name}.url (для usercrm ещё pbx_key)"
        );
        return Ok(vec![(Ink::Dim, unasked)]);
    };
    let people = read_people(settings, name)?;
    if let Err(failure) = &people.users {
        let text = failure.text().map(|text| format!("pbx.{name}: {text}"));
        return Ok(vec![(Ink::Bad, text)]);
    }
    Ok(match people.matching(name, by_hand) {
        Some(matching) => {
            let mut findings = of_matching(name, &matching);
            findings.extend(of_callbacks(name, &matching, &commands.callback));
            findings
        }
        // the connection has its own line
        None => vec![(
            Ink::Warn,
            bilingual!(
                "pbx.{name} answers; its users were not matched, because the employees of the portal cannot be read",
                "pbx.{name} отвечает; абонентов не сверили: сотрудники портала не читаются"
            ),
        )],
    })
}

/// Returns what is said of the people of a PBX.
fn of_matching(name: &str, matching: &Matching) -> Vec<(Ink, Bilingual)> {
    let nobody: Vec<&str> = matching
        .users
        .iter()
        .filter(|user| user.employee.is_none())
        .map(|user| user.user.inner.as_str())
        .collect();
    let (all, known) = (matching.users.len(), matching.users.len() - nobody.len());
    let mut findings = vec![(
        Ink::Good,
        bilingual!(
            "pbx.{name} answers; users: {all}, matched with employees: {known}",
            "pbx.{name} отвечает; абонентов: {all}, сопоставлено с сотрудниками: {known}"
        ),
    )];
    let mut warn = |what: Bilingual, of: &[String]| {
        if !of.is_empty() {
            let list = of.join(", ");
            let text = what.map(|what| format!("pbx.{name}: {what}: {list}"));
            findings.push((Ink::Warn, text));
        }
    };
    let nobody: Vec<String> = nobody.into_iter().map(str::to_owned).collect();
    let gone = matching.gone.iter().map(ToString::to_string);
    let gone: Vec<String> = gone.collect();
    warn(
        bilingual!(
            "inner numbers of nobody (`leadgate pbx users` shows what to do)",
            "ничьи внутренние номера (что делать, покажет `leadgate pbx users`)"
        ),
        &nobody,
    );
    warn(
        bilingual!(
            "inner numbers of several employees",
            "внутренние номера нескольких сотрудников"
        ),
        &matching.shared,
    );
    warn(
        bilingual!(
            "employees of _pbx.yaml who are not active in the portal",
            "сотрудники из _pbx.yaml, которых нет среди работающих на портале"
        ),
        &gone,
    );
    findings
}

/// Returns what is said of the inner numbers that ring for callbacks.
fn of_callbacks(
    name: &str,
    matching: &Matching,
    callback: &BTreeMap<String, String>,
) -> Option<(Ink, Bilingual)> {
    let rings = |inner: &String| {
        let mut users = matching.users.iter();
        users.any(|user| user.user.inner == *inner && user.employee.is_some())
    };
    let silent = callback.values().filter(|inner| !rings(inner));
    let silent: BTreeSet<&str> = silent.map(String::as_str).collect();
    let list = silent.into_iter().collect::<Vec<&str>>().join(", ");
    (!list.is_empty()).then(|| {
        let text = bilingual!(
            "pbx.{name}.callback: inner numbers that no employee has, so they do not ring (a queue cannot): {list}",
            "pbx.{name}.callback: внутренние номера, которых нет ни у кого из сотрудников, поэтому они не зазвонят (очередь тоже): {list}"
        );
        (Ink::Warn, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::ColleagueRow;
    use crate::domain::{Lang, UserId};
    use crate::pbx::PbxUser;
    use crate::pbx::matching::{MatchedBy, MatchedUser};

    #[test]
    fn who_is_nobody_is_named() {
        let matching = Matching {
            users: vec![MatchedUser {
                user: PbxUser {
                    inner: "9022".to_owned(),
                    name: "Рита Ким".to_owned(),
                    email: None,
                },
                employee: None,
                is_shared: false,
            }],
            gone: vec![UserId::new(77).unwrap()],
            ..Matching::default()
        };
        let said = of_matching("main", &matching);
        let said: Vec<String> = said
            .iter()
            .map(|(_, text)| text.clone().pick(Lang::En))
            .collect();
        assert_eq!(
            said,
            [
                "pbx.main answers; users: 1, matched with employees: 0",
                "pbx.main: inner numbers of nobody (`leadgate pbx users` shows what to do): 9022",
                "pbx.main: employees of _pbx.yaml who are not active in the portal: 77",
            ]
        );
        let lines = |inner: &str| BTreeMap::from([("7".to_owned(), inner.to_owned())]);
        assert!(of_callbacks("main", &matching, &lines("9022")).is_some());
        assert!(of_callbacks("main", &matching, &BTreeMap::new()).is_none());
        let rita = ColleagueRow {
            id: UserId::new(6).unwrap(),
            name: "Рита Ким".to_owned(),
            inner: Some("9022".to_owned()),
            email: None,
        };
        let mut matching = matching;
        matching.users[0].employee = Some((rita, MatchedBy::InnerNumber));
        assert!(of_callbacks("main", &matching, &lines("9022")).is_none());
        let (_, queue) = of_callbacks("main", &matching, &lines("600")).unwrap();
        assert!(queue.pick(Lang::En).ends_with(": 600"));
    }
}
