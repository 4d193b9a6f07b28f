//! Calltouch: the import of requests, and reading them back.
//!
//! The shapes are those of public clients of the API: the header fields `Access-Token` and `SiteId`,
//! up to 100 `requests` in a call, a reply with `requestNumber` and `imported` for each. A repeated
//! `requestNumber` makes a second request, because nothing is documented about it. Reading back takes
//! days with the month first, the import days with the day first.

use serde_json::{Value, json};

use super::exchange::{Received, ServiceReply};

/// The most requests of one call.
const MOST: usize = 100;
/// Number of requests kept.
const KEPT: usize = 20_000;

/// The imported requests.
#[derive(Debug, Default)]
pub(super) struct Calltouch {
    imported: Vec<Value>,
}

impl Calltouch {
    pub(super) fn imported(&self) -> &[Value] {
        &self.imported
    }

    /// Serves one request; `refused` is how many of the requests at the end are not imported.
    pub(super) fn serve(&mut self, received: &Received, refused: usize) -> ServiceReply {
        let path = received.path.split('?').next().unwrap_or_default();
        match (received.method.as_str(), path) {
            ("POST", "/lead-service/v1/api/request/create") => self.import(received, refused),
            ("GET", "/calls-service/RestAPI/requests") => self.read_back(received),
            _ => error(404, "no such method"),
        }
    }

    fn import(&mut self, received: &Received, refused: usize) -> ServiceReply {
        let has = |name: &str| received.header(name).is_some_and(|value| !value.is_empty());
        if !has("access-token") || !has("siteid") {
            return error(401, "Access-Token or SiteId is missing");
        }
        let Ok(body) = serde_json::from_str::<Value>(&received.body) else {
            return error(400, "the body is not JSON");
        };
        let Some(rows) = body.get("requests").and_then(Value::as_array) else {
            return error(400, "requests is missing");
        };
        if rows.is_empty() || rows.len() > MOST {
            return error(400, "from 1 to 100 requests");
        }
        let imports = rows.len().saturating_sub(refused);
        let results: Vec<Value> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| {
                let number = row.get("requestNumber").cloned().unwrap_or_default();
                let fault = if place < imports {
                    mistake(row)
                } else {
                    Some("refused by a fault")
                };
                if let Some(message) = fault {
                    return json!({"requestNumber": number, "imported": false, "message": message});
                }
                if self.imported.len() < KEPT {
                    self.imported.push(row.clone());
                }
                json!({"requestNumber": number, "imported": true})
            })
            .collect();
        ServiceReply::json(200, &json!({"data": {"requests": results}}))
    }

    fn read_back(&self, received: &Received) -> ServiceReply {
        let given = |name: &str| received.parameter(name).filter(|value| !value.is_empty());
        if given("clientApiId").is_none() || given("siteId").is_none() {
            return error(401, "clientApiId or siteId is missing");
        }
        let day = |name: &str| given(name).as_deref().and_then(month_first);
        let (Some(from), Some(to)) = (day("dateFrom"), day("dateTo")) else {
            return error(400, "dateFrom and dateTo are days such as 12/29/2025");
        };
        let rows = self.imported.iter().enumerate();
        let rows = rows.filter(|(_, row)| {
            let date = row.get("requestDate").and_then(Value::as_str);
            let day = date.and_then(day_first);
            day.is_some_and(|day| from <= day && day <= to)
        });
        let rows: Vec<Value> = rows
            .map(|(place, row)| {
                json!({
                    "requestId": place + 1, "requestNumber": row.get("requestNumber"),
                    "date": row.get("requestDate"), "subject": row.get("subject"),
                })
            })
            .collect();
        ServiceReply::json(200, &Value::from(rows))
    }
}

fn error(status: u16, message: &str) -> ServiceReply {
    ServiceReply::json(status, &json!({"errorCode": status, "message": message}))
}

/// Returns what is wrong with a request.
fn mistake(row: &Value) -> Option<&'static str> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let has = |name: &str| text(name).is_some_and(|text| !text.trim().is_empty());
    if !has("requestNumber") {
        return Some("requestNumber is missing");
    }
    if !has("phoneNumber") && !has("email") && !has("sessionId") {
        return Some("neither phoneNumber nor email nor sessionId");
    }
    if text("requestDate").is_some_and(|date| day_first(date).is_none()) {
        return Some("requestDate is not dd-MM-yyyy HH:mm:ss");
    }
    None
}

/// Reads the day of `29-12-2025 14:35:00` as year, month, day.
fn day_first(text: &str) -> Option<(u16, u8, u8)> {
    let (day, time) = text.split_once(' ')?;
    let parts: Vec<&str> = day.split('-').collect();
    let [day, month, year] = parts.as_slice() else {
        return None;
    };
    let is_time = time.len() == 8 && time.matches(':').count() == 2;
    (is_time && year.len() == 4).then_some(())?;
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

/// Reads `12/29/2025` as year, month, day.
fn month_first(text: &str) -> Option<(u16, u8, u8)> {
    let parts: Vec<&str> = text.split('/').collect();
    let [month, day, year] = parts.as_slice() else {
        return None;
    };
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}
