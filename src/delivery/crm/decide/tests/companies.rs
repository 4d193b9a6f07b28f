//! The company: found, completed, created, and bound to contact and record.

use super::*;
use crate::crm::{CompanyRow, CompanyWrite, PresetRow, RequisiteRow};
use crate::delivery::crm::companies::CompanyFindings;
use crate::domain::{CompanyPlan, DroppedBecause, DroppedValue, KeylessCompany, SourceValue};

const INN: &str = "7707083893";

fn company_id(number: i64) -> CompanyId {
    CompanyId::new(number).unwrap()
}

fn search(name: &str, value: &str) -> PlannedField {
    let value = match name {
        "PHONE" => PlannedValue::Phone(Phone::parse(value).unwrap()),
        "EMAIL" => PlannedValue::Email(Email::parse(value).unwrap()),
        _ => PlannedValue::Text(Personal::from(value)),
    };
    field(name, value, FieldRole::Search, OnUpdate::Keep)
}

/// A job of Anna, who works for Romashka with a tax number and a phone.
fn job_of(fields: Vec<PlannedField>) -> CrmJob {
    let mut job = job();
    job.plan.company = Some(CompanyPlan {
        match_: Match::Any,
        several: Several::Oldest,
        conflict: Conflict::default(),
        without_key: KeylessCompany::default(),
        responsible: None,
        preset: None,
        fields,
    });
    job
}

fn romashka() -> CrmJob {
    job_of(vec![
        text("TITLE", "Ромашка", OnUpdate::Keep),
        search("RQ_INN", INN),
        search("PHONE", "+74951234567"),
    ])
}

fn company(number: i64, phones: &[&str]) -> CompanyRow {
    CompanyRow {
        id: company_id(number),
        owner: None,
        origin: None,
        details: ContactDetails {
            phones: phones.iter().map(|phone| (*phone).to_owned()).collect(),
            ..ContactDetails::default()
        },
        fields: [("TITLE".to_owned(), json!("ООО «Ромашка»"))].into(),
    }
}

fn requisite(number: i64, inn: &str) -> RequisiteRow {
    RequisiteRow {
        company: company_id(number),
        fields: [("RQ_INN".to_owned(), json!(inn))].into(),
    }
}

fn with(rows: Vec<CompanyRow>, requisites: Vec<RequisiteRow>) -> Findings {
    Findings {
        company: CompanyFindings {
            offered: rows.iter().map(|row| row.id).collect(),
            rows,
            requisites,
            ..CompanyFindings::default()
        },
        ..found(vec![])
    }
}

#[test]
fn a_new_company_its_requisite_contact_and_deal_are_one_chain() {
    let job = romashka();
    let decision = decided(&job, &with(vec![], vec![]));
    let [
        Write::Company(CompanyWrite::Add { fields }),
        Write::Company(CompanyWrite::AddRequisite {
            company,
            fields: requisite,
        }),
        Write::AddContact {
            company: of_contact,
            ..
        },
        Write::AddRecord {
            company: of_deal, ..
        },
        Write::AddComment { .. },
    ] = decision.chain.as_slice()
    else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(fields["TITLE"], json!("Ромашка"));
    assert_eq!(fields["ORIGIN_ID"], json!(job.id.to_string()));
    assert!(!fields.contains_key("RQ_INN"));
    assert_eq!(
        (&requisite["RQ_INN"], &requisite["PRESET_ID"]),
        (&json!(INN), &json!(1))
    );
    assert_eq!(
        requisite["XML_ID"],
        json!(format!("leadgate-test-{}", job.id))
    );
    assert_eq!(*company, CompanyRef::Created);
    assert_eq!(
        (*of_contact, *of_deal),
        (Some(CompanyRef::Created), Some(CompanyRef::Created))
    );
}

#[test]
fn a_found_company_is_bound_and_neither_renamed_nor_given_a_requisite() {
    let job = romashka();
    let there = with(
        vec![company(7, &["8 495 123-45-67"])],
        vec![requisite(7, INN)],
    );
    let decision = decided(&job, &there);
    assert_eq!(decision.company, Some(company_id(7)));
    let [
        Write::AddContact {
            company: of_contact,
            ..
        },
        Write::AddRecord {
            company: of_deal, ..
        },
        Write::AddComment { .. },
    ] = decision.chain.as_slice()
    else {
        panic!("{:?}", decision.chain)
    };
    let used = Some(CompanyRef::Id(company_id(7)));
    assert_eq!((*of_contact, *of_deal), (used, used));
    let why = explained(&decision);
    assert!(
        why.contains(&"found company 7 by RQ_INN and PHONE".to_owned()),
        "{why:?}"
    );
}

