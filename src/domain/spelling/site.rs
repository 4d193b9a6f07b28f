//! Sites.

/// Longer texts are compared as they are: no list of sites has them.
const LONGEST: usize = 2_000;

/// Returns a site without what people leave out: its scheme, `www.`, the standard port and the last
/// slash. A host in national letters is written as DNS writes it.
pub(super) fn bare(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let (host, path) = divided(&text);
    if text.len() > LONGEST || !is_host(host) {
        return format!("{host}{}", path.trim_end_matches('/'));
    }
    format!("{}{}", ascii(host), path.trim_end_matches('/'))
}

/// Returns the host without `www.`, and the rest that begins with a slash.
fn divided(text: &str) -> (&str, &str) {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let rest = rest.trim_start_matches("www.");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (mut host, path) = rest.split_at(end);
    loop {
        let shorter = host.trim_end_matches('.');
        let shorter = shorter.trim_end_matches(":443").trim_end_matches(":80");
        if shorter.len() == host.len() {
            return (host, path);
        }
        host = shorter;
    }
}

fn is_host(text: &str) -> bool {
    text.contains('.') && !text.contains(|c: char| c.is_whitespace() || matches!(c, '@' | ','))
}

fn ascii(host: &str) -> String {
    if host.is_ascii() {
        return host.to_owned();
    }
    let ascii = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_owned());
    ascii.trim_start_matches("www.").to_owned()
}

/// Returns the usual spellings of a site; none if the text is not one.
pub(super) fn spellings(text: &str) -> Vec<String> {
    let lower = text.trim().to_lowercase();
    let (host, path) = divided(&lower);
    if lower.len() > LONGEST || !is_host(host) {
        return Vec::new();
    }
    let mut hosts = vec![ascii(host)];
    if let (national, Ok(())) = idna::domain_to_unicode(host)
        && !hosts.contains(&national)
    {
        hosts.push(national);
    }
    let path = path.trim_end_matches('/');
    // nobody writes a slash behind a query
    let ends: &[&str] = if path.contains(['?', '#']) {
        &[""]
    } else {
        &["", "/"]
    };
    let mut all = Vec::new();
    for start in [
        "https://",
        "",
        "http://",
        "www.",
        "https://www.",
        "http://www.",
    ] {
        for host in &hosts {
            all.extend(ends.iter().map(|end| format!("{start}{host}{path}{end}")));
        }
    }
    all
}
