//! The hooks that the buttons send: forms with PHP's brackets, as amoCRM sends them.

use super::{Account, AmoLead, CardsOptions, WON};
use crate::simulator::outgoing;

/// The events behind the buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HookEvent {
    LeadAdded,
    LeadChanged,
    LeadWon,
    ContactAdded,
}

impl HookEvent {
    /// Returns the event of a button.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "leads.add" => Some(Self::LeadAdded),
            "leads.update" => Some(Self::LeadChanged),
            "leads.status" => Some(Self::LeadWon),
            "contacts.add" => Some(Self::ContactAdded),
            _ => None,
        }
    }
}

impl Account {
    /// Carries an event out, and returns the hook that tells of it; `None` if there is no such lead.
    /// A change is later than the one before; the same lead is added at one time only.
    pub(super) fn hook(&mut self, id: u64, event: HookEvent, now: i64) -> Option<String> {
        let options = self.options.clone()?;
        let lead = self.leads.iter_mut().find(|lead| lead.id == id)?;
        match event {
            HookEvent::LeadAdded | HookEvent::ContactAdded => {
                if lead.modified == 0 {
                    lead.modified = now;
                }
            }
            HookEvent::LeadChanged => lead.modified = now.max(lead.modified + 1),
            HookEvent::LeadWon => {
                lead.modified = now.max(lead.modified + 1);
                lead.status = WON;
            }
        }
        let fields = match event {
            HookEvent::ContactAdded => contact(lead, &options),
            HookEvent::LeadAdded => of_lead("leads[add][0]", lead, &options),
            HookEvent::LeadChanged => of_lead("leads[update][0]", lead, &options),
            HookEvent::LeadWon => of_lead("leads[status][0]", lead, &options),
        };
        let fields = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        Some(outgoing::form(fields))
    }
}

fn of_lead(item: &str, lead: &AmoLead, options: &CardsOptions) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: String| fields.push((format!("{item}{name}"), value));
    add("[id]", lead.id.to_string());
    add("[name]", escaped(lead.name));
    add("[status_id]", lead.status.to_string());
    add("[price]", lead.price.to_string());
    add("[pipeline_id]", "7720015".to_owned());
    add("[responsible_user_id]", "9204411".to_owned());
    add("[modified_user_id]", "0".to_owned());
    add("[last_modified]", lead.modified.to_string());
    if let Some(order) = lead.order {
        add("[tags][0][id]", "5120".to_owned());
        add("[tags][0][name]", "tilda".to_owned());
        add("[custom_fields][0][id]", "811203".to_owned());
        add("[custom_fields][0][name]", "ORDERID".to_owned());
        add("[custom_fields][0][values][0][value]", order.to_owned());
    }
    of_account(&mut fields, options);
    fields
}

fn contact(lead: &AmoLead, options: &CardsOptions) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let item = "contacts[add][0]";
    let mut add = |name: &str, value: String| fields.push((format!("{item}{name}"), value));
    let (lead_id, contact) = (lead.id, lead.contact);
    add("[id]", contact.id.to_string());
    add("[name]", escaped(contact.name));
    add("[type]", "contact".to_owned());
    add("[last_modified]", lead.modified.to_string());
    add(
        &format!("[linked_leads_id][{lead_id}][ID]"),
        lead_id.to_string(),
    );
    add("[custom_fields][0][id]", "702209".to_owned());
    add("[custom_fields][0][name]", "Телефон".to_owned());
    add("[custom_fields][0][code]", "PHONE".to_owned());
    add(
        "[custom_fields][0][values][0][value]",
        contact.phone.to_owned(),
    );
    add("[custom_fields][0][values][0][enum]", "702211".to_owned());
    of_account(&mut fields, options);
    fields
}

fn of_account(fields: &mut Vec<(String, String)>, options: &CardsOptions) {
    let subdomain = &options.subdomain;
    let own = [
        ("account[id]", options.account.to_string()),
        ("account[subdomain]", subdomain.clone()),
        (
            "account[_links][self]",
            format!("https://{subdomain}.amocrm.ru"),
        ),
    ];
    fields.extend(own.map(|(name, value)| (name.to_owned(), value)));
}

/// amoCRM writes some characters of texts as HTML entities.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
}
