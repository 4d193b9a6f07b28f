//! Splits a full name into its parts. People write `Иванов Иван Иванович`, `Иван Иванов` and `Анна
//! Петровна` into the same question.

use std::borrow::Cow;

use crate::authoring::NameOrder;
use crate::domain::text::lower;

/// A part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamePart {
    Last,
    First,
    Second,
}

/// Words behind the father's name that make it a patronymic, without apostrophes: `Said oglu`.
const PATRONYMIC_WORDS: &[&str] = &[
    "оглы", "оглу", "оғлы", "оғлу", "огли", "угли", "ўғли", "ўгли", "улы", "ұлы", "уулу", "уул",
    "кызы", "қызы", "кизи", "қизи", "гызы", "гизи", "кизы", "oglu", "oğlu", "ogly", "ogli",
    "oghlu", "oghli", "ugli", "ugly", "uulu", "uly", "ulu", "kyzy", "kizi", "kızı", "qizi", "qızı",
    "qyzy", "gizi", "gyzy", "gızı", "gizy",
];

/// Returns whether a word makes the word before it a patronymic.
pub(super) fn is_patronymic_word(word: &str) -> bool {
    let is_apostrophe = |c: char| matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '`');
    let is_dotted = word.contains(is_apostrophe);
    if !is_dotted && !(3..=12).contains(&word.len()) {
        return false;
    }
    let lower = lower(word).replace("i\u{307}", "i");
    if !is_dotted {
        return PATRONYMIC_WORDS.contains(&lower.as_str());
    }
    let bare: String = lower.chars().filter(|c| !is_apostrophe(*c)).collect();
    PATRONYMIC_WORDS.contains(&bare.as_str())
}

/// Joins the two words of a patronymic.
fn joined<'w>(words: &[&'w str]) -> Vec<Cow<'w, str>> {
    let mut units: Vec<Cow<'w, str>> = Vec::with_capacity(words.len());
    for word in words {
        match units.last_mut() {
            Some(last) if is_patronymic_word(word) => *last = format!("{last} {word}").into(),
            _ => units.push(Cow::Borrowed(word)),
        }
    }
    units
}

/// Endings of surnames that first names do not have.
const SURNAMES: &[&str] = &[
    "ов",
    "ова",
    "ёв",
    "ёва",
    "ев",
    "ева",
    "ский",
    "ская",
    "цкий",
    "цкая",
    "ской",
    "цкой",
    "енко",
    "швили",
    "идзе",
    "адзе",
    "чук",
    "щук",
];
/// Endings that surnames share with some first names.
const OFTEN_SURNAMES: &[&str] = &[
    "ин", "ина", "ын", "ына", "ян", "янц", "ко", "ук", "юк", "дзе",
];
/// Frequent first names, among them those with such an ending.
const FIRST_NAMES: &[&str] = &[
    "александр",
    "алексей",
    "андрей",
    "антон",
    "артём",
    "артем",
    "борис",
    "вадим",
    "василий",
    "виктор",
    "виталий",
    "владимир",
    "григорий",
    "денис",
    "дмитрий",
    "евгений",
    "егор",
    "иван",
    "игорь",
    "илья",
    "кирилл",
    "максим",
    "михаил",
    "никита",
    "николай",
    "олег",
    "павел",
    "пётр",
    "петр",
    "роман",
    "сергей",
    "степан",
    "фёдор",
    "юрий",
    "анна",
    "анастасия",
    "виктория",
    "вера",
    "дарья",
    "елена",
    "елизавета",
    "ксения",
    "лариса",
    "любовь",
    "людмила",
    "мария",
    "надежда",
    "наталья",
    "наталия",
    "оксана",
    "ольга",
    "светлана",
    "софья",
    "татьяна",
    "юлия",
    "яна",
    "ирина",
    "марина",
    "екатерина",
    "катерина",
    "полина",
    "алина",
    "нина",
    "кристина",
    "валентина",
    "галина",
    "ангелина",
    "карина",
    "сабрина",
    "регина",
    "дина",
    "арина",
    "антонина",
    "эвелина",
    "акулина",
    "василина",
    "константин",
    "валентин",
    "мартин",
    "августин",
    "себастьян",
    "севастьян",
    "лукьян",
    "демьян",
    "касьян",
    "ян",
    "лев",
    "ева",
    "яков",
    "вениамин",
    "альбина",
    "амина",
    "капитолина",
    "мадина",
    "сабина",
    "зарина",
    "фаина",
    "элина",
];

/// A part of a name, and whether it is certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadNamePart {
    pub(crate) text: String,
    pub(crate) certainty: NameCertainty,
}

