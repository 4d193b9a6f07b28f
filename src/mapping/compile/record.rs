//! `deal`, `lead` or `item`: when one counts as found, how it is updated, who is responsible.

use super::field_rules::{FieldRuleCompiler, Used};
use super::fields::FieldContext;
use super::{choice, condition, no_effect, products, responsible, standard_codes};
use crate::authoring::codes::Code;
use crate::authoring::lookalike::{OddCharacter, in_latin};
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::block::Sp;
use crate::authoring::raw::record::RawRecord;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, Closed, EntityKind, Found, ItemType, OnUpdate, bilingual};
use crate::mapping::profile::RecordRules;
use crate::mapping::template::is_name;

/// Returns the one record block of the profile.
pub(super) fn pick<'r>(raw: &'r RawProfile, problems: &mut Problems) -> Option<&'r RawRecord> {
    let blocks = [&raw.deal, &raw.lead, &raw.item];
    let mut blocks = blocks.into_iter().flatten();
    let first = blocks.next();
    if let Some(second) = blocks.next() {
        let advice = bilingual!(
            "keep one of them, or make two profiles",
            "оставьте что-то одно или сделайте два профиля"
        );
        let message = bilingual!(
            "a profile creates one record: a deal, a lead or an item",
            "профиль создаёт одну запись: сделку, лид или элемент"
        );
        problems.error(Code::WrongPlace, &second.place, message, advice);
    }
    if let Some(record) = first {
        no_effect::check(record, raw.todo.as_ref(), problems);
    }
    first
}

/// Smart processes are numbered from 128 (REST documentation, "crm.item.*", object types).
const FIRST_PROCESS: i64 = 128;

fn kind(raw: &RawRecord, problems: &mut Problems) -> Option<EntityKind> {
    match raw.block {
        "lead" => return Some(EntityKind::Lead),
        "deal" => return Some(EntityKind::Deal),
        _ => {}
    }
    let advice = bilingual!(
        "the number stands in the address of the process's page in Bitrix24: /crm/type/1036/ is \
         `type: 1036`",
        "номер виден в адресе страницы процесса в Битрикс24: /crm/type/1036/ — это `type: 1036`",
    );
    if raw.is_process_wrong {
        return None;
    }
    let Some(written) = &raw.process else {
        let message = bilingual!(
            "`item` does not say which smart process: `type` is missing",
            "в `item` не сказано, какой смарт-процесс: нет `type`"
        );
        problems.error(Code::MissingKey, &raw.place, message, advice);
        return None;
    };
    let process = ItemType::new(written.value).filter(|id| id.get() >= FIRST_PROCESS);
    if process.is_none() {
        let number = written.value;
        let message = bilingual!(
            "{number} is not a smart process: their numbers begin at {FIRST_PROCESS}",
            "{number} — не смарт-процесс: их номера начинаются с {FIRST_PROCESS}"
        );
        problems.error(Code::WrongValue, &written.place, message, advice);
    }
    process.map(EntityKind::Item)
}

/// `change_stage` requires a stage.
fn check_change(raw: &RawRecord, change: Option<&Sp<bool>>, problems: &mut Problems) {
    if let (Some(flag), None) = (change, &raw.stage) {
        let message = bilingual!(
            "`change_stage: true` needs a `stage` to move to",
            "для `change_stage: true` нужен `stage`, куда переводить"
        );
        let advice = bilingual!("add `stage: NEW`", "добавьте `stage: NEW`");
        problems.error(Code::MissingKey, &flag.place, message, advice);
    }
}

