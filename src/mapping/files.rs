//! Files: reads those of a field, and finds their contents in the stored body.

use bytes::Bytes;
use serde_json::Value;

use super::field::DeclaredField;
use super::packet::Packet;
use super::path::Path;
use super::reading::FieldReading;
use super::template::Values;
use crate::domain::file::{
    self, AttachedFiles, FileFault, FileParts, FileReadings, FileRules, FileSource, LinkedFile,
    ReadFile,
};
use crate::domain::{MappingExplanation, Note, PlannedFile, Source, SourceKinds, ValueKind};

impl DeclaredField {
    /// Reads the files at the first place that has any.
    pub(super) fn read_files(
        &self,
        paths: &[Path],
        packet: &Packet<'_>,
        notes: &mut Vec<Note>,
    ) -> FieldReading {
        let mut is_unreadable = false;
        for path in paths {
            let found = self.found(path, packet);
            let mut read = FileReadings::default();
            for one in &found {
                file::read_all(one.value, &one.place, &self.name, &mut read);
            }
            self.note_files(&read, notes);
            is_unreadable |= !read.unreadable.is_empty();
            if read.files.is_empty() {
                continue;
            }
            let items: Vec<String> = read.files.iter().map(|file| file.name.clone()).collect();
            return FieldReading {
                text: Some(items.join(", ")),
                items: if items.len() > 1 { items } else { Vec::new() },
                place: Some(match found.as_slice() {
                    [one] => one.place.clone(),
                    _ => path.place().clone(),
                }),
                files: read.files.into_iter().map(planned).collect(),
                ..FieldReading::default()
            };
        }
        FieldReading {
            unreadable: is_unreadable,
            ..FieldReading::default()
        }
    }

    fn note_files(&self, read: &FileReadings, notes: &mut Vec<Note>) {
        let unreadable = read.unreadable.iter();
        let unreadable = unreadable.map(|place| MappingExplanation::Unreadable {
            wanted: ValueKind::File,
            place: place.clone(),
        });
        let left_out = |why| {
            move |place: &String| MappingExplanation::FileLeftOut {
                place: place.clone(),
                why,
            }
        };
        let empty = read.empty.iter().map(left_out(FileFault::Empty));
        let beyond = read.beyond.iter().map(left_out(FileFault::TooMany));
        let all = unreadable.chain(empty).chain(beyond);
        notes.extend(all.take(file::MOST_FILES).map(|what| Note {
            about: format!("fields.{}", self.name),
            what,
        }));
    }
}

fn planned(read: ReadFile) -> PlannedFile {
    PlannedFile {
        name: read.name.into(),
        kind: read.kind,
        size: read.size,
        place: read.place,
        is_link: read.source == FileSource::Link,
        many: false,
    }
}

/// Returns the files of these declared fields, each once.
pub(super) fn planned_of(fields: &[usize], values: &Values<'_>) -> Vec<PlannedFile> {
    let mut files: Vec<PlannedFile> = Vec::new();
    for index in fields {
        let reading = values.readings.get(*index);
        for file in reading.iter().flat_map(|reading| &reading.files) {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
    }
    files
}

/// Returns the contents of the files of a step from the stored body of its submission.
pub fn attached_files(
    files: &[&PlannedFile],
    (source, raw): (&Source, &Bytes),
    sources: &SourceKinds,
    rules: &FileRules,
) -> AttachedFiles {
    let mut attached = AttachedFiles::default();
    if files.is_empty() {
        return attached;
    }
    let parts = sources.file_parts(source, raw).unwrap_or_default();
    let body = sources.decode(source, raw).unwrap_or_default();
    let packet = Packet::of(source, &body);
    for file in files {
        if attached.has(&file.place) {
            continue;
        }
        let content = if file.is_link {
            Err(FileFault::Link)
        } else {
            let found = of_part(&file.place, &parts, raw).or_else(|| in_packet(file, &packet));
            found.ok_or(FileFault::NotKept)
        };
        let content = content.and_then(|content| {
            let fault = rules.fault(file.name.as_str(), &file.kind, content.len());
            fault.map_or(Ok(content), Err)
        });
        attached.insert(&file.place, content);
    }
    attached
}

/// Returns the files of a step that are behind links, each link once.
pub fn linked_files(
    files: &[&PlannedFile],
    (source, raw): (&Source, &Bytes),
    sources: &SourceKinds,
) -> Vec<LinkedFile> {
    let mut linked: Vec<LinkedFile> = Vec::new();
    if !files.iter().any(|file| file.is_link) {
        return linked;
    }
    let body = sources.decode(source, raw).unwrap_or_default();
    let packet = Packet::of(source, &body);
    for file in files.iter().filter(|file| file.is_link) {
        let place = &file.place;
        let is_known = |known: &LinkedFile| known.place == *place || known.also.contains(place);
        if linked.iter().any(is_known) {
            continue;
        }
        let Some(link) = only(place, &packet, file::link) else {
            continue;
        };
        match linked.iter_mut().find(|known| known.link == link) {
            Some(same) => same.also.push(place.clone()),
            None => linked.push(LinkedFile {
                place: place.clone(),
                link,
                name: file.name.as_str().to_owned(),
                also: Vec::new(),
            }),
        }
    }
    linked
}

/// Returns the content of the part of a form at this place.
fn of_part(place: &str, parts: &FileParts, raw: &Bytes) -> Option<Bytes> {
    let numbers = Packet::new(&parts.tree);
    let number = only(place, &numbers, Value::as_u64)?;
    let range = parts.ranges.get(usize::try_from(number).ok()?)?;
    (range.end <= raw.len()).then(|| raw.slice(range.clone()))
}

/// Returns the content of a file that is in the packet as base64.
fn in_packet(file: &PlannedFile, packet: &Packet<'_>) -> Option<Bytes> {
    only(&file.place, packet, file::content).map(Bytes::from)
}

fn only<T>(place: &str, packet: &Packet<'_>, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let path = Path::parse(place).ok()?;
    let found = path.find_first(packet, 1);
    found.first().and_then(|found| read(found.value))
}
