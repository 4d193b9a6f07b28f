//! What is passed over: records that do not count, employees who cannot be found, to-dos that are not
//! wanted.

use super::{RecordExplanation, ResponsibleExplanation, links, list, shown};
use crate::domain::{Bilingual, Closed, Email, EntityKind, Lang, TodoOn, UserId, bilingual};

/// Returns the text of a step about a record; see [`links`] for the others.
pub(super) fn record(kind: EntityKind, about: &RecordExplanation, lang: Lang) -> String {
    match about {
        RecordExplanation::OutsideAmong { id, stage, rule } => {
            let rest = match rule {
                Closed::Create => Bilingual::new(
                    "it does not count (closed: create)",
                    "не учитываем (closed: create)",
                ),
                Closed::Update => Bilingual::new(
                    "updated, but its stage is kept",
                    "дополняем, стадию не меняем",
                ),
                Closed::Ignore => Bilingual::new(
                    "left as it is (closed: ignore)",
                    "оставляем как есть (closed: ignore)",
                ),
            };
            let (en, ru) = (rest.pick(Lang::En), rest.pick(Lang::Ru));
            let (record, stage) = (kind.numbered(id, Lang::Ru), shown(stage));
            bilingual!(
                "{kind} {id} is in stage {stage}, which is not in `among`: {en}",
                "{record}: стадии {stage} нет в `among`; {ru}"
            )
        }
        RecordExplanation::OutsideOfContact(ids) => {
            let (ids, records) = (list(ids), kind.numbered(list(ids), Lang::Ru));
            bilingual!(
                "{kind} {ids} of the contact is in a stage that is not in `among`: left alone",
                "{records}: открыто у контакта, но стадии нет в `among`; не трогаем"
            )
        }
        RecordExplanation::ClosedOfContact(ids) => {
            let (ids, records) = (list(ids), kind.numbered(list(ids), Lang::Ru));
            bilingual!(
                "{kind} {ids} of the contact is closed: left alone",
                "{records}: у контакта, но закрыто; не трогаем"
            )
        }
        RecordExplanation::Todo(user) => todo(*user),
        RecordExplanation::TodoNotFor(TodoOn::Update) => bilingual!(
            "no to-do: the profile wants it only for records that are found (todo: on: update)",
            "дело не ставим: оно только для найденных записей (todo: on: update)"
        ),
        RecordExplanation::TodoNotFor(_) => bilingual!(
            "no to-do: the profile wants it only for records that are created (todo: on: create)",
            "дело не ставим: оно только для созданных записей (todo: on: create)"
        ),
        RecordExplanation::NothingAdded => bilingual!(
            "no comment and no to-do either",
            "комментарий и дело тоже не добавляем"
        ),
        _ => return links::record(kind, about, lang),
    }
    .pick(lang)
}

fn todo(user: Option<UserId>) -> Bilingual {
    match user {
        Some(user) => bilingual!(
            "a to-do is added for employee {user}",
            "ставим дело сотруднику {user}"
        ),
        None => bilingual!(
            "a to-do is added for the webhook's owner",
            "ставим дело владельцу вебхука"
        ),
    }
}

