//! Sign-in by a proxy in front of the gateway, which names the person in a header. Such a header
//! counts only if one of `server.trusted_proxies` sent it; from others it is refused, because
//! somebody tries to pass for somebody else.

use actix_web::HttpRequest;
use data_encoding::HEXLOWER;

use super::{Signing, is_name, peer, secret, sha256};
use crate::config::ProxySignIn;
use crate::console::signed_in::SignedIn;
use crate::domain::{Bilingual, Role};
use crate::store::StoreError;

/// The group of everybody.
const EVERYBODY: &str = "*";

/// Who a proxy says that it is.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    name: String,
    /// The strongest role of the person's groups.
    role: Option<Role>,
}

/// Why a proxy's sign-in is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Somebody else than a trusted proxy sent the header.
    Foreign,
    /// The header is no name.
    Unreadable,
    /// The request names another host than the gateway.
    Host,
    /// The person has no role.
    NoRole,
}

impl Refusal {
    /// Returns what to tell the person.
    pub(super) fn text(self) -> Bilingual<&'static str> {
        match self {
            Self::Foreign => Bilingual::new(
                "The request names a person in the header of the proxy (console.proxy_user), but comes \
                 from an address that is not in server.trusted_proxies.",
                "Запрос называет человека в заголовке прокси (console.proxy_user), но пришёл с адреса, \
                 которого нет в server.trusted_proxies.",
            ),
            Self::Unreadable => Bilingual::new(
                "The proxy names nobody whom the console can know: the header of console.proxy_user must \
                 come once, with a name of up to 64 characters.",
                "Прокси не назвал человека: заголовок console.proxy_user должен прийти один раз, с именем \
                 не длиннее 64 знаков.",
            ),
            Self::Host => Bilingual::new(
                "The proxy passes a host name that the gateway does not know. Name it in \
                 server.allowed_hosts.",
                "Прокси передаёт имя узла, которого шлюз не знает. Впишите его в \
                 server.allowed_hosts.",
            ),
            Self::NoRole => Bilingual::new(
                "You have signed in, but have no role in this console. Ask an administrator for one: \
                 console.proxy_roles gives groups a role, “leadgate user add” gives one to a person.",
                "Вы вошли, но роли в этой консоли у вас нет. Обратитесь к администратору: роли групп задаёт \
                 console.proxy_roles, роль человека — «leadgate user add».",
            ),
        }
    }
}

/// Reads the headers of a trusted proxy.
fn named(request: &HttpRequest, settings: &ProxySignIn) -> Result<Option<Named>, Refusal> {
    let mut sent = request.headers().get_all(settings.user.as_str());
    let Some(first) = sent.next() else {
        return Ok(None);
    };
    let name = std::str::from_utf8(first.as_bytes()).ok();
    let name = name.map(str::trim).filter(|name| is_name(name));
    let (Some(name), None) = (name, sent.next()) else {
        return Err(Refusal::Unreadable);
    };
    let lists = settings.groups.as_deref();
    let lists = lists.map(|header| request.headers().get_all(header));
    let groups = lists
        .into_iter()
        .flatten()
        .filter_map(|list| std::str::from_utf8(list.as_bytes()).ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|group| *group != EVERYBODY);
    let roles = groups.chain([EVERYBODY]);
    Ok(Some(Named {
        name: name.to_owned(),
        role: roles
            .filter_map(|group| settings.roles.get(group).copied())
            .max(),
    }))
}

/// The secret from which the tokens of forms are made; a page of before a restart is too old.
pub(super) struct ProxyTokens(Option<String>);

impl Default for ProxyTokens {
    fn default() -> Self {
        Self(secret())
    }
}

impl ProxyTokens {
    /// Returns what forms of a person send; `None` if the system gave no random bytes.
    fn of(&self, name: &str) -> Option<String> {
        let secret = self.0.as_ref()?;
        Some(HEXLOWER.encode(&sha256(&format!("proxy:{secret}:{name}"))))
    }
}

impl Signing {
    fn knows_host(&self, request: &HttpRequest) -> bool {
        peer::is_known_host(request, &self.parts.settings.server.allowed_hosts)
    }

    /// Returns whom a proxy has signed in; `None` if it names nobody.
    pub(super) async fn by_proxy(
        &self,
        request: &HttpRequest,
    ) -> Result<Result<Option<SignedIn>, Refusal>, StoreError> {
        let Some(settings) = &self.parts.settings.console.proxy else {
            return Ok(Ok(None));
        };
        let trusted = &self.parts.settings.server.trusted_proxies;
        if !peer::is_trusted(request, trusted) {
            let headers = request.headers();
            let is_named = headers.contains_key(settings.user.as_str());
            return Ok(if is_named {
                Err(Refusal::Foreign)
            } else {
                Ok(None)
            });
        }
        let named = match named(request, settings) {
            Ok(Some(_)) if !self.knows_host(request) => return Ok(Err(Refusal::Host)),
            Ok(Some(named)) => named,
            Ok(None) => return Ok(Ok(None)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let role = if named.role.is_some() {
            named.role
        } else {
            let user = self.parts.store.console_user(named.name.clone()).await?;
            user.map(|user| user.role)
        };
        let Some(role) = role else {
            return Ok(Err(Refusal::NoRole));
        };
        let csrf = self.proxy_tokens.of(&named.name);
        Ok(Ok(csrf.map(|csrf| SignedIn {
            name: named.name,
            role,
            csrf,
            session: None,
            is_in_portal: false,
        })))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Result<Option<Named>, Refusal> {
        let settings = ProxySignIn {
            user: "x-forwarded-user".to_owned(),
            groups: Some("x-forwarded-groups".to_owned()),
            roles: [("crm", Role::Admin), ("shop", Role::Author)]
                .map(|(group, role)| (group.to_owned(), role))
                .into(),
        };
        let add = |request: TestRequest, header: &(&'static str, &str)| {
            request.append_header((header.0, header.1))
        };
        let request = headers.iter().fold(TestRequest::default(), add);
        named(&request.to_http_request(), &settings)
    }

    #[test]
    fn the_strongest_role_of_all_groups_counts() {
        let user = ("x-forwarded-user", "olga");
        let role = |groups: &[&str]| {
            let groups = groups.iter().map(|list| ("x-forwarded-groups", *list));
            let headers: Vec<_> = groups.chain([user]).collect();
            read(&headers).unwrap().unwrap().role
        };
        assert_eq!(role(&[]), None);
        assert_eq!(role(&["sales"]), None);
        assert_eq!(role(&["sales, shop"]), Some(Role::Author));
        assert_eq!(role(&["shop", "crm"]), Some(Role::Admin));
        // a group of this name is not everybody
        assert_eq!(role(&["*"]), None);
    }

    #[test]
    fn a_name_comes_once_and_is_plain() {
        assert_eq!(read(&[]), Ok(None));
        let long = "x".repeat(65);
        for wrong in ["", " ", "link", long.as_str(), "olga\tivan"] {
            let read = read(&[("x-forwarded-user", wrong)]);
            assert_eq!(read, Err(Refusal::Unreadable), "{wrong}");
        }
        let twice = [("x-forwarded-user", "olga"), ("x-forwarded-user", "ivan")];
        assert_eq!(read(&twice), Err(Refusal::Unreadable));
    }
}
