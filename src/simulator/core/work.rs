//! The work itself: one method, or the commands of a batch in a row.

use std::sync::Arc;

use serde_json::Value;

use super::{Call, Core, End, Outcome};
use crate::simulator::{
    batch::{self, FORBIDDEN},
    envelope::{Answer, Reply, Timing},
    errors::ApiError,
    faults::{FaultKind, Moment},
    methods::Context,
    php,
    references::Maps,
    state::is_granted,
    transcript::CommandRecord,
};

/// The characters of the operators in front of a field of a filter.
const OPERATORS: [char; 6] = ['=', '!', '<', '>', '@', '%'];

impl Core {
    pub(super) fn work(&mut self, call: &Call<'_>, names: &[String]) -> Outcome {
        if call.method.eq_ignore_ascii_case("batch") {
            return self.batch(call, names);
        }
        let mut fault = None;
        let (reply, timing) = self.run(call.method, &call.params, &mut fault);
        Outcome {
            reply,
            timing,
            commands: Vec::new(),
            fault,
            end: End::Answered,
        }
    }

    fn batch(&mut self, call: &Call<'_>, names: &[String]) -> Outcome {
        let start = self.now();
        let halts = batch::halts(&call.params);
        let struck = self.plan.strike(Moment::Batch, names);
        let mut fault = struck.as_ref().map(FaultKind::code);
        // A shorter batch is cut after its last command.
        let (cut, mut end) = match struck {
            Some(FaultKind::CutBatch { after }) => (after, End::TimedOut),
            Some(FaultKind::ResetWithin { after }) => (after, End::Broken),
            _ => (usize::MAX, End::Answered),
        };
        self.tally.faults += u64::from(fault.is_some());
        let mut done = Maps::default();
        let mut records = Vec::new();
        let mut elapsed = 0.0;
        for (at, command) in batch::commands(&call.params).into_iter().enumerate() {
            if at >= cut {
                break;
            }
            if elapsed > self.meter.limits.request_timeout {
                end = End::TimedOut;
                break;
            }
            let params = command.params(&done);
            let (reply, timing) = if at >= batch::COMMANDS {
                self.unrun(ApiError::batch_too_long())
            } else if FORBIDDEN.contains(&command.method.to_lowercase().as_str()) {
                self.unrun(ApiError::not_for_batch())
            } else {
                self.run(&command.method, &params, &mut fault)
            };
            elapsed += timing.duration;
            let failed = reply.is_err();
            records.push(settle(&mut done, command, params, reply, &timing));
            if failed && halts {
                break;
            }
        }
        Outcome {
            reply: Ok(Answer::plain(batch::result(done))),
            timing: Timing {
                start,
                duration: elapsed,
                // The batch itself costs nothing; its commands are charged one by one.
                operating: 0.0,
                resets_at: start.as_second() + 600,
            },
            commands: records,
            fault,
            end,
        }
    }

    fn unrun(&self, error: ApiError) -> (Reply, Timing) {
        let timing = Timing {
            start: self.now(),
            duration: 0.0,
            operating: 0.0,
            resets_at: 0,
        };
        (Err(error), timing)
    }

    /// Runs one method.
    fn run(&mut self, name: &str, params: &Value, fault: &mut Option<String>) -> (Reply, Timing) {
        let now = self.now();
        let key = name.to_lowercase();
        let methods = Arc::clone(&self.methods);
        let known = methods.get(&key).copied();
        let counted = if known.is_some() { key.as_str() } else { "?" };
        *self.tally.commands.entry(counted.to_owned()).or_default() += 1;
        let Some(method) = known else {
            return self.unrun(ApiError::method_not_found());
        };
        let names = [key.clone()];
        if let Err(error) = self.may_run(&key, method.scope, fault) {
            return self.unrun(error);
        }
        let ignoring = self.ignoring(&names, params, fault);
        let mut reply =
            self.in_context(|ctx| method.call(ctx, ignoring.as_ref().unwrap_or(params)));
        let writes = matches!(
            key.rsplit('.').next(),
            Some("add" | "update" | "mergebatch" | "set" | "register" | "finish" | "attachrecord")
        );
        if writes && reply.is_ok() && self.plan.strike(Moment::Saved, &names).is_some() {
            self.tally.faults += 1;
            *fault = Some("ERROR_AFTER_SAVE".to_owned());
            reply = Err(ApiError::classic(
                "Automation failed after the item had been saved",
            ));
        }
        self.queue_events(self.caller.user);
        let cost = self.latency.command.as_secs_f64() + self.meter.cost(&key);
        let account = self.account(&key);
        self.meter.book(&account, cost, now);
        let timing = Timing {
            start: now,
            duration: self.latency.command.as_secs_f64(),
            operating: self.meter.operating(&account, now),
            resets_at: self.meter.resets_at(&account, now),
        };
        (reply, timing)
    }

