//! What the grammar lets through and yet finds nothing, and the grammar's own messages in plain words.

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector, Test,
    TestFunction,
};
use jsonpath_rust::query::js_path_process;
use pest::error::LineColLocation;
use serde_json::Value;

use super::simple::is_name_char;
use super::{BadPath, LONGEST};

pub(super) fn length(text: &str) -> Result<(), BadPath> {
    if text.is_empty() {
        return Err(BadPath::whole(
            text,
            "the path is empty",
            "write one, such as $.data.email",
        ));
    }
    if text.len() > LONGEST {
        let message = format!("the path is longer than {LONGEST} bytes");
        return Err(BadPath::whole(text, message, ""));
    }
    Ok(())
}

/// Looks at the text outside quotes. `added` characters in front of it are ours.
pub(super) fn before_parsing(full: &str, added: usize) -> Result<(), BadPath> {
    let chars: Vec<char> = full.chars().collect();
    let mut quote = None;
    for (index, &c) in chars.iter().enumerate() {
        match quote {
            Some(open) if c == open && chars.get(index.wrapping_sub(1)) != Some(&'\\') => {
                quote = None;
            }
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None => outside(&chars, index, added)?,
        }
    }
    Ok(())
}

fn outside(chars: &[char], index: usize, added: usize) -> Result<(), BadPath> {
    let offset = index.saturating_sub(added);
    let c = chars.get(index).copied().unwrap_or_default();
    let next = chars.get(index + 1).copied().unwrap_or_default();
    let before = index.checked_sub(1).and_then(|i| chars.get(i)).copied();
    if c.is_whitespace() && before.is_some_and(is_name_char) {
        let after = chars.iter().skip(index).find(|c| !c.is_whitespace());
        if after.copied().is_some_and(is_name_char) {
            let advice = "a name with a blank needs brackets and quotes, like $.data['Ваш телефон']; \
                          in a test compare with ==";
            return Err(BadPath::at(offset, 1, "a blank inside a path", advice));
        }
    }
    if c == '=' && next == '~' {
        let advice = "write match(@.name, 'pattern') for the whole text or search(@.name, 'pattern') for a part";
        return Err(BadPath::at(offset, 2, "RFC 9535 has no `=~`", advice));
    }
    if c == '-' && before.is_some_and(is_name_char) && is_name_char(next) && next != ' ' {
        let advice = "put the name into brackets and quotes, like $.data['first-name']";
        return Err(BadPath::at(offset, 1, "a `-` inside a name", advice));
    }
    if c == '=' && next != '=' && !before.is_some_and(|c| matches!(c, '=' | '!' | '<' | '>')) {
        return Err(BadPath::at(offset, 1, "a single `=`", "compare with =="));
    }
    if c == '~' || c == '^' {
        let message = format!("RFC 9535 has no `{c}`");
        return Err(BadPath::at(offset, 1, message, "name the value itself"));
    }
    Ok(())
}

/// The grammar's error in plain words, at its place.
pub(super) fn explain(error: &JsonPathError, full: &str, added: usize) -> BadPath {
    let JsonPathError::PestError(pest) = error else {
        let message = match error {
            JsonPathError::InvalidJsonPath(why) => format!("not a path: {}", lower(why)),
            JsonPathError::InvalidNumber(_) => {
                "not a path: a number that cannot be read".to_owned()
            }
            JsonPathError::MaxNestingDepthExceeded(_) => "not a path: nested too deep".to_owned(),
            _ => "not a path".to_owned(),
        };
        return BadPath::whole(full, message, EXAMPLE);
    };
    let column = match pest.line_col {
        LineColLocation::Pos((_, column)) | LineColLocation::Span((_, column), _) => column,
    };
    let index = column.saturating_sub(1);
    let found = full.chars().nth(index);
    let unclosed =
        full.chars().filter(|c| *c == '[').count() > full.chars().filter(|c| *c == ']').count();
    let message = match found {
        _ if unclosed => "a `[` without its `]`".to_owned(),
        None => "the path ends too early".to_owned(),
        Some(c) => format!("`{c}` cannot stand here in a path"),
    };
    BadPath::at(index.saturating_sub(added), 1, message, EXAMPLE)
}

