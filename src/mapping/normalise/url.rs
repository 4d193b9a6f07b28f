//! Web addresses.

/// Maximum number of addresses that are read in one text.
const MOST: usize = 20;

/// Parses the http and https addresses of a text, and returns whether the text says more.
pub(super) fn read_all(text: &str) -> (Vec<String>, bool) {
    if let Some(url) = read(text) {
        return (vec![url], false);
    }
    let mut urls = Vec::new();
    let mut has_more = false;
    for word in words(text) {
        let bare = word.trim_matches(['(', ')', '«', '»', '"', '.', ',', ';', '|', '[', ']']);
        match read(bare).filter(|url| has_dot(url)) {
            Some(url) if urls.len() < MOST && !urls.contains(&url) => urls.push(url),
            Some(_) => {}
            None => has_more |= bare.chars().any(char::is_alphanumeric),
        }
    }
    (urls, has_more)
}

/// Returns whether the host has a dot; without one the address goes on behind the blank.
fn has_dot(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next();
    host.is_some_and(|host| host.contains('.'))
}

/// Returns the sites of a text for the list of sites: several if each of its words looks like one,
/// otherwise the text itself.
pub(crate) fn sites(text: &str) -> Vec<&str> {
    let is_site = |site: &&str| {
        let host = site.split_once("://").map_or(*site, |(_, rest)| rest);
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        host.contains('.') && host.chars().all(is_host)
    };
    let several: Vec<&str> = words(text).collect();
    let finer = several.iter().flat_map(|word| word.split([',', ';', '|']));
    for sites in [several.clone(), finer.collect()] {
        let sites: Vec<&str> = sites
            .into_iter()
            .map(|word| word.trim_matches([',', ';', '|', '/', '\\']))
            .filter(|word| !word.is_empty())
            .take(MOST)
            .collect();
        if sites.len() > 1 && sites.iter().all(is_site) {
            return sites;
        }
    }
    vec![text]
}

/// Splits at blanks, and at commas and semicolons before the next address.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|word| {
        let mut rest = Some(word);
        std::iter::from_fn(move || {
            let text = rest?;
            let next = text.match_indices([',', ';', '|']).find_map(|(at, _)| {
                let after = text.get(at + 1..)?;
                let is_start = ["http://", "https://", "www."].into_iter().any(|start| {
                    after
                        .get(..start.len())
                        .is_some_and(|head| head.eq_ignore_ascii_case(start))
                });
                is_start.then_some((at, after))
            });
            match next {
                Some((at, after)) => {
                    rest = Some(after);
                    text.get(..at)
                }
                None => rest.take(),
            }
        })
    })
}

/// Parses an http or https address; drops `<` and `>` that exports put around it or on one side.
fn read(text: &str) -> Option<String> {
    let text = text
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim();
    let (scheme, rest) = text.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let host = rest.split(['/', '?', '#']).next()?;
    let unfit = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let is_next = |at: usize| {
        let before = rest.get(..at).unwrap_or_default();
        let before = before.strip_suffix("https").or(before.strip_suffix("http"));
        before.is_some_and(|before| before.ends_with([',', ';', '|']))
    };
    let is_several = rest.match_indices("://").any(|(at, _)| is_next(at));
    let usable = is_web
        && !host.is_empty()
        && !host.starts_with([':', '.'])
        && !rest.contains(unfit)
        && !is_several;
    usable.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_in_one_text_are_all_read() {
        for typed in [
            "https://a.ru, https://b.ru/x",
            "https://a.ru; https://b.ru/x",
            "https://a.ru / https://b.ru/x",
            "https://a.ru,https://b.ru/x",
            "https://a.ru;https://b.ru/x",
            "https://a.ru|https://b.ru/x",
            "https://a.ru\nhttps://b.ru/x",
            "https://a.ru https://b.ru/x https://a.ru",
            "сайты: https://a.ru и (https://b.ru/x).",
        ] {
            let (urls, _) = read_all(typed);
            assert_eq!(urls, ["https://a.ru", "https://b.ru/x"], "{typed:?}");
        }
        let (urls, has_more) = read_all("https://a.ru/?x=1,2;3&u=https://b.ru");
        assert_eq!((urls.len(), has_more), (1, false));
        assert!(read_all("см. https://a.ru").1);
    }

    #[test]
    fn sites_need_no_scheme() {
        assert_eq!(sites("a.ru, www.b.ru"), ["a.ru", "www.b.ru"]);
        assert_eq!(sites("a.ru; https://b.ru/x"), ["a.ru", "https://b.ru/x"]);
        assert_eq!(sites("a.ru / b.ru"), ["a.ru", "b.ru"]);
        assert_eq!(sites("a.ru,b.ru"), ["a.ru", "b.ru"]);
        assert_eq!(sites("пример.рф,www.b.ru"), ["пример.рф", "www.b.ru"]);
        for one in [
            "a.ru",
            "сайта нет",
            "a.ru главная",
            "https://a.ru/x,y;z",
            "",
        ] {
            assert_eq!(sites(one), [one]);
        }
    }
}
