//! Removes what forms and site engines put into a person's text: HTML entities, backslashes before
//! quotes, tags, invisible signs, blanks.

use encoding_rs::WINDOWS_1252;

/// Names of entities in HTML, and their characters.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("ensp", " "),
    ("emsp", " "),
    ("thinsp", " "),
    ("shy", ""),
    ("zwnj", ""),
    ("zwj", "\u{200d}"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bdquo", "„"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("lsaquo", "‹"),
    ("rsaquo", "›"),
    ("mdash", "—"),
    ("ndash", "–"),
    ("hellip", "…"),
    ("bull", "•"),
    ("middot", "·"),
    ("euro", "€"),
    ("cent", "¢"),
    ("numero", "№"),
    ("trade", "™"),
    ("commat", "@"),
    ("num", "#"),
    ("lpar", "("),
    ("rpar", ")"),
    ("comma", ","),
    ("period", "."),
    ("colon", ":"),
    ("semi", ";"),
    ("sol", "/"),
    ("bsol", "\\"),
    ("excl", "!"),
    ("quest", "?"),
    ("plus", "+"),
    ("equals", "="),
    ("lowbar", "_"),
    ("percnt", "%"),
    ("dollar", "$"),
    ("ast", "*"),
    ("Tab", " "),
    ("NewLine", "\n"),
];

/// Names of the characters U+00A1 to U+00FF, in their order.
const LATIN: &str = "iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg \
    plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest \
    Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc \
    Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute \
    THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave \
    iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc \
    uuml yacute thorn yuml";

/// The elements of HTML. Other words in brackets are text: `<anna@mail.example>`, `<имя>`.
const ELEMENTS: &str = "a abbr article aside audio b big blockquote body br button center cite code \
    col div dd del dl dt em embed fieldset figure font footer form h1 h2 h3 h4 h5 h6 head header hr \
    html i iframe img input ins label legend li link main mark meta nav noscript object ol option p \
    path picture pre q s samp script section select small source span strike strong style sub sup \
    svg table tbody td textarea tfoot th thead title tr tt u ul video wbr";

/// Attributes without a value.
const FLAGS: &str = "allowfullscreen async autofocus autoplay checked compact contenteditable controls \
    default defer disabled download hidden loop multiple muted noshade novalidate nowrap open \
    playsinline readonly required reversed selected";

/// Elements whose end is the end of a line.
const LINES: &[&str] = &["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4"];
/// Elements with a gap before their text.
const CELLS: &[&str] = &["td", "th"];
/// The longest name of an entity.
const LONGEST_ENTITY: usize = 10;
/// The longest tag.
const LONGEST_TAG: usize = 2000;

/// Returns the text as its author typed it. Texts that were encoded twice are decoded twice.
pub(crate) fn clean(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..2 {
        if !text.contains(['&', '<']) {
            break;
        }
        text = entities(&tags(&text));
    }
    blanks(&unslashed(&text))
}

/// Returns whether [`clean`] removes more than blanks.
pub(crate) fn is_encoded(text: &str) -> bool {
    text.contains(['&', '<', '\\']) && blanks(text) != clean(text)
}

/// Removes tags; those that end a line become one.
pub(crate) fn tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut may_end = true;
    while let Some((before, from)) = rest.split_once('<') {
        out.push_str(before);
        if let Some(after) = remark(from, &mut may_end) {
            rest = after;
            continue;
        }
        let Some((tag, after)) = tag(from) else {
            out.push('<');
            rest = from;
            continue;
        };
        let name = tag.trim_matches('/').split([' ', '/', '\n', '\t']).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        let is_end = tag.starts_with('/') || name == "br";
        if LINES.contains(&name.as_str()) && is_end {
            out.push('\n');
        } else if CELLS.contains(&name.as_str()) {
            out.push(' ');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns what follows the remark whose `<` stands before this text. Once the end of a remark was
/// sought in vain, there is none further on, and it is not sought again.
fn remark<'t>(from: &'t str, may_end: &mut bool) -> Option<&'t str> {
    let remark = from.strip_prefix("!--").filter(|_| *may_end)?;
    let end = remark.split_once("-->");
    *may_end = end.is_some();
    end.map(|(_, after)| after)
}

