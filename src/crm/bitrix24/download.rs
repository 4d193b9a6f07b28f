//! Downloads files that the portal has, to compare them with files that are to be written: rows
//! tell only their ids.

use reqwest::Url;
use reqwest::header::CONTENT_LENGTH;

use super::Connection;
use super::rate::Priority;
use super::rest::{Rest, transport};
use crate::crm::error::CrmError;
use crate::crm::query::StoredFile;
use crate::domain::NoAnswer;

impl Connection {
    /// Returns the content of a file if it has one of these sizes; `None` if it has not, or if the
    /// portal does not give it.
    ///
    /// # Errors
    /// If the portal cannot be asked now.
    pub async fn download(
        &self,
        file: &StoredFile,
        sizes: &[usize],
    ) -> Result<Option<Vec<u8>>, CrmError> {
        let Some(address) = self.rest.file_address(&file.address) else {
            return Ok(None);
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
    fn file_address(&self, address: &str) -> Option<Url> {
        let base = self.base();
        let address = base.join(address).ok()?;
        let is_same = address.host_str() == base.host_str()
            && address.port_or_known_default() == base.port_or_known_default()
            && address.scheme() == base.scheme();
        is_same.then_some(address)
    }

    async fn fetch(&self, address: Url, sizes: &[usize]) -> Result<Option<Vec<u8>>, CrmError> {
        let mut response = self.http().get(address).send().await.map_err(transport)?;
        let status = response.status();
        if status.is_server_error() {
            let why = NoAnswer::NotJson {
                status: status.as_u16(),
            };
            return Err(CrmError::Unknown { why });
        }
        if !status.is_success() {
            return Ok(None);
        }
        let length = response.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| !sizes.contains(&length)) {
            return Ok(None);
        }
        let most = sizes.iter().copied().max().unwrap_or_default();
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            if content.len() + chunk.len() > most {
                return Ok(None);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(Some(content))
    }
}
