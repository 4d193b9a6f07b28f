//! `when` of a block or a field, as written: a test of the packet (`$.data.kind == 2`), fields of
//! the profile with their expected values (`{ kind: registration }`), or a list of both, all of
//! which must hold.

use super::block::{self, Block};
use super::condition_words as words;
use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// One test.
#[derive(Debug, Clone)]
pub(crate) enum RawTest {
    /// A test of the packet.
    Packet(Text),
    /// A declared field and the values that it may have.
    Field { name: Text, wanted: Vec<Text> },
}

/// All tests of a `when`; all must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawCondition {
    pub(crate) tests: Vec<RawTest>,
}

/// Reads the key `when` of a block.
pub(crate) fn read(block: &mut Block, reader: &mut Reader<'_>) -> Option<RawCondition> {
    let about = block.name_of("when");
    let node = block.node("when")?;
    let mut condition = RawCondition::default();
    tests(&about, node, &mut condition, reader)?;
    Some(condition)
}

/// `city = Москва` as a block of a condition.
fn comparison(written: &str) -> Option<String> {
    let at = written.find(['=', '<', '>', '!'])?;
    let (field, rest) = written.split_at(at);
    let value = rest.trim_start_matches(['=', '<', '>', '!']);
    let sign = rest.strip_suffix(value)?.trim();
    let (field, value) = (field.trim(), value.trim().trim_matches(['\'', '"']));
    if field.is_empty() || value.is_empty() {
        return None;
    }
    Some(match sign {
        "=" | "==" | "===" => format!("{{ {field}: {value} }}"),
        "!=" | "<>" | "!==" => format!("{{ {field}: \"!= {value}\" }}"),
        _ => format!("{{ {field}: \"{sign} {value}\" }}"),
    })
}

/// `{ question: ~ }`: no test at all, although one is meant.
fn without_value(name: &Text, reader: &mut Reader<'_>) {
    let field = &name.value;
    let message = bilingual!(
        "the condition does not say what `{field}` must be",
        "в условии не сказано, каким должно быть `{field}`"
    );
    let advice = bilingual!(
        "write `{field}: absent` if it must be empty, or `{field}: present` if it must have a value",
        "напишите `{field}: absent`, если значения быть не должно, или `{field}: present`, если оно должно быть"
    );
    reader.error(Code::MissingKey, &name.place, message, advice);
}

fn tests(about: &str, node: Node, into: &mut RawCondition, reader: &mut Reader<'_>) -> Option<()> {
    match node.kind {
        NodeKind::Null => None,
        NodeKind::Scalar(text) => {
            into.tests.push(RawTest::Packet(text));
            Some(())
        }
        NodeKind::List(list) => {
            for item in list {
                if matches!(item.kind, NodeKind::List(_)) {
                    let wanted = bilingual!("a test", "условие");
                    block::wrong_type(about, &wanted, &item, reader);
                } else {
                    tests(about, item, into, reader);
                }
            }
            Some(())
        }
        NodeKind::Map(entries)
            if let [(key, value)] = entries.as_slice()
                && matches!(value.kind, NodeKind::Null)
                && let Some(comparison) = comparison(&key.value) =>
        {
            let message = bilingual!(
                "a block of a condition has a colon between field and value",
                "в блоке условия между полем и значением стоит двоеточие"
            );
            let place = node.place.in_brackets();
            let advice = bilingual!("write `{comparison}`", "напишите `{comparison}`");
            reader.error(Code::WrongType, &place, message, advice);
            None
        }
        NodeKind::Map(_) if block::is_unquoted_template(&node) => {
            block::unquoted(about, &node, reader);
            None
        }
        NodeKind::Map(entries) => {
            for (name, value) in entries {
                if matches!(value.kind, NodeKind::Null) {
                    without_value(&name, reader);
                    continue;
                }
                if words::report(&name, &value, reader) {
                    continue;
                }
                let about = format!("{about}.{}", name.value);
                if let Some(wanted) = block::texts(&about, value, reader) {
                    into.tests.push(RawTest::Field { name, wanted });
                }
            }
            Some(())
        }
    }
}
