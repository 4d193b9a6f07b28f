//! The mail step: whom the letter goes to, and what it says.

use std::collections::BTreeMap;

use super::StepCompiler;
use super::references::Needs;
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::raw::block::Sp;
use crate::authoring::raw::then::RawMail;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, Email, bilingual};
use crate::mapping::compile::files;
use crate::mapping::compile::then_texts::template_name;
use crate::mapping::template::{Escape, Template};
use crate::mapping::then::rules::MailRules;

/// Tags of HTML that a plain text does not have.
const HTML: [&str; 9] = [
    "<p>", "<br", "<b>", "<a href", "<html", "<div", "<h1", "<strong>", "</",
];

/// Names of fields that are no addresses.
const OTHER_NAMES: [&str; 14] = [
    "name",
    "firstname",
    "lastname",
    "fio",
    "имя",
    "фио",
    "phone",
    "tel",
    "телефон",
    "city",
    "город",
    "comment",
    "text",
    "order",
];

/// Returns whether a text is the name of a template.
fn is_file(value: &str, templates: &BTreeMap<String, String>) -> bool {
    let is_name = !value.contains([' ', '{', '\n']);
    let ending = value.rsplit_once('.').map(|(_, ending)| ending);
    let has_ending = matches!(ending, Some("hbs" | "html" | "htm" | "txt"));
    is_name && (has_ending || templates.contains_key(value))
}

/// A mistake that has been reported.
struct Reported;

impl StepCompiler<'_, '_> {
    pub(super) fn mail(&mut self, raw: &RawMail) -> Option<Box<MailRules>> {
        if raw.to.is_empty() {
            let advice = bilingual!(
                "add `to:` with an address, a list of addresses, or a template such as \"{{{{email}}}}\"",
                "добавьте `to:` с адресом, списком адресов или шаблоном вида \"{{{{email}}}}\""
            );
            self.lacks("to", &raw.place, advice);
        }
        let to: Vec<Option<Template>> = raw.to.iter().map(|text| self.address(text)).collect();
        let reply_to = raw.reply_to.as_ref().map(|text| self.address(text));
        if raw.subject.is_none() {
            let advice = bilingual!("add `subject: \"…\"`", "добавьте `subject: \"…\"`");
            self.lacks("subject", &raw.place, advice);
        }
        self.odd_texts(raw);
        let subject = raw.subject.as_ref();
        let subject = subject.and_then(|text| self.template(text, Escape::Nothing, Needs::MayLack));
        let text = self.part(
            ("text", raw.text.as_ref()),
            ("template", raw.template.as_ref()),
            Escape::Nothing,
        );
        let html = self.part(
            ("html", raw.html.as_ref()),
            ("html_template", raw.html_template.as_ref()),
            Escape::Html,
        );
        let declared = self.context.declared;
        let files = files::named(&raw.files, declared, self.used, self.problems);
        let has_content = [&raw.text, &raw.template, &raw.html, &raw.html_template];
        if has_content.iter().all(|part| part.is_none()) {
            let advice = bilingual!(
                "add `text: \"…\"`, or `template:` with the name of a file in the templates folder",
                "добавьте `text: \"…\"` или `template:` с именем файла из папки шаблонов"
            );
            self.lacks("text", &raw.place, advice);
            return None;
        }
        Some(Box::new(MailRules {
            place: raw.place.clone(),
            to: to.into_iter().collect::<Option<_>>()?,
            reply_to: match reply_to {
                Some(address) => Some(address?),
                None => None,
            },
            subject: subject?,
            text: text.ok()?,
            html: html.ok()?,
            files,
        }))
    }

