//! Whose rows are they? Divides the rows of a shared command among its queries, so that each gets
//! exactly what it would have got alone. Where that is not certain, the query is asked again alone.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::commands::Command;
use super::names::field_names;
use super::rows;
use super::share::{Family, Group};
use super::wire::{member, multifield, number};
use crate::crm::company::{CompanyAnswer, CompanyQuery};
use crate::crm::query::{DUPLICATE_LIMIT, PAGE_SIZE, Query, QueryResult, RecordFilter};

/// The end of a number by which a stored text that is not written plainly may still be found.
const TAIL: usize = 6;

/// What a query gets of a shared command.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// The result that it would have got alone.
    Own(Value),
    /// It is not certain which rows are its own, or some may be missing: ask alone.
    Unsure,
}

/// The queries of a list, and the command that each would be alone.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) queries: &'a [Query],
    pub(super) commands: &'a [Command],
    pub(super) originator: &'a str,
}

impl<'a> Asked<'a> {
    pub(super) fn query(&self, of: usize) -> Option<&'a Query> {
        self.queries.get(of)
    }

    pub(super) fn command(&self, of: usize) -> Option<&'a Command> {
        self.commands.get(of)
    }

    /// Returns whether two queries are the same command.
    fn are_same(&self, one: usize, other: usize) -> bool {
        let filter = |of: usize| self.command(of).map(|command| &command.params["filter"]);
        filter(one) == filter(other)
    }
}

/// Returns the owners that a shared command of the duplicate index returned.
pub(super) fn owners(entity: &str, result: &Value) -> BTreeSet<i64> {
    let listed = member(result, entity).map(rows::rows_of);
    let listed = listed.unwrap_or_default();
    listed.into_iter().filter_map(number).collect()
}

/// Returns whether no value can have been cut off: each returns up to twenty owners.
pub(super) fn are_all(owners: &BTreeSet<i64>) -> bool {
    owners.len() < DUPLICATE_LIMIT
}

/// Divides the owners of shared phones or addresses by what the owners' rows hold, as the portal
/// compares it. An owner whose row cannot be read, or that no value explains, makes all unsure.
pub(super) fn of_index(
    group: &Group,
    asked: Asked<'_>,
    owners: &BTreeSet<i64>,
    rows: &HashMap<i64, Value>,
) -> Vec<Part> {
    let Family::Index(entity, channel) = group.family else {
        return vec![Part::Unsure; group.members.len()];
    };
    let mut members: Vec<Member> = group
        .members
        .iter()
        .map(|of| Member::of(asked.command(*of)))
        .collect();
    for id in owners {
        let Some(row) = rows.get(id) else {
            return vec![Part::Unsure; group.members.len()];
        };
        let mut is_explained = false;
        for text in multifield(row, channel) {
            for one in &mut members {
                if one.is_found_by(channel, &text) {
                    one.owners.insert(*id);
                    is_explained = true;
                } else if one.may_be_found_by(&text) {
                    one.is_unsure = true;
                    is_explained = true;
                }
            }
        }
        if !is_explained {
            return vec![Part::Unsure; group.members.len()];
        }
    }
    let part = |member: Member| match (member.is_unsure, member.owners.is_empty()) {
        (true, _) => Part::Unsure,
        // as the portal prints an empty map
        (false, true) => Part::Own(json!([])),
        (false, false) => Part::Own(json!({entity: member.owners})),
    };
    members.into_iter().map(part).collect()
}

/// A value of a shared command of the index.
struct Member {
    /// Its spellings, in lower case, each with its digits.
    spellings: Vec<(String, String)>,
    owners: BTreeSet<i64>,
    is_unsure: bool,
}

impl Member {
    fn of(command: Option<&Command>) -> Self {
        let values = command.and_then(|command| command.params.get("values")?.as_array());
        let texts = values.into_iter().flatten().filter_map(Value::as_str);
        Self {
            spellings: texts
                .map(|text| (text.to_lowercase(), digits(text)))
                .collect(),
            owners: BTreeSet::new(),
            is_unsure: false,
        }
    }

