//! The section `[console]`.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use super::flexible::{list, scalar, text};
use super::problems::Problems;
use super::units::long_duration;
use crate::domain::{Bilingual, Role, bilingual};

/// A shorter session would end while a page is read.
const SHORTEST: Duration = Duration::from_secs(60);
/// Without a readable duration there is a problem, and this is not used.
const SESSION: Duration = Duration::from_secs(12 * 3_600);

#[derive(Debug, Deserialize)]
pub(super) struct RawConsole {
    #[serde(deserialize_with = "scalar")]
    pub(super) enabled: bool,
    #[serde(deserialize_with = "text")]
    pub(super) session: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) mask_people: bool,
    #[serde(deserialize_with = "scalar")]
    pub(super) authors_change_search: bool,
    #[serde(deserialize_with = "scalar")]
    pub(super) live_readers: usize,
    #[serde(deserialize_with = "scalar")]
    pub(super) live_readers_per_person: usize,
    #[serde(deserialize_with = "text")]
    pub(super) proxy_user: String,
    #[serde(deserialize_with = "text")]
    pub(super) proxy_role: String,
    #[serde(deserialize_with = "list")]
    pub(super) proxy_roles: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub(super) portal_roles: Vec<String>,
    #[serde(deserialize_with = "text")]
    pub(super) portal_session: String,
}

/// The console.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// Whether there is one.
    pub enabled: bool,
    /// How long a session lasts.
    pub session: Duration,
    /// Whether viewers see people's data masked.
    pub mask_people: bool,
    /// Whether the role `author` may change who is found.
    pub authors_change_search: bool,
    /// Maximum number of pages that listen to changes.
    pub live_readers: usize,
    /// Maximum number of them that one person has open.
    pub live_readers_per_person: usize,
    /// How a proxy signs people in; `None` if no proxy does.
    pub proxy: Option<ProxySignIn>,
    /// Which roles employees of a portal have.
    pub portal_roles: PortalRoles,
    /// How long a session of an employee lasts.
    pub portal_session: Duration,
}

/// The roles of employees who open the console in their portal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortalRoles(BTreeMap<String, Role>);

/// The administrators of the portal.
const ADMINS: &str = "admin";
/// All employees whom the portal lets open the application.
const EVERYBODY: &str = "*";

impl PortalRoles {
    /// Returns the strongest role of an employee of the portal of a connection; `None` without one.
    pub fn of(&self, connection: &str, number: u64) -> Option<Role> {
        let own = [format!("{connection}/{number}"), number.to_string()];
        let names = own.iter().map(String::as_str).chain([EVERYBODY]);
        names.filter_map(|name| self.0.get(name).copied()).max()
    }

    /// Returns the role of administrators of a portal; `None` without one.
    pub fn of_administrators(&self) -> Option<Role> {
        self.0.get(ADMINS).copied()
    }
}

/// How a trusted proxy signs people in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySignIn {
    /// The header with the person's name, in lower case.
    pub user: String,
    /// The header with the person's groups, in lower case; `None` without one.
    pub groups: Option<String>,
    /// The role of each group; `*` is everybody.
    pub roles: BTreeMap<String, Role>,
}

pub(super) fn parse(
    problems: &mut Problems,
    raw: &RawConsole,
    proxies: &[IpNet],
) -> ConsoleSettings {
    let session = session(problems, "console.session", &raw.session);
    let portal_session = self::session(problems, "console.portal_session", &raw.portal_session);
    ConsoleSettings {
        enabled: raw.enabled,
        session,
        portal_roles: portal_roles(problems, &raw.portal_roles),
        portal_session,
        mask_people: raw.mask_people,
        authors_change_search: raw.authors_change_search,
        live_readers: problems.within("console.live_readers", raw.live_readers, 0..=10_000),
        live_readers_per_person: problems.within(
            "console.live_readers_per_person",
            raw.live_readers_per_person,
            0..=10_000,
        ),
        proxy: proxy(problems, raw, proxies),
    }
}

fn session(problems: &mut Problems, name: &str, text: &str) -> Duration {
    let session = problems.keep(name, long_duration(text));
    if session.is_some_and(|session| session < SHORTEST) {
        let text = Bilingual::new("must be at least 1m", "должно быть не меньше 1m");
        problems.add(name, &text.into());
    }
    session.unwrap_or(SESSION)
}

fn portal_roles(problems: &mut Problems, written: &[String]) -> PortalRoles {
    let entries = written
        .iter()
        .filter_map(|text| problems.keep("console.portal_roles", portal_entry(text)));
    let mut roles: BTreeMap<String, Role> = entries.collect();
    // a role for somebody else must not lock the administrators out
    roles.entry(ADMINS.to_owned()).or_insert(Role::Admin);
    PortalRoles(roles)
}

