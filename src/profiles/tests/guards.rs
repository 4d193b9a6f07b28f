//! Guards of channels fail closed: only a valid file that says so opens a channel that was guarded.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;
use crate::authoring::Code;
use crate::channels::Channel;
use crate::domain::ChannelName;
use crate::profiles::{GUARDS_FILE, GuardMemory};

const FILE: &str = "mappings/_channels.yaml";
const GUARDED: &str = "other: { name: Other }\n\
    shop:\n  token: { header: X-A, secret: { file: secret } }\n  addresses: [203.0.113.0/24]\n  rate: 5/s\n";

fn home() -> Home {
    let home = Home::new();
    home.write("mappings/two.yaml", SHOP);
    home.write("mappings/secret", "s3cr3t\n");
    home.write(FILE, GUARDED);
    std::fs::create_dir(home.path("data")).unwrap();
    home
}

fn open(home: &Home) -> (ProfileStore, LoadReport) {
    let memory = GuardMemory::of_gateway(&home.path("data"));
    ProfileStore::open_with(home.path("mappings"), home.path("templates"), Some(memory))
}

fn shop(store: &ProfileStore) -> Option<Arc<Channel>> {
    let name = ChannelName::parse("shop").unwrap();
    store.channels().get(&name).cloned()
}

/// Its guards; those with a secret count only with it.
fn guards(store: &ProfileStore) -> Vec<&'static str> {
    let Some(shop) = shop(store) else {
        return Vec::new();
    };
    if let Some(token) = &shop.token {
        assert!(token.secret.value.is_some());
    }
    shop.guards()
}

fn has_kept(report: &LoadReport) -> bool {
    report.problems.iter().any(|p| p.code == Code::GuardKept)
}

