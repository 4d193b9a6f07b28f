//! Calls that the portal knows already, against a portal behind real HTTP.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::crm::Connection;
use crate::crm::bitrix24::{Access, RateLimits, Timeouts};
use crate::delivery::crm::call::deliver;
use crate::delivery::{Claims, FoundId, Job, Report, Verdict};
use crate::domain::file::AttachedFiles;
use crate::domain::{
    CALLS, CrmStep, CrmUpdateStep, Destination, EntityKind, PlannedCall, Source, Step, StepKind,
    StepOutcome, StepResult, StepVerdict, SubmissionId, UpdateTarget,
};
use crate::simulator::{Portal, StatisticsAccess, start_portal};
use crate::store::testing::at;

const STARTED: &str = "2026-03-02T09:00:00Z";

/// Lets everybody have everything.
struct Free;

impl Claims for Free {
    fn look_up_begins(&self) {}

    fn claim(&self, wanted: Vec<(SubmissionId, BTreeSet<FoundId>)>) -> Vec<bool> {
        vec![true; wanted.len()]
    }
}

struct World {
    portal: Portal,
    client: Connection,
    contact: i64,
    deal: i64,
}

impl World {
    /// Starts a portal with a contact and its deal; its clock stands at the beginning of the call.
    fn start() -> Self {
        let (portal, address): (Portal, SocketAddr) = start_portal(STARTED.parse().unwrap());
        let webhook = format!("http://{address}{}", portal.webhook_path());
        let timeouts = Timeouts {
            call: Duration::from_secs(60),
            connect: Duration::from_secs(5),
        };
        let webhook = Access::webhook(&SecretString::from(webhook)).unwrap();
        let limits = RateLimits::unlimited();
        let client = Connection::new(webhook, "leadgate-test".into(), timeouts, limits);
        let add = |method: &str, fields: Value| {
            let added = portal.call(method, json!({"fields": fields}));
            added["result"].as_i64().unwrap()
        };
        let contact = add(
            "crm.contact.add",
            json!({"NAME": "Рита", "PHONE": [{"VALUE": "+79005550142"}], "ASSIGNED_BY_ID": 8}),
        );
        let deal = json!({"TITLE": "Call", "CONTACT_ID": contact});
        let deal = add("crm.deal.add", deal);
        Self {
            client: client.unwrap(),
            portal,
            contact,
            deal,
        }
    }

    /// Registers the call as the card does, for this employee.
    fn card(&self, user: i64, external: &str) -> String {
        let registered = self.portal.call(
            "telephony.externalcall.register",
            json!({"USER_ID": user, "PHONE_NUMBER": "+79005550142", "TYPE": 2, "SHOW": 1,
                "CALL_START_DATE": STARTED, "EXTERNAL_CALL_ID": external, "CRM_CREATE": 0}),
        );
        registered["result"]["CALL_ID"].as_str().unwrap().to_owned()
    }

    fn finish(&self, call: &str) {
        let end = json!({"CALL_ID": call, "USER_ID": 6, "DURATION": 28});
        let finished = self.portal.call("telephony.externalcall.finish", end);
        assert!(finished["result"].is_object(), "{finished}");
    }

    /// Returns the job of a call of the employee with this inner number, with the deal of the client.
    fn job(&self, inner: &str, portal: &Value) -> Job {
        let packet = json!({
            "call": {"kind": "incoming", "number": "+79005550142", "inner": inner, "talk": 28,
                "duration": 41, "started": STARTED, "line": "+74955550100"},
            "portal": portal,
        });
        let source = Source::new(CALLS, "main", "9e1d");
        let call = PlannedCall::of_packet(&source, &packet, at(0)).unwrap();
        let update = CrmUpdateStep {
            connection: None,
            of: CrmStep::NAME.to_owned(),
            target: UpdateTarget::Record(EntityKind::Deal),
            fields: Vec::new(),
            stage: None,
            comment: None,
            call: Some(call),
        };
        let made = [
            ("contact_id".to_owned(), self.contact.into()),
            ("deal_id".to_owned(), self.deal.into()),
        ];
        Job {
            id: SubmissionId::fresh(),
            profile: "p".to_owned(),
            step: Step::new(PlannedCall::STEP, StepKind::CrmUpdate(Box::new(update))),
            steps: vec![StepOutcome {
                position: 0,
                name: CrmStep::NAME.to_owned(),
                destination: Destination::crm("main"),
                verdict: StepVerdict::Done,
                result: made.into_iter().collect(),
                refusal: None,
            }],
            uncertain: false,
            made: StepResult::default(),
            files: AttachedFiles::default(),
            attempt: 1,
            step_attempt: 1,
        }
    }

    /// Delivers a job.
    fn deliver(&self, job: Job) -> Report {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let mut outcomes = runtime.block_on(deliver(&self.client, &[job], &Free));
        outcomes.pop().unwrap().1.unwrap()
    }

    fn statistics(&self) -> Vec<Value> {
        self.portal.set_statistics_access(StatisticsAccess::All);
        let listed = self.portal.call("voximplant.statistic.get", json!({}));
        listed["result"].as_array().unwrap().clone()
    }

    fn activities(&self) -> Vec<Value> {
        let of_calls = json!({"filter": {"TYPE_ID": 2}});
        let listed = self.portal.call("crm.activity.list", of_calls);
        listed["result"].as_array().unwrap().clone()
    }

