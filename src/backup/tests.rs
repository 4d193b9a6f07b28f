use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::domain::{BilingualError, Lang};
use crate::store::testing::{admit, answer};
use crate::store::{Accepted, Store, StoreError, StoreOptions};

const STORE: &str = "leadgate.db";

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        // the database first: the other files are traces of one
        drop(home.open());
        home.write("data/guards.json", "{}");
        home.write("data/cache/db", "rebuilt at the start");
        home.write("data/leadgate.at-work", "of the process");
        home.write("mappings/forms/a.yaml", "name: A\n");
        home.write("mappings/.git/config", "of version control");
        home.write("templates/mail.hbs", "hello\n");
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn open(&self) -> Store {
        Store::open(&self.path("data/leadgate.db"), &StoreOptions::default()).unwrap()
    }

    fn places(&self) -> Places {
        Places {
            data: self.path("data"),
            store: STORE,
            mappings: self.path("mappings"),
            templates: self.path("templates"),
        }
    }

    fn make(&self, name: &str) -> anyhow::Result<Made> {
        make(&self.places(), &self.path(name), now(), &mut |_| {})
    }

    fn restore(&self, from: &Path, present: Present) -> anyhow::Result<Restored> {
        restore(from, &self.places(), present, now(), &mut |_| {})
    }
}

/// Stores an answer, and returns whether it is new.
async fn is_new(store: &Store, number: i64) -> bool {
    let accepted = admit(store, &answer(number, "{}")).await.unwrap();
    matches!(accepted, Accepted::New { .. })
}

fn now() -> Timestamp {
    "2026-11-28T09:00:00Z".parse().unwrap()
}

fn message(error: &anyhow::Error) -> &str {
    error
        .downcast_ref::<BilingualError>()
        .unwrap()
        .in_lang(Lang::En)
}

#[tokio::test]
async fn a_copy_made_while_the_store_is_written_is_restored_elsewhere() {
    let home = Home::new();
    let store = home.open();
    for number in 1..=3 {
        assert!(is_new(&store, number).await);
    }
    let made = home.make("copy").unwrap();
    assert_eq!(made.submissions, 3);
    assert!(is_new(&store, 4).await);
    store.close().await;

    let other = Home(tempfile::tempdir().unwrap());
    let restored = other.restore(&home.path("copy"), Present::Refuse).unwrap();
    assert_eq!(restored.submissions, 3);
    assert_eq!(restored.before, None);
    assert_eq!(
        restored.folders,
        [other.path("mappings"), other.path("templates")]
    );
    assert_eq!(other.read("mappings/forms/a.yaml"), "name: A\n");
    assert_eq!(other.read("data/guards.json"), "{}");
    for left_out in ["data/cache", "data/leadgate.at-work", "mappings/.git"] {
        assert!(!other.path(left_out).exists(), "{left_out}");
    }
    let again = other.open();
    assert_eq!(
        again.instance(),
        Store::open_read_only(&home.path("data/leadgate.db"))
            .unwrap()
            .instance()
    );
    // a repeat of what is in the copy is known, and what came later is new
    assert!(!is_new(&again, 3).await);
    assert!(is_new(&again, 4).await);
}

#[tokio::test]
async fn a_folder_with_files_is_replaced_only_when_told_to_and_nothing_is_lost() {
    let home = Home::new();
    let store = home.open();
    assert!(is_new(&store, 1).await);
    home.make("copy").unwrap();
    assert!(is_new(&store, 2).await);

    let refused = home
        .restore(&home.path("copy"), Present::SetAside)
        .unwrap_err();
    assert!(
        matches!(refused.downcast_ref(), Some(StoreError::InUse { .. })),
        "{refused:#}"
    );
    store.close().await;
    drop(store);

    let refused = home
        .restore(&home.path("copy"), Present::Refuse)
        .unwrap_err();
    assert!(message(&refused).contains("--replace"), "{refused:#}");
    home.write("mappings/forms/a.yaml", "name: edited\n");
    let restored = home.restore(&home.path("copy"), Present::SetAside).unwrap();
    assert_eq!(restored.submissions, 1);
    assert_eq!(
        restored.kept,
        [home.path("mappings"), home.path("templates")]
    );
    assert_eq!(home.read("mappings/forms/a.yaml"), "name: edited\n");
    let before = restored.before.unwrap();
    assert_eq!(Store::check_copy(&before.join(STORE)).unwrap(), 2);

    // a later copy does not take it along
    let made = home.make("second").unwrap();
    assert_eq!(made.submissions, 1);
    assert!(
        !home
            .path("second/data")
            .join(before.file_name().unwrap())
            .exists()
    );
}

