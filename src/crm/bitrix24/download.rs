//! Downloads files that the portal has, to compare them with files that are to be written: rows
//! tell only their ids.

use reqwest::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName,
};
use reqwest::{StatusCode, Url};

use super::Connection;
use super::rate::Priority;
use super::rest::{Rest, transport};
use crate::crm::error::CrmError;
use crate::crm::query::{StoredContent, StoredFile};
use crate::domain::NoAnswer;

impl Connection {
    /// Returns the content of a file if it has one of these sizes.
    ///
    /// # Errors
    /// If the portal cannot be asked now.
    pub async fn download(
        &self,
        file: &StoredFile,
        sizes: &[usize],
    ) -> Result<StoredContent, CrmError> {
        let Some(address) = self.rest.file_address(&file.address) else {
            return Ok(StoredContent::Unreadable);
        };
        let permit = self.pacer.acquire(Priority::Submission).await;
        let content = self.rest.fetch(address, sizes).await;
        drop(permit);
        content
    }
}

impl Rest {
    /// Returns the address of a file on the portal; the vendor gives absolute and relative ones. No
    /// other host is asked.
    pub(super) fn file_address(&self, address: &str) -> Option<Url> {
        let base = self.base();
        let address = base.join(address).ok()?;
        let is_same = address.host_str() == base.host_str()
            && address.port_or_known_default() == base.port_or_known_default()
            && address.scheme() == base.scheme();
        is_same.then_some(address)
    }

    async fn fetch(&self, address: Url, sizes: &[usize]) -> Result<StoredContent, CrmError> {
        let mut response = self.http().get(address).send().await.map_err(transport)?;
        if let Some(known) = by_head(response.status(), response.headers(), sizes)? {
            return Ok(known);
        }
        let most = sizes.iter().copied().max().unwrap_or_default();
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            if content.len() + chunk.len() > most {
                return Ok(StoredContent::OtherSize);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(StoredContent::Read(content))
    }
}

/// Returns what the head of an answer says; `None` if the body has to be read. A page instead of the
/// file, such as a login form, says nothing about the file: real files have `Content-Disposition`.
fn by_head(
    status: StatusCode,
    headers: &HeaderMap,
    sizes: &[usize],
) -> Result<Option<StoredContent>, CrmError> {
    if status == StatusCode::TOO_MANY_REQUESTS {
        let code = "429".to_owned();
        return Err(CrmError::Throttled { code });
    }
    if status.is_server_error() {
        let why = NoAnswer::NotJson {
            status: status.as_u16(),
        };
        return Err(CrmError::Unknown { why });
    }
    let header = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = header(&CONTENT_TYPE).unwrap_or_default();
    let is_page = (kind.starts_with("text/html") || kind.starts_with("application/json"))
        && header(&CONTENT_DISPOSITION).is_none();
    let is_encoded = header(&CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if status != StatusCode::OK || is_page || is_encoded {
        return Ok(Some(StoredContent::Unreadable));
    }
    let length = header(&CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    let is_other = length.is_some_and(|length| !sizes.contains(&length));
    Ok(is_other.then_some(StoredContent::OtherSize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a head: the status, then headers, one a line.
    fn head(text: &str) -> Result<Option<StoredContent>, CrmError> {
        let mut lines = text.split(" | ");
        let status: u16 = lines.next().unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name: HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        by_head(StatusCode::from_u16(status).unwrap(), &headers, &[5, 7])
    }

    #[test]
    fn only_a_file_that_was_read_is_another_one() {
        use StoredContent::{OtherSize, Unreadable};
        for (text, expected) in [
            ("200", None),
            ("200 | content-length: 7", None),
            ("200 | content-length: 8", Some(OtherSize)),
            (
                "200 | content-length: 8 | content-encoding: gzip",
                Some(Unreadable),
            ),
            (
                "200 | content-length: 8 | content-type: text/html; charset=utf-8",
                Some(Unreadable),
            ),
            (
                "200 | content-length: 8 | content-type: application/json",
                Some(Unreadable),
            ),
            (
                "200 | content-length: 8 | content-type: text/html | content-disposition: attachment",
                Some(OtherSize),
            ),
            ("206 | content-length: 7", Some(Unreadable)),
            ("204", Some(Unreadable)),
            (
                "302 | location: https://example.bitrix24.ru/auth",
                Some(Unreadable),
            ),
            ("401", Some(Unreadable)),
            ("403", Some(Unreadable)),
            ("404", Some(Unreadable)),
        ] {
            assert_eq!(head(text), Ok(expected), "{text}");
        }
        assert!(matches!(head("429"), Err(CrmError::Throttled { .. })));
        assert!(matches!(head("503"), Err(CrmError::Unknown { .. })));
    }
}
