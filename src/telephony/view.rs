//! Calls and employees as programs see them.

use jiff::Timestamp;
use serde::Serialize;

use super::hub::HubPbx;
use crate::domain::{EntityKind, Phone, UserId};
use crate::pbx::calls::{Agent, Leg, LegState, LiveCall};

/// Everything that is known at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The calls that go on.
    pub calls: Vec<CallView>,
    /// The employees whose phones or states the PBXs have told.
    pub agents: Vec<AgentView>,
}

/// A call.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// The name of the PBX.
    pub pbx: String,
    /// The number of the call there.
    pub id: String,
    /// Who called whom: `incoming`, `outgoing`, `internal`.
    pub kind: &'static str,
    /// `ringing`, `talking`, `on_hold`, `ended`.
    pub state: &'static str,
    /// The number of the other side.
    pub number: Option<String>,
    /// The number that was called, or from which was called.
    pub line: Option<String>,
    /// When the call began.
    pub started_at: Timestamp,
    /// The last change.
    pub changed_at: Timestamp,
    /// The employees who take part.
    pub employees: Vec<EmployeeView>,
    /// The clients with the number, if they are known.
    pub clients: Vec<ClientView>,
    /// Its number in the portal, if it has a card there.
    pub portal_call: Option<String>,
}

/// An employee who takes part in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmployeeView {
    /// What tells the phone from the others of the call; commands name it.
    pub leg: String,
    /// The inner number.
    pub inner: Option<String>,
    /// The number in the CRM.
    pub user: Option<UserId>,
    /// The name.
    pub name: Option<String>,
    /// `ringing`, `talking`, `on_hold`, `ended`.
    pub state: &'static str,
    /// Since when.
    pub since: Timestamp,
}

/// A client.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ClientView {
    /// `contact` or `company`.
    pub kind: &'static str,
    /// The number in the CRM.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The page in the portal.
    pub link: String,
}

/// An employee as a PBX sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentView {
    /// The name of the PBX.
    pub pbx: String,
    /// The inner number.
    pub inner: String,
    /// The number in the CRM.
    pub user: Option<UserId>,
    /// The name.
    pub name: Option<String>,
    /// Whether the phone is registered; null if that is not known.
    pub registered: Option<bool>,
    /// The state in the call centre, in the words of the PBX.
    pub state: Option<String>,
    /// The last change.
    pub since: Timestamp,
}

impl HubPbx {
    /// Returns the employee of a leg.
    pub(super) fn user_of(&self, leg: &Leg) -> Option<UserId> {
        let (inner, crm_user) = (leg.inner.as_deref(), leg.crm_user.as_deref());
        self.directory.employee_at(inner, crm_user)
    }

    /// Returns a call as programs see it.
    pub(super) fn call_view(&self, pbx: &str, call: &LiveCall) -> CallView {
        let phone = call.number.as_deref().and_then(Phone::parse);
        let clients = phone.map(|phone| self.directory.remembered(&phone));
        let client = |client: crate::pbx::Client| {
            let kind = client.is_company.then_some(EntityKind::Company);
            ClientView {
                kind: if client.is_company {
                    "company"
                } else {
                    "contact"
                },
                id: client.id,
                link: self.portal.page(kind, client.id),
                name: client.name,
            }
        };
        // those who have hung up do not take part, unless all have
        let has_live = call.live_legs().next().is_some();
        let legs = call.legs.iter();
        let legs = legs.filter(|leg| !has_live || leg.state != LegState::Ended);
        CallView {
            pbx: pbx.to_owned(),
            id: call.id.clone(),
            kind: call.kind().as_str(),
            state: call.state().as_str(),
            number: call.number.clone(),
            line: call.line.clone(),
            started_at: call.started,
            changed_at: call.heard,
            employees: legs.map(|leg| self.employee_view(leg)).collect(),
            clients: clients
                .unwrap_or_default()
                .into_iter()
                .map(client)
                .collect(),
            portal_call: call.card.portal().and_then(|portal| portal.call),
        }
    }

    fn employee_view(&self, leg: &Leg) -> EmployeeView {
        let user = self.user_of(leg);
        EmployeeView {
            leg: leg.id.clone(),
            inner: leg.inner.clone(),
            user,
            name: user.and_then(|user| self.directory.name_of(user)),
            state: leg.state.as_str(),
            since: leg.since,
        }
    }

    /// Returns an employee as programs see them.
    pub(super) fn agent_view(&self, pbx: &str, agent: &Agent) -> AgentView {
        let (inner, crm_user) = (agent.inner.as_str(), agent.crm_user.as_deref());
        let user = self.directory.employee_at(Some(inner), crm_user);
        AgentView {
            pbx: pbx.to_owned(),
            inner: agent.inner.clone(),
            user,
            name: user.and_then(|user| self.directory.name_of(user)),
            registered: agent.is_registered,
            state: agent.state.clone(),
            since: agent.since,
        }
    }
}

/// Omits the number and the clients: they are personal data.
impl std::fmt::Debug for CallView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pbx, id, state, .. } = self;
        write!(f, "CallView({pbx}/{id} {state})")
    }
}

/// Omits the name: it is personal data.
impl std::fmt::Debug for ClientView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientView({} {})", self.kind, self.id)
    }
}
