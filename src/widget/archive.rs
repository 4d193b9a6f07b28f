//! The archive of the widget, made from `templates/amocrm-widget/` for one account of the settings.

use std::fmt;
use std::io::{Cursor, Read as _, Write as _};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::config::{AMO_PATH, WidgetSettings};

/// The name of the manifest in the archive.
const MANIFEST: &str = "manifest.json";
/// What stands in the script for the address, with its quotes.
const ADDRESS: &str = "'@ADDRESS@'";
/// The longest manifest of an archive that is replaced.
const LONGEST_MANIFEST: u64 = 64 << 10;

macro_rules! template {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../templates/amocrm-widget/", $name)) as &[u8],
        )
    };
}

/// The files that go into the archive as they are.
const FILES: [(&str, &[u8]); 9] = [
    template!("style.css"),
    template!("i18n/ru.json"),
    template!("i18n/en.json"),
    template!("images/logo_main.png"),
    template!("images/logo_small.png"),
    template!("images/logo.png"),
    template!("images/logo_medium.png"),
    template!("images/logo_min.png"),
    template!("images/logo_dp.png"),
];
const SCRIPT: &str = include_str!("../../templates/amocrm-widget/script.js");
const MANIFEST_TEMPLATE: &str = include_str!("../../templates/amocrm-widget/manifest.json");

/// Why an archive was not built.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive could not be written.
    #[error("the archive cannot be written")]
    Zip(#[from] ZipError),
    /// A file could not be added.
    #[error("a file of the archive cannot be written")]
    Io(#[from] std::io::Error),
    /// The template of the manifest is not JSON.
    #[error("the template of the manifest cannot be read")]
    Manifest(#[from] serde_json::Error),
}

/// The version of an archive: the time of its build, `2026.1127.47810`. amoCRM loads a changed
/// script at once only if the version has increased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WidgetVersion {
    year: u64,
    /// Month and day: 1127.
    day: u64,
    /// The second of the day, or more.
    second: u64,
}

impl WidgetVersion {
    /// Returns the version of an archive that is built now, later than the one that it replaces.
    pub fn new(now: Timestamp, replaced: Option<Self>) -> Self {
        let now = now.to_zoned(TimeZone::UTC);
        let number = |part: i8| u64::try_from(part).unwrap_or(0);
        let minutes = number(now.hour()) * 60 + number(now.minute());
        let built = Self {
            year: u64::try_from(now.year()).unwrap_or(0),
            day: number(now.month()) * 100 + number(now.day()),
            second: minutes * 60 + number(now.second()),
        };
        match replaced {
            Some(replaced) if replaced >= built => Self {
                second: replaced.second.saturating_add(1),
                ..replaced
            },
            _ => built,
        }
    }

    /// Returns the version of an archive; `None` if it is not one of this widget.
    pub fn of_archive(bytes: &[u8]) -> Option<Self> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
        let mut manifest = Vec::new();
        let file = archive.by_name(MANIFEST).ok()?;
        file.take(LONGEST_MANIFEST)
            .read_to_end(&mut manifest)
            .ok()?;
        let manifest: Value = serde_json::from_slice(&manifest).ok()?;
        Self::parse(manifest.get("widget")?.get("version")?.as_str()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let version = Self {
            year: parts.next()??,
            day: parts.next()??,
            second: parts.next()??,
        };
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for WidgetVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.year, self.day, self.second)
    }
}

/// Returns the address that the widget of an account asks.
pub fn address(name: &str, settings: &WidgetSettings) -> String {
    format!("{}{AMO_PATH}/{name}/widget", settings.public_url)
}

/// Returns the files of the archive. They contain no secret.
pub fn files(
    address: &str,
    version: WidgetVersion,
) -> Result<Vec<(&'static str, Vec<u8>)>, ArchiveError> {
    let mut manifest: Value = serde_json::from_str(MANIFEST_TEMPLATE)?;
    manifest["widget"]["version"] = version.to_string().into();
    let script = SCRIPT.replace(ADDRESS, &Value::from(address).to_string());
    let mut files = vec![
        (MANIFEST, format!("{manifest:#}\n").into_bytes()),
        ("script.js", script.into_bytes()),
    ];
    let as_they_are = FILES.iter().map(|(name, bytes)| (*name, bytes.to_vec()));
    files.extend(as_they_are);
    Ok(files)
}

