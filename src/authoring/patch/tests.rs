//! Laws and examples of the patch engine.

use proptest::prelude::*;
use serde_json::json;

use super::meaning::{self, Meaning};
use super::*;

const SHIPPED: [(&str, &str); 9] = [
    (
        "_channels",
        include_str!("../../../mappings/_channels.yaml"),
    ),
    (
        "_defaults",
        include_str!("../../../mappings/_defaults.yaml"),
    ),
    (
        "amocrm-orders",
        include_str!("../../../mappings/amocrm-orders.yaml"),
    ),
    (
        "calls-missed",
        include_str!("../../../mappings/calls-missed.yaml"),
    ),
    ("calls", include_str!("../../../mappings/calls.yaml")),
    (
        "calltouch",
        include_str!("../../../mappings/calltouch.yaml"),
    ),
    (
        "consultation",
        include_str!("../../../mappings/consultation.yaml"),
    ),
    (
        "registration",
        include_str!("../../../mappings/registration.yaml"),
    ),
    (
        "site-orders",
        include_str!("../../../mappings/site-orders.yaml"),
    ),
];

const HOSTILE: &str = "\
# the head
name: 'a ''quoted'' name'   # why
list:
- one
- two   # the second
-
- {a: 1, b: [x, y]}
lines: |  # a comment of the header
  first

  third
folded: >-
  some
  text
inner:
  # the first comment
  - a: 1
    b: 2 # b
    # before c
    c:
      d: \"e\\\"f\"
  - a: 3
flow: {
  x: 1, # the x
  y: [1, 2],
  'the key': v }
empty:
nothing: ~
2: number
last: end";

fn set(path: Vec<Key>, value: PatchValue) -> Change {
    Change::Set { path, value }
}

fn path(dotted: &str) -> Vec<Key> {
    dotted
        .split('/')
        .map(|part| part.parse().map_or_else(|_| part.into(), Key::Index))
        .collect()
}

fn patched(text: &str, change: &Change) -> String {
    patch(text, change).unwrap().text
}

#[test]
fn a_value_is_replaced_in_its_own_quotes_and_its_comment_stays() {
    let text = "a: \"x\"  # why\nb: 'y'\nc: z\n";
    let set = |at: &str, value: &str| patched(text, &set(path(at), json!(value)));
    assert_eq!(set("a", "p q"), "a: \"p q\"  # why\nb: 'y'\nc: z\n");
    assert_eq!(set("b", "it's"), "a: \"x\"  # why\nb: 'it''s'\nc: z\n");
    assert_eq!(set("c", "{{x}}"), "a: \"x\"  # why\nb: 'y'\nc: \"{{x}}\"\n");
    assert_eq!(
        set("c", "a: b # c"),
        "a: \"x\"  # why\nb: 'y'\nc: \"a: b # c\"\n"
    );
}

#[test]
fn values_are_quoted_only_where_they_must_be() {
    let written = |value: PatchValue| patched("a: 1\n", &set(path("b"), value));
    for (value, expected) in [
        (json!("plain text"), "plain text"),
        (json!("0123"), "\"0123\""),
        (json!("yes"), "\"yes\""),
        (json!("null"), "\"null\""),
        (json!("+79123456789"), "\"+79123456789\""),
        (json!("$.data.phone"), "$.data.phone"),
        (json!("{{default x \"y\"}}"), "'{{default x \"y\"}}'"),
        (json!("🙂 привет"), "🙂 привет"),
        (json!(true), "true"),
        (json!(7), "7"),
        (json!(null), "~"),
        (json!(["NEW", "WON"]), "[NEW, WON]"),
        (json!(""), "\"\""),
        (json!(" x"), "\" x\""),
        (json!("a\tb"), "\"a\\tb\""),
    ] {
        assert_eq!(written(value), format!("a: 1\nb: {expected}\n"));
    }
    assert_eq!(written(json!("one\ntwo")), "a: 1\nb: |-\n  one\n  two\n");
    assert_eq!(
        written(json!("one\n\ntwo\n")),
        "a: 1\nb: |\n  one\n\n  two\n"
    );
}

#[test]
fn a_new_key_stands_at_the_end_of_its_block() {
    let text =
        "deal:\n  stage: NEW\n  fields:\n    TITLE: x # t\n    # OTHER: y\n\n# end\ncomment: none";
    let change = set(
        path("deal/fields/PHONE"),
        json!({"value": "{{p}}", "search": true}),
    );
    assert_eq!(
        patched(text, &change),
        "deal:\n  stage: NEW\n  fields:\n    TITLE: x # t\n    # OTHER: y\n    PHONE: { value: \"{{p}}\", search: true }\n\n# end\ncomment: none"
    );
    assert_eq!(patch(text, &change).unwrap().lines, 5..6);
}

