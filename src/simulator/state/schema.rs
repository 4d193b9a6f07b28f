//! The fields of a kind of record. A record stores the places in this table instead of names, so
//! that a hundred thousand contacts take little memory.

use indexmap::IndexMap;

use super::kind::Kind;

/// How a field's value is read, stored and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) enum Type {
    /// The record's id.
    Id,
    /// A whole number.
    Int,
    /// Text, cut to this many characters.
    Text(usize),
    /// `Y` or `N`.
    Char,
    /// A custom boolean: `1` or `0` in classic answers.
    Flag,
    /// An amount in hundredths.
    Money,
    /// A fractional number.
    Real,
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// The id of a user.
    User,
    /// A `STATUS_ID` of the dictionary with this name.
    Status(&'static str),
    /// The stage; its dictionary depends on the pipeline.
    Stage,
    /// The pipeline.
    Category,
    /// A currency's code.
    Currency,
    /// The id of another record.
    Link(&'static str),
    /// The id of a list item of a custom field.
    Enumeration,
    /// The id of a file.
    File,
    /// Phones, e-mails and the like; stored beside the fields.
    Multifield,
}

/// One field.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Field {
    /// The classic name.
    pub(in crate::simulator) code: String,
    /// The universal name.
    pub(in crate::simulator) camel: String,
    /// Type of the value.
    pub(in crate::simulator) kind: Type,
    /// The portal's word for the type, where others are stored in the same way.
    pub(in crate::simulator) word: Option<&'static str>,
    /// Letters: `r` read-only, `R` read-only in the classic family, `i` set once, `!` required,
    /// `m` multiple, `u` universal family only, `c` classic family only, `d` described but not
    /// printed, `h` printed but not described, `x` custom, `k` keyed (equality is looked up in an
    /// index).
    pub(in crate::simulator) flags: String,
    /// Title in Russian.
    pub(in crate::simulator) title_ru: String,
    /// Title in English.
    pub(in crate::simulator) title_en: String,
}

impl Field {
    pub(in crate::simulator) fn is(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// `type` in the universal family's `fields` answer; the classic one differs in one word.
    pub(in crate::simulator) fn universal_type(&self) -> &'static str {
        if self.kind == Type::Char {
            "boolean"
        } else {
            self.classic_type()
        }
    }

    /// `type` in the classic family's `fields` answer.
    pub(in crate::simulator) fn classic_type(&self) -> &'static str {
        if let Some(word) = self.word {
            return word;
        }
        match self.kind {
            Type::Id | Type::Int => "integer",
            Type::Text(_) => "string",
            Type::Char => "char",
            Type::Flag => "boolean",
            Type::Money | Type::Real => "double",
            Type::Date => "date",
            Type::Moment => "datetime",
            Type::User => "user",
            Type::Status(_) | Type::Stage => "crm_status",
            Type::Category => "crm_category",
            Type::Currency => "crm_currency",
            Type::Link(name) => name,
            Type::Enumeration => "enumeration",
            Type::File => "file",
            Type::Multifield => "crm_multifield",
        }
    }
}

/// The fields of one kind, in the order in which the portal prints them.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Schema {
    fields: IndexMap<String, Field>,
    by_camel: IndexMap<String, u16>,
}

impl Schema {
    /// The built-in fields of a kind.
    pub(in crate::simulator) fn of(kind: Kind) -> Self {
        let mut schema = Self {
            fields: IndexMap::new(),
            by_camel: IndexMap::new(),
        };
        for field in super::builtin::fields(kind) {
            schema.add(field);
        }
        schema
    }

    /// Adds a field, unless a field of that name exists.
    pub(in crate::simulator) fn add(&mut self, field: Field) {
        if self.fields.contains_key(&field.code) {
            return;
        }
        let place = u16::try_from(self.fields.len()).unwrap_or(u16::MAX);
        self.by_camel.insert(field.camel.clone(), place);
        self.fields.insert(field.code.clone(), field);
    }

    /// Replaces the field of the same name.
    pub(in crate::simulator) fn replace(&mut self, field: Field) {
        if let Some(old) = self.fields.get_mut(&field.code) {
            *old = field;
        }
    }

