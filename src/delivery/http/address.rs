//! Addresses of requests: the administrator's address with a path of the profile below it. Nothing
//! in a profile or a packet can lead to another host or out of the path.

use reqwest::Url;

use crate::domain::HttpFailure;

/// Returns the address of a path.
pub(super) fn join(base: &Url, path: Option<&str>) -> Result<Url, HttpFailure> {
    let mut url = base.clone();
    let Some(path) = path else {
        return Ok(url);
    };
    if path.contains('\\') || path.split('/').any(is_dots) {
        return Err(HttpFailure::BadPath);
    }
    let path = path.trim_start_matches('/');
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    Ok(url)
}

/// Returns the address of a question that the settings write as a path and a query.
pub(super) fn question(base: &Url, written: &str) -> Result<Url, HttpFailure> {
    let (path, query) = written.split_once('?').unwrap_or((written, ""));
    let mut url = join(base, Some(path))?;
    if !query.is_empty() {
        let own = url.query().map(|own| format!("{own}&"));
        url.set_query(Some(&format!("{}{query}", own.unwrap_or_default())));
    }
    Ok(url)
}

/// Returns whether a part of a path means another folder, in any spelling.
fn is_dots(part: &str) -> bool {
    let plain = part.to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "." | "..")
}

/// Returns host and port.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns scheme, host and port, for messages.
pub(super) fn origin(url: &Url) -> String {
    format!("{}://{}", url.scheme(), host(url))
}

/// Returns whether two addresses have the same scheme, host and port.
pub(super) fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// Returns whether it leads to this machine, where no proxy of the environment is used.
pub(super) fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, path: &str) -> Result<String, HttpFailure> {
        let base: Url = base.parse().unwrap();
        join(&base, Some(path)).map(String::from)
    }

    #[test]
    fn a_path_stays_on_the_host_and_below_the_address() {
        for (base, path, url) in [
            ("https://a.example", "/x/y", "https://a.example/x/y"),
            ("https://a.example/api/", "/x", "https://a.example/api/x"),
            ("https://a.example/api", "x", "https://a.example/api/x"),
            (
                "https://a.example",
                "//evil.example/x",
                "https://a.example/evil.example/x",
            ),
            (
                "https://a.example",
                "/@evil.example",
                "https://a.example/@evil.example",
            ),
            (
                "https://a.example",
                "/x?y=1#z",
                "https://a.example/x%3Fy=1%23z",
            ),
            ("https://a.example", "/a%2Fb", "https://a.example/a%2Fb"),
            (
                "https://a.example",
                "/заказ",
                "https://a.example/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7",
            ),
            (
                "https://a.example/?key=1",
                "/x",
                "https://a.example/x?key=1",
            ),
            ("http://[::1]:8080", "/x", "http://[::1]:8080/x"),
            (
                "https://a.example",
                "https://evil.example/x",
                "https://a.example/https://evil.example/x",
            ),
        ] {
            assert_eq!(joined(base, path).unwrap(), url, "{base} {path}");
        }
        for path in [
            "/a/../b",
            "/..",
            "/%2e%2e/b",
            "/.%2E/b",
            "/a/./b",
            "\\\\evil.example",
            "/a\\..\\b",
        ] {
            assert_eq!(
                joined("https://a.example/api", path),
                Err(HttpFailure::BadPath),
                "{path}"
            );
        }
    }

    #[test]
    fn a_question_keeps_its_query_and_that_of_the_address() {
        for (base, written, url) in [
            (
                "https://a.example/api",
                "/ping",
                "https://a.example/api/ping",
            ),
            (
                "https://a.example/api",
                "/find?text=1",
                "https://a.example/api/find?text=1",
            ),
            (
                "https://a.example/?key=1",
                "/find?text=1",
                "https://a.example/find?key=1&text=1",
            ),
        ] {
            let found = question(&base.parse().unwrap(), written).unwrap();
            assert_eq!(found.as_str(), url);
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        for (one, other, same) in [
            ("https://a.example/x", "https://a.example:443/y", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example:8443", false),
            ("https://a.example", "https://b.example", false),
            ("https://a.example", "https://A.EXAMPLE", true),
        ] {
            assert_eq!(
                is_same_origin(&url(one), &url(other)),
                same,
                "{one} {other}"
            );
        }
    }
}
