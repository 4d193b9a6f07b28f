//! One call on its way into a timeline.

use std::collections::BTreeSet;

use serde_json::Value;

use super::made;
use crate::crm::{
    CallBinding, CallEnd, CallFindings, CallOwner, CallRegistration, CallSearch, CallTrace,
    CallUpdate, CompanyQuery, Connection, CrmError, FinishedCall, IsOwn, NewCall, Query,
    RecordFilter, SearchExtent,
};
use crate::delivery::crm::calls;
use crate::delivery::crm::update::{Begun, after};
use crate::delivery::{FoundId, Job, Report, Verdict};
use crate::domain::{
    CallChanged, CallExplanation, CompanyId, ContactId, CrmUpdateStep, EntityKind, Explanation,
    NotInTelephony, PlannedCall, RecordId, StepResult, UpdateTarget, UserId, VerdictReason,
};

/// The portal's number of a call in the result of its step.
const CALL_ID: &str = PlannedCall::CALL_ID;
/// The activity of a call in the result of its step.
const ACTIVITY_ID: &str = PlannedCall::ACTIVITY_ID;

/// How far a call has come.
#[derive(Debug)]
pub(super) enum CallState {
    /// It is to be registered.
    New,
    /// The portal has refused to register it.
    Unregistered(CrmError),
    /// It is registered and not finished.
    Live,
    /// The portal has refused to finish it.
    Refused(CrmError),
    /// It is finished and in a timeline.
    Finished,
    /// An activity of leadgate's own is there.
    Added,
    /// It is to become an activity.
    Unlisted(NotInTelephony),
    /// The portal has refused the activity.
    NotAdded(CrmError),
    /// This attempt has ended.
    Ended(Verdict),
}

/// A call, and what has come of it so far.
#[derive(Debug)]
pub(super) struct CallJob<'j> {
    pub(super) job: &'j Job,
    pub(super) call: &'j PlannedCall,
    record: Option<(EntityKind, i64)>,
    contact: Option<i64>,
    company: Option<i64>,
    pub(super) state: CallState,
    /// The employee with the inner number.
    pub(super) employee: Option<UserId>,
    /// To whom the call belongs.
    pub(super) user: Option<UserId>,
    /// The portal's number.
    number: Option<String>,
    /// Whether this attempt has registered it, so that its client is known.
    is_fresh: bool,
    activity: Option<i64>,
    wrote: bool,
    explanation: Vec<Explanation>,
    pub(super) traces: Vec<CallTrace>,
}

impl<'j> CallJob<'j> {
    /// Returns the call with those to whom it belongs; `None` if there is nobody.
    pub(super) fn new(
        job: &'j Job,
        step: &'j CrmUpdateStep,
        call: &'j PlannedCall,
    ) -> Option<Self> {
        let made = |name: &str| made(job, &step.of, name);
        let record = match step.target {
            UpdateTarget::Record(EntityKind::Company) | UpdateTarget::Contact => None,
            UpdateTarget::Record(kind) => made(&step.target.id_name()).map(|id| (kind, id)),
        };
        let (contact, company) = (made("contact_id"), made("company_id"));
        let is_anybodys = record.is_some() || contact.is_some() || company.is_some();
        let known = job.made.get(CALL_ID).and_then(Value::as_str);
        let card = call.portal.as_ref().and_then(|card| card.call.as_deref());
        is_anybodys.then(|| Self {
            job,
            call,
            record,
            contact,
            company,
            state: CallState::New,
            employee: None,
            user: None,
            number: known.or(card).map(str::to_owned),
            is_fresh: false,
            activity: None,
            wrote: false,
            explanation: Vec::new(),
            traces: Vec::new(),
        })
    }

    /// Returns what the call concerns, so that it is not changed at the same time.
    pub(super) fn claims(&self) -> BTreeSet<FoundId> {
        let contact = self.contact.and_then(ContactId::new).map(FoundId::Contact);
        let company = self.company.and_then(CompanyId::new).map(FoundId::Company);
        let record = self.record.and_then(|(kind, id)| {
            let id = RecordId::new(id)?;
            Some(FoundId::Record(kind, id))
        });
        contact.into_iter().chain(company).chain(record).collect()
    }

    /// Returns whether an earlier attempt, or an earlier delivery of the same call, may have finished
    /// it.
    pub(super) fn may_be_finished(&self) -> bool {
        self.job.uncertain || self.job.step_attempt > 1 || !self.job.made.is_empty()
    }

