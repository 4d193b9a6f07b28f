//! Files that are uploaded apart from the call of a method, as a form (REST documentation, "How to Upload
//! Files").

use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::rest::{CallInfo, Rest, read, transport};
use crate::crm::error::CrmError;
use crate::domain::SubmissionId;

/// A form with one file.
pub(super) struct FileForm {
    boundary: String,
    body: Vec<u8>,
}

impl FileForm {
    /// Writes the form. The name of the file is leadgate's own and needs no quoting.
    pub(super) fn new(field: &str, name: &str, content: &[u8]) -> Self {
        // a random one is in no file
        let boundary = format!("leadgate-{}", SubmissionId::fresh());
        let plain = |text: &str| -> String {
            let is_safe = |c: &char| !matches!(c, '"' | '\\' | '\r' | '\n');
            text.chars().filter(is_safe).collect()
        };
        let (field, name) = (plain(field), plain(name));
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let mut body = Vec::with_capacity(head.len() + content.len() + tail.len());
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(tail.as_bytes());
        Self { boundary, body }
    }
}

impl Rest {
    /// Sends a form with a file to an address of the portal.
    pub(super) async fn upload(
        &self,
        address: Url,
        form: FileForm,
        within: Duration,
    ) -> (CallInfo, Result<Value, CrmError>) {
        let kind = format!("multipart/form-data; boundary={}", form.boundary);
        let request = self.http().post(address).timeout(within);
        let request = request.header(CONTENT_TYPE, kind).body(form.body);
        self.timed("upload", async {
            match request.send().await {
                Ok(response) => read("upload", response).await,
                Err(error) => (None, Err(transport(error))),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_the_file_between_its_boundaries() {
        let form = FileForm::new("file", "main-9e1d\".mp3", b"ID3\r\n--");
        let text = String::from_utf8(form.body).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        let first = format!("--{}", form.boundary);
        let wanted = [
            first.as_str(),
            "Content-Disposition: form-data; name=\"file\"; filename=\"main-9e1d.mp3\"",
            "Content-Type: application/octet-stream",
            "",
            "ID3",
            "--",
        ];
        assert_eq!(lines.get(..6).unwrap(), wanted);
        assert!(text.ends_with(&format!("\r\n--{}--\r\n", form.boundary)));
    }
}
