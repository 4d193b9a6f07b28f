//! BB codes as the portal shows them: bold, italics, underline, strikethrough, links, lists. Everything else is
//! text, and text is escaped first.

use super::html::esc;

/// Simple codes with their elements.
const PAIRS: [(&str, &str); 4] = [("B", "b"), ("I", "i"), ("U", "u"), ("S", "s")];

/// The text as HTML; line breaks stay line breaks.
pub(super) fn render(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut open: Vec<&'static str> = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('[') {
        out.push_str(&esc(before));
        let code = tail
            .split_once(']')
            .filter(|(code, _)| code.len() < 2048 && !code.contains('\n'));
        let Some((code, after)) = code else {
            out.push_str("&#91;");
            rest = tail;
            continue;
        };
        if let Some((html, after)) = element(code, after, &mut open) {
            out.push_str(&html);
            rest = after;
        } else {
            out.push_str("&#91;");
            rest = tail;
        }
    }
    out.push_str(&esc(rest));
    for element in open.into_iter().rev() {
        out.push_str(&format!("</{element}>"));
    }
    out
}

fn element<'a>(
    code: &str,
    after: &'a str,
    open: &mut Vec<&'static str>,
) -> Option<(String, &'a str)> {
    let upper = code.to_uppercase();
    if let Some((_, element)) = PAIRS.iter().find(|(name, _)| *name == upper) {
        open.push(element);
        return Some((format!("<{element}>"), after));
    }
    if let Some(name) = upper.strip_prefix('/') {
        if name == "URL" && open.last() == Some(&"a") {
            open.pop();
            return Some(("</a>".to_owned(), after));
        }
        let (_, element) = PAIRS.iter().find(|(it, _)| *it == name)?;
        // A closing code that does not close the innermost one is text.
        return (open.last() == Some(element)).then(|| {
            open.pop();
            (format!("</{element}>"), after)
        });
    }
    match upper.as_str() {
        "*" => Some(("• ".to_owned(), after)),
        "URL" => {
            let (target, _) = after.split_once('[')?;
            let html = anchor(target)?;
            open.push("a");
            Some((html, after))
        }
        _ if upper.starts_with("URL=") => {
            let html = anchor(code.get(4..)?)?;
            open.push("a");
            Some((html, after))
        }
        "LIST" | "LIST=1" => Some((String::new(), after)),
        _ => None,
    }
}

/// Only what leads to the web or stays in the portal becomes a link.
fn anchor(target: &str) -> Option<String> {
    let target = target.trim().trim_matches('"');
    let lower = target.to_lowercase();
    let local = target.starts_with('/') && !target.starts_with("//");
    (local || lower.starts_with("https://") || lower.starts_with("http://")).then(|| {
        format!(
            "<a href=\"{}\" rel=\"noopener nofollow ugc\" target=\"_blank\">",
            esc(target)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn codes_become_elements_and_the_rest_is_text() {
        assert_eq!(
            render("[B]Имя:[/B] <Анна> [b]и[/b] [i]так[/i]"),
            "<b>Имя:</b> &lt;Анна&gt; <b>и</b> <i>так</i>"
        );
        assert_eq!(render("[X]a[/X] [1] ["), "&#91;X]a&#91;/X] &#91;1] &#91;");
    }

    #[test]
    fn links_lead_only_to_the_web() {
        assert_eq!(
            render("[URL=https://a.example/?x=\"1\"]т[/URL]"),
            "<a href=\"https://a.example/?x=&quot;1\" rel=\"noopener nofollow ugc\" target=\"_blank\">т</a>"
        );
        assert_eq!(
            render("[URL=javascript:alert(1)]x[/URL]"),
            "&#91;URL=javascript:alert(1)]x&#91;/URL]"
        );
        assert!(render("[URL]/crm/deal/7/[/URL]").starts_with("<a href=\"/crm/deal/7/\""));
    }

    #[test]
    fn what_is_left_open_is_closed() {
        assert_eq!(render("[B]a [I]b[/B]"), "<b>a <i>b&#91;/B]</i></b>");
    }
}
