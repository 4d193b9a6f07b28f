//! Parses the text into settings, or into all its mistakes.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::HashMap;
use std::sync::Arc;

use ipnet::IpNet;

use super::{Channel, Pages, Preset, Unreadable, guard, kept_guards, limits, reply, shape};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, SourceText};
use crate::authoring::raw::block::Block;
use crate::authoring::reader::Reader;
use crate::authoring::secrets;
use crate::authoring::suggest;
use crate::authoring::yaml::{self, Node, Text};
use crate::authoring::yaml_error;
use crate::authoring::{ProfileFile, channel_name, without_mark};
use crate::domain::body::Separator;
use crate::domain::{Bilingual, ChannelName, bilingual};
use crate::mapping::compile;
use crate::mapping::path::Path;

/// The methods that a channel can accept.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Maximum length of a title in characters; longer ones are cut.
const LONGEST_TITLE: usize = 100;

pub(super) fn read(
    file: &ProfileFile,
    pages: &Pages,
    problems: &mut Problems,
) -> Option<HashMap<ChannelName, Arc<Channel>>> {
    let source = SourceText::new(&file.name, without_mark(file, problems)?);
    of_text(&source, pages, &mut Reader::new(problems))
}

/// Reads a text. The schema for editors uses this too.
pub(crate) fn of_text(
    source: &SourceText,
    pages: &Pages,
    reader: &mut Reader<'_>,
) -> Option<HashMap<ChannelName, Arc<Channel>>> {
    let found = secrets::find(source);
    let mut hidden: Vec<String> = found.iter().map(|found| found.text.clone()).collect();
    let node = match yaml::read(source) {
        Ok(node) => node,
        Err(error) => {
            hidden.extend(guard::unreadable(source.text()));
            source.hide(hidden);
            secrets::warn(&found, reader.problems);
            reader.problems.push(yaml_error::explain(&error, source));
            return None;
        }
    };
    let mut written = Vec::new();
    guard::written_out(&node, &mut written);
    // a text in the place of a secret is reported as a separate error
    let others = found
        .iter()
        .filter(|found| !written.iter().any(|text| text.contains(&found.text)));
    hidden.extend(written.iter().cloned());
    source.hide(hidden);
    secrets::warn(others, reader.problems);
    if !shape::is_by_name(&node, reader) {
        return None;
    }
    let block = Block::open(node, source.name(), reader)?;
    let channels = block.into_entries().into_iter().filter_map(|(key, node)| {
        let name = channel_name(&key, reader.problems)?;
        let mut channel = channel(&name, node, pages, reader)?;
        channel.place = Some(key.place);
        Some((name, Arc::new(channel)))
    });
    Some(channels.collect())
}

fn channel(
    name: &ChannelName,
    node: Node,
    pages: &Pages,
    reader: &mut Reader<'_>,
) -> Option<Channel> {
    let about = name.as_str();
    let mut block = Block::open(node, about, reader)?;
    let is_blank = block.is_empty();
    let title = block.text("name", reader).map(|text| text.value);
    let presets = [("plain", Preset::Plain), ("tilda", Preset::Tilda)];
    let mut channel = Channel {
        title: title.map_or_else(String::new, |title| {
            let title = title.trim();
            title.chars().take(LONGEST_TITLE).collect()
        }),
        preset: block
            .word("preset", &presets, reader)
            .map_or(Preset::Plain, |word| word.value),
        methods: listed(block.texts("methods", reader), reader.problems, method),
        addresses: listed(block.texts("addresses", reader), reader.problems, network),
        origins: listed(block.texts("cors", reader), reader.problems, origin),
        is_blank,
        ..Channel::default()
    };
    let inner = |key: &str| format!("{about}.{key}");
    channel.token = block
        .node("token")
        .and_then(|node| guard::token(&inner("token"), node, reader));
    channel.basic = block
        .node("basic")
        .and_then(|node| guard::basic(&inner("basic"), node, reader));
    channel.hmac = block
        .node("hmac")
        .and_then(|node| guard::hmac(&inner("hmac"), node, reader));
    channel.says_guards = kept_guards::said(about, &mut block, &channel, reader);
    requests(about, &mut block, &mut channel, reader);
    if let Some(node) = block.node("reply") {
        replies(&inner("reply"), node, &mut channel, pages, reader);
    }
    let place = block.place.clone();
    block.close(reader);
    if channel.token.is_some() && channel.basic.is_some() && channel.token_is_bearer() {
        let message = bilingual!(
            "`{about}` requires both a bearer token and a password",
            "`{about}` требует и ключ bearer, и пароль"
        );
        let advice = bilingual!(
            "a request has only one `Authorization` header: choose one of them",
            "в запросе только один заголовок `Authorization`: выберите что-то одно"
        );
        reader.error(Code::WrongPlace, &place, message, advice);
    }
    Some(channel)
}

