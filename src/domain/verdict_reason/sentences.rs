//! Sentences of release 0.1.0. It stored reasons in words; those that its code could build are read
//! as data, so that they are shown in the operator's language.

use super::{CrmFailure, NetworkFailure, NoAnswer, Redirected, VerdictReason, old_rejections};
use crate::domain::ContactId;

/// Returns the reason that a sentence names; `None` for any other text.
pub(super) fn reason(sentence: &str) -> Option<VerdictReason> {
    let fixed = match sentence {
        "erased" => VerdictReason::Erased,
        "no profile took its channel in time" | "no profile took it in time" => {
            VerdictReason::CaptureExpired
        }
        "a fault of leadgate: please report it" => VerdictReason::Fault,
        "the stored body is a single value: there is nothing to map" => VerdictReason::SingleValue,
        "the stored body cannot be read again" => VerdictReason::BodyUnreadable,
        _ => return with_values(sentence),
    };
    Some(fixed)
}

fn with_values(sentence: &str) -> Option<VerdictReason> {
    if between(sentence, "no profile takes ", " any more").is_some() {
        return Some(VerdictReason::NoProfile);
    }
    if sentence.starts_with("more contacts share the search values than can be read;") {
        return Some(VerdictReason::TooManyContacts);
    }
    if let Some(name) = sentence.strip_prefix("the settings have no connection ") {
        let name = (!name.starts_with('(')).then(|| name.to_owned());
        return Some(VerdictReason::NoConnection(name));
    }
    let times = between(
        sentence,
        "the program ended ",
        " times in a row while it worked on this",
    );
    if let Some(times) = times {
        return times.parse().ok().map(VerdictReason::Crashed);
    }
    let ids = between(
        sentence,
        "contacts ",
        " all match; merge them or choose one",
    );
    if let Some(ids) = ids {
        let ids = ids
            .split(", ")
            .map(|id| id.parse().ok().and_then(ContactId::new));
        return ids
            .collect::<Option<_>>()
            .map(VerdictReason::SeveralContacts);
    }
    failure(sentence)
        .map(|failure| VerdictReason::Crm(Box::new(failure)))
        .or_else(|| old_rejections::reason(sentence))
}

fn failure(sentence: &str) -> Option<CrmFailure> {
    if let Some(words) = sentence.strip_prefix("no usable answer: ") {
        return Some(CrmFailure::NoAnswer(no_answer(words)));
    }
    if let Some(words) = sentence.strip_prefix("the portal cannot be reached: ") {
        return Some(CrmFailure::Unreachable(network(words)));
    }
    if let Some(code) = between(sentence, "the portal asks us to slow down (", ")") {
        let code = code.to_owned();
        return Some(CrmFailure::Throttled { code });
    }
    if let Some((method, seconds)) =
        sentence.split_once(" has used up its running time and rests for ")
    {
        let seconds = seconds.strip_suffix(" s")?.parse().ok()?;
        let method = method.to_owned();
        return Some(CrmFailure::MethodPaused { method, seconds });
    }
    if let Some(call) = sentence.strip_prefix("the portal refused ") {
        let (method, code, text) = call_of(call)?;
        let text = text.into();
        return Some(CrmFailure::Refused { method, code, text });
    }
    if let Some(call) = sentence.strip_prefix("the portal turns this connection away at ") {
        let (method, code, text) = call_of(call)?;
        let text = text.into();
        return Some(CrmFailure::Denied { method, code, text });
    }
    (sentence == "not run, because an earlier command failed").then_some(CrmFailure::NotRun)
}

/// Reads `METHOD: CODE MESSAGE`; the code may be empty.
fn call_of(words: &str) -> Option<(String, String, &str)> {
    let (method, rest) = words.split_once(": ")?;
    let (code, text) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((method.to_owned(), code.to_owned(), text))
}

fn no_answer(words: &str) -> NoAnswer {
    match words {
        "no answer in time" => return NoAnswer::Network(NetworkFailure::TimedOut),
        "an error without a code" => return NoAnswer::NoCode,
        "the batch's answer leaves it out" => return NoAnswer::MissingInBatch,
        "the portal's answer has no id" => return NoAnswer::NoId,
        "the answer is longer than any the portal documents" => return NoAnswer::TooLong,
        _ => {}
    }
    if let Some(words) = words.strip_prefix("the answer broke off: ") {
        return NoAnswer::BrokeOff(network(words));
    }
    if let Some(field) = words.strip_prefix("the portal dropped the condition on ") {
        let field = field.to_owned();
        return NoAnswer::ConditionIgnored { field };
    }
    if let Some(rest) = words.strip_prefix("status ")
        && let Some((status, what)) = rest.split_once(' ')
        && let Ok(status) = status.parse()
        && let Some(known) = with_status(status, what)
    {
        return known;
    }
    if words.starts_with("INTERNAL_SERVER_ERROR") || words.starts_with("ERROR_UNEXPECTED_ANSWER") {
        let words = words.into();
        return NoAnswer::Internal { words };
    }
    redirected(words).map_or_else(|| NoAnswer::Network(network(words)), NoAnswer::Redirected)
}