/// Parses `admin: admin`, `67: author`, `main/67: author` or `*: viewer`.
fn portal_entry(text: &str) -> Result<(String, Role), Bilingual> {
    let (name, role) = role_entry(text)?;
    let number = name.rsplit_once('/').map_or(&*name, |(_, number)| number);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if name == ADMINS || name == EVERYBODY || is_number {
        return Ok((name, role));
    }
    Err(bilingual!(
        "`{name}` names no employee; write admin (administrators of the portal), 67 or main/67 (an employee), or *",
        "`{name}` не называет сотрудника; напишите admin (администраторы портала), 67 или main/67 (сотрудник) либо *"
    ))
}

fn proxy(problems: &mut Problems, raw: &RawConsole, proxies: &[IpNet]) -> Option<ProxySignIn> {
    let mut header = |key: &str, text: &str| {
        let text = text.trim();
        let named = (!text.is_empty()).then(|| header_name(text));
        named.and_then(|named| problems.keep(key, named))
    };
    let user = header("console.proxy_user", &raw.proxy_user);
    let groups = header("console.proxy_role", &raw.proxy_role);
    let roles = raw.proxy_roles.iter();
    let roles = roles.filter_map(|text| problems.keep("console.proxy_roles", role_entry(text)));
    let roles: BTreeMap<String, Role> = roles.collect();
    if user.is_none() && (groups.is_some() || !roles.is_empty()) {
        let text = Bilingual::new(
            "name the header with the person's name: console.proxy_role and console.proxy_roles need it",
            "назовите заголовок с именем человека: без него console.proxy_role и console.proxy_roles не действуют",
        );
        problems.add("console.proxy_user", &text.into());
    }
    if user.is_some() && proxies.is_empty() {
        let text = Bilingual::new(
            "name the proxy in server.trusted_proxies: the header counts only if it comes from there",
            "назовите прокси в server.trusted_proxies: заголовок принимается только от него",
        );
        problems.add("console.proxy_user", &text.into());
    }
    user.map(|user| ProxySignIn {
        user,
        groups,
        roles,
    })
}

/// Parses the name of a header.
fn header_name(text: &str) -> Result<String, Bilingual> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if text.bytes().all(is_plain) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(bilingual!(
        "`{text}` is not the name of a header; write X-Forwarded-User",
        "`{text}` — не имя заголовка; напишите X-Forwarded-User"
    ))
}

/// Parses `crm-admins: admin`. Groups may contain colons.
fn role_entry(text: &str) -> Result<(String, Role), Bilingual> {
    let entry = text.rsplit_once(':').and_then(|(group, role)| {
        let group = Some(group.trim()).filter(|group| !group.is_empty())?;
        Some((group.to_owned(), Role::parse(role.trim())?))
    });
    entry.ok_or_else(|| {
        let roles = Role::ALL.map(Role::as_str).join(", ");
        bilingual!(
            "`{text}` does not give a group a role; write crm-admins: admin; the roles are {roles}",
            "`{text}` не задаёт группе роль; напишите crm-admins: admin; роли: {roles}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_a_role_whatever_its_name() {
        let entry = |text: &str| role_entry(text).ok();
        let of = |group: &str, role| Some((group.to_owned(), role));
        assert_eq!(entry("crm-admins: admin"), of("crm-admins", Role::Admin));
        assert_eq!(entry("*:viewer"), of("*", Role::Viewer));
        assert_eq!(entry("role:a:author"), of("role:a", Role::Author));
        for wrong in ["", "admin", ": admin", "crm: owner", "crm:"] {
            assert_eq!(entry(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_employee_has_the_strongest_role_of_all_that_fit() {
        let written = [
            "admin: admin",
            "67: author",
            "main/9: operator",
            "*: viewer",
        ];
        let entries = written.map(|text| portal_entry(text).unwrap());
        let roles = PortalRoles(entries.into());
        assert_eq!(roles.of_administrators(), Some(Role::Admin));
        assert_eq!(roles.of("main", 1), Some(Role::Viewer));
        assert_eq!(roles.of("other", 67), Some(Role::Author));
        assert_eq!(roles.of("main", 9), Some(Role::Operator));
        assert_eq!(roles.of("other", 9), Some(Role::Viewer));
        let nobody = PortalRoles::default();
        assert_eq!(
            (nobody.of("main", 1), nobody.of_administrators()),
            (None, None)
        );
        for wrong in [
            "",
            "admins: admin",
            "67",
            "6x: author",
            "main/: author",
            ": author",
        ] {
            assert!(portal_entry(wrong).is_err(), "{wrong}");
        }
    }
}
