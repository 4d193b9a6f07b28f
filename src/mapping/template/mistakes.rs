//! Tags that Handlebars would refuse, or read as something else: the notations of other template
//! languages, and conditions without their beginning or end. Each gets advice of its own; the
//! engine's own messages are for programmers.

use super::check::{TemplateNames, Wording};
use super::helpers::HELPERS;
use super::other_languages;
use super::scan::{TemplatePart, is_name};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::domain::{Bilingual, bilingual};

/// What is wrong with a tag.
pub(super) struct Mistake {
    pub(super) message: Bilingual,
    pub(super) advice: Bilingual,
}

/// Reports the tags that are mistakes; returns whether there are any.
pub(super) fn report(
    wording: &Wording<'_>,
    parts: &[TemplatePart],
    names: &TemplateNames<'_>,
    problems: &mut Problems,
) -> bool {
    if jinja(wording, problems) {
        return true;
    }
    let mut found = false;
    let mut open: Vec<(std::ops::Range<usize>, &str)> = Vec::new();
    for part in parts {
        let range = match part {
            TemplatePart::Tag(range) => range,
            TemplatePart::Name { whole, name } => {
                let word = wording.text.get(name.clone()).unwrap_or_default();
                let place = (wording, whole);
                found |= end_or_else(place, word, (&mut open, names), problems);
                continue;
            }
            TemplatePart::Text(_) => continue,
        };
        let tag = wording.text.get(range.clone()).unwrap_or_default();
        let inside = tag.trim_matches(['{', '}', '~']).trim();
        // names in a loop are those of its elements
        let is_in_loop = open
            .iter()
            .any(|(_, name)| !matches!(*name, "if" | "unless"));
        let own = if is_in_loop {
            None
        } else {
            let behind = wording.text.get(range.end..).unwrap_or_default();
            one((tag, inside, behind), names, problems)
        };
        let mistake = own.or_else(|| match block(inside) {
            Some(Block::Opens(name)) => {
                open.push((range.clone(), name));
                None
            }
            Some(Block::Closes(name)) => match open.pop() {
                Some((_, opened)) if opened == name => None,
                // the beginning is reported
                Some((_, opened)) if other_languages::is_loop(opened) => None,
                Some((_, opened)) => Some(wrong_end(opened)),
                None => Some(no_beginning(name)),
            },
            None => None,
        });
        if let Some(mistake) = mistake {
            let is_unclosed = inside.contains("{{");
            let end = if is_unclosed {
                range.start + 2
            } else {
                range.end
            };
            add(wording, &(range.start..end), mistake, problems);
            found = true;
            if let Some(word) = opened_by(inside) {
                open.push((range.clone(), word));
            }
        }
    }
    unclosed(open, wording, problems) || found
}

/// Reports a loop of Jinja; its names would be unknown.
fn jinja(wording: &Wording<'_>, problems: &mut Problems) -> bool {
    let Some((range, fixed)) = other_languages::rewritten_loop(wording.text) else {
        return false;
    };
    let message = bilingual!(
        "a loop of another template language",
        "повтор другого языка шаблонов"
    );
    add(wording, &range, Mistake::with(message, &fixed), problems);
    true
}

/// The block that a mistaken tag opens: its end belongs to it.
fn opened_by(inside: &str) -> Option<&str> {
    if let Some(name) = inside.strip_prefix('^') {
        return Some(name.trim());
    }
    let (word, _) = inside.strip_prefix('#').unwrap_or(inside).split_once(' ')?;
    let is_loop = inside.starts_with('#') && other_languages::is_loop(word);
    (matches!(word, "if" | "unless" | "each") || is_loop).then_some(word)
}

/// Reports blocks without an end; returns whether there are any.
fn unclosed(
    open: Vec<(std::ops::Range<usize>, &str)>,
    wording: &Wording<'_>,
    problems: &mut Problems,
) -> bool {
    let found = !open.is_empty();
    for (range, name) in open {
        let message = bilingual!(
            "`{{{{#{name}}}}}` has no end",
            "у `{{{{#{name}}}}}` нет конца"
        );
        let advice = bilingual!(
            "write `{{{{/{name}}}}}` behind its text",
            "допишите `{{{{/{name}}}}}` после текста условия"
        );
        add(wording, &range, Mistake { message, advice }, problems);
    }
    found
}

