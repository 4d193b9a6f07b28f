//! The CSV files of the profiles' folder: each is read once, and every profile that uses it reports
//! its mistakes.

use std::collections::BTreeMap;

use super::neighbours::Neighbours;
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Problems, SourceText};
use crate::authoring::secrets;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;
use crate::mapping::table::{self, Dictionary};

/// Tables by the names of their files.
#[derive(Debug, Default)]
pub(super) struct Tables {
    tables: BTreeMap<String, (Dictionary, Vec<Problem>)>,
    /// The other files of the folders.
    neighbours: Neighbours,
}

impl Tables {
    /// Parses all of them.
    pub(super) fn read(files: &BTreeMap<String, String>) -> Self {
        let one = |(name, text): (&String, &String)| {
            let mut problems = Problems::default();
            let source = SourceText::new(name, text);
            let table = table::read(&source, &mut problems);
            secrets::scan(&source, &mut problems);
            (name.clone(), (table, problems.into_sorted()))
        };
        Self {
            tables: files.iter().map(one).collect(),
            neighbours: Neighbours::default(),
        }
    }

    /// Adds the names of all files, which advice on a missing table looks at.
    pub(super) fn set_neighbours(&mut self, neighbours: &Neighbours) {
        self.neighbours = neighbours.clone();
    }

    /// Returns the table that a profile names.
    pub(super) fn find(&self, name: &Text, problems: &mut Problems) -> Option<Dictionary> {
        let Some((table, mistakes)) = self.tables.get(name.value.trim()) else {
            let wanted = &name.value;
            let message = bilingual!(
                "there is no table `{wanted}` beside the profiles",
                "рядом с профилями нет таблицы `{wanted}`"
            );
            let known: Vec<&str> = self.tables.keys().map(String::as_str).collect();
            let other = self.neighbours.for_table(name.value.trim());
            let same = known
                .iter()
                .find(|known| known.strip_suffix(".csv") == Some(wanted.trim()));
            let advice = match (other, same, known.as_slice()) {
                (_, Some(same), _) => suggest::meant(same),
                (Some(advice), None, _) => advice,
                (None, None, []) => bilingual!(
                    "put the CSV file into the mappings folder and write its name with the ending",
                    "положите файл CSV в папку профилей и напишите его имя с окончанием"
                ),
                (None, None, known) => suggest::did_you_mean(wanted, known),
            };
            problems.error(Code::UnknownTable, &name.place, message, advice);
            return None;
        };
        for mistake in mistakes {
            problems.push(mistake.clone());
        }
        Some(table.clone())
    }
}
