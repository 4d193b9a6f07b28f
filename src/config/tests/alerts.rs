//! Tests of `[mail]` and `[alerts]`.

use super::*;

const SECRET: &str = "password = \"s3cr3t-pass\"";
const OFF: &str = "tls = \"off\"";
const SECRET_AND_OFF: &str = "password = \"s3cr3t-pass\"\ntls = \"off\"";

/// A server, more settings, and what they say: host, port, encryption, user.
type Expected = (
    &'static str,
    &'static str,
    &'static str,
    u16,
    MailEncryption,
    Option<&'static str>,
);

const SERVERS: &[Expected] = &[
    (
        "smtps://smtp.example",
        "",
        "smtp.example",
        465,
        MailEncryption::Implicit,
        None,
    ),
    (
        "SMTPS://smtp.example:4650/",
        "",
        "smtp.example",
        4650,
        MailEncryption::Implicit,
        None,
    ),
    (
        "smtp://smtp.example",
        "",
        "smtp.example",
        587,
        MailEncryption::StartTls,
        None,
    ),
    (
        "smtp://mailer:25",
        OFF,
        "mailer",
        25,
        MailEncryption::Off,
        None,
    ),
    ("smtp://[::1]:25", OFF, "::1", 25, MailEncryption::Off, None),
    ("smtp://[::1]", OFF, "::1", 587, MailEncryption::Off, None),
    (
        "smtps://anna@smtp.example",
        SECRET,
        "smtp.example",
        465,
        MailEncryption::Implicit,
        Some("anna"),
    ),
    (
        "smtps://anna@own.example@smtp.example",
        SECRET,
        "smtp.example",
        465,
        MailEncryption::Implicit,
        Some("anna@own.example"),
    ),
    (
        "smtps://anna%40own.example@smtp.example",
        SECRET,
        "smtp.example",
        465,
        MailEncryption::Implicit,
        Some("anna@own.example"),
    ),
    (
        "smtp://anna@127.0.0.1:25",
        SECRET_AND_OFF,
        "127.0.0.1",
        25,
        MailEncryption::Off,
        Some("anna"),
    ),
];

/// A server, more settings, and a part of the problem.
const WRONG_SERVERS: &[(&str, &str, &str)] = &[
    ("smtp.example:465", "", "mail.server: is not the address"),
    (
        "https://smtp.example",
        "",
        "mail.server: has an unknown scheme",
    ),
    ("smtps://", "", "mail.server: is not the address"),
    (
        "smtps://@smtp.example",
        SECRET,
        "mail.server: is not the address",
    ),
    (
        "smtps://smtp.example/path",
        "",
        "mail.server: is not the address",
    ),
    ("smtps://smtp.example:0", "", "mail.server: has a port"),
    ("smtps://smtp.example:99999", "", "mail.server: has a port"),
    (
        "smtps://a:s3cr3t-word@smtp.example",
        "",
        "mail.server: contains a password",
    ),
    ("smtps://a@smtp.example", "", "mail.password: is missing"),
    ("smtps://smtp.example", SECRET, "mail.password: is set"),
    (
        "smtps://smtp.example",
        OFF,
        "mail.tls: smtps:// is always encrypted",
    ),
    (
        "smtp://a@smtp.example",
        SECRET_AND_OFF,
        "mail.tls: would send the password",
    ),
    (
        "smtps://smtp.example",
        "tls = \"maybe\"",
        "mail.tls: `maybe` must be on or off",
    ),
    (
        "smtps://smtp.example",
        "timeout = \"0s\"",
        "mail.timeout: `0s` is too short",
    ),
    (
        "smtps://smtp.example",
        "letter_limit = \"big\"",
        "mail.letter_limit: `big` is not a size",
    ),
    (
        "smtps://smtp.example",
        "letter_limit = \"5\"",
        "mail.letter_limit: `5` holds no letter; write 20MB",
    ),
];

