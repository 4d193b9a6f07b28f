//! Texts that load but say something else than their author means: the placeholders of other
//! languages, formulas of spreadsheets, a path or a bare name where a template is meant, and texts
//! that a remark cuts off. They are warnings, because such a text may be meant.

use super::foreign_signs::{braces, lone_quote, other_signs, quotes};
use super::formulas::{
    conditional, in_other_words, is_arithmetic, lost, pieces, result_of_step, without_braces,
};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, SourceText, TextPlace};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field::RawField;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::template::{BUILT_IN, is_name, rewritten};

/// Placeholders that are no text in any case: how they begin and end.
const TAGS: &[(&str, &str)] = &[
    ("<?", "?>"),
    ("<%", "%>"),
    ("{%", "%}"),
    ("{=", "}"),
    ("${", "}"),
    ("#{", "}"),
    ("*|", "|*"),
    ("{#", "#}"),
    ("%(", ")s"),
];

/// Placeholders if a field's name is inside: how they begin and end.
const BRACKETS: &[(&str, &str)] = &[
    ("[[", "]]"),
    ("[", "]"),
    ("((", "))"),
    ("*|", "|*"),
    ("%%", "%%"),
    ("%", "%"),
    ("##", "##"),
    ("#", "#"),
    ("@", "@"),
    ("__", "__"),
    ("«", "»"),
    ("<<", ">>"),
    ("$", ""),
];

/// Longer texts are refused anyway, in bytes.
const LONGEST: usize = 4096;

/// A mistake in a text; offset and length are in characters.
pub(super) struct Foreign {
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) message: Bilingual,
    pub(super) advice: Bilingual,
}

/// Reports what the templates of a profile probably do not mean.
pub(super) fn check(raw: &RawProfile, names: &[String], problems: &mut Problems) {
    let reader = TextReader { names, problems };
    reader.all(raw);
}

/// Reports the placeholders of other languages in a template file.
pub(super) fn check_file(
    (text, source): (&str, &SourceText),
    names: &[&str],
    problems: &mut Problems,
) {
    if text.len() > LONGEST {
        return;
    }
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let reader = TextReader {
        names: &names,
        problems,
    };
    let found = statement(text).or_else(|| reader.tagged(text));
    let Some(found) = found.or_else(|| markup(text)) else {
        return;
    };
    let place = TextPlace::within(source, found.offset, found.length);
    problems.warn(Code::BadTemplate, &place, found.message, found.advice);
}

/// `{% if topic %}…{% endif %}`.
fn statement(text: &str) -> Option<Foreign> {
    let (range, fixed) = rewritten(text)?;
    if fixed.contains("{{#each ") {
        // an error of the template
        return None;
    }
    let written = text.get(range.clone())?;
    Some(Foreign {
        offset: text.get(..range.start)?.chars().count(),
        length: written.chars().count(),
        message: bilingual!(
            "`{written}` belongs to another template language and is written as it is",
            "`{written}` — запись другого языка шаблонов, она попадёт в CRM как есть"
        ),
        advice: bilingual!("write `{fixed}`", "напишите `{fixed}`"),
    })
}

/// HTML in a plain text.
fn markup(text: &str) -> Option<Foreign> {
    let tags = [
        "<p>", "<br>", "<br/>", "<br />", "<b>", "<i>", "<strong>", "<em>", "<div", "<span",
        "<h1>", "<h2>", "<h3>", "<ul>", "<li>", "<table", "<a href",
    ];
    let (at, tag) = tags
        .iter()
        .filter_map(|tag| Some((text.find(tag)?, *tag)))
        .min()?;
    let right = match tag {
        "<b>" | "<strong>" | "<h1>" | "<h2>" | "<h3>" => "[b]…[/b]",
        "<i>" | "<em>" => "[i]…[/i]",
        _ => "",
    };
    let advice = if right.is_empty() {
        bilingual!(
            "remove the tags; a new line is a new line of the file",
            "уберите теги: новая строка файла и есть новая строка"
        )
    } else {
        bilingual!("write `{right}`", "напишите `{right}`")
    };
    Some(Foreign {
        offset: text.get(..at)?.chars().count(),
        length: tag.chars().count(),
        message: bilingual!(
            "a comment is plain text: the portal shows `{tag}` as it is",
            "комментарий — простой текст: портал покажет `{tag}` как есть"
        ),
        advice,
    })
}

