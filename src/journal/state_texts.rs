//! Texts for states and reasons, as commands and pages show them.

use super::{Entry, StepFinished};
use crate::domain::text::clean;
use crate::domain::{
    Bilingual, EntityKind, Lang, ParkReason, State, StepVerdict, VerdictReason, bilingual,
};

/// Returns how an attempt ended.
pub fn state(state: State, lang: Lang) -> &'static str {
    match state {
        State::Queued => Bilingual::new("queued", "в очереди").pick(lang),
        State::Leased => Bilingual::new("in hand", "в работе").pick(lang),
        State::Waiting => {
            Bilingual::new("waits for another attempt", "ждёт следующей попытки").pick(lang)
        }
        State::Delivered => Bilingual::new("delivered", "доставлено").pick(lang),
        State::Parked => Bilingual::new("parked", "отложено до решения человека").pick(lang),
        State::Captured => Bilingual::new("captured", "сохранено до появления профиля").pick(lang),
        State::Rejected => Bilingual::new("rejected", "отклонено").pick(lang),
        State::Ignored => Bilingual::new("ignored by rule", "пропущено по правилу").pick(lang),
    }
}

/// Returns a finished step in one sentence.
pub fn finished(step: &StepFinished, lang: Lang) -> String {
    let (name, destination) = (&step.name, &step.destination);
    let verdict = verdict(step.verdict, lang);
    let head = bilingual!(
        "step {name} ({destination}): {verdict}",
        "шаг {name} ({destination}): {verdict}"
    );
    let reason = step.reason.map(|reason| match lang {
        Lang::En => format!(" ({reason})"),
        Lang::Ru => format!(": {}", reason.to_text(lang)),
    });
    let text = step
        .text
        .as_ref()
        .map(|text| format!(": {}", text.to_text(lang)));
    let (reason, text) = (reason.unwrap_or_default(), text.unwrap_or_default());
    clean(&format!("{}{reason}{text}", head.pick(lang)))
}

/// Returns how a step ended.
pub fn verdict(verdict: StepVerdict, lang: Lang) -> &'static str {
    match verdict {
        StepVerdict::Done => Bilingual::new("done", "выполнен").pick(lang),
        StepVerdict::Refused => Bilingual::new("refused", "отклонён").pick(lang),
        StepVerdict::Skipped => Bilingual::new(
            "skipped, its `when` does not hold",
            "пропущен, условие `when` не выполнено",
        )
        .pick(lang),
        StepVerdict::Unfinished => Bilingual::new("not finished", "не завершён").pick(lang),
        StepVerdict::Uncertain => Bilingual::new(
            "not finished, outcome unknown",
            "не завершён, итог неизвестен",
        )
        .pick(lang),
    }
}

/// Returns the result of a submission in one sentence.
pub fn outcome(entry: &Entry, lang: Lang) -> String {
    match entry.state {
        State::Delivered => became(entry, lang),
        State::Rejected | State::Captured | State::Ignored => {
            let why = entry
                .note
                .as_ref()
                .map(|note| format!(": {}", note.to_text(lang)));
            let what = match entry.state {
                State::Rejected => Bilingual::new(
                    "Rejected on receipt; the sender got the reason",
                    "Отклонено при приёме; отправитель получил причину",
                )
                .pick(lang),
                State::Captured if entry.note.is_some() => {
                    Bilingual::new("Kept, but it cannot be read", "Сохранено, но не читается")
                        .pick(lang)
                }
                State::Captured => Bilingual::new(
                    "Kept: no profile takes it yet",
                    "Сохранено: профиля для него ещё нет",
                )
                .pick(lang),
                State::Ignored if matches!(entry.note, Some(VerdictReason::Dismissed { .. })) => {
                    Bilingual::new("Ignored", "Пропущено").pick(lang)
                }
                _ => Bilingual::new("Ignored by rule", "Пропущено по правилу").pick(lang),
            };
            format!("{what}{}", why.unwrap_or_default())
        }
        State::Queued | State::Leased => {
            Bilingual::new("Its delivery is under way", "Доставка ещё идёт")
                .pick(lang)
                .to_owned()
        }
        State::Waiting => Bilingual::new(
            "It waits for another attempt; nothing is lost",
            "Ждёт следующей попытки; ничего не потеряно",
        )
        .pick(lang)
        .to_owned(),
        State::Parked => Bilingual::new("Parked: a person is needed", "Отложено: нужен человек")
            .pick(lang)
            .to_owned(),
    }
}

