//! Which submissions are stored already.

use super::*;

async fn stored_and_erased_submissions_are_known<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let kept = answer(1, "kept");
    admit(&store, &kept).await.unwrap();
    let erased = answer(79_005_550_142, "erased");
    admit(&store, &erased).await.unwrap();
    let new = answer(3, "new");
    let all = [&kept, &erased, &new].map(|it| it.source.clone()).to_vec();
    assert_eq!(store.known(all.clone()).await.unwrap(), [true, true, false]);
    store.erase(vec![erased.id], |_| true).await.unwrap();
    assert_eq!(store.known(all.clone()).await.unwrap(), [true, true, false]);
    store.close().await;
    let store = folder.store();
    assert_eq!(store.known(all).await.unwrap(), [true, true, false]);
    assert_eq!(store.known(Vec::new()).await.unwrap(), Vec::<bool>::new());
}

contract! {
    stored_and_erased_submissions_are_known,
}
