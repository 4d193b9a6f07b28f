//! `$custom['ORDERID']`: a custom field of amoCRM by its number, code or name, whatever shape its
//! values have. Profiles write `custom: ORDERID`; of the contact and the company that were read from
//! amoCRM, `contact: PHONE` and `company: PHONE`.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{BadPath, MOST_VALUES, Path, PathKind, PathMatch, PathStep, simple, spell};
use crate::authoring::{COMPANY_ROOT, CONTACT_ROOT, CUSTOM_ROOT};
use crate::domain::{bilingual, hook_entity};
use crate::mapping::packet::Packet;

/// The most custom fields of a list that are compared: accounts have a few hundred.
const MOST_FIELDS: usize = 2_000;
/// Members with custom fields, in hooks and in replies of the API.
const LISTS: [&str; 2] = ["custom_fields", "custom_fields_values"];
/// Blocks of an incoming lead whose items have custom fields.
const NESTED: [&str; 3] = ["leads", "contacts", "companies"];
/// Items of such a block that are searched.
const MOST_NESTED: usize = 20;
/// How members of a custom field are called, in hooks and in replies of the API.
const IDS: [&str; 2] = ["id", "field_id"];
const CODES: [&str; 2] = ["code", "field_code"];
const NAMES: [&str; 2] = ["name", "field_name"];
/// The longest time in seconds, in characters.
const LONGEST_SECONDS: usize = 20;
/// Members of a value, the most telling first.
const VALUES: [&str; 3] = ["value", "enum_code", "enum"];

/// Whose custom field a path wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldOwner {
    /// The item of the hook; then the lead that was read.
    Item,
    /// The contact that was read; or the item if it is one, or has one inside.
    Contact,
    /// The company, likewise.
    Company,
}

/// The beginnings of paths to custom fields.
const ROOTS: [(&str, FieldOwner); 3] = [
    (CUSTOM_ROOT, FieldOwner::Item),
    (CONTACT_ROOT, FieldOwner::Contact),
    (COMPANY_ROOT, FieldOwner::Company),
];

/// A custom field that a path wants.
#[derive(Debug, Clone)]
pub(crate) struct CustomField {
    pub(super) of: FieldOwner,
    wanted: Arc<str>,
}

impl CustomField {
    /// Returns whose field it is.
    pub(crate) fn of(&self) -> FieldOwner {
        self.of
    }

    /// Returns its number, code or name.
    pub(crate) fn wanted(&self) -> &str {
        &self.wanted
    }
}

/// Parses a path to a custom field; `None` for any other path.
pub(super) fn parse(text: &str) -> Option<Result<Path, BadPath>> {
    let (root, of, rest) = ROOTS.iter().find_map(|(root, of)| {
        let rest = text.strip_prefix(root)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some((*root, *of, rest))
    })?;
    let steps = simple::parse(&format!("${rest}")).unwrap_or_default();
    let wanted = match steps.as_slice() {
        [PathStep::Name(name)] => name.trim().to_owned(),
        [PathStep::Index(id)] => id.to_string(),
        _ => String::new(),
    };
    if wanted.is_empty() {
        let message = bilingual!(
            "`{text}` does not name a custom field",
            "в `{text}` не названо дополнительное поле"
        );
        let advice = bilingual!(
            "write its number, code or name: `{root}['ORDERID']`",
            "напишите его номер, код или название: `{root}['ORDERID']`"
        );
        return Some(Err(BadPath::whole(text, message, advice)));
    }
    let spelt = spell(&[PathStep::Name(wanted.clone())]);
    let canonical = format!("{root}{}", spelt.trim_start_matches('$'));
    Some(Ok(Path {
        canonical: canonical.into(),
        kind: PathKind::Custom(CustomField {
            of,
            wanted: wanted.into(),
        }),
        alone: None,
    }))
}

/// Members of a custom field, and whether a text of them is the wanted one.
type Way<'w> = (&'w [&'w str], &'w dyn Fn(&str) -> bool);

/// A list of custom fields and its place.
struct FieldList<'v> {
    fields: Vec<Listed<'v>>,
    place: Vec<PathStep>,
}

/// A custom field and its place in the list.
struct Listed<'v> {
    field: &'v Value,
    /// `None` for the only one, in place of a list.
    at: Option<PathStep>,
    /// Its number, if only the list tells it.
    id: Option<&'v str>,
}

