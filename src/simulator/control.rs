//! `/sandbox/control/…`: the sandbox's own JSON API, with which tests and people control it while
//! it runs.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CallHook, Portal, applications,
    core::{Core, Tally},
    faults::{Fault, FaultKind, Plan},
    mailbox::MailFault,
    options::{Latency, Limits},
    pbx::PbxFault,
    state::{
        kind::Kind,
        telephony::{StatisticsAccess, TelephonyAccess},
    },
};

impl Core {
    /// Adds a planned fault. A mandatory field applies at once and until the faults are cleared.
    pub(super) fn inject(&mut self, fault: Fault) {
        if let FaultKind::MandatoryField { entity, field } = &fault.kind {
            if let Some(kind) = Kind::of_word(entity) {
                self.state.mandatory.insert((kind, field.clone()));
            }
            return;
        }
        self.plan.add(fault);
    }

    pub(super) fn clear_faults(&mut self) {
        self.plan.clear();
        self.state.mandatory.clear();
    }

    pub(super) fn reset(&mut self) {
        let revision = self.state.revision;
        let fresh = Self::new(self.options.clone());
        let mut applications = std::mem::take(&mut self.state.applications);
        self.state = fresh.state;
        applications.reset();
        self.state.applications = applications;
        self.outbox.clear();
        // Code that saves the state must see that it has changed.
        self.state.revision = self.state.revision.max(revision) + 1;
        self.plan = Plan::new(self.options.seed);
        self.meter.clear();
        self.ring.clear();
        self.services.clear();
        self.tally = Tally::default();
    }
}

/// Mounts the control addresses.
pub(super) fn configure(portal: &Portal, config: &mut web::ServiceConfig) {
    let get = portal.clone();
    let post = portal.clone();
    let read = move |path: web::Path<String>| {
        let answer = look(&get, &path);
        async move { answer }
    };
    let write = move |path: web::Path<String>, body: Bytes| {
        let answer = steer(&post, &path, &body);
        async move { answer }
    };
    config.service(
        web::resource("/control/{what}")
            .route(web::get().to(read))
            .route(web::post().to(write)),
    );
}

fn look(portal: &Portal, what: &str) -> HttpResponse {
    match what {
        "counters" => HttpResponse::Ok().json(portal.counters()),
        "services" => HttpResponse::Ok().json(portal.service_requests()),
        "amocrm" => HttpResponse::Ok().json(portal.amocrm()),
        "calltouch" => HttpResponse::Ok().json(portal.calltouch_requests()),
        "transcript" => HttpResponse::Ok().json(portal.transcript()),
        "faults" => HttpResponse::Ok().json(portal.core().plan.waiting()),
        "limits" => HttpResponse::Ok().json(&portal.core().meter.limits),
        "snapshot" => HttpResponse::Ok().json(portal.snapshot()),
        "telephony" => HttpResponse::Ok().json(&portal.core().state.telephony),
        "scopes" => HttpResponse::Ok().json(&portal.core().state.scopes),
        "mail" => HttpResponse::Ok().json(portal.mailbox.to_json()),
        "mail-faults" => HttpResponse::Ok().json(portal.mailbox.waiting()),
        "pbx-faults" => HttpResponse::Ok().json(&portal.pbx.switch().faults),
        _ => match applications::look(portal, what) {
            Some(answer) => HttpResponse::Ok().json(answer),
            None => HttpResponse::NotFound().json(json!({"error": "no such page"})),
        },
    }
}

fn steer(portal: &Portal, what: &str, body: &[u8]) -> HttpResponse {
    if what == "amocrm-code" {
        return HttpResponse::Ok().json(json!({"code": portal.give_amocrm_code()}));
    }
    if let Some(answer) = applications::steer(portal, what, body) {
        return answer;
    }
    let done = match what {
        "reset" => {
            portal.reset();
            Ok(())
        }
        "faults" => parsed::<OneOrMany<Fault>>(body)
            .map(OneOrMany::list)
            .map(|list| {
                if list.is_empty() {
                    portal.clear_faults();
                }
                for fault in list {
                    portal.inject(fault);
                }
            }),
        "mail-faults" => parsed::<OneOrMany<MailFault>>(body)
            .map(OneOrMany::list)
            .map(|list| {
                if list.is_empty() {
                    portal.mailbox.clear_faults();
                }
                for fault in list {
                    portal.mailbox.inject(fault);
                }
            }),
        "pbx-faults" => parsed::<OneOrMany<PbxFault>>(body)
            .map(OneOrMany::list)
            .map(|list| portal.pbx.switch().faults = list),
        "limits" => parsed::<Limits>(body).map(|limits| portal.set_limits(limits)),
        "latency" => parsed::<Slowness>(body).map(|it| portal.set_latency(it.into())),
        "telephony" => parsed::<TelephonyRules>(body).map(|rules| rules.apply(portal)),
        "scopes" => parsed::<Vec<String>>(body).map(|scopes| {
            let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
            portal.set_scopes(&scopes);
        }),
        "amocrm" => parsed::<Value>(body).and_then(|it| portal.put_all_amocrm(it)),
        "amocrm-hooks-off" => {
            portal.disable_amocrm_hooks();
            Ok(())
        }
        "snapshot" => parsed::<Value>(body).and_then(|it| portal.restore(it)),
        _ => return HttpResponse::NotFound().json(json!({"error": "no such switch"})),
    };
    match done {
        Ok(()) => HttpResponse::Ok().json(json!({"ok": true})),
        Err(error) => HttpResponse::BadRequest().json(json!({"error": error})),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn list(self) -> Vec<T> {
        match self {
            Self::One(fault) => vec![fault],
            Self::Many(list) => list,
        }
    }
}

/// What a program changes of telephony; what is missing stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TelephonyRules {
    #[serde(default)]
    access: Option<TelephonyAccess>,
    #[serde(default)]
    statistics: Option<StatisticsAccess>,
    #[serde(default)]
    hook: Option<CallHook>,
}

impl TelephonyRules {
    fn apply(self, portal: &Portal) {
        if let Some(access) = self.access {
            portal.set_telephony_access(access);
        }
        if let Some(shown) = self.statistics {
            portal.set_statistics_access(shown);
        }
        if let Some(hook) = self.hook {
            portal.connect_calls(Some(hook));
        }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Slowness {
    call_ms: u64,
    command_ms: u64,
}

impl From<Slowness> for Latency {
    fn from(it: Slowness) -> Self {
        Self {
            call: Duration::from_millis(it.call_ms),
            command: Duration::from_millis(it.command_ms),
        }
    }
}
