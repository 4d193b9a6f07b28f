//! The registered polls.

use super::*;
use crate::domain::{Activation, Lang};

fn activation(number: i64, name: &str, second: i64) -> Activation {
    Activation {
        id: poll(number),
        name: Some(name.to_owned()),
        language: Lang::Ru,
        employee: None,
        at: at(second),
    }
}

async fn the_latest_registration_describes_a_poll_and_each_one_changes_the_stamp<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    assert_eq!(store.poll(poll(7)).await.unwrap(), None);
    let (_, first) = store.activate(activation(7, "old", 1)).await.unwrap();
    let (renamed, second) = store.activate(activation(7, "new", 2)).await.unwrap();
    let (_, third) = store.activate(activation(8, "other", 3)).await.unwrap();
    assert_eq!(renamed.name.as_deref(), Some("new"));
    assert_eq!((first.polls, second.polls, third.polls), (1, 1, 2));
    assert!(first.activations < second.activations && second.activations < third.activations);
    store.close().await;
    let store = folder.store();
    let (polls, stamp) = store.polls().unwrap();
    assert_eq!((polls.len(), stamp), (2, third));
    assert_eq!(store.poll(poll(7)).await.unwrap(), Some(renamed));
}

contract! {
    the_latest_registration_describes_a_poll_and_each_one_changes_the_stamp,
}
