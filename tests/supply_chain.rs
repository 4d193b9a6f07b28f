//! The packages in `Cargo.lock` follow `deny.toml`: licences, sources, versions. Needs no network.
//! A binary of its own, because it reads manifests and uses no code of this crate.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use figment::Figment;
use figment::providers::{Format as _, Toml};
use serde_json::Value;

fn policy(key: &str) -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let values: Vec<String> = Figment::from(Toml::file_exact(file))
        .extract_inner(key)
        .unwrap();
    values.into_iter().collect()
}

/// Name, version and source of every package in the lock file.
fn locked() -> Vec<BTreeMap<String, String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let text = std::fs::read_to_string(file).unwrap();
    let packages = text.split("[[package]]").skip(1).map(|package| {
        let pairs = package.lines().filter_map(|line| line.split_once(" = "));
        pairs
            .map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned()))
            .collect()
    });
    packages.collect()
}

#[test]
fn every_package_comes_from_the_public_registry_with_its_checksum() {
    for package in locked() {
        if package["name"] == "leadgate" {
            continue;
        }
        let source = package.get("source").map(String::as_str);
        let registry = Some("registry+https://github.com/rust-lang/crates.io-index");
        assert_eq!(source, registry, "{package:?}");
        assert_eq!(package["checksum"].len(), 64, "{package:?}");
    }
}

#[test]
fn no_package_is_there_in_two_versions_unless_it_is_listed() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in locked() {
        let of = versions.entry(package["name"].clone()).or_default();
        of.insert(package["version"].clone());
    }
    versions.retain(|_, versions| versions.len() > 1);
    let found: BTreeSet<String> = versions.into_keys().collect();
    assert_eq!(
        found,
        policy("bans.skip"),
        "deny.toml and Cargo.lock do not agree"
    );
}

#[test]
fn every_licence_is_allowed() {
    let host = Command::new("rustc").arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let metadata = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        // other systems' packages may not be on this machine
        .args(["--filter-platform", host])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&metadata.stderr);
    assert!(metadata.status.success(), "{errors}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let allowed = policy("licenses.allow");
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence, &allowed, &mut used) {
            wrong.push(format!(
                "{} {}: {licence}",
                package["name"], package["version"]
            ));
        }
    }
    assert!(wrong.is_empty(), "not in deny.toml:\n{}", wrong.join("\n"));
    let idle: Vec<_> = allowed.difference(&used).collect();
    assert!(
        idle.is_empty(),
        "allowed and not used, take them out: {idle:?}"
    );
}

/// Reads an SPDX expression: `OR` binds less than `AND`; older ones have a slash for `OR`.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let text = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words = text.split_whitespace().peekable();
    let is_allowed = any_of(&mut words, allowed, used);
    is_allowed && words.next().is_none()
}

type Words<'t> = std::iter::Peekable<std::str::SplitWhitespace<'t>>;

fn any_of(words: &mut Words<'_>, allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let mut found = all_of(words, allowed, used);
    while words.next_if_eq(&"OR").is_some() {
        found |= all_of(words, allowed, used);
    }
    found
}

fn all_of(words: &mut Words<'_>, allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let mut found = one(words, allowed, used);
    while words.next_if_eq(&"AND").is_some() {
        found &= one(words, allowed, used);
    }
    found
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let Some(word) = words.next() else {
        return false;
    };
    if word == "(" {
        let found = any_of(words, allowed, used);
        return words.next() == Some(")") && found;
    }
    let mut licence = word.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence += " WITH ";
        licence += words.next().unwrap_or_default();
    }
    let found = allowed.contains(&licence);
    if found {
        used.insert(licence);
    }
    found
}

#[test]
fn licence_expressions_are_read_as_spdx_says() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
    let allowed = allowed.map(str::to_owned).into_iter().collect();
    let check = |text: &str| is_allowed(text, &allowed, &mut BTreeSet::new());
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/GPL-3.0",
        "MIT AND ISC",
        "(GPL-3.0 OR MIT) AND ISC",
        "GPL-3.0 AND X OR MIT",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(check(good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "none",
        "(MIT",
        "MIT ISC",
        "Apache-2.0 WITH X",
        "mit",
    ] {
        assert!(!check(bad), "{bad}");
    }
}