struct TextReader<'n, 'p> {
    names: &'n [String],
    problems: &'p mut Problems,
}

impl TextReader<'_, '_> {
    fn all(mut self, raw: &RawProfile) {
        let of_fields: Vec<&Text> = raw
            .fields
            .values()
            .filter_map(|field| field.value.as_ref())
            .collect();
        for text in super::bare_names::texts(raw) {
            let is_of_field = of_fields.iter().any(|own| std::ptr::eq(*own, text));
            if !is_of_field || !self.path_as_value(text) {
                self.template(text);
            }
        }
        let contact = raw.contact.iter().map(|contact| &contact.fields);
        let records = [&raw.deal, &raw.lead, &raw.item].into_iter().flatten();
        let company = raw.company.iter().map(|company| &company.fields);
        let blocks = contact.chain(company);
        for fields in blocks.chain(records.map(|record| &record.fields)) {
            for rules in fields.values().filter(|rules| rules.rules.is_empty()) {
                self.only_a_remark(&rules.key);
            }
        }
        if let Some(text) = &raw.name {
            self.remark(text);
        }
        for field in raw.fields.values() {
            if let Some(text) = &field.default {
                self.fixed(text);
                self.value_elsewhere(field, text);
            }
            for (_, text) in field.map.iter().flatten() {
                self.fixed(text);
            }
        }
    }

    /// `day: { value: $.data.day }`: a field reads a path with `from`.
    fn path_as_value(&mut self, text: &Text) -> bool {
        if self.path(&text.value).is_none() {
            return false;
        }
        let path = text.value.trim();
        let root = if path.starts_with('$') { "" } else { "$." };
        let message = bilingual!(
            "`value` is a text with templates: this path would be its value",
            "`value` — это текст с шаблонами: значением станет сам путь"
        );
        let shown = if path.contains(['[', ' ']) {
            format!("\"{root}{path}\"")
        } else {
            format!("{root}{path}")
        };
        let advice = bilingual!("write `from: {shown}`", "напишите `from: {shown}`");
        let place = text.part(0, text.value.chars().count());
        self.problems
            .warn(Code::BadTemplate, &place, message, advice);
        true
    }

    /// Checks a text that is a template.
    fn template(&mut self, text: &Text) {
        self.remark(text);
        let is_loop = || rewritten(&text.value).is_some_and(|(_, it)| it.contains("{{#each "));
        // a loop of another language is an error of the template
        if text.value.len() > LONGEST || is_loop() {
            return;
        }
        let found = statement(&text.value)
            .or_else(|| self.formula(&text.value))
            .or_else(|| self.path(&text.value))
            .or_else(|| self.bare(&text.value))
            .or_else(|| other_signs(&text.value))
            // in quotes of YAML, one inside of them is meant
            .or_else(|| lone_quote(&text.value).filter(|_| text.plain))
            .or_else(|| quotes(&text.value))
            .or_else(|| self.placeholder(&text.value))
            .or_else(|| braces(&text.value));
        if let Some(found) = found {
            let place = text.part(found.offset, found.length);
            self.problems
                .warn(Code::BadTemplate, &place, found.message, found.advice);
        }
    }

    /// Checks a text that is used as it is.
    fn fixed(&mut self, text: &Text) {
        self.remark(text);
        if let Some(at) = text.value.find("{{") {
            let offset = text.value.get(..at).map_or(0, |head| head.chars().count());
            let length = text.value.chars().count() - offset;
            let message = bilingual!(
                "this text is used as it is, without templates",
                "этот текст используется как есть, без шаблонов"
            );
            let advice = bilingual!(
                "write a fixed text here, or a second field with `value: \"{{{{default … …}}}}\"`",
                "напишите здесь постоянный текст или заведите второе поле с `value: \"{{{{default … …}}}}\"`"
            );
            let place = text.part(offset, length);
            self.problems
                .warn(Code::BadTemplate, &place, message, advice);
        }
    }