/// Returns a part of a name, or `None` if the name does not have it.
pub(crate) fn name_part(
    name: &str,
    part: NamePart,
    order: Option<NameOrder>,
) -> Option<ReadNamePart> {
    let is_listed = name.split_whitespace().next()?.ends_with(',');
    // Smith, John: the last name comes first, with a comma
    let order = order.or(is_listed.then_some(NameOrder::LastFirst));
    let listed = name
        .split_once(',')
        .filter(|(front, behind)| is_last_name_first(front, behind));
    let words: Vec<&str> = listed
        .map_or(name, |(_, behind)| behind)
        .split_whitespace()
        .map(|word| word.trim_end_matches(','))
        .filter(|word| !word.is_empty())
        .collect();
    let mut units = joined(&words);
    if let Some((last, _)) = listed {
        units.insert(0, Cow::Borrowed(last.trim()));
    }
    let units: Vec<&str> = units.iter().map(AsRef::as_ref).collect();
    let ([last, first, second], certainty) = cut(&units, order);
    let words = match part {
        NamePart::Last => last,
        NamePart::First => first,
        NamePart::Second => second,
    };
    (!words.is_empty()).then(|| ReadNamePart {
        text: words.join(" "),
        certainty,
    })
}

/// Returns whether the words before a comma are a last name, and those behind it the first name:
/// `Гарсия Лорка, Федерико`. With a first name before the comma, the name is complete there.
pub(super) fn is_last_name_first(front: &str, behind: &str) -> bool {
    let is_name = |word: &str| {
        word.starts_with(char::is_uppercase)
            && word
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
    };
    let is_complete = |word: &str| is_first_name(&lower(word)) || is_patronymic(word);
    let mut words = front.split_whitespace();
    let is_last = front.split_whitespace().nth(1).is_some()
        && words.all(|word| is_name(word) && !is_complete(word));
    let behind = behind.split([',', ';']).next().unwrap_or_default();
    let behind: Vec<&str> = behind.split_whitespace().take(3).collect();
    let is_first = match behind.as_slice() {
        [first] => is_name(first),
        [first, second] => is_name(first) && is_patronymic(second),
        _ => false,
    };
    // `ИП` beside words with small letters is no name
    let has_small = |text: &str| text.chars().any(char::is_lowercase);
    let is_latin = behind.concat().is_ascii();
    is_last && is_first && !is_latin && (has_small(&behind.concat()) || !has_small(front))
}

/// Whether the parts are certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum NameCertainty {
    /// The words themselves or the profile decide.
    #[default]
    Certain,
    /// The order is a guess.
    Guess,
}

