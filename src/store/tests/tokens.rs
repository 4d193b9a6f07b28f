//! Tokens of the API are found by their hashes and removed by their names.

use super::*;
use crate::domain::{ApiScope, ApiToken};

fn token(name: &str) -> ApiToken {
    ApiToken {
        name: name.to_owned(),
        scopes: vec![ApiScope::ReadSubmissions],
        created_at: at(1),
        expires_at: None,
    }
}

async fn a_token_is_found_by_its_hash_until_it_is_removed<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let ends = ApiToken {
        expires_at: Some(at(9)),
        scopes: Vec::new(),
        ..token("a")
    };
    assert!(store.add_token([1; 32], token("b")).await.unwrap());
    assert!(store.add_token([2; 32], ends.clone()).await.unwrap());
    assert!(!store.add_token([3; 32], token("b")).await.unwrap());
    assert_eq!(store.token([1; 32]).await.unwrap(), Some(token("b")));
    assert_eq!(store.token([3; 32]).await.unwrap(), None);
    assert_eq!(store.tokens().unwrap(), [ends, token("b")]);
    assert!(store.remove_token("b".to_owned()).await.unwrap());
    assert!(!store.remove_token("b".to_owned()).await.unwrap());
    assert_eq!(store.token([1; 32]).await.unwrap(), None);
    assert!(store.add_token([3; 32], token("b")).await.unwrap());
}

contract! {
    a_token_is_found_by_its_hash_until_it_is_removed,
}
