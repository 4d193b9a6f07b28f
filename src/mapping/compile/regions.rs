//! Time zones and countries of fields, and what people write in place of their names.

use jiff::tz::TimeZone;

use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::lookalike;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::Text;
use crate::domain::{Country, bilingual};
use crate::mapping::template;

/// Compiles the time zone of a date.
pub(super) fn zone(written: Option<&Text>, form: Normaliser, problems: &mut Problems) -> TimeZone {
    let Some(written) = written else {
        return template::default_zone();
    };
    if !matches!(form, Normaliser::Date | Normaliser::Datetime) {
        let message = bilingual!(
            "`zone` has no effect here",
            "`zone` здесь ни на что не влияет"
        );
        let advice = bilingual!(
            "it belongs with `as: date` or `as: datetime`",
            "пишите его вместе с `as: date` или `as: datetime`"
        );
        problems.warn(Code::WrongPlace, &written.place, message, advice);
    }
    template::time_zone(&written.value).unwrap_or_else(|| {
        let name = &written.value;
        let message = bilingual!(
            "there is no time zone `{name}`",
            "нет часового пояса `{name}`"
        );
        let near = zone_of(name);
        let advice = bilingual!("write `{near}`", "напишите `{near}`");
        problems.error(Code::WrongValue, &written.place, message, advice);
        template::default_zone()
    })
}

/// Cities and abbreviations, and their time zones.
const ZONES: &[(&str, &str)] = &[
    ("калининград", "Europe/Kaliningrad"),
    ("самар", "Europe/Samara"),
    ("екатеринбург", "Asia/Yekaterinburg"),
    ("омск", "Asia/Omsk"),
    ("новосибирск", "Asia/Novosibirsk"),
    ("красноярск", "Asia/Krasnoyarsk"),
    ("иркутск", "Asia/Irkutsk"),
    ("якутск", "Asia/Yakutsk"),
    ("владивосток", "Asia/Vladivostok"),
    ("камчатк", "Asia/Kamchatka"),
    ("минск", "Europe/Minsk"),
    ("алмат", "Asia/Almaty"),
    ("астан", "Asia/Almaty"),
    ("ташкент", "Asia/Tashkent"),
    ("киев", "Europe/Kyiv"),
    ("alma", "Asia/Almaty"),
    ("astana", "Asia/Almaty"),
    ("yekaterinburg", "Asia/Yekaterinburg"),
    ("ekaterinburg", "Asia/Yekaterinburg"),
    ("novosib", "Asia/Novosibirsk"),
    ("tashkent", "Asia/Tashkent"),
    ("minsk", "Europe/Minsk"),
    ("kiev", "Europe/Kyiv"),
    ("samara", "Europe/Samara"),
    ("utc+0", "UTC"),
    ("gmt", "UTC"),
];

/// The zones of Russia, from UTC+2 on.
const OFFSETS: [&str; 11] = [
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
];

/// Returns the zone that a text probably means; Moscow's, if it says nothing.
fn zone_of(written: &str) -> &'static str {
    let lower = written.to_lowercase();
    let offset = lower.trim_start_matches(|c: char| !c.is_ascii_digit());
    let hours = offset.split(':').next().unwrap_or_default();
    let is_offset = lower.contains(['+', '-']) || lower == offset;
    let of_moscow = if lower.contains("msk") || lower.contains("мск") {
        3
    } else {
        0
    };
    if let Ok(hours) = hours.trim_start_matches('0').parse::<usize>()
        && let hours = hours + of_moscow
        && is_offset
        && !lower.contains('-')
        && let Some(zone) = hours.checked_sub(2).and_then(|east| OFFSETS.get(east))
    {
        return zone;
    }
    let found = ZONES.iter().find(|(word, _)| lower.contains(word));
    found.map_or("Europe/Moscow", |(_, zone)| zone)
}

/// Names of countries and their codes.
const COUNTRIES: &[(&str, &str)] = &[
    ("росси", "RU"),
    ("russia", "RU"),
    ("рф", "RU"),
    ("+7", "RU"),
    ("7", "RU"),
    ("+375", "BY"),
    ("+998", "UZ"),
    ("+996", "KG"),
    ("казахстан", "KZ"),
    ("kazakhstan", "KZ"),
    ("беларус", "BY"),
    ("белорус", "BY"),
    ("belarus", "BY"),
    ("узбекистан", "UZ"),
    ("uzbekistan", "UZ"),
    ("кыргыз", "KG"),
    ("киргиз", "KG"),
    ("таджик", "TJ"),
    ("армени", "AM"),
    ("азербайджан", "AZ"),
    ("грузи", "GE"),
    ("молдов", "MD"),
    ("туркмен", "TM"),
    ("украин", "UA"),
    ("rus", "RU"),
    ("kaz", "KZ"),
];

/// Codes of other lists, and calling codes.
const OTHER_CODES: &[(&str, &str)] = &[
    ("uk", "GB"),
    ("en", "GB"),
    ("eng", "GB"),
    ("gbr", "GB"),
    ("англия", "GB"),
    ("великобритания", "GB"),
    ("usa", "US"),
    ("сша", "US"),
    ("америка", "US"),
    ("su", "RU"),
    ("ussr", "RU"),
    ("ссср", "RU"),
    ("снг", "RU"),
    ("8", "RU"),
    ("blr", "BY"),
    ("uzb", "UZ"),
    ("kgz", "KG"),
    ("tjk", "TJ"),
    ("arm", "AM"),
    ("aze", "AZ"),
    ("geo", "GE"),
    ("mda", "MD"),
    ("tkm", "TM"),
    ("ukr", "UA"),
    ("ger", "DE"),
    ("deu", "DE"),
    ("германия", "DE"),
    ("germany", "DE"),
    ("израиль", "IL"),
    ("турция", "TR"),
    ("turkey", "TR"),
    ("+380", "UA"),
    ("+374", "AM"),
    ("+994", "AZ"),
    ("+995", "GE"),
    ("+373", "MD"),
    ("+992", "TJ"),
    ("+993", "TM"),
    ("+44", "GB"),
    ("+49", "DE"),
    ("+1", "US"),
];

fn country_of(written: &str) -> Option<String> {
    let lower = written.trim().to_lowercase();
    let same = OTHER_CODES.iter().find(|(word, _)| *word == lower);
    let found = same.or_else(|| COUNTRIES.iter().find(|(word, _)| lower.starts_with(word)));
    let latin = lookalike::in_latin(written.trim()).to_uppercase();
    let is_code = latin.len() == 2 && Country::parse(&latin).is_some();
    found
        .map(|(_, code)| (*code).to_owned())
        .or_else(|| is_code.then_some(latin))
}

/// Compiles the country of phone numbers.
pub(super) fn country(written: Option<&Text>, problems: &mut Problems) -> Option<Country> {
    let written = written?;
    let country = Country::parse(written.value.trim());
    if country.is_none() {
        let code = &written.value;
        let message = bilingual!(
            "there is no country `{code}`",
            "нет страны с кодом `{code}`"
        );
        let advice = match country_of(code) {
            Some(code) => bilingual!("write its code: `{code}`", "напишите её код: `{code}`"),
            None => bilingual!(
                "write its code of two letters, such as UZ",
                "пишите код из двух букв, например UZ"
            ),
        };
        problems.error(Code::WrongValue, &written.place, message, advice);
    }
    country
}
