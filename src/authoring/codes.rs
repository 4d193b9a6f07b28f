//! The codes of problems in profiles, a closed list. Codes are stable: people search for them, and
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
            /// All codes, for the documentation and its test.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the stable text of the code: `profile/unknown-field`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("profile/", $text),)+
                }
            }

            /// Returns its meaning in a sentence.
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
    /// A key is in a block twice; only one of them could apply.
    DuplicateKey = "duplicate-key",
    /// A template or a path needs quotes here, because `{` and `[` have a meaning in YAML.
    Unquoted = "unquoted",
    /// A guard of a channel is missing from `_channels.yaml`, without `guard:`; it stays in force.
    GuardKept = "guard-kept",
    /// The block has no such key.
    UnknownKey = "unknown-key",
    /// A list in place of text, text in place of a block, and so on.
    WrongType = "wrong-type",
    /// The value is not one of the allowed words or numbers.
    WrongValue = "wrong-value",
    /// A required key is missing.
    MissingKey = "missing-key",
    /// A key or a CRM field is in a block where it has no effect or does harm.
    WrongPlace = "wrong-place",
    /// The name of a field cannot be used in templates.
    BadName = "bad-name",
    /// A path that is not RFC 9535 JSONPath, or that would silently find nothing.
    BadPath = "bad-path",
    /// A path that can visit far more values than a packet has: with `..` twice, or with `..` and a
    /// filter. If it does on a packet, the submission is parked (`too-costly`).
    CostlyPath = "costly-path",
    /// The syntax of a template is wrong.
    BadTemplate = "bad-template",
    /// A template uses a field that the profile does not declare.
    UnknownField = "unknown-field",
    /// A step uses a result that no earlier step gives.
    UnknownStep = "unknown-step",
    /// A step uses a result of a step that may be skipped, without a default.
    SkippedStep = "skipped-step",
    /// The settings have no such destination for an HTTP step.
    UnknownDestination = "unknown-destination",
    /// A template uses a helper that does not exist, or gives it the wrong number of values.
    UnknownHelper = "unknown-helper",
    /// The profile names a comment template that is not in the templates folder.
    UnknownTemplate = "unknown-template",
    /// The profile names a base that is not in its folder.
    UnknownBase = "unknown-base",
    /// Bitrix24 has no such standard field; it would silently drop the value.
    UnknownCrmField = "unknown-crm-field",
    /// The field is read-only on the portal (`check --live`).
    ReadOnlyField = "read-only-field",
    /// The portal's list has no such value, or a list field gets free text (`check --live`).
    UnknownLabel = "unknown-label",
    /// The portal's pipeline has no such stage; the portal would silently use another one (`check
    /// --live`).
    UnknownStage = "unknown-stage",
    /// The portal has no smart process with this number (`check --live`).
    UnknownProcess = "unknown-process",
    /// The portal has no such employee, or the employee was dismissed (`check --live`).
    UnknownEmployee = "unknown-employee",
    /// The portal does not have this currency (`check --live`).
    UnknownCurrency = "unknown-currency",
    /// The profile does not fill a field that the portal requires (`check --live`).
    RequiredField = "required-field",
    /// The settings have no such connection, or the profile must name one of several (`check
    /// --live`).
    UnknownConnection = "unknown-connection",
    /// No search field finds existing contacts, so every submission creates another one.
    NoSearch = "no-search",
    /// A search by something that many people share, such as a first name.
    VagueSearch = "vague-search",
    /// A declared field that nothing uses.
    UnusedField = "unused-field",
    /// Fields that are computed from each other.
    Circle = "circle",
    /// A CSV table in which a row, a quote or a key is wrong.
    BadTable = "bad-table",
    /// The profile names a CSV table that is not in its folder.
    UnknownTable = "unknown-table",
    /// A text in a file looks like a password, a token or a webhook's address.
    Secret = "secret",
    /// Two profiles have the same name, so the history cannot distinguish them.
    SameName = "same-name",
    /// More than one profile is the default.
    TwoDefaults = "two-defaults",
    /// No submission can reach the profile, because another one takes them all first; or no profile
    /// receives a channel that has settings.
    Unreachable = "unreachable",
    /// The file cannot be read from the disk, or is not UTF-8 text.
    Unreadable = "unreadable",
    /// The file, a template or a path is larger than allowed, or there are too many files.
    TooLarge = "too-large",
    /// leadgate itself failed while it compiled the file. This is a bug; the other profiles work.
    CompilerFailed = "compiler-failed",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
