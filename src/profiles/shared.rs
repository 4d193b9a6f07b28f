//! The files that several profiles share: defaults, bases, templates and tables.

use std::collections::BTreeMap;
use std::path::Path;

use super::astray;
use super::files::FileKind;
use super::load::base_of;
use super::scan::{Fingerprint, Stamp};
use crate::authoring::{Problem, ProfileFile};
use crate::mapping::{Compiler, Neighbours, base_name};

/// The files that several profiles share, as texts.
#[derive(Clone, Default)]
pub(super) struct Shared {
    defaults: Option<ProfileFile>,
    /// The files that may be bases.
    bases: Vec<ProfileFile>,
    templates: BTreeMap<String, String>,
    tables: BTreeMap<String, String>,
    pub(super) neighbours: Neighbours,
}

impl Shared {
    /// Returns whether both have the same texts.
    pub(super) fn has_same_texts(&self, other: &Self) -> bool {
        self.defaults == other.defaults
            && self.bases == other.bases
            && self.templates == other.templates
            && self.tables == other.tables
    }

    /// Reads the shared files as they are now; those that cannot be read are missing.
    pub(super) fn read_now(found: &Fingerprint, (mappings, templates): (&Path, &Path)) -> Self {
        let (shared, _) = Self::read(found, &Self::default());
        Self {
            neighbours: Neighbours {
                mappings: astray::names(mappings),
                templates: astray::names(templates),
            },
            ..shared
        }
    }

    /// Replaces or adds the defaults or a base.
    pub(super) fn with_file(mut self, file: ProfileFile, kind: FileKind) -> Self {
        if kind == FileKind::Defaults {
            self.defaults = Some(file);
        } else {
            self.bases.retain(|base| base.name != file.name);
            self.bases.push(file);
        }
        self
    }

    /// Returns what a text builds on, the nearest first: its base and the defaults.
    pub(super) fn below(&self, file: &ProfileFile) -> Vec<ProfileFile> {
        let kind = FileKind::of_name(&file.name);
        let wanted = base_of(&file.text).filter(|_| kind == FileKind::Profile);
        let base = wanted.and_then(|wanted| {
            let is_wanted = |base: &&ProfileFile| base_name(&base.name) == wanted;
            self.bases.iter().find(is_wanted).cloned()
        });
        let has_defaults = matches!(kind, FileKind::Profile | FileKind::Base);
        let defaults = self.defaults.clone().filter(|_| has_defaults);
        base.into_iter().chain(defaults).collect()
    }

    /// Returns the compiler of profiles with these files.
    pub(super) fn compiler(&self) -> Compiler<'_> {
        Compiler::new(self.defaults.as_ref(), &self.templates)
            .with_bases(&self.bases)
            .with_tables(&self.tables)
            .with_neighbours(&self.neighbours)
    }

    /// Reads the shared files; one that cannot be read keeps the text that it had before.
    pub(super) fn read(found: &Fingerprint, before: &Self) -> (Self, Vec<UnreadableFile>) {
        let mut unreadable = Vec::new();
        let mut text = |stamp: &Stamp, kept: Option<&String>| match stamp.read() {
            Ok(text) => Some(text),
            Err(problem) => {
                unreadable.push(UnreadableFile {
                    problem: *problem,
                    is_defaults: stamp.is_defaults(),
                    is_kept: kept.is_some(),
                });
                kept.cloned()
            }
        };
        let mut file = |stamp: &Stamp, before: &[ProfileFile]| {
            let kept = before.iter().find(|file| file.name == stamp.name);
            Some(ProfileFile {
                name: stamp.name.clone(),
                text: text(stamp, kept.map(|file| &file.text))?,
            })
        };
        let defaults = found.mappings.iter().find(|stamp| stamp.is_defaults());
        let defaults = defaults.and_then(|stamp| file(stamp, before.defaults.as_slice()));
        let bases = found.mappings.iter().filter(|stamp| stamp.may_be_base());
        let bases = bases
            .filter_map(|stamp| file(stamp, &before.bases))
            .collect();
        let templates = found.templates.iter().filter(|stamp| !stamp.is_page());
        let templates = templates
            .filter_map(|stamp| {
                let name = stamp.name.strip_suffix(".hbs")?;
                Some((name.to_owned(), text(stamp, before.templates.get(name))?))
            })
            .collect();
        let tables = found.tables.iter();
        let tables = tables
            .filter_map(|stamp| {
                let name = &stamp.name;
                Some((name.clone(), text(stamp, before.tables.get(name))?))
            })
            .collect();
        let shared = Self {
            defaults,
            bases,
            templates,
            tables,
            neighbours: Neighbours::default(),
        };
        (shared, unreadable)
    }
}

/// A file for several profiles that cannot be read.
pub(super) struct UnreadableFile {
    pub(super) problem: Problem,
    pub(super) is_defaults: bool,
    /// Whether its earlier text is still used.
    pub(super) is_kept: bool,
}