/// Builds the archive. Equal arguments make equal bytes.
pub fn build(address: &str, version: WidgetVersion) -> Result<Vec<u8>, ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files(address, version)? {
        archive.start_file(name, options)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn built() -> Vec<u8> {
        let version = WidgetVersion::new(at("2026-11-27T13:16:50Z"), None);
        build("https://gw.example/amo/main/widget", version).unwrap()
    }

    fn content(name: &str) -> Vec<u8> {
        let mut archive = ZipArchive::new(Cursor::new(built())).unwrap();
        let mut bytes = Vec::new();
        let mut file = archive.by_name(name).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn json(name: &str) -> Value {
        serde_json::from_slice(&content(name)).unwrap()
    }

    #[test]
    fn the_version_is_the_time_and_always_increases() {
        let first = WidgetVersion::new(at("2026-11-27T13:16:50Z"), None);
        assert_eq!(first.to_string(), "2026.1127.47810");
        for (now, version) in [
            ("2026-11-27T13:16:51Z", "2026.1127.47811"),
            ("2026-11-27T13:16:50Z", "2026.1127.47811"),
            ("2026-01-01T00:00:00Z", "2026.1127.47811"),
            ("2026-12-01T00:00:00Z", "2026.1201.0"),
            ("2027-01-01T00:00:00Z", "2027.101.0"),
        ] {
            let next = WidgetVersion::new(at(now), Some(first));
            assert_eq!(next.to_string(), version, "{now}");
            assert!(next > first, "{now}");
            assert_eq!(WidgetVersion::parse(version), Some(next));
        }
        for other in ["", "1.0", "1.0.x", "1.0.0.0", "-1.0.0"] {
            assert_eq!(WidgetVersion::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_archive_tells_its_version_and_is_the_same_each_time() {
        let version = WidgetVersion::of_archive(&built()).unwrap();
        assert_eq!(version.to_string(), "2026.1127.47810");
        assert_eq!(built(), built());
        assert_eq!(WidgetVersion::of_archive(b"not an archive"), None);
        assert_eq!(WidgetVersion::of_archive(b""), None);
    }

    #[test]
    fn the_archive_has_what_amocrm_demands() {
        let manifest = json(MANIFEST);
        let places = &manifest["locations"];
        assert_eq!(
            places,
            &serde_json::json!(["lcard-1", "ccard-1", "settings"])
        );
        let keys = |name: &str| -> BTreeSet<String> {
            let texts = json(name);
            let blocks = texts.as_object().unwrap().iter();
            let of_block = |(block, texts): (&String, &Value)| {
                let names = texts.as_object().unwrap().keys();
                let names = names.map(|name| format!("{block}.{name}"));
                names.collect::<Vec<_>>()
            };
            blocks.flat_map(of_block).collect()
        };
        let russian = keys("i18n/ru.json");
        assert_eq!(russian, keys("i18n/en.json"));
        for named in [
            &manifest["widget"]["name"],
            &manifest["widget"]["description"],
            &manifest["widget"]["short_description"],
            &manifest["settings"]["gateway"]["name"],
        ] {
            assert!(russian.contains(named.as_str().unwrap()), "{named}");
        }
        for (name, width, height) in [
            ("images/logo_main.png", 400, 272),
            ("images/logo_small.png", 108, 108),
            ("images/logo.png", 130, 100),
            ("images/logo_medium.png", 240, 84),
            ("images/logo_min.png", 84, 84),
            ("images/logo_dp.png", 174, 109),
        ] {
            let png = content(name);
            let side = |from: usize| {
                let bytes = png[from..from + 4].try_into().unwrap();
                u32::from_be_bytes(bytes)
            };
            assert!(
                png.starts_with(b"\x89PNG") && png.len() < 300 << 10,
                "{name}"
            );
            assert_eq!((side(16), side(20)), (width, height), "{name}");
        }
    }

    #[test]
    fn the_script_has_the_address_and_every_text_that_it_uses() {
        let script = String::from_utf8(content("script.js")).unwrap();
        assert!(script.contains("var ADDRESS = \"https://gw.example/amo/main/widget\";"));
        assert!(!script.contains("@ADDRESS@"));
        let texts = json("i18n/ru.json");
        for used in script.split("words().").skip(1) {
            let end = used.find(|c: char| !c.is_ascii_alphabetic() && c != '_');
            let name = used.get(..end.unwrap()).unwrap();
            assert!(texts["userLang"][name].is_string(), "{name}");
        }
    }
}
