//! What readers of blocks say about keys and values that are not as they should be.

use super::block::wrong_type;
use super::{aliases, crm_codes, word_advice};
use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Bilingual, bilingual};

/// A key and its value without the colon and the space between them: `from:$.phone`, `channel;
/// site`, `city = Москва`.
pub(super) fn glued(key: &Text) -> Option<(&str, char, &str)> {
    let at = key.value.find([':', ';', '=', '：'])?;
    let (word, rest) = key.value.split_at(at);
    let sign = rest.chars().next()?;
    let value = rest.trim_start_matches([':', ';', '=', '：', '>', ' ']);
    (!value.is_empty()).then_some((word.trim(), sign, value))
}

/// Warns of a key that has its value in it: `{ a => Вопрос }`.
pub(crate) fn warn_of_glued(key: &Text, value: &Node, reader: &mut Reader<'_>) {
    if let (NodeKind::Null, Some((word, meaning))) = (&value.kind, dashed(&key.value)) {
        let written = &key.value;
        let message = bilingual!(
            "`{written}` is a key without a value",
            "`{written}` — ключ без значения"
        );
        let advice = bilingual!(
            "write a colon and a space: `{word}: {meaning}`",
            "поставьте двоеточие и пробел: `{word}: {meaning}`"
        );
        reader
            .problems
            .warn(Code::WrongType, &key.place, message, advice);
        return;
    }
    if let (NodeKind::Null, Some((word, sign, value))) = (&value.kind, glued(key)) {
        let written = &key.value;
        let message = bilingual!(
            "`{written}` is a key without a value",
            "`{written}` — ключ без значения"
        );
        let advice = with_colon(word, sign, value);
        reader
            .problems
            .warn(Code::WrongType, &key.place, message, advice);
    }
}

/// `1 - консультация`, `1 → консультация`.
fn dashed(text: &str) -> Option<(&str, &str)> {
    let signs = [" - ", " – ", " — ", "->", "→", "\t"];
    let (word, meaning) = signs.iter().find_map(|sign| text.split_once(sign))?;
    let (word, meaning) = (word.trim(), meaning.trim());
    (!word.is_empty() && !meaning.is_empty()).then_some((word, meaning))
}

/// `{ 1,3: консультация }`: YAML takes the comma for the end of a row.
pub(crate) fn warn_of_cut_key(entries: &[(Text, Node)], reader: &mut Reader<'_>) {
    for pair in entries.windows(2) {
        let [(key, value), (next, meaning)] = pair else {
            continue;
        };
        let (NodeKind::Null, NodeKind::Scalar(meaning)) = (&value.kind, &meaning.kind) else {
            continue;
        };
        let end = key.place.column + key.place.length;
        let is_beside = key.place.line == next.place.line && next.place.column <= end + 2;
        if !is_beside || glued(key).is_some() || dashed(&key.value).is_some() {
            continue;
        }
        let (one, other, meaning) = (&key.value, &next.value, &meaning.value);
        let message = bilingual!(
            "`{one}` is a key without a value: a comma ends a row",
            "`{one}` — ключ без значения: запятая заканчивает строку"
        );
        let advice = bilingual!(
            "write a row for each value: `{one}: {meaning}, {other}: {meaning}`",
            "напишите строку на каждое значение: `{one}: {meaning}, {other}: {meaning}`"
        );
        reader
            .problems
            .warn(Code::WrongType, &key.place, message, advice);
    }
}

pub(super) fn with_colon(key: &str, sign: char, value: &str) -> Bilingual {
    if sign == ':' {
        return bilingual!(
            "put a space after the colon: `{key}: {value}`",
            "после двоеточия нужен пробел: `{key}: {value}`"
        );
    }
    bilingual!(
        "write a colon and a space instead of `{sign}`: `{key}: {value}`",
        "вместо `{sign}` поставьте двоеточие и пробел: `{key}: {value}`"
    )
}

/// Returns the keys of a list where a block is meant.
pub(super) fn listed(list: Vec<Node>) -> Vec<(Text, Node)> {
    let mut entries = Vec::new();
    for item in list {
        match item.kind {
            NodeKind::Map(map) => entries.extend(map),
            NodeKind::Scalar(text) => entries.push((
                text.clone(),
                Node {
                    place: item.place,
                    kind: NodeKind::Scalar(text),
                },
            )),
            NodeKind::Null | NodeKind::List(_) => {}
        }
    }
    entries
}

