//! Every reason is stored and read again, and speaks both languages.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{LabelExplanation, MappingExplanation, ValueKind, body, json};

/// Returns reasons of every kind, with this word as every value.
#[expect(clippy::too_many_lines, reason = "a table")]
fn samples(word: &str) -> Vec<VerdictReason> {
    let word = || word.to_owned();
    let note = |what| Note {
        about: word(),
        what,
    };
    let rejected = |what| RejectedValue {
        field: word(),
        paths: vec![word(), word()],
        what,
    };
    let mut all = vec![
        VerdictReason::unmapped([
            note(MappingExplanation::TemplateFailed),
            note(MappingExplanation::TooCostly { path: word() }),
        ]),
        VerdictReason::Because(vec![
            Explanation::UnknownField {
                field: word(),
                profile: word(),
            },
            Explanation::Label(LabelExplanation::NoList(word())),
        ]),
        VerdictReason::SeveralContacts(vec![
            ContactId::new(7).unwrap(),
            ContactId::new(9).unwrap(),
        ]),
        VerdictReason::TooManyContacts,
        VerdictReason::NoConnection(Some(word())),
        VerdictReason::NoConnection(None),
        VerdictReason::NoDestination(word()),
        VerdictReason::NoProfile,
        VerdictReason::SingleValue,
        VerdictReason::BodyUnreadable,
        VerdictReason::Fault,
        VerdictReason::Crashed(3),
        VerdictReason::CaptureExpired,
        VerdictReason::NotAHook,
        VerdictReason::HookTooLong(2000),
        VerdictReason::OwnChange,
        VerdictReason::Overtaken,
        VerdictReason::LateRecording(word()),
        VerdictReason::Dismissed {
            by: word(),
            note: word().into(),
        },
        VerdictReason::PartOfCall(word()),
        VerdictReason::Erased,
        VerdictReason::Rejected(vec![
            rejected(MappingExplanation::NoValue),
            rejected(MappingExplanation::NotKnown),
            rejected(MappingExplanation::NotReadAs {
                wanted: ValueKind::Phone,
            }),
        ]),
        VerdictReason::Undecodable(Box::new(body::Mistake::Json(json::Mistake {
            kind: json::MistakeKind::Unfinished,
            line: 2,
            column: 9,
        }))),
        VerdictReason::Undecodable(Box::new(body::Mistake::Scalar)),
        VerdictReason::Http(Box::new(HttpFailure::Status {
            status: 422,
            expected: Vec::new(),
            words: word().into(),
        })),
        VerdictReason::StepLacksValue(word()),
        VerdictReason::Mail(Box::new(MailFailure::Refused {
            code: 550,
            words: word().into(),
        })),
        VerdictReason::Recording(Box::new(RecordingFault::OtherHost {
            setting: word(),
            host: word(),
        })),
        VerdictReason::Text(word().into()),
    ];
    all.extend(amocrm().map(|failure| VerdictReason::Amocrm(Box::new(failure))));
    all.extend(
        failures(&word())
            .into_iter()
            .map(|failure| VerdictReason::Crm(Box::new(failure))),
    );
    all.extend(
        NotASubmission::ALL
            .into_iter()
            .map(VerdictReason::NotASubmission),
    );
    all
}

fn amocrm() -> [AmoFailure; 13] {
    let lost = |cause| AmoFailure::Disconnected {
        account: "main".to_owned(),
        cause,
    };
    let refused = |status| AmoFailure::Refused {
        account: "main".to_owned(),
        status,
    };
    let failure = NetworkFailure::TimedOut;
    [
        refused(401),
        refused(403),
        AmoFailure::Throttled,
        AmoFailure::Status { status: 500 },
        AmoFailure::Network { failure },
        AmoFailure::NotUnderstood,
        AmoFailure::Busy,
        lost(AmoDisconnect::Never),
        lost(AmoDisconnect::Used),
        lost(AmoDisconnect::Integration),
        lost(AmoDisconnect::KeyLost),
        lost(AmoDisconnect::Damaged),
        lost(AmoDisconnect::Unreadable),
    ]
}

fn failures(word: &str) -> Vec<CrmFailure> {
    let word = || word.to_owned();
    let network = [
        NetworkFailure::Refused,
        NetworkFailure::Closed,
        NetworkFailure::TimedOut,
        NetworkFailure::UnknownHost,
        NetworkFailure::NoRoute,
        NetworkFailure::Certificate("certificate expired".to_owned()),
        NetworkFailure::Other("something else".to_owned()),
    ];
    let answers = [
        NoAnswer::Network(NetworkFailure::TimedOut),
        NoAnswer::BrokeOff(NetworkFailure::Closed),
        NoAnswer::TooLong,
        NoAnswer::TooManyValues { status: 200 },
        NoAnswer::NotJson { status: 502 },
        NoAnswer::NoResult { status: 200 },
        NoAnswer::WholeCall {
            status: 500,
            words: "Bad Gateway".into(),
        },
        NoAnswer::Internal {
            words: "INTERNAL_SERVER_ERROR".into(),
        },
        NoAnswer::NoCode,
        NoAnswer::MissingInBatch,
        NoAnswer::NoId,
        NoAnswer::ConditionIgnored { field: word() },
        NoAnswer::Redirected(Redirected::NoPortal),
        NoAnswer::Redirected(Redirected::InACircle),
        NoAnswer::Redirected(Redirected::PlainHttp(word())),
        NoAnswer::Redirected(Redirected::NotAllowed(word())),
    ];
    let (method, code, text) = (word(), word(), Personal::from("Access denied"));
    let mut all = vec![
        CrmFailure::Throttled { code: word() },
        CrmFailure::MethodPaused {
            method: word(),
            seconds: 600,
        },
        CrmFailure::Denied {
            method: method.clone(),
            code: code.clone(),
            text: text.clone(),
        },
        CrmFailure::Refused { method, code, text },
        CrmFailure::NotRun,
    ];
    all.extend(network.into_iter().map(CrmFailure::Unreachable));
    all.extend(answers.into_iter().map(CrmFailure::NoAnswer));
    all
}

