//! BB codes as the portal shows them: bold, italics, underline, strikethrough, links, lists.
//! Everything else is text.

use maud::{Markup, Render as _, html};

/// Deeper nested codes are shown as text.
const DEPTH: usize = 32;

/// An element that a BB code opens.
#[derive(Debug, PartialEq)]
enum Element {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Link(String),
}

impl Element {
    /// The element of a code without brackets, `after` being the text behind the closing bracket.
    fn opened_by(code: &str, after: &str) -> Option<Self> {
        match code.to_uppercase().as_str() {
            "B" => Some(Self::Bold),
            "I" => Some(Self::Italic),
            "U" => Some(Self::Underline),
            "S" => Some(Self::Strikethrough),
            "URL" => link_target(after.split_once('[')?.0).map(Self::Link),
            upper if upper.starts_with("URL=") => link_target(code.get(4..)?).map(Self::Link),
            _ => None,
        }
    }

    fn is_closed_by(&self, code: &str) -> bool {
        let name = match self {
            Self::Bold => "/B",
            Self::Italic => "/I",
            Self::Underline => "/U",
            Self::Strikethrough => "/S",
            Self::Link(_) => "/URL",
        };
        code.eq_ignore_ascii_case(name)
    }

    fn around(&self, content: &Markup) -> Markup {
        html! {
            @match self {
                Self::Bold => b { (content) },
                Self::Italic => i { (content) },
                Self::Underline => u { (content) },
                Self::Strikethrough => s { (content) },
                Self::Link(target) => {
                    a href=(target) rel="noopener nofollow ugc" target="_blank" { (content) }
                }
            }
        }
    }
}

/// Renders a text with BB codes; line breaks stay line breaks.
pub(super) fn render(text: &str) -> Markup {
    let mut out = html! {};
    // Open elements with the markup before each.
    let mut open: Vec<(Element, Markup)> = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('[') {
        before.render_to(&mut out.0);
        rest = tail;
        let code = tail
            .split_once(']')
            .filter(|(code, _)| code.len() < 2048 && !code.contains('\n'));
        let Some((code, after)) = code else {
            "[".render_to(&mut out.0);
            continue;
        };
        if open
            .last()
            .is_some_and(|(element, _)| element.is_closed_by(code))
        {
            out = close(&mut open, &out);
        } else if code == "*" {
            "• ".render_to(&mut out.0);
        } else if is_list(code) {
            // The lines of a list are enough.
        } else if let Some(element) = Element::opened_by(code, after).filter(|_| open.len() < DEPTH)
        {
            open.push((element, std::mem::replace(&mut out, html! {})));
        } else {
            // A closing code that does not close the innermost element is text, too.
            "[".render_to(&mut out.0);
            continue;
        }
        rest = after;
    }
    rest.render_to(&mut out.0);
    while !open.is_empty() {
        out = close(&mut open, &out);
    }
    out
}

/// Closes the innermost element and appends it to the markup before it.
fn close(open: &mut Vec<(Element, Markup)>, content: &Markup) -> Markup {
    match open.pop() {
        Some((element, before)) => html! { (before) (element.around(content)) },
        None => content.clone(),
    }
}

fn is_list(code: &str) -> bool {
    code.eq_ignore_ascii_case("LIST") || code.eq_ignore_ascii_case("LIST=1")
}

/// Only addresses on the web or within the portal become links.
fn link_target(target: &str) -> Option<String> {
    let target = target.trim().trim_matches('"');
    let lower = target.to_lowercase();
    let is_local = target.starts_with('/') && !target.starts_with("//");
    let is_web = lower.starts_with("https://") || lower.starts_with("http://");
    if is_local {
        return Some(within(target));
    }
    is_web.then(|| target.to_owned())
}

/// Returns where the sandbox shows what the portal has at a path.
fn within(path: &str) -> String {
    let mut parts = path.trim_matches('/').split('/');
    match [parts.next(), parts.next(), parts.next(), parts.next()] {
        [Some("marketplace"), Some("view"), Some(client), _] => {
            format!("/sandbox/app/view/{client}")
        }
        [Some("crm"), Some(kind), Some("details"), Some(id)] => format!("/sandbox/{kind}/{id}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH, render};

    #[test]
    fn codes_become_elements_and_the_rest_is_text() {
        assert_eq!(
            render("[B]Имя:[/B] <Анна> [b]и[/b] [i]так[/i]").0,
            "<b>Имя:</b> &lt;Анна&gt; <b>и</b> <i>так</i>"
        );
        for (path, shown) in [
            (
                "/marketplace/view/local.1.2/",
                "/sandbox/app/view/local.1.2",
            ),
            ("/crm/deal/details/7/", "/sandbox/deal/7"),
            ("/company/", "/company/"),
        ] {
            let link = render(&format!("[URL={path}]a[/URL]")).0;
            assert!(link.contains(&format!("href=\"{shown}\"")), "{link}");
        }
        assert_eq!(render("[X]a[/X] [1] [").0, "[X]a[/X] [1] [");
        assert_eq!(render("[LIST][*]a[/LIST]").0, "• a[/LIST]");
    }

    #[test]
    fn links_lead_only_to_the_web() {
        assert_eq!(
            render("[URL=https://a.example/?x=\"1\"]т[/URL]").0,
            "<a href=\"https://a.example/?x=&quot;1\" rel=\"noopener nofollow ugc\" target=\"_blank\">т</a>"
        );
        assert_eq!(
            render("[URL=javascript:alert(1)]x[/URL]").0,
            "[URL=javascript:alert(1)]x[/URL]"
        );
        let local = render("[URL]/crm/deal/7/[/URL]").0;
        assert!(local.starts_with("<a href=\"/crm/deal/7/\""), "{local}");
    }

    #[test]
    fn open_elements_are_closed_at_the_end() {
        assert_eq!(render("[B]a [I]b[/B]").0, "<b>a <i>b[/B]</i></b>");
    }

    #[test]
    fn deep_nesting_ends_in_text() {
        let html = render(&"[B]".repeat(100_000)).0;
        assert_eq!(html.matches("<b>").count(), DEPTH);
        assert_eq!(html.matches("[B]").count(), 100_000 - DEPTH);
    }
}
