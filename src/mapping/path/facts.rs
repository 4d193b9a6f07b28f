//! `$request.address`, `$poll.language`, `$channel.name`: what a submission tells apart from its
//! body. The details of its source have these facts.

use serde_json::{Map, Value};

use super::{BadPath, Packet, Path, PathKind, PathMatch, PathStep, simple};
use crate::authoring::suggest;
use crate::domain::{Bilingual, ChannelFacts, PollFacts, RequestFacts, bilingual};

/// Facts with a common beginning.
#[derive(Debug)]
pub(crate) struct FactRoot {
    /// The beginning of a path, and behind the `$` the name in the details.
    mark: &'static str,
    /// The facts.
    names: &'static [&'static str],
}

/// What a request told.
static REQUEST: FactRoot = FactRoot {
    mark: "$request",
    names: &RequestFacts::NAMES,
};
/// What is known about the poll of an answer.
static POLL: FactRoot = FactRoot {
    mark: "$poll",
    names: &PollFacts::NAMES,
};
static ROOTS: [&FactRoot; 3] = [
    &REQUEST,
    &POLL,
    &FactRoot {
        mark: "$channel",
        names: &ChannelFacts::NAMES,
    },
];

/// Where a test finds the body, with the facts beside it.
const BODY: &str = "$body";

/// A fact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fact {
    root: &'static FactRoot,
    name: &'static str,
}

impl Fact {
    /// Returns whether the request told it.
    pub(crate) fn is_of_request(self) -> bool {
        self.root.mark == REQUEST.mark
    }

    /// Returns whether it is about the poll of an answer.
    pub(crate) fn is_of_poll(self) -> bool {
        self.root.mark == POLL.mark
    }

    /// Returns the message about hooks of amoCRM, which have no such facts, and what to do.
    pub(crate) fn not_in_hooks(self) -> (Bilingual, Bilingual) {
        let mark = self.root.mark;
        (
            bilingual!(
                "hooks of amoCRM have no `{mark}`",
                "у хуков amoCRM нет `{mark}`"
            ),
            bilingual!(
                "the event and the account are in the packet: `$.hook.event`, `$.hook.account`",
                "событие и аккаунт есть в самом пакете: `$.hook.event`, `$.hook.account`"
            ),
        )
    }

    /// Returns the message about submissions that do not have it, and what to do.
    pub(crate) fn not_here(self) -> (Bilingual, Bilingual) {
        let mark = self.root.mark;
        if self.is_of_poll() {
            return (
                bilingual!(
                    "requests to channels have no `{mark}`",
                    "у заявок каналов нет `{mark}`"
                ),
                bilingual!(
                    "only answers of polls have it: remove it",
                    "он есть только у ответов опросов: уберите его"
                ),
            );
        }
        (
            bilingual!(
                "answers of polls have no `{mark}`",
                "у ответов опросов нет `{mark}`"
            ),
            bilingual!(
                "only requests to channels have it: remove it",
                "он есть только у заявок каналов: уберите его"
            ),
        )
    }
}

/// Parses a path to a fact; `None` for any other path.
pub(super) fn parse(text: &str) -> Option<Result<Path, BadPath>> {
    let (root, rest) = ROOTS.iter().find_map(|root| {
        let rest = text.strip_prefix(root.mark)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some((*root, rest))
    })?;
    let steps = simple::parse(&format!("${rest}")).unwrap_or_default();
    let found = match steps.as_slice() {
        [PathStep::Name(name)] => root.names.iter().find(|known| *known == name),
        _ => None,
    };
    let mark = root.mark;
    Some(match found {
        Some(name) => Ok(Path {
            canonical: format!("{mark}.{name}").into(),
            kind: PathKind::Fact(Fact { root, name }),
            alone: None,
        }),
        None => Err(unknown(text, root, rest)),
    })
}

fn unknown(text: &str, root: &FactRoot, rest: &str) -> BadPath {
    let name = rest.trim_start_matches(['.', '[']);
    let mark = root.mark;
    let known = root.names.join(", ");
    // postPoll says `poll_name`
    let short = name.strip_prefix("poll_").unwrap_or(name);
    let lower = short.to_lowercase();
    let last = lower
        .rsplit(['.', '[', ']', '\'', '"'])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    let inside = [
        "body", "query", "params", "form", "post", "get", "data", "json",
    ]
    .iter()
    .find_map(|part| name.strip_prefix(part)?.strip_prefix('.'));
    let meant = other_name(last).filter(|meant| root.names.contains(meant));
    let near = || suggest::nearest(short, root.names.iter().copied());
    let advice = match meant.or_else(near) {
        _ if inside.is_some() && mark == REQUEST.mark => {
            let inside = inside.unwrap_or_default();
            bilingual!("write `$.{inside}`", "напишите `$.{inside}`")
        }
        Some(near) => suggest::meant(&format!("{mark}.{near}")),
        None => bilingual!("write one of {known}", "напишите одно из: {known}"),
    };
    let message = if mark == REQUEST.mark {
        bilingual!(
            "a request does not tell `{rest}`",
            "запрос не сообщает `{rest}`"
        )
    } else {
        bilingual!("`{mark}` has no `{rest}`", "у `{mark}` нет `{rest}`")
    };
    BadPath::whole(text, message, advice)
}

