//! A page of an application opens: the form that the employee's browser posts into the frame, and
//! what the page around the frame knows.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Application, Applications, Quirk, Standing, Widget, domain, grants::Pair, secret,
    server_endpoint,
};
use crate::simulator::php_json;

/// The code of the page that opens from the menu.
pub(in crate::simulator) const DEFAULT: &str = "DEFAULT";

/// The request that a browser sends when a page opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenedPage {
    /// The address, with the query.
    pub url: String,
    /// The fields of the form, in the portal's order.
    pub form: Vec<(String, String)>,
}

/// Which page opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) enum Page {
    /// The application's own, or the installer while that has not finished.
    Main,
    /// That of a widget.
    Widget(u32),
}

/// How a page opens.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Opening<'a> {
    pub(in crate::simulator) application: u32,
    pub(in crate::simulator) page: Page,
    /// The employee.
    pub(in crate::simulator) user: u32,
    pub(in crate::simulator) is_admin: bool,
    /// `ru` or `en`.
    pub(in crate::simulator) language: &'a str,
    /// `PLACEMENT_OPTIONS`.
    pub(in crate::simulator) options: Option<Map<String, Value>>,
    /// The portal's address.
    pub(in crate::simulator) base: &'a str,
    pub(in crate::simulator) now: i64,
}

/// An opened page as the page around it sees it.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Opened {
    pub(in crate::simulator) page: OpenedPage,
    /// The number of this opening.
    pub(in crate::simulator) sid: String,
    /// The origin that may talk to the page around the frame.
    pub(in crate::simulator) origin: String,
    /// The name of the frame.
    pub(in crate::simulator) frame: String,
    /// What `getInitData` answers.
    pub(in crate::simulator) init: Value,
}

impl Applications {
    /// Opens a page. `Err` says why the employee does not see it.
    pub(in crate::simulator) fn open(&mut self, how: &Opening<'_>) -> Result<Opened, Refusal> {
        let application = self.get(how.application).ok_or(Refusal::Unknown)?.clone();
        if self.shut_out.contains(&how.user) {
            return Err(Refusal::ShutOut);
        }
        let is_installing = application.standing == Standing::Unfinished;
        let (placement, handler) = match &how.page {
            _ if application.standing == Standing::Removed => return Err(Refusal::Unknown),
            Page::Widget(_) if is_installing => return Err(Refusal::Unfinished),
            Page::Widget(id) => {
                let widget = widget(&application, *id).ok_or(Refusal::Unknown)?;
                (widget.placement.as_str(), &widget.handler)
            }
            // the public code shows the installer to everybody who may install
            Page::Main if is_installing && !how.is_admin => return Err(Refusal::Unfinished),
            Page::Main if is_installing => {
                let installer = application.installer.as_ref();
                (DEFAULT, installer.unwrap_or(&application.handler))
            }
            Page::Main => (DEFAULT, &application.handler),
        };
        let owner = (application.id, how.user);
        let pair = self.grants.pair(owner, &application.scopes, how.now);
        let sid = secret(32);
        let fields = self.fields(how, &application, (placement, &pair));
        let domain = domain(how.base);
        let frame_domain = domain;
        let domain = match how.base.starts_with("https://") {
            _ if domain.contains(':') || !self.quirks.has(Quirk::DefaultPort) => domain.to_owned(),
            true => format!("{domain}:443"),
            false => format!("{domain}:80"),
        };
        let protocol = u8::from(how.base.starts_with("https://"));
        let mark = if handler.contains('?') { '&' } else { '?' };
        let language = how.language;
        let url = format!(
            "{handler}{mark}DOMAIN={domain}&PROTOCOL={protocol}&LANG={language}&APP_SID={sid}"
        );
        let frame = format!("{frame_domain}|{protocol}|{sid}");
        let parsed = reqwest::Url::parse(handler).map_err(|_| Refusal::Unknown)?;
        Ok(Opened {
            origin: parsed.origin().ascii_serialization(),
            init: self.init_data(how, &application, (placement, &pair)),
            page: OpenedPage { url, form: fields },
            sid,
            frame,
        })
    }

