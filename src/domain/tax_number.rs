//! Taxpayer numbers (INN) as people type them into forms.

use super::Country;

/// The lengths of numbers of other countries. Eleven digits are left out: so long is a phone number.
const OTHERS: [usize; 4] = [8, 9, 13, 14];

/// Longer text is not read as a number.
const LONGEST: usize = 1000;

/// Words that say that a taxpayer number follows.
const LABELS: &[&str] = &["инн", "унп", "бин", "иин", "єдрпоу", "едрпоу", "inn", "tin"];

/// Words that say that another number follows.
const OTHER_NUMBERS: &[&str] = &[
    "кпп",
    "бик",
    "снилс",
    "окпо",
    "оквэд",
    "октмо",
    "огрн",
    "огрнип",
    "паспорт",
    "паспорта",
    "счет",
    "счёт",
    "счета",
    "счёта",
    "карта",
    "карты",
    "договор",
    "договора",
    "заказ",
    "заказа",
    "дата",
    "тел",
    "телефон",
    "телефона",
    "моб",
    "мобильный",
    "сот",
    "сотовый",
    "факс",
    "ватсап",
    "вотсап",
    "kpp",
    "bik",
    "ogrn",
    "passport",
    "account",
    "card",
    "contract",
    "invoice",
    "order",
    "date",
    "tel",
    "phone",
    "mob",
    "mobile",
    "cell",
    "fax",
    "whatsapp",
    "viber",
    "telegram",
    "id",
];

/// Returns the number in a text: `ИНН 7707083893`, `7707 083 893`, `7707083893/770701001`. A Russian
/// number needs the right check digits; numbers without them, of other countries, are read only if
/// the profile is for another country. Returns `None` if there is none, if there are several, or if
/// it is filler such as `0000000000`: a search by it would take different companies for one.
pub fn read(typed: &str, country: Country) -> Option<String> {
    if typed.len() > LONGEST {
        return None;
    }
    let runs = runs(typed);
    let mut found: Vec<String> = Vec::new();
    for run in runs.iter().filter(|run| run.may_be_one()) {
        found.extend(
            run.candidates()
                .filter(|number| is_checked(number, country)),
        );
    }
    found.sort_unstable();
    found.dedup();
    match (found.as_slice(), runs.as_slice()) {
        ([one], _) => Some(one.clone()),
        ([], [only]) if country != Country::RUSSIA && only.may_be_one() => {
            let number = only.joined();
            let fits = OTHERS.contains(&number.len()) && !is_filler(&number);
            fits.then_some(number)
        }
        _ => None,
    }
}

/// What the words before a number say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Taxpayer,
    Other,
    Unsaid,
}

/// Groups of digits with nothing but blanks between them.
#[derive(Debug)]
struct Run {
    groups: Vec<String>,
    kind: Kind,
    /// Whether a point, a hyphen or a plus binds it to something longer: a date, a phone number.
    is_part: bool,
}

impl Run {
    fn joined(&self) -> String {
        self.groups.concat()
    }

    fn may_be_one(&self) -> bool {
        match self.kind {
            Kind::Taxpayer => !self.is_part,
            Kind::Other => false,
            Kind::Unsaid => !self.is_part && !self.looks_like_another(),
        }
    }

    /// Returns whether it is grouped like a date or a phone number.
    fn looks_like_another(&self) -> bool {
        let lengths: Vec<usize> = self.groups.iter().map(String::len).collect();
        matches!(
            lengths.as_slice(),
            [2, 2, 4] | [4, 2, 2] | [3, 3, 4] | [3, 7] | [.., 3, 2, 2] | [1, 3, 3, 4]
        )
    }

    /// Returns the groups that are long enough alone; if none is, all of them together.
    fn candidates(&self) -> impl Iterator<Item = String> {
        let is_whole = |group: &&String| matches!(group.len(), 10 | 12);
        let mut all: Vec<String> = self.groups.iter().filter(is_whole).cloned().collect();
        if all.is_empty() {
            all.push(self.joined());
        }
        all.into_iter()
    }
}

fn is_checked(number: &str, country: Country) -> bool {
    let digits: Vec<u32> = number
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .collect();
    !is_filler(number)
        && (is_russian(&digits) || (country.code() == "KZ" && is_of_kazakhstan(&digits)))
}

/// Returns whether the digits are a number of an organisation (10) or of a person (12) in Russia.
fn is_russian(digits: &[u32]) -> bool {
    const WEIGHTS: [u32; 11] = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];
    let check = |place: usize| {
        let weights = &WEIGHTS[WEIGHTS.len() - place..];
        let sum: u32 = digits
            .iter()
            .zip(weights)
            .map(|(digit, by)| digit * by)
            .sum();
        digits.get(place) == Some(&(sum % 11 % 10))
    };
    // no region has the number 00
    !digits.starts_with(&[0, 0])
        && match digits.len() {
            10 => check(9),
            12 => check(10) && check(11),
            _ => false,
        }
}

