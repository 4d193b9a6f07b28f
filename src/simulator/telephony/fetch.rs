//! Fetches the recordings that `telephony.externalCall.attachRecord` names by address. The portal
//! does it at once, before it answers; the sandbox does it before the method runs.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::{METHOD_ATTACH, text};
use crate::simulator::{
    batch::{self, COMMANDS},
    fetched::{Fetched, FetchedFile},
    references::Maps,
};

/// How long a file may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The sandbox fetches no more than this; the limit of the portal is unknown.
const MOST_BYTES: usize = 32 << 20;

/// Fetches what a call needs.
pub(in crate::simulator) async fn fetch(method: &str, params: &Value) -> Fetched {
    let mut fetched = Fetched::new();
    for address in addresses(method, params) {
        let file = fetch_one(&address).await;
        fetched.insert(address, file);
    }
    fetched
}

/// Returns the addresses in a call or in the commands of a batch.
fn addresses(method: &str, params: &Value) -> BTreeSet<String> {
    let address = |method: &str, params: &Value| {
        let is_it = method.eq_ignore_ascii_case(METHOD_ATTACH);
        Some(text(params, "RECORD_URL")).filter(|url| is_it && !url.is_empty())
    };
    if method.eq_ignore_ascii_case("batch") {
        let commands = batch::commands(params).into_iter().take(COMMANDS);
        return commands
            .filter(|it| it.method.eq_ignore_ascii_case(METHOD_ATTACH))
            .filter_map(|it| address(&it.method, &it.params(&Maps::default())))
            .collect();
    }
    address(method, params).into_iter().collect()
}

async fn fetch_one(address: &str) -> FetchedFile {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let Ok(client) = client.build() else {
        return FetchedFile::Unreachable;
    };
    let Ok(mut reply) = client.get(address).send().await else {
        return FetchedFile::Unreachable;
    };
    if reply.status() != reqwest::StatusCode::OK {
        return FetchedFile::Status(reply.status().as_u16());
    }
    let disposition = reply.headers().get(reqwest::header::CONTENT_DISPOSITION);
    let disposition = disposition.and_then(|value| value.to_str().ok());
    let name = disposition.and_then(file_name);
    let mut content = Vec::new();
    loop {
        match reply.chunk().await {
            Ok(Some(chunk)) if content.len() + chunk.len() <= MOST_BYTES => {
                content.extend_from_slice(&chunk);
            }
            Ok(None) => return FetchedFile::File { name, content },
            Ok(Some(_)) | Err(_) => return FetchedFile::Unreachable,
        }
    }
}

fn file_name(disposition: &str) -> Option<String> {
    let (_, after) = disposition.split_once("filename=")?;
    let name = after.split(';').next()?.trim().trim_matches('"');
    (!name.is_empty()).then(|| name.to_owned())
}
