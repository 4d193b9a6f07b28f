//! Names in messengers: bare, with `@`, as a link, or as the phone that the messenger knows.

use crate::domain::Phone;

/// A messenger whose links are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    Telegram,
    Vk,
    WhatsApp,
    Viber,
    Instagram,
    Facebook,
    Skype,
}

/// The hosts of links; the first ones of each are usual.
const HOSTS: &[(&str, Network)] = &[
    ("t.me", Network::Telegram),
    ("telegram.me", Network::Telegram),
    ("vk.com", Network::Vk),
    ("vk.ru", Network::Vk),
    ("m.vk.com", Network::Vk),
    ("wa.me", Network::WhatsApp),
    ("instagram.com", Network::Instagram),
    ("facebook.com", Network::Facebook),
    ("vk.me", Network::Vk),
    ("telegram.dog", Network::Telegram),
    ("api.whatsapp.com", Network::WhatsApp),
    ("m.facebook.com", Network::Facebook),
    ("fb.com", Network::Facebook),
    ("m.me", Network::Facebook),
];

/// How many of [`HOSTS`] are usual enough to be searched.
const USUAL: usize = 8;

/// Schemes of links into an app, with the parameter that has the name.
const SCHEMES: &[(&str, Network, &str)] = &[
    ("tg://resolve", Network::Telegram, "domain"),
    ("whatsapp://send", Network::WhatsApp, "phone"),
    ("viber://chat", Network::Viber, "number"),
    ("viber://add", Network::Viber, "number"),
];

/// A name, and the messenger if the text tells it.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    network: Option<Network>,
    name: String,
}

/// Longer texts are compared as they are.
const LONGEST: usize = 500;

fn read(text: &str) -> Name {
    let text = text.trim().to_lowercase();
    let (network, name) = if text.len() > LONGEST {
        (None, text.as_str())
    } else {
        linked(&text)
    };
    let name = name.trim().trim_start_matches('@').trim_end_matches('/');
    let phone = phone(name, network).map(|phone| phone.as_str().to_owned());
    Name {
        network,
        name: phone.unwrap_or_else(|| name.to_owned()),
    }
}

/// Returns the messenger of a link, and the name in it; of another text, the text.
fn linked(text: &str) -> (Option<Network>, &str) {
    for (start, network, parameter) in SCHEMES {
        if let Some(rest) = text.strip_prefix(start)
            && let Some(name) = self::parameter(rest, parameter)
        {
            return (Some(*network), name);
        }
    }
    if let Some(rest) = text.strip_prefix("skype:") {
        return (Some(Network::Skype), before(rest));
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let Some((host, path)) = rest.split_once('/') else {
        return (None, text);
    };
    let Some((_, network)) = HOSTS.iter().find(|(known, _)| *known == host) else {
        return (None, text);
    };
    let name = match network {
        Network::WhatsApp => parameter(path, "phone").unwrap_or(before(path)),
        // the preview of a channel
        Network::Telegram => {
            let preview = path.strip_prefix("s/").filter(|rest| !rest.is_empty());
            before(preview.unwrap_or(path))
        }
        _ => before(path),
    };
    if name.trim_matches(['@', '/', '+']).is_empty() {
        return (None, text);
    }
    (Some(*network), name)
}

/// Returns what is before the query and the fragment.
fn before(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or(path)
}

fn parameter<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, query) = text.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, value)| *key == name && !value.is_empty());
    let (_, value) = values.next()?;
    Some(value.strip_prefix("%2b").unwrap_or(value))
}

/// Returns the phone that a name is. Links into messengers for phones have the country code, often
/// without its plus.
fn phone(name: &str, network: Option<Network>) -> Option<Phone> {
    let is_sign =
        |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '\u{a0}');
    let count = name.bytes().filter(u8::is_ascii_digit).count();
    if !(10..=15).contains(&count) || !name.chars().all(is_sign) {
        return None;
    }
    let is_bare = name.starts_with(|c: char| c.is_ascii_digit());
    let is_international = matches!(network, Some(Network::WhatsApp | Network::Viber)) && is_bare;
    let with_plus = is_international.then(|| Phone::parse(&format!("+{name}")));
    with_plus.flatten().or_else(|| Phone::parse(name))
}

