//! A first profile from packets that no profile took.

use serde_json::Value;

use super::{EditProblem, ProfileEditor};
use crate::author_tools::{self, DraftOptions};
use crate::authoring::{AMOCRM, POLLS, SourceWords};
use crate::domain::{Bilingual, Lang, Source, SourceKind, SourceKinds, State, bilingual};
use crate::journal::{Filter, Found, Journal, SourceFilter, StoreError};
use crate::mapping::ProfileSet;

/// The most packets; more do not improve a draft.
const MOST: usize = 200;
/// The most entries of the journal that are searched for packets, per state.
const LOOKED: usize = 20_000;
/// Entries per page.
const PAGE: usize = 500;
/// The most submissions of a state of which the sources are listed.
const LISTED: usize = 1_000;
/// The states of submissions that no profile took.
const STATES: [State; 3] = [State::Captured, State::Rejected, State::Parked];

/// An address from which packets come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSource {
    /// The name of the source: `polls`.
    pub source: String,
    /// The address: `123`.
    pub address: String,
}

/// A drafted profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafted {
    /// A name for its file that is free.
    pub file: String,
    /// The text.
    pub text: String,
    /// How many packets it was made of.
    pub packets: usize,
}

impl DraftSource {
    /// Parses `polls/123`.
    pub fn parse(written: &str) -> Option<Self> {
        let (source, address) = written.split_once('/')?;
        SourceWords::of(source)?;
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if address.is_empty() || address.len() > 100 || !address.chars().all(is_plain) {
            return None;
        }
        Some(Self {
            source: source.to_owned(),
            address: address.to_owned(),
        })
    }

    fn filter(&self) -> SourceFilter {
        SourceFilter {
            name: self.source.clone(),
            address: Some(self.address.clone()),
        }
    }

    /// Returns its name for people.
    pub fn label(&self, kinds: &SourceKinds, lang: Lang) -> String {
        let kind = kinds.get(&self.source);
        kind.map_or_else(
            || format!("{}/{}", self.source, self.address),
            |kind| kind.address_label(&self.address, lang),
        )
    }

    /// Returns a file name for it, without extension.
    fn stem(&self) -> String {
        let kind = SourceWords::of(&self.source).map_or(&*self.source, |words| words.one);
        format!("{kind}-{}", self.address.replace('.', "-"))
    }
}

/// Returns the newest packets of an address that no profile took, then those that the default
/// profile took, and how many these are. `default` is the file of that profile. Blocks the thread.
pub fn packets_of(
    journal: &Journal,
    sources: &SourceKinds,
    of: &SourceFilter,
    default: Option<&str>,
) -> Result<(Vec<Value>, usize), StoreError> {
    let mut packets = Vec::new();
    let of_states = STATES.into_iter().map(|state| Filter {
        state: Some(state),
        ..Filter::default()
    });
    let of_default = default.map(|file| Filter {
        profile: Some(file.to_owned()),
        state: Some(State::Delivered),
        ..Filter::default()
    });
    let mut others = 0;
    for filter in of_states.chain(of_default) {
        let is_default = filter.profile.is_some();
        let before = packets.len();
        let mut filter = Filter {
            source: Some(of.clone()),
            ..filter
        };
        let mut looked = 0;
        while looked < LOOKED && packets.len() < MOST {
            let page = journal.list(&filter, PAGE)?;
            let Some(last) = page.last() else { break };
            filter.before = Some(last.cursor());
            looked += page.len();
            for entry in &page {
                if packets.len() >= MOST {
                    break;
                }
                if let Found::One(history) = journal.show(&entry.id.to_string())? {
                    // an erased body, or one that cannot be decoded, is of no use
                    packets.extend(sources.decode(&entry.source, &history.raw));
                }
            }
        }
        if is_default {
            others = packets.len() - before;
        }
    }
    Ok((packets, others))
}

