//! The editions of profiles that a history names, by the numbers of their versions.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::{Event, ProfileRef};
use crate::editing::EditProblem;
use crate::journal::History;

/// The numbers of versions, by file and edition.
pub(super) struct Editions(BTreeMap<(String, String), u32>);

impl Editions {
    /// Looks up the versions of the editions that a history names; those that are not kept any more
    /// have no number.
    pub(super) async fn of(visit: &Visit<'_>, history: &History) -> Result<Self, Trouble> {
        let mut numbers = BTreeMap::new();
        for logged in &history.events {
            let Event::Planned(planned) = &logged.event else {
                continue;
            };
            let ProfileRef { file, hash, .. } = &planned.plan.profile;
            let key = (file.clone(), hash.clone());
            if numbers.contains_key(&key) {
                continue;
            }
            match visit.parts().editor.version_of(file, hash).await {
                Ok((version, _)) => {
                    numbers.insert(key, version.number);
                }
                Err(EditProblem::NoSuchVersion) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(Self(numbers))
    }

    /// A profile with the edition that made a plan; the edition opens the text that ran.
    pub(super) fn show(&self, visit: &Visit<'_>, profile: &ProfileRef) -> Markup {
        let (file, hash) = (&profile.file, &profile.hash);
        let number = self.0.get(&(file.clone(), hash.clone()));
        let edition = visit.t("edition", "редакция");
        html! {
            a href={ (PATH) "/profiles/" (file) } { (profile.name) } " "
            a.chip href={ (PATH) "/profiles/" (file) "/versions/hash/" (hash) } title={ (edition) " " (hash) } {
                @if let Some(number) = number { "v" (number) } @else { (edition) " " (hash) }
            }
            @if profile.outdated {
                " " span.warn { (visit.t("the last good one: the file had a mistake",
                                         "последняя исправная: в файле была ошибка")) }
            }
        }
    }
}
