//! The commands that the gateway gives the PBX.

use serde_json::{Value, json};

use super::{Press, Switch};

/// The most records of one reply.
const MOST_ROWS: usize = 500;

/// What becomes of a command: the reply, and what it makes somebody do.
#[derive(Debug, PartialEq)]
pub(super) struct Commanded {
    pub(super) reply: Value,
    pub(super) press: Option<Press>,
}

impl Switch {
    /// Carries out a command.
    pub(super) fn command(&mut self, request: &Value) -> Commanded {
        let action = request
            .get("action")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let params = request.get("params").unwrap_or(&Value::Null);
        let done = match action {
            "get_domain_user_list" => Ok((self.users(), None)),
            "get_cdr" => Ok((self.history(request, params), None)),
            "make_call" => self.dial(params).map(|press| (Value::Null, Some(press))),
            "switch_call_hold" => self
                .switch_hold(params)
                .map(|press| (Value::Null, Some(press))),
            _ => Err((400, "unknown action")),
        };
        let id = request.get("action_id").cloned().unwrap_or_default();
        let reply = |code: u16, body: &Value| {
            json!({
                "action": action, "action_id": id, "obj": "UserCRM", "code": code, "notifies": [],
                "body": body,
            })
        };
        match done {
            // its reply is the request again
            Ok((_, press @ Some(_))) if action == "switch_call_hold" => Commanded {
                reply: request.clone(),
                press,
            },
            Ok((body, press)) => Commanded {
                reply: reply(200, &body),
                press,
            },
            Err((code, message)) => Commanded {
                reply: reply(code, &json!({"success": false, "message": message})),
                press: None,
            },
        }
    }

    fn users(&self) -> Value {
        let users = self.employees.iter().enumerate().map(|(place, employee)| {
            json!({
                "user_name": employee.name, "user_surname": employee.surname,
                "uid": employee.inner, "id": 3100 + place, "proto": 0,
            })
        });
        Value::Array(users.collect())
    }

    fn history(&self, request: &Value, params: &Value) -> Value {
        let number = |value: Option<&Value>| match value {
            Some(Value::String(text)) => text.trim().parse::<i64>().ok(),
            Some(value) => value.as_i64(),
            None => None,
        };
        let since = number(params.get("start_dt")).unwrap_or(i64::MIN);
        let until = number(params.get("end_dt")).unwrap_or(i64::MAX);
        let wanted: Vec<String> = params
            .get("src_or_dst_list")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(digits)
            .collect();
        let mut rows: Vec<&super::records::PbxRecord> = self
            .records
            .iter()
            .filter(|record| (since..until).contains(&record.began))
            .filter(|record| {
                let sides = [digits(&record.number), digits(&record.inner)];
                wanted.is_empty() || wanted.iter().any(|number| sides.contains(number))
            })
            .collect();
        rows.sort_by_key(|record| record.began);
        if request.pointer("/sort/dt").and_then(Value::as_str) == Some("-") {
            rows.reverse();
        }
        let most = |name: &str, otherwise: usize| {
            let number = number(request.get(name)).and_then(|number| usize::try_from(number).ok());
            number.unwrap_or(otherwise)
        };
        let rows = rows.into_iter().skip(most("offset", 0));
        let rows = rows.take(most("limit", MOST_ROWS).min(MOST_ROWS));
        rows.map(|record| record.row().clone()).collect()
    }

    fn dial(&self, params: &Value) -> Result<Press, (u16, &'static str)> {
        let inner = self.of_crm_user(params)?;
        let number = international(text(params, "dst"));
        if number.is_empty() {
            return Err((400, "dst is missing"));
        }
        if !self.employee(inner).is_some_and(|it| it.is_registered) {
            return Err((480, "the phone of the user is not registered"));
        }
        Ok(Press::Dial { inner, number })
    }

    fn switch_hold(&self, params: &Value) -> Result<Press, (u16, &'static str)> {
        let inner = self.of_crm_user(params)?;
        let id = text(params, "call_id");
        let call = self.calls.iter().find(|call| {
            let is_own = call.legs.iter().any(|leg| leg.inner == inner);
            let is_it = call.session == id || call.legs.iter().any(|leg| leg.id == id);
            is_own && is_it && call.answered.is_some()
        });
        let call = call.ok_or((404, "the user has no such call"))?;
        Ok(Press::Hold {
            session: call.session.clone(),
        })
    }

    /// Returns the inner number of the employee whom a command names.
    fn of_crm_user(&self, params: &Value) -> Result<&'static str, (u16, &'static str)> {
        let user = text(params, "crm_user_id");
        let mut employees = self.employees.iter();
        let employee = employees.find(|it| !it.crm_user.is_empty() && it.crm_user == user);
        employee
            .map(|employee| employee.inner)
            .ok_or((404, "the user is not in the integration"))
    }
}

fn text(params: &Value, name: &str) -> String {
    match params.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Returns a number as records have it: commands dial Russian ones with 8.
fn international(dialled: String) -> String {
    match dialled.strip_prefix('8') {
        Some(national) if national.len() == 10 => format!("7{national}"),
        _ => dialled,
    }
}

/// Returns the last ten digits of a number, which tell it from all others whatever its spelling.
fn digits(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().saturating_sub(10);
    digits.iter().skip(from).collect()
}
