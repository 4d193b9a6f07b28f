//! Members of a packet that leadgate reads from amoCRM: `$.contact`, `$.company`.

/// Members of a packet that are read from amoCRM.
pub(super) const READ_MEMBERS: [&str; 4] = ["lead", "contact", "contacts", "company"];

/// Returns whether a test names one of them.
pub(super) fn reads_members(test: &str) -> bool {
    READ_MEMBERS.iter().any(|member| {
        let mut rest = test;
        while let Some((_, after)) = rest.split_once('$') {
            rest = after;
            let after = after.trim_start_matches(['.', '[', '\'', '"']);
            let end = after.strip_prefix(member);
            if end.is_some_and(|end| !end.starts_with(|c: char| c.is_alphanumeric() || c == '_')) {
                return true;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_of_what_is_read_is_recognised() {
        for (test, reads) in [
            ("$.contact.name == 'x'", true),
            ("!$['company']", true),
            ("$.price > 1 && $.lead.price > 1", true),
            ("$.contacts[?@.id == 1]", true),
            ("$.contact_name", false),
            ("$.tags[?@.name == 'contact']", false),
            ("$.hook.event == 'contacts.add'", false),
        ] {
            assert_eq!(reads_members(test), reads, "{test}");
        }
    }
}
