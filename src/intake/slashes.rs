//! Removes doubled and trailing slashes from senders' addresses. A base address that was registered
//! with a trailing slash arrives as `/polls//postPoll` and means `/polls/postPoll`. Every other
//! path stays as it was sent, so operator pages and the sandbox keep their routes.

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

use super::{SOURCES, SourceAddresses};
use crate::config::Settings;

/// The addresses of the senders of all sources.
#[derive(Debug, Clone)]
pub struct SenderAddresses(Vec<SourceAddresses>);

impl SenderAddresses {
    /// Returns the addresses of all sources.
    pub fn new(settings: &Settings) -> Self {
        Self(SOURCES.map(|source| source.addresses(settings)).into())
    }

    /// Rewrites the path of a request that is a sender's address with extra slashes. The query
    /// stays.
    pub fn tidy(&self, request: &mut ServiceRequest) {
        let Some(uri) = self.tidied(request.uri()) else {
            return;
        };
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }

    fn tidied(&self, uri: &Uri) -> Option<Uri> {
        let path = self.plain(uri.path())?;
        let mut parts = uri.clone().into_parts();
        let path_and_query = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
        Uri::from_parts(parts).ok()
    }

    /// Returns the sender's address that this path means; `None` if it needs no change or is not
    /// one.
    fn plain(&self, path: &str) -> Option<String> {
        let plain = match without_extra_slashes(path) {
            Cow::Borrowed(_) => return None,
            Cow::Owned(plain) => plain,
        };
        self.0
            .iter()
            .any(|addresses| addresses.have(&plain))
            .then_some(plain)
    }
}

impl SourceAddresses {
    fn have(&self, path: &str) -> bool {
        let name = path
            .strip_prefix(self.base_path.as_str())
            .and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| match self.names {
            Some(names) => names.contains(&name),
            None => !name.is_empty() && !name.contains('/'),
        })
    }
}

/// `//a///b/` becomes `/a/b`; borrowed when there is nothing to take out.
fn without_extra_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains("//") && (path.len() < 2 || !path.ends_with('/')) {
        return Cow::Borrowed(path);
    }
    let steps = path.split('/').filter(|step| !step.is_empty());
    let plain: String = steps.flat_map(|step| ["/", step]).collect();
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(polls: &str, path: &str) -> String {
        let addresses = SenderAddresses(vec![
            SourceAddresses {
                base_path: polls.to_owned(),
                names: Some(&["postPoll", "postAnswer"]),
            },
            SourceAddresses {
                base_path: "/in".to_owned(),
                names: None,
            },
        ]);
        let uri: Uri = path.parse().unwrap();
        addresses.tidied(&uri).unwrap_or(uri).to_string()
    }

    #[test]
    fn senders_addresses_lose_their_extra_slashes() {
        for (path, plain) in [
            ("/polls//postPoll", "/polls/postPoll"),
            ("/polls/postPoll/", "/polls/postPoll"),
            ("//polls/postAnswer//", "/polls/postAnswer"),
            ("///polls///postAnswer", "/polls/postAnswer"),
            ("/polls//postPoll?x=a//b/", "/polls/postPoll?x=a//b/"),
            ("/in//shop/?a=1&b=//", "/in/shop?a=1&b=//"),
            ("//in/shop", "/in/shop"),
            ("/in/shop/", "/in/shop"),
        ] {
            assert_eq!(tidied("/polls", path), plain, "{path}");
        }
        assert_eq!(tidied("", "//postPoll/"), "/postPoll");
        assert_eq!(tidied("/crm/in", "/crm//in/postPoll/"), "/crm/in/postPoll");
    }

    #[test]
    fn all_other_paths_stay_as_they_were_sent() {
        for path in [
            "/",
            "//",
            "/polls/postPoll",
            "/polls/",
            "/polls//other/",
            "/polls/postPoll//postPoll",
            "/pollsx//postPoll",
            "/polls//postpoll",
            "/in/",
            "/in//",
            "/in//a/b",
            "/in/a%2F%2Fb",
            "//rest/1/secret/profile/",
            "/rest//1/secret/profile",
            "/sandbox//control/faults",
            "/sandbox/",
            "//healthz",
            "/metrics/",
            "/sandbox//polls/postPoll",
        ] {
            assert_eq!(tidied("/polls", path), path);
        }
    }
}
