//! Finds phone numbers in what people type: text before and behind a number, its extension, odd
//! separators, invisible signs, several numbers in one text. What could as well be something else
//! (an order number, a card number) is not taken for a phone number.

use std::borrow::Cow;

use super::{Country, LONGEST, Phone};
use crate::domain::text::lower;

/// Maximum number of phone numbers that are read in one text.
const MOST: usize = 20;
/// Maximum number of tries for one text, so that a text full of digits stays cheap.
const MOST_TRIES: usize = 200;
/// The digits of a phone number as dialled, with the international prefix and the trunk prefix.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=18;
/// The number of a bank card has four groups of four digits.
const CARD_GROUPS: usize = 4;
/// Maximum length of an extension.
const LONGEST_EXTENSION: usize = 7;

/// Words before an extension.
const EXTENSIONS: &[&str] = &[
    "доб",
    "добав",
    "добавочный",
    "добавочн",
    "добавочного",
    "доп",
    "дополнительный",
    "д",
    "вн",
    "внут",
    "внутр",
    "внутренний",
    "тональный",
    "ext",
    "extn",
    "extension",
    "int",
    "x",
    "х",
];
/// Words that only say that a phone number follows.
const LABELS: &[&str] = &[
    "т",
    "тел",
    "телефон",
    "номер",
    "моб",
    "мобильный",
    "сот",
    "сотовый",
    "tel",
    "phone",
    "ph",
    "mob",
    "mobile",
    "cell",
];
/// Words before numbers that are no phone numbers.
const OTHER_NUMBERS: &[&str] = &[
    "id",
    "ид",
    "инн",
    "кпп",
    "огрн",
    "огрнип",
    "бик",
    "снилс",
    "паспорт",
    "карта",
    "карты",
    "карте",
    "счет",
    "счёт",
    "счета",
    "счёта",
    "заказ",
    "заказа",
    "договор",
    "договора",
    "inn",
    "order",
    "card",
    "passport",
    "invoice",
    "account",
];

/// A phone number, and what was typed beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedPhone {
    /// The number.
    pub phone: Phone,
    /// The digits of its extension.
    pub extension: Option<String>,
    /// Whether the number is in the tables of its country; otherwise it only has a possible length.
    pub is_known: bool,
}

/// The phone numbers of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedPhones {
    /// The numbers in their order, each once.
    pub phones: Vec<TypedPhone>,
    /// Whether the text says more than numbers and extensions.
    pub has_more: bool,
}

/// Reads all numbers of a text.
pub(super) fn read(typed: &str, country: Country) -> TypedPhones {
    if typed.len() > LONGEST {
        return TypedPhones::default();
    }
    let text = visible(typed);
    if text.chars().all(is_plain)
        && let Some(phone) = Phone::exact(text.trim(), country)
    {
        let phones = vec![TypedPhone::alone(phone)];
        return TypedPhones {
            phones,
            has_more: false,
        };
    }
    let tokens = tokens(&text);
    // `8/904/123/45/67` only if the parts between such signs are no numbers
    let found = Scan::new(&tokens, country, Breaks::Divide).all();
    if !found.phones.is_empty() {
        return found;
    }
    let found = Scan::new(&tokens, country, Breaks::Join).all();
    if found.phones.is_empty() {
        let phones: Vec<_> = in_letters(&text, country).into_iter().collect();
        return TypedPhones {
            phones,
            has_more: false,
        };
    }
    found
}

impl TypedPhone {
    fn alone(phone: Phone) -> Self {
        Self {
            phone,
            extension: None,
            is_known: true,
        }
    }
}

/// Reads `8-800-FLOWERS`; letters in other numbers are no digits.
fn in_letters(text: &str, country: Country) -> Option<TypedPhone> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_free = ["8800", "7800", "1800"]
        .iter()
        .any(|start| digits.starts_with(start));
    let is_latin = text.chars().all(|c| c.is_ascii_alphabetic() || is_plain(c));
    (is_free && is_latin)
        .then(|| Phone::exact(text.trim(), country))
        .flatten()
        .map(TypedPhone::alone)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, ' ' | '+' | '(' | ')' | '-' | '.')
}