/// Returns the inside of the tag whose `<` stands before this text, and what follows its `>`.
fn tag(from: &str) -> Option<(&str, &str)> {
    let name = from.strip_prefix('/').unwrap_or(from);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, rest) = name.split_at_checked(end)?;
    let is_tag = rest.starts_with(['>', '/', ' ', '\t', '\n', '\r'])
        && ELEMENTS
            .split_ascii_whitespace()
            .any(|known| known.eq_ignore_ascii_case(name));
    if !is_tag {
        return None;
    }
    let end = from.bytes().take(LONGEST_TAG).position(|b| b == b'>')?;
    let inside = from.get(..end)?;
    let behind = inside
        .strip_prefix('/')
        .unwrap_or(inside)
        .get(name.len()..)?;
    let is_tag = !inside.contains('<') && begins_with_attribute(behind);
    is_tag.then_some((inside, from.get(end + 1..)?))
}

/// Returns whether an attribute or nothing follows the name of a tag: `a <b и c> d` is text.
fn begins_with_attribute(behind: &str) -> bool {
    let behind = behind.trim_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    let end = behind.find(|c: char| c.is_whitespace() || c == '=');
    let (name, value) = behind.split_at(end.unwrap_or(behind.len()));
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '@');
    behind.is_empty()
        || (!name.is_empty() && name.chars().all(is_name) && value.trim_start().starts_with('='))
        || FLAGS
            .split_ascii_whitespace()
            .any(|known| known.eq_ignore_ascii_case(name))
}

/// Writes entities as their characters.
pub(crate) fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('&') {
        out.push_str(before);
        if let Some(after) = entity(from, &mut out) {
            rest = after;
        } else {
            out.push('&');
            rest = from;
        }
    }
    out.push_str(rest);
    out
}

/// Writes the character of the entity that begins here, and returns what follows it.
fn entity<'t>(from: &'t str, out: &mut String) -> Option<&'t str> {
    if let Some(digits) = from.strip_prefix('#') {
        let (code, after) = number(digits)?;
        if (0xd800..0xdc00).contains(&code)
            && let Some((low, after)) = after.strip_prefix("&#").and_then(number)
            && (0xdc00..0xe000).contains(&low)
        {
            let whole = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            out.push(char::from_u32(whole)?);
            return Some(after);
        }
        match u8::try_from(code) {
            // numbers of windows-1252, which browsers accept
            Ok(byte @ 0x80..=0x9f) => out.push_str(&WINDOWS_1252.decode(&[byte]).0),
            Ok(0) => return None,
            Ok(_) | Err(_) => out.push(char::from_u32(code)?),
        }
        return Some(after);
    }
    let end = from.bytes().take(LONGEST_ENTITY).position(|b| b == b';')?;
    let (name, after) = (from.get(..end)?, from.get(end + 1..)?);
    let is =
        |known: &str| known == name || (name.len() > 1 && *known.to_ascii_uppercase() == *name);
    if let Some((_, text)) = ENTITIES.iter().find(|(known, _)| is(known)) {
        out.push_str(text);
        return Some(after);
    }
    let at = LATIN
        .split_ascii_whitespace()
        .position(|known| known == name)?;
    out.push(char::from_u32(0xa1 + u32::try_from(at).ok()?)?);
    Some(after)
}

/// Parses the number of an entity: `039;`, `x27;`, `39` before another character.
fn number(digits: &str) -> Option<(u32, &str)> {
    let (radix, digits) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    let code = u32::from_str_radix(digits.get(..end)?, radix).ok()?;
    let after = digits.get(end..)?;
    Some((code, after.strip_prefix(';').unwrap_or(after)))
}

