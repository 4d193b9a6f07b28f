//! Users, sessions and the audit log of the console.

use serde_json::json;

use super::*;
use crate::domain::{AuditEntry, ConsoleSession, ConsoleUser, Role};

fn user(name: &str, role: Role) -> ConsoleUser {
    ConsoleUser {
        name: name.to_owned(),
        role,
        password: PASSWORD.to_owned(),
        created_at: at(1),
    }
}

/// The hash of the password of [`user`].
const PASSWORD: &str = "$argon2id$…";

fn session(user: &str, role: Role) -> ConsoleSession {
    ConsoleSession {
        user: user.to_owned(),
        role,
        created_at: at(1),
        expires_at: at(9),
    }
}

async fn a_session_has_the_current_role_of_its_user_and_ends_with_the_user<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    assert!(
        store
            .add_console_user(user("olga", Role::Author))
            .await
            .unwrap()
    );
    assert!(
        !store
            .add_console_user(user("olga", Role::Admin))
            .await
            .unwrap()
    );
    let of_olga = session("olga", Role::Author);
    store
        .add_console_session([1; 32], of_olga.clone(), Some(PASSWORD.to_owned()))
        .await
        .unwrap();
    let found = |now| store.console_session([1; 32], at(now));
    assert_eq!(found(5).await.unwrap(), Some(of_olga));
    assert_eq!(found(9).await.unwrap(), None);
    assert!(
        store
            .set_console_role("olga".to_owned(), Role::Viewer)
            .await
            .unwrap()
    );
    assert_eq!(found(5).await.unwrap().unwrap().role, Role::Viewer);
    assert!(store.remove_console_user("olga".to_owned()).await.unwrap());
    assert_eq!(found(5).await.unwrap(), None);
    // a sign-in that began before the user was removed
    let late = session("olga", Role::Admin);
    let begun = store.add_console_session([3; 32], late, Some(PASSWORD.to_owned()));
    assert!(!begun.await.unwrap());
    assert_eq!(store.console_users().await.unwrap(), []);
}

async fn a_new_password_ends_all_sessions_of_its_user_only<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    store
        .add_console_user(user("olga", Role::Author))
        .await
        .unwrap();
    store
        .add_console_session(
            [1; 32],
            session("olga", Role::Author),
            Some(PASSWORD.to_owned()),
        )
        .await
        .unwrap();
    // somebody who came by a link of the start is no user of the store
    store
        .add_console_session([2; 32], session("link", Role::Admin), None)
        .await
        .unwrap();
    let counts = store.console_session_counts(at(5)).await.unwrap();
    assert_eq!((counts["olga"], counts["link"]), (1, 1));
    let new = store.set_console_password("olga".to_owned(), "new".to_owned());
    assert!(new.await.unwrap());
    assert_eq!(store.console_session([1; 32], at(5)).await.unwrap(), None);
    let link = store.console_session([2; 32], at(5)).await.unwrap();
    assert_eq!(link, Some(session("link", Role::Admin)));
    assert_eq!(
        store
            .remove_console_sessions("link".to_owned())
            .await
            .unwrap(),
        1
    );
    assert_eq!(store.console_session([2; 32], at(5)).await.unwrap(), None);
}

async fn the_sessions_of_a_portal_end_together<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let names = [
        "a.example/1",
        "a.example/22",
        "a.example.org/1",
        "a.example",
        "b/1",
    ];
    for (number, name) in (1..).zip(names) {
        store
            .add_console_session([number; 32], session(name, Role::Viewer), None)
            .await
            .unwrap();
    }
    let ended = store.remove_console_sessions_of_portal("a.example".to_owned());
    assert_eq!(ended.await.unwrap(), 2);
    let counts = store.console_session_counts(at(5)).await.unwrap();
    let left: Vec<&str> = counts.keys().map(String::as_str).collect();
    assert_eq!(left, ["a.example", "a.example.org/1", "b/1"]);
}

async fn the_audit_log_is_read_from_its_end_page_by_page<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let entry = |second| AuditEntry {
        at: at(second),
        who: "olga".to_owned(),
        action: "profile-saved".to_owned(),
        about: "order.yaml".to_owned(),
        details: json!({"edition": second}),
    };
    for second in 1..=5 {
        store.add_audit(entry(second)).await.unwrap();
    }
    let page = store.audit(None, 2).await.unwrap();
    assert_eq!([&page[0].1, &page[1].1], [&entry(5), &entry(4)]);
    let page = store.audit(Some(page[1].0), 9).await.unwrap();
    let rest: Vec<_> = page.into_iter().map(|(_, entry)| entry).collect();
    assert_eq!(rest, [entry(3), entry(2), entry(1)]);
}

contract! {
    a_session_has_the_current_role_of_its_user_and_ends_with_the_user,
    a_new_password_ends_all_sessions_of_its_user_only,
    the_sessions_of_a_portal_end_together,
    the_audit_log_is_read_from_its_end_page_by_page,
}