/// A line of `[alerts]`, and a part of the problem.
const MISTAKES: &[(&str, &str)] = &[
    (
        "mail = [\"ops\"]",
        "alerts.mail: `ops` is not an e-mail address",
    ),
    ("bitrix24 = [0]", "alerts.bitrix24: `0` is not the id"),
    (
        "bitrix24 = [\"anna\"]",
        "alerts.bitrix24: `anna` is not the id",
    ),
    (
        "bitrix24 = [1]\ncrm = \"east\"",
        "alerts.crm: `east` is not a connection",
    ),
    ("lang = \"de\"", "alerts.lang: `de` must be ru or en"),
    (
        "link = \"leadgate.example\"",
        "alerts.link: `leadgate.example` is not an address",
    ),
    (
        "every = \"often\"",
        "alerts.every: `often` is not a duration",
    ),
    (
        "look_every = \"0s\"",
        "alerts.look_every: `0s` is too short",
    ),
    ("quiet = \"22-8\"", "alerts.quiet: `22-8` is not a time"),
    (
        "quiet = \"22:00-22:00\"",
        "alerts.quiet: `22:00-22:00` is not a time",
    ),
    (
        "quiet = \"25:00-08:00\"",
        "alerts.quiet: `25:00-08:00` is not a time",
    ),
    (
        "zone = \"Moscow\"",
        "alerts.zone: `Moscow` is not a time zone",
    ),
    (
        "paused_after = \"-1s\"",
        "alerts.paused_after: `-1s` is negative",
    ),
    (
        "disk_free = \"much\"",
        "alerts.disk_free: `much` is not a size",
    ),
    (
        "silence = \"never\"",
        "alerts.silence: `never` must be off, habit",
    ),
    (
        "silence = \"0s\"",
        "alerts.silence: `0s` must be off, habit",
    ),
    (
        "silence_of = [\"channels/a\"]",
        "alerts.silence_of: `channels/a` names no time",
    ),
    (
        "silence_of = [\"landing: 6h\"]",
        "alerts.silence_of: `landing` is not a source",
    ),
    ("parked = \"maybe\"", "alerts.parked"),
    (
        "http = \"telegram\"",
        "alerts.http: `telegram` is not an HTTP service",
    ),
    (
        "http = \"bin\"\nhttp_path = \"sendMessage\"",
        "alerts.http_path: `sendMessage` is not a path",
    ),
    (
        "http = \"bin\"\nhttp_json = \"{{text}}\"",
        "alerts.http_json: is not JSON",
    ),
];