/// Returns whether the digits are a number of an organisation (БИН) or of a person (ИИН) in
/// Kazakhstan.
fn is_of_kazakhstan(digits: &[u32]) -> bool {
    let [first @ .., last] = digits else {
        return false;
    };
    let sum = |skipped: u32| {
        let weights = (0..11).map(|place| (place + skipped) % 11 + 1);
        first
            .iter()
            .zip(weights)
            .map(|(digit, by)| digit * by)
            .sum::<u32>()
            % 11
    };
    let check = if sum(0) == 10 { sum(2) } else { sum(0) };
    digits.len() == 12 && check == *last
}

fn is_filler(number: &str) -> bool {
    let first = number.chars().next();
    number.chars().all(|digit| Some(digit) == first)
        || "1234567890123456".starts_with(number)
        || "0123456789012345".starts_with(number)
}

/// Returns the runs of digits, and what the words around them say.
fn runs(typed: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut rest = typed;
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|sign: char| !sign.is_ascii_digit());
        let (digits, after) = from.split_at(end.unwrap_or(from.len()));
        rest = after;
        match runs.last_mut() {
            Some(run) if before.chars().all(is_blank) => run.groups.push(digits.to_owned()),
            last => {
                let said = last.as_ref().map_or(Kind::Unsaid, |run| run.kind);
                let is_bound = last.is_some_and(|run| binds(run, before, digits));
                let kind = said_by(before).unwrap_or(said);
                runs.push(Run {
                    groups: vec![digits.to_owned()],
                    kind,
                    is_part: is_bound || before.trim_end().ends_with('+'),
                });
            }
        }
    }
    // `4509 123456 (паспорт)`
    let mut behind = words(rest);
    if let ([only], Some(word), None) = (runs.as_mut_slice(), behind.next(), behind.next())
        && only.kind == Kind::Unsaid
        && let Some(kind) = said_by(word)
    {
        only.kind = kind;
    }
    runs
}

/// Returns whether a single sign binds digits to those before them, as in `27.11.2026` and
/// `345-67-89`; then those before are a part, too. A slash does so only behind few digits:
/// `7707083893/770701001` are two numbers.
fn binds(run: &mut Run, between: &str, digits: &str) -> bool {
    let mut signs = between.chars();
    let (Some(sign), None) = (signs.next(), signs.next()) else {
        return false;
    };
    let last = run.joined().len();
    // a number with its KPP, and a number that a spreadsheet has written with decimals
    let is_beside_kpp = last >= 10 && digits.len() == 9;
    let is_decimal = matches!(sign, '.' | ',') && matches!(digits, "0" | "00");
    let is_bound = match sign {
        '-' | '\u{2010}'..='\u{2015}' | '.' | ':' | '_' | '(' | ')' => {
            !is_beside_kpp && !is_decimal
        }
        '/' | '\\' => last <= 4,
        _ => false,
    };
    run.is_part |= is_bound;
    is_bound
}

/// Returns what the words of a text say about the number behind them. `ИНН/КПП` is one of a taxpayer.
fn said_by(text: &str) -> Option<Kind> {
    let mut said = None;
    for word in words(text) {
        let word = word.to_lowercase();
        if LABELS.contains(&word.as_str()) {
            return Some(Kind::Taxpayer);
        }
        if OTHER_NUMBERS.contains(&word.as_str()) {
            said = Some(Kind::Other);
        }
    }
    said
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|sign: char| !sign.is_alphabetic());
    words.filter(|word| !word.is_empty())
}

fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_country(code: &str) -> Country {
        Country::parse(code).unwrap()
    }

    fn assert_is_none(typed: &str) {
        for country in ["RU", "BY", "KZ"] {
            let number = read(typed, in_country(country));
            assert_eq!(number, None, "{typed} in {country}");
        }
    }

    #[test]
    fn reads_a_number_as_it_is_typed() {
        for (typed, wanted) in [
            ("7707083893", "7707083893"),
            (" 7707083893 ", "7707083893"),
            ("ИНН 7707083893", "7707083893"),
            ("ИНН: 7707083893.", "7707083893"),
            ("ИНН7707083893", "7707083893"),
            ("инн № 7707083893", "7707083893"),
            ("inn=7707083893", "7707083893"),
            ("7707 083 893", "7707083893"),
            ("ИНН 770 708 3893", "7707083893"),
            ("7707\u{a0}083\u{a0}893", "7707083893"),
            ("770708389\u{200b}3", "7707083893"),
            ("7707083893.0", "7707083893"),
            ("7707083893/770701001", "7707083893"),
            ("7707083893\\770701001", "7707083893"),
            ("7707083893-770701001", "7707083893"),
            ("7707083893 770701001", "7707083893"),
            ("7707 083 893 / 770 701 001", "7707083893"),
            ("7707 083 893/770 701 001", "7707083893"),
            ("ИНН/КПП 7707083893 / 770701001", "7707083893"),
            ("ИНН 7707083893 КПП 770701001", "7707083893"),
            ("КПП 770701001 ИНН 7707083893", "7707083893"),
            ("ОГРН 1027700132195, ИНН 7707083893", "7707083893"),
            ("ИНН 7707083893, тел. 8 912 345-67-89", "7707083893"),
            ("7707083893 (ИНН)", "7707083893"),
            ("7707083893, снова 7707083893", "7707083893"),
            ("ООО Телеком, 7707083893", "7707083893"),
            ("500100732259", "500100732259"),
            ("ИП, 5001 0073 2259", "500100732259"),
            ("0101000021", "0101000021"),
        ] {
            for country in ["RU", "BY"] {
                let number = read(typed, in_country(country));
                assert_eq!(number.as_deref(), Some(wanted), "{typed} in {country}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_not_guessed() {
        for typed in [
            "",
            "нет",
            "-",
            "12",
            // wrong check digits
            "7707083894",
            "7770083893",
            "ИНН 7707083839",
            "500100732258",
            "500100732269",
            "ИНН 500100732258",
            // several, none, and filler
            "7707083893, 7736207543",
            "7707083893 7736207543",
            "0000000000",
            "1111111111",
            "1234567890",
            "0123456789",
            "999999999999",
            "123456789012",
            "77070838930",
            "7707083893770701001500",
        ] {
            assert_is_none(typed);
        }
        let long = "7707083893 ".repeat(100_000);
        assert_eq!(read(&long, Country::RUSSIA), None);
    }

    #[test]
    fn other_numbers_are_not_taken_for_one_even_with_its_check_digits() {
        for typed in [
            "ОГРН 1027700132195 КПП 770701001",
            "ОГРНИП 304500116000157",
            "КПП 770701001",
            "КПП: 7707083893",
            "КПП/БИК 7707083893",
            "паспорт 4509 123456",
            "паспорт 7707 083893",
            "Паспорт: серия 7707, номер 083893",
            "7707 083893 (паспорт)",
            "СНИЛС 7707083893",
            "договор № 7707083893",
            "счёт 7707083893",
            "заказ 7707083893",
            "тел 7707083893",
            "тел. 770 708 38 93",
            "телефон: 7707083893, 7707083893",
            "phone 7707083893",
            "id 7707083893",
            "912 345-67-89",
            "770 708-38-93",
            "770 708 38 93",
            "770 708 3893",
            "770 7083893",
            "770-708-3893",
            "7707-083893",
            "77-07-083893",
            "77.07.083893",
            "(770) 708-38-93",
            "+7707083893",
            "+500100732259",
            "+79123456789",
            "8 912 345-67-89",
            "27.11.2026",
            "27/11/2026",
            "27-11-2026",
            "2026-11-27 10:15",
            "27 11 2026",
            "550e8400-e29b-41d4-a716-500100732259",
            "2026-7707083893",
            "12/7707083893",
            "7707083893-12",
            "40702810900000005555",
        ] {
            assert_is_none(typed);
        }
    }

    #[test]
    fn numbers_of_other_countries_are_read_in_profiles_for_them() {
        for (typed, country, wanted) in [
            ("УНП 191234567", "BY", Some("191234567")),
            ("191 234 567", "BY", Some("191234567")),
            ("191234567 (УНП)", "BY", Some("191234567")),
            ("УНП: 191234567.", "BY", Some("191234567")),
            ("02107199910117", "KG", Some("02107199910117")),
            ("ЄДРПОУ 32855961", "UA", Some("32855961")),
            ("1003600012345", "MD", Some("1003600012345")),
            ("БИН 940140000385", "KZ", Some("940140000385")),
            ("9401 4000 0385", "KZ", Some("940140000385")),
            ("940140000386", "KZ", None),
            ("940140000385", "RU", None),
            ("191234567", "RU", None),
            ("УНП 191234567", "RU", None),
            ("02107199910117", "RU", None),
            ("32855961", "RU", None),
            ("1027700132195", "RU", None),
            ("770708389", "RU", None),
            ("ОГРН 1027700132195", "KZ", None),
            ("ОГРН 1027700132195", "BY", None),
            ("КПП 770701001", "BY", None),
            ("паспорт 191234567", "BY", None),
            ("191234567 (паспорт)", "BY", None),
            ("тел. 29 123 45 67", "BY", None),
            ("29 123 45 67", "BY", None),
            ("29 123-45-67", "BY", None),
            ("+191234567", "BY", None),
            ("191234567, 191234568", "BY", None),
            ("191.234.567", "BY", None),
            ("27.11.2026", "BY", None),
            ("27 11 2026", "UA", None),
            ("2026 11 27", "UA", None),
            ("27/11/2026", "UA", None),
            ("123456789", "BY", None),
            ("000000000", "BY", None),
        ] {
            let number = read(typed, in_country(country));
            assert_eq!(number.as_deref(), wanted, "{typed} in {country}");
        }
    }
}
