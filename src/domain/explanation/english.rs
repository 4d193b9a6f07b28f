//! The steps in English.

use super::{
    ContactExplanation, RecordExplanation, ResponsibleExplanation, conflict, list, passed_over,
    shown, some,
};
use crate::domain::{Closed, ContactId, EntityKind, Lang, RecordId, Several};

pub(super) fn contact(about: &ContactExplanation) -> String {
    match about {
        ContactExplanation::Unnamed => "the packet names no contact".to_owned(),
        ContactExplanation::Own(id) => format!("contact {id} was created by an earlier attempt"),
        ContactExplanation::Earlier(id) => {
            format!("contact {id} is the one that an earlier attempt went to")
        }
        ContactExplanation::Found {
            id,
            by,
            among,
            several,
        } => {
            let choice = choice(among, *several);
            format!("found contact {id} by {}{choice}", by.join(" and "))
        }
        ContactExplanation::NotAllNamed => {
            "the portal names only 20 who share a phone or an address; \
                                      further ones were looked for by the text as it is stored"
                .to_owned()
        }
        ContactExplanation::Strangers(ids) => format!(
            "the portal offered contact {}, whose own data do not agree",
            list(ids)
        ),
        ContactExplanation::NotFound { by } if by.is_empty() => {
            "nothing to search a contact by, so one is created".to_owned()
        }
        ContactExplanation::NotFound { by } => format!(
            "no contact with this {}, so one is created",
            by.join(" or ")
        ),
        ContactExplanation::OfRecord {
            id,
            kind,
            record,
            by,
        } if by.is_empty() => {
            format!("nothing to search a contact by: contact {id} of {kind} {record} is used")
        }
        ContactExplanation::OfRecord {
            id,
            kind,
            record,
            by,
        } => format!(
            "no contact with this {}: contact {id} of {kind} {record} has no other and is used",
            by.join(" or ")
        ),
        ContactExplanation::NoneOfRecord { kind, record } => format!(
            "nothing to search a contact by, and {kind} {record} has none: none is created, \
             because no repeat would find it"
        ),
        ContactExplanation::Gets { id, fields } => format!("contact {id} gets {}", list(fields)),
        ContactExplanation::Created(id) => format!("created contact {id}"),
        _ => conflict::to_text(about, Lang::En),
    }
}

/// How one of several contacts was chosen.
fn choice(among: &[ContactId], several: Several) -> String {
    match (among.len(), several) {
        (0 | 1, _) => String::new(),
        (n, Several::Newest) => format!("; newest of {n} ({})", list(among)),
        (n, Several::All) => format!("; all {n} are bound ({})", list(among)),
        (n, Several::Oldest | Several::Park) => format!("; oldest of {n} ({})", list(among)),
    }
}

pub(super) fn record(kind: EntityKind, about: &RecordExplanation) -> String {
    match about {
        RecordExplanation::Own(id) => format!("{kind} {id} was created by an earlier attempt"),
        RecordExplanation::Earlier(id) => {
            format!("{kind} {id} is the one that an earlier attempt went to")
        }
        RecordExplanation::ByField { id, by, stage, of } => {
            let choice = match of {
                0 | 1 => String::new(),
                n => format!("; of {n}: an open one before a closed one, then the newest"),
            };
            let (by, stage) = (by.join(" and "), shown(stage));
            format!("found {kind} {id} by its own {by}, in stage {stage}{choice}")
        }
        RecordExplanation::OfContact { id, stages, newer } if newer.is_empty() => {
            of_contact(kind, *id, stages)
        }
        RecordExplanation::OtherMatter(ids) => format!(
            "open {kind} {} of the contact has another value in a search field: left alone",
            some(ids, Lang::En)
        ),
        RecordExplanation::OtherPipeline(ids) => format!(
            "open {kind} {} of the contact stands in another pipeline: left alone",
            some(ids, Lang::En)
        ),
        RecordExplanation::Closed { id, rule } => format!("{kind} {id} is {}", closed(*rule)),
        RecordExplanation::Ignored(id) => format!("{kind} {id} is left as it is (found: ignore)"),
        RecordExplanation::Always => {
            format!("a {kind} is created every time (found: always_create)")
        }
        RecordExplanation::NotFound => format!("no {kind} to update, so one is created"),
        RecordExplanation::StageLeft => "its stage is left (change_stage is off)".to_owned(),
        RecordExplanation::StageThere(stage) => format!("it stands in stage {stage} already"),
        RecordExplanation::StageElsewhere(stage) => {
            format!("its stage is left: {stage} is of another pipeline")
        }
        RecordExplanation::Moved { from, to } => {
            format!("moved from stage {} to {to}", shown(from))
        }
        RecordExplanation::Gets { id, fields } => format!("{kind} {id} gets {}", list(fields)),
        RecordExplanation::GroupKept { id, group } => format!(
            "the fields of the group {group} stay as they are: {kind} {id} has values in them"
        ),
        RecordExplanation::NothingNew(id) => format!("{kind} {id} has all of it already"),
        RecordExplanation::Bound(id) => format!("the contact is bound to {kind} {id}"),
        RecordExplanation::Created(id) => format!("created {kind} {id}"),
        RecordExplanation::NotAllRead => format!(
            "there are more {kind}s than are read (delivery.search_limit): the newest were read"
        ),
        RecordExplanation::Products(rows) => format!("product rows written: {rows}"),
        RecordExplanation::ProductsThere => "it has these product rows already".to_owned(),
        RecordExplanation::ProductsNotRead(read) => products_not_read(*read),
        RecordExplanation::ProductsKept => "its product rows are kept (on_update)".to_owned(),
        RecordExplanation::CommentThere => "the comment is there already".to_owned(),
        RecordExplanation::TodoThere => "the to-do is there already".to_owned(),
        _ => passed_over::record(kind, about, Lang::En),
    }
}

fn closed(rule: Closed) -> &'static str {
    match rule {
        Closed::Create => "closed and does not count (closed: create)",
        Closed::Update => "closed: updated all the same, but not opened again",
        Closed::Ignore => "closed and left as it is (closed: ignore)",
    }
}

fn of_contact(kind: EntityKind, id: RecordId, stages: &[String]) -> String {
    match stages {
        [] => format!("found open {kind} {id} of the contact"),
        [one] => format!(
            "found open {kind} {id} of the contact in stage {}",
            shown(one)
        ),
        several => format!(
            "{} open {kind}s of the contact in stages {}; the newest, {id}, is taken",
            several.len(),
            list(several)
        ),
    }
}

pub(super) fn responsible(about: &ResponsibleExplanation) -> String {
    match about {
        ResponsibleExplanation::Named(user) => format!("employee {user} is responsible"),
        ResponsibleExplanation::OwnsContact(user) => {
            format!("employee {user} is responsible, as for the contact")
        }
        ResponsibleExplanation::Turn { user, number, of } => {
            format!("employee {user} is responsible: turn {number}, among {of}")
        }
        ResponsibleExplanation::Nobody => {
            "nobody whom the profile names was found, so the webhook's \
                                     owner is responsible"
                .to_owned()
        }
        ResponsibleExplanation::Skipped(_) => passed_over::responsible(about, Lang::En),
    }
}

fn products_not_read(read: usize) -> String {
    format!(
        "it has {read} product rows or more, too many to read: they are kept, correct them by hand"
    )
}