    /// `default: $.subject`, `default: city`: a default is a fixed text.
    fn value_elsewhere(&mut self, field: &RawField, text: &Text) {
        let value = text.value.trim();
        let own = &field.key.value;
        let is_path = value.starts_with("$.") || value.starts_with("$[");
        let is_field = text.plain && value != own && self.names.iter().any(|name| name == value);
        if !is_path && !is_field {
            return;
        }
        let message = bilingual!(
            "`default` is a fixed text: the value would be `{value}` itself",
            "`default` — постоянный текст: значением станет само `{value}`"
        );
        let first = field.from.first().map(|path| path.value.trim().to_owned());
        let path = if is_path {
            Some(value.to_owned())
        } else {
            self.problems.facts.path_of_field(value).map(str::to_owned)
        };
        let advice = match (first, path) {
            (Some(first), Some(path)) => bilingual!(
                "the next path is tried where the first has no value: write `from: [{first}, {path}]`",
                "если по первому пути пусто, берётся следующий: напишите `from: [{first}, {path}]`"
            ),
            _ => bilingual!(
                "write `value: \"{{{{default {own} {value}}}}}\"` in a field of its own",
                "заведите отдельное поле с `value: \"{{{{default {own} {value}}}}}\"`"
            ),
        };
        let place = text.part(0, text.value.chars().count());
        self.problems
            .warn(Code::BadTemplate, &place, message, advice);
    }

    /// Reports a remark that takes the rest of a text with it: `Заказ #{{order}}`.
    fn remark(&mut self, text: &Text) {
        let Some(behind) = text.behind().filter(|_| text.plain) else {
            return;
        };
        let Some(remark) = behind.strip_prefix(" #") else {
            return;
        };
        let has_template = remark.contains("{{") || remark.starts_with('{');
        let is_glued = remark.starts_with(|c: char| c.is_alphanumeric() || c == '№');
        if !has_template && !is_glued {
            return;
        }
        lost(text, &format!("{}{}", text.value, behind), self.problems);
    }

    /// Reports a value that is nothing but a remark: `TITLE: #{{order}}`.
    fn only_a_remark(&mut self, key: &Text) {
        let behind = key.behind().unwrap_or_default();
        let Some(remark) = behind.strip_prefix(": #") else {
            return;
        };
        let has_template = remark.contains("{{") || remark.starts_with('{');
        if has_template || remark.starts_with(|c: char| c.is_alphanumeric()) {
            let place = key
                .place
                .part(key.value.chars().count() + 2, remark.chars().count() + 1);
            let mut text = key.cut("");
            text.place = place;
            lost(&text, &format!("#{remark}"), self.problems);
        }
    }

    fn is_known(&self, name: &str) -> bool {
        BUILT_IN.contains(&name) || self.names.iter().any(|known| known == name)
    }

    /// Returns the declared name in any case.
    fn known(&self, name: &str) -> Option<&str> {
        let known = || self.names.iter().map(String::as_str).chain(BUILT_IN);
        known()
            .find(|known| *known == name)
            .or_else(|| known().find(|known| known.to_lowercase() == name.to_lowercase()))
    }