    /// Returns how to find the call.
    pub(super) fn search(&self) -> CallSearch {
        CallSearch {
            call: self.call.clone(),
            known: self.number.clone(),
            owner: self.client().or(self.record_owner()),
            extent: SearchExtent::Activities,
        }
    }

    /// Takes what was found of it before anything was written.
    pub(super) fn take_findings(&mut self, found: CallFindings, extent: SearchExtent) {
        self.employee = self.call.employee.or(found.employee);
        if let Some(activity) = found.added {
            self.activity = Some(activity);
            self.say(CallExplanation::There);
            self.state = CallState::Added;
            return;
        }
        if let Some(finished) = found.finished {
            self.was_finished(finished);
            return;
        }
        self.state = match (extent, &self.number) {
            (SearchExtent::Activities, _) => CallState::Unlisted(NotInTelephony::NotAllowed),
            (_, Some(_)) => CallState::Live,
            (_, None) => CallState::New,
        };
    }

    /// Takes what was found of it after the portal has refused to finish it.
    pub(super) fn take_second_findings(&mut self, found: &CallFindings) {
        if let Some(finished) = found.finished.clone() {
            self.was_finished(finished);
        } else if self.is_fresh {
            self.park();
        } else {
            // the portal has forgotten a call that was registered long ago
            self.number = None;
            self.state = CallState::New;
        }
    }

    fn was_finished(&mut self, finished: FinishedCall) {
        self.number = Some(finished.id);
        self.activity = finished.activity;
        if finished.activity.is_some() {
            self.say(CallExplanation::There);
            self.state = CallState::Finished;
        } else {
            self.state = CallState::Unlisted(NotInTelephony::NoActivity);
        }
    }

    /// Returns whether the call is on its way into telephony.
    pub(super) fn is_for_telephony(&self) -> bool {
        matches!(self.state, CallState::New | CallState::Live)
    }

    /// Returns the employee for whom the card was shown.
    pub(super) fn card_user(&self) -> Option<UserId> {
        self.call.portal.as_ref().and_then(|card| card.user)
    }

    /// Returns the query that tells who is responsible for the record or the client.
    pub(super) fn responsible_query(&self) -> Option<Query> {
        if let Some((kind, id)) = self.record {
            return Some(Query::Records {
                kind,
                which: RecordFilter::Earlier(RecordId::new(id)?),
                select: Vec::new(),
            });
        }
        if let Some(id) = self.contact {
            return Some(Query::Contacts {
                ids: vec![ContactId::new(id)?],
                select: Vec::new(),
            });
        }
        Some(Query::Company(CompanyQuery::Rows {
            ids: vec![CompanyId::new(self.company?)?],
            select: Vec::new(),
        }))
    }

    /// Returns the client with whom the call is registered. A deal cannot be one.
    fn client(&self) -> Option<CallOwner> {
        match self.record {
            Some((EntityKind::Lead, id)) => Some(CallOwner::Record(EntityKind::Lead, id)),
            _ => self.person(),
        }
    }

    fn person(&self) -> Option<CallOwner> {
        let company = self.company;
        let company = company.map(|id| CallOwner::Record(EntityKind::Company, id));
        self.contact.map(CallOwner::Contact).or(company)
    }

    fn record_owner(&self) -> Option<CallOwner> {
        self.record.map(|(kind, id)| CallOwner::Record(kind, id))
    }

    /// Returns the registration of a new call. The employee of its card makes a repeated one the
    /// same.
    pub(super) fn registration(&self) -> Option<CallRegistration> {
        let (CallState::New | CallState::Unregistered(_)) = self.state else {
            return None;
        };
        Some(CallRegistration {
            call: self.call.clone(),
            user: self.card_user().or(self.user)?,
            owner: self.client(),
        })
    }

    pub(super) fn is_not_registered(&mut self, error: CrmError) {
        self.state = CallState::Unregistered(error);
    }

    pub(super) fn is_registered(&mut self, number: String) {
        self.wrote = true;
        self.is_fresh = true;
        self.number = Some(number);
        self.state = CallState::Live;
    }

    /// Returns the end of a registered call.
    pub(super) fn end(&self) -> Option<CallEnd> {
        let CallState::Live = self.state else {
            return None;
        };
        Some(CallEnd {
            id: self.number.clone()?,
            call: self.call.clone(),
            user: self.user?,
        })
    }