#[tokio::test]
async fn a_changed_incomplete_or_strange_copy_is_refused_and_the_folder_stays() {
    let home = Home::new();
    home.open().close().await;
    let other = Home(tempfile::tempdir().unwrap());
    let refused = |damage: &dyn Fn(&Path), part: &str| {
        let copy = home.path("copy");
        home.make("copy").unwrap();
        damage(&copy);
        let error = other.restore(&copy, Present::Refuse).unwrap_err();
        assert!(message(&error).contains(part), "{error:#}");
        assert!(!other.path("data").exists());
        fs::remove_dir_all(copy).unwrap();
    };
    refused(
        &|copy| fs::write(copy.join("data/guards.json"), "[]").unwrap(),
        "data/guards.json",
    );
    refused(
        &|copy| fs::remove_file(copy.join("data/leadgate.db")).unwrap(),
        "data/leadgate.db",
    );
    refused(
        &|copy| fs::remove_file(copy.join("manifest.json")).unwrap(),
        "no manifest.json",
    );
    refused(
        &|copy| fs::write(copy.join("manifest.json"), "{").unwrap(),
        "cannot be read",
    );
    let put = |copy: &Path, from: &str, to: &str| {
        let path = copy.join("manifest.json");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
    };
    refused(
        &|copy| put(copy, "\"format\": 1", "\"format\": 2"),
        "format 2",
    );
    refused(
        &|copy| put(copy, "data/guards.json", "data/../../x"),
        "data/../../x",
    );
    for name in [
        "/etc/passwd",
        "data/leadgate.db-wal",
        "data/leadgate.lock",
        "other/x",
    ] {
        refused(&|copy| put(copy, "data/guards.json", name), name);
    }
    refused(
        &|copy| put(copy, "data/leadgate.db", "data/other.db"),
        "no database",
    );
}

#[tokio::test]
async fn a_restore_that_fails_puts_back_what_was_there() {
    let home = Home::new();
    let store = home.open();
    assert!(is_new(&store, 1).await);
    home.make("copy").unwrap();
    store.close().await;
    drop(store);
    // a database that is none, with the sum of what it is now
    let (database, manifest) = ("copy/data/leadgate.db", "copy/manifest.json");
    let before = files::sum(&home.path(database), &mut |_| {}).unwrap();
    home.write(database, "no database");
    let after = files::sum(&home.path(database), &mut |_| {}).unwrap();
    let text = home.read(manifest);
    let text = text.replace(&before.sha256, &after.sha256).replace(
        &format!(": {}", before.bytes),
        &format!(": {}", after.bytes),
    );
    home.write(manifest, &text);

    assert!(verify(&home.path("copy"), STORE, &mut |_| {}).is_err());
    assert!(home.restore(&home.path("copy"), Present::SetAside).is_err());
    assert_eq!(
        Store::check_copy(&home.path("data/leadgate.db")).unwrap(),
        1
    );

    let places = home.places();
    let found = restore::found_in(&places.data, STORE).unwrap();
    let aside = restore::set_aside(&places.data, &found, now()).unwrap();
    home.write("data/leadgate.db", "half of a copy");
    restore::put_back(&places, aside.as_deref());
    assert_eq!(
        Store::check_copy(&home.path("data/leadgate.db")).unwrap(),
        1
    );
    assert_eq!(home.read("data/guards.json"), "{}");
}

#[cfg(unix)]
#[tokio::test]
async fn profiles_that_are_links_are_copied() {
    let home = Home::new();
    home.open().close().await;
    home.write("elsewhere/b.yaml", "name: B\n");
    std::os::unix::fs::symlink(home.path("elsewhere/b.yaml"), home.path("mappings/b.yaml"))
        .unwrap();
    home.make("copy").unwrap();
    assert_eq!(home.read("copy/mappings/b.yaml"), "name: B\n");
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_leaves_nothing() {
    let home = Home::new();
    home.open().close().await;
    home.write("taken/file", "");
    let refused = home.make("taken").unwrap_err();
    assert!(message(&refused).contains("exists already"), "{refused:#}");

    fs::write(
        home.path("data/leadgate.db"),
        "no database, but longer than the header of one".repeat(9),
    )
    .unwrap();
    assert!(home.make("copy").is_err());
    assert!(!home.path("copy").exists());
    assert!(!home.path("copy.part").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_a_copy_and_links_are_not_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let home = Home::new();
    home.write("outside", "not ours");
    symlink(home.path("outside"), home.path("data/link")).unwrap();
    home.open().close().await;
    home.make("copy").unwrap();
    let mode = |name: &str| fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("copy"), 0o700);
    assert_eq!(mode("copy/data"), 0o700);
    for file in [
        "manifest.json",
        "data/leadgate.db",
        "data/guards.json",
        "mappings/forms/a.yaml",
    ] {
        assert_eq!(mode(&format!("copy/{file}")), 0o600, "{file}");
    }
    assert!(!home.path("copy/data/link").exists());
}
