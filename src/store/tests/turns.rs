//! The turns of a rotation.

use super::*;

async fn a_submission_keeps_its_turn_and_no_two_of_a_rotation_share_one<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let mut ids = Vec::new();
    for number in 1..=4 {
        ids.push(admit(&store, &answer(number, "x")).await.unwrap().id());
    }
    let of = |rotation: &str, ids: &[crate::domain::SubmissionId]| {
        let wanted = ids.iter().map(|id| (rotation.to_owned(), *id)).collect();
        store.turns(wanted)
    };
    assert_eq!(of("sales", &ids[..2]).await.unwrap(), [0, 1]);
    assert_eq!(of("support", &ids[1..3]).await.unwrap(), [0, 1]);
    assert_eq!(of("sales", &ids).await.unwrap(), [0, 1, 2, 3]);
    store.close().await;
    let store = folder.store();
    let wanted = vec![("sales".to_owned(), ids[1]), ("sales".to_owned(), ids[0])];
    assert_eq!(store.turns(wanted).await.unwrap(), [1, 0]);
}

contract! {
    a_submission_keeps_its_turn_and_no_two_of_a_rotation_share_one,
}
