//! How stage codes and the names of stage lists refer to pipelines.

use crate::domain::EntityKind;

/// Returns the pipeline that a stage code names: `C1:NEW` is of pipeline 1, `DT1036_5:NEW` of
/// pipeline 5 (REST documentation, "crm.status.list"). Deals of the first pipeline have bare codes;
/// leads have no pipelines.
pub fn pipeline_of(kind: EntityKind, stage: &str) -> Option<i64> {
    let (pipeline, _) = stage.split_once(':')?;
    match kind {
        EntityKind::Lead | EntityKind::Company => None,
        EntityKind::Deal => pipeline.strip_prefix('C')?.parse().ok(),
        EntityKind::Item(process) => pipeline
            .strip_prefix("DT")?
            .strip_prefix(&process.to_string())?
            .strip_prefix('_')?
            .parse()
            .ok(),
    }
}

/// Returns whether two stages belong to one pipeline. An empty code belongs to every pipeline.
pub(crate) fn in_same_pipeline(kind: EntityKind, one: &str, other: &str) -> bool {
    one.is_empty() || other.is_empty() || pipeline_of(kind, one) == pipeline_of(kind, other)
}

/// Returns the name of the list that holds the stages of a pipeline.
pub(crate) fn stage_list(kind: EntityKind, pipeline: i64) -> String {
    match kind {
        EntityKind::Lead => "STATUS".to_owned(),
        EntityKind::Company => String::new(),
        EntityKind::Deal if pipeline == 0 => "DEAL_STAGE".to_owned(),
        EntityKind::Deal => format!("DEAL_STAGE_{pipeline}"),
        EntityKind::Item(process) => format!("DYNAMIC_{process}_STAGE_{pipeline}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ItemType;

    #[test]
    fn a_stage_code_names_its_pipeline() {
        let item = EntityKind::Item(ItemType::new(1036).unwrap());
        assert_eq!(pipeline_of(EntityKind::Deal, "C1:NEW"), Some(1));
        assert_eq!(pipeline_of(EntityKind::Deal, "NEW"), None);
        assert_eq!(pipeline_of(EntityKind::Lead, "C1:NEW"), None);
        assert_eq!(pipeline_of(item, "DT1036_5:NEW"), Some(5));
        assert_eq!(pipeline_of(item, "DT177_5:NEW"), None);
        assert_eq!(stage_list(item, 5), "DYNAMIC_1036_STAGE_5");
        assert!(in_same_pipeline(EntityKind::Deal, "NEW", "WON"));
        assert!(in_same_pipeline(EntityKind::Deal, "C1:NEW", "C1:WON"));
        assert!(!in_same_pipeline(EntityKind::Deal, "C1:NEW", "NEW"));
        assert!(in_same_pipeline(EntityKind::Lead, "NEW", "CONVERTED"));
        assert!(!in_same_pipeline(item, "DT1036_5:NEW", "DT1036_6:NEW"));
        assert!(in_same_pipeline(item, "DT1036_5:NEW", ""));
    }
}
