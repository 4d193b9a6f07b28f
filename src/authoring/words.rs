//! Keys and words of profiles as people write them who do not know them yet: in Russian, with the
//! wrong keyboard layout, or as other programs call them.

/// What people write, in lower case, and what they mean; the first one that a block knows counts.
const WORDS: &[(&str, &[&str])] = &[
    // blocks and keys
    ("поля", &["fields"]),
    ("поле", &["fields"]),
    ("field", &["fields"]),
    ("имя", &["name", "NAME"]),
    ("название", &["title", "TITLE", "name"]),
    ("заголовок", &["title", "TITLE", "name"]),
    ("прием", &["receive"]),
    ("приём", &["receive"]),
    ("принимать", &["receive"]),
    ("источник", &["receive", "SOURCE_ID"]),
    ("source", &["receive"]),
    ("опрос", &["polls"]),
    ("опросы", &["polls"]),
    ("канал", &["channel"]),
    ("каналы", &["channel"]),
    ("контакт", &["contact"]),
    ("клиент", &["contact"]),
    ("сделка", &["deal"]),
    ("сделки", &["deal"]),
    ("лид", &["lead"]),
    ("элемент", &["item"]),
    ("компания", &["company", "COMPANY_TITLE"]),
    ("комментарий", &["comment", "COMMENTS"]),
    ("коммент", &["comment", "COMMENTS"]),
    ("дело", &["todo"]),
    ("задача", &["todo"]),
    ("task", &["todo"]),
    ("ответ", &["reply"]),
    ("страна", &["country", "ADDRESS_COUNTRY"]),
    ("подключение", &["crm"]),
    ("из", &["from"]),
    ("откуда", &["from"]),
    ("путь", &["from"]),
    ("path", &["from"]),
    ("jsonpath", &["from"]),
    ("как", &["as"]),
    ("вид", &["as", "type"]),
    ("тип", &["as", "type"]),
    ("type", &["as"]),
    ("format", &["as"]),
    ("формат", &["as"]),
    ("normalize", &["as"]),
    ("значение", &["value"]),
    ("template", &["value", "use"]),
    ("шаблон", &["value", "use"]),
    ("from", &["value"]),
    ("поиск", &["search"]),
    ("искать", &["search"]),
    ("key", &["search"]),
    ("unique", &["search"]),
    ("когда", &["when"]),
    ("если", &["when"]),
    ("условие", &["when"]),
    ("if", &["when"]),
    ("condition", &["when"]),
    ("required", &["missing"]),
    ("обязательно", &["missing"]),
    ("обязательное", &["missing"]),
    ("умолчание", &["default"]),
    ("поумолчанию", &["default"]),
    ("разделитель", &["separator"]),
    ("sep", &["separator"]),
    ("delimiter", &["separator"]),
    ("glue", &["separator"]),
    ("else", &["default"]),
    ("otherwise", &["default"]),
    ("fallback", &["default"]),
    ("иначе", &["default"]),
    ("или", &["default"]),
    ("steps", &["then"]),
    ("actions", &["then"]),
    ("шаги", &["then"]),
    ("действия", &["then"]),
    ("dedup", &["identity"]),
    ("dedupe", &["identity"]),
    ("id", &["identity", "product_id"]),
    ("find", &["search"]),
    ("qty", &["quantity"]),
    ("count", &["quantity"]),
    ("количество", &["quantity"]),
    ("sku", &["product_id"]),
    ("артикул", &["product_id"]),
    ("discount", &["discount_rate"]),
    ("скидка", &["discount_rate"]),
    ("split", &["each"]),
    ("ip", &["addresses"]),
    ("ips", &["addresses"]),
    ("whitelist", &["addresses"]),
    ("rate_limit", &["rate"]),
    ("ratelimit", &["rate"]),
    ("limit", &["rate"]),
    ("origin", &["cors"]),
    ("origins", &["cors"]),
    ("domains", &["cors"]),
    ("method", &["methods"]),
    ("stage_id", &["stage"]),
    ("status_id", &["stage"]),
    ("duplicate", &["found"]),
    ("duplicates", &["found"]),
    ("on_duplicate", &["conflict", "found"]),
    ("if_exists", &["found"]),
    ("обновлять", &["found", "update"]),
    ("таблица", &["table"]),
    ("стадия", &["stage"]),
    ("этап", &["stage"]),
    ("статус", &["stage"]),
    ("status", &["stage"]),
    ("ответственный", &["responsible"]),
    ("менеджер", &["responsible"]),
    ("assigned", &["responsible"]),
    ("manager", &["responsible"]),
    ("среди", &["among"]),
    ("update", &["update_fields"]),
    ("update_fields", &["update"]),
    ("товары", &["products"]),
    ("текст", &["text", "COMMENTS"]),
    ("срок", &["after"]),
    ("через", &["after"]),
    ("deadline", &["after"]),
    ("порядок", &["order"]),
    ("письмо", &["mail"]),
    ("letter", &["mail"]),
    ("кому", &["to"]),
    ("получатель", &["to"]),
    ("получатели", &["to"]),
    ("recipient", &["to"]),
    ("recipients", &["to"]),
    ("тема", &["subject"]),
    ("title", &["subject"]),
    ("body", &["text"]),
    ("message", &["text"]),
    ("файлы", &["files"]),
    ("вложения", &["files"]),
    ("attach", &["files"]),
    ("attachments", &["files"]),
    // CRM fields
    ("фамилия", &["LAST_NAME"]),
    ("отчество", &["SECOND_NAME"]),
    ("телефон", &["phone", "PHONE"]),
    ("почта", &["email", "EMAIL"]),
    ("электроннаяпочта", &["email", "EMAIL"]),
    ("e-mail", &["email", "EMAIL"]),
    ("mail", &["email", "EMAIL"]),
    ("имейл", &["email", "EMAIL"]),
    ("tel", &["phone", "PHONE"]),
    ("telephone", &["phone", "PHONE"]),
    ("mobile", &["phone", "PHONE"]),
    ("сайт", &["WEB"]),
    ("мессенджер", &["IM"]),
    ("сумма", &["money", "OPPORTUNITY"]),
    ("sum", &["money", "OPPORTUNITY"]),
    ("amount", &["money", "OPPORTUNITY"]),
    ("price", &["money", "OPPORTUNITY"]),
    ("currency", &["money", "CURRENCY_ID"]),
    ("валюта", &["CURRENCY_ID"]),
    ("должность", &["POST"]),
    ("город", &["ADDRESS_CITY"]),
    ("адрес", &["ADDRESS"]),
    ("датарождения", &["BIRTHDATE"]),
    ("комментарии", &["COMMENTS"]),
    // words for values
    ("нет", &["none", "false"]),
    ("no", &["none", "false"]),
    ("off", &["none", "false"]),
    ("false", &["none"]),
    ("-", &["none"]),
    ("—", &["none"]),
    ("null", &["none"]),
    ("пусто", &["none", "empty"]),
    ("никакой", &["none"]),
    ("n", &["false"]),
    ("0", &["false"]),
    ("да", &["true"]),
    ("yes", &["true"]),
    ("y", &["true"]),
    ("1", &["true"]),
    ("истина", &["true"]),
    ("ложь", &["false"]),
    ("число", &["integer"]),
    ("int", &["integer"]),
    ("number", &["money", "integer"]),
    ("numeric", &["money", "integer"]),
    ("float", &["money"]),
    ("decimal", &["money"]),
    ("деньги", &["money"]),
    ("дата", &["date"]),
    ("время", &["datetime"]),
    ("датаивремя", &["datetime"]),
    ("timestamp", &["datetime"]),
    ("string", &["text"]),
    ("str", &["text"]),
    ("строка", &["text"]),
    ("список", &["join", "label"]),
    ("list", &["join", "label"]),
    ("array", &["join"]),
    ("boolean", &["bool"]),
    ("checkbox", &["bool"]),
    ("ссылка", &["url"]),
    ("link", &["url"]),
    ("фио", &["name"]),
    ("любое", &["any"]),
    ("любой", &["any"]),
    ("or", &["any"]),
    ("все", &["all"]),
    ("and", &["all"]),
    ("обновить", &["update", "overwrite"]),
    ("перезаписать", &["overwrite"]),
    ("дополнить", &["append", "fill"]),
    ("оставить", &["keep"]),
    ("создать", &["create", "always_create"]),
    ("create", &["always_create"]),
    ("new", &["always_create", "newest"]),
    ("игнорировать", &["ignore"]),
    ("пропустить", &["skip", "ignore"]),
    ("skip", &["ignore", "skip_contact"]),
    ("отклонить", &["reject"]),
    ("отложить", &["park"]),
    ("error", &["reject"]),
    ("true", &["reject"]),
    ("старый", &["oldest"]),
    ("новый", &["newest"]),
    ("сразу", &["accepted"]),
    ("immediately", &["accepted"]),
    ("последоставки", &["delivered"]),
    ("всё", &["full", "all"]),
    ("полный", &["full"]),
    ("целиком", &["full"]),
];