/// Returns what others call differently: `ip` is the address of the sender.
pub(crate) fn other_name(lower: &str) -> Option<&'static str> {
    Some(match lower {
        "ip" | "ip_address" | "remote_addr" | "client_ip" | "x-real-ip" | "x-forwarded-for" => {
            "address"
        }
        "url" | "page" | "referrer" | "href" | "link" => "referer",
        "agent" | "useragent" | "browser" | "ua" | "user-agent" => "user_agent",
        "date" | "datetime" | "received_at" | "timestamp" => "time",
        "lang" | "locale" | "accept-language" => "language",
        "title" => "name",
        _ => return None,
    })
}

/// Returns the value of a fact.
pub(super) fn find<'v>(path: &'v Path, fact: Fact, packet: &'v Packet<'_>) -> Vec<PathMatch<'v>> {
    let found = packet.fact(in_details(fact.root), fact.name);
    let found = found.map(|value| PathMatch {
        value,
        place: path.canonical.clone(),
        in_text: false,
        moment: None,
    });
    found.into_iter().collect()
}

/// Returns the name of these facts in the details.
fn in_details(root: &FactRoot) -> &'static str {
    root.mark.trim_start_matches('$')
}

/// A test with facts, which RFC 9535 does not know, rewritten for [`with_facts`].
pub(super) struct Rewritten {
    pub(super) test: String,
    /// Whether it uses what the request told.
    pub(super) asks_request: bool,
}

/// Rewrites a test: facts become members, and `$` the member with the body. Returns `None` if the
/// test has no facts.
pub(super) fn rewritten(test: &str) -> Result<Option<Rewritten>, BadPath> {
    let (mut quote, mut members, mut rest) = (None, String::new(), test);
    let (mut has_facts, mut asks_request) = (false, false);
    while let Some(letter) = rest.chars().next() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if letter == '$' => {
                let root = root_at(rest);
                if let Some((root, after)) = root {
                    let at = test.len() - rest.len();
                    check(test, at, root, after)?;
                    has_facts = true;
                    asks_request |= root.mark == REQUEST.mark;
                }
                let member = root.map_or(BODY, |(root, _)| root.mark);
                members.extend(["$['", member, "']"]);
                rest = root.map_or_else(|| rest.get(1..).unwrap_or_default(), |(_, after)| after);
                continue;
            }
            Some(_) | None => {}
        }
        members.push(letter);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    Ok(has_facts.then_some(Rewritten {
        test: members,
        asks_request,
    }))
}

/// Returns the facts that begin at the `$` of a text, and what follows their mark.
fn root_at(text: &str) -> Option<(&'static FactRoot, &str)> {
    ROOTS.iter().find_map(|root| {
        let after = text.strip_prefix(root.mark)?;
        after.starts_with(['.', '[']).then_some((*root, after))
    })
}

/// Checks the name of a fact in a test, at this byte.
fn check(test: &str, at: usize, root: &FactRoot, after: &str) -> Result<(), BadPath> {
    let name = after.trim_start_matches(['.', '[', '\'', '"']);
    let lead = after.len() - name.len();
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let end = name.find(|letter| !is_part(letter)).unwrap_or(name.len());
    let known = name.get(..end).unwrap_or_default();
    if root.names.contains(&known) {
        return Ok(());
    }
    let rest = after.get(..lead + end).unwrap_or_default();
    let mut bad = unknown(test, root, rest);
    bad.offset = test.get(..at).map_or(0, |before| before.chars().count());
    bad.length = root.mark.len() + rest.chars().count();
    Err(bad)
}

/// Returns what a rewritten test is applied to.
pub(super) fn with_facts(packet: &Packet<'_>) -> Value {
    let mut members = Map::new();
    members.insert(BODY.to_owned(), packet.body().clone());
    for root in ROOTS {
        if let Some(facts) = packet.facts(in_details(root)) {
            members.insert(root.mark.to_owned(), facts.clone());
        }
    }
    Value::Object(members)
}
