//! Files: which fields get them, and that a repeated delivery adds none twice.

use super::super::super::findings::OwnerId;
use super::*;
use crate::crm::{FileField, FileOwner, RecordRef, StoredFile, StoredFiles};
use crate::domain::PlannedFile;
use crate::domain::file::FileFault;

const FIELD: &str = "UF_CRM_DOCS";

/// How many files the profile says that a field takes.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    One,
    Several,
}

fn planned(place: &str, takes: Takes) -> PlannedFile {
    PlannedFile {
        name: format!("{place}.pdf").as_str().into(),
        kind: "application/pdf".into(),
        size: Some(1),
        place: place.into(),
        is_link: false,
        many: takes == Takes::Several,
    }
}

/// A job whose deal gets the files `a` and `b`; `c` is not kept.
fn with_files(places: &[&str], takes: Takes, on_update: OnUpdate) -> CrmJob {
    let mut job = job();
    let record = job.plan.record.as_mut().unwrap();
    record.fields.extend(places.iter().map(|place| {
        let file = PlannedValue::File(planned(place, takes));
        field(FIELD, file, FieldRole::Fill, on_update)
    }));
    for place in ["a", "b"] {
        job.files
            .insert(place, Ok(place.as_bytes().to_vec().into()));
    }
    job.files.insert("c", Err(FileFault::NotKept));
    job
}

/// The deal 9, whose field has the files with these ids; `same` are planned ones among them.
fn with_deal(stored: &[i64], many: Option<bool>, same: &[(&str, i64)]) -> Findings {
    let owner = OwnerId::Record(RecordId::new(9).unwrap());
    let file = |id: &i64| StoredFile {
        id: *id,
        address: String::new(),
    };
    let files = StoredFiles {
        files: stored.iter().map(file).collect(),
        many,
    };
    let same = same.iter();
    let same = same.map(|(place, id)| (owner, FIELD.to_owned(), (*place).to_owned(), *id));
    Findings {
        by_contact: vec![deal(9, 84)],
        files: [(owner, [(FIELD.to_owned(), files)].into())].into(),
        same_files: same.collect(),
        ..found(vec![row(84, &[PHONE], &[EMAIL])])
    }
}

/// The fields that are set, as `keep + add`.
fn set(decision: &Decision) -> Option<String> {
    let fields: Vec<&FileField> = decision
        .chain
        .iter()
        .filter_map(|write| match write {
            Write::SetFiles { fields, .. } => Some(fields),
            _ => None,
        })
        .flatten()
        .collect();
    let field = *fields.first()?;
    assert_eq!((fields.len(), field.name.as_str()), (1, FIELD));
    let added: Vec<&str> = field.add.iter().map(|file| file.name.as_str()).collect();
    let several = if field.many { "*" } else { "" };
    Some(format!("{:?} + {}{several}", field.keep, added.join(" ")))
}

#[test]
fn a_field_of_a_found_record_gets_what_it_does_not_have() {
    use OnUpdate::{Append, Fill, Keep, Overwrite};
    for (on_update, stored, same, expected) in [
        (Append, &[][..], &[][..], Some("[] + a.pdf b.pdf*")),
        (Append, &[5], &[], Some("[5] + a.pdf b.pdf*")),
        (Append, &[5, 7], &[("a", 7)], Some("[5, 7] + b.pdf*")),
        (Append, &[5, 7], &[("a", 7), ("b", 5)], None),
        (Overwrite, &[5], &[], Some("[] + a.pdf b.pdf*")),
        (Overwrite, &[5, 7], &[("a", 7)], Some("[7] + b.pdf*")),
        (Overwrite, &[5, 7], &[("a", 7), ("b", 5)], None),
        (
            Overwrite,
            &[5, 7, 8],
            &[("a", 7), ("b", 5)],
            Some("[7, 5] + *"),
        ),
        (Fill, &[], &[], Some("[] + a.pdf b.pdf*")),
        (Fill, &[5], &[], None),
        (Keep, &[], &[], None),
        (Keep, &[5], &[], None),
    ] {
        let job = with_files(&["a", "b"], Takes::Several, on_update);
        let decision = decided(&job, &with_deal(stored, Some(true), same));
        let about = format!("{on_update:?} {stored:?} {same:?}");
        assert_eq!(set(&decision).as_deref(), expected, "{about}");
    }
}

