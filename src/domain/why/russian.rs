//! The steps in Russian.

use super::{AboutContact, AboutRecord, AboutResponsible, list, shown};
use crate::domain::{Closed, EntityKind, Lang, Several};

pub(super) fn contact(about: &AboutContact) -> String {
    match about {
        AboutContact::Unnamed => "в пакете нет данных для контакта".to_owned(),
        AboutContact::Own(id) => format!("контакт {id} создан прошлой попыткой"),
        AboutContact::Earlier(id) => format!("контакт {id}: туда же, куда прошлая попытка"),
        AboutContact::Found {
            id,
            by,
            among,
            several,
        } => {
            let choice = match (among.len(), several) {
                (0 | 1, _) => String::new(),
                (n, Several::Newest) => format!("; самый новый из {n} ({})", list(among)),
                (n, Several::All) => format!("; привязаны все {n} ({})", list(among)),
                (n, Several::Oldest | Several::Park) => {
                    format!("; самый старый из {n} ({})", list(among))
                }
            };
            format!("найден контакт {id}, совпало: {}{choice}", list(by))
        }
        AboutContact::NotAllNamed => "портал называет только 20 контактов с одним телефоном или \
                                      адресом; остальных искали по записи как есть"
            .to_owned(),
        AboutContact::Strangers(ids) => format!(
            "портал предложил контакт {}, но его собственные данные не совпадают",
            list(ids)
        ),
        AboutContact::NotFound { by } if by.is_empty() => {
            "искать контакт не по чему, создаём новый".to_owned()
        }
        AboutContact::NotFound { by } => {
            format!("контакт не найден (искали по {}), создаём", list(by))
        }
        AboutContact::OfRecord {
            id,
            kind,
            record,
            by,
        } if by.is_empty() => format!(
            "искать контакт не по чему, берём контакт {id} ({})",
            named(*kind, record)
        ),
        AboutContact::OfRecord {
            id,
            kind,
            record,
            by,
        } => format!(
            "контакт не найден (искали по {}), берём контакт {id} ({}): другого значения у него нет",
            list(by),
            named(*kind, record)
        ),
        AboutContact::NoneOfRecord { kind, record } => format!(
            "искать контакт не по чему, и контакта нет ({}): не создаём, повтор его бы не нашёл",
            named(*kind, record)
        ),
        AboutContact::Gets { id, fields } => format!("контакту {id} записано: {}", list(fields)),
        AboutContact::Created(id) => format!("создан контакт {id}"),
    }
}

fn named(kind: EntityKind, id: impl std::fmt::Display) -> String {
    kind.numbered(id, Lang::Ru)
}

pub(super) fn record(kind: EntityKind, about: &AboutRecord) -> String {
    match about {
        AboutRecord::Own(id) => format!("{}: создано прошлой попыткой", named(kind, id)),
        AboutRecord::Earlier(id) => {
            format!("{}: туда же, куда прошлая попытка", named(kind, id))
        }
        AboutRecord::ByField { id, by, stage, of } => {
            let choice = match of {
                0 | 1 => String::new(),
                n => format!("; из {n}: открытое раньше закрытого, затем самое новое"),
            };
            let (record, by, stage) = (named(kind, id), list(by), shown(stage));
            format!("{record}: найдено по своему полю {by}, стадия {stage}{choice}")
        }
        AboutRecord::OfContact { id, stages } => of_contact(&named(kind, id), stages),
        AboutRecord::OtherMatter(ids) => format!(
            "{}: открыто у контакта, но в поле поиска другое значение; не трогаем",
            named(kind, list(ids))
        ),
        AboutRecord::OtherPipeline(ids) => format!(
            "{}: открыто у контакта, но в другой воронке; не трогаем",
            named(kind, list(ids))
        ),
        AboutRecord::Closed { id, rule } => {
            let rule = match rule {
                Closed::Create => "закрыто и не считается (closed: create)",
                Closed::Update => "закрыто: дополняем, но заново не открываем",
                Closed::Ignore => "закрыто, оставляем как есть (closed: ignore)",
            };
            format!("{}: {rule}", named(kind, id))
        }
        AboutRecord::Ignored(id) => {
            format!("{}: оставляем как есть (found: ignore)", named(kind, id))
        }
        AboutRecord::Always => "создаём каждый раз (found: always_create)".to_owned(),
        AboutRecord::NotFound => "продолжать нечего, создаём".to_owned(),
        AboutRecord::StageLeft => "стадию не меняем (change_stage выключен)".to_owned(),
        AboutRecord::StageThere(stage) => format!("стадия уже {stage}"),
        AboutRecord::StageElsewhere(stage) => {
            format!("стадию не меняем: {stage} из другой воронки")
        }
        AboutRecord::Moved { from, to } => format!("стадия: {} → {to}", shown(from)),
        AboutRecord::Gets { id, fields } => {
            format!("{}: записано {}", named(kind, id), list(fields))
        }
        AboutRecord::NothingNew(id) => format!("{}: всё это там уже есть", named(kind, id)),
        AboutRecord::Bound(id) => format!("{}: привязан контакт", named(kind, id)),
        AboutRecord::Created(id) => format!("{}: создано", named(kind, id)),
        AboutRecord::NotAllRead => {
            "записей больше, чем читаем (delivery.search_limit): прочитаны самые новые".to_owned()
        }
        AboutRecord::CommentThere => "комментарий там уже есть".to_owned(),
        AboutRecord::TodoThere => "дело там уже есть".to_owned(),
    }
}

fn of_contact(record: &str, stages: &[String]) -> String {
    match stages {
        [] => format!("{record}: открыто у этого контакта"),
        [one] => format!("{record}: открыто у этого контакта, стадия {}", shown(one)),
        several => format!(
            "{record}: самое новое из {} открытых у контакта (стадии {})",
            several.len(),
            list(several)
        ),
    }
}

pub(super) fn responsible(about: &AboutResponsible) -> String {
    match about {
        AboutResponsible::Named(user) => format!("ответственный: сотрудник {user}"),
        AboutResponsible::OwnsContact(user) => {
            format!("ответственный: сотрудник {user}, как и за контакт")
        }
        AboutResponsible::Turn { user, number, of } => {
            format!("ответственный: сотрудник {user}, по очереди (ход {number}, в очереди {of})")
        }
        AboutResponsible::Nobody => "никто из названных в профиле не найден, ответственный: \
                                     владелец вебхука"
            .to_owned(),
    }
}
