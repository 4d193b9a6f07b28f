//! Files that lie beside a missing one: `note.hbs.txt` for the template `note`, `cities.CSV` for the
//! table `cities.csv`, `site.yaml` for the base `_site.yaml`. Nothing reads them; advice names them.

use crate::authoring::suggest;
use crate::domain::{Bilingual, bilingual};

/// The names of all files in the folders of profiles and templates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// In the folder of profiles.
    pub mappings: Vec<String>,
    /// In the folder of templates.
    pub templates: Vec<String>,
}

/// Known templates are named if they are not more than this.
const MOST_NAMED: usize = 6;
/// Endings of tables of spreadsheets.
const SHEETS: [&str; 6] = ["xlsx", "xls", "ods", "numbers", "xlsm", "xlsb"];

impl Neighbours {
    /// Advice on a template that is not in its folder.
    pub(super) fn for_template(&self, name: &str, known: &[&str]) -> Bilingual {
        if let Some(advice) = self.like_template(name) {
            return advice;
        }
        if let Some(near) = suggest::nearest(name, known.iter().copied()) {
            return suggest::meant_by(name, near);
        }
        if let Some((stem, _)) = name.split_once(".html") {
            return bilingual!(
                "put it into `{stem}.hbs` of the templates folder and write `{stem}`: files `.html.hbs` are pages of channels",
                "положите его в файл `{stem}.hbs` папки шаблонов и напишите `{stem}`: файлы `.html.hbs` — страницы каналов"
            );
        }
        if known.is_empty() || known.len() > MOST_NAMED {
            return bilingual!(
                "put the file `{name}.hbs` into the templates folder",
                "положите файл `{name}.hbs` в папку шаблонов"
            );
        }
        let known = suggest::list(known);
        bilingual!(
            "put the file `{name}.hbs` into the templates folder, or write one that is there: {known}",
            "положите файл `{name}.hbs` в папку шаблонов или назовите тот, что там есть: {known}"
        )
    }

    fn like_template(&self, name: &str) -> Option<Bilingual> {
        let right = format!("{name}.hbs");
        let is_like = |file: &&String| **file != right && stem(file) == stem(name);
        if let Some(file) = self.templates.iter().find(is_like) {
            return Some(bilingual!(
                "the templates folder has `{file}`, which is not read: rename it to `{right}`",
                "в папке шаблонов лежит `{file}`, он не читается: переименуйте его в `{right}`"
            ));
        }
        let is_template = |file: &&String| file.to_lowercase().contains(".hbs");
        let mut files = self.mappings.iter().filter(is_template);
        let file = files.find(|file| stem(file) == stem(name))?;
        Some(bilingual!(
            "`{file}` lies in the folder of profiles: move it to the templates folder as `{right}`",
            "`{file}` лежит в папке профилей: перенесите его в папку шаблонов как `{right}`"
        ))
    }

    /// Advice on a table that is not beside the profiles.
    pub(super) fn for_table(&self, wanted: &str) -> Option<Bilingual> {
        let base = wanted.split('.').next().unwrap_or_default();
        let right = if wanted.to_lowercase().ends_with(".csv") {
            wanted.to_owned()
        } else {
            format!("{base}.csv")
        };
        let is_table = |file: &&String| {
            let lower = file.to_lowercase();
            let ending = lower.rsplit('.').next().unwrap_or_default().trim();
            let is_read = file.rsplit('.').next() == Some("csv");
            let is_sheet = SHEETS.contains(&ending) || matches!(ending, "txt" | "tsv" | "csv");
            stem(file) == stem(wanted) && is_sheet && !is_read
        };
        if let Some(file) = self.mappings.iter().find(is_table) {
            let ending = file.to_lowercase();
            let ending = ending.rsplit('.').next().unwrap_or_default();
            if SHEETS.contains(&ending) {
                return Some(bilingual!(
                    "`{file}` is a spreadsheet: save it as `CSV UTF-8` under the name `{right}`",
                    "`{file}` — книга Excel: сохраните её как «CSV UTF-8» под именем `{right}`"
                ));
            }
            return Some(bilingual!(
                "`{file}` lies there, which is not read: rename it to `{right}`",
                "рядом лежит `{file}`, он не читается: переименуйте его в `{right}`"
            ));
        }
        let is_csv = |file: &&String| file.to_lowercase().ends_with(".csv");
        let mut files = self.templates.iter().filter(is_csv);
        let file = files.find(|file| stem(file) == stem(wanted))?;
        Some(bilingual!(
            "`{file}` lies in the templates folder: move it to the profiles as `{right}`",
            "`{file}` лежит в папке шаблонов: перенесите его к профилям под именем `{right}`"
        ))
    }