/// Reports a list in place of a block.
pub(super) fn not_a_list(
    about: &str,
    found: &Node,
    entries: &[(Text, Node)],
    reader: &mut Reader<'_>,
) {
    let wanted = bilingual!("a block of keys", "блок с ключами");
    let Some((key, _)) = entries.first() else {
        wrong_type(about, &wanted, found, reader);
        return;
    };
    let first = key.value.trim().to_owned();
    let key = &key.value;
    let is_dashed = found.place.line_text().trim_start().starts_with('-');
    let advice = if is_dashed {
        bilingual!(
            "remove the dashes: `{key}: …`, each key on a line of its own",
            "уберите дефисы: `{key}: …`, каждый ключ на своей строке"
        )
    } else if about == "receive" && first.bytes().all(|byte| byte.is_ascii_digit()) {
        bilingual!(
            "write `receive: {{ polls: [{first}] }}`",
            "напишите `receive: {{ polls: [{first}] }}`"
        )
    } else if about == "receive" {
        bilingual!(
            "write `receive: {{ channel: {first} }}`",
            "напишите `receive: {{ channel: {first} }}`"
        )
    } else if let Some(advice) = example(about).filter(|_| about.ends_with(".products")) {
        advice
    } else if about == "fields" {
        let path = reader.problems.facts.path_of(key);
        bilingual!(
            "write `{about}: {{ {key}: {path} }}`, with a path for each name",
            "напишите `{about}: {{ {key}: {path} }}`: у каждого имени свой путь"
        )
    } else {
        bilingual!(
            "write `{{ {key}: … }}`, with a value for each key",
            "напишите `{{ {key}: … }}`: у каждого ключа своё значение"
        )
    };
    let message = bilingual!(
        "`{about}` must be a block of keys, but this is a list",
        "в `{about}` ожидается блок с ключами, а здесь список"
    );
    reader.error(Code::WrongType, &found.place, message, advice);
}

/// Returns advice for a key with the wrong indentation.
pub(super) fn misplaced(about: &str, key: &str) -> Option<Bilingual> {
    if key.starts_with(|c: char| c.is_whitespace()) {
        return Some(bilingual!(
            "there are non-breaking spaces before it: delete them and type ordinary ones",
            "перед ним неразрывные пробелы: сотрите их и наберите обычные",
        ));
    }
    if key.starts_with("//") || key.starts_with("/*") {
        return Some(bilingual!(
            "a remark begins with `#`: write `# …`",
            "пояснение начинается с `#`: напишите `# …`"
        ));
    }
    if about.is_empty() && crm_codes::is_code(key) && key.contains('_') {
        return Some(bilingual!(
            "it is a CRM field: write it in its block, `deal: {{ fields: {{ {key}: … }} }}`",
            "это поле CRM: впишите его в свой блок, `deal: {{ fields: {{ {key}: … }} }}`"
        ));
    }
    if about.is_empty() && matches!(key, "polls" | "channel") {
        return Some(bilingual!(
            "write `receive: {{ {key}: … }}`",
            "напишите `receive: {{ {key}: … }}`"
        ));
    }
    if let Some(advice) = elsewhere(about, key).or_else(|| in_letter(about, key)) {
        return Some(advice);
    }
    let homes: &[&str] = match key {
        "default" | "order" => &["receive"],
        "found" | "closed" | "among" | "stage" | "change_stage" | "update_fields" | "products"
        | "responsible" => &["deal", "lead", "item"],
        "match" | "several" | "conflict" | "without_key" | "update" => &["contact"],
        "title" | "after" => &["todo"],
        "if_it_fails" | "success" | "save" => &["then"],
        _ => return None,
    };
    if !about.is_empty() {
        return in_other_block(about, key, homes);
    }
    let homes = suggest::list(homes);
    Some(bilingual!(
        "`{key}` belongs in {homes}: indent this line by two more spaces",
        "`{key}` пишут внутри {homes}: сдвиньте строку вправо на два пробела"
    ))
}

/// Returns advice for a key of one block in another one, or of a table beside its key.
fn in_other_block(about: &str, key: &str, homes: &[&str]) -> Option<Bilingual> {
    let is_block = matches!(
        about,
        "contact" | "company" | "deal" | "lead" | "item" | "todo" | "receive"
    );
    if !is_block || homes.contains(&about) || matches!(key, "order" | "default") {
        return None;
    }
    let homes = suggest::list(homes);
    Some(bilingual!(
        "`{key}` is a key of {homes}: move the line there",
        "`{key}` — ключ блока {homes}: перенесите строку туда"
    ))
}