/// Last, first and second name.
fn cut<'w>(words: &'w [&'w str], order: Option<NameOrder>) -> ([&'w [&'w str]; 3], NameCertainty) {
    let part = |range: std::ops::Range<usize>| words.get(range).unwrap_or_default();
    let order = || order.map_or_else(|| guess(words), |order| (order, NameCertainty::Certain));
    match words {
        [] => ([&[], &[], &[]], NameCertainty::Certain),
        [word] if word.contains(' ') => ([&[], &[], words], NameCertainty::Certain),
        [word] => match lone(word) {
            (NamePart::Last, certainty) => ([words, &[], &[]], certainty),
            (NamePart::First | NamePart::Second, certainty) => ([&[], words, &[]], certainty),
        },
        [_, second] if is_patronymic(second) => {
            ([&[], part(0..1), part(1..2)], NameCertainty::Certain)
        }
        // Асан уулу Бакыт
        [first, _] if first.contains(' ') => {
            ([part(0..1), part(1..2), &[]], NameCertainty::Certain)
        }
        [_, second, ..] if words.len() > 2 && is_patronymic_among(second) => (
            [part(2..words.len()), part(0..1), part(1..2)],
            NameCertainty::Certain,
        ),
        [_, _] => match order() {
            (NameOrder::LastFirst, certainty) => ([part(0..1), part(1..2), &[]], certainty),
            (NameOrder::FirstLast, certainty) => ([part(1..2), part(0..1), &[]], certainty),
        },
        [.., last] if is_patronymic_among(last) => (
            [part(0..1), part(1..2), part(2..words.len())],
            NameCertainty::Certain,
        ),
        [..] => match order() {
            (NameOrder::LastFirst, certainty) => {
                ([part(0..1), part(1..2), part(2..words.len())], certainty)
            }
            (NameOrder::FirstLast, certainty) if words.len() == 3 && !is_particle(words.get(1)) => {
                ([part(2..3), part(0..1), part(1..2)], certainty)
            }
            (NameOrder::FirstLast, certainty) => {
                ([part(1..words.len()), part(0..1), &[]], certainty)
            }
        },
    }
}

/// A single word is a surname if it ends like one; otherwise it is a first name.
fn lone(word: &str) -> (NamePart, NameCertainty) {
    let lower = lower(word);
    if is_first_name(&lower) {
        (NamePart::First, NameCertainty::Certain)
    } else if has_ending(&lower, SURNAMES) {
        (NamePart::Last, NameCertainty::Certain)
    } else if has_ending(&lower, OFTEN_SURNAMES) {
        (NamePart::Last, NameCertainty::Guess)
    } else {
        (NamePart::First, NameCertainty::Guess)
    }
}

/// The one word with a surname's ending is the surname. Otherwise Russian names begin with the last
/// name, as in lists and passports, and other names with the first.
fn guess(words: &[&str]) -> (NameOrder, NameCertainty) {
    let (Some(front), Some(back)) = (words.first(), words.last()) else {
        return (NameOrder::LastFirst, NameCertainty::Guess);
    };
    let (first, last) = (lower(front), lower(back));
    match (is_first_name(&first), is_first_name(&last)) {
        (true, false) => return (NameOrder::FirstLast, NameCertainty::Certain),
        (false, true) => return (NameOrder::LastFirst, NameCertainty::Certain),
        (true, true) | (false, false) => {}
    }
    for endings in [SURNAMES, OFTEN_SURNAMES] {
        match (has_ending(&first, endings), has_ending(&last, endings)) {
            (true, false) => return (NameOrder::LastFirst, NameCertainty::Certain),
            (false, true) => return (NameOrder::FirstLast, NameCertainty::Certain),
            (true, true) | (false, false) => {}
        }
    }
    if front.chars().all(|c| !c.is_ascii_alphabetic()) {
        (NameOrder::LastFirst, NameCertainty::Guess)
    } else {
        (NameOrder::FirstLast, NameCertainty::Guess)
    }
}

fn is_first_name(lower: &str) -> bool {
    FIRST_NAMES.contains(&lower)
}

fn has_ending(lower: &str, endings: &[&str]) -> bool {
    lower.chars().count() >= 4
        && !is_first_name(lower)
        && endings.iter().any(|ending| lower.ends_with(ending))
}

fn is_patronymic(word: &str) -> bool {
    // only the two words of a patronymic are joined
    let is_joined = word.contains(' ');
    let behind = word.rsplit_once('-').map(|(_, behind)| behind);
    if is_joined || behind.is_some_and(is_patronymic_word) {
        return true;
    }
    let lower = lower(word);
    lower.chars().count() >= 4
        && [
            "вич",
            "ьич",
            "ич",
            "вна",
            "ична",
            "инична",
            "оглы",
            "кызы",
            "улы",
            "уулу",
            "қызы",
        ]
        .iter()
        .any(|ending| lower.ends_with(ending))
}

/// Also in Latin letters if there are three words; of two, `Roman Abramovich` has a surname.
fn is_patronymic_among(word: &str) -> bool {
    let lower = lower(word);
    let latin = [
        "ovich", "evich", "ovna", "evna", "ichna", "ogly", "oglu", "oğlu", "kyzy", "qizi", "qızı",
        "gizi", "uulu",
    ];
    is_patronymic(word) || latin.iter().any(|ending| lower.ends_with(ending))
}

fn is_particle(word: Option<&&str>) -> bool {
    word.is_some_and(|word| word.chars().next().is_some_and(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns last, first and second name.
    fn parts_of(name: &str) -> (String, String, String) {
        let part = |part| name_part(name, part, None).map_or(String::new(), |part| part.text);
        (
            part(NamePart::Last),
            part(NamePart::First),
            part(NamePart::Second),
        )
    }

    #[test]
    fn a_full_name_is_cut_as_its_owner_means_it() {
        for (name, last, first, second) in [
            ("Иванов Иван Иванович", "Иванов", "Иван", "Иванович"),
            ("Иван Иванович Иванов", "Иванов", "Иван", "Иванович"),
            ("Иванов Иван", "Иванов", "Иван", ""),
            ("Иван Иванов", "Иванов", "Иван", ""),
            ("Ирина Шмидт", "Шмидт", "Ирина", ""),
            ("Сергей Коваль", "Коваль", "Сергей", ""),
            ("Шмидт Розалия", "Шмидт", "Розалия", ""),
            ("Шмидт Ирина", "Шмидт", "Ирина", ""),
            ("Марина Кузьмина", "Кузьмина", "Марина", ""),
            ("Анна Петровна", "", "Анна", "Петровна"),
            ("Анна", "", "Анна", ""),
            ("Сидоров", "Сидоров", "", ""),
            ("сидорова", "сидорова", "", ""),
            ("Достоевская", "Достоевская", "", ""),
            ("Пушкин", "Пушкин", "", ""),
            ("Гайдук", "Гайдук", "", ""),
            ("Шевченко", "Шевченко", "", ""),
            ("Яков", "", "Яков", ""),
            ("Лев", "", "Лев", ""),
            ("Марина", "", "Марина", ""),
            ("Альбина", "", "Альбина", ""),
            ("Маша", "", "Маша", ""),
            ("John", "", "John", ""),
            ("Мамедов Али Гасан оглы", "Мамедов", "Али", "Гасан оглы"),
            (
                "Шостакович Дмитрий Дмитриевич",
                "Шостакович",
                "Дмитрий",
                "Дмитриевич",
            ),
            (
                "Дмитрий Дмитриевич Шостакович",
                "Шостакович",
                "Дмитрий",
                "Дмитриевич",
            ),
            ("John Smith", "Smith", "John", ""),
            ("Ludwig van Beethoven", "van Beethoven", "Ludwig", ""),
            ("Smith, John", "Smith", "John", ""),
            ("Гарсия Лорка, Федерико", "Гарсия Лорка", "Федерико", ""),
            (
                "Салтыков Щедрин, Михаил Евграфович",
                "Салтыков Щедрин",
                "Михаил",
                "Евграфович",
            ),
            ("Petrov Ivan Ivanovich", "Petrov", "Ivan", "Ivanovich"),
            ("Anna Petrovna Petrova", "Petrova", "Anna", "Petrovna"),
            ("Roman Abramovich", "Abramovich", "Roman", ""),
            ("", "", "", ""),
            (",", "", "", ""),
        ] {
            let found = parts_of(name);
            assert_eq!(found, (last.into(), first.into(), second.into()), "{name}");
        }
    }

    #[test]
    fn a_patronymic_may_have_two_words() {
        for (name, last, first, second) in [
            ("Aliyev Vusal Said oglu", "Aliyev", "Vusal", "Said oglu"),
            ("Vusal Said oglu Aliyev", "Aliyev", "Vusal", "Said oglu"),
            ("Aliyev Vusal Said oğlu", "Aliyev", "Vusal", "Said oğlu"),
            ("Aliyeva Aysel Rauf qızı", "Aliyeva", "Aysel", "Rauf qızı"),
            ("Алиева Айсель Рауф гызы", "Алиева", "Айсель", "Рауф гызы"),
            ("Алиева Айсель Рауф кызы", "Алиева", "Айсель", "Рауф кызы"),
            ("Айсель Рауф кызы Алиева", "Алиева", "Айсель", "Рауф кызы"),
            ("Вусал Саид оглы", "", "Вусал", "Саид оглы"),
            (
                "Karimov Aziz Rustam o'g'li",
                "Karimov",
                "Aziz",
                "Rustam o'g'li",
            ),
            (
                "Karimova Aziza Rustam qizi",
                "Karimova",
                "Aziza",
                "Rustam qizi",
            ),
            ("Каримов Азиз Рустам угли", "Каримов", "Азиз", "Рустам угли"),
            ("Каримов Азиз Рустам ўғли", "Каримов", "Азиз", "Рустам ўғли"),
            ("Нурланов Ерлан Асан ұлы", "Нурланов", "Ерлан", "Асан ұлы"),
            ("Асан уулу Бакыт", "Асан уулу", "Бакыт", ""),
            (
                "Токтоналиев Бакыт Асан уулу",
                "Токтоналиев",
                "Бакыт",
                "Асан уулу",
            ),
            ("Мамедов Али Гасан-оглы", "Мамедов", "Али", "Гасан-оглы"),
        ] {
            let found = parts_of(name);
            assert_eq!(found, (last.into(), first.into(), second.into()), "{name}");
        }
    }

    #[test]
    fn a_question_can_say_what_stands_in_front() {
        let order = Some(NameOrder::FirstLast);
        let last = name_part("Розалия Шмидт", NamePart::Last, order).unwrap();
        assert_eq!(
            (&*last.text, last.certainty),
            ("Шмидт", NameCertainty::Certain)
        );
    }

    #[test]
    fn a_guess_is_called_one() {
        for (name, is_guessed) in [
            ("Сидоров", false),
            ("Анна", false),
            ("Иванов Иван", false),
            ("Розалия Кузьмина", false),
            ("Анна Петровна", false),
            ("Smith, John", false),
            ("Пушкин", true),
            ("Маша", true),
            ("Шмидт Розалия", true),
            ("John Smith", true),
        ] {
            let parts = [NamePart::Last, NamePart::First].map(|part| name_part(name, part, None));
            for part in parts.into_iter().flatten() {
                let found = part.certainty == NameCertainty::Guess;
                assert_eq!(found, is_guessed, "{name}: {}", part.text);
            }
        }
    }
}