/// Removes backslashes before quotes and slashes.
fn unslashed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('\\') {
        out.push_str(before);
        let after = from.trim_start_matches('\\');
        if !after.starts_with(['\'', '"', '/', '’', '`']) {
            // all of them at once: each on its own would be looked at again and again
            out.push('\\');
            out.extend(from.chars().take_while(|c| *c == '\\'));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Puts one blank between words and at most one empty line between lines, and removes signs that
/// cannot be seen.
fn blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line: String = line
            .chars()
            .filter(|c| {
                !super::is_invisible(*c) || matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{20e3}')
            })
            .collect();
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else {
            empty += 1;
            continue;
        };
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(first);
        for word in words {
            out.push(' ');
            out.push_str(word);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoded_text_is_what_its_author_typed() {
        for (encoded, wanted) in [
            ("O&#039;Brien", "O'Brien"),
            ("O&#39;Brien", "O'Brien"),
            ("O&#x27;Brien", "O'Brien"),
            ("O&apos;Brien", "O'Brien"),
            ("O&#39Brien", "O'Brien"),
            ("O&amp;#039;Brien", "O'Brien"),
            ("O&rsquo;Brien", "O’Brien"),
            ("O&#146;Brien", "O’Brien"),
            ("L\\'espoir", "L'espoir"),
            ("L\\\\\\'espoir", "L'espoir"),
            ("\\\"Ромашка\\\"", "\"Ромашка\""),
            ("&quot;Ромашка&quot;", "\"Ромашка\""),
            ("&laquo;Ромашка&raquo; &mdash; цветы", "«Ромашка» — цветы"),
            ("Ren&eacute; M&uuml;ller", "René Müller"),
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("Tom &AMP; Jerry", "Tom & Jerry"),
            ("AT&T &copy 2025", "AT&T &copy 2025"),
            ("<b>Анна</b>", "Анна"),
            ("<p>один</p><p>два</p>", "один\nдва"),
            ("один<br />два", "один\nдва"),
            ("&lt;b&gt;Анна&lt;/b&gt;", "Анна"),
            ("<a href=\"https://shop.example\">магазин</a>", "магазин"),
            ("a < b и c > d", "a < b и c > d"),
            ("Анна <anna@mail.example>", "Анна <anna@mail.example>"),
            ("&lt;https://shop.example&gt;", "<https://shop.example>"),
            ("<!-- a --><SPAN class='x'>б</SPAN>", "б"),
            ("если a <b и c> d", "если a <b и c> d"),
            ("если a <b and c> d", "если a <b and c> d"),
            ("если a </b и c> d", "если a </b и c> d"),
            ("x <a, b> y", "x <a, b> y"),
            ("<p class=x>один</p ><hr/><hr noshade>два", "один\nдва"),
            ("<a\nhref = '/x'>магазин</a>", "магазин"),
            ("<input disabled><br / >да", "да"),
            ("a <!-- b <b>в</b> <!-- г", "a <!-- b в <!-- г"),
            ("<!-- a --> <!-- б -->в", "в"),
            ("C:\\\\\\new", "C:\\\\\\new"),
            ("1<2", "1<2"),
            ("я <3 вас", "я <3 вас"),
            ("  два   слова&nbsp; ", "два слова"),
            ("а\r\n\r\n\r\nб", "а\n\nб"),
            ("http:\\/\\/shop.example\\/x", "http://shop.example/x"),
            ("C:\\new", "C:\\new"),
            ("ноль\u{200b}ширина", "нольширина"),
            ("&#128512; &#55357;&#56832;", "😀 😀"),
            ("&#0; &#99999999; &nothing;", "&#0; &#99999999; &nothing;"),
            ("👨\u{200d}👩\u{200d}👧", "👨\u{200d}👩\u{200d}👧"),
        ] {
            assert_eq!(clean(encoded), wanted, "{encoded}");
        }
        assert!(is_encoded("O&#039;Brien") && !is_encoded("  a & b  < c"));
    }

    #[test]
    fn the_end_of_a_remark_is_sought_once_in_vain() {
        let mut may_end = true;
        assert_eq!(remark("!-- a --> б", &mut may_end), Some(" б"));
        assert!(may_end);
        assert_eq!(remark("!-- a", &mut may_end), None);
        assert!(!may_end);
        assert_eq!(remark("!-- a --> б", &mut may_end), None);
        let open = "<!--".repeat(100_000);
        assert_eq!(tags(&open), open);
        let slashes = "\\".repeat(100_000);
        assert_eq!(unslashed(&slashes), slashes);
    }

    proptest! {
        #[test]
        fn any_text_is_cleaned_without_a_panic(text in "[&#x0-9a-z;<>/\\\\' \\n]{0,60}") {
            prop_assert!(clean(&text).len() <= text.len() + 8);
        }
    }
}