#[test]
fn a_new_block_stands_where_the_language_has_it() {
    let text = "name: x\n\n# who sends\nreceive:\n  polls: 1\n\n# the deal\ndeal:\n  stage: NEW\n";
    let change = set(path("contact/fields/NAME"), json!("{{name}}"));
    assert_eq!(
        patched(text, &change),
        "name: x\n\n# who sends\nreceive:\n  polls: 1\n\ncontact:\n  fields: { NAME: \"{{name}}\" }\n\n# the deal\ndeal:\n  stage: NEW\n"
    );
}

#[test]
fn anchors_are_refused() {
    let text = "a: &x { b: 1 }\nc: *x\nd: !tag 1\n";
    for at in ["a/b", "a", "c/b", "c", "d"] {
        let change = set(path(at), json!("2"));
        assert!(
            matches!(patch(text, &change), Err(PatchProblem::Shared(_))),
            "{at}"
        );
    }
    assert!(patch("a: &x 1\nb: *x\n", &Change::Remove { path: path("a") }).is_err());
}

#[test]
fn an_entry_is_removed_with_its_lines_only() {
    let remove = |text: &str, at: &str| patched(text, &Change::Remove { path: path(at) });
    assert_eq!(
        remove("a: 1\n# c\nb:\n  x: 1\nc: 2\n", "b"),
        "a: 1\n# c\nc: 2\n"
    );
    assert_eq!(
        remove("a:\n  # keep\n  b: 1 # b\nc: 2\n", "a/b"),
        "a: {}\n  # keep\nc: 2\n"
    );
    assert_eq!(remove("- a: 1\n  b: 2\n", "0/a"), "- b: 2\n");
    assert_eq!(
        remove("- a: 1\n  # c\n  b: 2\n", "0/a"),
        "-\n  # c\n  b: 2\n"
    );
    assert_eq!(remove("x: [1, 2, 3]\n", "x/1"), "x: [1, 3]\n");
    assert_eq!(remove("x: [1, 2, 3]\n", "x/2"), "x: [1, 2]\n");
    assert_eq!(remove("x: { a: 1 }\n", "x/a"), "x: {}\n");
    assert_eq!(remove("a: 1\r\nb: 2", "b"), "a: 1");
}

#[test]
fn a_key_is_renamed_and_keeps_its_place() {
    let change = Change::Rename {
        path: path("fields/a"),
        to: "b".to_owned(),
    };
    let text = "fields:\n  a: 1 # why\n  c: 2\n";
    assert_eq!(patched(text, &change), "fields:\n  b: 1 # why\n  c: 2\n");
    let taken = Change::Rename {
        path: path("fields/a"),
        to: "c".to_owned(),
    };
    assert_eq!(
        patch(text, &taken),
        Err(PatchProblem::Exists("c".to_owned()))
    );
}

#[test]
fn a_text_of_several_lines_takes_in_no_comment_below_it() {
    let text = "deal:\n  fields:\n    A: b\n    # a comment of the block\nname: x\n";
    let change = set(path("deal"), json!(["two\nlines"]));
    assert_eq!(
        patched(text, &change),
        "deal: [\"two\\nlines\"]\n    # a comment of the block\nname: x\n"
    );
}

#[test]
fn a_comment_may_stand_behind_the_first_dash_of_a_list_of_lists() {
    let text = "a:\n-   # why - so\n  # more\n  - b: 1\n- c\n";
    let change = set(path("a/0/0/b"), json!(2));
    assert_eq!(patched(text, &change), text.replace("b: 1", "b: 2"));
}

#[test]
fn lists_grow_at_their_end() {
    let append = |text: &str, at: &str, value: PatchValue| {
        let path = path(at);
        patched(text, &Change::Append { path, value })
    };
    assert_eq!(append("a: [1]\n", "a", json!("x")), "a: [1, x]\n");
    assert_eq!(append("a: []\n", "a", json!("x")), "a: [x]\n");
    assert_eq!(
        append("a:\n- 1\n\nb: 2\n", "a", json!("x")),
        "a:\n- 1\n- x\n\nb: 2\n"
    );
    assert_eq!(
        append(
            "then:\n  - http: a\n",
            "then",
            json!({"mail": "b", "json": {"x": {"y": 1}}})
        ),
        "then:\n  - http: a\n  - mail: b\n    json:\n      x: { y: 1 }\n"
    );
    assert_eq!(append("b: 2\n", "a", json!("x")), "b: 2\na: [x]\n");
}