    pub(super) fn is_finished(&mut self, finished: FinishedCall) {
        self.wrote = true;
        self.number = Some(finished.id);
        self.activity = finished.activity;
        self.state = match (finished.activity, self.user) {
            (Some(_), Some(user)) => {
                self.say(CallExplanation::InTelephony(user));
                CallState::Finished
            }
            (Some(_), None) => CallState::Finished,
            (None, _) => CallState::Unlisted(NotInTelephony::NoActivity),
        };
    }

    pub(super) fn is_refused(&mut self, error: CrmError) {
        self.state = CallState::Refused(error);
    }

    /// Returns the activity of a call that telephony does not show.
    pub(super) fn new_activity(&self, client: &Connection) -> Option<NewCall> {
        let CallState::Unlisted(_) = self.state else {
            return None;
        };
        Some(NewCall {
            record: self.record,
            contact: self.contact,
            company: self.company,
            originator: client.originator().to_owned(),
            // without an employee, the portal chooses one
            responsible: self.employee,
            call: self.call.clone(),
        })
    }

    pub(super) fn is_added(&mut self, activity: i64) {
        if let CallState::Unlisted(why) = self.state {
            self.say(CallExplanation::AsActivity(why));
        }
        self.wrote = true;
        self.activity = Some(activity);
        self.state = CallState::Ended(Verdict::Done);
    }

    pub(super) fn is_not_added(&mut self, error: CrmError) {
        self.state = CallState::NotAdded(error);
    }

    /// Returns the other timelines of a finished call: all of them, if its client is not known.
    pub(super) fn bindings(&self) -> Vec<CallBinding> {
        let (CallState::Finished, Some(activity)) = (&self.state, self.activity) else {
            return Vec::new();
        };
        let known = self.client().filter(|_| self.is_fresh);
        let owners = self.record_owner().into_iter().chain(self.person());
        owners
            .filter(|owner| Some(*owner) != known)
            .map(|owner| CallBinding { activity, owner })
            .collect()
    }

    /// Returns what later records change in a call that was there.
    pub(super) fn update(&self) -> Option<CallUpdate> {
        let is_own = match self.state {
            CallState::Added => IsOwn(true),
            // what this attempt has finished is as the records say
            CallState::Finished if !self.wrote => IsOwn(false),
            _ => return None,
        };
        let change = self.call.change?;
        // the rest of telephony cannot be changed
        if is_own == IsOwn(false) && change != CallChanged::Answered {
            return None;
        }
        Some(CallUpdate {
            activity: self.activity?,
            is_own,
            responsible: self.employee,
            call: self.call.clone(),
        })
    }

    pub(super) fn is_updated(&mut self) {
        self.wrote = true;
        self.say(CallExplanation::Changed);
    }

    fn say(&mut self, about: CallExplanation) {
        self.explanation.push(Explanation::Call(about));
    }

    /// Returns whether this or an earlier attempt may have changed something.
    fn begun(&self) -> Begun {
        Begun(self.job.uncertain || self.wrote)
    }

    /// Ends the attempt with an error.
    pub(super) fn fail(&mut self, error: &CrmError) {
        self.state = CallState::Ended(after(error, self.begun(), Some(false)));
    }

    /// Ends the attempt; the next one takes another way.
    pub(super) fn try_again(&mut self, error: &CrmError) {
        self.state = CallState::Ended(Verdict::Retry {
            why: VerdictReason::Crm(Box::new(error.failure())),
            uncertain: self.begun().0,
            pause: None,
            wait: None,
        });
    }

    /// Ends the attempt if the portal has refused something.
    pub(super) fn park(&mut self) {
        if let CallState::Unregistered(error)
        | CallState::Refused(error)
        | CallState::NotAdded(error) = &self.state
        {
            let error = error.clone();
            self.fail(&error);
        }
    }

    pub(super) fn into_report(self) -> Report {
        let number = self.number.map(|id| (CALL_ID.to_owned(), id.into()));
        let activity = self.activity.map(|id| (ACTIVITY_ID.to_owned(), id.into()));
        let verdict = match self.state {
            CallState::Ended(verdict) => verdict,
            // every state leads to an end
            _ => Verdict::Retry {
                why: VerdictReason::Fault,
                uncertain: true,
                pause: None,
                wait: None,
            },
        };
        Report {
            verdict,
            result: number.into_iter().chain(activity).collect::<StepResult>(),
            wrote: self.wrote,
            explanation: self.explanation,
            calls: self.traces.iter().map(calls::event).collect(),
        }
    }
}