/// Reads what the block says about requests: their number, size and content.
fn requests(about: &str, block: &mut Block, channel: &mut Channel, reader: &mut Reader<'_>) {
    let inner = |key: &str| format!("{about}.{key}");
    let rate = block.text("rate", reader);
    channel.rate = rate.and_then(|text| limits::rate(&inner("rate"), &text, reader.problems));
    let rate = block.text("rate_per_address", reader);
    channel.address_rate =
        rate.and_then(|text| limits::rate(&inner("rate_per_address"), &text, reader.problems));
    let limit = block.text("body_limit", reader);
    channel.body_limit =
        limit.and_then(|text| limits::size(&inner("body_limit"), &text, reader.problems));
    let once = block.text("once_per", reader);
    channel.once_per =
        once.and_then(|text| limits::window(&inner("once_per"), &text, reader.problems));
    let files = block.word("files", &[("keep", true), ("drop", false)], reader);
    channel.keeps_files = files.is_some_and(|word| word.value);
    let words = [("keep", Unreadable::Keep), ("drop", Unreadable::Drop)];
    let unreadable = block.word("unreadable", &words, reader);
    channel.unreadable = unreadable.map(|word| word.value).unwrap_or_default();
    channel.each = block
        .text("each", reader)
        .and_then(|text| each(&text, reader.problems));
    channel.separator = block
        .node("csv")
        .and_then(|node| csv(&inner("csv"), node, reader));
}