    /// The fields of the form.
    fn fields(
        &self,
        how: &Opening<'_>,
        application: &Application,
        (placement, pair): (&str, &Pair),
    ) -> Vec<(String, String)> {
        let mut fields = vec![
            ("AUTH_ID", pair.access.clone()),
            ("AUTH_EXPIRES", (pair.until - how.now).to_string()),
            ("REFRESH_ID", pair.refresh.clone()),
            ("SERVER_ENDPOINT", server_endpoint(how.base)),
            ("APPLICATION_TOKEN", application.token.clone()),
            ("APPLICATION_SCOPE", self.scope_text(application)),
            ("member_id", self.member.clone()),
            ("status", "L".to_owned()),
            ("PLACEMENT", placement.to_owned()),
        ];
        let options = match &how.options {
            Some(options) => Some(php_json::encode(&Value::Object(options.clone()))),
            None => self.quirks.no_options.clone(),
        };
        fields.extend(options.map(|it| ("PLACEMENT_OPTIONS", it)));
        fields.retain(|(name, _)| !self.quirks.omit.iter().any(|it| it == name));
        let fields = fields.into_iter();
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// What the page around the frame tells the page in it.
    fn init_data(
        &self,
        how: &Opening<'_>,
        application: &Application,
        (placement, pair): (&str, &Pair),
    ) -> Value {
        let user_options = application.user_options.get(&how.user);
        json!({
            "LANG": how.language, "DOMAIN": domain(how.base),
            "PROTOCOL": u8::from(how.base.starts_with("https://")), "PATH": "/rest",
            "AUTH_ID": pair.access, "AUTH_EXPIRES": pair.until - how.now,
            "REFRESH_ID": pair.refresh, "MEMBER_ID": self.member, "FIRST_RUN": false,
            "IS_ADMIN": how.is_admin, "INSTALL": application.standing == Standing::Unfinished,
            "USER_OPTIONS": user_options.cloned().unwrap_or_default(),
            "APP_OPTIONS": application.options, "PLACEMENT": placement,
            "PLACEMENT_OPTIONS": how.options.clone().unwrap_or_default(),
        })
    }

    /// Gives a page in a frame fresh tokens, which `refreshAuth` asks for. `None` for those who may
    /// not have any.
    pub(in crate::simulator) fn refresh(&mut self, id: u32, user: u32, now: i64) -> Option<Value> {
        let application = self.get(id)?;
        let is_closed = application.standing == Standing::Removed
            || self.shut_out.contains(&user)
            || self.quirks.has(Quirk::SilentParent);
        if is_closed {
            return None;
        }
        let scopes = application.scopes.clone();
        let pair = self.grants.pair((id, user), &scopes, now);
        Some(json!({
            "AUTH_ID": pair.access, "AUTH_EXPIRES": pair.until - now, "REFRESH_ID": pair.refresh,
        }))
    }
}

/// Why an employee does not see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Refusal {
    /// There is no such page.
    Unknown,
    /// The installation has not finished.
    Unfinished,
    /// The portal does not open the application to this employee.
    ShutOut,
}

impl Refusal {
    /// Says it in English and in Russian.
    pub(in crate::simulator) fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Unknown => ("There is no such page", "Такой страницы нет"),
            Self::Unfinished => (
                "The application is not fully installed yet. An administrator must finish that",
                "Приложение ещё не до конца установлено. Установку завершает администратор",
            ),
            Self::ShutOut => (
                "This employee has no access to the application",
                "У сотрудника нет доступа к приложению",
            ),
        }
    }
}

fn widget(application: &Application, id: u32) -> Option<&Widget> {
    application.widgets.iter().find(|it| it.id == id)
}
