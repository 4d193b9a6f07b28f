//! Access to the portal over HTTP. Any page in a browser on this machine can send requests to it,
//! so a request must name an allowed host (otherwise DNS rebinding would let a page read
//! everything) and must not come from another site. If other machines can reach the port, the
//! portal is closed.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use serde_json::json;

/// Decides on a request for a page or the control API of a portal that is closed: the refusal, or
/// `None` for somebody who has proved who it is.
pub type Doorkeeper =
    Arc<dyn Fn(HttpRequest) -> LocalBoxFuture<'static, Option<HttpResponse>> + Send + Sync>;

/// The rules of access: allowed host names and origins.
#[derive(Clone)]
pub struct Gate {
    /// Whether any request is allowed.
    pub open: bool,
    /// Allowed host names besides those of this machine; without ports, in lower case.
    pub hosts: Vec<String>,
    /// Whether every IP address is an allowed host. A page of another site has a name, not an
    /// address.
    pub any_address: bool,
    /// Origins whose pages may call `/rest`; `*` for all.
    pub origins: Vec<String>,
    /// Who opens the pages of a closed portal; without one they stay closed.
    pub doorkeeper: Option<Doorkeeper>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("open", &self.open)
            .field("hosts", &self.hosts)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

/// Open for this machine only, and for no other pages than the portal's own.
impl Default for Gate {
    fn default() -> Self {
        Self {
            open: true,
            hosts: Vec::new(),
            any_address: false,
            origins: Vec::new(),
            doorkeeper: None,
        }
    }
}

impl Gate {
    /// Returns the refusal of a request for a page or the control API, if it is refused.
    pub(super) fn refusal(&self, head: &RequestHead) -> Option<HttpResponse> {
        self.stranger(head).or_else(|| cross_site(head))
    }

    /// The same for a closed portal that has a doorkeeper. The cookie of a person is bound to the
    /// host, so any host name will do.
    async fn refusal_of_closed(
        &self,
        request: &HttpRequest,
        doorkeeper: &Doorkeeper,
    ) -> Option<HttpResponse> {
        match cross_site(request.head()) {
            Some(refusal) => Some(refusal),
            None => doorkeeper(request.clone()).await,
        }
    }

    /// Returns the refusal of a call of `/rest`, if it is refused. A call can change the portal
    /// whatever its method is, so a link or a picture of another site is refused, too.
    pub(super) fn refusal_of_call(&self, head: &RequestHead) -> Option<HttpResponse> {
        self.stranger(head).or_else(|| {
            let is_foreign = has_another_origin(head) || is_of_another_site(head);
            (is_foreign && self.allowed_origin(&head.headers).is_none()).then(|| {
                refused(
                    "CROSS_SITE",
                    "pages of this origin may not call the sandbox; name it in sandbox.origins",
                )
            })
        })
    }

    /// Returns the origin that may read the answer, for its header.
    pub(super) fn allowed_origin(&self, headers: &HeaderMap) -> Option<String> {
        if self.origins.iter().any(|origin| origin == "*") {
            return Some("*".to_owned());
        }
        let origin = text(headers, "origin")?;
        let is_listed = self
            .origins
            .iter()
            .any(|it| it.eq_ignore_ascii_case(origin));
        is_listed.then(|| origin.to_owned())
    }

    fn stranger(&self, head: &RequestHead) -> Option<HttpResponse> {
        if !self.open {
            return Some(refused(
                "SANDBOX_CLOSED",
                "the sandbox is closed, because other machines can reach this address; listen on \
                 127.0.0.1, or set sandbox.public = true to open it to everybody",
            ));
        }
        let mut hosts = head.headers.get_all(header::HOST);
        let host = hosts.next().and_then(|host| host.to_str().ok());
        // `GET http://host/path` names a host of its own, which counts more than the header
        let is_known = hosts.next().is_none()
            && host.is_some_and(|host| self.knows(host))
            && head.uri.host().is_none_or(|host| self.knows(host));
        (!is_known).then(|| {
            refused(
                "UNKNOWN_HOST",
                "the sandbox does not answer to this host name; name it in server.allowed_hosts",
            )
        })
    }

    fn knows(&self, host: &str) -> bool {
        let name = name_of(host).trim_end_matches('.').to_ascii_lowercase();
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
            return self.any_address
                || address.is_loopback()
                || self.hosts.iter().any(|it| it.parse() == Ok(address));
        }
        name == "localhost" || name.ends_with(".localhost") || self.hosts.contains(&name)
    }
}

