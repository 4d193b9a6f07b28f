//! Words in a loop that may mean something else: counters of other languages, and fields of the
//! profile, which are outside of the loop.

use crate::authoring::Normaliser;
use crate::authoring::problem::ProfileFacts;
use crate::domain::{Bilingual, bilingual};

/// Counters of other languages, and what they are here.
const COUNTERS: [(&str, &str); 14] = [
    ("loop.index", "@number"),
    ("loop.index0", "@index"),
    ("loop.first", "@first"),
    ("loop.last", "@last"),
    ("forloop.index", "@number"),
    ("forloop.counter", "@number"),
    ("forloop.first", "@first"),
    ("forloop.last", "@last"),
    ("index", "@number"),
    ("idx", "@number"),
    ("counter", "@number"),
    ("iteration", "@number"),
    ("empty", "else"),
    ("forelse", "else"),
];

/// Members that elements of lists usually have, whatever the profile's fields are called.
const USUAL: &[&str] = &[
    "name",
    "title",
    "price",
    "quantity",
    "qty",
    "count",
    "amount",
    "sum",
    "total",
    "cost",
    "sku",
    "article",
    "code",
    "id",
    "url",
    "link",
    "image",
    "size",
    "color",
    "weight",
    "unit",
    "discount",
    "options",
    "value",
    "label",
    "question",
    "answer",
    "q",
    "a",
    "text",
    "date",
    "comment",
    "type",
    "status",
    "category",
    "brand",
    "model",
    "description",
    "phone",
    "email",
];

/// What a loop's body has in it.
#[derive(Debug, Default)]
pub(super) struct LoopHints {
    /// Words that are fields of the profile and hardly members of an element.
    fields: Vec<String>,
    counters: Vec<(String, &'static str)>,
    /// Whether it has a member that is no field of the profile.
    has_member: bool,
    /// Whether it has the element itself, so elements are single values.
    has_element: bool,
}

/// Returns whether the author chose the name of a field: its path ends in another name.
pub(super) fn is_named_by_author(word: &str, facts: &ProfileFacts) -> bool {
    if USUAL.contains(&word) {
        return false;
    }
    let Some(path) = facts.path_of_field(word) else {
        return true;
    };
    let path = path.trim_end_matches(['*', '[', ']', '\'', '"']);
    let last = path.rsplit(['.', '\'', '"', '[']).next();
    last != Some(word)
}

/// Returns words about a loop over a field that never has several values.
pub(super) fn single_value(list: &str, facts: &ProfileFacts) -> Option<(Bilingual, Bilingual)> {
    let is_single = |form: Normaliser| {
        matches!(
            form,
            Normaliser::Bool
                | Normaliser::Money
                | Normaliser::Integer
                | Normaliser::Date
                | Normaliser::Datetime
                | Normaliser::Name
        )
    };
    let form = facts.form_of(list).filter(|form| is_single(*form))?;
    let word = form.word();
    let message = bilingual!(
        "`{list}` has `as: {word}` and so one value: there is nothing to repeat",
        "у `{list}` стоит `as: {word}`, это одно значение: повторять нечего"
    );
    let advice = bilingual!(
        "write `{{{{{list}}}}}`; for a list remove `as` of the field",
        "напишите `{{{{{list}}}}}`; для списка уберите `as` у поля"
    );
    Some((message, advice))
}

/// What the profile knows of a word in a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    /// No field has this name.
    Nowhere,
    /// A field has this name, and so may a member of an element.
    Perhaps,
    /// A field has this name, which its author chose.
    ByAuthor,
}

impl LoopHints {
    /// Notes a word of the body.
    pub(super) fn note(&mut self, word: &str, declared: Declared) {
        if matches!(word, "this" | ".") {
            self.has_element = true;
            return;
        }
        if word.starts_with(['@', '.']) {
            return;
        }
        let counter = COUNTERS.iter().find(|(other, _)| *other == word);
        if let Some((_, right)) = counter.filter(|_| declared == Declared::Nowhere) {
            self.counters.push((word.to_owned(), right));
        } else if declared == Declared::ByAuthor {
            self.fields.push(word.to_owned());
        } else if declared == Declared::Nowhere {
            self.has_member = true;
        }
    }

    /// Returns the words with what is wrong with them.
    pub(super) fn warnings(&self) -> Vec<(String, Bilingual, Bilingual)> {
        let counters = self.counters.iter().map(|(word, right)| {
            let message = bilingual!(
                "`{word}` would be a member of the element",
                "`{word}` — это поле самого элемента"
            );
            let advice = bilingual!("write `{{{{{right}}}}}`", "напишите `{{{{{right}}}}}`");
            (word.clone(), message, advice)
        });
        // elements that are single values have no members
        let are_members = self.has_member && !self.has_element;
        let fields = self.fields.iter().filter(|_| are_members).map(|word| {
            let message = bilingual!(
                "in a loop, `{word}` is a member of the element, not the field of the profile",
                "внутри повтора `{word}` — это поле элемента, а не поле профиля"
            );
            let advice = bilingual!("write `{{{{../{word}}}}}`", "напишите `{{{{../{word}}}}}`");
            (word.clone(), message, advice)
        });
        counters.chain(fields).collect()
    }
}