    /// Returns whether the portal finds a stored text by this value for certain.
    fn is_found_by(&self, channel: &str, stored: &str) -> bool {
        if channel == "EMAIL" {
            let stored = stored.trim().to_lowercase();
            return self.spellings.iter().any(|(text, _)| *text == stored);
        }
        let stored = stored.trim();
        let found = digits(stored);
        is_plain(stored)
            && found.len() >= 10
            && (self.spellings.iter())
                .any(|(text, own)| has_one_code((stored, &found), (text, own)))
    }

    /// Returns whether the portal might find a stored text by this value: the text contains the end
    /// of the number, or the address.
    fn may_be_found_by(&self, stored: &str) -> bool {
        let (lower, found) = (stored.to_lowercase(), digits(stored));
        self.spellings.iter().any(|(text, own)| {
            if text.contains('@') {
                return lower.contains(text);
            }
            let tail = own.get(own.len().saturating_sub(TAIL)..).unwrap_or(own);
            tail.is_empty() || found.contains(tail)
        })
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Returns whether a text is one number without an extension: `8 (912) 345-67-89`.
fn is_plain(text: &str) -> bool {
    let text = text.strip_prefix('+').unwrap_or(text);
    text.chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}'))
}

/// Returns whether two plain numbers, each with its digits, have one match code for certain. The
/// portal reads a leading 8 as 7 unless 0, 1 or 2 follows, or a plus precedes.
fn has_one_code((stored, found): (&str, &str), (text, own): (&str, &str)) -> bool {
    let has_plus = stored.starts_with('+');
    if found == own {
        return !own.starts_with('8') || has_plus == text.starts_with('+');
    }
    let trunk = ["80", "81", "82"];
    !has_plus
        && !trunk.iter().any(|start| found.starts_with(start))
        && matches!((found.strip_prefix('8'), text.strip_prefix("+7")), (Some(a), Some(b)) if a == b)
}

/// Divides the rows of a shared list.
pub(super) fn of_list(group: &Group, asked: Asked<'_>, result: &Value) -> Vec<Part> {
    let listed = rows::rows_of(result);
    match group.family {
        Family::Same => return vec![Part::Own(result.clone()); group.members.len()],
        Family::Values => return by_value(group, asked, &listed),
        Family::Index(..) => return vec![Part::Unsure; group.members.len()],
        Family::Ids | Family::MainContact(_) | Family::AnyContact(_) | Family::PastOfContact(_) => {
        }
    }
    let mut places: HashMap<i64, BTreeSet<usize>> = HashMap::new();
    for (place, row) in listed.iter().enumerate() {
        for key in keys(group.family, row) {
            places.entry(key).or_default().insert(place);
        }
    }
    let own = |of: &usize| {
        let claimed = asked.query(*of).map(claimed).unwrap_or_default();
        let mine = claimed.iter().filter_map(|key| places.get(key)).flatten();
        let mine: BTreeSet<usize> = mine.copied().collect();
        Part::Own(narrowed(
            asked.command(*of),
            mine.into_iter().filter_map(|place| listed.get(place)),
        ))
    };
    group.members.iter().map(own).collect()
}

/// Returns how many rows a list has towards the length of a page. A record of several contacts
/// counts once for each: the portal may, too.
pub(super) fn length(family: Family, result: &Value) -> usize {
    let listed = rows::rows_of(result);
    match family {
        Family::AnyContact(_) => listed
            .iter()
            .map(|row| row.get("contactIds").map(rows::rows_of))
            .map(|contacts| contacts.map_or(1, |contacts| contacts.len().max(1)))
            .sum(),
        _ => listed.len(),
    }
}

/// Returns whether rows of a shared list may be missing. Up to fifty ids fill no second page.
pub(super) fn is_cut(family: Family, length: usize) -> bool {
    !matches!(family, Family::Ids | Family::Same) && length >= PAGE_SIZE
}

/// Divides rows by what their field holds. A row that holds the values of several queries was
/// perhaps found by only one of them.
fn by_value(group: &Group, asked: Asked<'_>, listed: &[&Value]) -> Vec<Part> {
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); group.members.len()];
    let mut unsure = BTreeSet::new();
    for (place, row) in listed.iter().enumerate() {
        let alone = json!([row]);
        let holds = |of: &usize| {
            let query = asked.query(*of);
            query.is_some_and(|query| has_rows(&rows::read(query, &alone, asked.originator)))
        };
        let members = group.members.iter().enumerate();
        let holding: Vec<(usize, usize)> = members
            .filter(|(_, of)| holds(of))
            .map(|(member, of)| (member, *of))
            .collect();
        for (member, of) in &holding {
            if let Some(own) = own.get_mut(*member) {
                own.push(place);
            }
            if holding
                .iter()
                .any(|(_, other)| !asked.are_same(*of, *other))
            {
                unsure.insert(*member);
            }
        }
    }
    let part = |((member, places), of): ((usize, Vec<usize>), &usize)| {
        if unsure.contains(&member) {
            return Part::Unsure;
        }
        let mine = places.into_iter().filter_map(|place| listed.get(place));
        Part::Own(narrowed(asked.command(*of), mine))
    };
    own.into_iter()
        .enumerate()
        .zip(&group.members)
        .map(part)
        .collect()
}