/// Which company is used, or why it is parked; `None` if one is created.
fn used(job: &CrmJob, found: &Findings) -> Result<Option<i64>, ParkReason> {
    match decide(job, found, "leadgate-test") {
        Ok(decision) => Ok(decision.company.map(CompanyId::get)),
        Err(Verdict::Park { reason, .. }) => Err(reason),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn companies_are_told_apart_by_their_own_data() {
    let phone = "+74951234567";
    for (what, rows, requisites, wanted) in [
        (
            "by number",
            vec![company(7, &[])],
            vec![requisite(7, INN)],
            Some(7),
        ),
        (
            "by phone, no number known",
            vec![company(7, &[phone])],
            vec![],
            Some(7),
        ),
        (
            "the same phone, another number",
            vec![company(7, &[phone])],
            vec![requisite(7, "7736207543")],
            None,
        ),
        (
            "one of several requisites",
            vec![company(7, &[])],
            vec![requisite(7, "7736207543"), requisite(7, INN)],
            Some(7),
        ),
        (
            "offered, but a stranger",
            vec![company(7, &["+74950000000"])],
            vec![],
            None,
        ),
        (
            "a requisite with an empty number",
            vec![company(7, &[phone])],
            vec![requisite(7, "")],
            Some(7),
        ),
        (
            "two with the number: the oldest",
            vec![company(9, &[]), company(7, &[])],
            vec![requisite(9, INN), requisite(7, INN)],
            Some(7),
        ),
        (
            "number and phone disagree: the first key",
            vec![company(3, &[phone]), company(7, &[])],
            vec![requisite(7, INN)],
            Some(7),
        ),
    ] {
        let found = with(rows, requisites);
        assert_eq!(used(&romashka(), &found), Ok(wanted), "{what}");
    }
}

#[test]
fn a_tax_number_tells_companies_apart_even_if_the_profile_does_not_search_by_it() {
    let phone = "+74951234567";
    let job = |inn: &str| {
        job_of(vec![
            text("TITLE", "Ромашка", OnUpdate::Keep),
            text("RQ_INN", inn, OnUpdate::Keep),
            text("RQ_KPP", "770501001", OnUpdate::Keep),
            search("PHONE", phone),
        ])
    };
    for (what, inn, stored, wanted) in [
        ("another number", INN, vec!["7736207543"], None),
        (
            "two other numbers",
            INN,
            vec!["7736207543", "500100732259"],
            None,
        ),
        ("the same number", INN, vec![INN], Some(7)),
        ("one of several", INN, vec!["7736207543", INN], Some(7)),
        ("an empty number", INN, vec![""], Some(7)),
        ("no requisite", INN, vec![], Some(7)),
        ("no number in the form", " ", vec!["7736207543"], Some(7)),
    ] {
        let stored = stored.into_iter().map(|inn| requisite(7, inn));
        let found = with(vec![company(7, &[phone])], stored.collect());
        assert_eq!(used(&job(inn), &found), Ok(wanted), "{what}");
    }
}

/// A field whose value the form has under this key.
fn typed(name: &str, value: &str, key: &str) -> PlannedField {
    PlannedField {
        origin: Origin {
            rule: "".into(),
            sources: vec![SourceValue {
                field: key.into(),
                path: Some(format!("$['data']['{key}']").into()),
            }],
            is_guessed: false,
        },
        ..text(name, value, OnUpdate::Keep)
    }
}

#[test]
fn what_the_requisites_of_a_found_company_lack_is_left_out() {
    let of = |found: &Findings, on_update: OnUpdate| {
        let mut job = romashka();
        let fields = &mut job.plan.company.as_mut().unwrap().fields;
        fields.push(PlannedField {
            on_update,
            ..typed("RQ_KPP", "770501001", "kpp")
        });
        fields.push(typed("RQ_OGRN", "", "ogrn"));
        fields.push(text("RQ_DIRECTOR", "constant", OnUpdate::Keep));
        let decision = decided(&job, found);
        let dropped = DroppedValue::all(&decision.explanation).into_iter();
        dropped
            .map(|one| (one.field, one.place, one.why))
            .collect::<Vec<_>>()
    };
    let kept = vec![(
        "company.RQ_KPP".to_owned(),
        Some("$['data']['kpp']".to_owned()),
        DroppedBecause::RequisiteKept,
    )];
    let stored = |kpp: Option<&str>| {
        let mut row = requisite(7, INN);
        row.fields
            .extend(kpp.map(|kpp| ("RQ_KPP".to_owned(), json!(kpp))));
        with(vec![company(7, &[])], vec![row])
    };
    let bare = with(vec![company(7, &["+74951234567"])], vec![]);
    for (what, found, on_update, wanted) in [
        ("none stored", stored(None), OnUpdate::Keep, &kept),
        ("empty", stored(Some("")), OnUpdate::Keep, &kept),
        (
            "another",
            stored(Some("770701001")),
            OnUpdate::Overwrite,
            &kept,
        ),
        (
            "the same",
            stored(Some("770501001")),
            OnUpdate::Keep,
            &vec![],
        ),
        ("no requisite", bare.clone(), OnUpdate::Keep, &kept),
        ("a requisite is added", bare, OnUpdate::Fill, &vec![]),
        (
            "a new company",
            with(vec![], vec![]),
            OnUpdate::Keep,
            &vec![],
        ),
    ] {
        assert_eq!(&of(&found, on_update), wanted, "{what}");
    }
}

#[test]
fn the_rules_choose_among_companies() {
    let found = with(
        vec![company(3, &["+74951234567"]), company(7, &[])],
        vec![requisite(7, INN)],
    );
    for (conflict, wanted) in [
        (Conflict::Order, Ok(Some(7))),
        (Conflict::Oldest, Ok(Some(3))),
        (Conflict::Newest, Ok(Some(7))),
        (Conflict::Park, Err(ParkReason::SeveralCompanies)),
    ] {
        let mut job = romashka();
        job.plan.company.as_mut().unwrap().conflict = conflict;
        assert_eq!(used(&job, &found), wanted, "{conflict:?}");
    }
    let twice = with(
        vec![company(3, &[]), company(7, &[])],
        vec![requisite(3, INN), requisite(7, INN)],
    );
    for (several, wanted) in [
        (Several::Oldest, Ok(Some(3))),
        (Several::Newest, Ok(Some(7))),
        (Several::Park, Err(ParkReason::SeveralCompanies)),
    ] {
        let mut job = romashka();
        job.plan.company.as_mut().unwrap().several = several;
        assert_eq!(used(&job, &twice), wanted, "{several:?}");
    }
    let mut cut = with(vec![], vec![]);
    cut.company.is_cut = true;
    assert_eq!(used(&romashka(), &cut), Err(ParkReason::SeveralCompanies));
}

#[test]
fn a_company_without_a_key_follows_its_rule() {
    for (rule, creates, parked) in [
        (KeylessCompany::SkipCompany, false, false),
        (KeylessCompany::Create, true, false),
        (KeylessCompany::Park, false, true),
    ] {
        let mut job = job_of(vec![text("TITLE", "Ромашка", OnUpdate::Keep)]);
        job.plan.company.as_mut().unwrap().without_key = rule;
        let decided = decide(&job, &with(vec![], vec![]), "leadgate-test");
        assert_eq!(decided.is_err(), parked, "{rule:?}");
        let Ok(decision) = decided else { continue };
        let is_add = |write: &Write| matches!(write, Write::Company(CompanyWrite::Add { .. }));
        assert_eq!(decision.chain.iter().any(is_add), creates, "{rule:?}");
        assert!(
            decision
                .chain
                .iter()
                .any(|write| matches!(write, Write::AddRecord { .. }))
        );
    }
}

#[test]
fn what_is_found_gets_what_it_lacks_and_only_that() {
    let mut job = romashka();
    let plan = job.plan.company.as_mut().unwrap();
    plan.fields
        .push(text("COMMENTS", "новое", OnUpdate::Append));
    let found = with(
        vec![company(3, &["+74951234567"]), company(7, &[])],
        vec![requisite(7, INN)],
    );
    let decision = decided(&job, &found);
    let Write::Company(CompanyWrite::Update { id, fields }) = &decision.chain[0] else {
        panic!("{:?}", decision.chain)
    };
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!((id.get(), names), (7, vec!["COMMENTS"]));
    let why = explained(&decision);
    let kept = "PHONE is not added to company 7: it belongs to company 3, which was found, too";
    assert!(why.contains(&kept.to_owned()), "{why:?}");
    let alone = with(vec![company(7, &[])], vec![requisite(7, INN)]);
    let decision = decided(&job, &alone);
    let Write::Company(CompanyWrite::Update { fields, .. }) = &decision.chain[0] else {
        panic!("{:?}", decision.chain)
    };
    assert_eq!(fields["PHONE"][0]["VALUE"], json!("+74951234567"));
}

#[test]
fn a_requisite_is_made_once_whatever_was_lost() {
    let job = romashka();
    let adds = |found: &Findings| {
        let decision = decided(&job, found);
        let is_add =
            |write: &&Write| matches!(write, Write::Company(CompanyWrite::AddRequisite { .. }));
        decision.chain.iter().filter(is_add).count()
    };
    // the company was created, and the reply to the requisite was lost
    let mut mine = company(7, &[]);
    mine.origin = Some(job.id);
    let mut found = with(vec![mine.clone()], vec![]);
    found.company.own = Some(company_id(7));
    assert_eq!(adds(&found), 1);
    found.company.requisites = vec![requisite(7, INN)];
    assert_eq!(adds(&found), 0);
    // somebody else's company without requisites stays as it is
    let other = with(vec![company(7, &["+74951234567"])], vec![]);
    assert_eq!(adds(&other), 0);
}

#[test]
fn known_contacts_and_deals_keep_the_companies_that_they_have() {
    let known = |of_contact: Option<&str>, of_deal: Option<&str>| {
        let mut anna = row(84, &[PHONE], &[EMAIL]);
        anna.fields
            .insert("COMPANY_ID".to_owned(), json!(of_contact));
        let mut deal = deal(5, 84);
        deal.fields.insert("COMPANY_ID".to_owned(), json!(of_deal));
        Findings {
            by_contact: vec![deal],
            ..Findings {
                company: with(vec![company(7, &[])], vec![requisite(7, INN)]).company,
                ..found(vec![anna])
            }
        }
    };
    let bindings = |found: &Findings| {
        let decision = decided(&romashka(), found);
        let bound = |write: &Write| match write {
            Write::Company(CompanyWrite::BindToContact { .. }) => Some("contact"),
            Write::Company(CompanyWrite::BindToRecord { .. }) => Some("deal"),
            _ => None,
        };
        decision.chain.iter().filter_map(bound).collect::<Vec<_>>()
    };
    assert_eq!(bindings(&known(None, None)), ["contact", "deal"]);
    assert_eq!(bindings(&known(Some("7"), Some("7"))), [""; 0]);
    assert_eq!(bindings(&known(Some("3"), Some("3"))), ["contact"]);
    let mut second = known(Some("3"), Some("0"));
    assert_eq!(bindings(&second), ["contact", "deal"]);
    second.company.of_contact = vec![company_id(3), company_id(7)];
    assert_eq!(bindings(&second), ["deal"]);
}

#[test]
fn a_company_needs_no_contact() {
    let mut job = romashka();
    job.plan.contact = None;
    let decision = decided(&job, &with(vec![], vec![]));
    assert!(matches!(
        decision.chain.as_slice(),
        [
            Write::Company(CompanyWrite::Add { .. }),
            Write::Company(CompanyWrite::AddRequisite { .. }),
            Write::AddRecord { .. },
            Write::AddComment { .. },
        ]
    ));
    job.plan.record = None;
    let there = with(vec![company(7, &["+74951234567"])], vec![requisite(7, INN)]);
    let decision = decided(&job, &there);
    assert_eq!(
        (decision.chain.len(), decision.company),
        (0, Some(company_id(7)))
    );
}

#[test]
fn the_template_of_the_requisite_fits_the_number() {
    let presets = || {
        [(1, "_COMPANY#"), (2, "_INDIVIDUAL#"), (3, "_PERSON#")].map(|(id, code)| PresetRow {
            id,
            code: format!("#CRM_REQUISITE_PRESET_DEF_RU{code}"),
            active: true,
        })
    };
    let preset = |inn: &str, presets: Vec<PresetRow>, wanted: Option<i64>| {
        let mut job = job_of(vec![search("RQ_INN", inn)]);
        job.plan.company.as_mut().unwrap().preset = wanted;
        let mut found = with(vec![], vec![]);
        found.company.presets = presets;
        let decision = decided(&job, &found);
        match &decision.chain[1] {
            Write::Company(CompanyWrite::AddRequisite { fields, .. }) => {
                fields["PRESET_ID"].as_i64().unwrap()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(preset(INN, presets().to_vec(), None), 1);
    assert_eq!(preset("500100732259", presets().to_vec(), None), 2);
    assert_eq!(preset("500100732259", presets().to_vec(), Some(9)), 9);
    assert_eq!(preset(INN, vec![], None), 1);
    let mut off = presets().to_vec();
    off[0].active = false;
    assert_eq!(preset(INN, off, None), 2);
}