impl Listed<'_> {
    /// Returns whether one of these members, or the number in the list, is the wanted text.
    fn is(&self, members: &[&str], is_wanted: &dyn Fn(&str) -> bool) -> bool {
        let mut told = members.iter().filter_map(|member| self.field.get(*member));
        let is_told = told.any(|told| match told {
            Value::String(text) => is_wanted(text),
            Value::Number(number) => is_wanted(&number.to_string()),
            _ => false,
        });
        is_told || (members == IDS && self.id.is_some_and(is_wanted))
    }
}

/// Returns the values of a custom field.
pub(super) fn find<'v>(field: &CustomField, packet: &'v Packet<'_>) -> Vec<PathMatch<'v>> {
    let lists = lists(field.of, packet.body());
    let same = |member: &str| member.trim() == &*field.wanted;
    let alike = |member: &str| is_alike(member.trim(), &field.wanted);
    // a field of another name may have the wanted number as its code
    let ways: [Way<'_>; 3] = [(&IDS, &same), (&CODES, &alike), (&NAMES, &alike)];
    for (members, is_wanted) in ways {
        for list in &lists {
            let found = list.fields.iter().find(|one| one.is(members, is_wanted));
            if let Some(found) = found {
                let mut place = list.place.clone();
                place.extend(found.at.clone());
                return values(found.field, &place);
            }
        }
    }
    Vec::new()
}

/// Compares without regard to case.
fn is_alike(one: &str, other: &str) -> bool {
    let lower = |c: char| c.to_lowercase();
    one.chars()
        .flat_map(lower)
        .eq(other.chars().flat_map(lower))
}

/// Returns the lists of custom fields of an owner, in the order in which they count.
fn lists(of: FieldOwner, body: &Value) -> Vec<FieldList<'_>> {
    let mut lists = Vec::new();
    let (member, nested): (&str, &[&str]) = match of {
        FieldOwner::Item => ("lead", &NESTED),
        FieldOwner::Contact => ("contact", &["contacts"]),
        FieldOwner::Company => ("company", &["companies"]),
    };
    if of == FieldOwner::Item {
        add_lists(body, &[], &mut lists);
    }
    if let Some(read) = body.get(member) {
        add_lists(read, &[PathStep::Name(member.to_owned())], &mut lists);
    }
    if of != FieldOwner::Item && owner_of_item(body) == Some(of) {
        add_lists(body, &[], &mut lists);
    }
    let data = body.get("data");
    for block in nested {
        let items = data
            .and_then(|data| data.get(block))
            .and_then(Value::as_array);
        let items = items.into_iter().flatten().take(MOST_NESTED);
        for (number, item) in items.enumerate() {
            let place = [
                PathStep::Name("data".to_owned()),
                PathStep::Name((*block).to_owned()),
                PathStep::Index(i64::try_from(number).unwrap_or(i64::MAX)),
            ];
            add_lists(item, &place, &mut lists);
        }
    }
    lists
}

/// Returns what the item of a hook is, if it is a contact or a company.
fn owner_of_item(body: &Value) -> Option<FieldOwner> {
    let entity = hook_entity(body)?;
    let kind = body.get("type").and_then(Value::as_str);
    match (entity, kind) {
        ("companies", _) | ("contacts", Some("company")) => Some(FieldOwner::Company),
        ("contacts", _) => Some(FieldOwner::Contact),
        _ => None,
    }
}

fn add_lists<'v>(item: &'v Value, place: &[PathStep], into: &mut Vec<FieldList<'v>>) {
    for member in LISTS {
        let fields = match item.get(member) {
            Some(Value::Array(list)) => {
                let numbered = list.iter().take(MOST_FIELDS).enumerate();
                numbered.map(|(at, field)| in_list(at, field)).collect()
            }
            Some(only @ Value::Object(_)) if is_field(only) => vec![Listed {
                field: only,
                at: None,
                id: None,
            }],
            // a list whose numbers have gaps, or fields by their numbers
            Some(Value::Object(map)) => map.iter().take(MOST_FIELDS).map(by_key).collect(),
            _ => continue,
        };
        into.push(FieldList {
            fields,
            place: [place, &[PathStep::Name(member.to_owned())]].concat(),
        });
    }
}