/// Removes invisible signs, and writes digits and pluses of other scripts in ASCII.
fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter(|c| !is_invisible(*c))
            .map(|c| match c {
                '＋' | '﹢' | '⁺' | '➕' => '+',
                c => digit(c).unwrap_or(c),
            })
            .collect(),
    )
}

/// Returns whether a character only controls how others look: zero-width blanks and joiners, marks
/// of direction, variants of signs.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{20e3}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

fn digit(c: char) -> Option<char> {
    let zero = [0x660, 0x6f0, 0x966, 0xff10]
        .into_iter()
        .find(|zero| (*zero..*zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// A piece of a typed text.
#[derive(Debug, PartialEq, Eq)]
enum Token<'t> {
    Digits(&'t str),
    Plus,
    /// A sign that people put between the digits of one number.
    Separator,
    /// A sign that may also stand between two numbers.
    Break(char),
    Word(&'t str),
    /// `#` and `*`.
    Mark,
    Other(char),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        let length = if first.is_ascii_digit() {
            run(|c| c.is_ascii_digit())
        } else if first.is_alphabetic() {
            run(char::is_alphabetic)
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at(length);
        tokens.push(match first {
            '0'..='9' => Token::Digits(piece),
            '+' => Token::Plus,
            ',' | ';' | '/' | '\\' | '|' | '\n' | '\r' => Token::Break(first),
            '#' | '*' => Token::Mark,
            c if c.is_alphabetic() => Token::Word(piece),
            c if is_separator(c) => Token::Separator,
            c => Token::Other(c),
        });
        rest = after;
    }
    tokens
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '\u{2010}'
                ..='\u{2015}'
                    | '−'
                    | '.'
                    | '·'
                    | '•'
                    | '∙'
                    | '●'
                    | '_'
                    | '~'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '{'
                    | '}'
                    | '<'
                    | '>'
                    | ':'
                    | '"'
                    | '\''
                    | '«'
                    | '»'
                    | '’'
        )
}

/// What a sign such as `/` and `,` between digits does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// It ends a number.
    Divide,
    /// It is one more separator.
    Join,
}

/// A group of digits.
#[derive(Clone, Copy)]
struct Group<'t> {
    digits: &'t str,
    has_plus: bool,
    /// The place of its digits among the tokens.
    at: usize,
}

struct Scan<'t> {
    tokens: &'t [Token<'t>],
    country: Country,
    breaks: Breaks,
    found: TypedPhones,
    tries: usize,
}