/// The keys of a Latin keyboard, and the Russian letters on them.
const LATIN: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const RUSSIAN: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";

/// Returns the word that is meant by another word for it.
pub(crate) fn meant_word<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    let folded: String = written
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let of_word = WORDS
        .iter()
        .filter(|(word, _)| *word == folded)
        .flat_map(|(_, meant)| meant.iter())
        .find_map(|meant| names.iter().find(|name| *name == meant).copied());
    of_word.or_else(|| {
        let typed = in_latin_layout(&folded)?;
        let is_typed = |name: &&&str| name.eq_ignore_ascii_case(&typed);
        names.iter().find(is_typed).copied()
    })
}

/// Returns whether a word is itself what others mean, so a key of some block.
pub(crate) fn is_key(word: &str) -> bool {
    WORDS.iter().any(|(_, meant)| meant.contains(&word))
}

/// Returns whether a text was typed with the Russian layout in place of the Latin one.
pub(crate) fn is_other_layout(written: &str, name: &str) -> bool {
    in_latin_layout(&written.to_lowercase()).is_some_and(|typed| typed.eq_ignore_ascii_case(name))
}

/// `ыефпу` is `stage`. Returns `None` unless there is a Russian letter.
fn in_latin_layout(lower: &str) -> Option<String> {
    if lower.is_ascii() {
        return None;
    }
    let typed = lower.chars().map(|c| {
        let at = RUSSIAN.chars().position(|russian| russian == c);
        at.and_then(|at| LATIN.chars().nth(at)).unwrap_or(c)
    });
    Some(typed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_languages_and_layouts_are_understood() {
        for (written, names, meant) in [
            ("Сделка", &["name", "deal"][..], Some("deal")),
            ("ыефпу", &["stage", "fields"], Some("stage")),
            ("ТУЦ", &["NEW"], Some("NEW")),
            ("Телефон", &["NAME", "PHONE"], Some("PHONE")),
            ("телефон", &["text", "phone"], Some("phone")),
            ("дата рождения", &["BIRTHDATE"], Some("BIRTHDATE")),
            ("нет", &["none", "full"], Some("none")),
            ("нет", &["true", "false"], Some("false")),
            ("ничего", &["none"], None),
            ("", &["none"], None),
        ] {
            assert_eq!(meant_word(written, names), meant, "{written}");
        }
        assert_eq!(LATIN.chars().count(), RUSSIAN.chars().count());
    }
}
