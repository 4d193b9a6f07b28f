//! The form of a noun beside a number, in Russian and English.

/// Returns the Russian form beside a number: `один раз, два раза, пять раз`.
pub fn russian(number: impl TryInto<u64>, [one, few, many]: [&str; 3]) -> &str {
    let number = number.try_into().unwrap_or(u64::MAX);
    match (number % 100, number % 10) {
        (11..=14, _) => many,
        (_, 1) => one,
        (_, 2..=4) => few,
        _ => many,
    }
}

/// Returns the Russian form after a word that takes the genitive: `длиннее 21 байта, 64 байт`.
pub fn genitive(number: impl TryInto<u64>, [one, many]: [&str; 2]) -> &str {
    russian(number, [one, many, many])
}

/// Returns the English form beside a number: `1 time, 2 times`.
pub fn english(number: impl TryInto<u64>, [one, many]: [&str; 2]) -> &str {
    let number = number.try_into().unwrap_or(u64::MAX);
    if number == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_agrees_with_any_number() {
        for (numbers, form) in [
            (vec![1_u64, 21, 31, 101, 121, 1_001], "час"),
            (vec![2, 3, 4, 22, 34, 102, 1_003], "часа"),
            (
                vec![
                    0, 5, 9, 10, 11, 12, 13, 14, 15, 19, 20, 25, 111, 112, 114, 1_011,
                ],
                "часов",
            ),
        ] {
            for number in numbers {
                assert_eq!(russian(number, ["час", "часа", "часов"]), form, "{number}");
            }
        }
    }

    #[test]
    fn a_genitive_is_singular_after_one_only() {
        for (number, form) in [
            (1_u64, "байта"),
            (2, "байт"),
            (11, "байт"),
            (21, "байта"),
            (512, "байт"),
            (1_048_576, "байт"),
            (131, "байта"),
        ] {
            assert_eq!(genitive(number, ["байта", "байт"]), form, "{number}");
        }
    }

    #[test]
    fn english_has_two_forms() {
        for (number, form) in [(0_u64, "times"), (1, "time"), (2, "times"), (21, "times")] {
            assert_eq!(english(number, ["time", "times"]), form, "{number}");
        }
    }
}
