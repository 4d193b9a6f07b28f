//! A profile for one pipeline leaves deals in other pipelines alone.

use super::records::{order, with_order};
use super::*;
use crate::domain::RecordExplanation;

/// Contact 84 has an open deal in the sales pipeline and perhaps one in that of the profile's
/// stage, `C1`.
fn found(own: Option<&str>) -> Findings {
    let sales = RecordRow {
        stage: "EXECUTING".into(),
        ..deal(9, 84)
    };
    let mine = own.map(|stage| RecordRow {
        stage: stage.into(),
        ..deal(7, 84)
    });
    Findings {
        offered: [id(84)].into(),
        contacts: vec![row(84, &[PHONE], &[EMAIL])],
        by_contact: std::iter::once(sales).chain(mine).collect(),
        ..Findings::default()
    }
}

fn about(decision: &Decision) -> Vec<&RecordExplanation> {
    let steps = decision.explanation.iter();
    steps
        .filter_map(|why| match why {
            Explanation::Record { about, .. } => Some(about),
            Explanation::Mapping(_)
            | Explanation::Contact(_)
            | Explanation::Company(_)
            | Explanation::Responsible(_)
            | Explanation::UnknownLabel { .. }
            | Explanation::UnknownLabels { .. }
            | Explanation::UnknownField { .. }
            | Explanation::Label(_)
            | Explanation::File(_)
            | Explanation::Call(_)
            | Explanation::Kept(_)
            | Explanation::IncompleteGroup(_)
            | Explanation::CutCharacters => None,
        })
        .collect()
}

#[test]
fn an_open_deal_of_another_pipeline_is_left_alone() {
    let decision = decided(&job(), &found(None));
    let nine = RecordId::new(9).unwrap();
    assert!(about(&decision).contains(&&RecordExplanation::OtherPipeline(vec![nine])));
    assert_eq!(decision.record, None);
    let adds = decision.chain.iter();
    assert!(
        adds.clone()
            .any(|write| matches!(write, Write::AddRecord { .. }))
    );
    assert!(
        !adds
            .clone()
            .any(|w| matches!(w, Write::UpdateRecord { .. }))
    );
}

#[test]
fn uses_the_deal_in_the_pipeline_even_if_another_is_newer() {
    let decision = decided(&job(), &found(Some("C1:PREPARATION")));
    assert_eq!(
        decision.record,
        Some((EntityKind::Deal, RecordId::new(7).unwrap()))
    );
}

#[test]
fn named_stages_count_in_every_pipeline_and_without_a_stage_all_pipelines_count() {
    let mut job = job();
    let nine = Some((EntityKind::Deal, RecordId::new(9).unwrap()));
    job.plan.record.as_mut().unwrap().among = vec!["EXECUTING".into()];
    assert_eq!(decided(&job, &found(None)).record, nine);
    let record = job.plan.record.as_mut().unwrap();
    (record.among, record.stage) = (vec![], None);
    assert_eq!(decided(&job, &found(None)).record, nine);
}

#[test]
fn never_claims_to_move_a_deal_into_another_pipeline() {
    let mut job = with_order(job(), "6510");
    job.plan.record.as_mut().unwrap().stage_on_update = Some("C1:NEW".into());
    let sales = RecordRow {
        stage: "EXECUTING".into(),
        ..order(9, 84, "6510")
    };
    let found = Findings {
        by_field: vec![sales],
        ..found(None)
    };
    let decision = decided(&job, &found);
    let elsewhere = RecordExplanation::StageElsewhere("C1:NEW".into());
    assert!(about(&decision).contains(&&elsewhere));
    let written = format!("{:?}", about(&decision));
    assert!(!written.contains("STAGE_ID"), "{written}");
}