    /// Warns of HTML in a plain text, and of the name of a template in place of a text.
    fn odd_texts(&mut self, raw: &RawMail) {
        let texts = [
            ("subject", &raw.subject),
            ("text", &raw.text),
            ("html", &raw.html),
        ];
        for (key, text) in texts {
            let Some(text) = text else { continue };
            let value = text.value.trim();
            let tag = HTML
                .iter()
                .filter(|_| key != "html")
                .find(|tag| value.contains(**tag));
            let (message, advice) = if let Some(tag) = tag {
                let advice = if key == "text" {
                    bilingual!(
                        "write `html:` instead of `text:`",
                        "напишите `html:` вместо `text:`"
                    )
                } else {
                    bilingual!("remove the tags", "уберите теги")
                };
                let message = bilingual!(
                    "`{key}` is a plain text: the reader sees `{tag}` as it is",
                    "`{key}` — простой текст: получатель увидит `{tag}` как есть"
                );
                (message, advice)
            } else if key != "subject" && is_file(value, self.context.templates) {
                let name = template_name(value);
                let file_key = if key == "html" {
                    "html_template"
                } else {
                    "template"
                };
                (
                    bilingual!(
                        "the letter would have the text `{value}` itself",
                        "текстом письма станет само `{value}`"
                    ),
                    bilingual!(
                        "write `{file_key}: {name}`",
                        "напишите `{file_key}: {name}`"
                    ),
                )
            } else {
                continue;
            };
            self.problems
                .warn(Code::WrongValue, &text.place, message, advice);
        }
    }

    /// Compiles an address; one without a template must be an address.
    fn address(&mut self, text: &Text) -> Option<Template> {
        let is_template = text.value.contains("{{");
        let is_link = text.value.trim().to_lowercase().starts_with("mailto:");
        if !is_template && (is_link || Email::parse(&text.value).is_none()) {
            let found = &text.value;
            let message = bilingual!(
                "`{found}` is not one e-mail address",
                "`{found}` — не один адрес почты"
            );
            let advice = self.address_advice(found.trim());
            self.problems
                .error(Code::WrongValue, &text.place, message, advice);
            return None;
        }
        if is_template {
            self.one_address(text);
        }
        self.template(text, Escape::Nothing, Needs::MayLack)
    }

    /// Warns of a template that never gives one address: several in one text, a name before the
    /// address, a phone number.
    fn one_address(&mut self, text: &Text) {
        let value = text.value.trim();
        let parts: Vec<&str> = value
            .split([',', ';'])
            .map(|part| part.trim().trim_matches(['"', '\'']))
            .filter(|part| !part.is_empty())
            .collect();
        let is_address = |part: &&str| part.contains('@') || part.starts_with("{{");
        let (message, advice) = if parts.len() > 1 && parts.iter().all(is_address) {
            let listed: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
            let listed = listed.join(", ");
            (
                bilingual!(
                    "these are several addresses in one text: such a letter is parked",
                    "здесь несколько адресов в одном тексте: с таким письмом заявка откладывается"
                ),
                bilingual!(
                    "write a list: `[{listed}]`",
                    "напишите списком: `[{listed}]`"
                ),
            )
        } else if let Some(tag) = in_angle_brackets(value) {
            (
                bilingual!(
                    "a template gives the bare address: a name before it parks the submission",
                    "шаблон даёт сам адрес: с именем перед ним заявка откладывается"
                ),
                bilingual!("write \"{tag}\"", "напишите \"{tag}\""),
            )
        } else if let Some((name, form)) = self.other_form(value) {
            let right = self.address_field();
            (
                bilingual!(
                    "the field `{name}` has `as: {form}` and is never an address",
                    "у поля `{name}` стоит `as: {form}`: адресом оно не будет никогда"
                ),
                bilingual!("write \"{{{{{right}}}}}\"", "напишите \"{{{{{right}}}}}\""),
            )
        } else if let Some(name) = self.other_value(value) {
            let right = self.address_field();
            (
                bilingual!(
                    "the field `{name}` is hardly an e-mail address",
                    "поле `{name}` вряд ли адрес почты"
                ),
                bilingual!("write \"{{{{{right}}}}}\"", "напишите \"{{{{{right}}}}}\""),
            )
        } else {
            return;
        };
        self.problems
            .warn(Code::WrongValue, &text.place, message, advice);
    }

