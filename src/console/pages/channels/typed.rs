//! What the form says.

use std::collections::BTreeSet;

use crate::console::visit::Visit;
use crate::domain::EntityKind;

/// Empty rows of a new form, and how many more a press adds.
const SPARE_ROWS: usize = 3;
/// The most rows of fields.
const MOST_ROWS: usize = 60;

/// A channel as typed into the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewChannel {
    /// The name for people; made up if it is empty.
    pub(super) title: String,
    /// The last part of its address; made from the name if it is empty.
    pub(super) address: String,
    /// The connection to the CRM; empty for the only one.
    pub(super) connection: String,
    /// A deal or a lead.
    pub(super) kind: EntityKind,
    /// What happens if there is an open record already.
    pub(super) mode: Mode,
    /// The stages in which a record counts as open; none for all that are not final.
    pub(super) among: Vec<String>,
    /// The stage of a new record; empty for the portal's first one.
    pub(super) stage: String,
    /// The id of the responsible employee; empty for the default.
    pub(super) responsible: String,
    /// The fields.
    pub(super) rows: Vec<FieldRow>,
    /// What is ticked.
    pub(super) ticks: BTreeSet<Tick>,
    /// The title of the to-do.
    pub(super) todo: String,
    /// Its deadline after the request: `1d`.
    pub(super) todo_after: String,
}

/// What happens if there is an open record already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nobody looks for one.
    AlwaysCreate,
    /// It is updated.
    Update,
    /// The request is ignored.
    Ignore,
}

/// A box to tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tick {
    /// A found record is moved to the stage.
    ChangeStage,
    /// The fields of a found record are updated.
    UpdateFields,
    /// The fields of a found contact are updated.
    UpdateContact,
    /// The whole request goes into a comment.
    Comment,
    /// A to-do is created.
    Todo,
    /// The channel takes the requests of removed channels.
    Default,
}

impl Tick {
    const ALL: [Self; 6] = [
        Self::ChangeStage,
        Self::UpdateFields,
        Self::UpdateContact,
        Self::Comment,
        Self::Todo,
        Self::Default,
    ];

    /// Returns the name of its field.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ChangeStage => "change_stage",
            Self::UpdateFields => "update_fields",
            Self::UpdateContact => "update_contact",
            Self::Comment => "comment",
            Self::Todo => "todo",
            Self::Default => "default",
        }
    }
}

/// A row of the table of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldRow {
    /// The field: `contact.PHONE`, `record.TITLE`; empty if none was chosen.
    pub(super) target: String,
    /// The value: text with `{param}`.
    pub(super) value: String,
    /// Whether the search uses it.
    pub(super) searches: bool,
}

impl FieldRow {
    fn of(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            ..Self::default()
        }
    }

    fn searched(target: &str) -> Self {
        Self {
            searches: true,
            ..Self::of(target)
        }
    }

    /// Returns whether the row is for a field of the contact, and the field's code; `None` if no
    /// field was chosen.
    pub(super) fn target(&self) -> Option<(bool, &str)> {
        let (block, code) = self.target.split_once('.')?;
        let is_code = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_good = !code.is_empty() && code.len() <= 100 && code.chars().all(is_code);
        match block {
            "contact" if is_good => Some((true, code)),
            "record" if is_good => Some((false, code)),
            _ => None,
        }
    }
}

impl NewChannel {
    /// Returns what an untouched form says; the address may preset the kind of record.
    pub(super) fn preset(visit: &Visit<'_>) -> Self {
        let rows = [
            FieldRow::of("contact.NAME"),
            FieldRow::searched("contact.PHONE"),
            FieldRow::searched("contact.EMAIL"),
            FieldRow::of("record.TITLE"),
        ];
        let spare = std::iter::repeat_n(FieldRow::default(), SPARE_ROWS);
        Self {
            title: String::new(),
            address: visit.param("address").unwrap_or_default().to_owned(),
            connection: visit.param("crm").unwrap_or_default().to_owned(),
            kind: kind(visit.param("record")),
            mode: Mode::Update,
            among: Vec::new(),
            stage: String::new(),
            responsible: String::new(),
            rows: rows.into_iter().chain(spare).collect(),
            ticks: [Tick::UpdateFields, Tick::Comment].into(),
            todo: visit
                .t(
                    "Handle the request from the site",
                    "Обработать заявку с сайта",
                )
                .to_owned(),
            todo_after: "1d".to_owned(),
        }
    }

    /// Returns what was typed.
    pub(super) fn typed(visit: &Visit<'_>) -> Self {
        let kind = kind(visit.field("record"));
        let ticks = Tick::ALL.into_iter();
        let ticks = ticks.filter(|tick| visit.field(tick.name()).is_some());
        let text = |name: &str| visit.text(name).trim().to_owned();
        let of_kind = |name: &str| format!("{name}_{}", kind.as_str());
        let searched: Vec<usize> = visit
            .fields("search")
            .filter_map(|row| row.parse().ok())
            .collect();
        let values: Vec<&str> = visit.fields("value").collect();
        let rows = visit.fields("target").take(MOST_ROWS).enumerate();
        let rows = rows.map(|(number, target)| FieldRow {
            target: target.to_owned(),
            value: values
                .get(number)
                .map_or("", |value| value.trim())
                .to_owned(),
            searches: searched.contains(&number),
        });
        Self {
            title: text("title"),
            address: text("address"),
            connection: text("crm"),
            kind,
            mode: match (visit.text("mode"), visit.text("found")) {
                ("create", _) => Mode::AlwaysCreate,
                (_, "ignore") => Mode::Ignore,
                _ => Mode::Update,
            },
            among: visit.fields(&of_kind("among")).map(str::to_owned).collect(),
            stage: text(&of_kind("stage")),
            responsible: text("responsible"),
            rows: rows.collect(),
            ticks: ticks.collect(),
            todo: text("todo_title"),
            todo_after: text("todo_after"),
        }
    }

    /// Returns whether a box is ticked.
    pub(super) fn has(&self, tick: Tick) -> bool {
        self.ticks.contains(&tick)
    }

    /// Adds empty rows.
    pub(super) fn with_more_rows(mut self) -> Self {
        let count = (self.rows.len() + SPARE_ROWS).min(MOST_ROWS);
        self.rows.resize(count, FieldRow::default());
        self
    }
}

fn kind(word: Option<&str>) -> EntityKind {
    match word {
        Some("lead") => EntityKind::Lead,
        _ => EntityKind::Deal,
    }
}
