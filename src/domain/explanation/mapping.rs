//! Explains what a profile did not use of a packet, in both languages.

use serde::{Deserialize, Serialize};

use crate::domain::file::FileFault;
use crate::domain::{Bilingual, Lang, bilingual};

/// The expected kind of a value: the words of `as` that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A person's name.
    Name,
    /// A whole number.
    Integer,
    /// A number, whole or not.
    Number,
    /// An amount of money.
    Money,
    /// A day.
    Date,
    /// A moment.
    Datetime,
    /// Yes or no.
    Bool,
    /// A web address.
    Url,
    /// A value of the field's table.
    Lookup,
    /// A file.
    File,
    /// The taxpayer number of a company.
    TaxNumber,
}

/// Why no row of a `map` fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoRow {
    /// What the choice depends on has no value.
    NoValue,
    /// The value is in no row.
    Unlisted,
}

/// An explanation of how the profile read the packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingExplanation {
    /// A value that stands there could not be read.
    Unreadable {
        /// As what.
        wanted: ValueKind,
        /// The place as a normalised path; `` `value` `` for a computed field.
        place: String,
    },
    /// A value is not in the field's `map`.
    NotInMap {
        /// Its place.
        place: String,
        /// Whether the field still has a value: the profile keeps it or replaces it.
        #[serde(default, skip_serializing_if = "is_false")]
        is_filled: bool,
    },
    /// A value is not in the field's CSV table.
    NotInTable {
        /// Its place.
        place: String,
        /// Whether the field still has a value: the profile keeps it or replaces it.
        #[serde(default, skip_serializing_if = "is_false")]
        is_filled: bool,
    },
    /// The value was found in the JSON that a text holds. Only previews say so.
    InsideText {
        /// Its place.
        place: String,
    },
    /// The `when` of a field does not hold.
    FieldUnwanted,
    /// The `when` of a block does not hold, so none is made.
    BlockUnwanted,
    /// The packet has nothing for a contact, so none is made.
    NoPerson,
    /// The packet has neither a name nor a number of a company, so none is made.
    NoCompany,
    /// A CRM field is left out, because its value is none of this kind.
    LeftOut {
        /// The expected kind.
        wanted: ValueKind,
        /// The place of the value, if it is a single one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// More stands beside a value than the field reads.
    TextBeside {
        /// The kind of the value.
        wanted: ValueKind,
        /// The place of the text, if it is a single one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// An amount has another currency than `CURRENCY_ID` says.
    OtherCurrency {
        /// The currency beside the amount.
        found: String,
        /// The currency that the profile writes.
        written: String,
    },
    /// A phone number with its country code is in no table of numbers; its length is possible.
    UnlistedPhone {
        /// Its place, if it is a single one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// A row of the packet's goods has neither a name nor the id of a product.
    NoProductName {
        /// The place of the row.
        place: String,
    },
    /// A file cannot be used.
    FileLeftOut {
        /// Its place.
        place: String,
        /// Why.
        why: FileFault,
    },
    /// The packet has more rows of goods than are read.
    TooManyRows {
        /// How many are read.
        most: usize,
        /// The place of the first one that is not.
        place: String,
    },
    /// A field finds more values than are read.
    TooManyValues {
        /// How many are read.
        most: usize,
        /// Their place.
        place: String,
    },
    /// A loop of a template ended early, or its text was too long.
    LoopCut {
        /// How many elements a loop walks through.
        most: usize,
    },
    /// A row of a `map` was chosen.
    Chose {
        /// What it depends on: a template as written.
        by: String,
        /// The key of the row.
        row: String,
    },
    /// No row of a `map` fits, so its `default` was chosen.
    ChoseDefault {
        /// What it depends on: a template as written.
        by: String,
        /// Why no row fits.
        why: NoRow,
    },
    /// No row of a `map` fits, and there is no `default`: nothing is set.
    ChoseNothing {
        /// What it depends on: a template as written.
        by: String,
        /// Why no row fits.
        why: NoRow,
    },
    /// The packet has no value for a field that the profile cannot do without.
    NoValue,
    /// The value of a field that the profile cannot do without cannot be read.
    NotReadAs {
        /// As what.
        wanted: ValueKind,
    },
    /// The value of a field that the profile cannot do without is none of the known ones.
    NotKnown,
    /// A template could not be computed.
    TemplateFailed,
    /// A path or a test would visit too much of this packet, so nothing was read.
    TooCostly {
        /// The path, as the profile has it.
        path: String,
    },
    /// Text of an older version that stored only text.
    Text(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Returns the place behind these words.
fn at(place: Option<&str>, words: &str) -> String {
    place.map_or(String::new(), |place| format!("{words}{place}"))
}

/// Returns the place as the beginning of a Russian sentence.
fn of(place: Option<&str>) -> String {
    place.map_or(String::new(), |place| format!("{place}: "))
}

impl NoRow {
    /// Returns it in words; `by` is what the choice depends on.
    fn of(self, by: &str) -> Bilingual {
        match self {
            Self::NoValue => bilingual!("{by} has no value", "у {by} нет значения"),
            Self::Unlisted => bilingual!(
                "the value of {by} is in no row of `map`",
                "значения {by} нет ни в одной строке `map`"
            ),
        }
    }
}

impl ValueKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Text,
        Self::Phone,
        Self::Email,
        Self::Name,
        Self::Integer,
        Self::Money,
        Self::Date,
        Self::Datetime,
        Self::Bool,
        Self::Url,
        Self::Lookup,
        Self::File,
        Self::TaxNumber,
    ];

    /// Its name.
    pub fn to_text(self, lang: Lang) -> &'static str {
        match self {
            Self::Text => Bilingual::new("text", "текст").pick(lang),
            Self::Phone => Bilingual::new("a phone number", "номер телефона").pick(lang),
            Self::Email => {
                Bilingual::new("an e-mail address", "адрес электронной почты").pick(lang)
            }
            Self::Name => Bilingual::new("a name", "имя").pick(lang),
            Self::Integer => Bilingual::new("a whole number", "целое число").pick(lang),
            Self::Number => Bilingual::new("a number", "число").pick(lang),
            Self::Money => Bilingual::new("an amount of money", "сумма").pick(lang),
            Self::Date => Bilingual::new("a date", "дата").pick(lang),
            Self::Datetime => Bilingual::new("a date and time", "дата и время").pick(lang),
            Self::Bool => Bilingual::new("yes or no", "да или нет").pick(lang),
            Self::Url => {
                Bilingual::new("a web address", "адрес страницы http или https").pick(lang)
            }
            Self::Lookup => {
                Bilingual::new("a value of its table", "одно из известных значений").pick(lang)
            }
            Self::File => Bilingual::new("a file", "файл").pick(lang),
            Self::TaxNumber => Bilingual::new("a taxpayer number", "ИНН").pick(lang),
        }
    }
}

impl MappingExplanation {
    /// The step in words, without the packet's values.
    pub fn to_text(&self, lang: Lang) -> String {
        match lang {
            Lang::Ru => self.russian(),
            Lang::En => self.english(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Unreadable { wanted, place } => {
                format!("{} cannot be read at {place}", wanted.to_text(Lang::En))
            }
            Self::NotInMap { place, .. } => format!("a value at {place} is not in `map`"),
            Self::NotInTable { place, .. } => format!("a value at {place} is not in its table"),
            Self::InsideText { place } => format!("{place} leads into a text that holds JSON"),
            Self::FieldUnwanted => "its `when` does not hold".to_owned(),
            Self::BlockUnwanted => "its `when` does not hold: none is made".to_owned(),
            Self::NoPerson => "the packet has nothing for a contact: none is made".to_owned(),
            Self::NoCompany => {
                "the packet has neither a name nor a number of a company: none is made".to_owned()
            }
            Self::LeftOut { wanted, .. } => {
                format!("left out: the value is not {}", wanted.to_text(Lang::En))
            }
            Self::TextBeside { wanted, place } => format!(
                "there is more text beside {}{}; it is not part of the value",
                wanted.to_text(Lang::En),
                at(place.as_deref(), " at ")
            ),
            Self::OtherCurrency { found, written } => {
                format!("the amount is in {found}, but the currency is written as {written}")
            }
            Self::UnlistedPhone { place } => format!(
                "a phone number{} is in no table of numbers; kept, because its length is possible",
                at(place.as_deref(), " at ")
            ),
            Self::NoProductName { place } => {
                format!("the row at {place} has no name and no product: left out")
            }
            Self::FileLeftOut { place, why } => why.left_out(place, Lang::En),
            Self::TooManyRows { most, place } => {
                format!("there are more than {most} rows: left out from {place} on")
            }
            Self::TooManyValues { most, place } => {
                format!("there are more than {most} values at {place}: the others are left out")
            }
            Self::LoopCut { most } => {
                format!("a loop was cut: it writes at most {most} elements, and a template 64 KiB")
            }
            Self::Chose { by, row } => format!("row “{row}” of `map`, chosen by {by}"),
            Self::ChoseDefault { by, why } => {
                format!("`default`: {}", why.of(by).in_lang(Lang::En))
            }
            Self::ChoseNothing { by, why } => format!(
                "nothing is set: {}, and there is no `default`",
                why.of(by).in_lang(Lang::En)
            ),
            Self::NoValue => "the packet has no value for it".to_owned(),
            Self::NotReadAs { wanted } => {
                format!("its value cannot be read as {}", wanted.to_text(Lang::En))
            }
            Self::NotKnown => "its value is none of the known ones".to_owned(),
            Self::TemplateFailed => "the template could not be worked out".to_owned(),
            Self::TooCostly { path } => format!(
                "{path} would visit too much of this packet, so nothing was read: name the value more exactly"
            ),
            Self::Text(words) => words.clone(),
        }
    }

    fn russian(&self) -> String {
        match self {
            Self::Unreadable { wanted, place } => {
                format!("в {place} не читается {}", wanted.to_text(Lang::Ru))
            }
            Self::NotInMap { place, .. } => format!("значения из {place} нет в `map`"),
            Self::NotInTable { place, .. } => format!("значения из {place} нет в таблице"),
            Self::InsideText { place } => format!("{place} ведёт внутрь текста: в нём JSON"),
            Self::FieldUnwanted => "условие `when` не выполнено".to_owned(),
            Self::BlockUnwanted => "условие `when` не выполнено: не создаётся".to_owned(),
            Self::NoPerson => "в пакете нет данных для контакта: не создаётся".to_owned(),
            Self::NoCompany => {
                "в пакете нет ни названия, ни номера компании: не создаётся".to_owned()
            }
            Self::LeftOut { wanted, .. } => {
                format!("не заполнено: значение — не {}", wanted.to_text(Lang::Ru))
            }
            Self::TextBeside { wanted, place } => format!(
                "{}рядом есть ещё текст, в значение ({}) он не входит",
                of(place.as_deref()),
                wanted.to_text(Lang::Ru)
            ),
            Self::OtherCurrency { found, written } => {
                format!("сумма указана в {found}, а валюта записывается {written}")
            }
            Self::UnlistedPhone { place } => format!(
                "{}номера телефона нет в справочнике номеров; он оставлен: длина возможная",
                of(place.as_deref())
            ),
            Self::NoProductName { place } => {
                format!("у строки {place} нет ни названия, ни товара: пропущена")
            }
            Self::FileLeftOut { place, why } => why.left_out(place, Lang::Ru),
            Self::TooManyRows { most, place } => {
                format!("строк больше {most}: начиная с {place} пропущены")
            }
            Self::TooManyValues { most, place } => {
                format!("в {place} больше {most} значений: остальные пропущены")
            }
            Self::LoopCut { most } => format!(
                "повтор обрезан: он записывает не больше {most} элементов, а шаблон — не больше 64 КиБ"
            ),
            Self::Chose { by, row } => format!("выбрана строка «{row}» из `map` по {by}"),
            Self::ChoseDefault { by, why } => {
                format!("взято `default`: {}", why.of(by).in_lang(Lang::Ru))
            }
            Self::ChoseNothing { by, why } => format!(
                "не задано: {}, а `default` не указано",
                why.of(by).in_lang(Lang::Ru)
            ),
            Self::NoValue => "в пакете нет этого значения".to_owned(),
            Self::NotReadAs { wanted } => {
                format!("значение не читается как {}", wanted.to_text(Lang::Ru))
            }
            Self::NotKnown => "значения нет среди известных".to_owned(),
            Self::TemplateFailed => "шаблон не вычисляется".to_owned(),
            Self::TooCostly { path } => format!(
                "{path} перебирает слишком большую часть этого пакета, поэтому он не прочитан: укажите значение точнее"
            ),
            Self::Text(words) => words.clone(),
        }
    }
}
