//! Spellings of one value: whether two texts mean the same, and in which spellings the CRM may have
//! stored a value. The CRM compares texts letter by letter (except for case), so it has to be asked
//! for each of them.

mod date;
mod messenger;
mod number;
mod site;

/// How the CRM stores the values of a field, and how they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CompareAs {
    /// Text without regard to case and outer spaces; numbers in it by value.
    #[default]
    Text,
    /// As text, but the CRM has one spelling only: codes and ids.
    Code,
    /// A number.
    Number,
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// Yes or no, stored as `Y` and `N`.
    YesNo,
    /// Yes or no, stored as `1` and `0`.
    OneZero,
    /// An amount with the code of its currency: `3500|RUB`.
    Money,
    /// A site, without its scheme, `www.` and the last slash.
    Site,
    /// A name in a messenger, bare or as a link.
    Messenger,
}

impl CompareAs {
    /// Returns whether two texts are spellings of one value.
    pub fn is_same(self, one: &str, other: &str) -> bool {
        let (one, other) = (one.trim(), other.trim());
        let both = |read: fn(&str) -> Option<String>| {
            let one = read(one);
            one.is_some() && one == read(other)
        };
        let is_same = match self {
            Self::Text | Self::Code => both(number::canonical),
            Self::Number => both(number::of_field),
            Self::Date => both(day),
            Self::Moment => {
                let (one, other) = (date::read(one), date::read(other));
                one.is_some_and(|one| other.is_some_and(|other| one.is_same(&other)))
            }
            Self::YesNo | Self::OneZero => both(|text| Some(truth(text)?.to_string())),
            Self::Money => number::is_same_money(one, other),
            Self::Site => return site::bare(one) == site::bare(other),
            Self::Messenger => return messenger::is_same(one, other),
        };
        is_same || one == other || one.to_lowercase() == other.to_lowercase()
    }

    /// Returns the spellings in which the CRM may have stored this value, each once. Spellings of one
    /// value that are usual have the same list in the same order.
    pub fn spellings(self, value: &str) -> Vec<String> {
        let value = value.trim();
        let mut usual = match self {
            Self::Text => number::spellings(value),
            Self::Money => number::money_spellings(value),
            Self::Site => site::spellings(value),
            Self::Messenger => messenger::spellings(value, None),
            Self::Code | Self::Number | Self::Date | Self::Moment | Self::YesNo | Self::OneZero => {
                return vec![self.written(value).unwrap_or_else(|| value.to_owned())];
            }
        };
        // odd texts, such as hosts of odd signs, may become others
        usual.retain(|one| self.is_same(one, value));
        with_own(usual, value)
    }

    /// Returns a value in the only spelling that the CRM reads; `None` if it takes any, or none of
    /// its kind is in the text.
    pub fn written(self, value: &str) -> Option<String> {
        match self {
            Self::Number => number::of_field(value),
            Self::Date => day(value),
            Self::Moment => date::read(value).map(|moment| moment.iso()),
            Self::YesNo => Some(if truth(value)? { "Y" } else { "N" }.to_owned()),
            Self::OneZero => Some(if truth(value)? { "1" } else { "0" }.to_owned()),
            Self::Text | Self::Code | Self::Money | Self::Site | Self::Messenger => None,
        }
    }
}

/// Returns the spellings of a name in a messenger; `network` is the CRM's word for the messenger, if
/// it is known (`TELEGRAM`).
pub fn of_messenger(name: &str, network: Option<&str>) -> Vec<String> {
    let name = name.trim();
    with_own(messenger::spellings(name, network), name)
}

/// Returns one text for all spellings of a value, whatever its field holds; only a moment that is
/// written in two time zones has two. It may be the same for different values, too.
pub fn folded(field: &str, value: &str) -> String {
    let value = value.trim();
    if field == "IM" {
        return messenger::name(value);
    }
    let amount = value.split_once('|').map_or(value, |(amount, _)| amount);
    if let Some(number) = number::of_field(amount) {
        return number;
    }
    if let Some(yes) = truth(value) {
        return if yes { "1" } else { "0" }.to_owned();
    }
    day(value).unwrap_or_else(|| site::bare(value).trim_start_matches('@').to_owned())
}

fn day(text: &str) -> Option<String> {
    date::read(text).map(|moment| moment.day())
}

/// Adds the text itself, unless it is among the others in any case of letters.
fn with_own(mut usual: Vec<String>, own: &str) -> Vec<String> {
    let lower = own.to_lowercase();
    if usual.iter().all(|one| one.to_lowercase() != lower) {
        usual.push(own.to_owned());
    }
    usual
}

/// Parses yes or no, as forms and the CRM write it.
fn truth(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "true" | "1" | "on" | "да" | "д" | "+" => Some(true),
        "n" | "no" | "false" | "0" | "off" | "нет" | "н" | "-" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