fn in_list(at: usize, field: &Value) -> Listed<'_> {
    Listed {
        field,
        at: Some(PathStep::Index(i64::try_from(at).unwrap_or(i64::MAX))),
        id: None,
    }
}

fn by_key<'v>((key, field): (&'v String, &'v Value)) -> Listed<'v> {
    let tells_id = IDS.iter().any(|id| field.get(*id).is_some());
    Listed {
        field,
        at: Some(PathStep::Name(key.clone())),
        id: Some(key.as_str()).filter(|_| !tells_id),
    }
}

/// Returns whether a block is a field: its number, code or name is a plain value.
fn is_field(block: &Value) -> bool {
    let mut told = IDS.iter().chain(&CODES).chain(&NAMES);
    told.any(|name| {
        let value = block.get(*name);
        value.is_some_and(|value| value.is_string() || value.is_number())
    })
}

/// Returns the values of a field: each of a list, in the shape `{ value: … }` or alone.
fn values<'v>(field: &'v Value, place: &[PathStep]) -> Vec<PathMatch<'v>> {
    let is_date = is_date(field);
    let one = |value, place| one(value, place, is_date);
    let within = |step: &[PathStep]| [place, step].concat();
    let name = |name: &str| PathStep::Name(name.to_owned());
    match (field.get("values"), field.get("value")) {
        (Some(Value::Array(list)), _) => {
            let list = list.iter().take(MOST_VALUES + 1).enumerate();
            list.map(|(number, value)| {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                one(value, within(&[name("values"), PathStep::Index(number)]))
            })
            .collect()
        }
        // a list whose numbers have gaps, or the only value in place of a list
        (Some(Value::Object(map)), _) if !VALUES.iter().any(|key| map.contains_key(*key)) => {
            let list = map.iter().take(MOST_VALUES + 1);
            list.map(|(key, value)| one(value, within(&[name("values"), name(key)])))
                .collect()
        }
        (Some(value), _) => vec![one(value, within(&[name("values")]))],
        (None, Some(value)) => vec![one(value, within(&[name("value")]))],
        (None, None) => Vec::new(),
    }
}

/// How amoCRM tells a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dates {
    /// The field is one of dates, as replies of the API say.
    Typed,
    /// As hooks do: a date is a bare value, and no other value is.
    Bare,
    /// The field is of another type.
    None,
}

fn is_date(field: &Value) -> Dates {
    let mut keys = ["field_type", "type"].into_iter();
    match keys.find_map(|key| field.get(key)?.as_str()) {
        Some("date" | "birthday" | "date_time") => Dates::Typed,
        Some(_) => Dates::None,
        None => Dates::Bare,
    }
}

fn one(value: &Value, place: Vec<PathStep>, dates: Dates) -> PathMatch<'_> {
    let found = VALUES.iter().find_map(|key| Some((key, value.get(*key)?)));
    let is_moment = dates == Dates::Typed || (dates == Dates::Bare && found.is_none());
    let (value, place) = match found {
        Some((key, inner)) => {
            let step = [PathStep::Name((*key).to_owned())];
            (inner, [place.as_slice(), &step].concat())
        }
        None => (value, place),
    };
    // a bare 0 is no date
    let told = moment(value);
    PathMatch {
        value,
        place: spell(&place).into(),
        in_text: false,
        moment: told.filter(|told| is_moment && (dates == Dates::Typed || told.as_second() != 0)),
    }
}

