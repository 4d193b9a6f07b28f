//! A file of the mappings folder, and the checks that all its readers share.

use super::codes::Code;
use super::lookalike::OddCharacter;
use super::problem::{Problem, Problems};
use super::suggest;
use super::yaml::Text;
use crate::domain::{Bilingual, ChannelName, bilingual};

/// The maximum size of a file.
pub const LARGEST_FILE: usize = 256 * 1024;

/// The file of a profile, or of the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileFile {
    /// The file's name: `consultation.yaml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The message about a file beyond [`LARGEST_FILE`].
pub fn too_large() -> Bilingual {
    let most = LARGEST_FILE / 1024;
    bilingual!(
        "the file is larger than {most} KiB",
        "файл больше {most} КиБ"
    )
}

/// Returns the text without a byte order mark. Reports a file that is too large and returns `None`.
pub(crate) fn without_mark<'f>(file: &'f ProfileFile, problems: &mut Problems) -> Option<&'f str> {
    if file.text.len() > LARGEST_FILE {
        problems.push(Problem::of_file(
            Code::TooLarge,
            &file.name,
            too_large(),
            bilingual!(
                "split it into several profiles",
                "разделите его на несколько профилей"
            ),
        ));
        return None;
    }
    Some(file.text.strip_prefix('\u{feff}').unwrap_or(&file.text))
}

/// Parses the name of a channel. Reports anything else and returns `None`.
pub(crate) fn channel_name(text: &Text, problems: &mut Problems) -> Option<ChannelName> {
    let name = ChannelName::parse(&text.value);
    if name.is_none() {
        let written = &text.value;
        let message = bilingual!(
            "`{written}` cannot be a channel's name",
            "`{written}` не может быть именем канала"
        );
        let last = written.trim_end_matches('/').rsplit('/').next();
        let last = last.filter(|last| written.contains('/') && ChannelName::parse(last).is_some());
        let advice = if let Some(odd) = OddCharacter::find(written) {
            odd.advice()
        } else if let Some(last) = last {
            bilingual!(
                "write only the last part of the address: `{last}`",
                "напишите только последнюю часть адреса: `{last}`"
            )
        } else if let Some(list) = several(written) {
            bilingual!(
                "several channels are a list: `[{list}]`",
                "несколько каналов пишут списком: `[{list}]`"
            )
        } else {
            bilingual!(
                "it is a part of an address, without templates: use up to 64 Latin letters, digits, `-`, `_` and `.`",
                "это часть адреса, без шаблонов: не больше 64 латинских букв, цифр, `-`, `_` и `.`"
            )
        };
        problems.error(Code::WrongValue, &text.place, message, advice);
    }
    name
}

/// `shop, shop2`: the names of several channels.
fn several(written: &str) -> Option<String> {
    let names: Vec<&str> = suggest::parts(written).collect();
    let are_names = names.iter().all(|name| ChannelName::parse(name).is_some());
    (names.len() > 1 && are_names && written.contains([',', ';'])).then(|| names.join(", "))
}
