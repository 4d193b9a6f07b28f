//! The words of notices.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::book::Notice;
use super::finding::{AlertKind, Cause, Finding, Subject};
use crate::amocrm::AmoTrouble;
use crate::config::AlertSettings;
use crate::domain::plural::{english, russian};
use crate::domain::{Bilingual, Lang, SourceKinds, bilingual, zone_name};

/// How messages are worded.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    pub(super) lang: Lang,
    pub(super) zone: TimeZone,
    /// The last line; empty for none.
    pub(super) link: String,
    pub(super) sources: SourceKinds,
}

/// A message ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// One line.
    pub(super) title: String,
    /// The lines below it.
    pub(super) body: String,
}

impl Voice {
    pub(super) fn new(settings: &AlertSettings, sources: SourceKinds) -> Self {
        Self {
            lang: settings.lang,
            zone: settings.zone.clone(),
            link: settings.link.clone(),
            sources,
        }
    }

    /// Writes a notice.
    pub(super) fn render(&self, notice: &Notice) -> Message {
        let mut lines: Vec<String> = Vec::new();
        let beyond =
            |count: u64| bilingual!("… and {count} more", "… и ещё {count}").pick(self.lang);
        for finding in &notice.news {
            lines.push(self.line(finding).pick(self.lang));
        }
        if notice.more > 0 {
            lines.push(beyond(notice.more));
        }
        if !notice.news.is_empty() {
            lines.push(String::new());
            lines.push(advice(notice.kind).pick(self.lang).to_owned());
        }
        if !notice.over.is_empty() {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            for finding in &notice.over {
                lines.push(self.over(finding).pick(self.lang));
            }
            if notice.more_over > 0 {
                lines.push(beyond(notice.more_over));
            }
        }
        self.finish(&headline(notice).pick(self.lang), lines)
    }

    /// Writes the message with which an operator tries a way out.
    pub(super) fn test(&self) -> Message {
        let title = Bilingual::new("test of the alerts", "проверка оповещений");
        let text = Bilingual::new(
            "This way of telling you works. Nothing has happened.",
            "Этот способ оповещения работает. Ничего не случилось.",
        );
        let lines = vec![text.pick(self.lang).to_owned()];
        self.finish(title.pick(self.lang), lines)
    }

    fn finish(&self, headline: &str, mut lines: Vec<String>) -> Message {
        if !self.link.is_empty() {
            lines.push(String::new());
            lines.push(self.link.clone());
        }
        Message {
            title: format!("leadgate: {headline}"),
            body: lines.join("\n"),
        }
    }

    /// Returns a time of the day with its date and its zone.
    fn time(&self, at: Timestamp) -> String {
        let zone = zone_name(at, &self.zone, self.lang);
        let at = at.to_zoned(self.zone.clone());
        format!("{} {zone}", at.strftime("%Y-%m-%d %H:%M"))
    }

    fn line(&self, finding: &Finding) -> Bilingual {
        let since = finding.since.map(|since| self.time(since));
        let comma = match finding.subject.kind() {
            AlertKind::Paused | AlertKind::Backlog | AlertKind::Silence => "",
            _ => ",",
        };
        let since = since.map_or_else(Bilingual::empty, |since| {
            bilingual!("{comma} since {since}", "{comma} с {since}")
        });
        let text = self.text(finding);
        let both = |lang| text.in_lang(lang).to_owned() + since.in_lang(lang);
        Bilingual::new(both(Lang::En), both(Lang::Ru))
    }

    /// Returns what is so, without the time.
    pub(super) fn what(&self, finding: &Finding) -> String {
        self.text(finding).pick(self.lang)
    }

    /// Says what to do about a kind of alerts.
    pub(super) fn advice(&self, kind: AlertKind) -> String {
        advice(kind).pick(self.lang).to_owned()
    }

    fn text(&self, finding: &Finding) -> Bilingual {
        let count = finding.count;
        match &finding.subject {
            Subject::Parked { profile, reason } => {
                let profile = named(profile);
                let (en, ru) = (profile.in_lang(Lang::En), profile.in_lang(Lang::Ru));
                bilingual!("{en}, {reason}: {count}", "{ru}, {reason}: {count}")
            }
            Subject::Paused { destination } => cause(destination, finding.cause),
            Subject::Profiles { crm } => {
                let problems = english(count, ["problem", "problems"]);
                let ru = russian(
                    count,
                    ["несоответствие", "несоответствия", "несоответствий"],
                );
                bilingual!(
                    "connection {crm}: {count} {problems}",
                    "подключение {crm}: {count} {ru}"
                )
            }
            Subject::Backlog => {
                let waits = english(count, ["submission waits", "submissions wait"]);
                let ru = russian(
                    count,
                    ["обращение ждёт", "обращения ждут", "обращений ждут"],
                );
                bilingual!("{count} {waits}, the oldest", "{count} {ru}, самое старое")
            }
            Subject::Disk => {
                let (en, ru) = (size(count, Lang::En), size(count, Lang::Ru));
                bilingual!(
                    "{en} left on the disk of the data folder",
                    "на диске с папкой данных осталось {ru}"
                )
            }
            Subject::Amocrm { account, trouble } => amocrm(account, *trouble),
            Subject::Application { crm } => bilingual!(
                "crm.{crm}: the application has lost its access to the portal",
                "crm.{crm}: приложение потеряло доступ к порталу"
            ),
            Subject::Silence { source, address } => match finding.since {
                Some(_) => self.source(source, address, |label| {
                    bilingual!("{label}: nothing", "{label}: ничего")
                }),
                None => self.source(source, address, |label| {
                    bilingual!(
                        "{label}: nothing has come since the gateway started",
                        "{label}: с запуска шлюза ничего не приходило"
                    )
                }),
            },
        }
    }

