//! `deal` or `lead`: when one counts as found, what happens to it, who gets it.

use super::condition;
use super::slots::{Slots, Used};
use crate::domain::{Email, Found, OnUpdate, Responsible, UserId};
use crate::mapping::codes::Code;
use crate::mapping::problem::Problems;
use crate::mapping::profile::RecordRules;
use crate::mapping::raw::RawProfile;
use crate::mapping::raw::record::RawRecord;
use crate::mapping::words::say;
use crate::mapping::yaml::Text;

/// The one block that the profile has.
pub(super) fn pick<'r>(raw: &'r RawProfile, problems: &mut Problems) -> Option<&'r RawRecord> {
    if let (Some(_), Some(_)) = (&raw.deal, &raw.lead) {
        let advice = say!(
            "keep one of them, or make two profiles",
            "оставьте что-то одно или сделайте два профиля"
        );
        let message = say!(
            "a profile makes a deal or a lead, not both",
            "профиль заводит сделку или лид, а не то и другое"
        );
        problems.error(Code::WrongPlace, &raw.place, message, advice);
    }
    raw.deal.as_ref().or(raw.lead.as_ref())
}

pub(super) fn compile(
    raw: &RawRecord,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> RecordRules {
    let kind = raw.kind;
    let when = condition::compile(raw.when.as_ref(), declared, problems);
    used.condition(&when);
    // a found record is brought up to date unless the profile says otherwise: `found: update` is
    // there for that
    let update_fields = raw.update_fields.as_ref().is_none_or(|flag| flag.value);
    let fields = Slots {
        entity: Some(kind),
        on_update: if update_fields {
            OnUpdate::Overwrite
        } else {
            OnUpdate::Keep
        },
        declared,
        used,
        problems,
    }
    .all(&raw.fields);
    let stage = raw.stage.as_ref().and_then(|text| stage(text, problems));
    let change = raw.change_stage.as_ref().filter(|flag| flag.value);
    if let (Some(flag), None) = (change, &raw.stage) {
        let message = say!(
            "`change_stage: true` needs a `stage` to move to",
            "для `change_stage: true` нужен `stage`, куда переводить"
        );
        let advice = say!("add `stage: NEW`", "добавьте `stage: NEW`");
        problems.error(Code::MissingKey, &flag.place, message, advice);
    }
    let found = raw
        .found
        .as_ref()
        .map_or_else(Found::default, |word| word.value);
    if let (Found::AlwaysCreate, Some(among)) = (found, &raw.among)
        && let Some(first) = among.first()
    {
        let message = say!(
            "`among` has no effect with `found: always_create`",
            "`among` при `found: always_create` ни на что не влияет"
        );
        let advice = say!("remove one of them", "уберите что-то одно");
        problems.warn(Code::WrongPlace, &first.place, message, advice);
    }
    RecordRules {
        kind,
        when,
        found,
        among: raw
            .among
            .iter()
            .flatten()
            .filter_map(|text| self::stage(text, problems))
            .collect(),
        stage_on_update: change.and(stage.clone()),
        stage,
        responsible: raw
            .responsible
            .as_ref()
            .and_then(|text| responsible(text, problems)),
        fields,
    }
}

/// A stage's code, such as `NEW` or `C1:NEW`.
fn stage(text: &Text, problems: &mut Problems) -> Option<String> {
    let code = text.value.trim();
    let is_code = !code.is_empty()
        && code.len() <= 50
        && code
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | ':' | '-'));
    if is_code {
        return Some(code.to_owned());
    }
    let message = say!("`{code}` is no stage code", "`{code}` — не код стадии");
    let upper = code.to_uppercase();
    let advice = if upper.is_ascii() && !upper.contains(' ') {
        say!(
            "stages are written in capital letters: `{upper}`",
            "стадии пишутся заглавными буквами: `{upper}`"
        )
    } else {
        say!(
            "write the stage's code, such as NEW or C1:NEW, not its title",
            "напишите код стадии, например NEW или C1:NEW, а не её название"
        )
    };
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

fn responsible(text: &Text, problems: &mut Problems) -> Option<Responsible> {
    let word = text.value.trim();
    if word == "contact_owner" {
        return Some(Responsible::ContactOwner);
    }
    if let Some(user) = word.parse().ok().and_then(UserId::new) {
        return Some(Responsible::User(user));
    }
    if let Some(email) = Email::parse(word) {
        return Some(Responsible::Email(email));
    }
    let message = say!("`{word}` is no employee", "`{word}` — не сотрудник");
    let advice = say!(
        "write an employee's id, an e-mail address, or `contact_owner`",
        "напишите id сотрудника, его e-mail или `contact_owner`"
    );
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}