/// Reads seconds since 1970, also those before 2001 and before 1970.
fn moment(value: &Value) -> Option<Timestamp> {
    let seconds: i64 = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) if text.len() <= LONGEST_SECONDS => text.trim().parse().ok()?,
        _ => return None,
    };
    // milliseconds have more digits
    let is_usual = seconds.unsigned_abs() < 100_000_000_000;
    Timestamp::from_second(seconds).ok().filter(|_| is_usual)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(path: &str, body: &Value) -> Vec<(Value, String)> {
        let path = Path::parse(path).unwrap();
        let packet = Packet::new(body);
        let found = path.find(&packet);
        let found = found.iter();
        found
            .map(|found| (found.value.clone(), found.place.to_string()))
            .collect()
    }

    fn only(path: &str, body: &Value) -> Option<Value> {
        read(path, body).into_iter().next().map(|(value, _)| value)
    }

    #[test]
    fn a_field_is_found_by_number_code_and_name_in_this_order() {
        let field = |id: i64, code: &str, name: &str, value: &str| json!({"id": id, "code": code, "name": name, "values": [{"value": value}]});
        let body = json!({"custom_fields": [
            field(1, "448797", "PHONE", "by name"),
            field(2, "PHONE", "448797", "by code"),
            field(448_797, "X", "Номер заказа", "by number"),
        ]});
        for (path, value) in [
            ("$custom['448797']", "by number"),
            ("$custom[448797]", "by number"),
            ("$custom.PHONE", "by code"),
            ("$custom.phone", "by code"),
            ("$custom['номер ЗАКАЗА']", "by number"),
            ("$custom[' X ']", "by number"),
        ] {
            assert_eq!(only(path, &body), Some(json!(value)), "{path}");
        }
        assert_eq!(only("$custom.ORDER", &body), None);
    }

    #[test]
    fn every_shape_of_values_is_read() {
        let value = |field: Value| {
            let mut field = field;
            field["id"] = json!("7");
            let body = json!({"custom_fields": [field]});
            let found = read("$custom['7']", &body).into_iter();
            Value::Array(found.map(|(value, _)| value).collect())
        };
        for (field, wanted) in [
            // one value, as most fields have it
            (json!({"values": [{"value": "A-1"}]}), json!(["A-1"])),
            // a date
            (json!({"values": ["1767225600"]}), json!(["1767225600"])),
            (json!({"values": [1_767_225_600]}), json!([1_767_225_600])),
            // a choice, several choices
            (
                json!({"values": [{"value": "Да", "enum": "702211"}]}),
                json!(["Да"]),
            ),
            (
                json!({"values": [{"value": "a", "enum": 1}, {"value": "b", "enum": 2}]}),
                json!(["a", "b"]),
            ),
            (json!({"values": [{"enum": "702211"}]}), json!(["702211"])),
            // a checkbox
            (json!({"values": [{"value": "1"}]}), json!(["1"])),
            (json!({"values": [{"value": true}]}), json!([true])),
            // parts of an address
            (
                json!({"values": [{"value": "Пермь", "subtype": "city"}, {"value": "ул. Ленина", "subtype": "1"}]}),
                json!(["Пермь", "ул. Ленина"]),
            ),
            // a company
            (
                json!({"values": [{"value": {"name": "ООО", "vat_id": "1"}}]}),
                json!([{"name": "ООО", "vat_id": "1"}]),
            ),
            // gaps in the numbers, no list, a bare value
            (
                json!({"values": {"1": {"value": "x"}, "4": {"value": "y"}}}),
                json!(["x", "y"]),
            ),
            (json!({"values": {"value": "x"}}), json!(["x"])),
            (json!({"values": "x"}), json!(["x"])),
            (json!({"value": "x"}), json!(["x"])),
            // nothing
            (json!({"values": []}), json!([])),
            (json!({}), json!([])),
        ] {
            assert_eq!(value(field.clone()), wanted, "{field}");
        }
    }

    #[test]
    fn fields_in_place_of_a_list_are_read_as_a_list() {
        let order = json!({"id": 7, "name": "ORDERID", "values": [{"value": "A-1"}]});
        let nameless = json!({"name": "ORDERID", "values": [{"value": "A-1"}]});
        let other = json!({"id": 1, "values": ["x"]});
        for (fields, place) in [
            (json!([other, order]), "$['custom_fields'][1]"),
            (json!({"0": other, "4": order}), "$['custom_fields']['4']"),
            (
                json!({"1": {"values": ["x"]}, "7": nameless}),
                "$['custom_fields']['7']",
            ),
            (order.clone(), "$['custom_fields']"),
        ] {
            let body = json!({"custom_fields": fields});
            for path in ["$custom['7']", "$custom.orderid"] {
                let wanted = (json!("A-1"), format!("{place}['values'][0]['value']"));
                assert_eq!(read(path, &body), [wanted], "{path} {body}");
            }
        }
        // a field with a number of its own is not known by its place
        let body = json!({"custom_fields": {"7": other}});
        assert_eq!(only("$custom['7']", &body), None);
        assert_eq!(only("$custom['7']", &json!({"custom_fields": "7"})), None);
    }

    #[test]
    fn a_time_is_told_only_where_amocrm_tells_one() {
        for (field, wanted) in [
            (json!({"values": ["631152000"]}), Some(631_152_000)),
            (json!({"values": [-315_619_200]}), Some(-315_619_200)),
            (json!({"values": "0"}), None),
            (
                json!({"field_type": "birthday", "values": [{"value": 0}]}),
                Some(0),
            ),
            (json!({"values": {"1": "631152000"}}), Some(631_152_000)),
            (
                json!({"field_type": "birthday", "values": [{"value": -315_619_200}]}),
                Some(-315_619_200),
            ),
            (
                json!({"field_type": "date", "values": [{"value": "631152000"}]}),
                Some(631_152_000),
            ),
            (
                json!({"field_type": "numeric", "values": ["631152000"]}),
                None,
            ),
            (json!({"values": [{"value": "631152000"}]}), None),
            (json!({"values": ["01.02.1990"]}), None),
            (json!({"values": ["1767225600000"]}), None),
            (json!({"values": ["99999999999999999999"]}), None),
            (json!({"values": [1.5]}), None),
        ] {
            let mut field = field;
            field["id"] = json!(7);
            let body = json!({"custom_fields": [field]});
            let (path, packet) = (Path::parse("$custom['7']").unwrap(), Packet::new(&body));
            let found = path.find(&packet);
            let told = found.first().and_then(|found| found.moment);
            assert_eq!(told.map(Timestamp::as_second), wanted, "{body}");
        }
    }

    #[test]
    fn fields_of_the_api_and_of_incoming_leads_are_found_with_their_places() {
        let body = json!({"custom_fields_values": [
            {"field_id": 5, "field_code": "UTM_SOURCE", "field_name": "utm", "values": [{"value": "ya"}]}]});
        assert_eq!(only("$custom.utm_source", &body), Some(json!("ya")));
        let body = json!({"uid": "u", "data": {"leads": [{"name": "x"}], "contacts": [{"custom_fields": [
            {"code": "PHONE", "values": [{"value": "+79005550142", "enum": "1"}]}]}]}});
        let found = read("$custom.PHONE", &body);
        let place = "$['data']['contacts'][0]['custom_fields'][0]['values'][0]['value']";
        assert_eq!(found, [(json!("+79005550142"), place.to_owned())]);
    }

    #[test]
    fn fields_of_contact_and_company_are_found_where_they_are() {
        let fields = |value: &str| json!([{"field_code": "PHONE", "values": [{"value": value}]}]);
        let of = |value: &str| json!({"custom_fields_values": fields(value)});
        let read = json!({"custom_fields": [], "lead": of("1"), "contact": of("2"), "company": of("3"),
            "hook": {"entity": "leads"}});
        let contact = json!({"custom_fields": fields("4"), "hook": {"entity": "contacts"}});
        let company = json!({"custom_fields": fields("5"), "type": "company", "hook": {"entity": "contacts"}});
        let unsorted = json!({"data": {"contacts": [of("6")], "companies": [of("7")]},
            "hook": {"entity": "unsorted"}});
        for (body, custom, contact, company) in [
            (&read, Some("1"), Some("2"), Some("3")),
            (&contact, Some("4"), Some("4"), None),
            (&company, Some("5"), None, Some("5")),
            (&unsorted, Some("6"), Some("6"), Some("7")),
            (&json!({}), None, None, None),
        ] {
            for (path, wanted) in [
                ("$custom.PHONE", custom),
                ("$contact.PHONE", contact),
                ("$company['phone']", company),
            ] {
                assert_eq!(only(path, body), wanted.map(Value::from), "{path} {body}");
            }
        }
    }

    #[test]
    fn a_path_must_name_a_field() {
        for text in [
            "$custom",
            "$custom['']",
            "$custom.a.b",
            "$custom[*]",
            "$custom['a', 'b']",
        ] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        // a packet may have such a member
        assert!(Path::parse("$.custom").is_ok());
        assert!(Path::parse("$.contact.name").is_ok());
        assert!(parse("$customer.x").is_none());
    }
}