pub(super) fn compile(
    raw: &RawRecord,
    context: &FieldContext<'_>,
    used: &mut Used,
    problems: &mut Problems,
) -> Option<RecordRules> {
    let declared = context.declared;
    let when = condition::compile(raw.when.as_ref(), declared, problems);
    used.condition(&when);
    let known = kind(raw, problems);
    // without its number the rest of an item is still checked
    let kind = known.or_else(|| ItemType::new(FIRST_PROCESS).map(EntityKind::Item))?;
    // a found record is updated unless the profile says otherwise, as `found: update` means
    let update_fields = raw.update_fields.as_ref().is_none_or(|flag| flag.value);
    let fields = FieldRuleCompiler {
        entity: Some(kind),
        on_update: if update_fields {
            OnUpdate::Overwrite
        } else {
            OnUpdate::Keep
        },
        company: &[],
        declared,
        used: &mut *used,
        problems: &mut *problems,
    }
    .all(&raw.fields);
    let products = raw
        .products
        .as_ref()
        .and_then(|products| products::compile(raw, products, context, used, problems));
    let code = |text: &Text, problems: &mut Problems| stage(text, known, problems);
    let stage = raw.stage.as_ref();
    let stage = stage.and_then(|raw| choice::compile(raw, declared, used, problems, code));
    let codes = |texts: &Vec<Text>, problems: &mut Problems| {
        Some(
            texts
                .iter()
                .filter_map(|text| code(text, problems))
                .collect(),
        )
    };
    let among = raw.among.as_ref();
    let among = among.and_then(|raw| choice::compile(raw, declared, used, problems, codes));
    let change = raw.change_stage.as_ref().filter(|flag| flag.value);
    check_change(raw, change, problems);
    let found = raw
        .found
        .as_ref()
        .map_or_else(Found::default, |word| word.value);
    let responsible = raw
        .responsible
        .as_ref()
        .and_then(|raw| choice::compile(raw, declared, used, problems, responsible::compile));
    Some(RecordRules {
        kind: known?,
        when,
        found,
        closed: closed(raw, found),
        among,
        changes_stage: change.is_some(),
        stage,
        responsible,
        fields,
        products,
    })
}

/// The default for closed records follows that for open ones.
fn closed(raw: &RawRecord, found: Found) -> Closed {
    match (&raw.closed, found) {
        (Some(word), _) => word.value,
        (None, Found::Ignore) => Closed::Ignore,
        (None, Found::Update | Found::AlwaysCreate) => Closed::default(),
    }
}

/// Checks a stage's code, such as `NEW`, `C1:NEW` or `DT1036_5:NEW`.
pub(super) fn stage(
    text: &Text,
    kind: Option<EntityKind>,
    problems: &mut Problems,
) -> Option<String> {
    let code = text.value.trim();
    if let Some(EntityKind::Item(process)) = kind
        && !code.starts_with(&format!("DT{process}_"))
    {
        let message = bilingual!(
            "`{code}` is not a stage of smart process {process}",
            "`{code}` — не стадия смарт-процесса {process}"
        );
        let advice = bilingual!(
            "its stages are called DT{process}_5:NEW, with the number of the pipeline",
            "его стадии называются DT{process}_5:NEW, где 5 — номер воронки"
        );
        problems.error(Code::WrongValue, &text.place, message, advice);
        return None;
    }
    if of_process(code, kind, text, problems) {
        return None;
    }
    let is_code = !code.is_empty()
        && code.len() <= 50
        && code
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | ':' | '-'));
    if is_code && kind == Some(EntityKind::Lead) && code.contains(':') {
        let stage = code.rsplit(':').next().unwrap_or(code);
        let message = bilingual!(
            "leads have no pipelines: the portal has no stage `{code}` of leads",
            "у лидов нет воронок: стадии `{code}` у них не бывает"
        );
        let advice = bilingual!(
            "write `{stage}`, or make a deal: `deal:`",
            "напишите `{stage}` или создавайте сделку: `deal:`"
        );
        problems.warn(Code::WrongValue, &text.place, message, advice);
        return Some(code.to_owned());
    }
    if is_code {
        let before = problems.count();
        check_pipeline(code, text, problems);
        if problems.count() == before {
            check_standard(code, kind, text, problems);
        }
        return Some(code.to_owned());
    }
    let message = bilingual!("`{code}` is not a stage code", "`{code}` — не код стадии");
    let advice = not_a_code(code);
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// Reports a stage of a smart process in another block: `DT1036_5:NEW` of a deal.
fn of_process(code: &str, kind: Option<EntityKind>, text: &Text, problems: &mut Problems) -> bool {
    let is_other = matches!(kind, Some(EntityKind::Deal | EntityKind::Lead));
    let process = code
        .strip_prefix("DT")
        .and_then(|rest| rest.split_once('_'));
    let Some((process, _)) = process.filter(|(process, _)| {
        is_other && !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit())
    }) else {
        return false;
    };
    let message = bilingual!(
        "`{code}` is a stage of smart process {process}",
        "`{code}` — стадия смарт-процесса {process}"
    );
    let advice = bilingual!(
        "a deal's stage is called NEW or C1:NEW, a lead's NEW; for the smart process write the block `item: {{ type: {process}, … }}`",
        "стадии сделок называются NEW или C1:NEW, лидов — NEW; для смарт-процесса нужен блок `item: {{ type: {process}, … }}`"
    );
    problems.error(Code::WrongValue, &text.place, message, advice);
    true
}

