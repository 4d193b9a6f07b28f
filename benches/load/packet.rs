//! The survey portal's documented packet, from a new person each time.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

const PRINTED: &str = include_str!("../../tests/fixtures/polls/post_answer.json");
const ANSWER: &str = "\"answer_id\":345";
const EMAIL: &str = "\"email\":\"<test@dev.null>\"";

/// One sequence for all answers, like the survey portal's numbers.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// The constant parts of the body, without the backslashes of the documentation.
static PARTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let whole = PRINTED.replace("\\_", "_");
    let (head, rest) = whole.split_once(ANSWER).expect("an answer's number");
    let (middle, tail) = rest.split_once(EMAIL).expect("an e-mail address");
    [head, middle, tail].map(str::to_owned)
});

/// Returns the next person's answer.
pub(crate) fn next() -> String {
    numbered(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Returns the answer with this number, of a person with this number.
pub(crate) fn numbered(number: u32) -> String {
    let [head, middle, tail] = &*PARTS;
    format!(
        "{head}\"answer_id\":{number}{middle}\"phone\":\"+7{:010}\",\"email\":\"p{number}@mail.example\"{tail}",
        9_120_000_000 + u64::from(number)
    )
}