/// Returns advice for a key of a CRM field or a channel in another block.
fn elsewhere(about: &str, key: &str) -> Option<Bilingual> {
    if key == "on_update" && matches!(about, "contact" | "deal" | "lead" | "item") {
        let whole = if about == "contact" {
            "update"
        } else {
            "update_fields"
        };
        return Some(bilingual!(
            "`on_update` belongs to a CRM field: `TITLE: {{ value: …, on_update: keep }}`; for all fields write `{whole}: false`",
            "`on_update` пишут у поля CRM: `TITLE: {{ value: …, on_update: keep }}`; для всех полей сразу — `{whole}: false`"
        ));
    }
    if matches!(about, "deal" | "lead" | "item" | "contact") && matches!(key, "by" | "map") {
        return Some(bilingual!(
            "a table belongs to one key: `stage: {{ by: \"{{{{city}}}}\", map: {{ … }}, default: NEW }}`, each below its key, further to the right",
            "таблица относится к одному ключу: `stage: {{ by: \"{{{{city}}}}\", map: {{ … }}, default: NEW }}`; её строки стоят под ним и правее"
        ));
    }
    if let Some(advice) = of_other_places(about, key).or_else(|| aliases::advice(about, key)) {
        return Some(advice);
    }
    if key == "each" && matches!(about, "receive" | "") {
        return Some(bilingual!(
            "`each` belongs to the channel, in _channels.yaml",
            "`each` пишут у канала, в _channels.yaml"
        ));
    }
    if about.is_empty() && matches!(key, "http" | "mail") {
        return Some(bilingual!(
            "`{key}` is a step: write `then:`, and `- {key}: …` below it",
            "`{key}` — это шаг: напишите `then:`, а под ним `- {key}: …`"
        ));
    }
    None
}

/// Returns advice for a key of a letter or beside one.
fn in_letter(about: &str, key: &str) -> Option<Bilingual> {
    match (about, key) {
        ("then.mail", "cc" | "bcc" | "copy") => Some(bilingual!(
            "add the address to the list `to`; all recipients see each other",
            "добавьте адрес в список `to`; получатели видят друг друга"
        )),
        ("then.mail", "from" | "sender") => Some(bilingual!(
            "the sender is `mail.from` of the settings; answers go to `reply_to`",
            "отправитель задан в настройках, в `mail.from`; ответы приходят на `reply_to`"
        )),
        ("then.mail", "name" | "when" | "if_it_fails") => Some(bilingual!(
            "`{key}` belongs to the step: put it beside `mail`",
            "`{key}` относится к шагу: поставьте рядом с `mail`"
        )),
        ("then", "to" | "reply_to" | "subject" | "text" | "html" | "files" | "template") => {
            Some(bilingual!(
                "`{key}` belongs in `mail`: indent this line by two more spaces",
                "`{key}` пишут внутри `mail`: сдвиньте строку вправо на два пробела"
            ))
        }
        _ => None,
    }
}

/// Advice for a key that a step of `then` does not have.
pub(super) fn of_step(about: &str, key: &str) -> Option<Bilingual> {
    Some(match (about, key) {
        ("then", "url" | "host" | "address" | "uri") => bilingual!(
            "the address belongs in the settings, in `[http.NAME]`; the step has only its `path`",
            "адрес пишут в настройках, в `[http.ИМЯ]`, а в шаге — только `path`"
        ),
        ("then", "timeout" | "retries" | "rate" | "parallel" | "token" | "unknown" | "proxy") => {
            bilingual!(
                "`{key}` belongs in the settings, in `[http.NAME]`",
                "`{key}` пишут в настройках, в `[http.ИМЯ]`"
            )
        }
        ("then", "data" | "payload" | "params") | ("then.body", _) => bilingual!(
            "write JSON as `json: {{ … }}`, and a form as `form: {{ … }}`",
            "JSON пишите как `json: {{ … }}`, форму — как `form: {{ … }}`"
        ),
        ("then.crm", "create" | "add" | "delete" | "создать") => bilingual!(
            "a later step only changes what the profile made: write `update: deal`",
            "следующий шаг только меняет то, что создал профиль: напишите `update: deal`"
        ),
        ("then", "on_error" | "on_failure" | "on_fail" | "if_fails") => bilingual!(
            "write `if_it_fails: continue`, or `park`",
            "напишите `if_it_fails: continue` или `park`"
        ),
        ("then", "if" | "condition") => {
            bilingual!("write `when: {{ … }}`", "напишите `when: {{ … }}`")
        }
        ("then", "update" | "fields" | "stage" | "comment") => bilingual!(
            "write it inside of `crm`: `crm: {{ update: deal, {key}: … }}`",
            "напишите внутри `crm`: `crm: {{ update: deal, {key}: … }}`"
        ),
        ("then.crm", "contact" | "company" | "deal" | "lead" | "item") => bilingual!(
            "write `update: {key}`, and `fields`, `stage` and `comment` beside it",
            "напишите `update: {key}`, а рядом — `fields`, `stage` и `comment`"
        ),
        ("then.crm", "files" | "file") => bilingual!(
            "a later step writes no files: name them in `files` of the profile, or in a field of its block",
            "следующий шаг не записывает файлы: назовите их в `files` профиля или запишите в поле его блока"
        ),
        (
            "then.crm",
            "responsible" | "todo" | "products" | "found" | "closed" | "search" | "on_update",
        ) => {
            bilingual!(
                "only the blocks of the profile have `{key}`; a later step has `fields`, `stage` and `comment`",
                "`{key}` бывает только в блоках профиля; у следующего шага есть `fields`, `stage` и `comment`"
            )
        }
        _ => return None,
    })
}

