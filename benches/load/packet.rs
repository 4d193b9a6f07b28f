//! The survey portal's documented packet, from a new person each time.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

const PRINTED: &str = include_str!("../../tests/fixtures/polls/post_answer.json");
const ANSWER: &str = "\"answer_id\":345";
const EMAIL: &str = "\"email\":\"<test@dev.null>\"";

/// One sequence for all, as the survey portal numbers its answers.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// What stands before, between and behind what differs; without the backslashes of its printed
/// form.
static PARTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let whole = PRINTED.replace("\\_", "_");
    let (head, rest) = whole.split_once(ANSWER).expect("an answer's number");
    let (middle, tail) = rest.split_once(EMAIL).expect("an e-mail address");
    [head, middle, tail].map(str::to_owned)
});

/// The next person's answer.
pub(crate) fn next() -> String {
    numbered(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The answer of this number, and of a person of this number.
pub(crate) fn numbered(number: u32) -> String {
    let [head, middle, tail] = &*PARTS;
    format!(
        "{head}\"answer_id\":{number}{middle}\"phone\":\"+7{:010}\",\"email\":\"p{number}@mail.example\"{tail}",
        9_120_000_000 + u64::from(number)
    )
}
