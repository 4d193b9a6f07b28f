//! How long looking takes among a million: run by hand, with an optimised SQLite.
//! `cargo test --release --lib store::sqlite::tests::million -- --ignored --nocapture`

use std::time::Instant;

use super::*;
use crate::domain::SourceKinds;
use crate::store::Filter;

#[tokio::test]
#[ignore = "takes minutes"]
async fn searches_a_million_submissions() {
    let folder = Folder::new();
    let store = folder.store();
    let began = Instant::now();
    for part in 0..100 {
        store
            .write(move |tx| Ok(tx.execute_batch(&fill(part))?))
            .await
            .unwrap();
    }
    println!("filled in {:.1?}", began.elapsed());
    let began = Instant::now();
    let used = store.used().await.unwrap();
    println!("{used} bytes in use, asked in {:.1?}", began.elapsed());
    for words in [
        "79120500123",
        "8 912 050-01-23",
        "500123",
        "user500123@mail",
        "фамилия 500123",
        "анна",
        "Фамилиян",
        "нет такого",
        "123/500123",
    ] {
        let filter = Filter {
            text: Some(words.to_owned()),
            ..Filter::default()
        };
        let mut took = Vec::new();
        let mut found = 0;
        for _ in 0..5 {
            let began = Instant::now();
            found = store
                .search(&filter, 20, &SourceKinds::default(), &mut |_| ())
                .unwrap()
                .len();
            took.push(began.elapsed());
        }
        took.sort_unstable();
        println!(
            "{words}: {found} found, median {:.2?}, longest {:.2?}",
            took[2], took[4]
        );
    }
    let began = Instant::now();
    let done = store.purge(None, 200).await.unwrap();
    println!("{done} retired in {:.1?}", began.elapsed());
    let began = Instant::now();
    store.shrink().await.unwrap();
    println!("shrunk a step in {:.1?}", began.elapsed());
}

/// Ten thousand delivered answers with their texts in the index.
fn fill(part: u32) -> String {
    let first = part * 10_000 + 1;
    let last = first + 9_999;
    format!(
        r#"CREATE TEMP TABLE IF NOT EXISTS n (n INTEGER PRIMARY KEY);
        DELETE FROM n;
        WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last})
        INSERT INTO n SELECT n FROM c;
        INSERT INTO submissions (seq, id, identity, source, received_at, state, settled_at,
                                 raw)
        SELECT n, randomblob(16), 'polls/123/' || n, 'polls', n, 'delivered', n,
               CAST('{{"data":{{"firstname":"Анна","lastname":"Фамилия' || n || '","phone":"+7912'
                    || printf('%07d', n) || '","email":"user' || n || '@mail.example"}},"more":"'
                    || hex(randomblob(300)) || '"}}' AS BLOB) FROM n;
        INSERT INTO events (submission, at, attempt, kind, version, payload)
        SELECT n, n, 1, 'note', 1, '{{"text":"created deal ' || n || '"}}' FROM n;
        INSERT INTO search (rowid, text)
        SELECT n, 'polls/123/' || n || char(10) || lower(hex(randomblob(16))) || char(10) || 'анна'
                  || char(10) || 'фамилия' || n || char(10) || '7912' || printf('%07d', n) || char(10)
                  || '+7912' || printf('%07d', n) || char(10) || 'user' || n || '@mail.example'
                  || char(10) || 'vk_ads_' || (n % 50) || char(10) || 'https://portal.example/polls/123.html' || char(10) || 'created deal ' || n FROM n;
        INSERT INTO meta VALUES ('indexed_submission', {last})
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;
        INSERT INTO meta VALUES ('indexed_event', {last})
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;"#
    )
}
