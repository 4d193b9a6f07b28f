//! Files that senders attach: how packets write them, their names, their contents and the rules
//! for them.

mod base64;
mod name;
mod shown;
mod written;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::name::{file_name, name_of_disposition};
pub use self::shown::{without_contents, without_contents_in};
pub use self::written::{
    FileReadings, FileSource, ReadFile, content, link, name_of_link, read_all, type_name,
};
use super::{Bilingual, Lang};

/// Maximum number of files that one field takes.
pub const MOST_FILES: usize = 20;

/// Why a file is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFault {
    /// Its content was not kept with the submission.
    NotKept,
    /// It is larger than the settings allow.
    TooLarge,
    /// The settings do not allow its type.
    OtherType,
    /// It has no bytes.
    Empty,
    /// The field has more files than are taken.
    TooMany,
    /// The CRM's field takes one file, and there are more.
    OneOnly,
    /// The portal has no field for files of this name.
    NoField,
    /// It is a link to a host that the settings do not allow.
    Link,
    /// It is behind a link whose server does not give it.
    NotThere,
    /// It is behind a link and could not be fetched in time.
    NotFetched,
    /// It is behind a link whose server says that it no longer exists.
    Gone,
    /// It is behind a link to an address of an inner network.
    InnerAddress,
    /// It is behind a link to a host that does not exist.
    UnknownHost,
    /// It is behind a link to a server without a valid certificate.
    Certificate,
    /// The files behind the links of the submission are too large together.
    Total,
    /// With it, the letter would be larger than the settings allow.
    Letter,
    /// The field may have it already, and the portal does not give the files to compare.
    NotCompared,
}

const NOT_COMPARED: Bilingual<&str> = Bilingual::new(
    "an earlier attempt may have written it, and the portal does not give the field's files to compare",
    "его могла записать прошлая попытка, а портал не отдаёт файлы поля для сравнения",
);
const INNER_ADDRESS: Bilingual<&str> = Bilingual::new(
    "the host of its link has an address of an inner network; name that address in files.hosts",
    "у сайта из ссылки адрес внутренней сети; укажите этот адрес в files.hosts",
);
const TOTAL: Bilingual<&str> = Bilingual::new(
    "the files behind the links of one submission are larger than files.fetch_total",
    "файлы по ссылкам одной заявки вместе больше, чем разрешает files.fetch_total",
);
const LETTER: Bilingual<&str> = Bilingual::new(
    "the letter would be larger than mail.letter_limit allows",
    "письмо стало бы больше, чем разрешает mail.letter_limit",
);

/// How long a file behind a link is fetched again after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchAgain {
    /// Another attempt would end the same way.
    Never,
    /// For a few attempts: the fault usually lasts.
    Shortly,
    /// As long as the settings allow.
    InTime,
}

impl FileFault {
    /// Returns how long the file is fetched again.
    pub fn fetch_again(self) -> FetchAgain {
        match self {
            Self::NotThere | Self::NotFetched => FetchAgain::InTime,
            Self::UnknownHost | Self::Certificate => FetchAgain::Shortly,
            Self::NotKept
            | Self::TooLarge
            | Self::OtherType
            | Self::Empty
            | Self::TooMany
            | Self::OneOnly
            | Self::NoField
            | Self::Link
            | Self::Gone
            | Self::InnerAddress
            | Self::Total
            | Self::Letter
            | Self::NotCompared => FetchAgain::Never,
        }
    }

    /// Returns the reason in words.
    pub fn to_text(self, lang: Lang) -> &'static str {
        match self {
            Self::NotKept => {
                Bilingual::new("its content was not kept", "его содержимое не сохранено")
            }
            Self::TooLarge => Bilingual::new(
                "it is larger than files.limit allows",
                "он больше, чем разрешает files.limit",
            ),
            Self::OtherType => Bilingual::new(
                "files.types does not allow its type",
                "такой тип не разрешён в files.types",
            ),
            Self::Empty => Bilingual::new("it is empty", "он пустой"),
            Self::TooMany => Bilingual::new(
                "one field takes at most 20 files",
                "одно поле принимает не больше 20 файлов",
            ),
            Self::OneOnly => Bilingual::new(
                "the CRM's field takes one file",
                "поле CRM принимает один файл",
            ),
            Self::NoField => Bilingual::new(
                "the portal has no such field of type file",
                "на портале нет такого поля типа «файл»",
            ),
            Self::Link => Bilingual::new(
                "files.hosts does not allow the host of its link",
                "сайт из ссылки не разрешён в files.hosts",
            ),
            Self::NotThere => Bilingual::new(
                "its server does not give it",
                "по ссылке сервер его не отдаёт",
            ),
            Self::NotFetched => Bilingual::new(
                "it could not be fetched within files.fetch_for",
                "его не удалось скачать за files.fetch_for",
            ),
            Self::Gone => Bilingual::new(
                "its server says that it no longer exists",
                "сервер отвечает, что такого файла больше нет",
            ),
            Self::UnknownHost => Bilingual::new(
                "the host of its link does not exist",
                "сайта из ссылки не существует",
            ),
            Self::NotCompared => NOT_COMPARED,
            Self::InnerAddress => INNER_ADDRESS,
            Self::Total => TOTAL,
            Self::Letter => LETTER,
            Self::Certificate => Bilingual::new(
                "its server has no valid certificate",
                "у сервера недействительный сертификат",
            ),
        }
        .pick(lang)
    }

    /// Returns that the file at this place is left out, and why.
    pub fn left_out(self, place: &str, lang: Lang) -> String {
        let why = self.to_text(lang);
        match lang {
            Lang::En => format!("the file at {place} is left out: {why}"),
            Lang::Ru => format!("файл из {place} пропущен: {why}"),
        }
    }
}

