//! Versions of profiles are numbered for each file, found by their hash or edition, and bounded.

use super::*;
use crate::domain::{NewProfileVersion, ProfileVersion, VERSIONS_KEPT};

fn version(file: &str, text: &str) -> NewProfileVersion {
    NewProfileVersion {
        version: ProfileVersion {
            file: file.to_owned(),
            number: 0,
            hash: format!("hash of {text}"),
            at: at(1),
            who: None,
            note: String::new(),
            is_good: true,
        },
        text: text.to_owned(),
        edition: Some(format!("edition of {text}")),
    }
}

async fn keep(store: &Store, new: NewProfileVersion) -> u32 {
    store.keep_profile_versions(vec![new]).await.unwrap()[0]
}

async fn a_version_is_found_by_its_number_its_hash_and_its_edition<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    assert_eq!(keep(&store, version("a.yaml", "one")).await, 1);
    assert_eq!(keep(&store, version("a.yaml", "two")).await, 2);
    assert_eq!(keep(&store, version("b.yaml", "other")).await, 1);
    // a restored text is another version
    assert_eq!(keep(&store, version("a.yaml", "one")).await, 3);
    let (found, text) = store
        .profile_version("a.yaml".to_owned(), 2)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.number, text.as_str()), (2, "two"));
    for name in ["hash of one", "edition of one"] {
        let found = store.profile_version_of("a.yaml".to_owned(), name.to_owned());
        assert_eq!(found.await.unwrap().unwrap().0.number, 3);
    }
    let unknown = store.profile_version_of("b.yaml".to_owned(), "hash of one".to_owned());
    assert_eq!(unknown.await.unwrap(), None);
    let latest = store.latest_profile_versions().await.unwrap();
    let latest: Vec<_> = latest.iter().map(|one| (&*one.file, one.number)).collect();
    assert_eq!(latest, [("a.yaml", 3), ("b.yaml", 1)]);
}

async fn the_text_that_is_there_already_learns_who_saved_it<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    keep(&store, version("a.yaml", "one")).await;
    let mut saved = version("a.yaml", "one");
    saved.version.who = Some("olga".to_owned());
    saved.version.note = "a note".to_owned();
    assert_eq!(keep(&store, saved).await, 1);
    assert_eq!(keep(&store, version("a.yaml", "one")).await, 1);
    let list = store.profile_versions("a.yaml".to_owned(), None, 9);
    let list = list.await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].who.as_deref(), Some("olga"));
    assert_eq!(list[0].note, "a note");
}

async fn only_the_newest_versions_of_a_file_stay<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let all = (0..=VERSIONS_KEPT).map(|number| version("a.yaml", &number.to_string()));
    store.keep_profile_versions(all.collect()).await.unwrap();
    let list = store.profile_versions("a.yaml".to_owned(), Some(4), 9);
    let numbers: Vec<_> = list.await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [3, 2]);
}

contract! {
    a_version_is_found_by_its_number_its_hash_and_its_edition,
    the_text_that_is_there_already_learns_who_saved_it,
    only_the_newest_versions_of_a_file_stay,
}