    /// Advice on a base that is not beside the profiles.
    pub(super) fn for_base(&self, name: &str) -> Option<Bilingual> {
        let right = format!("_{name}.yaml");
        let lower = name.to_lowercase();
        let file = self.mappings.iter().find(|file| {
            let stem = stem(file);
            let is_profile = file.to_lowercase().contains(".y");
            is_profile && stem.trim_start_matches('_') == lower && **file != right
        })?;
        Some(bilingual!(
            "`{file}` lies there: rename it to `{right}`, without `receive` in it",
            "рядом лежит `{file}`: переименуйте его в `{right}`; `receive` в базе не бывает"
        ))
    }
}

/// The name of a file up to its first point, in lower case.
fn stem(file: &str) -> String {
    let stem = file.split('.').next().unwrap_or_default();
    stem.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    fn neighbours(mappings: &[&str], templates: &[&str]) -> Neighbours {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Neighbours {
            mappings: owned(mappings),
            templates: owned(templates),
        }
    }

    #[test]
    fn the_file_that_was_meant_is_named() {
        let templates = |files: &[&str]| {
            let advice = neighbours(&[], files).for_template("note", &[]);
            advice.in_lang(Lang::Ru).to_owned()
        };
        for file in [
            "note.hbs.txt",
            "note.HBS",
            "Note.hbs",
            "note.txt",
            "note.html",
            "note",
            "note.html.hbs",
        ] {
            assert!(templates(&[file]).contains(&format!(
                "`{file}`, он не читается: переименуйте его в `note.hbs`"
            )));
        }
        assert_eq!(templates(&[]), "положите файл `note.hbs` в папку шаблонов");
        let moved = neighbours(&["note.hbs"], &[]).for_template("note", &["other"]);
        assert!(
            moved
                .in_lang(Lang::Ru)
                .contains("перенесите его в папку шаблонов как `note.hbs`")
        );
        let page = neighbours(&[], &[]).for_template("letter.html", &["note"]);
        assert!(page.in_lang(Lang::Ru).contains("`letter.hbs`"));
        for (file, words) in [
            ("cities.CSV", "переименуйте его в `cities.csv`"),
            ("cities.csv.txt", "переименуйте его в `cities.csv`"),
            ("Cities.txt", "переименуйте его в `cities.csv`"),
            ("cities.xlsx", "«CSV UTF-8» под именем `cities.csv`"),
        ] {
            let advice = neighbours(&[file], &[]).for_table("cities.csv").unwrap();
            assert!(advice.in_lang(Lang::Ru).contains(words), "{file}");
        }
        let moved = neighbours(&[], &["cities.csv"]).for_table("cities.csv");
        assert!(moved.unwrap().in_lang(Lang::Ru).contains("перенесите"));
        assert!(
            neighbours(&["towns.CSV"], &[])
                .for_table("cities.csv")
                .is_none()
        );
        for file in ["site.yaml", "_site.yaml.txt", "_site.YAML", "Site.yml"] {
            let advice = neighbours(&[file], &[]).for_base("site").unwrap();
            assert!(
                advice
                    .in_lang(Lang::Ru)
                    .contains("переименуйте его в `_site.yaml`"),
                "{file}"
            );
        }
        assert!(neighbours(&["shop.yaml"], &[]).for_base("site").is_none());
    }
}
