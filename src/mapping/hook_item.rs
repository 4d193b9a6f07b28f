//! Tests of an item of amoCRM, before anything is read from it: its event, tags, pipeline and stage.

use serde_json::Value;

use super::condition::ExpectedValue;
use super::reading::FieldReading;
use super::text;
use crate::authoring::problem::TextPlace;
use crate::domain::hook_entity;

/// The most tags of an item that are compared.
const MOST_TAGS: usize = 1_000;

/// What a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemPart {
    Tags,
    Pipeline,
    Stage,
}

/// A test of an item: one of the values is wanted.
#[derive(Debug, Clone)]
pub(crate) struct ItemTest {
    pub(crate) part: ItemPart,
    pub(crate) wanted: Vec<ExpectedValue>,
    /// The texts that it must be or must not be, and where they stand.
    pub(crate) names: Vec<(String, TextPlace)>,
}

/// Returns whether an item that may have custom fields has no list of them.
pub(crate) fn is_bare(packet: &Value) -> bool {
    matches!(
        hook_entity(packet),
        Some("leads" | "contacts" | "companies")
    ) && packet.get("custom_fields").is_none()
        && packet.get("custom_fields_values").is_none()
}

impl ItemPart {
    /// Returns the part with this name in a profile.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "tags" => Some(Self::Tags),
            "pipeline" => Some(Self::Pipeline),
            "stage" => Some(Self::Stage),
            _ => None,
        }
    }

    /// Returns what the item has of it: the names and the numbers.
    fn values(self, item: &Value) -> Vec<String> {
        let members = |names: [&str; 2]| {
            let found = names
                .into_iter()
                .filter_map(|name| text::of(item.get(name)?));
            found.collect()
        };
        match self {
            Self::Tags => tags(item),
            Self::Pipeline => members(["pipeline_name", "pipeline_id"]),
            Self::Stage => members(["stage_name", "status_id"]),
        }
    }
}

impl ItemTest {
    /// Returns whether the item passes.
    pub(crate) fn matches(&self, item: &Value) -> bool {
        let items = self.part.values(item);
        let reading = FieldReading {
            text: items.first().cloned(),
            items,
            ..FieldReading::default()
        };
        self.wanted.iter().any(|wanted| wanted.fits(&reading))
    }
}

/// Returns the names and numbers of the tags, in the shapes of hooks and of the API.
fn tags(item: &Value) -> Vec<String> {
    let embedded = || item.get("_embedded")?.get("tags");
    let list = item.get("tags").or_else(embedded);
    let mut found = Vec::new();
    let mut add = |tag: &Value| match tag {
        Value::Object(tag) => {
            found.extend(tag.get("name").and_then(text::of));
            found.extend(tag.get("id").and_then(text::of));
        }
        plain => found.extend(text::of(plain)),
    };
    match list {
        Some(Value::Array(list)) => list.iter().take(MOST_TAGS).for_each(add),
        Some(Value::Object(map)) if !map.contains_key("name") => {
            map.values().take(MOST_TAGS).for_each(add);
        }
        Some(Value::String(text)) => text.split(',').take(MOST_TAGS).for_each(|tag| {
            add(&Value::String(tag.trim().to_owned()));
        }),
        Some(other) => add(other),
        None => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn passes(part: ItemPart, wanted: &[&str], item: &Value) -> bool {
        let wanted = wanted.iter().filter_map(|text| ExpectedValue::parse(text));
        let test = ItemTest {
            part,
            wanted: wanted.collect(),
            names: Vec::new(),
        };
        test.matches(item)
    }

    #[test]
    fn tags_are_compared_by_name_and_number_in_every_shape() {
        for tags in [
            json!([{"id": "5120", "name": "Tilda"}, {"id": "7", "name": "vip"}]),
            json!([{"id": 5120, "name": " tilda "}]),
            json!({"0": {"id": 5120, "name": "tilda"}, "4": {"id": 7, "name": "x"}}),
            json!({"id": 5120, "name": "tilda"}),
            json!(["5120", "tilda"]),
            json!("x, tilda, 5120"),
        ] {
            let item = json!({"tags": tags});
            for (wanted, is_it) in [
                (&["tilda"][..], true),
                (&["5120"], true),
                (&["other", "tilda"], true),
                (&["other"], false),
                (&["til"], false),
                (&["!= tilda"], false),
                (&["!= other"], true),
                (&["present"], true),
                (&["absent"], false),
            ] {
                assert_eq!(
                    passes(ItemPart::Tags, wanted, &item),
                    is_it,
                    "{wanted:?} {item}"
                );
            }
        }
        for item in [
            json!({}),
            json!({"tags": []}),
            json!({"tags": null}),
            json!({"tags": ""}),
        ] {
            assert!(passes(ItemPart::Tags, &["absent"], &item), "{item}");
            assert!(!passes(ItemPart::Tags, &["tilda"], &item), "{item}");
            assert!(passes(ItemPart::Tags, &["!= tilda"], &item), "{item}");
        }
        let item = json!({"_embedded": {"tags": [{"id": 1, "name": "tilda"}]}});
        assert!(passes(ItemPart::Tags, &["tilda"], &item));
    }

    #[test]
    fn pipeline_and_stage_are_compared_by_name_and_number() {
        let item = json!({"pipeline_id": "7720015", "pipeline_name": "Курсы", "status_id": 142,
            "stage_name": "Успешно реализовано"});
        for (part, wanted, is_it) in [
            (ItemPart::Pipeline, "7720015", true),
            (ItemPart::Pipeline, "курсы", true),
            (ItemPart::Pipeline, "142", false),
            (ItemPart::Stage, "142", true),
            (ItemPart::Stage, "успешно реализовано", true),
            (ItemPart::Stage, "!= 142", false),
            (ItemPart::Stage, "143", false),
        ] {
            assert_eq!(passes(part, &[wanted], &item), is_it, "{wanted}");
        }
    }
}