fn has_rows(answer: &QueryResult) -> bool {
    match answer {
        QueryResult::ContactIds(ids) => !ids.is_empty(),
        QueryResult::Records(rows) => !rows.is_empty(),
        QueryResult::Company(CompanyAnswer::Ids(ids)) => !ids.is_empty(),
        _ => false,
    }
}

/// Returns the ids by which a query recognises its rows: their own, or those of their contacts.
fn claimed(query: &Query) -> Vec<i64> {
    match query {
        Query::Contacts { ids, .. } => ids.iter().map(|id| id.get()).collect(),
        Query::Company(CompanyQuery::Rows { ids, .. }) => ids.iter().map(|id| id.get()).collect(),
        Query::Records { which, .. } => match which {
            RecordFilter::DuplicateCandidates(ids) | RecordFilter::LinkedIds(ids) => {
                ids.iter().map(|id| id.get()).collect()
            }
            RecordFilter::Earlier(id) => vec![id.get()],
            RecordFilter::ByMainContact { contacts, .. } => {
                contacts.iter().map(|id| id.get()).collect()
            }
            RecordFilter::ByContact { contact, .. } | RecordFilter::AnyOfContact(contact) => {
                vec![contact.get()]
            }
            RecordFilter::CreatedFor(_)
            | RecordFilter::ByFieldValue { .. }
            | RecordFilter::ByPrefix { .. } => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Returns the ids that a row is recognised by.
fn keys(family: Family, row: &Value) -> Vec<i64> {
    let of = |name: &str| row.get(name).and_then(number);
    match family {
        Family::Ids => of("ID").or_else(|| of("id")).into_iter().collect(),
        Family::MainContact(kind) | Family::PastOfContact(kind) => {
            of(field_names(kind).contact).into_iter().collect()
        }
        Family::AnyContact(_) => {
            let all = row.get("contactIds").map(rows::rows_of).unwrap_or_default();
            let all = all.into_iter().filter_map(number);
            of("contactId").into_iter().chain(all).collect()
        }
        Family::Index(..) | Family::Values | Family::Same => Vec::new(),
    }
}

/// Returns rows with the fields that this command selects, as it would have got them alone.
fn narrowed<'v>(command: Option<&Command>, rows: impl Iterator<Item = &'v &'v Value>) -> Value {
    let select = command.and_then(|command| command.params.get("select")?.as_array());
    let names: Vec<&str> = (select.into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    let own = rows.map(|row| match row {
        Value::Object(members) if select.is_some() => members
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        row => (*row).clone(),
    });
    own.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::bitrix24::commands;
    use crate::crm::bitrix24::share::Sharing;
    use crate::crm::search_value::SearchValue;
    use crate::domain::spelling::CompareAs;
    use crate::domain::{ContactId, Email, EntityKind, Phone, Several};

    const ANNA: &str = "+79123456789";
    const BORIS: &str = "+79990000001";
    const GERMAN: &str = "+4951234567";

    /// Returns what each phone gets of a shared command that returned these contacts.
    fn phones(numbers: &[&str], rows: &[(i64, &[&str])]) -> Vec<Part> {
        let mut queries: Vec<Query> = numbers
            .iter()
            .map(|number| Query::ContactsByPhone(Phone::parse(number).unwrap()))
            .collect();
        // fewer would be asked alone
        for number in 0..5 {
            let more = format!("+7495111{number:04}");
            queries.push(Query::ContactsByPhone(Phone::parse(&more).unwrap()));
        }
        let of = |list: &[&str]| -> Value { list.iter().map(|v| json!({"VALUE": v})).collect() };
        let row = |(id, list): &(i64, &[&str])| (*id, json!({"ID": id, "PHONE": of(list)}));
        let mut parts = divided(&queries, &rows.iter().map(row).collect());
        parts.truncate(numbers.len());
        parts
    }

    fn divided(queries: &[Query], rows: &HashMap<i64, Value>) -> Vec<Part> {
        let commands: Vec<Command> = queries.iter().map(|q| commands::of(q, "o")).collect();
        let asked = Asked {
            queries,
            commands: &commands,
            originator: "o",
        };
        let groups = Sharing::default().group(queries, &commands);
        let owners = rows.keys().copied().collect();
        let shared = &groups.shared[0];
        of_index(shared, asked, &owners, rows)
    }

    fn own(ids: &[i64]) -> Part {
        Part::Own(if ids.is_empty() {
            json!([])
        } else {
            json!({"CONTACT": ids})
        })
    }

    #[test]
    fn owners_are_told_apart_by_their_own_phones_in_every_usual_spelling() {
        for spelling in [
            "+79123456789",
            "89123456789",
            "8 (912) 345-67-89",
            "+7 912 345-67-89",
            "7.912.345.67.89",
            " 9123456789 ",
        ] {
            let parts = phones(&[ANNA, BORIS], &[(84, &[spelling]), (91, &[BORIS, "112"])]);
            assert_eq!(parts, [own(&[84]), own(&[91])], "{spelling}");
        }
        assert_eq!(
            phones(&[ANNA, BORIS], &[(84, &[ANNA, BORIS])]),
            [own(&[84]), own(&[84])]
        );
        assert_eq!(phones(&[ANNA, BORIS], &[]), [own(&[]), own(&[])]);
    }

    #[test]
    fn a_stranger_with_the_same_match_code_is_offered_as_it_would_be_alone() {
        // of a number in Hannover and one in Moscow the portal makes one code
        let parts = phones(&[GERMAN, ANNA], &[(7, &["4951234567"])]);
        assert_eq!(parts, [own(&[7]), own(&[])]);
    }

    #[test]
    fn a_text_that_the_portal_reads_in_its_own_way_is_asked_for_alone() {
        for odd in [
            "+7 912 345-67-89 доб. 12",
            "+79123456789;12",
            "тел. 89123456789",
            "+89123456789",
            "00 7 912 345 67 89",
            "3456789",
        ] {
            let parts = phones(&[ANNA, BORIS], &[(84, &[odd])]);
            assert_eq!(parts, [Part::Unsure, own(&[])], "{odd}");
        }
        // a stranger of one is the owner of another
        let both = phones(&[ANNA, BORIS], &[(84, &[BORIS, "8-912-3456789 (офис)"])]);
        assert_eq!(both, [Part::Unsure, own(&[84])]);
    }

    #[test]
    fn an_owner_that_cannot_be_explained_or_read_makes_all_unsure() {
        let parts = phones(&[ANNA, BORIS], &[(84, &["+375291234567"])]);
        assert_eq!(parts, [Part::Unsure, Part::Unsure]);
        assert_eq!(phones(&[ANNA], &[(84, &[])]), [Part::Unsure]);
    }

    #[test]
    fn addresses_are_compared_as_the_portal_does() {
        let queries: Vec<Query> = (0..6)
            .map(|n| Query::ContactsByEmail(Email::parse(&format!("p{n}@mail.example")).unwrap()))
            .collect();
        let row = |text: &str| json!({"ID": "84", "EMAIL": [{"VALUE": text}]});
        let first = |text| divided(&queries, &[(84, row(text))].into()).swap_remove(0);
        assert_eq!(first(" P0@Mail.example"), own(&[84]));
        assert_eq!(first("Anna <p0@mail.example>"), Part::Unsure);
        assert_eq!(first("p1@mail.example"), own(&[]));
    }

    /// Returns what each query gets of a shared list.
    fn listed(queries: &[Query], result: &Value) -> Vec<Part> {
        let commands: Vec<Command> = queries.iter().map(|q| commands::of(q, "o")).collect();
        let asked = Asked {
            queries,
            commands: &commands,
            originator: "o",
        };
        let groups = Sharing::default().group(queries, &commands);
        of_list(&groups.shared[0], asked, result)
    }

    #[test]
    fn rows_go_to_those_who_asked_for_them_with_the_fields_that_they_asked_for() {
        let contact = |id: i64, field: &str| Query::Contacts {
            ids: vec![ContactId::new(id).unwrap()],
            select: vec![field.to_owned()],
        };
        let rows = json!([
            {"ID": "7", "PHONE": [], "NAME": "Анна", "POST": "a"},
            {"ID": "8", "PHONE": [], "NAME": "Борис", "POST": "b"},
            {"ID": "9", "PHONE": [], "NAME": "не спрошена", "POST": "c"},
        ]);
        let parts = listed(&[contact(7, "NAME"), contact(8, "POST")], &rows);
        assert_eq!(
            parts,
            [
                Part::Own(json!([{"ID": "7", "PHONE": [], "NAME": "Анна"}])),
                Part::Own(json!([{"ID": "8", "PHONE": [], "POST": "b"}])),
            ]
        );
    }

    #[test]
    fn a_value_that_shares_a_row_with_another_one_is_asked_for_alone() {
        let post = |value: &str| Query::ContactsByFields {
            fields: vec![SearchValue::new("UF_CRM_TAGS", value, CompareAs::Text)],
            several: Several::Oldest,
        };
        let queries = [post("a"), post("b"), post("c")];
        let rows = json!([
            {"ID": "1", "UF_CRM_TAGS": ["a"]},
            {"ID": "2", "UF_CRM_TAGS": ["B", "c"]},
            {"ID": "3", "UF_CRM_TAGS": "other"},
        ]);
        let first = Part::Own(json!([{"ID": "1", "UF_CRM_TAGS": ["a"]}]));
        assert_eq!(listed(&queries, &rows), [first, Part::Unsure, Part::Unsure]);
    }

    #[test]
    fn two_spellings_of_one_value_share_their_rows() {
        let order = |value: &str| Query::ContactsByFields {
            fields: vec![SearchValue::new("UF_CRM_ORDER", value, CompareAs::Text)],
            several: Several::Oldest,
        };
        let row = json!({"ID": "1", "UF_CRM_ORDER": "3 500,00"});
        let own = Part::Own(json!([row]));
        let queries = [order("3500"), order("3500.00"), order("35")];
        let parts = listed(&queries, &json!([row]));
        assert_eq!(parts, [own.clone(), own, Part::Own(json!([]))]);
        // asked in a spelling of its own, one of them may have found more
        let queries = [order("3500"), order("3500.0000")];
        let parts = listed(&queries, &json!([row]));
        assert_eq!(parts, [Part::Unsure, Part::Unsure]);
    }

    #[test]
    fn a_record_of_several_contacts_counts_for_each_of_them() {
        let items = json!({"items": [
            {"id": 1, "contactId": 7, "contactIds": [7, 8]}, {"id": 2, "contactIds": []},
        ]});
        assert_eq!(length(Family::AnyContact(EntityKind::Deal), &items), 3);
        let by = |id| Query::Records {
            kind: EntityKind::Deal,
            which: RecordFilter::ByContact {
                contact: ContactId::new(id).unwrap(),
                among: vec![],
            },
            select: vec![],
        };
        let parts = listed(&[by(7), by(8), by(9)], &items);
        let row = json!([{"id": 1, "contactId": 7, "contactIds": [7, 8]}]);
        assert_eq!(
            parts,
            [Part::Own(row.clone()), Part::Own(row), Part::Own(json!([])),]
        );
    }
}
