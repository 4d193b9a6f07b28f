//! The letter of a step: its texts, its addresses, and the files that fit into it.

use super::{Attachment, Letter};
use crate::delivery::Job;
use crate::domain::file::{FileFault, file_size};
use crate::domain::text::has_russian;
use crate::domain::{
    Email, Explanation, FileExplanation, FileOutcome, Lang, MailCause, MailFailure, MailStep,
    PlannedFile, StepText, SubmissionId, bilingual,
};

/// Bytes that a letter or a part of it has besides its content.
const HEADERS: u64 = 1024;

/// A letter, and what does not go with it.
pub(super) struct Composed {
    pub(super) letter: Letter,
    /// Says which files are left out, and why.
    pub(super) left_out: Vec<Explanation>,
}

/// Returns the id of a letter: the same for every attempt.
pub fn letter_id(submission: SubmissionId, step: &str) -> String {
    format!("{submission}.{step}")
}

/// Returns the letter of a step in which everything is filled in. Files without a content are left
/// out, and those with which it would have more bytes than the limit.
pub(super) fn letter(
    id: String,
    step: &MailStep,
    job: &Job,
    limit: u64,
) -> Result<Composed, MailFailure> {
    let mut letter = Letter {
        id,
        to: recipients(step)?,
        reply_to: step
            .reply_to
            .as_ref()
            .map(|text| address("reply_to", text))
            .transpose()?,
        subject: step.subject.shown().to_owned(),
        text: step
            .text
            .as_ref()
            .map(StepText::shown)
            .unwrap_or_default()
            .to_owned(),
        html: step.html.as_ref().map(|text| text.shown().to_owned()),
        attachments: Vec::new(),
    };
    let texts = [Some(&letter.text), letter.html.as_ref()];
    let texts = texts
        .into_iter()
        .flatten()
        .map(|text| part_size(text.len()));
    let mut size: u64 = HEADERS + texts.sum::<u64>();
    if size > limit {
        return Err(MailFailure::Unwritable(MailCause::TooLarge { limit }));
    }
    let (mut left_out, mut too_large) = (Vec::new(), Vec::new());
    for file in &step.files {
        let content = match job.files.get(&file.place) {
            Ok(content) => content,
            Err(fault) => {
                left_out.push(explanation(job, file, fault));
                continue;
            }
        };
        if size.saturating_add(part_size(content.len())) > limit {
            left_out.push(explanation(job, file, FileFault::Letter));
            let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
            too_large.push(format!("{} ({})", file.name.as_str(), file_size(length)));
            continue;
        }
        size = size.saturating_add(part_size(content.len()));
        letter.attachments.push(Attachment {
            name: file.name.as_str().to_owned(),
            media_type: file.kind.clone(),
            content: content.clone(),
        });
    }
    if !too_large.is_empty() {
        mention(&mut letter, job.id, &too_large.join(", "));
    }
    Ok(Composed { letter, left_out })
}

/// Returns how many bytes of a letter a content takes: 76 characters and a line break for each 57
/// bytes (RFC 2045, 6.8).
fn part_size(bytes: usize) -> u64 {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    bytes
        .div_ceil(57)
        .saturating_mul(78)
        .saturating_add(HEADERS)
}

fn recipients(step: &MailStep) -> Result<Vec<Email>, MailFailure> {
    let mut to: Vec<Email> = Vec::with_capacity(step.to.len());
    for text in &step.to {
        let email = address("to", text)?;
        // two fields of a form may have the same address
        if !to.contains(&email) {
            to.push(email);
        }
    }
    if to.is_empty() {
        return Err(no_address("to"));
    }
    Ok(to)
}

fn address(key: &str, text: &StepText) -> Result<Email, MailFailure> {
    Email::parse(text.shown()).ok_or_else(|| no_address(key))
}

fn no_address(key: &str) -> MailFailure {
    MailFailure::NoAddress {
        key: key.to_owned(),
    }
}

fn explanation(job: &Job, file: &PlannedFile, fault: FileFault) -> Explanation {
    Explanation::File(FileExplanation {
        field: format!("{}.files", job.step.name),
        place: file.place.clone(),
        what: FileOutcome::LeftOut(fault),
    })
}

/// Adds a sentence that names the files which do not fit, in the language of the letter.
fn mention(letter: &mut Letter, submission: SubmissionId, files: &str) {
    let lang = if has_russian(&letter.text) || has_russian(&letter.subject) {
        Lang::Ru
    } else {
        Lang::En
    };
    let sentence = bilingual!(
        "These files are too large for this letter: {files}. Submission {submission}.",
        "Эти файлы слишком велики для письма: {files}. Обращение {submission}."
    )
    .pick(lang);
    if let Some(html) = &mut letter.html {
        let end = html
            .to_ascii_lowercase()
            .rfind("</body>")
            .unwrap_or(html.len());
        html.insert_str(end, &maud::html! { p { (sentence) } }.into_string());
    }
    if !letter.text.is_empty() || letter.html.is_none() {
        let text = letter.text.trim_end();
        letter.text = format!("{text}\n\n{sentence}\n");
    }
}