    /// `="Заявка "&topic`, `=СЦЕПИТЬ(topic;" ";city)`, `topic & " " & city`.
    fn formula(&self, text: &str) -> Option<Foreign> {
        let trimmed = text.trim();
        let after = trimmed.strip_prefix('=');
        if let Some(formula) = after {
            let first = formula.chars().next()?;
            if !(first.is_alphanumeric() || matches!(first, '"' | '\'' | '(' | '{')) {
                return None;
            }
        }
        let formula = after.unwrap_or(trimmed);
        let parts: Vec<&str> = pieces(formula);
        let is_text = |part: &str| part.len() > 1 && part.starts_with(['"', '\'']);
        let is_joined = parts.len() > 1
            && parts.iter().any(|part| self.is_known(part))
            && parts
                .iter()
                .all(|part| self.is_known(part) || is_text(part));
        if after.is_none() && !is_joined {
            return None;
        }
        let message = bilingual!(
            "a formula is written into the CRM as it is",
            "формула попадёт в CRM как есть"
        );
        if let Some(conditional) = after.and_then(|it| conditional(it, |name| self.known(name))) {
            let advice = bilingual!("write '{conditional}'", "напишите '{conditional}'");
            return Some(whole(text, message, advice));
        }
        let plain = without_braces(formula);
        if let Some(advice) = in_other_words(&plain, |name| self.known(name)) {
            return Some(whole(text, message, advice));
        }
        let template = self.joined(&plain);
        let advice = if template.contains("{{") && is_arithmetic(&plain) {
            bilingual!(
                "write \"{template}\": the profile does not calculate",
                "напишите \"{template}\": вычислений в профиле нет"
            )
        } else if template.contains("{{") {
            bilingual!("write \"{template}\"", "напишите \"{template}\"")
        } else {
            bilingual!(
                "values stand in double braces: \"{{{{name}}}}\"; the profile does not calculate",
                "значения пишут в двойных скобках: \"{{{{name}}}}\"; вычислений в профиле нет"
            )
        };
        Some(whole(text, message, advice))
    }

    /// The texts and names of a formula as a template.
    fn joined(&self, formula: &str) -> String {
        let inside = formula
            .split_once('(')
            .and_then(|(_, rest)| rest.trim_end().strip_suffix(')'))
            .unwrap_or(formula);
        let mut template = String::new();
        for piece in pieces(inside) {
            if piece.starts_with(['"', '\'']) {
                template.push_str(piece.trim_matches(['"', '\'']));
            } else if let Some(name) = self.known(piece) {
                if template.ends_with('}') {
                    template.push(' ');
                }
                template.extend(["{{", name, "}}"]);
            }
        }
        template
    }

    /// `$.total`, `data.topic`: a path where a template is meant.
    fn path(&self, text: &str) -> Option<Foreign> {
        let trimmed = text.trim();
        if let Some(result) = result_of_step(trimmed) {
            let message = bilingual!(
                "`{trimmed}` is written as it is: a result of a step stands in double braces",
                "`{trimmed}` попадёт туда как есть: результат шага пишут в двойных скобках"
            );
            let advice = bilingual!(
                "write \"{{{{{result}}}}}\"",
                "напишите \"{{{{{result}}}}}\""
            );
            return Some(whole(text, message, advice));
        }
        let is_root = trimmed.starts_with("$.") || trimmed.starts_with("$[");
        let is_inside = ["data.", "header_data.", "body.", "post.", "form."]
            .iter()
            .any(|start| trimmed.starts_with(start));
        let is_one_word = !trimmed.contains(|c: char| c.is_whitespace() || c == '{');
        let has_name = trimmed.contains(|c: char| c.is_alphabetic());
        if !(is_root || is_inside) || !is_one_word || !has_name || self.is_known(trimmed) {
            return None;
        }
        let last = last_name(trimmed);
        let message = bilingual!(
            "a path is written into the CRM as it is: here belongs a template",
            "путь попадёт в CRM как есть: здесь нужен шаблон"
        );
        Some(whole(text, message, self.use_of(&last, trimmed)))
    }

    /// Advice on using a value of the packet.
    fn use_of(&self, name: &str, path: &str) -> Bilingual {
        let facts = &self.problems.facts;
        let reader = facts.reader_of(name).or_else(|| self.known(name));
        if let Some(field) = reader {
            return bilingual!("write \"{{{{{field}}}}}\"", "напишите \"{{{{{field}}}}}\"");
        }
        let root = if path.starts_with('$') { "" } else { "$." };
        let field = if is_name(name) { name } else { "x" };
        bilingual!(
            "declare `fields: {{ {field}: {root}{path} }}` and write \"{{{{{field}}}}}\"",
            "опишите `fields: {{ {field}: {root}{path} }}` и напишите \"{{{{{field}}}}}\""
        )
    }