/// Which files are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRules {
    /// Maximum size of a file in bytes.
    pub limit: usize,
    /// The types: `image/*`, `application/pdf`, `.docx`; empty means all.
    pub types: Vec<String>,
    /// Which links are fetched.
    pub links: LinkRules,
}

/// Which files behind links are fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkRules {
    /// The hosts: `files.example`, `*.files.example`, with `:port` behind and `http://` before them
    /// if need be.
    pub hosts: Vec<String>,
    /// How long a submission waits for its files.
    pub patience: Duration,
    /// How long one file may take, with its redirects.
    pub timeout: Duration,
    /// Maximum size of the fetched files of a submission, in bytes.
    pub total: usize,
}

/// A file behind a link.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkedFile {
    /// Its place in the packet.
    pub place: String,
    /// The link.
    pub link: String,
    /// Its name.
    pub name: String,
    /// Other places in the packet with the same link: it is fetched and stored once.
    pub also: Vec<String>,
}

/// What is stored of a file behind a link, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedPlace {
    /// Its place in the packet.
    pub place: String,
    /// Why it was not fetched; `None` if it was.
    pub fault: Option<FileFault>,
    /// Its size in bytes.
    pub size: usize,
}

/// A file that was fetched, as its server describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FetchedFile {
    /// The name in `Content-Disposition`, or else the last step of the address.
    pub name: Option<String>,
    /// The type in `Content-Type`, unless it says nothing.
    pub kind: Option<String>,
    /// The content.
    pub content: Bytes,
}

impl FileRules {
    /// Returns why a fetched file cannot be taken. Its server says what it is: the link's sender may
    /// write any name. `planned` is the name for a server that says nothing.
    pub fn fault_of_fetched(&self, file: &FetchedFile, planned: &str) -> Option<FileFault> {
        let name = file.name.as_deref().unwrap_or(planned);
        let kind = file.kind.as_deref().or_else(|| name::type_of(name));
        self.fault(name, kind.unwrap_or_default(), file.content.len())
    }

    /// Returns why a file cannot be taken; `None` if it can.
    pub fn fault(&self, name: &str, kind: &str, size: usize) -> Option<FileFault> {
        if size == 0 {
            return Some(FileFault::Empty);
        }
        if size > self.limit {
            return Some(FileFault::TooLarge);
        }
        let is_allowed = self.types.is_empty()
            || self
                .types
                .iter()
                .any(|pattern| is_of_type(pattern, name, kind));
        (!is_allowed).then_some(FileFault::OtherType)
    }
}

fn is_of_type(pattern: &str, name: &str, kind: &str) -> bool {
    let pattern = pattern.trim().to_ascii_lowercase();
    if pattern.starts_with('.') {
        return name.to_lowercase().ends_with(&pattern);
    }
    match pattern.strip_suffix("/*") {
        Some(group) => kind
            .split_once('/')
            .is_some_and(|(of, _)| of.eq_ignore_ascii_case(group)),
        None => kind.eq_ignore_ascii_case(&pattern),
    }
}

/// Omits names and links: they are personal data.
impl fmt::Debug for LinkedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkedFile({})", self.place)
    }
}

/// The files of a multipart body: a tree like the packet's, in which each file is its number, and
/// their contents.
#[derive(Debug, Default)]
pub struct FileParts {
    /// The tree.
    pub tree: Value,
    /// Where the contents are in the body.
    pub ranges: Vec<std::ops::Range<usize>>,
}

/// The contents of the files of a plan, by their places in the packet.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AttachedFiles(BTreeMap<String, Result<Bytes, FileFault>>);

impl AttachedFiles {
    /// Adds the content of the file at this place, or why there is none.
    pub fn insert(&mut self, place: &str, content: Result<Bytes, FileFault>) {
        self.0.insert(place.to_owned(), content);
    }

    /// Returns the content of the file at this place.
    pub fn get(&self, place: &str) -> Result<&Bytes, FileFault> {
        match self.0.get(place) {
            Some(Ok(content)) => Ok(content),
            Some(Err(fault)) => Err(*fault),
            None => Err(FileFault::NotKept),
        }
    }

    /// Returns whether the file at this place is known.
    pub fn has(&self, place: &str) -> bool {
        self.0.contains_key(place)
    }
}

impl fmt::Debug for AttachedFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = self.0.values();
        let sizes = sizes.map(|content| content.as_ref().map(Bytes::len));
        f.debug_list().entries(sizes).finish()
    }
}

/// Returns a size as people read it: `512 B`, `12 KB`, `3.4 MB`.
pub fn file_size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => {
            let tenths = bytes.saturating_mul(10) / 1_048_576;
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests;
