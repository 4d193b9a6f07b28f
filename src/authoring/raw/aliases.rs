//! What people write who expect other keys: those of the portal, of other programs, and keys of
//! another block.

use super::amocrm_names::OTHER_KEYS;
use crate::domain::{Bilingual, bilingual};

/// Returns advice for a key that a block does not have.
pub(super) fn advice(about: &str, key: &str) -> Option<Bilingual> {
    let lower = key.to_lowercase();
    let last = about.rsplit('.').next().unwrap_or_default();
    let word = lower.as_str();
    match last {
        "receive" => of_receive(word),
        "when" if about == "receive.when" => of_packet(key),
        "deal" | "lead" | "item" => of_record(last, word),
        "contact" | "company" => of_person(last, word),
        "" => of_profile(word),
        "fields" if about == "fields" => None,
        "comment" if about == "comment" => of_comment(word),
        "todo" if about == "todo" => of_todo(word),
        "products"
            if matches!(
                word,
                "sum" | "total" | "сумма" | "итого" | "total_price" | "line_total"
            ) =>
        {
            Some(bilingual!(
                "remove it: Bitrix24 computes the sum of a row from `price` and `quantity`",
                "уберите: сумму строки Битрикс24 считает сам по `price` и `quantity`"
            ))
        }
        "then" => of_step(word),
        "reply" => of_reply(word),
        "products" if matches!(word, "title" | "название" | "наименование" | "товар") => {
            Some(bilingual!("write `name: …`", "напишите `name: …`"))
        }
        "responsible"
            if matches!(
                word,
                "user" | "id" | "employee" | "user_id" | "сотрудник" | "email" | "value"
            ) =>
        {
            Some(bilingual!(
                "write the employee alone: `responsible: 6`, or the e-mail address",
                "напишите только сотрудника: `responsible: 6` или его e-mail"
            ))
        }
        "responsible" if matches!(word, "department" | "group" | "отдел" | "role" | "роль") => {
            Some(bilingual!(
                "departments are not known here: name the employees, `in_turn: [6, 9]`",
                "отделов здесь нет: назовите сотрудников, `in_turn: [6, 9]`"
            ))
        }
        "responsible" if word.bytes().all(|byte| byte.is_ascii_digit()) => Some(bilingual!(
            "several employees are a list: `in_turn: [6, {key}]`",
            "несколько сотрудников пишут списком: `in_turn: [6, {key}]`"
        )),
        "responsible" if !word.is_ascii() => Some(bilingual!(
            "a row of the table belongs in `map`: `map: {{ {key}: … }}`",
            "строка таблицы должна стоять внутри `map`: `map: {{ {key}: … }}`"
        )),
        _ if about.starts_with("fields.") => of_field(word),
        _ if about.contains(".fields.") => of_crm_field(word),
        _ => of_channel(about, word),
    }
}

/// Keys beside the blocks of a profile.
fn of_profile(key: &str) -> Option<Bilingual> {
    Some(match key {
        "when" | "if" | "condition" | "filter" | "когда" | "если" | "условие" => {
            bilingual!(
                "which submissions the profile takes stands in `receive: {{ …, when: … }}`; a condition for the deal is `deal: {{ when: … }}`",
                "какие заявки берёт профиль, пишут в `receive: {{ …, when: … }}`, условие для сделки — в `deal: {{ when: … }}`"
            )
        }
        "disabled" | "off" | "paused" | "выключен" | "отключен" => {
            bilingual!("write `active: no`", "напишите `active: no`")
        }
        "version" | "schema" | "apiversion" | "api_version" | "author" | "description"
        | "версия" | "автор" | "описание" => bilingual!(
            "remove it: remarks begin with `#`",
            "уберите: пояснения начинаются с `#`"
        ),
        _ => return None,
    })
}

fn of_comment(key: &str) -> Option<Bilingual> {
    matches!(key, "text" | "value" | "body" | "message" | "текст").then(|| {
        bilingual!(
            "write the text into the file templates/NAME.hbs, and its name here: `use: NAME`",
            "текст запишите в файл templates/ИМЯ.hbs, а здесь укажите его имя: `use: ИМЯ`"
        )
    })
}

fn of_todo(key: &str) -> Option<Bilingual> {
    matches!(
        key,
        "responsible" | "assigned" | "assigned_by" | "employee" | "user" | "ответственный"
    )
    .then(|| {
        bilingual!(
            "remove it: the employee responsible for the record gets the to-do",
            "уберите: дело получает ответственный за сделку, лид или элемент"
        )
    })
}

