//! The steps in Russian.

use super::{
    ContactExplanation, RecordExplanation, ResponsibleExplanation, conflict, list, passed_over,
    shown, some,
};
use crate::domain::{Closed, ContactId, EntityKind, Lang, Several};

pub(super) fn contact(about: &ContactExplanation) -> String {
    match about {
        ContactExplanation::Unnamed => "в пакете нет данных для контакта".to_owned(),
        ContactExplanation::Own(id) => format!("контакт {id} создан прошлой попыткой"),
        ContactExplanation::Earlier(id) => format!("контакт {id}: туда же, куда прошлая попытка"),
        ContactExplanation::Found {
            id,
            by,
            among,
            several,
        } => {
            let choice = choice(among, *several);
            format!("найден контакт {id}, совпало: {}{choice}", list(by))
        }
        ContactExplanation::NotAllNamed => {
            "портал называет только 20 контактов с одним телефоном или \
                                      адресом; остальных искали по записи как есть"
                .to_owned()
        }
        ContactExplanation::Strangers(ids) => format!(
            "портал предложил контакт {}, но его собственные данные не совпадают",
            list(ids)
        ),
        ContactExplanation::NotFound { by } if by.is_empty() => {
            "искать контакт не по чему, создаём новый".to_owned()
        }
        ContactExplanation::NotFound { by } => {
            format!("контакт не найден (искали по {}), создаём", list(by))
        }
        ContactExplanation::OfRecord {
            id,
            kind,
            record,
            by,
        } if by.is_empty() => format!(
            "искать контакт не по чему, берём контакт {id} ({})",
            named(*kind, record)
        ),
        ContactExplanation::OfRecord {
            id,
            kind,
            record,
            by,
        } => format!(
            "контакт не найден (искали по {}), берём контакт {id} ({}): другого значения у него нет",
            list(by),
            named(*kind, record)
        ),
        ContactExplanation::NoneOfRecord { kind, record } => format!(
            "искать контакт не по чему, и контакта нет ({}): не создаём, повтор его бы не нашёл",
            named(*kind, record)
        ),
        ContactExplanation::Gets { id, fields } => {
            format!("контакту {id} записано: {}", list(fields))
        }
        ContactExplanation::Created(id) => format!("создан контакт {id}"),
        _ => conflict::to_text(about, Lang::Ru),
    }
}

fn named(kind: EntityKind, id: impl std::fmt::Display) -> String {
    kind.numbered(id, Lang::Ru)
}

/// How one of several contacts was chosen.
fn choice(among: &[ContactId], several: Several) -> String {
    match (among.len(), several) {
        (0 | 1, _) => String::new(),
        (n, Several::Newest) => format!("; самый новый из {n} ({})", list(among)),
        (n, Several::All) => format!("; привязаны все {n} ({})", list(among)),
        (n, Several::Oldest | Several::Park) => format!("; самый старый из {n} ({})", list(among)),
    }
}

fn not_found(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Lead => "лид для обновления не найден, создаём",
        EntityKind::Deal => "сделка для обновления не найдена, создаём",
        EntityKind::Item(_) => "элемент для обновления не найден, создаём",
        EntityKind::Company => "компания для обновления не найдена, создаём",
    }
}

