//! Names of files. A sender chooses them, so they are made harmless: no folders, no invisible
//! characters, a bounded length.

use percent_encoding::percent_decode_str;

use super::super::is_invisible;

/// Maximum length of a name, in characters.
const LONGEST: usize = 120;
/// Maximum length of an ending that survives a cut, in characters.
const LONGEST_ENDING: usize = 10;

/// Endings by type; the first one of a type is its usual one.
const ENDINGS: [(&str, &str); 21] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("svg", "image/svg+xml"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("json", "application/json"),
    ("zip", "application/zip"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("ogg", "audio/ogg"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
];

/// What base64 of a file begins with, by the file's type.
const BEGINNINGS: [(&str, &str); 6] = [
    ("/9j/", "image/jpeg"),
    ("iVBORw0KGgo", "image/png"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi0", "application/pdf"),
    ("UEsDB", "application/zip"),
];

/// Returns the harmless form of a typed name; `None` if nothing is left of it.
pub fn file_name(typed: &str) -> Option<String> {
    let last = typed.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = String::new();
    // bounded work, whatever was sent
    for sign in last.chars().take(LONGEST * 8) {
        match sign {
            sign if sign.is_control() || is_invisible(sign) || is_direction(sign) => {}
            sign if sign.is_whitespace() => {
                if !name.ends_with(' ') {
                    name.push(' ');
                }
            }
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => name.push('_'),
            sign => name.push(sign),
        }
    }
    let name = name.trim_matches([' ', '.']);
    // a name of nothing but an ending
    let name = if last.trim_start().starts_with('.') && ending(name).is_none() {
        format!("file.{name}")
    } else {
        name.to_owned()
    };
    let is_empty = name.is_empty() || name == "file.";
    (!is_empty).then(|| cut(&name))
}

/// Marks that turn the direction of text: `exe.gpj` would look like `jpg.exe`.
fn is_direction(sign: char) -> bool {
    matches!(sign, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Cuts the name before its ending.
fn cut(name: &str) -> String {
    let length = name.chars().count();
    if length <= LONGEST {
        return name.to_owned();
    }
    let ending = ending(name).map_or(String::new(), |ending| format!(".{ending}"));
    let kept = LONGEST - ending.chars().count();
    let head: String = name.chars().take(kept).collect();
    format!("{}{ending}", head.trim_end_matches([' ', '.']))
}

/// Returns the ending of a name, without the point.
pub(super) fn ending(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let is_ending = (1..=LONGEST_ENDING).contains(&ending.chars().count())
        && ending.chars().all(char::is_alphanumeric);
    (is_ending && !stem.is_empty()).then_some(ending)
}

/// Returns the type of a name's ending.
pub(super) fn type_of(name: &str) -> Option<&'static str> {
    let wanted = ending(name)?.to_ascii_lowercase();
    let known = ENDINGS.iter().find(|(ending, _)| *ending == wanted);
    known.map(|(_, kind)| *kind)
}

/// Returns the type of a content by the first signs of its base64.
pub(super) fn type_of_base64(text: &str) -> Option<&'static str> {
    let known = BEGINNINGS
        .iter()
        .find(|(beginning, _)| text.starts_with(beginning));
    known.map(|(_, kind)| *kind)
}

/// Returns a name for a file without one: that of its field, with the ending of its type.
pub(super) fn of_field(field: &str, kind: &str) -> String {
    let field = file_name(field).unwrap_or_else(|| "file".to_owned());
    let known = ENDINGS.iter().find(|(_, of)| *of == kind);
    known.map_or(field.clone(), |(ending, _)| format!("{field}.{ending}"))
}

/// Returns the name in a `Content-Disposition`: `attachment; filename="a.png"`, also as
/// `filename*=UTF-8''%D1%84.png`, which wins.
pub fn name_of_disposition(header: &str) -> Option<String> {
    let mut found = None;
    for part in header.split(';').skip(1).take(16) {
        let Some((key, value)) = part.split_once('=') else {
            continue;
        };
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "filename*" => {
                let encoded = value.rsplit('\'').next().unwrap_or_default();
                let decoded = percent_decode_str(encoded).decode_utf8_lossy();
                return file_name(&decoded);
            }
            "filename" => found = file_name(value),
            _ => {}
        }
    }
    found
}