/// Warns of a code that is nearly one that every portal has: `WIN`, `C1:LOST`.
fn check_standard(code: &str, kind: Option<EntityKind>, text: &Text, problems: &mut Problems) {
    let Some(meant) = standard_codes::meant_stage(code, kind) else {
        return;
    };
    let message = bilingual!(
        "Bitrix24 itself has no stage `{code}`",
        "у самого Битрикс24 нет стадии `{code}`"
    );
    let advice = bilingual!(
        "did you mean `{meant}`? `check --live` knows the stages of the portal",
        "может быть, `{meant}`? стадии портала знает `check --live`"
    );
    problems.warn(Code::WrongValue, &text.place, message, advice);
}

/// Warns of `C1_NEW`: the pipeline stands before a colon.
fn check_pipeline(code: &str, text: &Text, problems: &mut Problems) {
    if code.starts_with('-') {
        let message = bilingual!("`{code}` is no stage", "`{code}` — не стадия");
        problems.warn(Code::WrongValue, &text.place, message, not_a_code(code));
        return;
    }
    if matches!(code, "ALL" | "ANY" | "OPEN") {
        let message = bilingual!("`{code}` is no stage", "`{code}` — не стадия");
        let advice = not_a_code(&code.to_lowercase());
        problems.warn(Code::WrongValue, &text.place, message, advice);
        return;
    }
    if let Some((before, stage)) = code.split_once(':') {
        let digits = before.trim_start_matches(|c: char| !c.is_ascii_digit());
        let is_deal = before.strip_prefix('C') == Some(digits);
        let is_item = before.starts_with("DT");
        if !is_deal && !is_item && !before.is_empty() {
            let number = if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
                digits
            } else {
                "1"
            };
            let message = bilingual!("`{before}` is no pipeline", "`{before}` — не воронка");
            let advice = bilingual!(
                "the pipeline is C and its number: write `C{number}:{stage}`",
                "воронка — это C и её номер: напишите `C{number}:{stage}`"
            );
            problems.warn(Code::WrongValue, &text.place, message, advice);
            return;
        }
    }
    let Some((pipeline, stage)) = code.split_once(['_', '-']) else {
        return;
    };
    let number = pipeline.strip_prefix('C').unwrap_or_default();
    let is_pipeline = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_pipeline && !code.contains(':') {
        let message = bilingual!(
            "`{code}` has no colon behind the pipeline",
            "в `{code}` после воронки нет двоеточия"
        );
        let advice = bilingual!(
            "write `{pipeline}:{stage}`",
            "напишите `{pipeline}:{stage}`"
        );
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }
}

/// Advice on `{{city}}` in place of a stage.
fn from_template(code: &str) -> Bilingual {
    let name = code
        .split("{{")
        .nth(1)
        .and_then(|rest| rest.split("}}").next())
        .and_then(|tag| tag.split([' ', '(', '=']).rfind(|word| is_name(word)))
        .unwrap_or("city");
    bilingual!(
        "a stage by value is a table: write `{{ by: \"{{{{{name}}}}}\", map: {{ Москва: NEW }}, default: NEW }}`",
        "стадию по значению задают таблицей: напишите `{{ by: \"{{{{{name}}}}}\", map: {{ Москва: NEW }}, default: NEW }}`"
    )
}