/// Returns the text of a step about the responsible employee; empty for those told elsewhere.
pub(super) fn responsible(about: &ResponsibleExplanation, lang: Lang) -> String {
    let ResponsibleExplanation::Skipped(emails) = about else {
        return String::new();
    };
    let emails: Vec<&str> = emails.iter().map(Email::as_str).collect();
    let emails = emails.join(", ");
    bilingual!(
        "no active employee has the address {emails}: skipped",
        "нет действующего сотрудника с почтой {emails}: пропускаем"
    )
    .pick(lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Explanation, RecordId};

    #[expect(clippy::too_many_lines, reason = "a table of steps and their texts")]
    #[test]
    fn steps_about_what_is_passed_over_have_both_languages_and_are_kept_as_data() {
        let id = |id| RecordId::new(id).unwrap();
        let user = UserId::new(6);
        let outside = |rule| RecordExplanation::OutsideAmong {
            id: id(7),
            stage: "EXECUTING".into(),
            rule,
        };
        for (about, en, ru) in [
            (
                outside(Closed::Update),
                "deal 7 is in stage EXECUTING, which is not in `among`: updated, but its stage is kept",
                "сделка 7: стадии EXECUTING нет в `among`; дополняем, стадию не меняем",
            ),
            (
                outside(Closed::Create),
                "deal 7 is in stage EXECUTING, which is not in `among`: it does not count (closed: create)",
                "сделка 7: стадии EXECUTING нет в `among`; не учитываем (closed: create)",
            ),
            (
                outside(Closed::Ignore),
                "deal 7 is in stage EXECUTING, which is not in `among`: left as it is (closed: ignore)",
                "сделка 7: стадии EXECUTING нет в `among`; оставляем как есть (closed: ignore)",
            ),
            (
                RecordExplanation::OutsideOfContact(vec![id(8), id(7)]),
                "deal 8, 7 of the contact is in a stage that is not in `among`: left alone",
                "сделка 8, 7: открыто у контакта, но стадии нет в `among`; не трогаем",
            ),
            (
                RecordExplanation::ClosedOfContact(vec![id(7)]),
                "deal 7 of the contact is closed: left alone",
                "сделка 7: у контакта, но закрыто; не трогаем",
            ),
            (
                RecordExplanation::Todo(user),
                "a to-do is added for employee 6",
                "ставим дело сотруднику 6",
            ),
            (
                RecordExplanation::Todo(None),
                "a to-do is added for the webhook's owner",
                "ставим дело владельцу вебхука",
            ),
            (
                RecordExplanation::TodoNotFor(TodoOn::Create),
                "no to-do: the profile wants it only for records that are created (todo: on: create)",
                "дело не ставим: оно только для созданных записей (todo: on: create)",
            ),
            (
                RecordExplanation::TodoNotFor(TodoOn::Update),
                "no to-do: the profile wants it only for records that are found (todo: on: update)",
                "дело не ставим: оно только для найденных записей (todo: on: update)",
            ),
            (
                RecordExplanation::Comment(0),
                "a comment is added to the timeline",
                "добавляем комментарий в таймлайн",
            ),
            (
                RecordExplanation::Comment(2),
                "a comment with files is added to the timeline, files: 2",
                "добавляем комментарий с файлами в таймлайн, файлов: 2",
            ),
            (
                RecordExplanation::TimelineFiles(1),
                "files are added to the timeline: 1",
                "добавляем файлы в таймлайн: 1",
            ),
            (
                RecordExplanation::NotBound(id(7)),
                "the contact is not bound to deal 7, which is left as it is",
                "сделка 7: контакт не привязываем, запись не трогаем",
            ),
            (
                RecordExplanation::NothingAdded,
                "no comment and no to-do either",
                "комментарий и дело тоже не добавляем",
            ),
        ] {
            let kind = EntityKind::Deal;
            let step = Explanation::Record { kind, about };
            assert_eq!(step.to_text(Lang::En), en);
            assert_eq!(step.to_text(Lang::Ru), ru);
            let json = serde_json::to_string(&step).unwrap();
            assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), step);
        }
        let emails = ["a@firm.example", "b@firm.example"];
        let emails = emails.iter().filter_map(|email| Email::parse(email));
        let step = Explanation::Responsible(ResponsibleExplanation::Skipped(emails.collect()));
        assert_eq!(
            step.to_text(Lang::En),
            "no active employee has the address a@firm.example, b@firm.example: skipped"
        );
        assert_eq!(
            step.to_text(Lang::Ru),
            "нет действующего сотрудника с почтой a@firm.example, b@firm.example: пропускаем"
        );
    }
}
