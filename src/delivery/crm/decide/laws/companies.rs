//! Property tests of decisions about companies.

use super::*;
use crate::crm::{CompanyRow, CompanyWrite, RequisiteRow};
use crate::delivery::crm::companies::CompanyFindings;
use crate::domain::spelling::CompareAs;
use crate::domain::{CompanyPlan, KeylessCompany};

const NUMBERS: [&str; 2] = ["7707083893", "7736207543"];

/// A field of a company: one like a contact's, its name, or a tax number.
fn company_field() -> impl Strategy<Value = PlannedField> {
    let number = (select(&NUMBERS[..]), planned()).prop_map(|(number, field)| PlannedField {
        name: "RQ_INN".to_owned(),
        value: PlannedValue::Text(number.into()),
        ..field
    });
    let title = planned().prop_map(|field| PlannedField {
        name: "TITLE".to_owned(),
        value: PlannedValue::Text("Ромашка".into()),
        ..field
    });
    prop_oneof![3 => planned(), 2 => number, 1 => title]
}

fn text_field(name: &str, value: &str) -> PlannedField {
    PlannedField {
        name: name.to_owned(),
        value: PlannedValue::Text(value.into()),
        role: FieldRole::Fill,
        on_update: OnUpdate::Keep,
        value_type: None,
        extension: None,
        together: None,
        compare: CompareAs::default(),
        origin: Origin::default(),
    }
}

pub(super) fn plan() -> impl Strategy<Value = CompanyPlan> {
    const FIELDS: [&str; 4] = ["TITLE", "PHONE", "EMAIL", "RQ_INN"];
    let group = vec(select(&FIELDS[..]).prop_map(str::to_owned), 0..3);
    let match_ = prop_oneof![
        2 => Just(Match::Any),
        1 => Just(Match::All),
        1 => vec(group, 0..3).prop_map(Match::Groups)
    ];
    let several = select(&[Several::Oldest, Several::Newest, Several::Park][..]);
    let conflict = select(
        &[
            Conflict::Order,
            Conflict::Oldest,
            Conflict::Newest,
            Conflict::Park,
        ][..],
    );
    let without_key = select(&[KeylessCompany::SkipCompany, KeylessCompany::Create][..]);
    let rules = (match_, several, conflict, without_key);
    (rules, responsible(), vec(company_field(), 0..5)).prop_map(
        |((match_, several, conflict, without_key), responsible, fields)| CompanyPlan {
            match_,
            several,
            conflict,
            without_key,
            responsible,
            preset: None,
            fields,
        },
    )
}

fn company_row() -> impl Strategy<Value = CompanyRow> {
    (1..9_i64, details(), fields()).prop_map(|(id, details, fields)| CompanyRow {
        id: CompanyId::new(id).unwrap(),
        owner: None,
        origin: None,
        details,
        fields,
    })
}

pub(super) fn findings() -> impl Strategy<Value = CompanyFindings> {
    let requisite = (1..9_i64, select(&NUMBERS[..])).prop_map(|(id, number)| RequisiteRow {
        company: CompanyId::new(id).unwrap(),
        fields: [("RQ_INN".to_owned(), json!(number))].into(),
    });
    let own = prop::option::weighted(0.2, 1..9_i64);
    let rows = (vec(company_row(), 0..4), vec(requisite, 0..3));
    (rows, own, any::<bool>(), vec(1..9_i64, 0..2)).prop_map(
        |((mut rows, requisites), own, is_cut, of_contact)| {
            rows.sort_by_key(|row| row.id);
            rows.dedup_by_key(|row| row.id);
            CompanyFindings {
                offered: rows.iter().map(|row| row.id).collect(),
                is_cut,
                own: own.and_then(CompanyId::new),
                rows,
                requisites,
                presets: Vec::new(),
                of_contact: of_contact.into_iter().filter_map(CompanyId::new).collect(),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn one_company_is_made_at_most_and_everything_refers_to_it(job in job(), found in super::findings()) {
        let Ok(decision) = decide(&job, &found, "leadgate-x") else { return Ok(()) };
        let chain = decision.chain;
        let made = |write: &Write| matches!(write, Write::Company(CompanyWrite::Add { .. }));
        let companies = places(&chain, made);
        let requisite =
            |write: &Write| matches!(write, Write::Company(CompanyWrite::AddRequisite { .. }));
        prop_assert!(companies.len() <= 1 && places(&chain, requisite).len() <= 1);
        for (place, write) in chain.iter().enumerate() {
            let company = match write {
                Write::AddContact { company, .. } | Write::AddRecord { company, .. } => *company,
                Write::Company(
                    CompanyWrite::AddRequisite { company, .. }
                    | CompanyWrite::BindToContact { company, .. }
                    | CompanyWrite::BindToRecord { company, .. },
                ) => Some(*company),
                _ => continue,
            };
            match company {
                Some(CompanyRef::Created) => {
                    prop_assert!(companies.first().is_some_and(|first| *first < place));
                }
                Some(CompanyRef::Id(id)) => {
                    prop_assert_eq!(Some(id), decision.company);
                    prop_assert!(companies.is_empty());
                }
                None => prop_assert!(companies.is_empty() && decision.company.is_none()),
            }
        }
        if job.plan.company.is_none() {
            prop_assert!(!chain.iter().any(|write| matches!(write, Write::Company(_))));
        }
        if found.company.own.is_some() {
            prop_assert!(companies.is_empty());
        }
    }

    #[test]
    fn a_company_of_another_tax_number_is_never_used(
        mut job in job(),
        found in super::findings(),
        role in select(&[FieldRole::Search, FieldRole::Fill][..]),
    ) {
        let Some(plan) = &mut job.plan.company else { return Ok(()) };
        plan.fields.retain(|field| !field.is_of_requisite());
        let number = text_field("RQ_INN", NUMBERS[0]);
        plan.fields.push(PlannedField { role, ..number });
        job.became = Became::default();
        let found = Findings {
            company: CompanyFindings { own: None, ..found.company },
            ..found
        };
        let Ok(decision) = decide(&job, &found, "leadgate-x") else { return Ok(()) };
        let Some(id) = decision.company else { return Ok(()) };
        let mut numbers = found.company.requisites.iter().filter(|row| row.company == id).peekable();
        let is_right = |row: &RequisiteRow| row.fields["RQ_INN"] == json!(NUMBERS[0]);
        prop_assert!(numbers.peek().is_none() || numbers.any(is_right));
    }
}