/// Returns whether two texts mean the same name. Links to two messengers do not.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (read(one), read(other));
    one.name == other.name
        && (one.network == other.network || one.network.is_none() || other.network.is_none())
}

/// Returns the bare name.
pub(super) fn name(text: &str) -> String {
    read(text).name
}

/// Returns the CRM's word for a messenger as a network.
fn network(word: &str) -> Option<Network> {
    Some(match word {
        "TELEGRAM" => Network::Telegram,
        "VK" => Network::Vk,
        "WHATSAPP" => Network::WhatsApp,
        "VIBER" => Network::Viber,
        "INSTAGRAM" => Network::Instagram,
        "FACEBOOK" => Network::Facebook,
        "SKYPE" => Network::Skype,
        _ => return None,
    })
}

/// Returns the usual spellings of a name; none if the text is more than a name.
pub(super) fn spellings(text: &str, word: Option<&str>) -> Vec<String> {
    let read = read(text);
    let of = read.network.or_else(|| network(word?));
    let name = &read.name;
    if phone(name, None).is_some() {
        return phone_spellings(name, of);
    }
    let is_more = |c: char| c.is_whitespace() || matches!(c, '/' | ':' | '?' | '#');
    let is_name = name.contains(char::is_alphanumeric) && !name.contains(is_more);
    if !is_name || name.len() > LONGEST {
        return Vec::new();
    }
    let mut all = vec![name.clone(), format!("@{name}")];
    for (host, network) in HOSTS.iter().take(USUAL) {
        let is_first = matches!(*host, "t.me" | "vk.com" | "instagram.com" | "facebook.com");
        // a bare name may be one of any messenger: only the usual links
        let is_asked = of.map_or(is_first, |of| of == *network);
        if is_asked {
            all.extend(links(host, name));
            all.extend(of.map(|_| format!("http://{host}/{name}")));
        }
    }
    if of == Some(Network::Skype) {
        all.push(format!("skype:{name}"));
    }
    all
}

/// Returns the usual links to a name.
fn links(host: &str, name: &str) -> Vec<String> {
    let mut all = vec![format!("https://{host}/{name}"), format!("{host}/{name}")];
    if matches!(host, "instagram.com" | "facebook.com") {
        all.push(format!("https://www.{host}/{name}"));
        all.push(format!("https://www.{host}/{name}/"));
    } else {
        all.push(format!("https://{host}/{name}/"));
    }
    all
}

/// Returns the ten digits of a Russian number as people type them.
fn typed(national: &str) -> Vec<String> {
    let part = |from: usize, to: usize| national.get(from..to).unwrap_or_default();
    let (code, rest) = (part(0, 3), [part(3, 6), part(6, 8), part(8, 10)]);
    let (dashes, spaces) = (rest.join("-"), rest.join(" "));
    ["+7", "8"]
        .into_iter()
        .flat_map(|start| {
            [
                format!("{start} ({code}) {dashes}"),
                format!("{start} {code} {dashes}"),
                format!("{start} {code} {spaces}"),
                format!("{start}-{code}-{dashes}"),
            ]
        })
        .collect()
}

/// Returns the usual spellings of a phone that is the name in a messenger.
fn phone_spellings(number: &str, of: Option<Network>) -> Vec<String> {
    let bare = number.trim_start_matches('+');
    let mut all = vec![number.to_owned(), bare.to_owned()];
    if let Some(national) = number.strip_prefix("+7") {
        all.push(format!("8{national}"));
        all.push(national.to_owned());
        all.extend(typed(national));
    }
    match of {
        Some(Network::Telegram) => {
            all.extend([format!("https://t.me/{number}"), format!("t.me/{number}")]);
        }
        Some(Network::Viber) => all.push(format!("viber://chat?number=%2B{bare}")),
        Some(Network::WhatsApp) | None => all.extend([
            format!("https://wa.me/{bare}"),
            format!("wa.me/{bare}"),
            format!("http://wa.me/{bare}"),
            format!("https://wa.me/{bare}/"),
            format!("https://api.whatsapp.com/send?phone={bare}"),
        ]),
        Some(Network::Vk | Network::Instagram | Network::Facebook | Network::Skype) => {}
    }
    // digits without a plus may be a number of another country
    all.retain(|text| read(text).name == number);
    all
}