    /// `sum`, the name of a field without braces.
    fn bare(&self, text: &str) -> Option<Foreign> {
        let name = text.trim();
        if !self.is_known(name) {
            return None;
        }
        let message = bilingual!(
            "the word `{name}` is written into the CRM, not the value of the field `{name}`",
            "в CRM попадёт слово `{name}`, а не значение поля `{name}`"
        );
        let advice = bilingual!("write \"{{{{{name}}}}}\"", "напишите \"{{{{{name}}}}}\"");
        Some(whole(text, message, advice))
    }

    /// `{% if topic %}`, `<?= $topic ?>`: tags that are no text in any case.
    fn tagged(&self, text: &str) -> Option<Foreign> {
        let found = self.placeholder(text)?;
        let rest: String = text.chars().skip(found.offset).collect();
        let is_tag = TAGS.iter().any(|(open, _)| rest.starts_with(open));
        is_tag.then_some(found)
    }

    /// `${topic}`, `[topic]`, `%topic%`.
    fn placeholder(&self, text: &str) -> Option<Foreign> {
        let mut behind = 0;
        for (at, _) in text.char_indices() {
            let rest = text.get(at..)?;
            if at >= behind && rest.starts_with("{{") {
                behind = at + rest.find("}}")? + 2;
            }
            if at < behind {
                continue;
            }
            let tag = TAGS.iter().find_map(|(open, close)| {
                let inside = rest.strip_prefix(open)?;
                // `#{{order}}` is a sign and a template
                let is_template = open.ends_with('{') && inside.starts_with('{');
                let end = inside.find(close).filter(|_| !is_template)?;
                Some((inside.get(..end)?, open.len() + end + close.len()))
            });
            if let Some((inside, length)) = tag {
                return self.foreign(text, (at, length), inside);
            }
            let is_inside_word = text
                .get(..at)
                .is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric()));
            if is_inside_word {
                continue;
            }
            for (open, close) in BRACKETS {
                if let Some((inside, length)) = self.bracketed(rest, open, close) {
                    return self.foreign(text, (at, length), inside);
                }
            }
        }
        None
    }

    /// Returns the name in brackets and the length of the whole.
    fn bracketed<'t>(&self, rest: &'t str, open: &str, close: &str) -> Option<(&'t str, usize)> {
        let inside = rest.strip_prefix(open)?;
        let end = if close.is_empty() {
            inside
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(inside.len())
        } else {
            inside.find(close)?
        };
        let name = inside.get(..end)?;
        // `[topic|city]` names a second one
        let name = name.split('|').next().unwrap_or(name);
        self.known(name.trim())?;
        Some((name.trim(), open.len() + end + close.len()))
    }

    fn foreign(&self, text: &str, (at, length): (usize, usize), inside: &str) -> Option<Foreign> {
        let written = text.get(at..at + length)?;
        let words = inside.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let mut names = words.filter_map(|word| self.known(word));
        let message = bilingual!(
            "`{written}` belongs to another template language and is written as it is",
            "`{written}` — запись другого языка шаблонов, она попадёт в CRM как есть"
        );
        let is_condition = inside.trim_start().starts_with("if");
        let advice = match names.next() {
            Some(name) if is_condition => bilingual!(
                "write `{{{{#if {name}}}}}…{{{{else}}}}…{{{{/if}}}}`",
                "напишите `{{{{#if {name}}}}}…{{{{else}}}}…{{{{/if}}}}`"
            ),
            Some(name) => bilingual!("write `{{{{{name}}}}}`", "напишите `{{{{{name}}}}}`"),
            None => bilingual!(
                "a value is `{{{{name}}}}`, with a name that `fields` declares",
                "значение пишут так: `{{{{name}}}}`, имя — из `fields`"
            ),
        };
        Some(Foreign {
            offset: text.get(..at)?.chars().count(),
            length: written.chars().count(),
            message,
            advice,
        })
    }
}

pub(super) fn whole(text: &str, message: Bilingual, advice: Bilingual) -> Foreign {
    Foreign {
        offset: 0,
        length: text.chars().count(),
        message,
        advice,
    }
}

/// Returns the last name of a path.
fn last_name(path: &str) -> String {
    let words = path.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
    let mut names = words.filter(|word| word.contains(|c: char| c.is_alphabetic()));
    names.next_back().unwrap_or_default().to_owned()
}
