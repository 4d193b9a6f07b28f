//! Match codes: the normalised form of a phone or e-mail by which the portal finds duplicates.

use std::collections::{BTreeSet, HashMap};

use super::{
    kind::Kind,
    record::{Channel, Multi},
};

/// The code of a value; `None` for an empty one.
pub(in crate::simulator) fn match_code(channel: Channel, value: &str) -> Option<String> {
    let code = match channel {
        Channel::Phone => phone_code(value),
        Channel::Email => value.trim().to_lowercase(),
        Channel::Web | Channel::Im => return None,
    };
    (!code.is_empty()).then_some(code)
}

fn phone_code(value: &str) -> String {
    let value = value.trim();
    let long = value.chars().count() >= 10;
    let opened = match value.strip_prefix("+8") {
        Some(rest) if long => format!("008{rest}"),
        _ => value.to_owned(),
    };
    let kept: String = opened
        .chars()
        .filter(|it| it.is_ascii_digit() || matches!(it, '#' | '*' | ',' | ';'))
        .collect();
    if !kept.chars().any(|it| it.is_ascii_digit()) {
        return value.to_owned();
    }
    without_extension(&unified(&kept)).to_owned()
}

/// Trunk and international prefixes; only a text of ten characters or more has them.
fn unified(kept: &str) -> String {
    if kept.len() < 10 {
        return kept.to_owned();
    }
    // 80, 81 and 82 stay as they were typed; `+8…` came here with 00 in front.
    if ["80", "81", "82"].iter().any(|it| kept.starts_with(it)) {
        return kept.to_owned();
    }
    if let Some(rest) = kept.strip_prefix("00") {
        return rest.to_owned();
    }
    if let Some(rest) = kept.strip_prefix("011") {
        return rest.to_owned();
    }
    if let Some(rest) = kept.strip_prefix('8') {
        return format!("7{rest}");
    }
    kept.strip_prefix('0').unwrap_or(kept).to_owned()
}

fn without_extension(code: &str) -> &str {
    let Some(start) = code.find(|it: char| it.is_ascii_digit()) else {
        return code;
    };
    let tail = code.get(start..).unwrap_or_default();
    let run = tail
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(tail.len());
    let after = tail.get(run..).unwrap_or_default();
    let extension = after.starts_with([';', '#'])
        || after
            .strip_prefix(',')
            .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    if extension {
        code.get(..start + run).unwrap_or(code)
    } else {
        code
    }
}

/// A code with its sort.
type Code = (Channel, Box<str>);

/// Which leads, contacts and companies own a code.
#[derive(Debug, Default)]
pub(in crate::simulator) struct MatchCodes {
    owners: HashMap<Code, Vec<(Kind, u32)>>,
}

impl MatchCodes {
    /// Adds the codes of a record.
    pub(in crate::simulator) fn enter(&mut self, kind: Kind, id: u32, multi: &[Multi]) {
        for code in codes(multi) {
            let list = self.owners.entry(code).or_default();
            if let Err(at) = list.binary_search(&(kind, id)) {
                list.insert(at, (kind, id));
                list.shrink_to_fit();
            }
        }
    }

    /// Removes the codes of a record.
    pub(in crate::simulator) fn strike(&mut self, kind: Kind, id: u32, multi: &[Multi]) {
        for code in codes(multi) {
            if let Some(list) = self.owners.get_mut(&code) {
                list.retain(|it| *it != (kind, id));
                if list.is_empty() {
                    self.owners.remove(&code);
                }
            }
        }
    }

    /// The owners of a code: by kind, then oldest first.
    pub(in crate::simulator) fn owners(&self, channel: Channel, code: &str) -> &[(Kind, u32)] {
        self.owners
            .get(&(channel, code.into()))
            .map_or(&[], Vec::as_slice)
    }

    /// How many records of a kind share a code with an older one.
    pub(in crate::simulator) fn duplicates(&self, kind: Kind) -> usize {
        let late: BTreeSet<u32> = self
            .owners
            .values()
            .flat_map(|list| list.iter().filter(|(it, _)| *it == kind).skip(1))
            .map(|(_, id)| *id)
            .collect();
        late.len()
    }
}

fn codes(multi: &[Multi]) -> impl Iterator<Item = Code> {
    multi.iter().filter_map(|it| {
        match_code(it.channel, &it.value).map(|code| (it.channel, code.into_boxed_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portals_own_vectors() {
        for (typed, code) in [
            ("+7 (495) 123-45-67", "74951234567"),
            ("84951234567", "74951234567"),
            ("4951234567", "4951234567"),
            ("+4951234567", "4951234567"),
            ("007 495 1234567", "74951234567"),
            ("0114951234567", "4951234567"),
            ("+74951234567#12", "74951234567"),
            ("+74951234567;12", "74951234567"),
            ("+74951234567,12", "74951234567"),
            ("112", "112"),
            ("88001234567", "78001234567"),
            ("80501234567", "80501234567"),
            ("8 029 123-45-67", "80291234567"),
            ("+81312345678", "81312345678"),
            ("+8613812345678", "8613812345678"),
            ("030123456789", "30123456789"),
            ("+7 495 123-45-67 ext. 12", "7495123456712"),
            ("030123456", "030123456"),
        ] {
            assert_eq!(
                match_code(Channel::Phone, typed).as_deref(),
                Some(code),
                "{typed}"
            );
        }
    }

    #[test]
    fn text_without_digits_stays_literal() {
        assert_eq!(
            match_code(Channel::Phone, "нет телефона").as_deref(),
            Some("нет телефона")
        );
        assert_eq!(match_code(Channel::Phone, "  "), None);
    }

    #[test]
    fn e_mails_are_trimmed_and_lowered() {
        assert_eq!(
            match_code(Channel::Email, " Anna@Example.COM ").as_deref(),
            Some("anna@example.com")
        );
    }
}
