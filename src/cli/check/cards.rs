//! `check --live`: asks the portals of PBXs whether calls may have cards there.

use std::collections::BTreeMap;

use super::live::ProbePrinter;
use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::config::Settings;
use crate::domain::bilingual;
use crate::live::{Telephony, check_telephony};

/// Asks each portal and prints the answers. Returns whether there was no failure.
pub(super) fn ask(settings: &Settings, printer: &ProbePrinter<'_>) -> Result<bool, Failure> {
    let mut well = true;
    for (connection, pbxs) in portals(settings) {
        let client = app::command_connection(settings, connection, String::new());
        let client = client.map_err(|error| Failure::new(2, error))?;
        let asking = check_telephony(&client, connection);
        let (ink, text) = match actix_web::rt::System::new().block_on(asking) {
            Telephony::Works => {
                let pbxs = pbxs.join(", pbx.");
                let text = bilingual!(
                    "crm.{connection} allows telephony: calls of pbx.{pbxs} get cards",
                    "crm.{connection}: телефония доступна, у звонков pbx.{pbxs} будут карточки"
                );
                (Ink::Good, text)
            }
            Telephony::Refused(problem) => {
                well &= !printer.deny_warnings;
                (Ink::Warn, problem)
            }
            // the check of the connection has said so
            Telephony::Silent => continue,
        };
        let text = clean(&text.pick(printer.lang));
        Out::line(printer.out.ink(ink, &text));
    }
    Ok(well)
}

/// Returns the connections of PBXs whose calls get cards, and the names of these PBXs.
fn portals(settings: &Settings) -> BTreeMap<&str, Vec<&str>> {
    let mut portals: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, pbx) in settings.pbx.iter().filter(|(_, pbx)| pbx.live.cards) {
        portals.entry(&pbx.connection).or_default().push(name);
    }
    portals
}
