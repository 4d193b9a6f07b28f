//! Every registered poll stays known, whatever happens to the cache's folder.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::domain::{Email, Lang};
use crate::store::testing::{Folder, at, poll};

fn activation(number: i64, language: Lang, second: i64) -> Activation {
    Activation {
        id: poll(number),
        name: Some(format!("poll-{number}")),
        language,
        employee: Email::parse("admin@example.com"),
        at: at(second),
    }
}

struct Place {
    folder: Folder,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let folder = Folder::new();
        let store = folder.store();
        Self { folder, store }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path("polls")
    }

    fn open(&self) -> (PollRegistry, CacheState) {
        let (registry, report) = PollRegistry::open(&self.cache(), self.store.clone()).unwrap();
        (registry, report.cache)
    }

    /// Registers polls 1 to 9 and closes the registry.
    async fn filled() -> Self {
        let place = Self::new();
        let (registry, state) = place.open();
        assert_eq!(state, CacheState::Filled);
        for number in 1..=9 {
            registry
                .register(activation(number, Lang::En, number))
                .await
                .unwrap();
        }
        place
    }

    /// Opens the registry and checks that it knows all polls. Returns the state of the cache.
    async fn still_knows_all(&self) -> CacheState {
        let (registry, state) = self.open();
        for number in 1..=9 {
            let known = registry.get(poll(number)).await.unwrap().unwrap();
            assert_eq!(known.language, Lang::En);
        }
        registry
            .register(activation(10, Lang::Ru, 10))
            .await
            .unwrap();
        drop(registry);
        let (registry, after) = self.open();
        // damage may show only at the second start; a new folder is sound
        if state != CacheState::Sound {
            assert_eq!(after, CacheState::Sound, "after {state:?}");
        }
        assert!(registry.get(poll(10)).await.unwrap().is_some());
        state
    }
}

#[tokio::test]
async fn a_poll_is_registered_and_registered_again() {
    let place = Place::new();
    let (registry, _) = place.open();
    assert_eq!(registry.get(poll(123)).await.unwrap(), None);
    let first = registry
        .register(activation(123, Lang::Ru, 1))
        .await
        .unwrap();
    assert_eq!((first.activations, first.registered_at), (1, at(1)));
    let mut again = activation(123, Lang::En, 2);
    (again.name, again.employee) = (None, None);
    let second = registry.register(again).await.unwrap();
    assert_eq!(
        second,
        Poll {
            language: Lang::En,
            activated_at: at(2),
            activations: 2,
            ..first
        }
    );
    assert_eq!(registry.get(poll(123)).await.unwrap(), Some(second.into()));
}

#[tokio::test]
async fn a_cancelled_registration_leaves_no_outdated_entry() {
    let place = Place::filled().await;
    let (registry, _) = place.open();
    {
        let register = registry.register(activation(9, Lang::Ru, 99));
        tokio::pin!(register);
        assert!(futures_util::poll!(register.as_mut()).is_pending());
    }
    // this one is behind it in the store's queue
    registry
        .register(activation(8, Lang::En, 99))
        .await
        .unwrap();
    let known = registry.get(poll(9)).await.unwrap().unwrap();
    assert_eq!(known.language, Lang::Ru);
}