impl<'t> Scan<'t> {
    fn new(tokens: &'t [Token<'t>], country: Country, breaks: Breaks) -> Self {
        Self {
            tokens,
            country,
            breaks,
            found: TypedPhones::default(),
            tries: 0,
        }
    }

    fn all(mut self) -> TypedPhones {
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            if matches!(token, Token::Digits(_) | Token::Plus) {
                at = self.run(at);
                continue;
            }
            if let Token::Word(word) = token {
                self.found.has_more |= !LABELS.contains(&lower(word).as_str());
            }
            at += 1;
        }
        self.found
    }

    /// Reads the run of digits and separators that begins here, and returns where to go on.
    fn run(&mut self, start: usize) -> usize {
        let mut groups: Vec<Group<'t>> = Vec::new();
        let mut has_plus = false;
        let mut end = start;
        while let Some(token) = self.tokens.get(end) {
            match token {
                Token::Digits(digits) => {
                    groups.push(Group {
                        digits,
                        has_plus,
                        at: end,
                    });
                    has_plus = false;
                }
                Token::Plus => has_plus = true,
                Token::Separator => {}
                Token::Break(_) | Token::Mark if self.breaks == Breaks::Join => {}
                Token::Break(_) | Token::Mark | Token::Word(_) | Token::Other(_) => break,
            }
            end += 1;
        }
        let mut first = 0;
        while first < groups.len() {
            let skipped = self.other_number(&groups, first);
            if skipped > first {
                self.found.has_more = true;
                first = skipped;
                continue;
            }
            let Some((phone, last)) = self.longest(&groups, first) else {
                self.found.has_more = true;
                first += 1;
                continue;
            };
            let behind = groups.get(last).map_or(end, |group| group.at + 1);
            let extension = if last + 1 == groups.len() {
                self.extension(behind)
            } else {
                None
            };
            let digits = extension.map(|(digits, _)| digits.to_owned());
            self.push(phone, digits);
            if let Some((_, after)) = extension {
                return after;
            }
            first = last + 1;
        }
        end
    }

    fn push(&mut self, phone: ReadNumber, extension: Option<String>) {
        let is_new = |known: &TypedPhone| known.phone != phone.phone;
        if self.found.phones.len() < MOST && self.found.phones.iter().all(is_new) {
            self.found.phones.push(TypedPhone {
                phone: phone.phone,
                extension,
                is_known: phone.is_known,
            });
        }
    }

    /// Returns the number of the most groups from this one on, and the last of these groups. A
    /// number of a possible length counts if no number of a country's tables begins here.
    fn longest(&mut self, groups: &[Group<'t>], first: usize) -> Option<(ReadNumber, usize)> {
        let start = groups.get(first)?;
        let (reach, is_all) = reach(groups, first);
        for is_known in [true, false] {
            // a length is only right if nothing is left over
            let may_be_possible = start.has_plus && is_all;
            if !is_known && !may_be_possible {
                break;
            }
            let shortest = if is_known { first + 1 } else { reach };
            for end in (shortest..=reach).rev() {
                let candidate = groups.get(first..end)?;
                let digits: usize = candidate.iter().map(|group| group.digits.len()).sum();
                if !DIGITS.contains(&digits) || self.tries >= MOST_TRIES {
                    continue;
                }
                // ten digits within more of them may be anything
                let is_whole = first == 0 && end == groups.len();
                let is_bare = !start.has_plus && digits < 11 && !start.digits.starts_with('0');
                if is_bare && !is_whole && candidate.len() > 1 {
                    continue;
                }
                self.tries += 1;
                let plus = if start.has_plus { "+" } else { "" };
                let digits = candidate.iter().map(|group| group.digits);
                let number: String = std::iter::once(plus).chain(digits).collect();
                let phone = if is_known {
                    Phone::exact(&number, self.country)
                } else {
                    Phone::possible(&number)
                };
                // so may a foreign number whose plus is only supposed
                let is_alone = first == 0 && is_all && end == reach;
                let is_sure = start.has_plus || is_alone || candidate.len() == 1;
                if let Some(phone) = phone
                    && (is_sure || phone.is_in(self.country))
                {
                    return Some((ReadNumber { phone, is_known }, end - 1));
                }
            }
        }
        None
    }

    /// Returns the group behind the other number that begins here, such as that of an order or a
    /// bank card, or this group if there is none. It ends at a plus, at a sign that may stand
    /// between two numbers, and before what looks like a Russian number.
    fn other_number(&self, groups: &[Group<'t>], first: usize) -> usize {
        let rest = groups.get(first..).unwrap_or_default();
        if is_card(rest) {
            return first + CARD_GROUPS;
        }
        if !rest
            .first()
            .is_some_and(|group| self.is_other_number(group))
        {
            return first;
        }
        let goes_on = |pair: &&[Group<'t>]| {
            let [before, group] = pair else { return false };
            let between = self.tokens.get(before.at + 1..group.at).unwrap_or_default();
            let is_dialled =
                matches!(group.digits.len(), 1 | 11) && group.digits.starts_with(['7', '8']);
            !group.has_plus
                && !is_dialled
                && !between.iter().any(|token| matches!(token, Token::Break(_)))
        };
        first + 1 + rest.windows(2).take_while(goes_on).count()
    }

    /// Returns whether the word in front of a group says that it is no phone number. A plus always
    /// begins a phone number.
    fn is_other_number(&self, group: &Group<'_>) -> bool {
        if group.has_plus {
            return false;
        }
        let before = self.tokens.get(..group.at).unwrap_or_default();
        if let Some(Token::Word(glued)) = before.last() {
            let glued = lower(glued);
            let is_dialled = group.digits.len() == 11 && group.digits.starts_with(['7', '8']);
            return !LABELS.contains(&glued.as_str())
                && (!is_dialled || OTHER_NUMBERS.contains(&glued.as_str()));
        }
        let mut before = before.iter().rev();
        match before.find(|token| !matches!(token, Token::Separator)) {
            Some(Token::Other('№')) => true,
            Some(Token::Word(word)) => OTHER_NUMBERS.contains(&lower(word).as_str()),
            _ => false,
        }
    }

    /// Returns the extension that begins here, and the place behind it: `доб. 12`, `(ext 12)`,
    /// `*12`, `#12`, `,12`.
    fn extension(&self, mut at: usize) -> Option<(&'t str, usize)> {
        let digits = |at: usize| match self.tokens.get(at) {
            Some(Token::Digits(digits)) if digits.len() <= LONGEST_EXTENSION => {
                Some((*digits, at + 1))
            }
            _ => None,
        };
        // the signs that telephones read as a pause
        let pauses = self.tokens.get(at..)?;
        let pauses = pauses
            .iter()
            .take_while(|token| matches!(token, Token::Break(',' | ';')))
            .count();
        if pauses > 0
            && let Some(found) = digits(at + pauses)
        {
            return Some(found);
        }
        let is_between = |token: &Token<'_>| {
            matches!(
                token,
                Token::Separator | Token::Break(',' | ';') | Token::Other('=' | '№')
            )
        };
        let skip = |mut at: usize| {
            while self.tokens.get(at).is_some_and(is_between) {
                at += 1;
            }
            at
        };
        at = skip(at);
        match self.tokens.get(at)? {
            Token::Mark => {}
            Token::Word(word) if EXTENSIONS.contains(&lower(word).as_str()) => {}
            _ => return None,
        }
        digits(skip(at + 1))
    }
}