    fn over(&self, finding: &Finding) -> Bilingual {
        match &finding.subject {
            Subject::Parked { profile, reason } => {
                let profile = named(profile);
                let (en, ru) = (profile.in_lang(Lang::En), profile.in_lang(Lang::Ru));
                bilingual!(
                    "{en}, {reason}: nothing is parked any more",
                    "{ru}, {reason}: отложенных больше нет"
                )
            }
            Subject::Paused { destination } => {
                bilingual!("{destination} works again", "{destination} снова работает")
            }
            Subject::Profiles { crm } => bilingual!(
                "connection {crm}: the profiles fit the portal again",
                "подключение {crm}: профили снова соответствуют порталу"
            ),
            Subject::Backlog => Bilingual::new(
                "no submission waits too long any more",
                "ни одно обращение больше не ждёт слишком долго",
            )
            .into(),
            Subject::Disk => Bilingual::new(
                "there is enough room on the disk again",
                "места на диске снова достаточно",
            )
            .into(),
            Subject::Amocrm { account, trouble } => amocrm_works(account, *trouble),
            Subject::Application { crm } => bilingual!(
                "crm.{crm}: the application has access to the portal again",
                "crm.{crm}: приложение снова работает с порталом"
            ),
            Subject::Silence { source, address } => self.source(source, address, |label| {
                bilingual!("{label} sends again", "{label} снова отправляет")
            }),
        }
    }

    /// Names a source for people.
    fn source(&self, source: &str, address: &str, text: impl Fn(String) -> Bilingual) -> Bilingual {
        let label = |lang| match self.sources.get(source) {
            Some(kind) => kind.address_label(address, lang),
            None => format!("{source}/{address}"),
        };
        let (en, ru) = (text(label(Lang::En)), text(label(Lang::Ru)));
        Bilingual::new(en.pick(Lang::En), ru.pick(Lang::Ru))
    }
}

fn headline(notice: &Notice) -> Bilingual {
    let of = |findings: &[Finding], more: u64| {
        u64::try_from(findings.len())
            .unwrap_or(u64::MAX)
            .saturating_add(more)
    };
    let (count, total) = (of(&notice.news, notice.more), notice.total);
    if count == 0 {
        return over_headline(notice.kind).into();
    }
    match notice.kind {
        AlertKind::Parked => {
            let en = english(total, ["submission waits", "submissions wait"]);
            let ru = russian(total, ["обращение", "обращения", "обращений"]);
            bilingual!("{total} {en} for a person", "отложено {total} {ru}")
        }
        AlertKind::Paused => {
            let en = english(count, ["destination is", "destinations are"]);
            let ru = russian(count, ["назначение", "назначения", "назначений"]);
            bilingual!("{count} {en} paused", "приостановлено {count} {ru}")
        }
        AlertKind::Profiles => Bilingual::new(
            "profiles do not fit the portal",
            "профили не соответствуют порталу",
        )
        .into(),
        AlertKind::Backlog => Bilingual::new("deliveries are late", "доставка запаздывает").into(),
        AlertKind::Disk => Bilingual::new("the disk is nearly full", "на диске мало места").into(),
        AlertKind::Amocrm => {
            Bilingual::new("amoCRM needs attention", "amoCRM требует внимания").into()
        }
        AlertKind::Application => Bilingual::new(
            "an administrator has to open the application in Bitrix24",
            "администратору нужно открыть приложение в Битрикс24",
        )
        .into(),
        AlertKind::Silence => {
            let en = english(count, ["source is", "sources are"]);
            let ru = russian(
                count,
                ["источник молчит", "источника молчат", "источников молчат"],
            );
            bilingual!("{count} {en} silent", "{count} {ru}")
        }
    }
}

fn over_headline(kind: AlertKind) -> Bilingual<&'static str> {
    match kind {
        AlertKind::Parked => Bilingual::new(
            "over: submissions that waited for a person",
            "отбой: отложенные обращения разобраны",
        ),
        AlertKind::Paused => Bilingual::new(
            "over: delivery works again",
            "отбой: доставка снова работает",
        ),
        AlertKind::Profiles => Bilingual::new(
            "over: the profiles fit the portal",
            "отбой: профили соответствуют порталу",
        ),
        AlertKind::Backlog => Bilingual::new(
            "over: deliveries are on time",
            "отбой: доставка больше не запаздывает",
        ),
        AlertKind::Disk => Bilingual::new(
            "over: there is room on the disk",
            "отбой: на диске снова есть место",
        ),
        AlertKind::Amocrm => Bilingual::new(
            "over: amoCRM works again",
            "отбой: с amoCRM снова всё в порядке",
        ),
        AlertKind::Application => Bilingual::new(
            "over: the application works again",
            "отбой: приложение снова работает",
        ),
        AlertKind::Silence => Bilingual::new(
            "over: the sources send again",
            "отбой: источники снова отправляют",
        ),
    }
}

