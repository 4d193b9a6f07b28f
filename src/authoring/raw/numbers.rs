//! What readers of numbers say about other texts: several numbers, names of polls, smart processes.

use crate::domain::{Bilingual, bilingual};

/// Letters that look like digits.
fn in_digits(found: &str) -> String {
    let digit = |c: char| match c {
        'З' | 'з' => '3',
        'О' | 'о' | 'O' | 'o' => '0',
        'l' | 'I' | 'І' => '1',
        'б' => '6',
        other => other,
    };
    found.chars().map(digit).collect()
}

/// Most numbers of a range that advice writes out.
const MOST_NUMBERS: u32 = 30;

/// `123-130`: all numbers of it.
fn range(found: &str) -> Option<String> {
    let (from, to) = ["...", "..", "–", "—", "-", ":"]
        .iter()
        .find_map(|sign| found.split_once(sign))?;
    let (from, to): (u32, u32) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    if from >= to || to - from > MOST_NUMBERS {
        return None;
    }
    let numbers: Vec<String> = (from..=to).map(|number| number.to_string()).collect();
    Some(numbers.join(", "))
}

/// Advice for several numbers, or a number with something else.
pub(super) fn numbers(found: &str) -> Bilingual {
    let dashes = ['–', '—', '−'];
    if let Some(list) = range(found) {
        return bilingual!(
            "write every number: `[{list}]`",
            "напишите все номера: `[{list}]`"
        );
    }
    let typed = in_digits(found);
    if typed != found && typed.chars().all(|c| c.is_ascii_digit()) {
        return bilingual!(
            "there is a letter in it that looks like a digit: write `{typed}`",
            "в нём есть буква, похожая на цифру: напишите `{typed}`"
        );
    }
    if let Some((whole, fraction)) = found.split_once(['.', ','])
        && [whole, fraction].iter().all(|part| {
            !part.is_empty() && part.len() < 3 && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    {
        return bilingual!("write `{whole}`", "напишите `{whole}`");
    }
    let numbers: Vec<&str> = found
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .collect();
    match numbers.as_slice() {
        [number] if found.starts_with(dashes) => bilingual!(
            "type an ordinary minus: `-{number}`",
            "наберите обычный минус: `-{number}`"
        ),
        [number] => bilingual!("write `{number}`", "напишите `{number}`"),
        [] => bilingual!("write a number", "напишите число"),
        several => {
            let list = several.join(", ");
            bilingual!(
                "write a list: `[{list}]`, each number separately",
                "напишите списком: `[{list}]`, каждое число отдельно"
            )
        }
    }
}

/// Advice for the name of a poll in place of its number.
pub(super) fn named_poll(about: &str, found: &str) -> Option<Bilingual> {
    if about.ends_with("polls") && matches!(found.trim(), "*" | "all" | "any" | "все" | "всё")
    {
        return Some(bilingual!(
            "write `default: polls` in place of `polls`: all polls that no other profile takes",
            "напишите вместо `polls` `default: polls`: все опросы, которых не берёт другой профиль"
        ));
    }
    if about == "item.type" {
        let digits: String = found.chars().filter(char::is_ascii_digit).collect();
        // T40c is the number in hexadecimal
        let hex = found
            .strip_prefix(['T', 't', 'Т'])
            .filter(|it| it.len() >= 2);
        let hex = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        return match hex {
            Some(number) => Some(bilingual!(
                "write `type: {number}`",
                "напишите `type: {number}`"
            )),
            None if digits.is_empty() => Some(bilingual!(
                "write the number of the smart process, as in the address of its page, /crm/type/1036/: `type: 1036`",
                "напишите номер смарт-процесса, как в адресе его страницы, /crm/type/1036/: `type: 1036`"
            )),
            None => None,
        };
    }
    let is_name = found.contains(|c: char| c.is_ascii_alphabetic());
    (is_name && about.ends_with("polls")).then(|| {
        bilingual!(
            "write the number, as the survey portal shows it: 123",
            "напишите номер, каким его показывает портал опросов: 123"
        )
    })
}
