//! Hides people's data from those who may not see it: people of the role `viewer`, and programs whose
//! token does not include people.

/// What stands for a hidden letter or digit.
const HIDDEN: char = '•';
/// Digits that stay at both ends of a number with many.
const ENDS: usize = 4;
const TAIL: usize = 2;

/// Hides a value: `+7 912 •••-••-67`, `А••• П•••••`, `a•••@m•••.•••`.
pub fn hide(value: &str) -> String {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    if digits >= 7 && !value.chars().any(char::is_alphabetic) {
        let mut seen = 0;
        let hidden = |letter: char| {
            if !letter.is_ascii_digit() {
                return letter;
            }
            seen += 1;
            let stays = seen <= ENDS || seen > digits - TAIL;
            if stays { letter } else { HIDDEN }
        };
        return value.chars().map(hidden).collect();
    }
    let mut is_first = true;
    let hidden = |letter: char| {
        let stays = is_first || !letter.is_alphanumeric();
        is_first = !letter.is_alphanumeric();
        if stays && !letter.is_ascii_digit() {
            letter
        } else {
            HIDDEN
        }
    };
    value.chars().map(hidden).collect()
}

/// Hides what stands in quotation marks, and words with many digits or an `@`.
pub fn hide_values(sentence: &str) -> String {
    let mut shown = String::with_capacity(sentence.len());
    let mut quoted = 0_usize;
    for word in sentence.split_inclusive(' ') {
        let opens = word.matches(['«', '“']).count();
        let closes = word.matches(['»', '”']).count();
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if quoted + opens > 0 || digits >= 7 || word.contains('@') {
            shown.push_str(&hide(word));
        } else {
            shown.push_str(word);
        }
        quoted = (quoted + opens).saturating_sub(closes);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_shape_only() {
        for (value, shown) in [
            ("+7 912 345-67-89", "+7 912 •••-••-89"),
            ("+79123456789", "+7912•••••89"),
            ("Анна Петрова", "А••• П••••••"),
            ("anna@mail.example", "a•••@m•••.e••••••"),
            ("дом 5", "д•• •"),
            ("", ""),
        ] {
            assert_eq!(hide(value), shown);
        }
    }

    #[test]
    fn a_sentence_keeps_its_words() {
        assert_eq!(
            hide_values("the list has no value «Белая Калитва» of field deal.UF_CRM_CITY"),
            "the list has no value «Б•••• К••••••» of field deal.UF_CRM_CITY"
        );
        assert_eq!(
            hide_values("letter to anna@mail.example of +79123456789, 5 ms"),
            "letter to a•••@m•••.e•••••• of +7912•••••89, 5 ms"
        );
    }
}