#[test]
fn the_mail_server_is_one_address_with_its_password_apart() {
    let mail = |server: &str, more: &str| {
        let toml =
            format!("[mail]\nserver = \"{server}\"\nfrom = \"leadgate@own.example\"\n{more}\n");
        with(&[], &toml).map(|loaded| loaded.settings.mail)
    };
    assert!(with(&[], "").unwrap().settings.mail.is_none());
    for (server, more, host, port, encryption, user) in SERVERS {
        let mail = mail(server, more).unwrap_or_else(|error| panic!("{server}: {error}"));
        let mail = mail.unwrap();
        assert_eq!((mail.host.as_str(), mail.port), (*host, *port), "{server}");
        assert_eq!(mail.encryption, *encryption, "{server}");
        assert_eq!(
            mail.login.map(|(user, _)| user).as_deref(),
            *user,
            "{server}"
        );
    }
    for (server, more, part) in WRONG_SERVERS {
        let error = mail(server, more).unwrap_err().to_string();
        assert!(error.contains(part), "{server} {more}: {error}");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
    let limit = |more: &str| {
        mail("smtps://smtp.example", more)
            .unwrap()
            .unwrap()
            .letter_limit
    };
    assert_eq!(limit(""), 20 << 20);
    assert_eq!(limit("letter_limit = \"500KB\""), 500 << 10);
    assert_eq!(limit("letter_limit = 0"), u64::MAX);
    let sender = |from: &str| {
        let toml = format!("[mail]\nserver = \"smtps://smtp.example\"\nfrom = \"{from}\"\n");
        problems(&[], &toml)
    };
    assert!(sender("").contains("mail.from: is missing"));
    assert!(sender("nobody").contains("mail.from: `nobody` is not an address"));
}

#[test]
fn the_password_of_the_mail_server_is_never_shown() {
    let env = [("LEADGATE_MAIL__PASSWORD", "s3cr3t-of-mail")];
    let toml = "[mail]\nserver = \"smtps://anna@smtp.example\"\nfrom = \"leadgate@own.example\"\n";
    let loaded = with(&env, toml).unwrap();
    let shown = format!("{}{:?}", loaded.show(Lang::En), loaded.settings);
    assert!(!shown.contains("s3cr3t"), "{shown}");
    assert!(shown.contains("mail.password = \"•••\""), "{shown}");
    assert!(
        with(&[], "")
            .unwrap()
            .show(Lang::En)
            .contains("mail.password = \"\"")
    );
}

#[test]
fn alerts_name_people_and_times() {
    use std::time::Duration;
    let alerts = |toml: &str| {
        let toml = format!("[alerts]\n{toml}\n");
        with(&[], &toml).unwrap().settings.alerts
    };
    let nobody = alerts("");
    assert!(!nobody.is_on());
    assert_eq!(nobody.silence, Silence::Habit);
    assert_eq!(nobody.disk_free, Some(1 << 30));
    let some = alerts(
        "mail = [\"ops@firm.example\"]\nbitrix24 = [1, 6]\nquiet = \"22:00-08:00\"\nzone = \"Europe/Moscow\"\n\
         paused_after = \"0s\"\nbacklog_after = \"1d\"\ndisk_free = 0\nsilence = \"off\"\n\
         silence_of = [\"channels/landing: 6h\", \"polls/7:habit\"]\n",
    );
    assert!(some.is_on());
    assert_eq!(
        (some.crm.as_str(), &some.bitrix24[..]),
        ("sandbox", &[1, 6][..])
    );
    assert_eq!((some.paused_after, some.disk_free), (None, None));
    assert_eq!(some.backlog_after, Some(Duration::from_secs(86_400)));
    let silence = |address: &str| some.silence_of("channels", address);
    assert_eq!(
        silence("landing"),
        Silence::After(Duration::from_secs(6 * 3600))
    );
    assert_eq!(silence("other"), Silence::Off);
    assert_eq!(some.silence_of("polls", "7"), Silence::Habit);
    let quiet = some.quiet.unwrap();
    for (hour, minute, is_quiet) in [
        (22, 0, true),
        (23, 59, true),
        (0, 0, true),
        (7, 59, true),
        (8, 0, false),
        (21, 59, false),
    ] {
        let time = jiff::civil::time(hour, minute, 0, 0);
        assert_eq!(quiet.contains(time), is_quiet, "{time}");
    }
    let lunch = alerts("quiet = \"12:00-13:00\"").quiet.unwrap();
    assert!(lunch.contains(jiff::civil::time(12, 30, 0, 0)));
    assert!(!lunch.contains(jiff::civil::time(13, 0, 0, 0)));
}

#[test]
fn mistakes_in_alerts_are_reported_with_their_keys() {
    for (line, part) in MISTAKES {
        let text = problems(&[], &format!("[alerts]\n{line}\n"));
        assert!(text.contains(part), "{line}: {text}");
    }
    let two = "[alerts]\nbitrix24 = [1]\n[crm.north]\nwebhook = \"https://north.example/rest/1/secret/\"\n\
               [crm.south]\nwebhook = \"https://south.example/rest/1/secret/\"\n";
    assert!(problems(&[], two).contains("alerts.crm: is missing; name the connection"));
}

#[test]
fn times_of_alerts_are_in_the_zone_of_the_output_unless_they_have_their_own() {
    for (toml, zone) in [
        ("", "Europe/Moscow"),
        ("[output]\nzone = \"Asia/Omsk\"\n", "Asia/Omsk"),
        (
            "[output]\nzone = \"Asia/Omsk\"\n[alerts]\nzone = \"Asia/Tokyo\"\n",
            "Asia/Tokyo",
        ),
    ] {
        let settings = with(&[], toml).unwrap().settings;
        assert_eq!(settings.alerts.zone.iana_name(), Some(zone), "{toml}");
    }
}
