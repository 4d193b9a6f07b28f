//! `json` of a step: a YAML value with templates at its leaves. It is built as a value, so no text
//! can break out of it.

use serde_json::{Map, Number, Value};

use super::StepCompiler;
use super::references::Needs;
use crate::authoring::codes::Code;
use crate::authoring::raw::block;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;
use crate::mapping::template::Escape;
use crate::mapping::then::rules::JsonRule;

/// Maximum depth of a value.
const DEEPEST: usize = 32;

impl StepCompiler<'_, '_> {
    pub(super) fn json(&mut self, node: &Node, depth: usize) -> Option<JsonRule> {
        if depth > DEEPEST {
            let message = bilingual!(
                "more than {DEEPEST} levels in `json`",
                "в `json` больше {DEEPEST} уровней"
            );
            let advice = bilingual!("make it flatter", "сделайте его проще");
            self.problems
                .error(Code::TooLarge, &node.place, message, advice);
            return None;
        }
        if block::is_unquoted_template(node) {
            let message = bilingual!(
                "the template needs quotes: YAML reads `{{` as a block of keys",
                "шаблону нужны кавычки: YAML принимает `{{` за блок с ключами"
            );
            let advice = bilingual!(
                "write the whole value in quotes: `name: \"{{{{firstname}}}}\"`",
                "заключите всё значение в кавычки: `name: \"{{{{firstname}}}}\"`"
            );
            self.problems
                .error(Code::Unquoted, &node.place, message, advice);
            return None;
        }
        match &node.kind {
            NodeKind::Null => Some(JsonRule::Constant(Value::Null)),
            NodeKind::Scalar(text) => self.leaf(text),
            NodeKind::List(list) => {
                // each mistake is reported
                let rules: Vec<Option<JsonRule>> =
                    list.iter().map(|node| self.json(node, depth + 1)).collect();
                let rules = rules.into_iter().collect::<Option<_>>()?;
                Some(whole(JsonRule::List(rules)))
            }
            NodeKind::Map(entries) => {
                let rules: Vec<Option<(String, JsonRule)>> = entries
                    .iter()
                    .map(|(name, node)| Some((name.value.clone(), self.json(node, depth + 1)?)))
                    .collect();
                let rules = rules.into_iter().collect::<Option<_>>()?;
                Some(whole(JsonRule::Object(rules)))
            }
        }
    }

    fn leaf(&mut self, text: &Text) -> Option<JsonRule> {
        if text.plain
            && let Some(value) = plain(&text.value)
        {
            return Some(JsonRule::Constant(value));
        }
        let template = self.template(text, Escape::Nothing, Needs::MayLack)?;
        Some(match template.constant() {
            // as it is, with its blanks
            Some(_) if !text.value.contains("{{") => JsonRule::Constant(text.value.as_str().into()),
            Some(constant) => JsonRule::Constant(constant.into()),
            None => JsonRule::Template(template),
        })
    }
}

/// Returns a number, true or false that is written without quotes.
fn plain(text: &str) -> Option<Value> {
    match text {
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        _ => serde_json::from_str::<Number>(text).ok().map(Value::Number),
    }
}

/// Returns a constant for a rule without templates.
fn whole(rule: JsonRule) -> JsonRule {
    let constant = |rule: &JsonRule| match rule {
        JsonRule::Constant(value) => Some(value.clone()),
        _ => None,
    };
    let value = match &rule {
        JsonRule::List(rules) => rules
            .iter()
            .map(constant)
            .collect::<Option<Vec<Value>>>()
            .map(Value::Array),
        JsonRule::Object(rules) => rules
            .iter()
            .map(|(name, rule)| Some((name.clone(), constant(rule)?)))
            .collect::<Option<Map<String, Value>>>()
            .map(Value::Object),
        JsonRule::Constant(_) | JsonRule::Template(_) => None,
    };
    value.map_or(rule, JsonRule::Constant)
}