#[test]
fn a_field_is_renamed_in_all_templates() {
    let text = "\
fields:
  town: $.data.town
  full: { value: \"{{town}}, {{ street }}\", when: { town: present } }
receive: { polls: 1, when: $.town == 1 }
files: [town]
deal:
  fields:
    TITLE: '{{#if town}}{{upper town}}{{/if}} town {{a.town}} {{default x \"town\"}}'
    COMMENTS: |
      {{town}}
      town
";
    let renamed = rename_field(text, "town", "city").unwrap().text;
    assert_eq!(
        renamed,
        "\
fields:
  city: $.data.town
  full: { value: \"{{city}}, {{ street }}\", when: { city: present } }
receive: { polls: 1, when: $.town == 1 }
files: [city]
deal:
  fields:
    TITLE: '{{#if city}}{{upper city}}{{/if}} town {{a.town}} {{default x \"town\"}}'
    COMMENTS: |
      {{city}}
      town
"
    );
    assert_eq!(
        rename_field(text, "town", "full"),
        Err(PatchProblem::Exists("full".to_owned()))
    );
}

#[test]
fn different_keys_are_merged_and_the_same_key_is_a_conflict() {
    let base = "deal:\n  stage: NEW\n  fields:\n    TITLE: a\n    CITY: b\n";
    let ours = "deal:\n  stage: NEW\n  fields:\n    TITLE: ours\n    CITY: b\n    NEW: x\n";
    let theirs = "# they\ndeal:\n  stage: WON\n  fields:\n    TITLE: a # t\n";
    let merged = merge((base, ours, theirs), &[]).unwrap();
    assert_eq!(
        merged.text,
        "# they\ndeal:\n  stage: WON\n  fields:\n    TITLE: ours # t\n    NEW: x\n"
    );
    assert_eq!(merged.conflicts, []);
    let theirs = "deal:\n  stage: WON\n  fields:\n    TITLE: theirs\n    CITY: b\n";
    let merged = merge((base, ours, theirs), &[]).unwrap();
    let [conflict] = merged.conflicts.as_slice() else {
        panic!("{merged:?}");
    };
    assert_eq!(conflict.path, path("deal/fields/TITLE"));
    assert_eq!(conflict.theirs, Some(json!("theirs")));
    let choice = |take| Choice {
        path: path("deal/fields/TITLE"),
        take,
    };
    let merged = merge((base, ours, theirs), &[choice(Side::Ours)]).unwrap();
    assert!(merged.text.contains("TITLE: ours") && merged.text.contains("stage: WON"));
    assert_eq!(merged.conflicts, []);
    let merged = merge((base, ours, theirs), &[choice(Side::Theirs)]).unwrap();
    assert!(merged.text.contains("TITLE: theirs") && merged.text.contains("NEW: x"));
}

#[test]
fn a_mark_at_the_beginning_stays() {
    let change = set(path("a"), json!("2"));
    assert_eq!(patched("\u{feff}a: 1\n", &change), "\u{feff}a: 2\n");
}

#[test]
fn an_empty_text_gets_its_first_key() {
    let change = set(path("name"), json!("x"));
    assert_eq!(patched("", &change), "name: x\n");
    assert_eq!(
        patched("# only a comment", &change),
        "# only a comment\nname: x\n"
    );
}

/// All paths of a text.
fn paths(of: &Meaning, at: &mut Vec<Key>, found: &mut Vec<Vec<Key>>) {
    let mut inner = |key: Key, value: &Meaning| {
        at.push(key);
        found.push(at.clone());
        paths(value, at, found);
        at.pop();
    };
    match of {
        Meaning::Map(entries) => {
            for (name, value) in entries {
                inner(Key::Name(name.clone()), value);
            }
        }
        Meaning::List(list) => {
            for (index, value) in list.iter().enumerate() {
                inner(Key::Index(index), value);
            }
        }
        Meaning::Null | Meaning::Text(_) => {}
    }
}

fn any_value() -> impl Strategy<Value = PatchValue> {
    let text = prop_oneof![
        Just("0123".to_owned()),
        Just("yes".to_owned()),
        Just("{{x}}".to_owned()),
        Just("a: b # c".to_owned()),
        Just("two\nlines".to_owned()),
        Just("two\n lines\n".to_owned()),
        Just("🙂".to_owned()),
        Just("- x".to_owned()),
        Just("it's \"q\" \\".to_owned()),
        Just(String::new()),
        "[ -~]{0,12}",
        "\\PC{0,8}",
        "[a-z \\n:#]{0,12}",
    ];
    let leaf = prop_oneof![
        text.prop_map(PatchValue::String),
        any::<bool>().prop_map(PatchValue::Bool),
        any::<i32>().prop_map(PatchValue::from),
        Just(PatchValue::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(PatchValue::Array),
            prop::collection::vec(("[A-Z_]{1,6}", inner), 0..4)
                .prop_map(|entries| PatchValue::Object(entries.into_iter().collect())),
        ]
    })
}

/// A change whose place is chosen by numbers.
fn any_change() -> impl Strategy<Value = (usize, usize, String, PatchValue)> {
    (any::<usize>(), 0..5_usize, "[A-Z]{3,9}", any_value())
}

fn made(
    text: &str,
    (at, kind, name, value): &(usize, usize, String, PatchValue),
) -> Option<Change> {
    let root = meaning::read(text)?;
    let mut found = Vec::new();
    paths(&root, &mut Vec::new(), &mut found);
    if found.is_empty() {
        return None;
    }
    let mut path = found.swap_remove(at % found.len());
    let value = value.clone();
    Some(match kind {
        0 => Change::Set { path, value },
        1 => Change::Remove { path },
        2 => Change::Rename {
            path,
            to: name.clone(),
        },
        3 => Change::Append { path, value },
        _ => {
            path.push(Key::Name(name.clone()));
            Change::Set { path, value }
        }
    })
}

/// The comments of a text, in order.
fn comments(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix('#'))
        .map(str::to_owned)
        .collect()
}

