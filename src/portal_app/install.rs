//! Installs the application: keeps the administrator's tokens, puts the pages into the portal, lets it
//! send events, and tells the administrator. All of it may be repeated at any time.

use super::verify::Verified;
use super::{NotVerified, Opening, PortalApp, PortalApps};
use crate::crm::{BindingReport, Connection, CrmError, Installs, PlacementBinding};
use crate::domain::{Lang, bilingual};
use crate::telephony::PortalCallEvent;

/// The events of the application itself. Removal comes first: nothing else tells of it.
const OWN_EVENTS: [&str; 3] = ["ONAPPUNINSTALL", "ONAPPUPDATE", "ONAPPTEST"];

/// The titles of the button over lists and of the tab in cards.
const BUTTON: (&str, &str) = ("Site integration", "Интеграция с сайтом");
const TAB: (&str, &str) = ("Requests", "Заявки");
const CALL: (&str, &str) = ("Requests", "Заявки");

/// What an installation has put into the portal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallReport {
    /// The pages.
    pub placements: BindingReport,
    /// The events.
    pub events: BindingReport,
}

/// Returns the pages of the application; with telephony that in the card of a call, too.
pub fn wanted_placements(telephony: TelephonyUse) -> Vec<PlacementBinding> {
    let of = |code, (title_en, title_ru)| PlacementBinding {
        code,
        title_en,
        title_ru,
    };
    let mut wanted = vec![
        of("CRM_LEAD_LIST_TOOLBAR", BUTTON),
        of("CRM_DEAL_LIST_TOOLBAR", BUTTON),
        of("CRM_LEAD_DETAIL_TAB", TAB),
        of("CRM_DEAL_DETAIL_TAB", TAB),
        of("CRM_CONTACT_DETAIL_TAB", TAB),
    ];
    if telephony == TelephonyUse::Yes {
        wanted.push(of("CALL_CARD", CALL));
    }
    wanted
}

/// Returns the events that the application needs.
pub fn wanted_events(telephony: TelephonyUse) -> Vec<&'static str> {
    let of_calls = PortalCallEvent::ALL.map(PortalCallEvent::as_str);
    let of_calls = of_calls
        .into_iter()
        .filter(|_| telephony == TelephonyUse::Yes);
    OWN_EVENTS.into_iter().chain(of_calls).collect()
}

/// Whether PBXs dial for a portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelephonyUse {
    /// Clicks on numbers and callbacks come as events, and the card of a call has a page.
    Yes,
    /// There is none.
    No,
}

impl InstallReport {
    /// Returns whether the portal has taken everything.
    pub fn is_complete(&self) -> bool {
        self.placements.refused.is_empty() && self.events.refused.is_empty()
    }

    /// Returns what the portal has refused.
    pub fn refused(&self) -> impl Iterator<Item = &(String, CrmError)> {
        self.placements.refused.iter().chain(&self.events.refused)
    }
}

/// Puts pages and events into the portal.
///
/// # Errors
/// If the portal does not say what is there.
pub async fn bind(
    connection: &Connection,
    telephony: TelephonyUse,
    (handler, events): (&str, &str),
) -> Result<InstallReport, CrmError> {
    // removal is noticed even if the rest fails
    let events = connection
        .bind_events(&wanted_events(telephony), events)
        .await?;
    let placements = connection
        .bind_placements(&wanted_placements(telephony), handler)
        .await?;
    Ok(InstallReport { placements, events })
}

impl PortalApp {
    pub(super) fn telephony(&self) -> TelephonyUse {
        if self.pbxs.is_empty() {
            TelephonyUse::No
        } else {
            TelephonyUse::Yes
        }
    }

    pub(super) async fn bind(&self, name: &str) -> Result<InstallReport, CrmError> {
        let (handler, events) = (self.address(name, "app"), self.address(name, "events"));
        let bound = bind(&self.connection, self.telephony(), (&handler, &events)).await;
        match &bound {
            Ok(report) => {
                for (what, error) in report.refused() {
                    tracing::warn!(crm = name, "the portal does not take {what}: {error}");
                }
                let (pages, events) = (report.placements.bound.len(), report.events.bound.len());
                tracing::info!(
                    crm = name,
                    pages,
                    events,
                    "the application is in the portal"
                );
            }
            Err(error) => {
                tracing::warn!(crm = name, "nothing was put into the portal: {error}");
            }
        }
        bound
    }
}

impl PortalApps {
    /// Installs the application for the employee who opens its installer.
    ///
    /// # Errors
    /// If it is no administrator of the connection's portal.
    pub(super) async fn install(
        &self,
        name: &str,
        opening: &Opening,
    ) -> Result<(Verified, Result<InstallReport, CrmError>), NotVerified> {
        let app = self.app(name)?;
        let verified = self.check(app, opening).await?;
        if !verified.employee.is_admin {
            return Err(NotVerified::NoAdministrator);
        }
        self.remember(name, &verified, (opening, Installs::Yes))
            .await;
        let was_installed = verified.info.is_installed;
        let report = app.bind(name).await;
        if !was_installed && report.is_ok() {
            self.greet(app, &verified, opening.lang).await;
        }
        Ok((verified, report))
    }

    /// Sends the notice to the administrator who has installed the application. Without the scope `im`
    /// there is none.
    async fn greet(&self, app: &PortalApp, verified: &Verified, lang: Lang) {
        let id = app.application.client_id();
        let text = bilingual!(
            "leadgate is connected. The button “Site integration” is over the lists of leads and deals, and the tab “Requests” in their cards. [URL=/marketplace/view/{id}/]Open leadgate[/URL]",
            "leadgate подключён. Кнопка «Интеграция с сайтом» — над списками лидов и сделок, вкладка «Заявки» — в их карточках. [URL=/marketplace/view/{id}/]Открыть leadgate[/URL]"
        );
        let Ok(user) = u32::try_from(verified.employee.user_id) else {
            return;
        };
        let sent = app
            .connection
            .notify_once(user, text.in_lang(lang), "leadgate|install");
        if let Err(error) = sent.await {
            tracing::info!("no notice about the installation: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_of_a_call_and_its_events_need_telephony() {
        let codes = |telephony| -> Vec<&str> {
            let wanted = wanted_placements(telephony);
            wanted.iter().map(|one| one.code).collect()
        };
        assert_eq!(codes(TelephonyUse::No).len(), 5);
        assert!(codes(TelephonyUse::Yes).contains(&"CALL_CARD"));
        assert_eq!(wanted_events(TelephonyUse::No)[0], "ONAPPUNINSTALL");
        assert!(wanted_events(TelephonyUse::Yes).contains(&"ONEXTERNALCALLBACKSTART"));
    }

    #[test]
    fn the_titles_are_short_enough_for_menus() {
        for one in wanted_placements(TelephonyUse::Yes) {
            assert!(one.title_ru.chars().count() < 30 && !one.title_en.is_empty());
        }
    }
}