fn add(
    wording: &Wording<'_>,
    range: &std::ops::Range<usize>,
    mistake: Mistake,
    problems: &mut Problems,
) {
    let place = wording.place(range.start, range.end);
    problems.error(Code::BadTemplate, &place, mistake.message, mistake.advice);
}

enum Block<'t> {
    Opens(&'t str),
    Closes(&'t str),
}

fn block(inside: &str) -> Option<Block<'_>> {
    if let Some(name) = inside.strip_prefix('/') {
        return Some(Block::Closes(name.trim()));
    }
    let rest = inside.strip_prefix('#')?;
    let name = rest.trim_start().split([' ', '}', '~']).next()?;
    (!name.is_empty()).then_some(Block::Opens(name))
}

/// `endif`, `end`, `fi`: the ends of conditions in other languages.
fn ends(word: &str, names: &TemplateNames<'_>) -> bool {
    matches!(word, "endif" | "end" | "fi" | "endunless" | "конец") && names.lookup(word).is_none()
}

/// Reports `{{endif}}` and `{{иначе}}` inside of a block; returns whether it is one of these.
fn end_or_else(
    (wording, whole): (&Wording<'_>, &std::ops::Range<usize>),
    word: &str,
    (open, names): (&mut Vec<(std::ops::Range<usize>, &str)>, &TemplateNames<'_>),
    problems: &mut Problems,
) -> bool {
    let Some((_, block)) = open.last() else {
        return false;
    };
    let is_else = matches!(word, "иначе" | "otherwise" | "Else" | "ELSE");
    if is_else && names.lookup(word).is_none() {
        let message = bilingual!(
            "the other case is `{{{{else}}}}`",
            "другой случай пишут как `{{{{else}}}}`"
        );
        add(wording, whole, Mistake::with(message, "{{else}}"), problems);
        return true;
    }
    let is_end = ends(word, names);
    if is_end {
        add(wording, whole, wrong_end(block), problems);
        open.pop();
    }
    is_end
}

fn wrong_end(opened: &str) -> Mistake {
    Mistake {
        message: bilingual!(
            "`{{{{#{opened}}}}}` has another end",
            "у `{{{{#{opened}}}}}` другой конец"
        ),
        advice: bilingual!("write `{{{{/{opened}}}}}`", "напишите `{{{{/{opened}}}}}`"),
    }
}

fn no_beginning(name: &str) -> Mistake {
    Mistake {
        message: bilingual!(
            "`{{{{/{name}}}}}` has no beginning",
            "у `{{{{/{name}}}}}` нет начала"
        ),
        advice: bilingual!(
            "put `{{{{#{name} …}}}}` before its text, or remove it",
            "поставьте `{{{{#{name} …}}}}` перед текстом или уберите"
        ),
    }
}

/// Checks one tag; `behind` is the text behind it.
fn one(
    (tag, inside, behind): (&str, &str, &str),
    names: &TemplateNames<'_>,
    problems: &Problems,
) -> Option<Mistake> {
    if tag.starts_with("{{!") {
        return None;
    }
    if inside.is_empty() {
        return Some(Mistake {
            message: bilingual!("empty braces", "пустые скобки"),
            advice: bilingual!(
                "write a name from `fields` between them",
                "впишите между ними имя из `fields`"
            ),
        });
    }
    if inside.starts_with('>') {
        return Some(Mistake {
            message: bilingual!(
                "partials and decorators are not supported",
                "вставки и декораторы не поддерживаются"
            ),
            advice: bilingual!("write the text out", "напишите текст целиком"),
        });
    }
    if inside.contains("{{") {
        return Some(Mistake {
            message: bilingual!("a `{{{{` without its `}}}}`", "у `{{{{` нет своих `}}}}`"),
            advice: bilingual!("close it with `}}}}`", "закройте: `}}}}`"),
        });
    }
    let tags = Tag {
        inside,
        behind,
        names,
        problems,
    };
    tags.condition()
        .or_else(|| tags.other_else())
        .or_else(|| tags.one_brace(tag))
        .or_else(|| tags.named_row())
        .or_else(|| tags.number())
        .or_else(|| tags.calculated())
        .or_else(|| tags.joined_tests())
        .or_else(|| tags.unquoted())
        .or_else(|| {
            let fixed = other_languages::tag(inside, &|word| tags.is_known(word))?;
            Some(Mistake::with(not_here(inside), &fixed))
        })
        .or_else(|| tags.other_quotes())
        .or_else(|| tags.default())
        .or_else(|| tags.filter())
        .or_else(|| tags.call())
        .or_else(|| tags.comparison())
        .or_else(|| tags.path())
        .or_else(|| tags.format())
        .or_else(|| tags.dotted())
        .or_else(|| tags.part())
        .or_else(|| tags.several())
}

pub(super) struct Tag<'t> {
    pub(super) inside: &'t str,
    /// The text behind the tag.
    pub(super) behind: &'t str,
    names: &'t TemplateNames<'t>,
    pub(super) problems: &'t Problems,
}

fn is_helper(word: &str) -> bool {
    HELPERS.iter().any(|helper| helper.name == word)
}

/// Advice that shows the tag as it should be.
fn write(fixed: &str) -> Bilingual {
    bilingual!("write `{fixed}`", "напишите `{fixed}`")
}

impl Mistake {
    /// Shows the tag as it should be.
    pub(super) fn with(message: Bilingual, fixed: &str) -> Self {
        Self {
            message,
            advice: write(fixed),
        }
    }
}

fn not_here(tag: &str) -> Bilingual {
    bilingual!(
        "`{{{{{tag}}}}}` is not how templates write this",
        "`{{{{{tag}}}}}` — в шаблонах это пишут иначе"
    )
}

impl Tag<'_> {
    pub(super) fn is_known(&self, word: &str) -> bool {
        self.names.lookup(word).is_some()
    }

    /// `if city`, `#else`.
    fn condition(&self) -> Option<Mistake> {
        let inside = self.inside;
        if matches!(inside, "#else" | "/else" | "# else" | "otherwise" | "иначе") {
            let message = bilingual!(
                "`else` stands alone in its braces",
                "`else` пишут в скобках без знаков"
            );
            return Some(Mistake::with(message, "{{else}}"));
        }
        let (word, rest) = inside.split_once(' ')?;
        if matches!(word, "if" | "unless" | "если") && !self.is_known(word) {
            let word = if word == "если" { "if" } else { word };
            let message = bilingual!(
                "`{word}` needs a `#` before it, and an end",
                "перед `{word}` нужен `#`, а после текста — конец"
            );
            return Some(Mistake::with(
                message,
                &format!("{{{{#{word} {rest}}}}}…{{{{/{word}}}}}"),
            ));
        }
        None
    }

    /// Typographic quotes around a text.
    fn other_quotes(&self) -> Option<Mistake> {
        let quotes = ['“', '”', '„', '«', '»', '‘', '’'];
        if !self.inside.contains(quotes) || self.inside.contains(['"', '\'']) {
            return None;
        }
        let fixed = self.inside.replace(quotes, "\"");
        let message = bilingual!(
            "typographic quotes: a template knows straight ones",
            "типографские кавычки: в шаблоне нужны прямые"
        );
        Some(Mistake::with(message, &format!("{{{{{fixed}}}}}")))
    }

    /// `topic or 'нет'`, `topic ?? 'нет'`, `topic|default:'нет'`.
    fn default(&self) -> Option<Mistake> {
        let signs = [
            " or ",
            " || ",
            "||",
            " ?? ",
            "??",
            "?:",
            "|default:",
            "| default:",
            "|default(",
            "| default(",
            "|d(",
        ];
        let sign = signs.into_iter().find(|sign| self.inside.contains(sign))?;
        if self.inside.starts_with('#') || self.inside.starts_with("or ") {
            return None;
        }
        let (name, value) = self.inside.split_once(sign)?;
        let name = name.trim().trim_start_matches('$');
        if name.contains([' ', '"', '\'', '(']) || is_helper(name) {
            return None;
        }
        let value = value.trim().trim_end_matches(')');
        let value = if value.starts_with(['"', '\'']) || self.is_known(value) {
            value.to_owned()
        } else {
            format!("'{value}'")
        };
        Some(Mistake::with(
            not_here(self.inside),
            &format!("{{{{default {name} {value}}}}}"),
        ))
    }

    /// `topic | upper`.
    fn filter(&self) -> Option<Mistake> {
        let (name, filter) = self.inside.split_once('|')?;
        let name = name.trim().trim_start_matches('$');
        if !is_name(name) {
            return None;
        }
        let word = filter.trim().split([':', '(', ' ', '|']).next()?;
        let lower = word.to_lowercase();
        let helper = match lower.as_str() {
            "uppercase" | "upcase" | "toupper" => "upper",
            "lowercase" | "downcase" | "tolower" => "lower",
            "strip" => "trim",
            other => other,
        };
        if is_helper(helper) {
            return Some(Mistake::with(
                not_here(self.inside),
                &format!("{{{{{helper} {name}}}}}"),
            ));
        }
        let message = bilingual!("there is no helper `{word}`", "нет помощника `{word}`");
        Some(Mistake::with(message, &format!("{{{{{name}}}}}")))
    }

    /// `upper(topic)`, `topic.toUpperCase()`, `services[0]`.
    fn call(&self) -> Option<Mistake> {
        let inside = self.inside;
        if inside.starts_with(['#', '/']) {
            return None;
        }
        if let Some((name, _)) = inside.split_once('[')
            && is_name(name.trim())
            && !is_helper(name.trim())
        {
            let name = name.trim();
            if let Some(advice) = self.names.element(inside, self.problems) {
                let message = bilingual!(
                    "a template takes no single value out of a list",
                    "шаблон не берёт отдельные значения из списка"
                );
                return Some(Mistake { message, advice });
            }
            return Some(Mistake {
                message: bilingual!(
                    "a template takes the whole of a field, not one of its values",
                    "шаблон берёт поле целиком, а не одно из его значений"
                ),
                advice: bilingual!(
                    "write `{{{{{name}}}}}`; the first value of a list has `as: first` in `fields`",
                    "напишите `{{{{{name}}}}}`; первое значение списка даёт `as: first` в `fields`"
                ),
            });
        }
        let (head, rest) = inside.split_once('(')?;
        // `upper (default a b)` has a helper in brackets
        if head.contains(' ') || head.is_empty() {
            return None;
        }
        let arguments = rest.trim_end().trim_end_matches(')');
        if let Some(mistake) = super::slips::default_call(head, arguments) {
            return Some(mistake);
        }
        if let Some((name, method)) = head.split_once('.') {
            let helper = match method.to_lowercase().as_str() {
                "touppercase" | "upper" | "toupper" => "upper ",
                "tolowercase" | "lower" | "tolower" => "lower ",
                "trim" | "strip" => "trim ",
                _ => "",
            };
            return Some(Mistake::with(
                not_here(inside),
                &format!("{{{{{helper}{name}}}}}"),
            ));
        }
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        let arguments = arguments.join(" ");
        Some(Mistake::with(
            not_here(inside),
            &format!("{{{{{head} {arguments}}}}}"),
        ))
    }

    /// `#if city == 'Москва'`, `#if eq city 'Москва'`.
    fn comparison(&self) -> Option<Mistake> {
        let (word, test) = self.inside.strip_prefix('#')?.split_once(' ')?;
        if !matches!(word, "if" | "unless") || test.contains('(') {
            return None;
        }
        let signs = [
            ("===", "eq"),
            ("==", "eq"),
            ("!=", "ne"),
            ("<>", "ne"),
            ("=", "eq"),
        ];
        let found = signs.iter().find(|(sign, _)| test.contains(sign));
        if let Some((sign, helper)) = found {
            let (left, right) = test.split_once(sign)?;
            let (left, right) = (left.trim(), right.trim());
            return Some(Mistake::with(
                not_here(self.inside),
                &format!("{{{{#{word} ({helper} {left} {right})}}}}"),
            ));
        }
        let helper = test.split(' ').next()?;
        let is_test = matches!(helper, "eq" | "ne" | "and" | "or" | "not");
        if is_test && test.contains(' ') && !self.is_known(helper) {
            let message = bilingual!(
                "a test inside `{word}` needs brackets",
                "условие внутри `{word}` берут в круглые скобки"
            );
            return Some(Mistake::with(message, &format!("{{{{#{word} ({test})}}}}")));
        }
        None
    }

    /// `$topic`, `$.topic`, `'topic'`.
    fn path(&self) -> Option<Mistake> {
        let inside = self.inside;
        let quoted = inside
            .strip_prefix(['"', '\''])
            .and_then(|rest| rest.strip_suffix(['"', '\'']));
        if let Some(name) = quoted.filter(|name| self.is_known(name.trim())) {
            let name = name.trim();
            let message = bilingual!(
                "a name stands in the braces without quotes",
                "имя пишут в скобках без кавычек"
            );
            return Some(Mistake::with(message, &format!("{{{{{name}}}}}")));
        }
        let path = inside.strip_prefix('$')?;
        if path.contains(' ') {
            return None;
        }
        let last = path
            .rsplit(['.', '[', ']', '\'', '"'])
            .find(|part| !part.is_empty())?;
        let field = self
            .problems
            .facts
            .reader_of(last)
            .or_else(|| self.is_known(last).then_some(last));
        let message = bilingual!(
            "a template has names of fields, not paths and variables",
            "в шаблоне пишут имена полей, а не пути и переменные"
        );
        if let Some(field) = field {
            return Some(Mistake::with(message, &format!("{{{{{field}}}}}")));
        }
        if let Some(advice) = self.names.not_a_field(path, self.problems) {
            return Some(Mistake { message, advice });
        }
        let path = self.problems.facts.path_of(last);
        Some(Mistake {
            message,
            advice: bilingual!(
                "declare `fields: {{ {last}: {path} }}` and write `{{{{{last}}}}}`",
                "опишите `fields: {{ {last}: {path} }}` и напишите `{{{{{last}}}}}`"
            ),
        })
    }

    /// `topic + city`, `topic, city`, `topic city`, `Ваш телефон`.
    fn several(&self) -> Option<Mistake> {
        let inside = self.inside;
        if inside.starts_with(['#', '/', '^', '&', '@', '*', '['])
            || inside.contains(['(', '=', '\'', '"'])
        {
            return None;
        }
        let words: Vec<&str> = inside
            .split([' ', '+', ',', ';', '&', '.'])
            .filter(|word| !word.is_empty())
            .collect();
        let [first, _, ..] = words.as_slice() else {
            return None;
        };
        if is_helper(first) || *first == "else" || inside.starts_with('.') {
            return None;
        }
        if words.iter().all(|word| self.is_known(word)) {
            let mark = if inside.contains(',') { ", " } else { " " };
            let each: Vec<String> = words.iter().map(|word| format!("{{{{{word}}}}}")).collect();
            let message = bilingual!(
                "each field has braces of its own",
                "у каждого поля свои скобки"
            );
            return Some(Mistake::with(message, &each.join(mark)));
        }
        let is_label =
            !inside.contains(['+', ',', '.']) && !words.iter().any(|word| self.is_known(word));
        let is_title = words
            .iter()
            .all(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
        if is_label && (!inside.is_ascii() || is_title) {
            let path = self.problems.facts.path_of(inside);
            return Some(Mistake {
                message: bilingual!(
                    "a name in a template has no blanks",
                    "в имени поля не бывает пробелов"
                ),
                advice: bilingual!(
                    "declare `fields: {{ x: \"{path}\" }}` and write `{{{{x}}}}`",
                    "опишите `fields: {{ x: \"{path}\" }}` и напишите `{{{{x}}}}`"
                ),
            });
        }
        None
    }
}
