//! Explains each key of a profile without those of `then`, for editors and for the reference. `*`
//! stands for a name that the author chooses. Keys of `deal` also apply to `lead` and `item`.

use super::key::{Key, key};

/// The keys, in the order of the reference.
pub(super) const KEYS: &[Key] = &[
    key(
        "name",
        "the name that people see in the history; default: the name of the file",
        "название, которое видно в истории; по умолчанию — имя файла",
    ),
    key(
        "base",
        "the name of a [base](#bases): `forms` is the file `_forms.yaml`",
        "имя [базы](#базы) — файла с общими правилами: `forms` — это `_forms.yaml`",
    ),
    key(
        "active",
        "`no`: the profile is checked and can be previewed, but takes no submissions; default: `yes`",
        "`no` — профиль проверяется, его можно посмотреть в `preview`, но он ничего не принимает; по умолчанию `yes`",
    ),
    key(
        "receive",
        "which submissions the profile takes; required",
        "какие обращения берёт профиль; обязательно",
    ),
    key(
        "fields",
        "names for values of the packet",
        "имена для значений из пакета",
    ),
    key(
        "contact",
        "the contact to find or create; `none` removes the contact of the defaults",
        "контакт, который найти или создать; `none` отменяет контакт из общих правил",
    ),
    key(
        "company",
        "the company to find or create; it is bound to the contact and the record. A packet with neither its name nor its number makes none",
        "компания, которую найти или создать; она привязывается к контакту и записи. Если в пакете нет ни названия, ни номера, не создаётся",
    ),
    key(
        "deal",
        "the deal to find or create; a profile makes a deal, a lead or an item",
        "сделка, которую найти или создать; профиль создаёт сделку, лид или элемент",
    ),
    key(
        "lead",
        "the lead to find or create; a profile makes a deal, a lead or an item",
        "лид, который найти или создать; профиль создаёт сделку, лид или элемент",
    ),
    key(
        "item",
        "the item of a smart process to find or create",
        "элемент смарт-процесса, который найти или создать",
    ),
    key(
        "comment",
        "what to write into the timeline: `none`, `answers` (what people answered), `full` (that, and the rest of the packet) or the name of a template; or a block with `use` and `when`",
        "что написать в таймлайн: `none`, `answers` (ответы человека), `full` (ответы и всё остальное из пакета) или имя шаблона; либо блок с `use` и `when`",
    ),
    key(
        "files",
        "a field with `as: file`, or a list of them: their [files](#files) go into the timeline, with the comment if there is one",
        "поле с `as: file` или список таких полей: их [файлы](#files) попадают в таймлайн, вместе с комментарием, если он есть",
    ),
    key(
        "reply",
        "when to reply to the sender: `accepted`, once the submission is on disk; `delivered`, once the CRM has it",
        "когда ответить отправителю: `accepted` — обращение записано на диск, `delivered` — оно в CRM",
    ),
    key(
        "crm",
        "the name of a connection of the settings; default: the only one",
        "имя подключения из настроек; по умолчанию — единственное",
    ),
    key(
        "identity",
        "for [channels](channels.md): a template; two requests with the same result are one submission. Default: the sender's `Idempotency-Key`, otherwise each request is a new submission. Polls have their answer numbers",
        "для [каналов](channels.ru.md): шаблон; два запроса с одинаковым результатом — одна заявка. По умолчанию — заголовок `Idempotency-Key`, без него каждый запрос — новая заявка. У опросов есть номера ответов",
    ),
    key(
        "country",
        "the country of [phone numbers](#phone-numbers) without a country code, as two letters: `UZ`; default: `RU`",
        "страна [телефонов](#телефоны) без кода страны, две буквы: `UZ`; по умолчанию `RU`",
    ),
    key(
        "receive.polls",
        "a poll number, or a list of them",
        "номер опроса или список номеров",
    ),
    key(
        "receive.channel",
        "the name of a [channel](channels.md), or a list of them: the last part of the address `/in/site-orders`",
        "имя [канала](channels.ru.md) или список имён: последняя часть адреса `/in/site-orders`",
    ),
    key(
        "receive.amocrm",
        "the name of an [amoCRM account](amocrm.md) of the settings, or a list of them: the last part of the address `/amo/main`",
        "имя аккаунта amoCRM из настроек или список имён: последняя часть адреса `/amo/main`",
    ),
    key(
        "receive.pbx",
        "the name of a [PBX](pbx.md) of the settings, or a list of them: the last part of the address `/pbx/main`",
        "имя [АТС](pbx.ru.md) из настроек или список имён: последняя часть адреса `/pbx/main`",
    ),
    key(
        "receive.on",
        "for amoCRM: an event, or a list of them: `leads.add`, `leads.status`, `contacts.update`, `unsorted.add`, `message.add`; `leads` means every event of leads. Default: all events. For a PBX: `incoming` (answered), `missed`, `outgoing`, `internal`, or a list of them. Default: all but internal calls",
        "для amoCRM: событие или список событий: `leads.add`, `leads.status`, `contacts.update`, `unsorted.add`, `message.add`; `leads` — все события сделок. По умолчанию все. Для АТС: `incoming` (отвеченные входящие), `missed` (пропущенные), `outgoing` (исходящие), `internal` (внутренние) или их список. По умолчанию все, кроме внутренних",
    ),
    key(
        "receive.newest",
        "for amoCRM, which promises no order: `true` delivers only the newest change of an item; older ones that wait or come later are ignored. Default: `false`",
        "для amoCRM, который не обещает порядка: при `true` доставляется только самое новое изменение элемента; более старые — ждущие и пришедшие позже — пропускаются. По умолчанию `false`",
    ),
    key(
        "receive.default",
        "takes what no other profile takes: `true`, of polls and channels; `polls`, `channels`, `amocrm` or `pbx`, of one kind. Beside `channel` it means the other channels. Each kind has at most one such profile",
        "принимает то, что не взял другой профиль: `true` — из опросов и каналов; `polls`, `channels`, `amocrm` или `pbx` — что-то одно. Рядом с `channel` — из остальных каналов. Для каждого вида такой профиль только один",
    ),
    key(
        "receive.when",
        "a test of the packet, or for amoCRM a block with `tags`, `pipeline` and `stage`, all of which must hold; default: every packet passes",
        "условие на пакет либо для amoCRM блок с `tags`, `pipeline` и `stage`, которые должны выполняться все; по умолчанию подходит любой",
    ),
    key(
        "receive.when.tags",
        "a tag of the item by its name or number, or a list of tags, of which one is enough; `present`, `absent` and `!= vip` as in [conditions](#conditions)",
        "тег элемента по названию или номеру либо список тегов, из которых достаточно одного; `present`, `absent` и `!= vip` — как в условиях",
    ),
    key(
        "receive.when.pipeline",
        "the pipeline by its number or, if the settings name it, by its name; or a list",
        "воронка по номеру или, если она названа в настройках, по названию; можно список",
    ),
    key(
        "receive.when.stage",
        "the stage by its number (142 is won, 143 is lost) or, if the settings name it, by its name; or a list",
        "стадия по номеру (142 — успешно реализовано, 143 — закрыто и не реализовано) или, если она названа в настройках, по названию; можно список",
    ),
    key(
        "receive.order",
        "a whole number, default: 0. Among the profiles of a poll or channel, lower numbers come first, then the file's name decides. The first profile whose `when` holds takes the submission",
        "целое число, по умолчанию 0. Среди профилей опроса или канала первым проверяется меньшее, при равенстве решает имя файла. Обращение берёт первый, у которого выполнено `when`",
    ),
    key(
        "fields.*.from",
        "a path or a list of paths; the first one with a readable value wins",
        "путь или список путей; берётся первый, по которому есть читаемое значение",
    ),
    key(
        "fields.*.custom",
        "instead of `from`, for amoCRM: a custom field by its number, code or name, whatever shape its values have; or a list, of which the first with a readable value wins",
        "вместо `from`, для amoCRM: дополнительное поле по номеру, коду или названию, в каком бы виде ни пришли его значения; можно список — берётся первое с читаемым значением",
    ),
    key(
        "fields.*.contact",
        "like `custom`, of the contact: of a lead, [read from amoCRM](amocrm.md#reading); of a hook about a contact or an incoming lead, from the hook itself",
        "как `custom`, но поле контакта: у сделки контакт [читается из amoCRM](amocrm.ru.md#чтение-из-amocrm), у хука о контакте или неразобранном он есть в самом хуке",
    ),
    key(
        "fields.*.company",
        "like `contact`, of the company",
        "как `contact`, но поле компании",
    ),
    key(
        "fields.*.value",
        "instead of `from`: a template over other fields, in any order",
        "вместо `from`: шаблон из других полей, порядок не важен",
    ),
    key(
        "fields.*.when",
        "a [condition](#conditions); if it does not hold, the field has no value, and `reject` and `park` have no effect",
        "[условие](#условия); если не выполнено, у поля нет значения, а `reject` и `park` не действуют",
    ),
    key(
        "fields.*.as",
        "a [normaliser](#normalisers-as); default: `text`",
        "к какому [виду](#приведение-значений-as) привести значение; по умолчанию `text`",
    ),
    key(
        "fields.*.order",
        "for `name`: `last_first` or `first_last`, if the words do not show which is which",
        "для `name`: `last_first` или `first_last`, если по словам не понять, где фамилия",
    ),
    key(
        "fields.*.separator",
        "for `join` and `lookup` (default: `, `) and `split` (default: commas, semicolons, line ends)",
        "для `join` и `lookup` (по умолчанию `, `) и `split` (по умолчанию запятые, точки с запятой, концы строк)",
    ),
    key(
        "fields.*.zone",
        "for `date` and `datetime`: the time zone of the result, and of times without a zone; default: Europe/Moscow",
        "для `date` и `datetime`: часовой пояс результата и времени без указания пояса; по умолчанию Europe/Moscow",
    ),
    key(
        "fields.*.country",
        "for `phone`: the country of numbers without a country code, as two letters: `UZ`; default: the profile's `country`",
        "для `phone`: страна номеров без кода страны, две буквы: `UZ`; по умолчанию — `country` профиля",
    ),
    key(
        "fields.*.part",
        "for `url`: the [part of the address](#parts-of-an-address) to take: `query.utm_source`, `host`, `path`, `query`, `fragment`, `scheme`",
        "для `url`: какую [часть адреса](#части-адреса) взять: `query.utm_source`, `host`, `path`, `query`, `fragment`, `scheme`",
    ),
    key(
        "fields.*.map",
        "a table from values to texts; compared exactly first, then without regard to case",
        "таблица «значение: текст»; сравнивается сначала точно, потом без учёта регистра",
    ),
    key(
        "fields.*.table",
        "for `lookup`: the name of a CSV file in the mappings folder",
        "для `lookup`: имя файла CSV в папке профилей",
    ),
    key(
        "fields.*.unknown",
        "for a value that is not in `map` or the table: `keep` (as it is) · `skip` · `empty` · `default` · `reject` · `park`; default: as `missing`",
        "для значения, которого нет в `map` или таблице: `keep` (как есть) · `skip` · `empty` · `default` · `reject` · `park`; по умолчанию — как в `missing`",
    ),
    key(
        "fields.*.default",
        "the text to use for a missing value; implies `missing: default`. Used as it is, without templates and normalisers",
        "текст вместо отсутствующего значения; подразумевает `missing: default`. Берётся как есть, без шаблонов и приведения",
    ),
    key(
        "fields.*.missing",
        "what to do without a value: `skip` (leave out the CRM fields that need it) · `empty` (empty text, which clears a CRM field) · `default` · `reject` (refuse the submission and name the field to the sender) · `park` (for a person); default: `skip`",
        "что делать, если значения нет: `skip` (не заполнять поля CRM) · `empty` (пустой текст, очищает поле CRM) · `default` · `reject` (отклонить обращение и назвать отправителю поле) · `park` (отложить до решения человека); по умолчанию `skip`",
    ),
    key(
        "contact.when",
        "a [condition](#conditions) for the contact",
        "[условие](#условия), при котором нужен контакт",
    ),
    key(
        "contact.match",
        "which search fields must agree: `any` (one is enough) · `all` · groups, such as `[[PHONE, LAST_NAME], [EMAIL]]`: all fields of one of the groups; default: `any`",
        "какие поля поиска должны совпасть: `any` — любое · `all` — все · группы вида `[[PHONE, LAST_NAME], [EMAIL]]` — все поля одной из групп; по умолчанию `any`",
    ),
    key(
        "contact.several",
        "if several are found: `oldest` · `newest` · `all` (bind all) · `park` (ask a person); default: `oldest`",
        "если нашлось несколько: `oldest` — самый старый · `newest` — самый новый · `all` — привязать все · `park` — решает человек; по умолчанию `oldest`",
    ),
    key(
        "contact.conflict",
        "if the search fields find different contacts, none of which has both values: `order` (the one that the first search field finds) · `oldest` · `newest` · `park` (ask a person) · `merge` (Bitrix24 merges them; the webhook's owner must be an administrator); default: `order`, with `several: park`: `park`",
        "если поля поиска находят разные контакты и ни у одного нет обоих значений: `order` — тот, что найден по первому полю поиска · `oldest` — самый старый · `newest` — самый новый · `park` — решает человек · `merge` — Битрикс24 объединяет их, владелец вебхука должен быть администратором; по умолчанию `order`, при `several: park` — `park`",
    ),
    key(
        "contact.without_key",
        "if no search field has a value, so that no repeat would find the contact: `create` · `park` (ask a person) · `skip_contact` (the record gets no contact); default: `create`",
        "если ни у одного поля поиска нет значения и повтор не найдёт контакт: `create` — создать · `park` — решает человек · `skip_contact` — запись без контакта; по умолчанию `create`",
    ),
    key(
        "contact.update",
        "whether to overwrite the fields of a found contact; default: `false`. Missing phones and e-mail addresses are always added",
        "перезаписывать ли поля найденного контакта; по умолчанию `false`. Недостающие телефоны и e-mail добавляются всегда",
    ),
    key(
        "contact.responsible",
        "who is responsible for a new contact, written as in `deal.responsible`; default: the employee who is responsible for the record",
        "ответственный за новый контакт, как в `deal.responsible`; по умолчанию — ответственный за запись",
    ),
    key(
        "contact.responsible.in_turn",
        "employees who take turns",
        "сотрудники по очереди",
    ),
    key(
        "contact.fields",
        "[CRM fields](#crm-fields)",
        "[поля CRM](#поля-crm)",
    ),
    key(
        "company.when",
        "a [condition](#conditions) for the company",
        "[условие](#условия), при котором нужна компания",
    ),
    key(
        "company.match",
        "which search fields must agree, as in `contact.match`; default: `any`",
        "какие поля поиска должны совпасть, как в `contact.match`; по умолчанию `any`",
    ),
    key(
        "company.several",
        "if several are found: `oldest` · `newest` · `park` (ask a person); default: `oldest`",
        "если нашлось несколько: `oldest` — самая старая · `newest` — самая новая · `park` — решает человек; по умолчанию `oldest`",
    ),
    key(
        "company.conflict",
        "if the search fields find different companies: `order` (the one that the first search field finds) · `oldest` · `newest` · `park` (ask a person); default: `order`, with `several: park`: `park`",
        "если поля поиска находят разные компании: `order` — та, что найдена по первому полю поиска · `oldest` — самая старая · `newest` — самая новая · `park` — решает человек; по умолчанию `order`, при `several: park` — `park`",
    ),
    key(
        "company.without_key",
        "if no search field has a value, so that no repeat would find the company: `skip_company` (none is created) · `create` · `park` (ask a person); default: `skip_company`",
        "если ни у одного поля поиска нет значения и повтор не найдёт компанию: `skip_company` — не создавать · `create` — создать · `park` — решает человек; по умолчанию `skip_company`",
    ),
    key(
        "company.update",
        "whether to overwrite the fields of a found company, except its name (`TITLE` needs an `on_update` of its own); default: `false`. Missing phones and e-mail addresses are always added",
        "перезаписывать ли поля найденной компании, кроме названия (у `TITLE` для этого должен быть свой `on_update`); по умолчанию `false`. Недостающие телефоны и e-mail добавляются всегда",
    ),
    key(
        "company.responsible",
        "who is responsible for a new company, written as in `deal.responsible`; default: the employee who is responsible for the record",
        "ответственный за новую компанию, как в `deal.responsible`; по умолчанию — ответственный за запись",
    ),
    key(
        "company.responsible.in_turn",
        "employees who take turns",
        "сотрудники по очереди",
    ),
    key(
        "company.preset",
        "the number of the template for a new requisite; default: the portal's own for organisations or, with twelve digits in `RQ_INN`, for sole proprietors",
        "номер шаблона для новых реквизитов; по умолчанию — шаблон портала для организаций, а если в `RQ_INN` двенадцать цифр — для ИП",
    ),
    key(
        "company.fields",
        "[CRM fields](#crm-fields) of the company and, as `RQ_…`, of its requisite",
        "[поля](#поля-crm) компании и её реквизитов (`RQ_…`)",
    ),
    key(
        "item.type",
        "the number of the smart process, as in the address of its page: /crm/type/1036/",
        "номер смарт-процесса, как в адресе его страницы: /crm/type/1036/",
    ),
    key(
        "deal.when",
        "a [condition](#conditions) for the record",
        "[условие](#условия), при котором нужна запись",
    ),
    key(
        "deal.found",
        "if an open one exists: `update` · `ignore` (leave it, create nothing) · `always_create` (do not search); default: `update`",
        "если есть открытая: `update` — обновить · `ignore` — не трогать и не создавать · `always_create` — не искать; по умолчанию `update`",
    ),
    key(
        "deal.closed",
        "if one is found by its own search field and is closed: `update` (without reopening it) · `ignore` · `create` (as if it did not exist); default: `update`, with `found: ignore`: `ignore`",
        "если найденная по своему полю поиска закрыта: `update` — дополнить, не открывая · `ignore` — не трогать · `create` — не учитывать; по умолчанию `update`, при `found: ignore` — `ignore`",
    ),
    key(
        "deal.among",
        "codes of the stages in which a record counts as open; default: all that are not final, in the pipeline of `stage`",
        "коды стадий, на которых запись считается открытой; по умолчанию все в воронке `stage`, кроме завершающих",
    ),
    key(
        "deal.stage",
        "the code of the stage for a new record: `NEW`, `C1:NEW`; default: the first of the pipeline",
        "код стадии для новой записи: `NEW`, `C1:NEW`; по умолчанию первая в воронке",
    ),
    key(
        "deal.stage.by",
        "for a [choice of values](#one-of-several-values): the template that decides, such as `\"{{city}}\"`",
        "для [выбора значения](#одно-из-нескольких-значений): шаблон, от которого оно зависит, например `\"{{city}}\"`",
    ),
    key(
        "deal.stage.map",
        "for a choice: a row for each value of `by`",
        "для выбора значения: строка на каждое значение `by`",
    ),
    key(
        "deal.stage.default",
        "for a choice: what applies if no row does",
        "для выбора значения: что взять, если ни одна строка не подходит",
    ),
    key(
        "deal.change_stage",
        "whether to move a found record to `stage`; default: `false`",
        "переводить ли найденную запись на `stage`; по умолчанию `false`",
    ),
    key(
        "deal.update_fields",
        "whether to overwrite the fields of a found record; default: `true`",
        "перезаписывать ли поля найденной записи; по умолчанию `true`",
    ),
    key(
        "deal.products",
        "the [product rows](#products) of the record",
        "[товары](#products) записи",
    ),
    key(
        "deal.products.each",
        "the path to the goods of the packet; each value becomes a row. Without goods, the rows of the record stay",
        "путь к товарам пакета; каждое значение становится строкой. Если товаров нет, строки записи остаются",
    ),
    key(
        "deal.products.name",
        "the name, written like a value of `fields`; paths begin at the row. A row needs a name or a `product_id`",
        "название; пишется как значение в `fields`, пути начинаются от строки. Строке нужно название или `product_id`",
    ),
    key(
        "deal.products.product_id",
        "the id of a product of the portal's catalogue; with `map` or a table also from an article number",
        "id товара из каталога портала; через `map` или таблицу — и по артикулу",
    ),
    key(
        "deal.products.price",
        "the price of one, with discounts and taxes, in the currency of the record",
        "цена за единицу с учётом скидок и налогов, в валюте записи",
    ),
    key(
        "deal.products.quantity",
        "how many; default: 1",
        "количество; по умолчанию 1",
    ),
    key(
        "deal.products.discount_rate",
        "the discount in percent, which `price` already includes",
        "скидка в процентах, уже учтённая в `price`",
    ),
    key(
        "deal.products.discount_sum",
        "the discount for one as an amount, which `price` already includes",
        "скидка за единицу суммой, уже учтённая в `price`",
    ),
    key(
        "deal.products.tax_rate",
        "the tax in percent",
        "ставка налога в процентах",
    ),
    key(
        "deal.products.tax_included",
        "whether `price` includes the tax",
        "входит ли налог в `price`",
    ),
    key(
        "deal.products.measure_code",
        "the code of the unit of measurement, such as 796 for pieces",
        "код единицы измерения, например 796 — штуки",
    ),
    key(
        "deal.products.on_update",
        "the rows of a found record: `overwrite` (replace them) · `fill` (only if there are none) · `keep`; default: as `update_fields` says",
        "товары найденной записи: `overwrite` — заменить · `fill` — записать, только если их нет · `keep` — не трогать; по умолчанию как в `update_fields`",
    ),
    key(
        "deal.responsible",
        "an employee's id, an e-mail address, `contact_owner`, `call_employee` (the employee of a call), or `{ in_turn: […] }`; of a list, the first who exists; default: the owner of the webhook",
        "id сотрудника, его e-mail, `contact_owner`, `call_employee` (сотрудник, чей это звонок) или `{ in_turn: […] }`; из списка — первый, кто найдётся; по умолчанию владелец вебхука",
    ),
    key(
        "deal.responsible.in_turn",
        "employees who take turns, by id or e-mail; a submission that creates something takes one turn, however often it is retried",
        "сотрудники по очереди, id или e-mail; заявка, которая что-то создаёт, занимает одно место в очереди, сколько бы попыток ни понадобилось",
    ),
    key(
        "deal.fields",
        "[CRM fields](#crm-fields)",
        "[поля CRM](#поля-crm)",
    ),
    key(
        "contact.fields.*.value",
        "the template; required, unless there is a `map`",
        "шаблон; обязателен, если нет `map`",
    ),
    key(
        "contact.fields.*.by",
        "for a [choice of values](#one-of-several-values), instead of `value`: the template that decides, such as `\"{{city}}\"`",
        "вместо `value`, для [выбора значения](#одно-из-нескольких-значений): шаблон, от которого оно зависит, например `\"{{city}}\"`",
    ),
    key(
        "contact.fields.*.map",
        "for a choice: a template for each value of `by`",
        "для выбора значения: шаблон на каждое значение `by`",
    ),
    key(
        "contact.fields.*.when",
        "a [condition](#conditions) for this CRM field",
        "[условие](#условия), при котором поле CRM заполняется",
    ),
    key(
        "contact.fields.*.search",
        "`true`: also search by this value. Only for values that no two people or orders share: a phone, an e-mail, an order number",
        "`true`: ещё и искать по этому значению. Только для того, что не повторяется: телефон, e-mail, номер заказа",
    ),
    key(
        "contact.fields.*.type",
        "the kind of a phone, address, site or messenger: `WORK`, `MOBILE`, `TELEGRAM` …; default: `WORK`, for messengers `OTHER`",
        "вид телефона, адреса, сайта или мессенджера: `WORK`, `MOBILE`, `TELEGRAM` …; по умолчанию `WORK`, для мессенджеров `OTHER`",
    ),
    key(
        "contact.fields.*.extension",
        "for `PHONE`: `true` writes the extension behind the number, `+74951234567;12`; default: `false`",
        "для `PHONE`: `true` — записать добавочный после номера, `+74951234567;12`; по умолчанию `false`",
    ),
    key(
        "contact.fields.*.together",
        "the name of a [group](#fields-that-belong-together), such as `utm`: a found record gets all fields of the group or none",
        "имя [группы](#поля-одной-группы), например `utm`: в найденной записи заполняются все поля группы или ни одного",
    ),
    key(
        "contact.fields.*.on_update",
        "in a found record: `keep` · `overwrite` · `fill` (only if empty) · `append` (as a new line, unless the field has it already); default: as `contact.update` or `update_fields` say",
        "в найденной записи: `keep` — оставить · `overwrite` — заменить · `fill` — только если пусто · `append` — дописать новой строкой, если такой ещё нет; по умолчанию — как в `contact.update` и `update_fields`",
    ),
    key(
        "contact.fields.*.as",
        "`label`: the value is the name of a value of the list in Bitrix24; see docs/authors.md",
        "`label`: значение — название одного из значений списка в Битрикс24; см. docs/authors.ru.md",
    ),
    key(
        "contact.fields.*.unknown",
        "with `as: label`, if the list has no such value: `park` · `skip` · `default`; default: `park`",
        "вместе с `as: label`, если такого значения в списке нет: `park` · `skip` · `default`; по умолчанию `park`",
    ),
    key(
        "contact.fields.*.default",
        "with `as: label`: the name of the value to use instead of an unknown one; for a choice: the template that applies if no row does",
        "вместе с `as: label`: название значения, которое берётся вместо неизвестного; для выбора значения: шаблон, если ни одна строка не подходит",
    ),
    key(
        "comment.use",
        "`answers`, `full`, or the name of a template",
        "`answers`, `full` или имя шаблона",
    ),
    key(
        "comment.when",
        "a [condition](#conditions) for the comment",
        "[условие](#условия), при котором нужен комментарий",
    ),
    key(
        "todo",
        "a to-do for the responsible employee; `none` removes the one of the defaults",
        "дело для ответственного; `none` отменяет дело из общих правил",
    ),
    key("todo.title", "a template; required", "шаблон; обязательно"),
    key(
        "todo.after",
        "the deadline: `2h`, `30m`, `1d` after the submission came in",
        "срок: через `2h`, `30m`, `1d` после получения",
    ),
    key(
        "todo.text",
        "a template for the description",
        "шаблон описания",
    ),
    key(
        "todo.on",
        "`create`: for a new record; `update`: for a found one; `both`; default: `both`",
        "`create`: для новой записи; `update`: для найденной; `both`: в обоих случаях; по умолчанию `both`",
    ),
    key(
        "todo.when",
        "a [condition](#conditions) for the to-do",
        "[условие](#условия), при котором нужно дело",
    ),
];