/// Returns the end of the longest candidate that begins with this group, and whether nothing is left
/// over up to the next plus. Longer ones have more digits than any number.
fn reach(groups: &[Group<'_>], first: usize) -> (usize, bool) {
    let mut digits = 0;
    let mut end = first;
    while let Some(group) = groups.get(end) {
        if group.has_plus && end > first {
            break;
        }
        digits += group.digits.len();
        if digits > *DIGITS.end() {
            return (end, false);
        }
        end += 1;
    }
    (end, true)
}

/// Returns whether these groups begin with the number of a bank card, `4276 1234 5678 9012`.
fn is_card(groups: &[Group<'_>]) -> bool {
    groups.get(..CARD_GROUPS).is_some_and(|groups| {
        groups
            .iter()
            .all(|group| group.digits.len() == 4 && !group.has_plus)
    })
}

struct ReadNumber {
    phone: Phone,
    is_known: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_candidate_is_longer_than_a_phone_number() {
        let group = Group {
            digits: "1",
            has_plus: false,
            at: 0,
        };
        let groups = vec![group; 1000];
        let looked_at: usize = (0..groups.len())
            .map(|first| reach(&groups, first).0 - first)
            .sum();
        assert!(looked_at <= groups.len() * DIGITS.end(), "{looked_at}");
        assert_eq!(reach(&groups, 990), (1000, true));
        assert_eq!(reach(&groups, 900), (918, false));
    }
}
