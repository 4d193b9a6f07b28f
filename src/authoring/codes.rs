//! The closed list of what can be wrong with a profile. A code is stable: people search for it, and
//! `docs/mapping-reference.md` has a row for each.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// A kind of mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All of them, for documentation and its test.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable word: `profile/unknown-field`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("profile/", $text),)+
                }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii_start(),)+
                }
            }
        }
    };
}

codes! {
    /// The file is not YAML: a bracket, a quote or the indentation is wrong.
    Yaml = "yaml",
    /// A key stands twice in one block; only one of them could count.
    DuplicateKey = "duplicate-key",
    /// A template or a path needs quotes here, because YAML gives `{` and `[` a meaning of its own.
    Unquoted = "unquoted",
    /// A guard of a channel is gone from `_channels.yaml` without a word; it stays in force.
    GuardKept = "guard-kept",
    /// A key that this block does not know.
    UnknownKey = "unknown-key",
    /// A list where text is wanted, text where a block is wanted, and so on.
    WrongType = "wrong-type",
    /// The value is none of the words, or none of the numbers, that are allowed here.
    WrongValue = "wrong-value",
    /// Something that a profile cannot do without is missing.
    MissingKey = "missing-key",
    /// A key or a CRM field that stands in a block where it has no effect or does harm.
    WrongPlace = "wrong-place",
    /// The name of a field cannot be used in templates.
    BadName = "bad-name",
    /// A path that is no RFC 9535 JSONPath, or one that would silently find nothing.
    BadPath = "bad-path",
    /// A path that can visit far more than a packet has values: with `..` twice, or with `..` and a filter. On a
    /// packet where it does, the submission is parked (`too-costly`).
    CostlyPath = "costly-path",
    /// A template that cannot be read.
    BadTemplate = "bad-template",
    /// A template uses a field that the profile does not declare.
    UnknownField = "unknown-field",
    /// A template uses a helper that does not exist, or gives it the wrong number of values.
    UnknownHelper = "unknown-helper",
    /// The profile names a comment template that is not in the templates folder.
    UnknownTemplate = "unknown-template",
    /// Bitrix24 has no such field of its own; it would drop the value without a word.
    UnknownCrmField = "unknown-crm-field",
    /// The portal does not let anybody write this field (`check --live`).
    ReadOnlyField = "read-only-field",
    /// The portal's list has no such value, or a list is given free text (`check --live`).
    UnknownLabel = "unknown-label",
    /// The portal has no such stage in that pipeline; it would take another one without a word (`check --live`).
    UnknownStage = "unknown-stage",
    /// The portal has no smart process of this number (`check --live`).
    UnknownProcess = "unknown-process",
    /// The portal has no such employee, or he was dismissed (`check --live`).
    UnknownEmployee = "unknown-employee",
    /// The portal does not have this currency (`check --live`).
    UnknownCurrency = "unknown-currency",
    /// The portal wants a field that the profile does not fill (`check --live`).
    RequiredField = "required-field",
    /// The settings have no such connection, or the profile must name one of several (`check --live`).
    UnknownConnection = "unknown-connection",
    /// Nothing marks a contact as known, so every submission makes another one.
    NoSearch = "no-search",
    /// A search by something that many people share, such as a first name.
    VagueSearch = "vague-search",
    /// A declared field that nothing uses.
    UnusedField = "unused-field",
    /// Fields that are computed from each other, so that none of them can be the first.
    Circle = "circle",
    /// A CSV table in which a row, a quote or a key is wrong.
    BadTable = "bad-table",
    /// The profile names a CSV table that does not lie beside it.
    UnknownTable = "unknown-table",
    /// Something in a file looks like a password, a token or a webhook's address.
    Secret = "secret",
    /// Two profiles have the same name, so that the history cannot tell them apart.
    SameName = "same-name",
    /// More than one profile says that it is the default.
    TwoDefaults = "two-defaults",
    /// A profile that no submission can reach, because another one takes them all first, or settings of a
    /// channel that no profile receives.
    Unreachable = "unreachable",
    /// The file cannot be read from the disk, or is not UTF-8 text.
    Unreadable = "unreadable",
    /// The file, a template or a path is larger than allowed, or there are too many files.
    TooLarge = "too-large",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
