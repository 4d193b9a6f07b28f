//! Reports paths that the grammar allows but that find nothing, and translates the grammar's own
//! messages.

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
use crate::domain::{Bilingual, bilingual};

pub(super) fn length(text: &str) -> Result<(), BadPath> {
    if text.is_empty() {
        return Err(BadPath::whole(
            text,
            bilingual!("the path is empty", "путь пуст"),
            bilingual!(
                "write one, such as $.data.email",
                "напишите его: например, $.data.email"
            ),
        ));
    }
    if text.len() > LONGEST {
        let message = bilingual!(
            "the path is longer than {LONGEST} bytes",
            "путь длиннее {LONGEST} байт"
        );
        let advice = bilingual!("name the value itself", "укажите само значение");
        return Err(BadPath::whole(text, message, advice));
    }
    Ok(())
}

/// Checks the text outside of quotes. The first `added` characters are ours.
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
            let message = bilingual!("a space inside a path", "пробел внутри пути");
            let advice = bilingual!(
                "a name with a blank needs brackets and quotes, like $.data['Ваш телефон']; \
                 in a test compare with ==",
                "имя с пробелом пишется в скобках и кавычках: $.data['Ваш телефон']; \
                 в условии сравнивайте знаком =="
            );
            return Err(BadPath::at(offset, 1, message, advice));
        }
    }
    if c == '=' && next == '~' {
        let message = bilingual!("RFC 9535 has no `=~`", "в RFC 9535 нет `=~`");
        let advice = bilingual!(
            "write match(@.name, 'pattern') for the whole text or search(@.name, 'pattern') for a \
             part",
            "напишите match(@.name, 'образец') для всего текста или search(@.name, 'образец') для \
             его части",
        );
        return Err(BadPath::at(offset, 2, message, advice));
    }
    if c == '-' && before.is_some_and(is_name_char) && is_name_char(next) && next != ' ' {
        let message = bilingual!("a `-` inside a name", "`-` внутри имени");
        let advice = bilingual!(
            "put the name into brackets and quotes, like $.data['first-name']",
            "возьмите имя в скобки и кавычки: $.data['first-name']"
        );
        return Err(BadPath::at(offset, 1, message, advice));
    }
    if c == '=' && next != '=' && !before.is_some_and(|c| matches!(c, '=' | '!' | '<' | '>')) {
        let message = bilingual!("a single `=`", "одиночный `=`");
        let advice = bilingual!("compare with ==", "сравнивайте знаком ==");
        return Err(BadPath::at(offset, 1, message, advice));
    }
    if c == '~' || c == '^' {
        let message = bilingual!("RFC 9535 has no `{c}`", "в RFC 9535 нет `{c}`");
        let advice = bilingual!("name the value itself", "укажите само значение");
        return Err(BadPath::at(offset, 1, message, advice));
    }
    Ok(())
}

/// Returns the grammar's error as a plain message with its place.
pub(super) fn explain(error: &JsonPathError, full: &str, added: usize) -> BadPath {
    let JsonPathError::PestError(pest) = error else {
        let message = match error {
            JsonPathError::InvalidJsonPath(why) => {
                let why = lower(why);
                bilingual!("not a path: {why}", "это не путь ({why})")
            }
            JsonPathError::InvalidNumber(_) => bilingual!(
                "not a path: a number that cannot be read",
                "это не путь: число не читается"
            ),
            JsonPathError::MaxNestingDepthExceeded(_) => bilingual!(
                "not a path: nested too deeplyly",
                "это не путь: слишком глубокая вложенность"
            ),
            _ => bilingual!("not a path", "это не путь"),
        };
        return BadPath::whole(full, message, example());
    };
    let column = match pest.line_col {
        LineColLocation::Pos((_, column)) | LineColLocation::Span((_, column), _) => column,
    };
    let index = column.saturating_sub(1);
    let found = full.chars().nth(index);
    let unclosed =
        full.chars().filter(|c| *c == '[').count() > full.chars().filter(|c| *c == ']').count();
    let message = match found {
        _ if full.chars().nth(added).is_some_and(|c| "“”„«»".contains(c)) => {
            bilingual!(
                "the path is in curly quotes",
                "путь взят в фигурные кавычки («ёлочки» или “лапки”)"
            )
        }
        _ if unclosed => bilingual!("a `[` without a `]`", "у `[` нет парной `]`"),
        None => bilingual!("the path ends too early", "путь обрывается"),
        Some(c) => bilingual!(
            "`{c}` is not allowed here in a path",
            "`{c}` здесь в пути недопустим"
        ),
    };
    BadPath::at(index.saturating_sub(added), 1, message, example())
}

fn example() -> Bilingual {
    bilingual!(
        "a path looks like $.data.email, $.data.topics[0] or $.data['Ваш телефон']",
        "путь выглядит так: $.data.email, $.data.topics[0] или $.data['Ваш телефон']"
    )
}

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
        bilingual!(
            "`{pattern}` is not a regular expression, so the test would never match",
            "`{pattern}` — не регулярное выражение, условие никогда не выполнится"
        ),
        bilingual!(
            "check its brackets and stars; to compare texts write ==",
            "проверьте скобки и звёздочки; тексты сравнивают знаком =="
        ),
    );
    if let Some(byte) = path.find(pattern) {
        bad.offset = path.get(..byte).map_or(0, |before| before.chars().count());
        bad.length = pattern.chars().count();
    }
    bad
}

/// Checks every literal pattern of `match` and `search`; a broken regular expression would silently
/// match nothing.
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

/// Tests a pattern with the engine: `|pattern` matches any text if it compiles, and none otherwise.
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
