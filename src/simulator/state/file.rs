//! The files of fields and comments, as the portal keeps them.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::simulator::php;

/// The sandbox keeps at most this many bytes; the contents of the oldest files go first.
const MOST_BYTES: usize = 32 << 20;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct PortalFile {
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) size: usize,
    /// `None` once newer files have taken its room.
    #[serde(with = "as_base64")]
    pub(in crate::simulator) content: Option<Vec<u8>>,
}

/// All files of the portal.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Files {
    last: u32,
    all: BTreeMap<u32, PortalFile>,
}

impl Files {
    /// Stores a file and returns its id; `None` if its content is not base64, which the portal drops
    /// without an error.
    pub(in crate::simulator) fn add(&mut self, name: &str, base64: &str) -> Option<u32> {
        let content = BASE64.decode(base64.trim().as_bytes()).ok()?;
        Some(self.add_content(name, content))
    }

    /// Stores a file and returns its id.
    pub(in crate::simulator) fn add_content(&mut self, name: &str, content: Vec<u8>) -> u32 {
        self.last += 1;
        let file = PortalFile {
            name: name
                .rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            size: content.len(),
            content: Some(content),
        };
        self.all.insert(self.last, file);
        self.make_room();
        self.last
    }

    fn make_room(&mut self) {
        let length = |file: &PortalFile| file.content.as_ref().map_or(0, Vec::len);
        let mut used: usize = self.all.values().map(length).sum();
        for file in self.all.values_mut() {
            if used <= MOST_BYTES {
                return;
            }
            used -= length(file);
            file.content = None;
        }
    }

    pub(in crate::simulator) fn get(&self, id: u32) -> Option<&PortalFile> {
        self.all.get(&id)
    }

    /// Stores what a method was sent: `[name, base64]`, or the classic `{fileData: [name, base64]}`
    /// (REST documentation, "How to Upload Files").
    pub(in crate::simulator) fn upload(&mut self, sent: &Value) -> Option<u32> {
        let pair = php::member(sent, "fileData").unwrap_or(sent);
        let parts = php::values(pair);
        let name = parts.first().and_then(|it| it.as_str())?;
        let content = parts.get(1).and_then(|it| it.as_str())?;
        self.add(name, content)
    }
}

/// Returns the token of a download address: without the portal's secret nobody can make one.
pub(in crate::simulator) fn token(secret: &str, id: u32) -> String {
    format!("{id}.{}", signed(secret, &format!("{id}")))
}

/// Returns the signature of what an address is for.
pub(in crate::simulator) fn signed(secret: &str, what: &str) -> String {
    let digest = digest(&SHA256, format!("{secret}/file/{what}").as_bytes());
    let hex = HEXLOWER.encode(digest.as_ref());
    hex.get(..32).unwrap_or_default().to_owned()
}

/// Returns the file that a token of a download address names.
pub(in crate::simulator) fn of_token(secret: &str, sent: &str) -> Option<u32> {
    let (id, _) = sent.split_once('.')?;
    let id = id.parse().ok()?;
    (token(secret, id) == sent).then_some(id)
}

mod as_base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the signature that serde requires")]
    pub(super) fn serialize<S: Serializer>(
        content: &Option<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = content.as_ref().map(|content| BASE64.encode(content));
        text.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let decode = |text: String| BASE64.decode(text.as_bytes()).map_err(D::Error::custom);
        text.map(decode).transpose()
    }
}
