//! Web addresses.

use percent_encoding::percent_decode_str;

/// A part of a web address: `part: query.utm_source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AddressPart {
    Scheme,
    Host,
    Path,
    Query,
    /// A parameter of the query, by its name.
    Parameter(String),
    Fragment,
}

impl AddressPart {
    /// The words of `part`.
    pub(crate) const WORDS: [&'static str; 6] = [
        "query.utm_source",
        "query",
        "host",
        "path",
        "fragment",
        "scheme",
    ];

    /// Parses the word of `part`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "scheme" => Self::Scheme,
            "host" => Self::Host,
            "path" => Self::Path,
            "query" => Self::Query,
            "fragment" => Self::Fragment,
            word => {
                let name = word.strip_prefix("query.")?;
                let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
                is_name.then(|| Self::Parameter(name.to_owned()))?
            }
        })
    }

    /// Returns this part of an address, without percent signs. The address may lack its scheme and
    /// host.
    pub(crate) fn of(&self, address: &str) -> Option<String> {
        let text = address.trim().trim_start_matches('<').trim_end_matches('>');
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let (before, query) = before.split_once('?').unwrap_or((before, ""));
        let (scheme, rest) = match before.split_once("://") {
            Some((scheme, rest)) => (scheme, rest),
            None => ("", before.strip_prefix("//").unwrap_or(before)),
        };
        let (host, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let found = match self {
            Self::Scheme => scheme.to_ascii_lowercase(),
            Self::Host => host
                .rsplit_once('@')
                .map_or(host, |(_, host)| host)
                .to_lowercase(),
            Self::Path => decoded(path),
            Self::Query => query.to_owned(),
            Self::Fragment => decoded(fragment),
            // pages of one file have their parameters behind the `#`
            Self::Parameter(name) => parameter(query, name).or_else(|| {
                let inner = fragment
                    .split_once('?')
                    .map_or(fragment, |(_, query)| query);
                parameter(inner, name)
            })?,
        };
        Some(found).filter(|text| !text.is_empty())
    }
}

/// Returns the first parameter of this name that has a value.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split(['&', ';']).filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        // `&amp;` of an address that was copied from a page
        let key = key.strip_prefix("amp;").unwrap_or(key);
        let value = decoded(&value.replace('+', " ")).trim().to_owned();
        let is_it = decoded(key).eq_ignore_ascii_case(name);
        (is_it && !value.is_empty()).then_some(value)
    });
    pairs.next()
}

/// Decodes percent signs: UTF-8, otherwise windows-1251.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let bytes = error.into_bytes();
            encoding_rs::WINDOWS_1251.decode(&bytes).0.into_owned()
        }
    }
}

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
    fn parts_of_an_address_are_read() {
        let address =
            "https://user@Shop.example/каталог/%D1%87?utm_source=ya%20dir&utm_term=a+b&x=&X=1#top";
        for (part, wanted) in [
            ("scheme", Some("https")),
            ("host", Some("shop.example")),
            ("path", Some("/каталог/ч")),
            ("query", Some("utm_source=ya%20dir&utm_term=a+b&x=&X=1")),
            ("fragment", Some("top")),
            ("query.utm_source", Some("ya dir")),
            ("query.UTM_TERM", Some("a b")),
            ("query.x", Some("1")),
            ("query.utm_medium", None),
        ] {
            let found = AddressPart::parse(part).unwrap().of(address);
            assert_eq!(found.as_deref(), wanted, "{part}");
        }
        let source = AddressPart::parse("query.utm_source").unwrap();
        for address in [
            "https://shop.example/?utm_source=vk",
            "https://shop.example?utm_source=vk#x",
            "shop.example/?utm_source=vk",
            "/page?a=1&utm_source=vk",
            "?utm_source=vk",
            "https://shop.example/?a=1&amp;utm_source=vk",
            "https://shop.example/#/page?utm_source=vk",
            "https://shop.example/#utm_source=vk",
            "https://shop.example/?UTM_Source=vk",
            "https://shop.example/?utm_source=&utm_source=vk",
            "<https://shop.example/?utm_source=vk>",
        ] {
            assert_eq!(source.of(address).as_deref(), Some("vk"), "{address}");
        }
        let cyrillic = "https://shop.example/?utm_source=%FF%ED%E4%E5%EA%F1";
        assert_eq!(source.of(cyrillic).as_deref(), Some("яндекс"));
        for other in [
            "",
            "нет",
            "https://shop.example/",
            "https://shop.example/?utm_source",
        ] {
            assert_eq!(source.of(other), None, "{other}");
        }
        for word in ["", "query.", "querry.x", "port", "query.a b"] {
            assert_eq!(AddressPart::parse(word), None, "{word}");
        }
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
