//! The words for states and reasons.

use crate::domain::{EntityKind, Lang, ParkReason, State};
use crate::journal::Entry;

/// How an attempt ended.
pub(super) fn state(state: State, lang: Lang) -> &'static str {
    match state {
        State::Queued => lang.pick("в очереди", "queued"),
        State::Leased => lang.pick("в работе", "in hand"),
        State::Waiting => lang.pick("ждёт следующей попытки", "waits for another attempt"),
        State::Delivered => lang.pick("доставлено", "delivered"),
        State::Parked => lang.pick("отложено до решения человека", "parked"),
        State::Captured => lang.pick("сохранено до появления профиля", "captured"),
        State::Rejected => lang.pick("отклонено", "rejected"),
        State::Ignored => lang.pick("пропущено по правилу", "ignored by rule"),
    }
}

/// What became of it, in one sentence.
pub(super) fn outcome(entry: &Entry, lang: Lang) -> String {
    match entry.state {
        State::Delivered => became(entry, lang),
        State::Rejected | State::Captured | State::Ignored => {
            let why = entry
                .note
                .as_ref()
                .map(|note| format!(": {}", note.as_str()));
            let what = match entry.state {
                State::Rejected => lang.pick(
                    "Отклонено при приёме, отправителю сказано почему",
                    "Refused on receipt, and its sender was told why",
                ),
                State::Captured => lang.pick(
                    "Сохранено: профиля для него ещё нет",
                    "Kept: no profile takes it yet",
                ),
                _ => lang.pick("Пропущено по правилу", "Ignored by rule"),
            };
            format!("{what}{}", why.unwrap_or_default())
        }
        State::Queued | State::Leased => lang
            .pick("Доставка ещё идёт", "Its delivery is under way")
            .to_owned(),
        State::Waiting => lang
            .pick(
                "Ждёт следующей попытки; ничего не потеряно",
                "It waits for another attempt; nothing is lost",
            )
            .to_owned(),
        State::Parked => lang
            .pick("Отложено: нужен человек", "Parked: a person is needed")
            .to_owned(),
    }
}

fn became(entry: &Entry, lang: Lang) -> String {
    let contact = entry
        .contact
        .map(|id| lang.pick(format!("контакт {id}"), format!("contact {id}")));
    let record = entry.record.map(|(kind, id)| match kind {
        EntityKind::Deal => lang.pick(format!("сделка {id}"), format!("deal {id}")),
        EntityKind::Lead => lang.pick(format!("лид {id}"), format!("lead {id}")),
        EntityKind::Item(process) => lang.pick(
            format!("элемент {id} смарт-процесса {process}"),
            format!("item {id} of smart process {process}"),
        ),
    });
    let parts: Vec<String> = contact.into_iter().chain(record).collect();
    let parts = parts.join(lang.pick(" и ", " and "));
    lang.pick(
        format!("В CRM это {parts}"),
        format!("In the CRM it is {parts}"),
    )
}

/// What a reason for parking means, and what to do about it.
#[expect(clippy::too_many_lines, reason = "one entry a reason, nothing else")]
pub(in crate::cli) fn parked(reason: ParkReason, lang: Lang) -> (&'static str, &'static str) {
    match reason {
        ParkReason::NoProfile => (
            lang.pick("профиля, который его принял, больше нет или он его не берёт",
                "the profile that took it is gone, or takes it no longer"),
            lang.pick("верните профиль или напишите новый для этого опроса",
                "bring the profile back, or write another one"),
        ),
        ParkReason::MissingValue => (
            lang.pick("в пакете нет значения, без которого профиль не работает",
                "the packet lacks a value that the profile cannot do without"),
            lang.pick("посмотрите пакет (leadgate journal show), поправьте форму или профиль",
                "look at the packet (leadgate journal show), mend the form or the profile"),
        ),
        ParkReason::MappingFailed => (
            lang.pick("шаблон профиля не удалось вычислить", "a template of the profile could not be worked out"),
            lang.pick("поправьте шаблон: он назван выше", "mend the template: it is named above"),
        ),
        ParkReason::TooCostly => (
            lang.pick("путь в профиле перебирает слишком большую часть этого пакета",
                "a path of the profile would visit too much of this packet"),
            lang.pick("укажите значение точнее, без двух «..» и без условий рядом с «..»: путь назван выше",
                "name the value more exactly, without two `..` and without a filter beside `..`: the path is named above"),
        ),
        ParkReason::UnknownLabel => (
            lang.pick("в списке на портале нет значения с таким названием",
                "a list of the portal has no value with this label"),
            lang.pick("добавьте значение в список в Битрикс24 или переведите его через map в профиле",
                "add the value to the list in Bitrix24, or translate it with map in the profile"),
        ),
        ParkReason::UnknownField => (
            lang.pick("профиль ищет по полю, которого на портале нет",
                "the profile searches by a field that the portal does not have"),
            lang.pick("исправьте поле в профиле или заведите его в Битрикс24",
                "mend the field in the profile, or make it in Bitrix24"),
        ),
        ParkReason::SeveralContacts => (
            lang.pick("подходят несколько контактов, а в профиле several: park",
                "several contacts match, and the profile says several: park"),
            lang.pick("объедините их в CRM или выберите другое правило several",
                "merge them in the CRM, or choose another rule for several"),
        ),
        ParkReason::RefusedByCrm => (
            lang.pick("портал отказал; его слова выше", "the portal refused; its words are above"),
            lang.pick("чаще всего это обязательное поле, права владельца вебхука или неверное значение: исправьте",
                "often a mandatory field, the rights of the webhook's owner, or a wrong value: mend that"),
        ),
        ParkReason::NoConnection => (
            lang.pick("в настройках нет подключения, которое называет профиль",
                "the settings lack the connection that the profile names"),
            lang.pick("добавьте подключение или назовите другое в `crm:` профиля",
                "add the connection, or name another one in the profile's `crm:`"),
        ),
        ParkReason::InternalFault => (
            lang.pick("ошибка в самом leadgate", "a fault of leadgate itself"),
            lang.pick("сообщите о ней, приложив запись журнала без личных данных",
                "please report it with the journal's entry, people's data taken out"),
        ),
        ParkReason::CrashSuspect => (
            lang.pick("программа несколько раз подряд завершалась, когда работала с этой заявкой",
                "the program ended several times in a row while it worked on this submission"),
            lang.pick("сообщите об этом разработчикам; повторить: leadgate replay, если причина устранена",
                "please report it; once the cause is gone, leadgate replay tries it again"),
        ),
    }
}
