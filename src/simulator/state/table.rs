//! The records of one kind with their indexes: keyed fields by value, bound records by contact
//! or company.

use std::collections::{BTreeMap, HashMap};

use super::{
    kind::Kind,
    record::{FieldValue, Record},
    schema::Schema,
};

/// All records of a kind.
#[derive(Debug)]
pub(in crate::simulator) struct Table {
    pub(in crate::simulator) schema: Schema,
    pub(in crate::simulator) rows: BTreeMap<u32, Record>,
    /// The highest id ever assigned.
    pub(in crate::simulator) last: u32,
    keyed: HashMap<(u16, Box<str>), Vec<u32>>,
    by_contact: HashMap<u32, Vec<u32>>,
    by_company: HashMap<u32, Vec<u32>>,
}

impl Table {
    pub(in crate::simulator) fn new(kind: Kind) -> Self {
        Self {
            schema: Schema::of(kind),
            rows: BTreeMap::new(),
            last: 0,
            keyed: HashMap::new(),
            by_contact: HashMap::new(),
            by_company: HashMap::new(),
        }
    }

    /// Replaces the record with the same id, and returns the old one.
    pub(in crate::simulator) fn put(&mut self, mut record: Record) -> Option<Record> {
        record.shrink();
        let old = self.take(record.id);
        self.last = self.last.max(record.id);
        for key in keys(&self.schema, &record) {
            insert_sorted(self.keyed.entry(key).or_default(), record.id);
        }
        for binding in &record.contacts {
            insert_sorted(self.by_contact.entry(binding.id).or_default(), record.id);
        }
        for binding in &record.companies {
            insert_sorted(self.by_company.entry(binding.id).or_default(), record.id);
        }
        self.rows.insert(record.id, record);
        old
    }

    /// Removes a field from the schema and from every record.
    pub(in crate::simulator) fn drop_field(&mut self, code: &str) {
        let Some(place) = self.schema.place(code) else {
            return;
        };
        let rows = std::mem::take(&mut self.rows);
        self.keyed.clear();
        self.by_contact.clear();
        self.by_company.clear();
        self.schema.remove(code);
        for mut record in rows.into_values() {
            record.drop_place(place);
            self.put(record);
        }
    }

    /// Removes a record.
    pub(in crate::simulator) fn take(&mut self, id: u32) -> Option<Record> {
        let old = self.rows.remove(&id)?;
        for key in keys(&self.schema, &old) {
            drop_from(&mut self.keyed, &key, id);
        }
        for binding in &old.contacts {
            drop_from(&mut self.by_contact, &binding.id, id);
        }
        for binding in &old.companies {
            drop_from(&mut self.by_company, &binding.id, id);
        }
        Some(old)
    }

    /// The records whose keyed field equals the text in any case, oldest first; `None` when the
    /// field has no index.
    pub(in crate::simulator) fn with_key(&self, place: u16, text: &str) -> Option<&[u32]> {
        self.schema.at(place).filter(|field| field.is('k'))?;
        let key = (place, folded(text));
        Some(self.keyed.get(&key).map_or(&[], Vec::as_slice))
    }

    /// The records to which a contact is bound, oldest first.
    pub(in crate::simulator) fn of_contact(&self, contact: u32) -> &[u32] {
        self.by_contact.get(&contact).map_or(&[], Vec::as_slice)
    }

    /// The contacts that are bound to a company, oldest first.
    pub(in crate::simulator) fn of_company(&self, company: u32) -> &[u32] {
        self.by_company.get(&company).map_or(&[], Vec::as_slice)
    }

    /// A text field's value by the field's classic name.
    pub(in crate::simulator) fn text<'a>(&self, record: &'a Record, code: &str) -> Option<&'a str> {
        record.get(self.schema.place(code)?)?.as_text()
    }

    /// A number field's value by the field's classic name.
    pub(in crate::simulator) fn int(&self, record: &Record, code: &str) -> Option<i64> {
        record.get(self.schema.place(code)?)?.as_int()
    }

    /// Sets a field by its classic name; does nothing if the kind lacks that field.
    pub(in crate::simulator) fn set(
        &self,
        record: &mut Record,
        code: &str,
        value: Option<FieldValue>,
    ) {
        if let Some(place) = self.schema.place(code) {
            record.set(place, value);
        }
    }
}

/// Folds case, as the database does to compare texts.
pub(in crate::simulator) fn folded(text: &str) -> Box<str> {
    text.to_lowercase().into_boxed_str()
}

fn keys(schema: &Schema, record: &Record) -> Vec<(u16, Box<str>)> {
    let keyed = |place: u16| schema.at(place).is_some_and(|field| field.is('k'));
    record
        .fields()
        .iter()
        .filter(|(place, _)| keyed(*place))
        .flat_map(|(place, value)| match value {
            FieldValue::Text(text) => vec![(*place, folded(text))],
            FieldValue::Many(list) => list
                .iter()
                .filter_map(FieldValue::as_text)
                .map(|text| (*place, folded(text)))
                .collect(),
            FieldValue::Int(_) | FieldValue::Real(_) => Vec::new(),
        })
        .collect()
}

pub(super) fn insert_sorted(list: &mut Vec<u32>, id: u32) {
    if let Err(at) = list.binary_search(&id) {
        list.insert(at, id);
    }
}

fn drop_from<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<u32>>, key: &K, id: u32) {
    if let Some(list) = index.get_mut(key) {
        list.retain(|it| *it != id);
        if list.is_empty() {
            index.remove(key);
        }
    }
}