fn became(entry: &Entry, lang: Lang) -> String {
    let contact = entry
        .contact
        .map(|id| bilingual!("contact {id}", "контакт {id}").pick(lang));
    let record = entry.record.map(|(kind, id)| match kind {
        EntityKind::Deal => bilingual!("deal {id}", "сделка {id}").pick(lang),
        EntityKind::Lead => bilingual!("lead {id}", "лид {id}").pick(lang),
        EntityKind::Item(process) => bilingual!(
            "item {id} of smart process {process}",
            "элемент {id} смарт-процесса {process}"
        )
        .pick(lang),
        // a company is never the record of an entry
        EntityKind::Company => kind.numbered(id, lang),
    });
    let parts: Vec<String> = contact.into_iter().chain(record).collect();
    if parts.is_empty() {
        // a profile without the CRM
        return Bilingual::new("Delivered", "Доставлено")
            .pick(lang)
            .to_owned();
    }
    let parts = parts.join(Bilingual::new(" and ", " и ").pick(lang));
    bilingual!("In the CRM it is {parts}", "В CRM это {parts}").pick(lang)
}

/// Returns what a reason for parking means and what to do, as exactly as the verdict allows.
pub fn parked_by(
    reason: ParkReason,
    verdict: Option<&VerdictReason>,
    lang: Lang,
) -> (&'static str, &'static str) {
    if reason != ParkReason::SeveralContacts {
        return parked(reason, lang);
    }
    let (what, advice) = match verdict {
        Some(VerdictReason::SeveralContacts(_)) => (
            Bilingual::new(
                "several contacts match, and the profile says several: park",
                "подходят несколько контактов, а в профиле several: park",
            ),
            Bilingual::new(
                "merge them in the CRM, or choose another rule for several",
                "объедините их в CRM или выберите другое правило several",
            ),
        ),
        Some(VerdictReason::Because(_)) => (
            Bilingual::new(
                "the search fields find different contacts, and the profile says conflict: park \
                 (the default with several: park)",
                "поля поиска находят разные контакты, а в профиле conflict: park (при several: park \
                 так по умолчанию)",
            ),
            Bilingual::new(
                "merge them in the CRM, or choose another rule for conflict",
                "объедините их в CRM или выберите другое правило conflict",
            ),
        ),
        Some(VerdictReason::TooManyContacts) => (
            Bilingual::new(
                "too many contacts share a value: not all can be read",
                "контактов с одним значением слишком много, всех не прочитать",
            ),
            Bilingual::new(
                "require more fields to match, or correct the contacts that share the value",
                "требуйте совпадения большего числа полей или исправьте контакты с этим значением",
            ),
        ),
        _ => return parked(reason, lang),
    };
    (what.pick(lang), advice.pick(lang))
}