/// Keys of other programs, and of other places.
fn of_other_places(about: &str, key: &str) -> Option<Bilingual> {
    let last = about.rsplit('.').next().unwrap_or_default();
    Some(match (last, key) {
        ("", "extends" | "extend" | "parent" | "inherit" | "include" | "!include" | "основа") =>
        {
            bilingual!("write `base: …`", "напишите `base: …`")
        }
        ("accepted" | "rejected" | "parked", "redirect" | "location" | "Location" | "url") => {
            bilingual!(
                "write `status: 303, headers: {{ Location: /thanks }}`",
                "напишите `status: 303, headers: {{ Location: /thanks }}`"
            )
        }
        ("basic", "login" | "username" | "name" | "логин") => {
            bilingual!("write `user: …`", "напишите `user: …`")
        }
        ("token" | "basic" | "hmac", "env" | "file") => bilingual!(
            "write it inside of `secret`: `secret: {{ {key}: … }}`",
            "напишите внутри `secret`: `secret: {{ {key}: … }}`"
        ),
        ("token", "param" | "parameter" | "get" | "url" | "name") => bilingual!(
            "write `query: token` for a parameter of the address, `field: token` for a field of the form",
            "параметр адреса — это `query: token`, поле формы — `field: token`"
        ),
        ("hmac", "query" | "field" | "parameter") => bilingual!(
            "a signature stands in a header: `header: X-Signature`",
            "подпись приходит в заголовке: `header: X-Signature`"
        ),
        ("csv", "encoding" | "charset") => bilingual!(
            "remove it: leadgate recognises the charset",
            "уберите: кодировку leadgate узнаёт сам"
        ),
        ("basic", "password" | "pass" | "пароль") => bilingual!(
            "write `secret: {{ env: SITE_PASSWORD }}`",
            "напишите `secret: {{ env: SITE_PASSWORD }}`"
        ),
        (_, "format" | "формат") if about.starts_with("fields.") => bilingual!(
            "remove it: values are read in any spelling, and a phone is always written as +79123456789; the spelling of a day is said in the template: {{{{date day \"%d.%m.%Y\"}}}}",
            "уберите: значения читаются в любой записи, телефон всегда пишется как +79123456789, а вид даты задают в шаблоне: {{{{date day \"%d.%m.%Y\"}}}}"
        ),
        (_, "search") if about.starts_with("fields.") => bilingual!(
            "`search` belongs to a CRM field: `PHONE: {{ value: \"{{{{phone}}}}\", search: true }}`",
            "`search` пишут у поля CRM: `PHONE: {{ value: \"{{{{phone}}}}\", search: true }}`"
        ),
        _ => return None,
    })
}

/// Returns advice for a missing space after a colon: `firstname:$.data.name`.
pub(super) fn unspaced(text: &str) -> Option<Bilingual> {
    let (key, rest) = text.lines().next()?.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
    let begins = rest.starts_with(|c: char| !c.is_whitespace() && c != '/');
    (is_key && begins).then(|| {
        bilingual!(
            "put a space after the colon: `{key}: {rest}`",
            "после двоеточия нужен пробел: `{key}: {rest}`"
        )
    })
}

/// Advice on writing a text, where there are keys.
pub(super) fn of_keys(about: &str, entries: &[(Text, Node)]) -> Option<Bilingual> {
    let names: Vec<&str> = entries.iter().map(|(key, _)| key.value.as_str()).collect();
    Some(match about {
        "reply" => word_advice::of_reply(),
        "contact.match" | "company.match" => {
            let groups: Vec<String> = names.iter().map(|name| format!("[{name}]")).collect();
            let groups = groups.join(", ");
            bilingual!(
                "fields stand in double brackets: write `match: [{groups}]`",
                "поля пишут в двойных скобках: напишите `match: [{groups}]`"
            )
        }
        _ if about.rsplit('.').next() == Some("text") && names.len() > 1 => bilingual!(
            "for several lines, write `text: |` and the lines below it",
            "для нескольких строк напишите `text: |`, а строки — ниже"
        ),
        _ => return None,
    })
}