fn with_status(status: u16, what: &str) -> Option<NoAnswer> {
    match what {
        "with a body that is no JSON" => Some(NoAnswer::NotJson { status }),
        "without a result" => Some(NoAnswer::NoResult { status }),
        _ if what.starts_with("with more than ") => Some(NoAnswer::TooManyValues { status }),
        _ => what
            .strip_prefix("for the call as a whole: ")
            .map(|words| NoAnswer::WholeCall {
                status,
                words: words.into(),
            }),
    }
}

/// Reads why a redirect was not followed. The sentences began alike.
fn redirected(words: &str) -> Option<Redirected> {
    let target = words.strip_prefix("the portal redirects to ")?;
    if target == "itself" {
        return Some(Redirected::InACircle);
    }
    if let Some((host, _)) = target.split_once(" over plain http") {
        return Some(Redirected::PlainHttp(host.to_owned()));
    }
    match target.split_once([';', ',']) {
        Some((host, _)) if !host.contains(' ') => Some(Redirected::NotAllowed(host.to_owned())),
        _ => Some(Redirected::NoPortal),
    }
}

/// Reads the words of the network library; unknown ones are quoted.
fn network(words: &str) -> NetworkFailure {
    let lower = words.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    if has("connection refused") {
        NetworkFailure::Refused
    } else if has("connection closed") || has("connection reset") || has("broken pipe") {
        NetworkFailure::Closed
    } else if has("timed out") || has("no answer in time") {
        NetworkFailure::TimedOut
    } else if has("failed to lookup address") || has("name or service not known") {
        NetworkFailure::UnknownHost
    } else {
        NetworkFailure::Other(words.to_owned())
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    /// Stored sentences, and how a Russian list shows them.
    const KNOWN: &[(&str, &str)] = &[
        ("erased", "содержимое стёрли раньше, чем доставили"),
        (
            "no profile took its channel in time",
            "подходящий профиль так и не появился",
        ),
        (
            "a fault of leadgate: please report it",
            "ошибка в leadgate: сообщите о ней",
        ),
        (
            "the stored body cannot be read again",
            "сохранённое тело не читается: это ошибка leadgate, сообщите о ней",
        ),
        (
            "no profile takes poll 7 any more",
            "ни один профиль не берёт это обращение",
        ),
        (
            "the settings have no connection main",
            "в настройках нет подключения main",
        ),
        (
            "the settings have no connection (none named, and there are several)",
            "профиль не называет подключение, а в настройках их несколько",
        ),
        (
            "no usable answer: status 200 with more than 100 values, more than any the portal documents",
            "ответа нет: статус 200, и значений больше, чем в любом описанном ответе портала",
        ),
        (
            "the program ended 3 times in a row while it worked on this",
            "программа завершилась 3 раза подряд, когда работала с этим обращением",
        ),
        (
            "contacts 7, 9 all match; merge them or choose one",
            "подходят сразу несколько контактов (7, 9): объедините их или выберите один",
        ),
        (
            "the portal refused crm.deal.add:  Automation failed",
            "портал отказал в crm.deal.add: «Automation failed» (сбой роботов или триггеров портала)",
        ),
        (
            "the portal refused crm.deal.add: ERROR_CORE Refused by a fault",
            "портал отказал в crm.deal.add: ERROR_CORE «Refused by a fault» (внутренняя проверка портала не \
             пройдена)",
        ),
        (
            "the portal turns this connection away at batch: NO_AUTH_FOUND no",
            "портал отклоняет это подключение (метод batch): NO_AUTH_FOUND «no» (портал не принял вебхук: \
             неверный или удалён)",
        ),
        (
            "the portal asks us to slow down (QUERY_LIMIT_EXCEEDED)",
            "портал просит снизить темп (QUERY_LIMIT_EXCEEDED)",
        ),
        (
            "crm.deal.add has used up its running time and rests for 60 s",
            "метод crm.deal.add исчерпал лимит времени работы, пауза 60 с",
        ),
        (
            "the portal cannot be reached: Connection refused (os error 111)",
            "портал недоступен: соединение отклонено",
        ),
        (
            "no usable answer: connection closed before message completed",
            "ответа нет: соединение оборвалось",
        ),
        ("no usable answer: odd words", "ответа нет: «odd words»"),
        (
            "no usable answer: no answer in time",
            "ответа нет: время ожидания истекло",
        ),
        (
            "no usable answer: status 502 with a body that is no JSON",
            "ответа нет: статус 502, но тело — не JSON",
        ),
        (
            "no usable answer: status 500 for the call as a whole: X no",
            "ответа нет: статус 500 для всего запроса: «X no»",
        ),
        (
            "no usable answer: the portal redirects to itself",
            "ответа нет: портал перенаправляет на свой же адрес",
        ),
    ];

    #[test]
    fn known_sentences_are_shown_in_russian() {
        for (sentence, russian) in KNOWN.iter().copied() {
            let read = VerdictReason::from_stored(sentence);
            assert_eq!(read.to_text(Lang::Ru), russian);
            // the verdict of the history has the same sentence
            let json = serde_json::to_string(sentence).unwrap();
            assert_eq!(serde_json::from_str::<VerdictReason>(&json).unwrap(), read);
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "fields.city: the packet has no value for it",
            "нет обязательного значения «email» и телефона",
            "erased by hand",
            "the portal refused",
            "contacts x all match; merge them or choose one",
            "the program ended many times in a row while it worked on this",
            "",
        ] {
            assert_eq!(reason(text), None, "{text}");
        }
    }
}
