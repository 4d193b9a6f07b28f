//! The remarks in the examples of the reference, in Russian.

use crate::domain::Lang;

/// A remark and its Russian text.
const REMARKS: &[(&str, &str)] = &[
    (
        "[http.orders] of the settings",
        "[http.orders] в настройках",
    ),
    ("a field of type file", "поле типа «файл»"),
    ("a list of the smart process", "список смарт-процесса"),
    (
        "branches of one organisation are companies of their own",
        "филиалы одной организации — отдельные компании",
    ),
    ("clears the CRM field", "очищает поле CRM"),
    (
        "comes before the other profiles of the poll",
        "проверяется раньше остальных профилей опроса",
    ),
    ("ids of the portal's catalogue", "id из каталога портала"),
    ("into the timeline", "в таймлайн"),
    (
        "may come before the fields it uses",
        "может стоять раньше полей, которые использует",
    ),
    (
        "missing: skip, the CRM field is left out",
        "missing: skip, поле CRM не заполняется",
    ),
    (
        "of numbers without a country code; also in _defaults.yaml",
        "для номеров без кода страны; можно и в _defaults.yaml",
    ),
    ("one that holds several", "множественное поле"),
    ("templates/short.hbs", "templates/short.hbs"),
    ("tests the packet", "проверяет пакет"),
    (
        "tests the profile's fields: all must hold",
        "проверяет поля профиля: должно выполняться всё",
    ),
    ("the first", "первый"),
    (
        "the first one that has a value",
        "первое, у которого есть значение",
    ),
    (
        "the same as missing: default",
        "то же, что missing: default",
    ),
    ("the text itself", "сам текст"),
    (
        "two requests with one order number are one",
        "два запроса с одним номером заказа — одна заявка",
    ),
    (
        "what is no phone number, as it came",
        "если это не телефон — текст, как он пришёл",
    ),
];

/// Returns a profile with its remarks in a language.
pub(super) fn with_remarks(profile: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return profile.to_owned();
    }
    let lines = profile.lines().map(|line| {
        let Some((yaml, remark)) = line.split_once(" # ") else {
            return format!("{line}\n");
        };
        let known = REMARKS.iter().find(|(english, _)| *english == remark);
        let (_, russian) = known.unwrap_or_else(|| {
            panic!("an example says `# {remark}`: add its Russian text to reference/remarks.rs")
        });
        format!("{yaml} # {russian}\n")
    });
    lines.collect()
}