/// Reads how the CSV of the channel is written.
fn csv(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Separator> {
    let mut block = Block::open(node, about, reader)?;
    let separator = block.word("separator", &Separator::WORDS, reader);
    block.close(reader);
    separator.map(|word| word.value)
}

/// Reads the path of the submissions; one that names a list means its elements.
fn each(text: &Text, problems: &mut Problems) -> Option<Path> {
    if not_a_path(text, problems) {
        return None;
    }
    let path = path(text, problems)?;
    if path.ends_in_a_name() {
        let written = text.value.trim();
        let message = bilingual!(
            "`each: {written}` names a list itself, not its elements",
            "`each: {written}` указывает на сам список, а не на его элементы"
        );
        let root = if written.starts_with('$') { "" } else { "$." };
        let advice = bilingual!(
            "write `each: {root}{written}[*]`; a list of blocks there is split as if that stood here",
            "напишите `each: {root}{written}[*]`; список блоков шлюз разделит и так"
        );
        let place = text.part(0, text.value.chars().count());
        problems.warn(Code::BadPath, &place, message, advice);
    }
    Some(path)
}

/// `each: true`, `each: все`.
fn not_a_path(text: &Text, problems: &mut Problems) -> bool {
    let word = text.value.trim();
    let lower = word.to_lowercase();
    let is_no_path = matches!(
        lower.as_str(),
        "true"
            | "yes"
            | "on"
            | "да"
            | "все"
            | "всё"
            | "all"
            | "any"
            | "*"
            | "каждый"
            | "каждая"
            | "1"
    );
    let is_off = matches!(
        lower.as_str(),
        "false" | "no" | "off" | "нет" | "none" | "0"
    );
    if !is_no_path && !is_off {
        return false;
    }
    let message = bilingual!(
        "`each` is the path of the list, and `{word}` is none",
        "`each` — путь списка, а `{word}` — не путь"
    );
    let advice = if is_off {
        bilingual!("remove `each`", "уберите `each`")
    } else {
        bilingual!(
            "write `each: $.orders[*]` with the name of your list; `each: $[*]` if the whole packet is a list",
            "напишите `each: $.orders[*]` с именем вашего списка; `each: $[*]`, если списком пришёл весь пакет"
        )
    };
    problems.error(Code::BadPath, &text.place, message, advice);
    true
}

impl Channel {
    fn token_is_bearer(&self) -> bool {
        self.token
            .as_ref()
            .is_some_and(|token| token.carrier == guard::Carrier::Bearer)
    }
}

fn replies(about: &str, node: Node, channel: &mut Channel, pages: &Pages, reader: &mut Reader<'_>) {
    let Some(mut block) = Block::open(node, about, reader) else {
        return;
    };
    let inner = |key: &str| format!("{about}.{key}");
    let wait = block.text("time_limit", reader);
    channel.wait =
        wait.and_then(|text| limits::patience(&inner("time_limit"), &text, reader.problems));
    let answer =
        |key: &str, node, reader: &mut Reader<'_>| reply::answer(&inner(key), node, pages, reader);
    channel.accepted = block
        .node("accepted")
        .and_then(|node| answer("accepted", node, reader));
    channel.refused = block
        .node("refused")
        .and_then(|node| answer("refused", node, reader));
    block.close(reader);
}

fn listed<T>(
    texts: Option<Vec<Text>>,
    problems: &mut Problems,
    read: fn(&Text, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let texts = texts.unwrap_or_default();
    texts
        .iter()
        .filter_map(|text| read(text, problems))
        .collect()
}

fn method(text: &Text, problems: &mut Problems) -> Option<String> {
    let upper = text.value.to_ascii_uppercase();
    if METHODS.contains(&upper.as_str()) {
        return Some(upper);
    }
    let written = &text.value;
    let message = bilingual!(
        "`{written}` is not a method that a channel can accept",
        "`{written}` — не метод, который может принимать канал"
    );
    let parts: Vec<&str> = upper
        .split([',', ';', '/', '|', '+', '&', ' '])
        .filter(|part| !matches!(*part, "" | "И" | "ИЛИ" | "AND" | "OR"))
        .collect();
    let advice = if parts.len() > 1 && parts.iter().all(|part| METHODS.contains(part)) {
        let list = parts.join(", ");
        bilingual!(
            "several methods are a list: `[{list}]`",
            "несколько методов пишут списком: `[{list}]`"
        )
    } else if matches!(upper.as_str(), "ANY" | "ALL" | "*" | "ЛЮБОЙ" | "ВСЕ") {
        bilingual!(
            "remove `methods`, or name them in a list: `[GET, POST]`",
            "уберите `methods` или назовите методы списком: `[GET, POST]`"
        )
    } else {
        suggest::did_you_mean(&upper, &METHODS)
    };
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// `any`, `203.0.113.*`, `203.0.113.0/255.255.255.0`, `shop.example`: networks in other notations.
fn other_network(written: &str) -> Option<Bilingual> {
    let lower = written.to_lowercase();
    if matches!(
        lower.as_str(),
        "any" | "all" | "*" | "none" | "все" | "любые" | "любой" | "нет"
    ) {
        return Some(bilingual!(
            "remove `addresses`: without it everybody may send",
            "уберите `addresses`: без него слать могут все"
        ));
    }
    let stars = written.matches(".*").count();
    let masked = written
        .split_once('/')
        .and_then(|(address, mask)| Some((address, mask.parse::<Ipv4Addr>().ok()?)));
    let net = if let Some((address, mask)) = masked {
        let mask = u32::from(mask);
        (mask.leading_ones() + mask.trailing_zeros() == 32)
            .then(|| format!("{address}/{}", mask.leading_ones()))
    } else if stars > 0 {
        let bits = 32_usize.checked_sub(8 * stars)?;
        Some(format!("{}/{bits}", written.replace('*', "0")))
    } else {
        None
    };
    if let Some(net) = net.filter(|net| net.parse::<IpNet>().is_ok()) {
        return Some(bilingual!("write `{net}`", "напишите `{net}`"));
    }
    if let Some((from, to)) = written.split_once('-')
        && from.trim().parse::<Ipv4Addr>().is_ok()
        && to.trim().parse::<Ipv4Addr>().is_ok()
    {
        let from = from.trim();
        return Some(bilingual!(
            "write the range as a network, such as `{from}/24`",
            "диапазон пишут сетью, например `{from}/24`"
        ));
    }
    let is_host = written.contains('.') && written.contains(|c: char| c.is_alphabetic());
    is_host.then(|| {
        bilingual!(
            "a name is no address: write the addresses from which it sends, such as 203.0.113.7, or use a `token`",
            "имя сайта — не адрес: напишите адреса, с которых он шлёт, например 203.0.113.7, или задайте `token`"
        )
    })
}

fn network(text: &Text, problems: &mut Problems) -> Option<IpNet> {
    let written = text.value.trim();
    let bits = if written.contains(':') { 128 } else { 32 };
    let net = written
        .parse()
        .or_else(|_| format!("{written}/{bits}").parse::<IpNet>());
    if let Ok(net) = net {
        return Some(net.trunc());
    }
    let message = bilingual!(
        "`{written}` is neither an address nor a network",
        "`{written}` — не адрес и не сеть"
    );
    let parts: Vec<&str> = suggest::parts(written).collect();
    let is_net = |part: &&str| part.parse::<IpNet>().is_ok() || part.parse::<IpAddr>().is_ok();
    let advice = if parts.len() > 1 && parts.iter().all(is_net) {
        let list = parts.join(", ");
        bilingual!(
            "several addresses are a list: `[{list}]`",
            "несколько адресов пишут списком: `[{list}]`"
        )
    } else if let Some(advice) = other_network(written) {
        advice
    } else {
        bilingual!(
            "write 203.0.113.7 or 203.0.113.0/24",
            "напишите 203.0.113.7 или 203.0.113.0/24"
        )
    };
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// Parses `*`, or a scheme, a host and an optional port.
fn origin(text: &Text, problems: &mut Problems) -> Option<String> {
    let origin = text.value.trim().trim_end_matches('/').to_ascii_lowercase();
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    let good = host.is_some_and(|host| (1..=253).contains(&host.len()) && host.chars().all(plain));
    if good || origin == "*" {
        return Some(origin);
    }
    let written = &text.value;
    let message = bilingual!(
        "`{written}` is not an origin",
        "`{written}` — не адрес сайта"
    );
    let advice = match site(written) {
        Some(right) => bilingual!("write `{right}`", "напишите `{right}`"),
        None => bilingual!(
            "write https://shop.example without a path, in Latin letters, or \"*\" for all",
            "напишите https://shop.example без пути, латинскими буквами, или \"*\" для всех"
        ),
    };
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// Returns the origins that a text means: with a scheme, without a path, in Latin letters; several
/// as a list.
fn site(written: &str) -> Option<String> {
    let parts: Vec<&str> = suggest::parts(written).collect();
    let one = |part: &&str| {
        let lower = part.to_lowercase();
        let (scheme, rest) = lower.split_once("://").unwrap_or(("https", &lower));
        let host = rest.split(['/', '?', '#']).next()?;
        let (name, port) = host.split_once(':').unwrap_or((host, ""));
        if !matches!(scheme, "http" | "https") || !name.contains('.') {
            return None;
        }
        let name = idna::domain_to_ascii_strict(name).ok()?;
        let colon = if port.is_empty() { "" } else { ":" };
        Some(format!("{scheme}://{name}{colon}{port}"))
    };
    let origins = parts.iter().map(one).collect::<Option<Vec<_>>>()?;
    match origins.as_slice() {
        [] => None,
        [origin] => Some(origin.clone()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}

fn path(text: &Text, problems: &mut Problems) -> Option<Path> {
    Path::parse(&text.value)
        .inspect_err(|bad| {
            let place = text.part(bad.offset, bad.length);
            problems.error(
                Code::BadPath,
                &place,
                bad.message.clone(),
                bad.advice.clone(),
            );
        })
        .ok()
        .inspect(|path| {
            if path.can_explode() {
                compile::costly(text, problems);
            }
        })
}