fn of_receive(key: &str) -> Option<Bilingual> {
    Some(match key {
        "form" | "site" | "hook" | "webhook" | "url" | "address" | "endpoint" | "форма"
        | "сайт" => bilingual!(
            "write `channel: NAME`: the last part of the address /in/NAME",
            "напишите `channel: ИМЯ` — последнюю часть адреса /in/ИМЯ"
        ),
        "token" | "secret" | "addresses" | "rate" | "rate_per_address" | "cors" | "preset"
        | "method" | "methods" | "once_per" | "csv" | "guard" | "basic" | "hmac" | "body_limit"
        | "auth" | "password" | "ip" | "метод" | "токен" | "limit" => bilingual!(
            "it is a setting of the channel: write it in _channels.yaml, below the channel's name",
            "это настройка канала: напишите её в _channels.yaml, под именем канала"
        ),
        "kind" | "direction" | "type" | "event" | "events" | "вид" | "событие" => {
            bilingual!(
                "write `on: …`: for a PBX `on: missed`, for amoCRM `on: leads.add`",
                "напишите `on: …`: для АТС `on: missed`, для amoCRM `on: leads.add`"
            )
        }
        "status" | "stage" | "pipeline" | "tags" | "tag" | "статус" | "стадия" | "воронка"
        | "тег" | "теги" => {
            let key = match key {
                "pipeline" | "воронка" => "pipeline",
                "tags" | "tag" | "тег" | "теги" => "tags",
                _ => "stage",
            };
            bilingual!(
                "it is a test of the item of amoCRM: write `when: {{ {key}: … }}`",
                "это проверка элемента amoCRM: напишите `when: {{ {key}: … }}`"
            )
        }
        key if key.contains('.') && key.split('.').count() == 2 => bilingual!(
            "several events are a list: `on: [leads.add, {key}]`",
            "несколько событий пишут списком: `on: [leads.add, {key}]`"
        ),
        "identity" | "fields" | "contact" | "deal" | "lead" | "comment" | "reply" | "name"
        | "country" | "todo" | "then" | "crm" => bilingual!(
            "`{key}` stands at the margin: move the line to the left by two spaces",
            "`{key}` пишут без отступа: сдвиньте строку влево на два пробела"
        ),
        _ => return None,
    })
}

/// A test of the packet in a block, as conditions on fields have it.
fn of_packet(key: &str) -> Option<Bilingual> {
    let block = match key {
        "form_kind" | "poll_id" | "answer_id" => "header_data.",
        _ => return None,
    };
    Some(bilingual!(
        "a test of the packet stands here: `when: $.{block}{key} == 2`",
        "здесь проверяют сам пакет: `when: $.{block}{key} == 2`"
    ))
}

fn of_record(block: &str, key: &str) -> Option<Bilingual> {
    let field = match key {
        "amount" | "sum" | "price" | "total" | "сумма" | "opportunity" => "OPPORTUNITY",
        "title" | "name" | "название" => "TITLE",
        "currency" | "валюта" => "CURRENCY_ID",
        "source" | "источник" => "SOURCE_ID",
        _ => "",
    };
    if !field.is_empty() && block != "item" {
        return Some(bilingual!(
            "it is the CRM field `{field}`: write it inside of `fields`, `fields: {{ {field}: … }}`",
            "это поле CRM `{field}`: впишите его в `fields`, `fields: {{ {field}: … }}`"
        ));
    }
    Some(match key {
        "pipeline" | "category" | "category_id" | "funnel" | "воронка" => bilingual!(
            "remove it: the pipeline is part of the stage, `stage: \"C1:NEW\"`",
            "уберите: воронка — часть кода стадии, `stage: \"C1:NEW\"`"
        ),
        "comment" | "todo" | "files" | "reply" | "then" | "identity" | "комментарий" => {
            let key = if key == "комментарий" {
                "comment"
            } else {
                key
            };
            bilingual!(
                "`{key}` is a key of the profile itself: move the line behind the block `{block}`, to the left margin",
                "`{key}` — ключ самого профиля: перенесите строку за блок `{block}`, к левому краю"
            )
        }
        "search" | "match" | "key" | "unique" | "поиск" => bilingual!(
            "a record is found by its field: `UF_CRM_ORDER: {{ value: \"…\", search: true }}`",
            "запись ищут по её полю: `UF_CRM_ORDER: {{ value: \"…\", search: true }}`"
        ),
        _ => return None,
    })
}