    /// Runs a method as the caller: with the scopes of the token, and those of the webhook untouched.
    fn in_context(&mut self, run: impl FnOnce(&mut Context<'_>) -> Reply) -> Reply {
        let own = self
            .caller
            .application
            .as_ref()
            .map(|(_, granted)| std::mem::replace(&mut self.state.scopes, granted.clone()));
        let methods = Arc::clone(&self.methods);
        let reply = run(&mut Context {
            now: (self.options.clock)(),
            state: &mut self.state,
            user: self.caller.user,
            application: self.caller.application(),
            methods: &methods,
            fetched: &self.fetched,
        });
        if let Some(own) = own {
            self.state.scopes = own;
        }
        reply
    }

    /// The budget of operating time of a method: that of the application or of the webhook.
    fn account(&self, method: &str) -> String {
        match self.caller.application() {
            Some(id) => format!("{method} (application {id})"),
            None => method.to_owned(),
        }
    }

    /// Returns parameters without the conditions that a fault makes the list ignore.
    fn ignoring(
        &mut self,
        names: &[String],
        params: &Value,
        fault: &mut Option<String>,
    ) -> Option<Value> {
        let filter = params.get("filter")?.as_object()?;
        let kind = self.plan.strike(Moment::Filter, names)?;
        let code = kind.code();
        let FaultKind::IgnoredCondition { field } = kind else {
            return None;
        };
        let is_kept = |key: &str| key.trim_start_matches(OPERATORS) != field;
        if filter.keys().all(|key| is_kept(key)) {
            return None;
        }
        self.tally.faults += 1;
        *fault = Some(code);
        let mut params = params.clone();
        if let Some(filter) = params.get_mut("filter").and_then(Value::as_object_mut) {
            filter.retain(|key, _| is_kept(key));
        }
        Some(params)
    }

    fn may_run(
        &mut self,
        key: &str,
        scope: &str,
        fault: &mut Option<String>,
    ) -> Result<(), ApiError> {
        let names = [key.to_owned()];
        if let Some(kind) = self.plan.strike(Moment::Command, &names) {
            self.tally.faults += 1;
            *fault = Some(kind.code());
            return Err(match kind {
                FaultKind::OperationTimeLimit => ApiError::operation_limit(),
                FaultKind::Refused { error } if error == ApiError::WRONG_AUTH_TYPE => {
                    ApiError::wrong_auth_type()
                }
                FaultKind::Refused { error } => ApiError::coded(&error, "Refused by a fault"),
                _ => ApiError::insufficient_scope(),
            });
        }
        let is_granted = |granted| scope.is_empty() || is_granted(granted, scope);
        match &self.caller.application {
            Some((_, granted)) if !is_granted(granted) => {
                return Err(ApiError::insufficient_scope_of_token());
            }
            None if !is_granted(&self.state.scopes) => return Err(ApiError::insufficient_scope()),
            Some(_) | None => {}
        }
        let account = self.account(key);
        if self.meter.exhausted(&account, self.now()) {
            return Err(ApiError::operation_limit());
        }
        Ok(())
    }
}

fn settle(
    done: &mut Maps,
    command: batch::Command,
    params: Value,
    reply: Reply,
    timing: &Timing,
) -> CommandRecord {
    let key = command.key;
    let (mut result, mut error) = (None, None);
    match reply {
        Ok(answer) => {
            let shaped = php::shape(answer.result);
            result = Some(shaped.clone());
            done.result.insert(key.clone(), shaped);
            if let Some(total) = answer.total {
                done.total.insert(key.clone(), total.into());
            }
            if let Some(next) = answer.next {
                done.next.insert(key.clone(), next.into());
            }
            done.time.insert(key.clone(), timing.block());
        }
        Err(refused) => {
            let map = Value::Object(refused.to_map());
            error = Some(map.clone());
            done.error.insert(key.clone(), map);
        }
    }
    CommandRecord {
        key,
        method: command.method,
        params,
        result,
        error,
    }
}
