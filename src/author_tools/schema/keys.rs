//! What each key of a profile means: for editors, and for the reference. `*` is a name that the author
//! chooses; what is said of `deal` holds for `lead` and `item`.

use crate::domain::Bilingual;

/// A key and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Where it stands: `fields.*.from`.
    pub path: &'static str,
    /// What it means.
    pub meaning: Bilingual<&'static str>,
}

pub(super) const fn key(path: &'static str, en: &'static str, ru: &'static str) -> Key {
    Key {
        path,
        meaning: Bilingual::new(en, ru),
    }
}

/// Every key, in the order of the reference.
pub const KEYS: &[Key] = &[
    key(
        "name",
        "the name that people see in the history; left out: the file's name",
        "название, которое видно в журнале; не указано — имя файла",
    ),
    key(
        "receive",
        "which submissions the profile takes; required",
        "какие заявки берёт профиль; обязательно",
    ),
    key(
        "fields",
        "names for what is in the packet",
        "имена для того, что есть в пакете",
    ),
    key(
        "contact",
        "the contact to find or create; `none` switches the defaults' contact off",
        "контакт, который найти или завести; `none` отменяет контакт из общих правил",
    ),
    key(
        "deal",
        "the deal to find or create; a profile makes a deal, a lead or an item",
        "сделка, которую найти или завести; профиль заводит сделку, лид или элемент",
    ),
    key(
        "lead",
        "the lead to find or create; a profile makes a deal, a lead or an item",
        "лид, который найти или завести; профиль заводит сделку, лид или элемент",
    ),
    key(
        "item",
        "the item of a smart process to find or create",
        "элемент смарт-процесса, который найти или завести",
    ),
    key(
        "comment",
        "what goes into the timeline: `none`, `full` (the whole packet), or the name of a template; or a block with `use` and `when`",
        "что пишется в ленту: `none`, `full` (весь пакет) или имя шаблона; либо блок с `use` и `when`",
    ),
    key(
        "reply",
        "when the sender is answered: `accepted`, the submission is on disk; `delivered`, the CRM has it",
        "когда отвечать отправителю: `accepted` — заявка на диске, `delivered` — она в CRM",
    ),
    key(
        "crm",
        "which connection of the settings; left out: the only one",
        "какое подключение из настроек; не указано — единственное",
    ),
    key(
        "identity",
        "for [channels](channels.md): a template of what makes two deliveries the same; left out: the sender's `Idempotency-Key`, or each request is its own; polls have their answer numbers",
        "для каналов: шаблон того, по чему две отправки — одна и та же; не указано — заголовок `Idempotency-Key`, или каждый запрос сам по себе; у опросов есть номера ответов",
    ),
    key(
        "receive.polls",
        "a list of poll numbers, or one",
        "номера опросов списком или один",
    ),
    key(
        "receive.channel",
        "the name of a [channel](channels.md), or a list of them: the last part of the address `/in/site-orders`",
        "имя канала или список имён: последняя часть адреса `/in/site-orders`",
    ),
    key(
        "receive.default",
        "`true`: takes what no other profile takes, of polls and of channels; `polls`, `channels`: of one kind. Beside `channel` it means the other channels. One profile only for each kind",
        "`true`: берёт всё, что не взяли другие, из опросов и каналов; `polls`, `channels` — что-то одно. Рядом с `channel` — остальные каналы. Такой профиль один",
    ),
    key(
        "receive.when",
        "a test of the packet; without it everything passes",
        "условие на пакет; без него проходит всё",
    ),
    key(
        "receive.order",
        "a whole number, left out: 0. Of the profiles for one poll or channel the lowest is asked first, then the file's name decides; the first whose `when` holds takes the submission",
        "целое число, не указано — 0. Из профилей одного опроса или канала первым спрашивают меньшее, дальше решает имя файла; заявку берёт первый, чьё `when` выполнено",
    ),
    key(
        "fields.*.from",
        "a path or a list of paths; the first place with a value that can be read wins",
        "путь или список путей; берётся первое место, где значение читается",
    ),
    key(
        "fields.*.value",
        "instead of `from`: a template over other fields, in whatever order they stand",
        "вместо `from`: шаблон из других полей, в каком бы порядке они ни стояли",
    ),
    key(
        "fields.*.when",
        "a [condition](#conditions); when it does not hold, the field has no value, and `reject` and `park` do not stop anything",
        "условие; не выполнено — у поля нет значения, а `reject` и `park` ничего не останавливают",
    ),
    key(
        "fields.*.as",
        "a [normaliser](#normalisers-as); left out: `text`",
        "во что превратить значение; не указано — `text`",
    ),
    key(
        "fields.*.order",
        "for `name`: `last_first` or `first_last`, where the words themselves do not show which is which",
        "для `name`: `last_first` или `first_last`, если по самим словам не понять, где фамилия",
    ),
    key(
        "fields.*.separator",
        "for `join` and `lookup` (left out: `, `) and `split` (left out: commas, semicolons, line ends)",
        "для `join` и `lookup` (не указано — `, `) и `split` (не указано — запятые, точки с запятой, концы строк)",
    ),
    key(
        "fields.*.zone",
        "for `date` and `datetime`: the time zone of times that name none, and of the result; left out: Europe/Moscow",
        "для `date` и `datetime`: часовой пояс времени, в котором он не назван, и результата; не указано — Europe/Moscow",
    ),
    key(
        "fields.*.map",
        "a table from values to texts, compared exactly first, then without regard to case",
        "таблица «значение: текст»; сравнивается сначала точно, потом без учёта регистра",
    ),
    key(
        "fields.*.table",
        "for `lookup`: the name of a CSV file in the mappings folder",
        "для `lookup`: имя файла CSV в папке профилей",
    ),
    key(
        "fields.*.unknown",
        "for a value that `map` or the table lacks: `keep` (as it is) · `skip` · `empty` · `default` · `reject` · `park`; left out: as `missing` says",
        "для значения, которого нет в `map` или таблице: `keep` (как есть) · `skip` · `empty` · `default` · `reject` · `park`; не указано — как в `missing`",
    ),
    key(
        "fields.*.default",
        "the text in place of a missing value; implies `missing: default`. Taken as it is: no template, no normaliser",
        "текст вместо отсутствующего значения; подразумевает `missing: default`. Берётся как есть, без шаблонов",
    ),
    key(
        "fields.*.missing",
        "when there is no value: `skip` (CRM fields that need it are left out) · `empty` (empty text, which clears a CRM field) · `default` · `reject` (the sender is told which field is missing) · `park` (kept for a person); left out: `skip`",
        "когда значения нет: `skip` (поля CRM с ним не заполняются) · `empty` (пустой текст, он очищает поле CRM) · `default` · `reject` (отправителю говорят, чего не хватает) · `park` (отложить для человека); не указано — `skip`",
    ),
    key(
        "contact.when",
        "a [condition](#conditions): no contact without it",
        "условие: без него контакта нет",
    ),
    key(
        "contact.match",
        "`any`: one agreeing search field finds a contact; `all`: all must agree; groups, such as `[[PHONE, LAST_NAME], [EMAIL]]`: all of a group must agree, any group finds; left out: `any`",
        "`any`: контакт находит любое совпавшее поле поиска; `all`: должны совпасть все; группы вида `[[PHONE, LAST_NAME], [EMAIL]]`: внутри группы — все, находит любая группа; не указано — `any`",
    ),
    key(
        "contact.several",
        "when several are found: `oldest` · `newest` · `all` (bind every one) · `park` (ask a person); left out: `oldest`",
        "когда нашлось несколько: `oldest` — старейший · `newest` — новейший · `all` — привязать все · `park` — спросить человека; не указано — `oldest`",
    ),
    key(
        "contact.update",
        "overwrite the fields of a found contact; left out: `false`. Phones and e-mail addresses that it lacks are added in any case",
        "перезаписывать поля найденного контакта; не указано — `false`. Недостающие телефоны и e-mail добавляются всегда",
    ),
    key(
        "contact.responsible",
        "who is responsible for a contact that is created: as in `deal.responsible`; left out: whoever the record goes to",
        "ответственный за новый контакт: как в `deal.responsible`; не указано — тот же, кому досталась запись",
    ),
    key(
        "contact.responsible.in_turn",
        "employees who take turns",
        "сотрудники по очереди",
    ),
    key("contact.fields", "[CRM fields](#crm-fields)", "поля CRM"),
    key(
        "item.type",
        "the number of the smart process; it stands in the address of its page: /crm/type/1036/",
        "номер смарт-процесса; он виден в адресе его страницы: /crm/type/1036/",
    ),
    key(
        "deal.when",
        "a [condition](#conditions): no record without it",
        "условие: без него записи нет",
    ),
    key(
        "deal.found",
        "when an open one exists: `update` · `ignore` (leave it, create nothing) · `always_create` (do not look); left out: `update`",
        "когда открытая уже есть: `update` — обновить · `ignore` — не трогать и не заводить · `always_create` — не искать; не указано — `update`",
    ),
    key(
        "deal.closed",
        "when one is found by its own search field and is closed: `update` (but never opened again) · `ignore` · `create` (it does not count); left out: `update`, with `found: ignore` `ignore`",
        "когда найденная по своему полю поиска уже закрыта: `update` — дополнить, но не открывать · `ignore` — не трогать · `create` — не считать; не указано — `update`, при `found: ignore` — `ignore`",
    ),
    key(
        "deal.among",
        "codes of the stages in which a record counts as open; left out: every one that is not final, in the pipeline of `stage`",
        "коды стадий, на которых запись считается открытой; не указано — все в воронке `stage`, кроме конечных",
    ),
    key(
        "deal.stage",
        "the code of the stage for a created record: `NEW`, `C1:NEW`; left out: the pipeline's first",
        "код стадии для новой записи: `NEW`, `C1:NEW`; не указано — первая в воронке",
    ),
    key(
        "deal.change_stage",
        "move a found record to `stage`; left out: `false`",
        "переводить найденную запись на `stage`; не указано — `false`",
    ),
    key(
        "deal.update_fields",
        "overwrite the fields of a found record; left out: `true`",
        "перезаписывать поля найденной записи; не указано — `true`",
    ),
    key(
        "deal.responsible",
        "an employee's id, an e-mail address, `contact_owner`, or `{ in_turn: […] }`; of a list the first who can be found; left out: the webhook's owner",
        "id сотрудника, его e-mail, `contact_owner` или `{ in_turn: […] }`; из списка — первый, кто найдётся; не указано — владелец вебхука",
    ),
    key(
        "deal.responsible.in_turn",
        "employees who take turns, by id or e-mail; a submission that creates something takes one turn, however often it is tried",
        "сотрудники по очереди, id или e-mail; заявка, которая что-то создаёт, занимает одну очередь, сколько бы раз её ни пробовали",
    ),
    key("deal.fields", "[CRM fields](#crm-fields)", "поля CRM"),
    key(
        "contact.fields.*.value",
        "the template; required",
        "шаблон; обязательно",
    ),
    key(
        "contact.fields.*.when",
        "a [condition](#conditions): without it the CRM field is left out",
        "условие: без него поле CRM не заполняется",
    ),
    key(
        "contact.fields.*.search",
        "`true`: this value also finds. Only for what nobody shares: a phone, an e-mail, an order number",
        "`true`: по этому значению ещё и ищут. Только для того, что не повторяется: телефон, e-mail, номер заказа",
    ),
    key(
        "contact.fields.*.type",
        "the kind of a phone, address, site or messenger: `WORK`, `MOBILE`, `TELEGRAM` …; left out: `WORK`, for messengers `OTHER`",
        "вид телефона, адреса, сайта или мессенджера: `WORK`, `MOBILE`, `TELEGRAM` …; не указано — `WORK`, для мессенджеров `OTHER`",
    ),
    key(
        "contact.fields.*.on_update",
        "in a found record: `keep` · `overwrite` · `fill` (only where nothing stands) · `append` (on a line of its own, unless it is there already); left out: as `contact.update` or `update_fields` say",
        "в найденной записи: `keep` — оставить · `overwrite` — заменить · `fill` — только где пусто · `append` — дописать с новой строки, если этого там нет; не указано — как в `contact.update` и `update_fields`",
    ),
    key(
        "contact.fields.*.as",
        "`label`: the value is the label of one of the list's values in Bitrix24; see docs/authors.md",
        "`label`: значение — название одного из значений списка в Битрикс24; см. docs/authors.ru.md",
    ),
    key(
        "contact.fields.*.unknown",
        "beside `as: label`, when the list has no such value: `park` (left out) · `skip` · `default`",
        "вместе с `as: label`, если такого значения в списке нет: `park` (не указано) · `skip` · `default`",
    ),
    key(
        "contact.fields.*.default",
        "beside `as: label`: the label that takes the place of an unknown one",
        "вместе с `as: label`: название значения, которое берётся вместо неизвестного",
    ),
    key(
        "comment.use",
        "`full`, or the name of a template",
        "`full` или имя шаблона",
    ),
    key(
        "comment.when",
        "a [condition](#conditions): no comment without it",
        "условие: без него комментария нет",
    ),
    key(
        "todo",
        "a to-do for the responsible employee; `none` takes out what the defaults put in",
        "дело для ответственного; `none` отменяет дело из общих правил",
    ),
    key("todo.title", "a template; required", "шаблон; обязательно"),
    key(
        "todo.after",
        "until when: `2h`, `30m`, `1d` after the submission came",
        "срок: через `2h`, `30m`, `1d` после заявки",
    ),
    key(
        "todo.text",
        "a template: what else is to be said",
        "шаблон: что ещё сказать",
    ),
    key(
        "todo.on",
        "`create`: when the record is created; `update`: when it is found; `both`",
        "`create`: когда запись заводится; `update`: когда найдена; `both`: в обоих случаях",
    ),
    key(
        "todo.when",
        "a [condition](#conditions): no to-do without it",
        "условие: без него дела нет",
    ),
];

/// The meaning of a key by its path: leads and items are like deals, and CRM fields are alike everywhere.
pub(crate) fn of_path(path: &str) -> Option<&'static Key> {
    let exact = |path: &str| KEYS.iter().find(|key| key.path == path);
    exact(path)
        .or_else(|| exact(&path.replacen("lead.", "deal.", 1)))
        .or_else(|| exact(&path.replacen("item.", "deal.", 1)))
        .or_else(|| {
            let slot = path.split_once(".fields.*.").map(|(_, key)| key)?;
            exact(&format!("contact.fields.*.{slot}"))
        })
}