/// Advice on writing a block that looks like a text.
pub(super) fn example(about: &str) -> Option<Bilingual> {
    Some(match about {
        "profile" => bilingual!(
            "a profile consists of keys with a colon: `receive: {{ channel: site }}`, `fields:`, `deal:`, each on a line of its own",
            "профиль состоит из ключей с двоеточием: `receive: {{ channel: site }}`, `fields:`, `deal:`, каждый на своей строке"
        ),
        "todo" => Bilingual::new(
            "write `todo: { title: \"Call back {{firstname}}\", after: 2h }`",
            "напишите `todo: { title: \"Перезвонить {{firstname}}\", after: 2h }`",
        )
        .into(),
        "receive" => bilingual!(
            "write `receive: {{ polls: [123] }}` or `receive: {{ channel: site }}`",
            "напишите `receive: {{ polls: [123] }}` или `receive: {{ channel: site }}`"
        ),
        "contact" => bilingual!(
            "write `contact: {{ fields: {{ NAME: \"{{{{firstname}}}}\" }} }}`, or `contact: none`",
            "напишите `contact: {{ fields: {{ NAME: \"{{{{firstname}}}}\" }} }}` или `contact: none`"
        ),
        "deal" | "lead" => bilingual!(
            "write `{about}: {{ fields: {{ TITLE: \"{{{{firstname}}}}\" }} }}`",
            "напишите `{about}: {{ fields: {{ TITLE: \"{{{{firstname}}}}\" }} }}`"
        ),
        "then" => bilingual!(
            "put a dash before each step: `- http: …`, `- mail: {{ … }}`",
            "перед каждым шагом поставьте дефис: `- http: …`, `- mail: {{ … }}`"
        ),
        "then.mail" => bilingual!(
            "write `mail: {{ to: sales@example.com, subject: \"…\", text: \"…\" }}`",
            "напишите `mail: {{ to: sales@example.com, subject: \"…\", text: \"…\" }}`"
        ),
        "then.crm" => bilingual!(
            "write `crm: {{ update: deal, stage: WON }}`, or other things to change",
            "напишите `crm: {{ update: deal, stage: WON }}` или что ещё поменять"
        ),
        "company" => bilingual!(
            "write `company: {{ fields: {{ TITLE: \"{{{{company}}}}\" }} }}`",
            "напишите `company: {{ fields: {{ TITLE: \"{{{{company}}}}\" }} }}`"
        ),
        _ if about.rsplit('.').next() == Some("products") => bilingual!(
            "write `products: {{ each: \"$.items[*]\", name: $.name, price: $.price }}`",
            "напишите `products: {{ each: \"$.items[*]\", name: $.name, price: $.price }}`"
        ),
        "expect" => bilingual!(
            "write what is made, like `expect: {{ deal: {{ TITLE: … }} }}`, or let `leadgate test --update` write it",
            "напишите, что создаётся: `expect: {{ deal: {{ TITLE: … }} }}` — или дайте записать это `leadgate test --update`"
        ),
        _ if about.rsplit('.').next() == Some("map") => bilingual!(
            "write a colon and a space between each value and its text: `msk: Москва`",
            "между значением и его текстом нужны двоеточие и пробел: `msk: Москва`"
        ),
        _ if about.rsplit('.').next() == Some("fields") => bilingual!(
            "write a key and a value on each line below it: `NAME: value`",
            "ниже на каждой строке пишут ключ и значение: `ИМЯ: значение`"
        ),
        _ => return of_settings(about),
    })
}

/// The same for blocks of a channel.
fn of_settings(about: &str) -> Option<Bilingual> {
    Some(match about.rsplit('.').next() {
        Some("csv") => bilingual!(
            "write `csv: {{ separator: \";\" }}`",
            "напишите `csv: {{ separator: \";\" }}`"
        ),
        Some("reply") => bilingual!(
            "write `reply: {{ accepted: {{ type: text/plain, body: \"…\" }} }}`",
            "напишите `reply: {{ accepted: {{ type: text/plain, body: \"…\" }} }}`"
        ),
        Some("token") => bilingual!(
            "keep the secret out of the file: `token: {{ secret: {{ env: SITE_TOKEN }} }}`",
            "секрет в файле не держат: `token: {{ secret: {{ env: SITE_TOKEN }} }}`"
        ),
        _ => return None,
    })
}