fn of_person(block: &str, key: &str) -> Option<Bilingual> {
    Some(match key {
        "found" | "on_update" => bilingual!(
            "`{block}` has no `{key}`: `update: true` overwrites the fields of one that is found, `update: false` keeps them",
            "у `{block}` нет `{key}`: `update: true` перезаписывает поля найденного, `update: false` оставляет"
        ),
        "search" | "key" | "unique" | "поиск" => bilingual!(
            "it is found by its field: `PHONE: {{ value: \"{{{{phone}}}}\", search: true }}`",
            "ищут по полю: `PHONE: {{ value: \"{{{{phone}}}}\", search: true }}`"
        ),
        _ => return None,
    })
}

fn of_field(key: &str) -> Option<Bilingual> {
    Some(match key {
        "currency" | "currency_id" | "валюта" => bilingual!(
            "the currency belongs to the record: `CURRENCY_ID: RUB`; one that stands beside the amount is `{{{{sum.currency}}}}`",
            "валюту пишут у сделки: `CURRENCY_ID: RUB`; та, что стоит рядом с суммой, — `{{{{sum.currency}}}}`"
        ),
        key if OTHER_KEYS.contains(&key) => bilingual!(
            "a custom field of amoCRM is `custom: …`, any other value `from: $.…`",
            "дополнительное поле amoCRM — это `custom: …`, любое другое значение — `from: $.…`"
        ),
        "lead" | "deal" | "leads" | "сделка" => bilingual!(
            "a custom field of the lead is `custom: …`, its other values `from: $.…`",
            "дополнительное поле сделки — это `custom: …`, другие её значения — `from: $.…`"
        ),
        "mask" | "pattern" | "regex" | "regexp" | "маска" | "match" | "шаблон" => {
            bilingual!(
                "remove it: `as: phone`, `as: email` and the others read every usual spelling",
                "уберите: `as: phone`, `as: email` и другие понимают любую обычную запись"
            )
        }
        "round" | "precision" | "decimals" | "округлить" => bilingual!(
            "remove it: `as: money` gives at most two decimals, `as: integer` a whole number",
            "уберите: `as: money` даёт не больше двух знаков после запятой, `as: integer` — целое число"
        ),
        "min" | "max" | "minimum" | "maximum" | "range" | "length" | "maxlength" => bilingual!(
            "values have no bounds here: test them where they count, `when: {{ sum: \">= 1\" }}`",
            "границ у значения нет: проверьте его там, где это важно, `when: {{ sum: \">= 1\" }}`"
        ),
        "trim" | "strip" | "strip_tags" | "html" | "обрезать" => bilingual!(
            "values are trimmed anyway; `as: clean` also removes tags and entities of HTML",
            "пробелы по краям убираются и так; теги и коды HTML убирает `as: clean`"
        ),
        "true" | "false" | "yes" | "no" | "да" | "нет" => bilingual!(
            "the texts for yes and no stand in the template: `{{{{#if agree}}}}…{{{{else}}}}…{{{{/if}}}}`",
            "тексты для да и нет пишут в шаблоне: `{{{{#if agree}}}}…{{{{else}}}}…{{{{/if}}}}`"
        ),
        "on_update" => bilingual!(
            "`on_update` belongs to the CRM field: `TITLE: {{ value: \"…\", on_update: keep }}`",
            "`on_update` пишут у поля CRM: `TITLE: {{ value: \"…\", on_update: keep }}`"
        ),
        key if key.starts_with("$.") => bilingual!(
            "several paths are a list: `from: [$.…, {key}]`",
            "несколько путей пишут списком: `from: [$.…, {key}]`"
        ),
        _ => return None,
    })
}

fn of_crm_field(key: &str) -> Option<Bilingual> {
    if matches!(key, "value_type" | "valuetype") {
        return Some(bilingual!(
            "write `type: MOBILE`, or another kind",
            "напишите `type: MOBILE` или другой вид"
        ));
    }
    if matches!(key, "n0" | "n1" | "0") {
        return Some(bilingual!(
            "write `PHONE: {{ value: \"{{{{phone}}}}\", search: true, type: MOBILE }}`; several are a list of such blocks",
            "напишите `PHONE: {{ value: \"{{{{phone}}}}\", search: true, type: MOBILE }}`; несколько — списком таких блоков"
        ));
    }
    if matches!(
        key,
        "missing" | "required" | "from" | "separator" | "zone" | "country" | "part" | "table"
    ) {
        return Some(bilingual!(
            "`{key}` belongs to the field in `fields`, which reads the value: move it there",
            "`{key}` пишут у поля в `fields`, которое читает значение: перенесите его туда"
        ));
    }
    matches!(key, "key" | "unique" | "ключ" | "поиск" | "find" | "match").then(|| {
        bilingual!(
            "records are found by a field with `search: true`",
            "запись ищут по полю с `search: true`"
        )
    })
}