/// Returns what a reason for parking means, and what to do.
#[expect(clippy::too_many_lines, reason = "one entry a reason, nothing else")]
pub fn parked(reason: ParkReason, lang: Lang) -> (&'static str, &'static str) {
    match reason {
        ParkReason::NoProfile => (
            Bilingual::new(
                "the profile that took it is gone, or takes it no longer",
                "профиля, который его принял, больше нет или он его не берёт",
            )
            .pick(lang),
            Bilingual::new(
                "bring the profile back, or write another one",
                "верните профиль или напишите новый для этого опроса",
            )
            .pick(lang),
        ),
        ParkReason::MissingValue => (
            Bilingual::new(
                "the packet lacks a value that the profile requires",
                "в пакете нет значения, без которого профиль не работает",
            )
            .pick(lang),
            Bilingual::new(
                "look at the packet (leadgate journal show), then fix the form or the profile",
                "посмотрите пакет (leadgate journal show), поправьте форму или профиль",
            )
            .pick(lang),
        ),
        ParkReason::MappingFailed => (
            Bilingual::new(
                "a template of the profile could not be filled in",
                "шаблон профиля не удалось вычислить",
            )
            .pick(lang),
            Bilingual::new(
                "fix the template: it is named above",
                "поправьте шаблон: он назван выше",
            )
            .pick(lang),
        ),
        ParkReason::TooCostly => (
            Bilingual::new(
                "a path of the profile would visit too much of this packet",
                "путь в профиле перебирает слишком большую часть этого пакета",
            )
            .pick(lang),
            Bilingual::new(
                "name the value more exactly, without two `..` and without a filter beside `..`: \
                 the path is named above",
                "укажите значение точнее, без двух «..» и без условий рядом с «..»: путь назван \
                 выше",
            )
            .pick(lang),
        ),
        ParkReason::UnknownLabel => (
            Bilingual::new(
                "a list of the portal has no value with this label",
                "в списке на портале нет значения с таким названием",
            )
            .pick(lang),
            Bilingual::new(
                "add the value to the list in Bitrix24, or translate it with map in the profile",
                "добавьте значение в список в Битрикс24 или переведите его через map в профиле",
            )
            .pick(lang),
        ),
        ParkReason::UnknownField => (
            Bilingual::new(
                "the profile searches by a field that the portal does not have",
                "профиль ищет по полю, которого на портале нет",
            )
            .pick(lang),
            Bilingual::new(
                "fix the field in the profile, or create it in Bitrix24",
                "исправьте поле в профиле или создайте его в Битрикс24",
            )
            .pick(lang),
        ),
        ParkReason::SeveralContacts => (
            Bilingual::new(
                "several contacts match, and the profile says several: park or conflict: park",
                "подходят несколько контактов, а в профиле several: park или conflict: park",
            )
            .pick(lang),
            Bilingual::new(
                "merge them in the CRM, or choose another rule for several or conflict",
                "объедините их в CRM или выберите другое правило several или conflict",
            )
            .pick(lang),
        ),
        ParkReason::SeveralCompanies => (
            Bilingual::new(
                "several companies match, and a person must choose",
                "подходят несколько компаний, выбирает человек",
            )
            .pick(lang),
            Bilingual::new(
                "merge them in the CRM, or choose another rule for several or conflict of company",
                "объедините их в CRM или выберите у company другое правило several или conflict",
            )
            .pick(lang),
        ),
        ParkReason::RefusedByCrm => (
            Bilingual::new(
                "the portal refused; its message is above",
                "портал отказал; его слова выше",
            )
            .pick(lang),
            Bilingual::new(
                "often a mandatory field, the rights of the webhook's owner, or a wrong value: \
                 fix that",
                "чаще всего это обязательное поле, права владельца вебхука или неверное значение: \
                 исправьте",
            )
            .pick(lang),
        ),
        ParkReason::RefusedByService => (
            Bilingual::new(
                "the service refused; its reply is above",
                "сервис отказал; его ответ выше",
            )
            .pick(lang),
            Bilingual::new(
                "correct the step in the profile or the destination in the settings",
                "исправьте шаг в профиле или назначение в настройках",
            )
            .pick(lang),
        ),
        ParkReason::OutcomeUnknown => (
            Bilingual::new(
                "it is not known whether the service took the request",
                "неизвестно, принял ли сервис запрос",
            )
            .pick(lang),
            Bilingual::new(
                "look it up in the service; leadgate replay sends it again",
                "проверьте в самом сервисе; leadgate replay отправит запрос ещё раз",
            )
            .pick(lang),
        ),
        ParkReason::NoRecording => (
            Bilingual::new(
                "the recording of the call could not be attached",
                "запись разговора не удалось прикрепить",
            )
            .pick(lang),
            Bilingual::new(
                "correct the settings or the PBX; leadgate replay ID --step pbx.recording",
                "исправьте настройки или АТС; leadgate replay ID --step pbx.recording",
            )
            .pick(lang),
        ),
        ParkReason::NoConnection => (
            Bilingual::new(
                "the settings lack the connection that the profile names",
                "в настройках нет подключения, которое называет профиль",
            )
            .pick(lang),
            Bilingual::new(
                "add the connection, or name another one in the profile's `crm:`",
                "добавьте подключение или назовите другое в `crm:` профиля",
            )
            .pick(lang),
        ),
        ParkReason::InternalFault => (
            Bilingual::new("an error in leadgate itself", "ошибка в самом leadgate").pick(lang),
            Bilingual::new(
                "please report it with the journal's entry, people's data taken out",
                "сообщите о ней, приложив запись журнала без личных данных",
            )
            .pick(lang),
        ),
        ParkReason::CrashSuspect => (
            Bilingual::new(
                "the program ended several times in a row while it worked on this submission",
                "программа несколько раз подряд завершалась, когда работала с этой заявкой",
            )
            .pick(lang),
            Bilingual::new(
                "please report it; once the cause is gone, leadgate replay tries it again",
                "сообщите об этом разработчикам; повторить: leadgate replay, если причина \
                 устранена",
            )
            .pick(lang),
        ),
    }
}