/// Checks what holds for every change of a shipped file.
fn check(text: &str, change: &Change) -> Option<String> {
    let after = match patch(text, change) {
        Ok(patched) => patched.text,
        Err(problem @ (PatchProblem::Unfaithful | PatchProblem::Unreadable)) => {
            panic!("{problem:?}: {change:?}\n{text}")
        }
        Err(_) => return None,
    };
    let is_crlf = text.contains("\r\n");
    if is_crlf {
        assert!(
            !after.replace("\r\n", "").contains('\n'),
            "{change:?}\n{after}"
        );
    }
    // lines outside the entry stay: all but a run of lines is the same
    let (old, new): (Vec<&str>, Vec<&str>) = (text.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count();
    let touched = old.get(same..old.len().saturating_sub(tail).max(same));
    let touched = touched.unwrap_or_default();
    if !matches!(change, Change::Set { .. } | Change::Remove { .. }) {
        assert!(touched.len() <= 2, "{change:?}\n{touched:?}\n{after}");
        let mut now = comments(&after).into_iter();
        let is_kept = comments(text)
            .into_iter()
            .all(|old| now.any(|new| new == old));
        assert!(is_kept, "{change:?}\n{after}");
    }
    Some(after)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chains_of_changes_mean_what_they_say(
        file in 0..=SHIPPED.len(),
        is_crlf in any::<bool>(),
        changes in prop::collection::vec(any_change(), 20),
    ) {
        let text = SHIPPED.get(file).map_or(HOSTILE, |(_, text)| text);
        prop_assert!(meaning::read(text).is_some());
        let mut text = if is_crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        for change in &changes {
            if let Some(change) = made(&text, change)
                && let Some(after) = check(&text, &change)
            {
                text = after;
            }
        }
    }

    #[test]
    fn a_single_value_leaves_all_other_lines_alone(
        file in 0..SHIPPED.len(),
        at in any::<usize>(),
        value in "[a-z0-9 ]{1,20}",
    ) {
        let text = SHIPPED[file].1;
        let root = meaning::read(text).unwrap();
        let mut found = Vec::new();
        paths(&root, &mut Vec::new(), &mut found);
        let path = found.swap_remove(at % found.len());
        let is_text = leaf(&root, &path);
        prop_assume!(is_text);
        let after = patched(text, &set(path.clone(), json!(value)));
        prop_assert_eq!(comments(text), comments(&after));
        if text.lines().count() == after.lines().count() {
            let differ = text.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
            prop_assert!(differ <= 1, "{:?}", path);
        }
    }
}

fn leaf(root: &Meaning, path: &[Key]) -> bool {
    let mut at = root;
    for key in path {
        let next = match (at, key) {
            (Meaning::Map(entries), Key::Name(name)) => entries
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            (Meaning::List(list), Key::Index(index)) => list.get(*index),
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    matches!(at, Meaning::Text(_) | Meaning::Null)
}
