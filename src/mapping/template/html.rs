//! Templates of pages and replies: `templates/*.html.hbs`, bodies in `_channels.yaml`. The same
//! language, with registries that escape all values.

use super::check::{Wording, compile_as};
use super::escape::Escape;
use super::{BuiltIn, Rendered, Template, Values, place};
use crate::authoring::problem::{Problem, Problems, SourceText, TextPlace};
use crate::mapping::reading::FieldReading;

/// A template outside of profiles: a reply or a page. The extension `.html.hbs` makes it a page,
/// which escapes values.
#[derive(Debug)]
pub struct PageTemplate {
    template: Template,
}

impl PageTemplate {
    /// Compiles a template that may use these names, or reports every mistake.
    pub fn compile(file: &str, text: &str, names: &[&str]) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let source = SourceText::new(file, text);
        let part = |offset: usize, length: usize| TextPlace::within(&source, offset, length);
        let escape = if file.ends_with(".html.hbs") {
            Escape::Html
        } else {
            Escape::Nothing
        };
        let wording = Wording { text, part: &part };
        Self::compile_as(escape, &wording, names, &mut problems)
            .ok_or_else(|| problems.into_sorted())
    }

    /// The same for a text within another file, of any kind.
    pub(crate) fn compile_as(
        escape: Escape,
        wording: &Wording<'_>,
        names: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        if escape == Escape::Html {
            place::check(wording, names, problems)?;
        }
        compile_as(escape, wording, names, problems).map(|template| Self { template })
    }

    /// Renders it with the values of the names, in their order.
    pub fn render(&self, values: &[&str]) -> String {
        let readings: Vec<FieldReading> = values
            .iter()
            .map(|value| FieldReading {
                text: Some((*value).to_owned()),
                ..FieldReading::default()
            })
            .collect();
        let values = Values {
            names: &[],
            readings: &readings,
            built_in: &BuiltIn::default(),
        };
        match self.template.render(&values) {
            Rendered::Text(text) => text,
            Rendered::NoValue | Rendered::Failed => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<script>alert('1')</script> & \"x\"=`y`";

    fn page(text: &str) -> String {
        let template = PageTemplate::compile("thanks.html.hbs", text, &["name", "id"]).unwrap();
        template.render(&[HOSTILE, "42"])
    }

    #[test]
    fn typed_text_is_never_markup_on_a_page() {
        let safe =
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;&#61;&#96;y&#96;";
        for text in [
            "<p>{{name}}</p>",
            "<p>{{#if id}}{{name}}{{/if}}</p>",
            "<p>{{default name \"\"}}</p>",
            "<p>{{join name \"<br>\"}}</p>",
            "<p>{{truncate name 500}}</p>",
            "<p>{name}</p>",
        ] {
            assert_eq!(page(text), format!("<p>{safe}</p>"), "{text}");
        }
        for text in [
            "{{json name}}",
            "{{upper name}}",
            "{{lower (default name id)}}",
        ] {
            let made = page(text);
            assert!(!made.contains(['<', '>', '"', '\'', '`']), "{text}: {made}");
        }
        let plain = PageTemplate::compile("thanks.hbs", "{{name}}", &["name"]).unwrap();
        assert_eq!(plain.render(&[HOSTILE]), HOSTILE);
    }

    #[test]
    fn a_page_refuses_what_would_go_in_as_it_is() {
        for text in ["{{{name}}}", "{{&name}}", "{{{upper name}}}", "{{nmae}}"] {
            let shown = PageTemplate::compile("x.html.hbs", text, &["name"]).unwrap_err();
            assert_eq!(shown.len(), 1, "{text}");
        }
    }
}