/// What can happen to the file.
type Loss = (&'static str, fn(&Home));

const LOSSES: &[Loss] = &[
    ("deleted", |home| fs::remove_file(home.path(FILE)).unwrap()),
    ("emptied", |home| home.write(FILE, "")),
    ("comments only", |home| {
        home.write(FILE, "# shop:\n#   token: {}\n");
    }),
    ("an empty map", |home| home.write(FILE, "{}\n")),
    ("null", |home| home.write(FILE, "null\n")),
    ("no settings at all", |home| home.write(FILE, "---\n")),
    ("binary", |home| {
        fs::write(home.path(FILE), b"\xff\xfe\x00").unwrap();
    }),
    ("no YAML", |home| home.write(FILE, "shop: [\n")),
    ("a list", |home| home.write(FILE, "- shop\n")),
    ("too large", |home| {
        home.write(FILE, &"#".repeat(300 * 1024));
    }),
    ("block removed", |home| {
        home.write(FILE, "other: { name: Other }\n");
    }),
    ("block null", |home| home.write(FILE, "other: {}\nshop:\n")),
    ("block ~", |home| home.write(FILE, "shop: ~\n")),
    ("block empty", |home| home.write(FILE, "shop: {}\n")),
    ("block misspelt", |home| {
        home.write(FILE, &GUARDED.replace("shop", "shpo"));
    }),
    ("keys removed", |home| {
        home.write(FILE, "shop: { name: Shop }\n");
    }),
    ("keys null", |home| {
        home.write(FILE, "shop: { token: null, addresses: ~, name: Shop }\n");
    }),
    ("addresses empty", |home| {
        home.write(FILE, "shop: { token:, addresses: [], name: Shop }\n");
    }),
    ("renamed", |home| {
        fs::rename(home.path(FILE), home.path("mappings/_channels.yaml.bak")).unwrap();
    }),
    ("a folder", |home| {
        fs::remove_file(home.path(FILE)).unwrap();
        fs::create_dir(home.path(FILE)).unwrap();
    }),
    ("a link to nowhere", |home| {
        fs::remove_file(home.path(FILE)).unwrap();
        symlink("/nowhere/at/all", home.path(FILE)).unwrap();
    }),
    ("a link to itself", |home| {
        fs::remove_file(home.path(FILE)).unwrap();
        symlink(home.path(FILE), home.path(FILE)).unwrap();
    }),
    ("folder gone", |home| {
        fs::rename(home.path("mappings"), home.path("away")).unwrap();
    }),
];

#[test]
fn a_guarded_channel_stays_guarded_when_its_settings_are_lost() {
    for (what, lose) in LOSSES {
        let home = home();
        let (store, report) = open(&home);
        assert!(!report.has_errors(), "{what}");
        lose(&home);
        let report = store.reload_if_changed().unwrap();
        assert!(report.has_errors(), "{what}: it must be reported");
        assert_eq!(guards(&store), ["token", "addresses"], "{what}");
        assert!(!store.channels().is_broken(), "{what}");
        // another edit elsewhere does not make it forget, and does not make it silent
        if home.path("mappings").exists() {
            home.profile("one.yaml", 1);
            let report = store.reload_if_changed().unwrap();
            assert!(report.has_errors(), "{what}: it must be reported again");
            assert_eq!(guards(&store), ["token", "addresses"], "{what}");
        }
    }
}

#[test]
fn a_guarded_channel_stays_guarded_over_a_restart() {
    for (what, lose) in LOSSES {
        let home = home();
        drop(open(&home));
        lose(&home);
        // relative secrets lie in the folder
        if *what == "folder gone" {
            fs::create_dir(home.path("mappings")).unwrap();
            home.write("mappings/secret", "s3cr3t\n");
        }
        let (store, report) = open(&home);
        assert!(report.has_errors(), "{what}: it must be reported");
        let is_closed = store.channels().is_broken() || guards(&store) == ["token", "addresses"];
        assert!(is_closed, "{what}");
        // and over the next one
        let (store, _) = open(&home);
        let is_closed = store.channels().is_broken() || guards(&store) == ["token", "addresses"];
        assert!(is_closed, "{what}");
    }
}

#[test]
fn repairing_a_broken_file_without_its_guard_does_not_open_the_channel() {
    let home = home();
    drop(open(&home));
    home.write(FILE, "shop: [\n");
    let (store, _) = open(&home);
    assert!(store.channels().is_broken());
    home.write(FILE, "other: { name: Other }\n");
    assert!(has_kept(&store.reload_if_changed().unwrap()));
    assert!(!store.channels().is_broken());
    assert_eq!(guards(&store), ["token", "addresses"]);
}

#[test]
fn guards_json_names_secrets_without_containing_them() {
    let home = home();
    home.write(
        FILE,
        "shop: { token: { bearer: true, secret: { file: secret } }, rate_per_address: 30/m }\n\
         other: { basic: { user: u, secret: { env: LEADGATE_NO_SUCH } }, hmac: { header: X-S, encoding: base64, prefix: \"v0=\",\n\
         \x20 timestamp: { parameter: t, window: 2m, content: \"v0:{timestamp}:{body}\" }, secret: { file: secret } } }\n",
    );
    drop(open(&home));
    let path = home.path("data").join(GUARDS_FILE);
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains("s3cr3t") && text.contains("\"file\":\"secret\""),
        "{text}"
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let before = open(&home).0.channels();
    fs::remove_file(home.path(FILE)).unwrap();
    let after = open(&home).0.channels();
    for name in ["shop", "other"] {
        let name = ChannelName::parse(name).unwrap();
        let (before, after) = (before.get(&name).unwrap(), after.get(&name).unwrap());
        assert_eq!(before.guards(), after.guards());
        assert_eq!(before.address_rate, after.address_rate);
        let time = |channel: &Channel| channel.hmac.clone().map(|hmac| (hmac.time, hmac.prefix));
        assert_eq!(time(before), time(after));
        let carrier = |channel: &Channel| channel.token.clone().map(|token| token.carrier);
        assert_eq!(carrier(before), carrier(after));
    }
    fs::write(&path, "{ damaged").unwrap();
    let (store, report) = open(&home);
    assert!(store.channels().is_broken() && report.has_errors());
    home.write(FILE, "shop: { guard: none }\n");
    store.reload_if_changed().unwrap();
    assert!(!store.channels().is_broken());
}

#[test]
fn guard_none_opens_a_channel_permanently() {
    let home = home();
    let (store, _) = open(&home);
    home.write(FILE, "shop: { guard: none }\n");
    let report = store.reload_if_changed().unwrap();
    assert_eq!((report.problems, report.kept_guards), (vec![], vec![]));
    assert_eq!(guards(&store), [""; 0]);
    // now the block and the file may go
    fs::remove_file(home.path(FILE)).unwrap();
    assert_eq!(store.reload_if_changed().unwrap().problems, []);
    let (store, report) = open(&home);
    assert_eq!((report.problems, guards(&store)), (vec![], vec![]));
}

#[test]
fn a_guard_can_be_replaced_or_removed_explicitly() {
    let home = home();
    let (store, _) = open(&home);
    home.write(FILE, "shop: { addresses: [198.51.100.1] }\n");
    let report = store.reload_if_changed().unwrap();
    assert_eq!(report.kept_guards, ["shop"]);
    assert_eq!(guards(&store), ["token", "addresses"]);
    let text = render_report(&report, Paint::Plain, Lang::En);
    assert!(
        text.contains("channel shop has lost `token`") && text.contains("`guard: [addresses]`"),
        "{text}"
    );
    home.write(
        FILE,
        "shop: { addresses: [198.51.100.1], guard: addresses }\n",
    );
    assert_eq!(store.reload_if_changed().unwrap().problems, []);
    assert_eq!(guards(&store), ["addresses"]);

    // what the list says must be so
    for wrong in ["none", "[token]", "[addresses, token]", "everything", "[]"] {
        home.write(
            FILE,
            &format!("shop: {{ addresses: [198.51.100.1], guard: {wrong} }}\n"),
        );
        let report = store.reload_if_changed().unwrap();
        assert_eq!(report.has_errors(), wrong != "[]", "{wrong}");
        assert_eq!(guards(&store), ["addresses"]);
    }
}

#[test]
fn a_kept_guard_of_an_unused_channel_is_a_warning() {
    let home = home();
    let (store, _) = open(&home);
    fs::remove_file(home.path("mappings/two.yaml")).unwrap();
    home.profile("one.yaml", 1);
    home.write(FILE, "other: { name: Other }\n");
    let report = store.reload_if_changed().unwrap();
    assert!(has_kept(&report) && !report.has_errors());
    assert_eq!(guards(&store), ["token", "addresses"]);
}

#[test]
fn unreadable_settings_at_the_first_start_open_no_channel() {
    for (what, make) in [
        (
            "a folder",
            (|path| fs::create_dir(path).unwrap()) as fn(&Path),
        ),
        ("a link to nowhere", |path| {
            symlink("/nowhere/at/all", path).unwrap();
        }),
    ] {
        let home = Home::new();
        home.write("mappings/two.yaml", SHOP);
        make(&home.path(FILE));
        let (store, report) = open(&home);
        assert!(
            store.channels().is_broken() && report.has_errors(),
            "{what}"
        );
    }
    // comment templates that cannot be read hide no guard
    let home = home();
    fs::remove_dir_all(home.path("templates")).ok();
    fs::write(home.path("templates"), "a file").unwrap();
    let (store, report) = open(&home);
    assert!(report.has_errors());
    assert_eq!(guards(&store), ["token", "addresses"]);
}

#[test]
fn reports_the_second_file_of_channel_settings() {
    let home = home();
    home.write("mappings/_channels.yml", "shop: { guard: none }\n");
    let (store, report) = open(&home);
    assert_eq!(guards(&store), ["token", "addresses"]);
    let text = render_report(&report, Paint::Plain, Lang::En);
    assert!(
        text.contains("_channels.yml error") && text.contains("only that file is read"),
        "{text}"
    );
}