    /// Returns the field of a template that is called like something else: `name`, `phone`.
    fn other_value<'t>(&self, value: &'t str) -> Option<&'t str> {
        let name = value.strip_prefix("{{")?.strip_suffix("}}")?.trim();
        let field = self.context.raw.fields.get(name)?;
        let is_plain = field.form.is_none() && field.map.is_none() && field.table.is_none();
        let is_read = field.value.is_none() && !field.from.is_empty();
        let has_mail = field.from.iter().any(|path| {
            let path = path.value.to_lowercase();
            path.contains("mail") || path.contains("почт")
        });
        let is_other = OTHER_NAMES.contains(&name.to_lowercase().as_str());
        (is_plain && is_read && is_other && !has_mail).then_some(name)
    }

    /// Returns the field of a template that reads anything but addresses, and its form.
    fn other_form<'t>(&self, value: &'t str) -> Option<(&'t str, &'static str)> {
        let name = value.strip_prefix("{{")?.strip_suffix("}}")?.trim();
        let field = self.context.raw.fields.get(name)?;
        let form = field.form.as_ref()?.value;
        let is_other = matches!(
            form,
            Normaliser::Phone
                | Normaliser::Money
                | Normaliser::Integer
                | Normaliser::Date
                | Normaliser::Datetime
                | Normaliser::Bool
                | Normaliser::Name
                | Normaliser::File
        );
        is_other.then(|| (name, form.word()))
    }

    /// Returns the field that reads an address.
    fn address_field(&self) -> &str {
        let mut fields = self.context.raw.fields.values();
        let is_address = |form: &Sp<Normaliser>| form.value == Normaliser::Email;
        let found = fields.find(|field| field.form.as_ref().is_some_and(is_address));
        found.map_or("email", |field| field.key.value.as_str())
    }

    fn address_advice(&self, found: &str) -> Bilingual {
        let bare = found.trim_matches(['{', '}']);
        if self.context.declared.contains(&bare) {
            return bilingual!(
                "write \"{{{{{bare}}}}}\" for the address in the field `{bare}`",
                "напишите \"{{{{{bare}}}}}\", чтобы взять адрес из поля `{bare}`"
            );
        }
        if found.starts_with('$') {
            return bilingual!(
                "declare `email: {{ from: {found}, as: email }}` in `fields`, and write \"{{{{email}}}}\" here",
                "опишите в `fields` поле `email: {{ from: {found}, as: email }}`, а здесь напишите \"{{{{email}}}}\""
            );
        }
        let found = found.trim_start_matches("mailto:");
        let emails = Email::all_of(found).emails;
        let emails: Vec<&str> = emails.iter().map(Email::as_str).collect();
        match emails.as_slice() {
            [] => bilingual!(
                "write sales@example.com, and several as a list",
                "пишите sales@example.com, а несколько — списком"
            ),
            [one] => bilingual!("write `{one}`", "напишите `{one}`"),
            several => {
                let list = several.join(", ");
                bilingual!("write a list: `[{list}]`", "напишите списком: `[{list}]`")
            }
        }
    }

    /// Compiles a part of the letter: written here, or in the templates folder.
    fn part(
        &mut self,
        (key, text): (&str, Option<&Text>),
        (file_key, file): (&str, Option<&Text>),
        escape: Escape,
    ) -> Result<Option<Template>, Reported> {
        match (text, file) {
            (None, None) => Ok(None),
            (Some(text), None) => {
                let template = self.template(text, escape, Needs::MayLack);
                template.map(Some).ok_or(Reported)
            }
            (None, Some(name)) => self.file(name, escape).map(Some).ok_or(Reported),
            (Some(_), Some(name)) => {
                let message = bilingual!(
                    "`mail` has `{key}` and `{file_key}`",
                    "в `mail` и `{key}`, и `{file_key}`"
                );
                let advice = bilingual!("keep one of them", "оставьте что-то одно");
                self.problems
                    .error(Code::WrongPlace, &name.place, message, advice);
                Err(Reported)
            }
        }
    }

    fn lacks(&mut self, key: &str, place: &TextPlace, advice: Bilingual) {
        // the key may be the one that has been reported
        if self.step.is_broken {
            return;
        }
        let message = bilingual!("`mail` has no `{key}`", "в `mail` нет `{key}`");
        self.problems
            .error(Code::MissingKey, place, message, advice);
    }
}

/// `{{name}} <{{email}}>`: the part in angle brackets.
fn in_angle_brackets(value: &str) -> Option<&str> {
    let (before, rest) = value.split_once('<')?;
    let inside = rest.trim_end().strip_suffix('>')?.trim();
    let is_address = inside.contains('@') || inside.starts_with("{{");
    (is_address && !before.trim().is_empty() && !inside.contains('<')).then_some(inside)
}