fn of_step(key: &str) -> Option<Bilingual> {
    Some(match key {
        "retry" | "attempts" | "repeat" | "повторы" => bilingual!(
            "remove it: leadgate repeats a step until it succeeds",
            "уберите: leadgate сам повторяет шаг, пока он не удастся"
        ),
        "contact" | "company" | "deal" | "lead" | "item" => bilingual!(
            "a later change is `crm: {{ update: {key}, … }}`",
            "следующее изменение пишут так: `crm: {{ update: {key}, … }}`"
        ),
        "telegram" | "sms" | "whatsapp" | "viber" | "vk" | "slack" | "max" | "телеграм" | "смс"
        | "calltouch" => bilingual!(
            "it is an HTTP service: the admin puts it into the settings, `[http.{key}]`, and the step is `http: {key}`",
            "это сервис HTTP: его вносят в настройки, `[http.{key}]`, а шаг — это `http: {key}`"
        ),
        "delay" | "wait" | "pause" | "sleep" | "after" | "пауза" | "задержка" => {
            bilingual!(
                "remove it: steps follow at once; the time of a to-do is `todo: {{ after: 2h }}`",
                "уберите: шаги идут сразу друг за другом; срок бывает у дела, `todo: {{ after: 2h }}`"
            )
        }
        "smtp" | "server" | "from" => bilingual!(
            "the mail server belongs in the settings, in `[mail]`",
            "почтовый сервер указывают в настройках, в `[mail]`"
        ),
        _ => return None,
    })
}

fn of_reply(key: &str) -> Option<Bilingual> {
    Some(match key {
        "redirect" | "location" | "url" => bilingual!(
            "write `accepted: {{ status: 303, headers: {{ Location: /thanks }} }}`",
            "напишите `accepted: {{ status: 303, headers: {{ Location: /thanks }} }}`"
        ),
        "body" | "status" | "headers" | "type" | "text" => bilingual!(
            "write it inside of `accepted`, or `refused`: `accepted: {{ {key}: … }}`",
            "напишите внутри `accepted` или `refused`: `accepted: {{ {key}: … }}`"
        ),
        _ => return None,
    })
}

/// A channel is named by the author, so its block has any name but those of profiles.
fn of_channel(about: &str, key: &str) -> Option<Bilingual> {
    if about.is_empty() || about.contains('.') {
        return None;
    }
    Some(match key {
        "identity" | "fields" | "contact" | "deal" | "comment" | "todo" => bilingual!(
            "`{key}` is a key of the profile that has `receive: {{ channel: {about} }}`",
            "`{key}` — ключ профиля, в котором `receive: {{ channel: {about} }}`"
        ),
        "channel" | "канал" | "id" | "code" => bilingual!(
            "the block has the channel's name already: remove the key; a name for people is `name: …`",
            "имя канала — это имя самого блока: уберите ключ; название для людей пишут в `name: …`"
        ),
        "enabled" | "active" | "disabled" | "on" | "off" | "включен" => bilingual!(
            "remove it: a channel is there as long as a profile has `receive: {{ channel: {about} }}`",
            "уберите: канал есть, пока в каком-нибудь профиле стоит `receive: {{ channel: {about} }}`"
        ),
        "profile" | "профиль" => bilingual!(
            "remove it: the profile names the channel, `receive: {{ channel: {about} }}`",
            "уберите: канал называет сам профиль, `receive: {{ channel: {about} }}`"
        ),
        "password" | "secret" | "key" | "auth" | "api_key" | "apikey" | "пароль" | "ключ" =>
        {
            bilingual!(
                "write `token: {{ secret: {{ env: SITE_TOKEN }} }}`, or `basic: {{ user: site, secret: {{ env: SITE_PASSWORD }} }}`",
                "напишите `token: {{ secret: {{ env: SITE_TOKEN }} }}` или `basic: {{ user: site, secret: {{ env: SITE_PASSWORD }} }}`"
            )
        }
        _ => return None,
    })
}