pub(super) fn record(kind: EntityKind, about: &RecordExplanation) -> String {
    match about {
        RecordExplanation::Own(id) => format!("{}: создано прошлой попыткой", named(kind, id)),
        RecordExplanation::Earlier(id) => {
            format!("{}: туда же, куда прошлая попытка", named(kind, id))
        }
        RecordExplanation::ByField { id, by, stage, of } => {
            let choice = match of {
                0 | 1 => String::new(),
                n => format!("; из {n}: открытое раньше закрытого, затем самое новое"),
            };
            let (record, by, stage) = (named(kind, id), list(by), shown(stage));
            format!("{record}: найдено по полю поиска {by}, стадия {stage}{choice}")
        }
        RecordExplanation::OfContact { id, stages, newer } if newer.is_empty() => {
            of_contact(&named(kind, id), stages)
        }
        RecordExplanation::OtherMatter(ids) => format!(
            "{}: открыто у контакта, но в поле поиска другое значение; не трогаем",
            named(kind, some(ids, Lang::Ru))
        ),
        RecordExplanation::OtherPipeline(ids) => format!(
            "{}: открыто у контакта, но в другой воронке; не трогаем",
            named(kind, some(ids, Lang::Ru))
        ),
        RecordExplanation::Closed { id, rule } => {
            format!("{}: {}", named(kind, id), closed(*rule))
        }
        RecordExplanation::Ignored(id) => {
            format!("{}: оставляем как есть (found: ignore)", named(kind, id))
        }
        RecordExplanation::Always => "создаём каждый раз (found: always_create)".to_owned(),
        RecordExplanation::NotFound => not_found(kind).to_owned(),
        RecordExplanation::StageLeft => "стадию не меняем (change_stage выключен)".to_owned(),
        RecordExplanation::StageThere(stage) => format!("стадия уже {stage}"),
        RecordExplanation::StageElsewhere(stage) => {
            format!("стадию не меняем: {stage} из другой воронки")
        }
        RecordExplanation::Moved { from, to } => format!("стадия: {} → {to}", shown(from)),
        RecordExplanation::Gets { id, fields } => {
            format!("{}: записано {}", named(kind, id), list(fields))
        }
        RecordExplanation::GroupKept { id, group } => format!(
            "{}: поля группы {group} не меняем, в них уже есть значения",
            named(kind, id)
        ),
        RecordExplanation::NothingNew(id) => format!("{}: всё это там уже есть", named(kind, id)),
        RecordExplanation::Bound(id) => format!("{}: привязан контакт", named(kind, id)),
        RecordExplanation::Created(id) => format!("{}: создано", named(kind, id)),
        RecordExplanation::NotAllRead => {
            "записей больше, чем читаем (delivery.search_limit): прочитаны самые новые".to_owned()
        }
        RecordExplanation::Products(rows) => format!("товары записаны, строк: {rows}"),
        RecordExplanation::ProductsThere => "эти товары там уже есть".to_owned(),
        RecordExplanation::ProductsNotRead(read) => products_not_read(*read),
        RecordExplanation::ProductsKept => "товары не меняем (products: on_update)".to_owned(),
        RecordExplanation::CommentThere => "комментарий там уже есть".to_owned(),
        RecordExplanation::TodoThere => "дело там уже есть".to_owned(),
        _ => passed_over::record(kind, about, Lang::Ru),
    }
}

fn closed(rule: Closed) -> &'static str {
    match rule {
        Closed::Create => "закрыто и не считается (closed: create)",
        Closed::Update => "закрыто: дополняем, но заново не открываем",
        Closed::Ignore => "закрыто, оставляем как есть (closed: ignore)",
    }
}

fn of_contact(record: &str, stages: &[String]) -> String {
    match stages {
        [] => format!("{record}: открыто у этого контакта"),
        [one] => format!("{record}: открыто у этого контакта, стадия {}", shown(one)),
        several => format!(
            "{record}: самая новая из открытых записей контакта (всего {}, стадии {})",
            several.len(),
            list(several)
        ),
    }
}

pub(super) fn responsible(about: &ResponsibleExplanation) -> String {
    match about {
        ResponsibleExplanation::Named(user) => format!("ответственный: сотрудник {user}"),
        ResponsibleExplanation::OwnsContact(user) => {
            format!("ответственный: сотрудник {user}, как и за контакт")
        }
        ResponsibleExplanation::Turn { user, number, of } => {
            format!("ответственный: сотрудник {user}, по очереди (ход {number}, в очереди {of})")
        }
        ResponsibleExplanation::Nobody => "никто из названных в профиле не найден, ответственный: \
                                     владелец вебхука"
            .to_owned(),
        ResponsibleExplanation::Skipped(_) => passed_over::responsible(about, Lang::Ru),
    }
}

fn products_not_read(read: usize) -> String {
    format!(
        "строк товаров не меньше {read}, все не прочитать: товары не меняем, поправьте их вручную"
    )
}
