//! Who may send hooks: the secret of the address, and the account that a hook tells.

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;

use super::split::HookAccount;
use crate::config::AmoSettings;
use crate::intake::secret::{is_equal, parameter};

/// The parameter of the address with the secret.
const KEY: &str = "key";

/// Returns whether a request has the secret, as the last part of its path or in its query.
pub(super) fn has_secret(settings: &AmoSettings, request: &HttpRequest) -> bool {
    let Some(secret) = &settings.secret else {
        return true;
    };
    let in_path = request.match_info().get("secret");
    let in_path = in_path.map(|it| percent_decode_str(it).decode_utf8_lossy().into_owned());
    let in_query = parameter(request.query_string(), KEY);
    let mut given = [in_path, in_query].into_iter().flatten();
    given.any(|given| is_equal(&given, secret.expose_secret()))
}

/// Returns whether a hook tells the account of the settings: what both name must be equal, and one
/// of the two must be named by both.
pub(super) fn is_of_account(settings: &AmoSettings, told: &HookAccount) -> bool {
    let id = settings.account.as_ref().zip(told.id.as_ref());
    let id = id.map(|(wanted, told)| wanted == told);
    let name = settings.subdomain.as_ref().zip(told.subdomain.as_ref());
    let name = name.map(|(wanted, told)| wanted.eq_ignore_ascii_case(told));
    let told = [id, name];
    told.contains(&Some(true)) && !told.contains(&Some(false))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use actix_web::test::TestRequest;

    use super::*;

    fn settings(account: Option<&str>, subdomain: Option<&str>) -> AmoSettings {
        AmoSettings {
            account: account.map(str::to_owned),
            subdomain: subdomain.map(str::to_owned),
            secret: Some("long & secret".to_owned().into()),
            allowed_addresses: Vec::new(),
            own_users: Vec::new(),
            body_limit: 1 << 20,
            items_limit: 100,
            value_limit: 1000,
            stages: BTreeMap::new(),
            pipelines: BTreeMap::new(),
            api: None,
            widget: None,
        }
    }

    #[test]
    fn the_account_must_be_the_one_of_the_settings() {
        for (wanted, told, is_ours) in [
            ((Some("1"), Some("edu")), (Some("1"), Some("edu")), true),
            ((Some("1"), Some("edu")), (Some("1"), None), true),
            ((Some("1"), Some("edu")), (None, Some("EDU")), true),
            ((Some("1"), None), (Some("1"), Some("other")), true),
            ((None, Some("edu")), (Some("2"), Some("edu")), true),
            ((Some("1"), Some("edu")), (Some("1"), Some("other")), false),
            ((Some("1"), Some("edu")), (Some("2"), Some("edu")), false),
            ((Some("1"), None), (Some("2"), None), false),
            ((Some("1"), None), (None, Some("edu")), false),
            ((None, Some("edu")), (Some("1"), None), false),
            ((Some("1"), Some("edu")), (None, None), false),
        ] {
            let told = HookAccount {
                id: told.0.map(str::to_owned),
                subdomain: told.1.map(str::to_owned),
            };
            let settings = settings(wanted.0, wanted.1);
            assert_eq!(
                is_of_account(&settings, &told),
                is_ours,
                "{wanted:?} {told:?}"
            );
        }
    }

    #[test]
    fn the_secret_is_in_the_query_or_the_path() {
        let settings = settings(Some("1"), None);
        for (uri, secret, is_right) in [
            ("/amo/main?key=long+%26+secret", None, true),
            ("/amo/main?a=1&k%65y=long%20%26%20secret", None, true),
            ("/amo/main/x", Some("long%20%26%20secret"), true),
            ("/amo/main", None, false),
            ("/amo/main?key=", None, false),
            ("/amo/main?key=long", None, false),
            ("/amo/main?token=long+%26+secret", None, false),
            ("/amo/main?key=x&key=long+%26+secret", None, false),
            ("/amo/main/x", Some("x"), false),
        ] {
            let mut request = TestRequest::with_uri(uri);
            if let Some(secret) = secret {
                request = request.param("secret", secret);
            }
            let request = request.to_http_request();
            assert_eq!(has_secret(&settings, &request), is_right, "{uri}");
        }
        let open = AmoSettings {
            secret: None,
            ..settings
        };
        assert!(has_secret(
            &open,
            &TestRequest::with_uri("/amo/main").to_http_request()
        ));
    }
}