/// Begins a name with a capital, unless it is a proper name such as amoCRM.
pub fn capitalised(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    if word.chars().any(char::is_uppercase) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl ProfileEditor {
    /// Lists the addresses of which no profile took submissions, with their number.
    pub async fn draft_sources(
        &self,
        journal: &Journal,
    ) -> Result<Vec<(DraftSource, usize)>, EditProblem> {
        let journal = journal.clone();
        let listed = self.on_disk(move |_| {
            let mut listed = Vec::new();
            for state in [State::Captured, State::Rejected] {
                let filter = Filter {
                    state: Some(state),
                    ..Filter::default()
                };
                listed.extend(journal.list(&filter, LISTED)?);
            }
            Ok::<_, StoreError>(listed)
        });
        let mut found: Vec<(DraftSource, usize)> = Vec::new();
        for entry in listed.await?? {
            // one that a profile rejected needs no other
            if entry.profile.is_some() {
                continue;
            }
            let source = DraftSource {
                source: entry.source.name().to_owned(),
                address: entry.source.address().to_owned(),
            };
            match found.iter_mut().find(|(known, _)| *known == source) {
                Some((_, count)) => *count += 1,
                None => found.push((source, 1)),
            }
        }
        Ok(found)
    }

    /// Drafts a profile for an address: from a packet that was given, or from those in the journal.
    pub async fn draft(
        &self,
        source: &DraftSource,
        pasted: Option<&str>,
        (journal, sources, lang): (&Journal, &SourceKinds, Lang),
    ) -> Result<Drafted, EditProblem> {
        let set = self.profiles.current();
        let mut profiles = set.profiles().iter();
        let default = profiles
            .find(|profile| profile.is_active() && profile.takes_others(&source.source))
            .cloned();
        let (packets, by_default) = if let Some(pasted) = pasted {
            (pasted_packets(source, pasted, sources)?, 0)
        } else {
            let (journal, sources) = (journal.clone(), sources.clone());
            let filter = source.filter();
            let file = default
                .as_ref()
                .map(|profile| profile.reference().file.clone());
            self.on_disk(move |_| packets_of(&journal, &sources, &filter, file.as_deref()))
                .await??
        };
        if packets.is_empty() {
            return Err(EditProblem::NoPackets(bilingual!(
                "no submission of this source waits for a profile: paste a packet, or send one first",
                "у этого источника нет обращений без профиля: вставьте пакет или сначала пришлите его"
            )));
        }
        let count = packets.len();
        let wanted = DraftOptions {
            receive: SourceWords::of(&source.source)
                .map_or_else(String::new, |words| words.receive(&source.address)),
            name: self.name_of(source, sources, lang).await?,
            by_default: default
                .filter(|_| by_default > 0)
                .map(|profile| (by_default, profile.file().to_owned())),
            lang,
            reads_contacts: source.source == AMOCRM
                && (self.can_ask)(&self.settings, &source.address),
        };
        let text = self
            .on_disk(move |_| author_tools::draft(&wanted, &packets))
            .await?;
        let stem = source.stem();
        let file = self.on_disk(move |profiles| {
            let mut names = (1..100).map(|number| match number {
                1 => format!("{stem}.yaml"),
                number => format!("{stem}-{number}.yaml"),
            });
            let is_free = |name: &String| profiles.text_of(name).is_ok_and(|text| text.is_none());
            names.find(is_free).unwrap_or_default()
        });
        Ok(Drafted {
            file: file.await?,
            text,
            packets: count,
        })
    }

    /// Returns a name for the profile that no other has.
    async fn name_of(
        &self,
        source: &DraftSource,
        sources: &SourceKinds,
        lang: Lang,
    ) -> Result<String, EditProblem> {
        let (store, address) = (self.store.clone(), source.address.clone());
        let is_poll = source.source == POLLS;
        let title = self.on_disk(move |_| {
            let (polls, _) = store.polls().ok().filter(|_| is_poll)?;
            let mut polls = polls.into_iter();
            polls.find(|poll| poll.id.to_string() == address)?.name
        });
        let label = source.label(sources, lang);
        let name = title.await?.unwrap_or_else(|| capitalised(&label));
        Ok(free_name(name, &label, &self.profiles.current()))
    }
}

/// Returns a name that no profile has yet: with the label of its address if the name is taken.
pub fn free_name(name: String, label: &str, set: &ProfileSet) -> String {
    let is_taken = set.profiles().iter().any(|profile| profile.name() == name);
    if !is_taken {
        name
    } else if name.to_lowercase() == label.to_lowercase() {
        format!("{name} 2")
    } else {
        format!("{name} ({label})")
    }
}

/// Decodes a packet that a person pasted, as the gateway decodes a request to the address.
fn pasted_packets(
    source: &DraftSource,
    pasted: &str,
    sources: &SourceKinds,
) -> Result<Vec<Value>, EditProblem> {
    let kind = sources.get(&source.source);
    let of = Source::new(kind.map_or(POLLS, SourceKind::name), &source.address, "");
    let read = serde_json::from_str(pasted).ok();
    let read = read.or_else(|| sources.decode(&of, pasted.as_bytes()).ok());
    let packet = read.ok_or_else(|| {
        let why = Bilingual::new(
            "the packet cannot be read: paste it as it came, JSON or a form",
            "пакет не читается: вставьте его как он пришёл — JSON или форму",
        );
        EditProblem::NoPackets(why.into())
    })?;
    Ok(vec![packet])
}