/// Refuses a request before it reaches a handler.
pub(super) async fn guard(
    gate: Gate,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let refusal = match &gate.doorkeeper {
        Some(doorkeeper) if !gate.open => {
            gate.refusal_of_closed(request.request(), doorkeeper).await
        }
        Some(_) | None => gate.refusal(request.head()),
    };
    match refusal {
        Some(refusal) => Ok(request.into_response(refusal).map_into_right_body()),
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

/// Returns the refusal of a request that a page of another site has caused, unless it is a link.
fn cross_site(head: &RequestHead) -> Option<HttpResponse> {
    let is_foreign = has_another_origin(head) || (is_of_another_site(head) && !is_link(head));
    is_foreign.then(|| refused("CROSS_SITE", "cross-site request"))
}

fn refused(code: &str, words: &str) -> HttpResponse {
    HttpResponse::Forbidden().json(json!({"error": code, "error_description": words}))
}

/// Whether a browser follows a link that a person clicked.
fn is_link(head: &RequestHead) -> bool {
    matches!(head.method, Method::GET | Method::HEAD)
        && text(&head.headers, "sec-fetch-mode") == Some("navigate")
        && text(&head.headers, "sec-fetch-dest") == Some("document")
}

/// Whether a browser says that a page of another site caused this. Programs do not send the header.
fn is_of_another_site(head: &RequestHead) -> bool {
    let mut sites = head.headers.get_all("sec-fetch-site");
    sites.any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
}

/// Whether the page that caused this was loaded from another host.
fn has_another_origin(head: &RequestHead) -> bool {
    text(&head.headers, "origin")
        .is_some_and(|origin| Some(host_and_port(origin)) != text(&head.headers, "host"))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn host_and_port(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// Returns the host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
            // `::1` has no port
            if name.contains(':') && !name.ends_with(']') {
                host
            } else {
                name
            }
        }
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn get(target: &str, pairs: &[(&str, &str)]) -> RequestHead {
        let pairs = pairs.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        });
        let mut head = RequestHead::default();
        head.uri = target.parse().expect("a target");
        head.headers = pairs.collect();
        head
    }

    #[test]
    fn only_names_of_this_machine_and_listed_hosts_are_answered() {
        let gate = Gate {
            hosts: vec![
                "box.example".to_owned(),
                "192.0.2.7".to_owned(),
                "fd00::7".to_owned(),
            ],
            ..Gate::default()
        };
        let lets_in = |gate: &Gate, host: &str| {
            let head = get("/sandbox", &[("host", host)]);
            gate.refusal(&head).is_none() && gate.refusal_of_call(&head).is_none()
        };
        for host in [
            "127.0.0.1:8080",
            "127.5.5.5",
            "localhost",
            "LocalHost:1",
            "localhost.:80",
            "a.localhost:8",
            "[::1]:8080",
            "[::1]",
            "box.example",
            "BOX.example:99",
            "192.0.2.7:1",
            "[fd00::7]:1",
        ] {
            assert!(lets_in(&gate, host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "192.0.2.8",
            "[fd00::8]:1",
            "",
            "box.example.evil.example:80",
            "evil.example:127.0.0.1",
            "notlocalhost",
            "0.0.0.0:8080",
        ] {
            assert!(!lets_in(&gate, host), "{host}");
        }
        assert!(gate.refusal(&get("/", &[])).is_some());
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert!(gate.refusal(&get("/", &twice)).is_some());
        let any = Gate {
            any_address: true,
            ..Gate::default()
        };
        assert!(lets_in(&any, "192.0.2.8:80") && !lets_in(&any, "evil.example"));
        let closed = Gate {
            open: false,
            ..gate
        };
        assert!(!lets_in(&closed, "127.0.0.1"));
    }

    #[test]
    fn pages_of_other_sites_neither_read_nor_write() {
        let gate = Gate::default();
        let refuses = |method: Method, more: &[(&str, &str)]| {
            let all = [&[("host", "127.0.0.1:8080")], more].concat();
            let mut head = get("/sandbox", &all);
            head.method = method;
            gate.refusal(&head).is_some()
        };
        let site = |site| ("sec-fetch-site", site);
        for (more, post, get) in [
            (&[][..], false, false),
            (&[("origin", "http://127.0.0.1:8080")], false, false),
            (&[("origin", "http://127.0.0.1:9090")], true, true),
            (&[("origin", "https://evil.example")], true, true),
            (&[("origin", "null")], true, true),
            (&[site("same-origin")], false, false),
            (
                &[site("same-origin"), ("origin", "https://evil.example")],
                true,
                true,
            ),
            (&[site("none")], false, false),
            (&[site("same-site")], true, true),
            (&[site("cross-site")], true, true),
            (
                &[
                    site("cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
                true,
                false,
            ),
            (
                &[
                    site("cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "iframe"),
                ],
                true,
                true,
            ),
        ] {
            assert_eq!(refuses(Method::POST, more), post, "POST {more:?}");
            assert_eq!(refuses(Method::GET, more), get, "GET {more:?}");
        }
    }

    #[test]
    fn pages_of_listed_origins_may_call() {
        let call = |origins: &[&str], origin: &str| {
            let gate = Gate {
                origins: origins.iter().map(|it| (*it).to_owned()).collect(),
                ..Gate::default()
            };
            let site = ("sec-fetch-site", "cross-site");
            let with_origin = [("host", "127.0.0.1:1"), ("origin", origin), site];
            let programs = get("/rest/1/sandbox/profile", &with_origin[..2]);
            let browsers = get("/rest/1/sandbox/profile", &with_origin);
            let is_refused = gate.refusal_of_call(&programs).is_some();
            let is_ours = origin == "http://127.0.0.1:1";
            assert!(is_ours || gate.refusal_of_call(&browsers).is_some() == is_refused);
            (is_refused, gate.allowed_origin(&programs.headers))
        };
        let shop = "https://shop.example";
        assert_eq!(call(&[], shop), (true, None));
        assert_eq!(call(&[], "http://127.0.0.1:1"), (false, None));
        assert_eq!(call(&[shop], shop), (false, Some(shop.to_owned())));
        assert_eq!(call(&[shop], "https://evil.example"), (true, None));
        assert_eq!(call(&["*"], shop), (false, Some("*".to_owned())));
    }

    #[test]
    fn other_sites_cannot_call_rest() {
        let is_refused = |origins: &[&str], more: &[(&str, &str)]| {
            let gate = Gate {
                origins: origins.iter().map(|it| (*it).to_owned()).collect(),
                ..Gate::default()
            };
            let all = [&[("host", "127.0.0.1:1")], more].concat();
            let mut refused = [Method::GET, Method::HEAD, Method::POST].map(|method| {
                let mut head = get("/rest/1/sandbox/crm.contact.add?fields[NAME]=x", &all);
                head.method = method;
                gate.refusal_of_call(&head).is_some()
            });
            refused.sort_unstable();
            assert_eq!(refused.first(), refused.last(), "{more:?}");
            refused.contains(&true)
        };
        for site in ["cross-site", "same-site", "new-word"] {
            for (mode, dest) in [
                ("no-cors", "image"),
                ("no-cors", "script"),
                ("cors", "empty"),
                ("navigate", "document"),
                ("navigate", "iframe"),
                ("websocket", "websocket"),
            ] {
                let marks = [
                    ("sec-fetch-site", site),
                    ("sec-fetch-mode", mode),
                    ("sec-fetch-dest", dest),
                ];
                assert!(is_refused(&[], &marks), "{marks:?}");
                assert!(is_refused(&["https://shop.example"], &marks), "{marks:?}");
                assert!(!is_refused(&["*"], &marks), "{marks:?}");
            }
            assert!(is_refused(&[], &[("sec-fetch-site", site)]), "{site}");
        }
        for site in ["same-origin", "none"] {
            assert!(!is_refused(&[], &[("sec-fetch-site", site)]), "{site}");
        }
        let twice = [("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
        assert!(is_refused(&[], &twice));
        assert!(!is_refused(&[], &[]), "a program");
    }

    #[test]
    fn the_host_in_the_request_line_counts_as_well() {
        let gate = Gate::default();
        for (target, is_let_in) in [
            ("http://evil.example/sandbox", false),
            ("http://evil.example:8080/sandbox", false),
            ("http://localhost@evil.example/sandbox", false),
            ("http://192.0.2.1/sandbox", false),
            ("http://127.0.0.1:8080/sandbox", true),
            ("http://localhost/sandbox", true),
            ("http://[::1]:8080/sandbox", true),
            ("/sandbox", true),
        ] {
            let head = get(target, &[("host", "127.0.0.1:8080")]);
            assert_eq!(gate.refusal(&head).is_none(), is_let_in, "{target}");
            assert_eq!(gate.refusal_of_call(&head).is_none(), is_let_in, "{target}");
        }
    }
}