/// Says what to do.
fn advice(kind: AlertKind) -> Bilingual<&'static str> {
    match kind {
        AlertKind::Parked => Bilingual::new(
            "`leadgate journal --state parked` shows them, `leadgate explain` says why.",
            "Их показывает `leadgate journal --state parked`, причину объясняет `leadgate explain`.",
        ),
        AlertKind::Paused => Bilingual::new(
            "Submissions are accepted and kept; delivery resumes automatically. The log has the error.",
            "Обращения принимаются и хранятся, доставка продолжится сама. Текст ошибки есть в логе.",
        ),
        AlertKind::Profiles => Bilingual::new(
            "`leadgate check --live` names every problem with its place.",
            "Каждое несоответствие с его местом назовёт `leadgate check --live`.",
        ),
        AlertKind::Backlog => Bilingual::new(
            "`leadgate journal --state waiting` shows what waits and why.",
            "Что ждёт и почему, покажет `leadgate journal --state waiting`.",
        ),
        AlertKind::Disk => Bilingual::new(
            "Make room: on a full disk leadgate accepts nothing.",
            "Освободите место: на полном диске leadgate ничего не принимает.",
        ),
        AlertKind::Amocrm => Bilingual::new(
            "`leadgate check --live` asks the account and says what to do; the log has the error.",
            "`leadgate check --live` опросит аккаунт и скажет, что делать; текст ошибки есть в логе.",
        ),
        AlertKind::Application => Bilingual::new(
            "Open it in the portal's menu as an administrator: that gives it new tokens, and deliveries resume. `leadgate app status` says more.",
            "Откройте его в меню портала под администратором: приложение получит новые токены, и доставка продолжится. Подробнее — `leadgate app status`.",
        ),
        AlertKind::Silence => Bilingual::new(
            "Check the sender: its form, its address of leadgate, its token.",
            "Проверьте отправителя: форму, адрес leadgate, токен.",
        ),
    }
}

fn amocrm(account: &str, trouble: AmoTrouble) -> Bilingual {
    match trouble {
        AmoTrouble::TokenRefused => bilingual!(
            "amoCRM {account} refuses the token",
            "amoCRM {account} не принимает токен"
        ),
        AmoTrouble::HookDisabled => bilingual!(
            "amoCRM {account}: the hook is switched off",
            "amoCRM {account}: хук выключен"
        ),
        AmoTrouble::HookMissing => bilingual!(
            "amoCRM {account}: no hook leads to leadgate",
            "amoCRM {account}: ни один хук не ведёт в leadgate"
        ),
    }
}

fn amocrm_works(account: &str, trouble: AmoTrouble) -> Bilingual {
    match trouble {
        AmoTrouble::TokenRefused => bilingual!(
            "amoCRM {account} takes the token",
            "amoCRM {account} принимает токен"
        ),
        AmoTrouble::HookDisabled | AmoTrouble::HookMissing => bilingual!(
            "amoCRM {account}: the hook works",
            "amoCRM {account}: хук работает"
        ),
    }
}

fn cause(destination: &str, cause: Option<Cause>) -> Bilingual {
    match cause {
        Some(Cause::Throttled) => bilingual!(
            "{destination} asks for fewer requests; paused",
            "{destination} просит слать реже; доставка приостановлена"
        ),
        Some(Cause::Unreachable) => bilingual!(
            "{destination} cannot be reached; paused",
            "{destination} недоступно; доставка приостановлена"
        ),
        Some(Cause::Unanswered) => bilingual!(
            "{destination} gives no usable answer; paused",
            "{destination} не даёт понятного ответа; доставка приостановлена"
        ),
        Some(Cause::Denied) => bilingual!(
            "{destination} rejects the connection; paused",
            "{destination} отклоняет подключение; доставка приостановлена"
        ),
        None => bilingual!(
            "{destination} is paused",
            "{destination}: доставка приостановлена"
        ),
    }
}

/// Names a profile by its file.
fn named(profile: &str) -> Bilingual {
    if profile.is_empty() {
        return Bilingual::new("without a profile", "без профиля").into();
    }
    bilingual!("profile {profile}", "профиль {profile}")
}

/// Returns a size as people read it.
fn size(bytes: u64, lang: Lang) -> String {
    let (number, unit) = if bytes >> 30 < 10 {
        (bytes >> 20, Bilingual::new("MB", "МБ"))
    } else {
        (bytes >> 30, Bilingual::new("GB", "ГБ"))
    };
    format!("{number} {}", unit.pick(lang))
}

#[cfg(test)]
mod tests;
