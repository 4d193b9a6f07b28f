//! Where a portal runs, as far as its host name tells.

/// Where a portal runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosting {
    /// In Bitrix24's cloud, which limits calls: `NAME.bitrix24.ru` and its sisters.
    Cloud,
    /// On a server of its own, which limits no calls (REST documentation, "Limits").
    OnPremise,
    /// On this machine: a sandbox.
    Local,
}

/// The ends of the cloud's host names that have more than one part.
const LONG_ENDS: [&str; 4] = ["com.br", "com.tr", "co.uk", "com.co"];

impl Hosting {
    /// Reads the name of a host, with or without a port.
    pub fn of(host: &str) -> Self {
        let host = host.to_ascii_lowercase();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &host,
        };
        let name = name.trim_end_matches('.');
        if matches!(name, "localhost" | "[::1]" | "::1") || name.starts_with("127.") {
            return Self::Local;
        }
        let is_cloud = name.split_once(".bitrix24.").is_some_and(|(portal, end)| {
            let is_short = end.bytes().all(|byte| byte.is_ascii_lowercase());
            !portal.is_empty() && (is_short || LONG_ENDS.contains(&end))
        });
        if is_cloud {
            Self::Cloud
        } else {
            Self::OnPremise
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cloud_is_known_by_its_names() {
        for (host, hosting) in [
            ("example.bitrix24.ru", Hosting::Cloud),
            ("Example.Bitrix24.com:443", Hosting::Cloud),
            ("b24-x1.bitrix24.com.br", Hosting::Cloud),
            ("example.bitrix24.kz.", Hosting::Cloud),
            ("example.bitrix24.tech", Hosting::Cloud),
            ("bitrix24.example.ru", Hosting::OnPremise),
            ("crm.bitrix24.uni.ru", Hosting::OnPremise),
            ("mybitrix24.ru", Hosting::OnPremise),
            ("portal.example", Hosting::OnPremise),
            ("10.0.0.7:8443", Hosting::OnPremise),
            ("[2001:db8::7]", Hosting::OnPremise),
            ("127.0.0.1:8080", Hosting::Local),
            ("localhost:8443", Hosting::Local),
            ("[::1]:8443", Hosting::Local),
        ] {
            assert_eq!(Hosting::of(host), hosting, "{host}");
        }
    }
}