/// Advice for a space inside a code, and for words that mean every stage.
fn not_one_stage(code: &str) -> Option<Bilingual> {
    if let Some((one, remark)) = code.split_once(' ')
        && is_code(&one)
        && remark.contains(|c: char| c.is_alphabetic() && !c.is_ascii())
    {
        return Some(bilingual!(
            "a remark begins with ` #`: `{one}   # …`",
            "пояснение начинается с ` #`: `{one}   # …`"
        ));
    }
    let unspaced: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if unspaced != code
        && unspaced.contains(':')
        && unspaced.bytes().all(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_:-".contains(&byte)
        })
    {
        return Some(bilingual!(
            "there is a space in it: write \"{unspaced}\"",
            "в нём лишний пробел: напишите \"{unspaced}\""
        ));
    }
    let lower = code.to_lowercase();
    if matches!(
        lower.as_str(),
        "all" | "any" | "*" | "open" | "все" | "всё" | "любая" | "любые" | "открытые"
    ) {
        return Some(bilingual!(
            "leave it out: without `among` every stage that is not final counts",
            "уберите: без `among` подходит любая стадия, кроме завершающих"
        ));
    }
    None
}

/// Whether a text is written like a stage code.
fn is_code(part: &&str) -> bool {
    let fits =
        |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | ':' | '-');
    !part.is_empty() && part.chars().all(fits)
}

/// `C1/NEW`: a pipeline and a stage with another sign between them.
fn with_colon(code: &str) -> Option<String> {
    let (pipeline, stage) = code.split_once(['/', '.', '\\', ';'])?;
    let number = pipeline.strip_prefix(['C', 'c'])?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && is_code(&stage)).then(|| format!("C{number}:{stage}"))
}

/// Advice for what is no stage code.
fn not_a_code(code: &str) -> Bilingual {
    if code.contains("{{") {
        return from_template(code);
    }
    if let Some(odd) = OddCharacter::find(code) {
        return odd.explained(code);
    }
    let latin = in_latin(code);
    if latin != code && is_code(&latin.as_str()) {
        return bilingual!(
            "there are Russian letters in it: write `{latin}`",
            "в нём русские буквы: напишите `{latin}`"
        );
    }
    if let Some(advice) = not_one_stage(code) {
        return advice;
    }
    if let Some(right) = with_colon(code) {
        return bilingual!("write `{right}`", "напишите `{right}`");
    }
    // a remark of another language stands behind the code
    let first = code.split(['#', '/']).next().unwrap_or_default().trim();
    let parts: Vec<&str> = code
        .split(|c: char| c.is_whitespace() || ",;()[]“”„«»‘’\"'，、•·".contains(c))
        .map(|part| part.trim_start_matches('-'))
        .filter(|part| !part.is_empty() && !matches!(*part, "–" | "—"))
        .collect();
    if first != code && is_code(&first) {
        return bilingual!(
            "a remark begins with ` #`: `{first}   # …`",
            "пояснение начинается с ` #`: `{first}   # …`"
        );
    }
    let upper = code.to_uppercase();
    let meant = suggest::nearest_name(code, &["NEW", "WON", "LOSE"]).filter(|_| !code.is_ascii());
    match parts.as_slice() {
        [one] if is_code(one) && code.starts_with(['-', '–', '—']) => bilingual!(
            "an item of a list has a hyphen and a space before it: `- {one}`",
            "перед элементом списка стоят дефис и пробел: `- {one}`"
        ),
        [one] if is_code(one) => bilingual!("write `{one}`", "напишите `{one}`"),
        [_, _, ..] if parts.iter().all(is_code) => {
            let list = parts.join(", ");
            bilingual!(
                "several stages are a list: `among: [{list}]`",
                "несколько стадий пишут списком: `among: [{list}]`"
            )
        }
        _ if meant.is_some() => suggest::meant_by(code, meant.unwrap_or_default()),
        _ if upper.is_ascii() && !upper.contains(' ') => bilingual!(
            "stages are written in capital letters: `{upper}`",
            "стадии пишутся заглавными буквами: `{upper}`"
        ),
        _ => bilingual!(
            "write the stage's code, such as NEW or C1:NEW, not its title; `check --live` knows the portal's codes",
            "напишите код стадии, например NEW или C1:NEW, а не её название; коды портала знает `check --live`"
        ),
    }
}