const EXAMPLE: &str = "a path looks like $.data.email, $.data.topics[0] or $.data['Ваш телефон']";

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

pub(super) fn bad_regex(path: &str, pattern: &str) -> BadPath {
    let mut bad = BadPath::whole(
        path,
        format!("`{pattern}` is no regular expression, the test would never match"),
        "check its brackets and stars; to compare texts write ==",
    );
    if let Some(byte) = path.find(pattern) {
        bad.offset = path.get(..byte).map_or(0, |before| before.chars().count());
        bad.length = pattern.chars().count();
    }
    bad
}

/// Every literal pattern of `match` and `search` must be a regular expression: a broken one matches
/// nothing without a word.
pub(super) fn regexes(segments: &[Segment]) -> Result<(), String> {
    segments.iter().try_for_each(segment)
}

fn segment(segment: &Segment) -> Result<(), String> {
    match segment {
        Segment::Descendant(inner) => self::segment(inner),
        Segment::Selector(one) => selector(one),
        Segment::Selectors(list) => list.iter().try_for_each(selector),
    }
}

fn selector(selector: &Selector) -> Result<(), String> {
    match selector {
        Selector::Filter(inner) => filter(inner),
        Selector::Name(_) | Selector::Wildcard | Selector::Index(_) | Selector::Slice(..) => Ok(()),
    }
}

fn filter(filter: &Filter) -> Result<(), String> {
    match filter {
        Filter::Or(list) | Filter::And(list) => list.iter().try_for_each(self::filter),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => self::filter(expr),
        Filter::Atom(FilterAtom::Test { expr, .. }) => test(expr),
        Filter::Atom(FilterAtom::Comparison(comparison)) => match &**comparison {
            Comparison::Eq(a, b)
            | Comparison::Ne(a, b)
            | Comparison::Gt(a, b)
            | Comparison::Gte(a, b)
            | Comparison::Lt(a, b)
            | Comparison::Lte(a, b) => comparable(a).and_then(|()| comparable(b)),
        },
    }
}

fn comparable(comparable: &Comparable) -> Result<(), String> {
    match comparable {
        Comparable::Function(inner) => function(inner),
        Comparable::Literal(_) | Comparable::SingularQuery(_) => Ok(()),
    }
}

fn test(test: &Test) -> Result<(), String> {
    match test {
        Test::RelQuery(segments) => regexes(segments),
        Test::AbsQuery(query) => regexes(&query.segments),
        Test::Function(inner) => function(inner),
    }
}

fn function(function: &TestFunction) -> Result<(), String> {
    match function {
        TestFunction::Search(text, pattern) | TestFunction::Match(text, pattern) => {
            argument(text)?;
            if let FnArg::Literal(Literal::String(pattern)) = pattern
                && !is_regex(pattern)
            {
                return Err(pattern.clone());
            }
            argument(pattern)
        }
        TestFunction::Length(inner) => argument(inner),
        TestFunction::Value(inner) | TestFunction::Count(inner) => argument(inner),
        TestFunction::Custom(_, list) => list.iter().try_for_each(argument),
    }
}

fn argument(argument: &FnArg) -> Result<(), String> {
    match argument {
        FnArg::Literal(_) => Ok(()),
        FnArg::Test(inner) => test(inner),
        FnArg::Filter(inner) => filter(inner),
    }
}

/// Asks the engine itself: `|pattern` matches any text when it compiles, and none when it does not.
fn is_regex(pattern: &str) -> bool {
    let any_text = TestFunction::Search(
        FnArg::Test(Box::new(Test::RelQuery(Vec::new()))),
        FnArg::Literal(Literal::String(format!("|{pattern}"))),
    );
    let probe = JpQuery::new(vec![Segment::Selector(Selector::Filter(Filter::Atom(
        FilterAtom::test(Test::Function(Box::new(any_text)), false),
    )))]);
    let one_text = Value::Array(vec![Value::String("x".to_owned())]);
    js_path_process(&probe, &one_text).is_ok_and(|found| !found.is_empty())
}
