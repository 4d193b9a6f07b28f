//! The shipped profiles compile without a warning and pass their examples,
//! `mappings/examples/<profile>/*.yaml`. A binary of its own, so that somebody who edits a profile
//! runs these tests and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use leadgate::author_tools::Example;
use leadgate::authoring::{Paint, ProfileFile, render};
use leadgate::domain::Lang;
use leadgate::profiles::{ProfileStore, render_report};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is part of the repository")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn the_shipped_profiles_do_what_their_examples_say() {
    let (store, report) = ProfileStore::open(folder("mappings"), folder("templates"));
    assert_eq!(
        report.problems,
        [],
        "{}",
        render_report(&report, Paint::Plain, Lang::En)
    );
    let set = store.current();
    let mut failures = Vec::new();
    let mut tried = 0;
    for profile in entries(&folder("mappings/examples")) {
        let stem = profile.file_name().unwrap().to_string_lossy().into_owned();
        assert!(set.by_file(&stem).is_some(), "no profile {stem}");
        for path in entries(&profile) {
            let name = format!("{stem}/{}", path.file_name().unwrap().to_string_lossy());
            let text = fs::read_to_string(&path).unwrap();
            let found = match Example::read(
                &ProfileFile {
                    name: name.clone(),
                    text,
                },
                &leadgate::intake::sources(),
                &store.channels(),
            ) {
                Ok(example) => {
                    let found = example.differences(&set, &stem);
                    found.iter().map(|what| format!("{what:?}")).collect()
                }
                Err(problems) => vec![render(&problems, Paint::Plain, Lang::En)],
            };
            failures.extend(found.into_iter().map(|what| format!("{name}: {what}")));
            tried += 1;
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(tried >= 8, "only {tried} examples");
}

#[test]
fn every_shipped_profile_has_an_example() {
    let (store, _) = ProfileStore::open(folder("mappings"), folder("templates"));
    for profile in store.current().profiles() {
        let examples = folder("mappings/examples").join(&profile.reference().file);
        assert!(examples.is_dir(), "{} has no example", profile.file());
    }
}
