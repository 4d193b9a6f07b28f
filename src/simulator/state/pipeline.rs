//! Pipelines come and go with their stages.

use super::{
    State,
    dictionary::{self, Pipeline, stage_entity},
    kind::Kind,
};

impl State {
    /// Opens a pipeline with the default stages of its kind, and returns its number. Numbers are shared
    /// by all kinds, as on the portal.
    pub(in crate::simulator) fn open_pipeline(
        &mut self,
        kind: Kind,
        name: String,
        sort: u32,
    ) -> u32 {
        let last = self.pipelines.iter().map(|it| it.id).max();
        let id = last.unwrap_or(0) + 1;
        dictionary::open(&mut self.statuses, kind, id);
        self.pipelines.push(Pipeline {
            id,
            kind,
            name,
            sort,
            origin: String::new(),
            originator: String::new(),
        });
        self.revision += 1;
        id
    }

    /// Closes a pipeline, and deletes its stages.
    pub(in crate::simulator) fn close_pipeline(&mut self, kind: Kind, id: u32) {
        let entity = stage_entity(kind, id);
        self.statuses.retain(|it| it.entity != entity);
        self.pipelines
            .retain(|it| !(it.kind == kind && it.id == id));
        self.revision += 1;
    }

    /// Whether records are in a pipeline.
    pub(in crate::simulator) fn is_pipeline_used(&self, kind: Kind, id: u32) -> bool {
        let table = self.table(kind);
        let wanted = Some(i64::from(id));
        let mut rows = table.rows.values();
        rows.any(|it| table.int(it, "CATEGORY_ID") == wanted)
    }
}