/// Returns the place of a variant. A new one does not compile until it has a place and a sample.
fn place(reason: &VerdictReason) -> usize {
    match reason {
        VerdictReason::Because(_) => 0,
        VerdictReason::Crm(_) => 1,
        VerdictReason::SeveralContacts(_) => 2,
        VerdictReason::TooManyContacts => 3,
        VerdictReason::NoConnection(_) => 4,
        VerdictReason::NoProfile => 5,
        VerdictReason::SingleValue => 6,
        VerdictReason::BodyUnreadable => 7,
        VerdictReason::Fault => 8,
        VerdictReason::Crashed(_) => 9,
        VerdictReason::CaptureExpired => 10,
        VerdictReason::Erased => 11,
        VerdictReason::Rejected(_) => 12,
        VerdictReason::NotASubmission(_) => 13,
        VerdictReason::Text(_) => 14,
        VerdictReason::NoDestination(_) => 15,
        VerdictReason::Undecodable(_) => 16,
        VerdictReason::Http(_) => 17,
        VerdictReason::StepLacksValue(_) => 18,
        VerdictReason::Mail(_) => 19,
        VerdictReason::NotAHook => 20,
        VerdictReason::HookTooLong(_) => 21,
        VerdictReason::OwnChange => 22,
        VerdictReason::Overtaken => 23,
        VerdictReason::Amocrm(_) => 24,
        VerdictReason::LateRecording(_) => 25,
        VerdictReason::Recording(_) => 26,
        VerdictReason::Dismissed { .. } => 27,
        VerdictReason::PartOfCall(_) => 28,
    }
}

#[test]
fn every_reason_survives_its_stored_form() {
    let places: BTreeSet<usize> = samples("x").iter().map(place).collect();
    assert_eq!(places, (0..29).collect());
    for reason in samples("слово") {
        let stored = reason.to_stored().unwrap();
        assert_eq!(VerdictReason::from_stored(&stored), reason, "{stored}");
        let json = serde_json::to_string(&reason).unwrap();
        let read: VerdictReason = serde_json::from_str(&json).unwrap();
        assert_eq!(read, reason, "{json}");
        if !matches!(reason, VerdictReason::Text(_)) {
            assert_eq!(stored, json);
            assert!(stored.starts_with(r#"{"v":1,"code":""#), "{stored}");
        }
    }
}

/// Returns a text without quotations and code.
fn own_words(text: &str) -> String {
    let mut is_quoted = false;
    let mut is_code = false;
    let mut kept = String::new();
    for letter in text.chars() {
        match letter {
            '`' => is_code = !is_code,
            '«' | '“' => is_quoted = true,
            '»' | '”' => is_quoted = false,
            _ if is_quoted || is_code => {}
            letter => kept.push(letter),
        }
    }
    ["leadgate", "amoCRM", "API", "JSON", "null"]
        .into_iter()
        .fold(kept, |text, name| text.replace(name, ""))
}

#[test]
fn russian_has_no_english_and_english_has_no_russian() {
    for reason in samples("слово") {
        let text = reason.to_text(Lang::Ru);
        let is_english = own_words(&text).contains(|c: char| c.is_ascii_alphabetic());
        assert!(!is_english, "{text}");
        assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
    }
    for reason in samples("word") {
        let text = reason.to_text(Lang::En);
        let is_russian = text.contains(|c: char| matches!(c, 'а'..='я' | 'А'..='Я'));
        assert!(!is_russian, "{text}");
        assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
    }
}

#[test]
fn sentences_of_earlier_releases_and_data_of_later_ones_are_shown_as_they_are() {
    for stored in [
        "fields.city: the packet has no value for it",
        "",
        "{odd}",
        r#"{"v":1}"#,
        r#"{"v":1,"code":"unheard-of"}"#,
        r#"{"v":2,"code":"fault"}"#,
    ] {
        let read = VerdictReason::from_stored(stored);
        assert_eq!(read, VerdictReason::Text(stored.into()));
        assert_eq!(read.to_text(Lang::Ru), stored);
        assert_eq!(read.to_stored().unwrap(), stored);
    }
    let verdict: VerdictReason = serde_json::from_str(r#""no phone""#).unwrap();
    assert_eq!(verdict, VerdictReason::Text("no phone".into()));
}

#[test]
fn debug_shows_no_sentence_of_an_earlier_release() {
    let reason = VerdictReason::Text("Анна".into());
    assert!(!format!("{reason:?}").contains("Анна"));
}

#[test]
fn a_number_of_crashes_agrees_with_its_noun() {
    for (times, russian, english) in [
        (1, "1 раз ", "1 time "),
        (2, "2 раза ", "2 times "),
        (3, "3 раза ", "3 times "),
        (5, "5 раз ", "5 times "),
        (11, "11 раз ", "11 times "),
        (14, "14 раз ", "14 times "),
        (21, "21 раз ", "21 times "),
        (22, "22 раза ", "22 times "),
        (112, "112 раз ", "112 times "),
    ] {
        let reason = VerdictReason::Crashed(times);
        for (lang, expected) in [(Lang::Ru, russian), (Lang::En, english)] {
            let text = reason.to_text(lang);
            assert!(text.contains(&format!(" {expected}")), "{text}");
        }
    }
}