    /// Removes a field; the places of those behind it change.
    pub(in crate::simulator) fn remove(&mut self, code: &str) {
        self.fields.shift_remove(code);
        let fields = std::mem::take(&mut self.fields);
        self.by_camel.clear();
        for field in fields.into_values() {
            self.add(field);
        }
    }

    /// The place of a field by its classic name.
    pub(in crate::simulator) fn place(&self, code: &str) -> Option<u16> {
        self.fields
            .get_index_of(code)
            .and_then(|at| u16::try_from(at).ok())
    }

    /// The place of a field by its universal name.
    pub(in crate::simulator) fn place_of_camel(&self, camel: &str) -> Option<u16> {
        self.by_camel.get(camel).copied()
    }

    /// The field at a place.
    pub(in crate::simulator) fn at(&self, place: u16) -> Option<&Field> {
        self.fields.get_index(usize::from(place)).map(|(_, it)| it)
    }

    /// The field with a classic name.
    pub(in crate::simulator) fn get(&self, code: &str) -> Option<&Field> {
        self.fields.get(code)
    }

    /// All fields with their places.
    pub(in crate::simulator) fn iter(&self) -> impl Iterator<Item = (u16, &Field)> {
        (0_u16..).zip(self.fields.values())
    }
}

/// `STAGE_ID` → `stageId`; custom fields by the rules that the portal applies to them.
pub(in crate::simulator) fn camel(code: &str) -> String {
    let Some(tail) = code.strip_prefix("UF_CRM_") else {
        return plain_camel(code);
    };
    let segments = || tail.split('_');
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    let letters = |text: &str| text.bytes().all(|it| it.is_ascii_alphabetic());
    // A numeric tail keeps its underscore. Tails that mix letters and digits come out irregularly
    // on the real portal; leaving them as they are is our inference from the two known samples.
    if digits(tail) || !segments().all(|it| digits(it) || letters(it)) {
        return format!("ufCrm_{tail}");
    }
    format!("ufCrm{}", capitalised(tail))
}

/// `stageId` → `STAGE_ID`.
pub(in crate::simulator) fn upper(camel: &str) -> String {
    let mut out = String::with_capacity(camel.len() + 4);
    let mut before_digit = false;
    for letter in camel.chars() {
        let digit = letter.is_ascii_digit();
        if !out.is_empty() && (letter.is_ascii_uppercase() || (digit && !before_digit)) {
            out.push('_');
        }
        out.extend(letter.to_uppercase());
        before_digit = digit;
    }
    out
}

fn plain_camel(code: &str) -> String {
    let (first, rest) = code.split_once('_').unwrap_or((code, ""));
    format!("{}{}", first.to_lowercase(), capitalised(rest))
}

fn capitalised(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for word in words.split('_') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|it| it.to_ascii_uppercase()));
        out.extend(letters.map(|it| it.to_ascii_lowercase()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_camel_case() {
        assert_eq!(camel("STAGE_ID"), "stageId");
        assert_eq!(camel("IS_MANUAL_OPPORTUNITY"), "isManualOpportunity");
        assert_eq!(upper("isManualOpportunity"), "IS_MANUAL_OPPORTUNITY");
    }

    #[test]
    fn custom_fields_follow_their_own_rules() {
        assert_eq!(camel("UF_CRM_1747309879"), "ufCrm_1747309879");
        assert_eq!(camel("UF_CRM_3_DIGIT"), "ufCrm3Digit");
        assert_eq!(camel("UF_CRM_3_DIGIT10"), "ufCrm_3_DIGIT10");
        assert_eq!(camel("UF_CRM_ORDER_ID"), "ufCrmOrderId");
    }

    #[test]
    fn every_kind_has_its_key_fields() {
        for kind in Kind::ALL {
            let schema = Schema::of(kind);
            assert_eq!(schema.place("ID"), Some(0), "{kind:?}");
            assert!(schema.place("ASSIGNED_BY_ID").is_some(), "{kind:?}");
            assert!(schema.place_of_camel("createdTime").is_some(), "{kind:?}");
        }
    }
}