#[tokio::test]
async fn a_sound_cache_is_used_as_it_is() {
    let place = Place::filled().await;
    let (registry, state) = place.open();
    assert_eq!(state, CacheState::Sound);
    assert!(registry.get(poll(9)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_deleted_or_empty_folder_is_filled_again() {
    let place = Place::filled().await;
    fs::remove_dir_all(place.cache()).unwrap();
    assert_eq!(place.still_knows_all().await, CacheState::Filled);

    let place = Place::filled().await;
    fs::remove_dir_all(place.cache()).unwrap();
    fs::create_dir(place.cache()).unwrap();
    assert_eq!(place.still_knows_all().await, CacheState::Stale);
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_is_set_aside() {
    let place = Place::filled().await;
    fs::remove_dir_all(place.cache()).unwrap();
    fs::write(place.cache(), "no folder").unwrap();
    let state = place.still_knows_all().await;
    assert!(matches!(state, CacheState::Replaced { .. }), "{state:?}");
    assert!(place.folder.path("polls.broken").is_file());
}

#[tokio::test]
async fn a_cache_that_missed_a_registration_is_filled_again() {
    let place = Place::filled().await;
    place
        .store
        .activate(activation(9, Lang::Ru, 99))
        .await
        .unwrap();
    let (registry, state) = place.open();
    assert_eq!(state, CacheState::Stale);
    let known = registry.get(poll(9)).await.unwrap().unwrap();
    assert_eq!((known.language, known.activations), (Lang::Ru, 2));
}

#[tokio::test]
async fn the_cache_of_another_store_is_filled_again() {
    let theirs = Place::filled().await;
    let ours = Place::new();
    fs::rename(theirs.cache(), ours.cache()).unwrap();
    let (registry, state) = ours.open();
    assert_eq!(state, CacheState::Stale);
    assert_eq!(registry.get(poll(1)).await.unwrap(), None);
}

fn random_below(random: &mut impl FnMut() -> u64, limit: usize) -> usize {
    usize::try_from(random() % u64::try_from(limit).unwrap()).unwrap()
}

/// Returns all files of the cache in a fixed order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn damage_to_any_file_loses_no_poll() {
    let place = Place::filled().await;
    let mut randomness = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        randomness ^= randomness << 13;
        randomness ^= randomness >> 7;
        randomness ^= randomness << 17;
        randomness
    };
    let mut states = Vec::new();
    for round in 0..36 {
        let files = files(&place.cache());
        // all files, or only one: sled trusts a sound one longer
        let only = (round % 3 != 0).then(|| random_below(&mut random, files.len()));
        for (number, file) in files.into_iter().enumerate() {
            if only.is_some_and(|only| only != number) {
                continue;
            }
            let mut bytes = fs::read(&file).unwrap();
            let length = bytes.len();
            let place = random_below(&mut random, 1 + length);
            match round / 3 % 4 {
                0 => bytes.truncate(place),
                1 => bytes
                    .iter_mut()
                    .for_each(|byte| *byte = random().to_le_bytes()[0]),
                2 => bytes
                    .iter_mut()
                    .skip(place)
                    .take(64)
                    .for_each(|byte| *byte = !*byte),
                _ => bytes.iter_mut().take(512).for_each(|byte| *byte = 0),
            }
            fs::write(&file, bytes).unwrap();
        }
        states.push(place.still_knows_all().await);
    }
    assert!(
        states.iter().any(|state| *state != CacheState::Sound),
        "{states:?}"
    );
}

#[tokio::test]
async fn the_store_answers_if_there_can_be_no_cache() {
    let place = Place::filled().await;
    fs::write(place.folder.path("file"), "x").unwrap();
    let folder = place.folder.path("file").join("polls");
    let (registry, report) = PollRegistry::open(&folder, place.store.clone()).unwrap();
    assert!(matches!(report.cache, CacheState::Missing { .. }));
    assert!(report.is_warning());
    assert!(report.to_string().contains("the store answers"), "{report}");
    registry
        .register(activation(10, Lang::Ru, 10))
        .await
        .unwrap();
    for number in 1..=10 {
        assert!(registry.get(poll(number)).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cache_and_store_agree_after_concurrent_registrations() {
    let place = Place::new();
    let (registry, _) = place.open();
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let registry = registry.clone();
            let language = if number % 2 == 0 { Lang::Ru } else { Lang::En };
            tokio::spawn(async move {
                registry
                    .register(activation(1 + number % 3, language, number))
                    .await
                    .unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for number in 1..=3 {
        let stored = place.store.poll(poll(number)).await.unwrap();
        assert_eq!(
            registry.get(poll(number)).await.unwrap(),
            stored.map(Into::into)
        );
    }
    drop(registry);
    assert_eq!(place.open().1, CacheState::Sound);
}

#[tokio::test]
async fn other_values_survive_a_restart() {
    let place = Place::filled().await;
    let (registry, _) = place.open();
    assert_eq!(registry.values().get::<String>("a"), None);
    registry.values().insert("a", &"cached");
    drop(registry);
    let (registry, state) = place.open();
    assert_eq!(
        state,
        CacheState::Sound,
        "other values do not concern the polls"
    );
    assert_eq!(
        registry.values().get::<String>("a").as_deref(),
        Some("cached")
    );
    assert_eq!(registry.values().get::<u64>("a"), None, "of another format");
}