#[test]
fn a_field_with_one_file_gets_the_first() {
    let job = with_files(&["a", "b"], Takes::One, OnUpdate::Append);
    for (stored, same, expected) in [
        (&[][..], &[][..], Some("[] + a.pdf")),
        (&[5], &[], Some("[5] + a.pdf")),
        (&[5], &[("a", 5)], None),
    ] {
        let decision = decided(&job, &with_deal(stored, Some(false), same));
        assert_eq!(set(&decision).as_deref(), expected, "{stored:?} {same:?}");
        let left = "deal.UF_CRM_DOCS: the file at b is left out: the CRM's field takes one file";
        assert!(explained(&decision).contains(&left.to_owned()));
    }
    // the portal knows better than the profile
    let decision = decided(&job, &with_deal(&[5], Some(true), &[]));
    assert_eq!(set(&decision).as_deref(), Some("[5] + a.pdf b.pdf*"));
}

#[test]
fn a_new_record_gets_its_files_last_whatever_the_profile_says_of_found_ones() {
    for on_update in [OnUpdate::Keep, OnUpdate::Fill, OnUpdate::Append] {
        let job = with_files(&["a", "c"], Takes::Several, on_update);
        let decision = decided(&job, &found(vec![]));
        let Some(Write::SetFiles { owner, fields }) = decision.chain.last() else {
            panic!("{:?}", decision.chain)
        };
        assert_eq!(
            *owner,
            FileOwner::Record(EntityKind::Deal, RecordRef::Created)
        );
        assert_eq!(fields[0].add.len(), 1);
        let left = "deal.UF_CRM_DOCS: the file at c is left out: its content was not kept";
        assert!(explained(&decision).contains(&left.to_owned()));
        // an earlier attempt created the record and one of its files
        let mut again = with_deal(&[5], Some(true), &[("a", 5)]);
        again.by_contact.clear();
        again.own_record = Some(deal(9, 84));
        assert_eq!(set(&decided(&job, &again)), None, "{on_update:?}");
        again.same_files.clear();
        let added = set(&decided(&job, &again));
        assert_eq!(added.as_deref(), Some("[5] + a.pdf*"), "{on_update:?}");
    }
}

#[test]
fn a_file_that_may_be_there_is_not_added_again() {
    use OnUpdate::{Append, Overwrite};
    let left =
        "deal.UF_CRM_DOCS: the file at b is left out: an earlier attempt may have written it";
    for on_update in [Append, Overwrite] {
        let mut job = with_files(&["a", "b"], Takes::Several, on_update);
        let mut found = with_deal(&[5, 7], Some(true), &[("a", 7)]);
        found.not_compared = found
            .files
            .keys()
            .map(|owner| (*owner, FIELD.to_owned()))
            .collect();
        // a first attempt writes it: nobody else did
        assert!(set(&decided(&job, &found)).unwrap().ends_with("+ b.pdf*"));
        job.uncertain = true;
        let decision = decided(&job, &found);
        assert_eq!(set(&decision), None, "{on_update:?}");
        let explained = explained(&decision);
        assert!(explained.iter().any(|line| line.starts_with(left)));
        // a replay
        job.uncertain = false;
        job.became.record = Some((EntityKind::Deal, RecordId::new(9).unwrap()));
        assert_eq!(set(&decided(&job, &found)), None, "{on_update:?}");
        found.not_compared.clear();
        assert!(set(&decided(&job, &found)).unwrap().ends_with("+ b.pdf*"));
    }
}

#[test]
fn files_of_the_timeline_belong_to_the_comment() {
    let mut job = with_files(&[], Takes::Several, OnUpdate::Append);
    job.plan.files = vec![planned("a", Takes::One), planned("c", Takes::One)];
    let comments = |job: &CrmJob, found: &Findings| -> Vec<(String, usize)> {
        let decision = decided(job, found);
        let comments = decision.chain.iter().filter_map(|write| match write {
            Write::AddComment { text, files, .. } => Some((text.clone(), files.len())),
            _ => None,
        });
        comments.collect()
    };
    let marker = format!("leadgate {}", job.id);
    let with_text = format!("[\u{2060}B]привет\n\n{marker}");
    assert_eq!(comments(&job, &found(vec![])), [(with_text, 1)]);
    job.plan.comment = None;
    assert_eq!(comments(&job, &found(vec![])), [(marker, 1)]);
    let there = Findings {
        comment_exists: true,
        ..found(vec![])
    };
    assert_eq!(comments(&job, &there), []);
    // the comment may lack a file that was fetched later
    let told = explained(&decided(&job, &there));
    for place in ["a", "c"] {
        let line = format!("the comment exists, so the file at {place} is not added to it");
        assert!(told.iter().any(|told| told.starts_with(&line)), "{told:?}");
    }
    job.plan.files = vec![planned("c", Takes::One)];
    assert_eq!(comments(&job, &found(vec![])), []);
}
