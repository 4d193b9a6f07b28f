//! Taxpayer numbers (INN) as people type them into forms.

/// The lengths of Russian numbers: of organisations, and of people.
const RUSSIAN: [usize; 2] = [10, 12];

/// The lengths of numbers of other countries. Eleven digits are left out: so long is a phone number.
const OTHERS: [usize; 4] = [8, 9, 13, 14];

/// Returns the number in a text: `ИНН 7707083893`, `7707 083 893`, `7707083893/770701001`. Returns
/// `None` if there is none, if there are several, or if it is filler such as `0000000000`: a search by
/// it would take different companies for one.
pub fn read(typed: &str) -> Option<String> {
    let (joined, apart) = (runs(typed, Blanks::Join), runs(typed, Blanks::Split));
    for runs in [joined, apart] {
        let mut russian: Vec<&String> = of_length(&runs, &RUSSIAN);
        russian.dedup();
        match russian.as_slice() {
            [] => {}
            [one] => return not_filler(one),
            _ => return None,
        }
        if runs.len() == 1
            && let [one] = of_length(&runs, &OTHERS).as_slice()
        {
            return not_filler(one);
        }
    }
    None
}

fn of_length<'r>(runs: &'r [String], lengths: &[usize]) -> Vec<&'r String> {
    let fits = |run: &&String| lengths.contains(&run.len());
    runs.iter().filter(fits).collect()
}

fn not_filler(number: &str) -> Option<String> {
    let first = number.chars().next()?;
    let is_filler = number.chars().all(|digit| digit == first)
        || "1234567890123456".starts_with(number)
        || "0123456789012345".starts_with(number);
    (!is_filler).then(|| number.to_owned())
}

/// Whether a blank, a hyphen or a point between digits belongs to the number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Join,
    Split,
}

/// Returns the runs of digits.
fn runs(typed: &str, blanks: Blanks) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut run = String::new();
    for sign in typed.chars() {
        if sign.is_ascii_digit() {
            run.push(sign);
        } else if blanks == Blanks::Split || !is_separator(sign) {
            runs.extend((!run.is_empty()).then(|| std::mem::take(&mut run)));
        }
    }
    runs.extend((!run.is_empty()).then_some(run));
    runs
}

fn is_separator(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '-' | '.' | '\u{2013}' | '\u{200b}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_number_as_it_is_typed() {
        for (typed, wanted) in [
            ("7707083893", "7707083893"),
            (" 7707083893 ", "7707083893"),
            ("ИНН 7707083893", "7707083893"),
            ("ИНН: 7707083893.", "7707083893"),
            ("inn=7707083893", "7707083893"),
            ("7707 083 893", "7707083893"),
            ("7707\u{a0}083\u{a0}893", "7707083893"),
            ("77-07-083893", "7707083893"),
            ("770708389\u{200b}3", "7707083893"),
            ("7707083893/770701001", "7707083893"),
            ("7707083893 770701001", "7707083893"),
            ("ИНН/КПП 7707083893 / 770701001", "7707083893"),
            ("ИНН 7707083893 КПП 770701001", "7707083893"),
            ("500100732259", "500100732259"),
            ("ИП, 5001 0073 2259", "500100732259"),
            ("0123456780", "0123456780"),
            ("УНП 191234567", "191234567"),
            ("02107199910117", "02107199910117"),
            ("ЄДРПОУ 32855961", "32855961"),
        ] {
            assert_eq!(read(typed).as_deref(), Some(wanted), "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_guessed() {
        for typed in [
            "",
            "нет",
            "-",
            "+79123456789",
            "8 912 345-67-89",
            "770708389",
            "77070838930",
            "7707083893, 7736207543",
            "0000000000",
            "1111111111",
            "1234567890",
            "0123456789",
            "999999999999",
            "123456789012",
            "12",
            "7707083893770701001500",
        ] {
            let is_foreign = typed == "770708389";
            assert_eq!(read(typed).is_some(), is_foreign, "{typed}");
        }
    }
}
