//! Which submissions are stored already.

use bytes::Bytes;

use super::*;
use crate::domain::Source;

/// Returns the bodies of the stored ones.
async fn known(store: &Store, sources: &[Source]) -> Vec<Option<String>> {
    let known = store.known(sources.to_vec()).await.unwrap().into_iter();
    let body = |raw: Bytes| String::from_utf8(raw.to_vec()).unwrap();
    known.map(|known| known.map(|it| body(it.raw))).collect()
}

async fn stored_and_erased_submissions_are_known<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let kept = answer(1, "kept");
    admit(&store, &kept).await.unwrap();
    let erased = answer(79_005_550_142, "erased");
    admit(&store, &erased).await.unwrap();
    let new = answer(3, "new");
    let all = [&kept, &erased, &new].map(|it| it.source.clone()).to_vec();
    let bodies = [Some("kept"), Some("erased"), None].map(|body| body.map(str::to_owned));
    assert_eq!(known(&store, &all).await, bodies);
    store.erase(vec![erased.id], |_| true).await.unwrap();
    // nothing is left of it
    let bodies = [Some("kept"), Some(""), None].map(|body| body.map(str::to_owned));
    assert_eq!(known(&store, &all).await, bodies);
    store.close().await;
    let store = folder.store();
    assert_eq!(known(&store, &all).await, bodies);
    assert_eq!(store.known(Vec::new()).await.unwrap(), []);
}

contract! {
    stored_and_erased_submissions_are_known,
}