    fn registrations(&self) -> u64 {
        let counters = self.portal.counters();
        let count = counters.commands.get("telephony.externalcall.register");
        count.copied().unwrap_or_default()
    }
}

#[test]
fn the_card_of_a_call_is_finished_by_the_one_who_answered() {
    let world = World::start();
    let card = world.card(6, "main/9e1d");
    let before = world.registrations();
    // it rang at 106, and was transferred to 107
    let report = world.deliver(world.job("107", &json!({"call": card, "user": 6})));
    assert_eq!(report.verdict, Verdict::Done);
    assert_eq!(report.result.get("call_id"), Some(&json!(card)));
    assert_eq!(world.registrations(), before);
    let [row] = &world.statistics()[..] else {
        panic!("one row")
    };
    assert_eq!(
        (&row["CALL_ID"], &row["PORTAL_USER_ID"]),
        (&json!(card), &json!("7"))
    );
    assert_eq!(world.activities().len(), 1);
}

#[test]
fn a_card_whose_number_was_lost_is_registered_again_as_the_same_call() {
    let world = World::start();
    let card = world.card(6, "main/9e1d");
    let report = world.deliver(world.job("107", &json!({"user": 6})));
    assert_eq!(report.verdict, Verdict::Done);
    // only with the same line; the card of this test has none
    assert!(report.result.get("call_id").is_some());
    assert_eq!(world.statistics().len(), 1);
    assert_eq!(world.statistics()[0]["PORTAL_USER_ID"], "7");
    drop(card);
}

#[test]
fn a_call_that_was_clicked_and_is_finished_is_not_finished_again() {
    let world = World::start();
    // the portal registers a click itself, without a number of the PBX
    let clicked = world.card(6, "");
    world.finish(&clicked);
    let before = world.registrations();
    let job = world.job("106", &json!({"call": clicked, "user": 6}));
    for shown in [
        StatisticsAccess::All,
        StatisticsAccess::Own,
        StatisticsAccess::Nothing,
    ] {
        world.portal.set_statistics_access(shown);
        let report = world.deliver(job.clone());
        assert_eq!(report.verdict, Verdict::Done, "{shown:?}");
        assert!(report.result.get("activity_id").is_some(), "{shown:?}");
    }
    assert_eq!(world.registrations(), before);
    assert_eq!(world.statistics().len(), 1);
    assert_eq!(world.activities().len(), 1);
}

#[test]
fn a_card_that_the_portal_has_forgotten_is_registered_anew() {
    let world = World::start();
    let gone = "externalCall.716f1cb73def9700a23842adf9c4c568.1773130779";
    let report = world.deliver(world.job("106", &json!({"call": gone, "user": 6})));
    assert_eq!(report.verdict, Verdict::Done);
    assert_ne!(report.result.get("call_id"), Some(&json!(gone)));
    assert_eq!(world.statistics()[0]["EXTERNAL_CALL_ID"], "main/9e1d");
    assert_eq!(world.activities().len(), 1);
}

#[test]
fn an_unknown_finish_is_found_by_its_moment_if_the_statistics_hide_it() {
    for shown in [StatisticsAccess::Own, StatisticsAccess::Nothing] {
        let world = World::start();
        let lost = world.card(6, "main/9e1d");
        world.finish(&lost);
        world.portal.set_statistics_access(shown);
        // the program crashed before it stored the number
        let job = Job {
            uncertain: true,
            ..world.job("106", &json!(null))
        };
        let report = world.deliver(job);
        assert_eq!(report.verdict, Verdict::Done, "{shown:?}");
        assert_eq!(
            report.result.get("call_id"),
            Some(&json!(lost)),
            "{shown:?}"
        );
        assert_eq!(world.statistics().len(), 1);
        assert_eq!(world.activities().len(), 1);
    }
}

#[test]
fn another_call_of_the_same_moment_is_not_taken_for_this_one() {
    let world = World::start();
    let other = world.card(7, "main/other");
    world.finish(&other);
    let job = Job {
        uncertain: true,
        ..world.job("106", &json!(null))
    };
    let report = world.deliver(job);
    assert_eq!(report.verdict, Verdict::Done);
    assert_ne!(report.result.get("call_id"), Some(&json!(other)));
    assert_eq!(world.statistics().len(), 2);
}

#[test]
fn a_call_of_nobody_belongs_to_the_one_who_is_responsible_for_the_deal() {
    let world = World::start();
    let report = world.deliver(world.job("9999", &json!(null)));
    assert_eq!(report.verdict, Verdict::Done);
    // the deal was made by the owner of the webhook
    assert_eq!(world.statistics()[0]["PORTAL_USER_ID"], "1");
    // the employee for whom the card was shown comes before
    let world = World::start();
    world.deliver(world.job("9999", &json!({"user": 7})));
    assert_eq!(world.statistics()[0]["PORTAL_USER_ID"], "7");
}

#[test]
fn a_call_that_telephony_shows_nowhere_becomes_an_activity() {
    let world = World::start();
    // the number of an employee: the portal takes the call for an internal one
    let mut job = world.job("106", &json!(null));
    if let StepKind::CrmUpdate(update) = &mut job.step.kind
        && let Some(call) = &mut update.call
    {
        call.number = "107".to_owned();
    }
    let report = world.deliver(job);
    assert_eq!(report.verdict, Verdict::Done);
    assert_eq!(world.statistics().len(), 1);
    let [activity] = &world.activities()[..] else {
        panic!("one activity")
    };
    assert_eq!(activity["ORIGIN_ID"], "main/9e1d");
}
