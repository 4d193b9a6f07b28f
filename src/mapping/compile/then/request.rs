//! The HTTP step: its request, what counts as success, and what is kept of the reply.

use std::ops::Range;

use super::bodies;
use super::references::Needs;
use super::{StepCompiler, is_address};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, SourceText, TextPlace};
use crate::authoring::raw::then::{RawBody, RawSave, RawSuccess};
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{
    SaveFrom, SaveRule, SuccessRule, bilingual, is_header_name, is_of_the_connection,
};
use crate::mapping::compile::condition;
use crate::mapping::compile::then_texts::template_name;
use crate::mapping::path::Path;
use crate::mapping::template::{self, Escape, Template, Wording, is_name};
use crate::mapping::then::rules::{BodyRules, HttpRules};

/// The methods of requests.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// Returns a text without the templates in it.
fn outside_templates(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut outside = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        outside += part.split_once("}}").map_or("", |(_, behind)| behind);
    }
    outside
}

impl StepCompiler<'_, '_> {
    pub(super) fn request(&mut self, destination: &Text) -> Option<Box<HttpRules>> {
        if is_address(destination) {
            let message = bilingual!(
                "`http` names a destination of the settings, not an address",
                "в `http` пишут имя сервиса из настроек, а не адрес"
            );
            let advice = bilingual!(
                "put the address into the settings, `[http.NAME]`, and write `http: NAME`",
                "впишите адрес в настройки, в `[http.ИМЯ]`, а здесь — `http: ИМЯ`"
            );
            self.problems
                .error(Code::WrongValue, &destination.place, message, advice);
            return None;
        }
        let request = &self.step.request;
        let method = request.method.as_ref().map(|text| self.method(text));
        let path = request.path.as_ref().map(|text| self.path(text));
        let query = self.query(&request.query);
        self.check_headers(&request.headers);
        let headers = self.pairs(&request.headers);
        self.calltouch(destination);
        let body = self.body();
        if let (Some(Some(method)), Some(body)) = (&method, &body)
            && matches!(method.as_str(), "GET" | "HEAD")
            && !matches!(body, BodyRules::None)
        {
            let place = request.method.as_ref().map(|text| &text.place);
            let message = bilingual!("`{method}` has no body", "у `{method}` нет тела");
            let advice = bilingual!(
                "use `query`, or another method",
                "используйте `query` или другой метод"
            );
            let place = place.unwrap_or(&self.step.place);
            self.problems
                .error(Code::WrongPlace, place, message, advice);
        }
        let success = request.success.as_ref().map(|it| self.success(it));
        let save: Vec<SaveRule> = request
            .save
            .iter()
            .filter_map(|save| self.save(save))
            .collect();
        Some(Box::new(HttpRules {
            destination: destination.value.trim().to_owned(),
            place: destination.place.clone(),
            method: match method {
                Some(method) => Some(method?),
                None => None,
            },
            path: match path {
                Some(path) => Some(path?),
                None => None,
            },
            query,
            headers,
            body: body?,
            success: success.unwrap_or_default(),
            save,
        }))
    }

    fn method(&mut self, text: &Text) -> Option<String> {
        let method = text.value.trim();
        if METHODS.contains(&method) {
            return Some(method.to_owned());
        }
        self.wrong_value(text, &METHODS, "method");
        None
    }

    fn path(&mut self, text: &Text) -> Option<Template> {
        let path = text.value.trim();
        let problem = if path.contains("://") || path.starts_with("//") {
            Some(bilingual!(
                "`path` is no address: the host belongs in the settings",
                "`path` — не адрес: хост задаётся в настройках"
            ))
        } else if !path.starts_with('/') {
            Some(bilingual!(
                "`path` begins with a slash",
                "`path` начинается с косой черты"
            ))
        } else if outside_templates(path).contains(['?', '#', '\\']) {
            Some(bilingual!(
                "`path` has no `?` and no `#`",
                "в `path` нет `?` и `#`"
            ))
        } else if path.split('/').any(is_dots) {
            let found = path;
            let message = bilingual!(
                "`{found}` has `.` or `..` between slashes: such a path is never sent",
                "в `{found}` есть `.` или `..` между косыми чертами: такой путь не отправляется"
            );
            let plain: Vec<&str> = path.split('/').filter(|part| !is_dots(part)).collect();
            let plain = plain.join("/");
            let advice = bilingual!(
                "write `path: {plain}`, which is below the address of the destination",
                "напишите `path: {plain}` — это путь под адресом сервиса"
            );
            self.problems
                .error(Code::WrongValue, &text.place, message, advice);
            return None;
        } else {
            None
        };
        if let Some(message) = problem {
            let advice = bilingual!(
                "write `path: /api/orders`, and parameters in `query`",
                "пишите `path: /api/orders`, а параметры — в `query`"
            );
            self.problems
                .error(Code::WrongValue, &text.place, message, advice);
            return None;
        }
        self.colons(text);
        self.template(text, Escape::Url, Needs::All)
    }

    /// `/orders/:order`: a value as routers of sites write it.
    fn colons(&mut self, text: &Text) {
        let path = text.value.trim();
        let named = path.split('/').find_map(|part| {
            let name = part.strip_prefix(':')?;
            self.names.contains(&name).then_some((part, name))
        });
        let Some((part, name)) = named else { return };
        let fixed = path.replacen(part, &format!("{{{{{name}}}}}"), 1);
        let message = bilingual!(
            "`{part}` is sent as it is: values have double braces",
            "`{part}` уйдёт как есть: значения пишут в двойных скобках"
        );
        let advice = bilingual!("write `path: {fixed}`", "напишите `path: {fixed}`");
        self.problems
            .warn(Code::BadTemplate, &text.place, message, advice);
    }

    /// Compiles the query; warns of `"?city": …`, because the sign belongs to the address.
    fn query(&mut self, query: &[(Text, Text)]) -> Vec<(String, Template)> {
        for (name, _) in query {
            let bare = name
                .value
                .trim_start_matches(['?', '&'])
                .trim_end_matches('=');
            if bare == name.value {
                continue;
            }
            let written = &name.value;
            let message = bilingual!(
                "`{written}` would be the name with its signs",
                "`{written}` станет именем вместе со знаками"
            );
            let advice = bilingual!("write `{bare}: …`", "напишите `{bare}: …`");
            self.problems
                .warn(Code::WrongValue, &name.place, message, advice);
        }
        self.pairs(query)
    }

    fn check_headers(&mut self, headers: &[(Text, Text)]) {
        for (name, _) in headers {
            let word = &name.value;
            let is_name = is_header_name(word);
            let is_own = is_of_the_connection(word) || word.eq_ignore_ascii_case("content-type");
            if is_name && !is_own {
                continue;
            }
            let message = bilingual!(
                "`{word}` cannot be set as a header field",
                "заголовок `{word}` задать нельзя"
            );
            let advice = if is_name {
                bilingual!(
                    "the connection and the body decide it; `body.type` sets the content type",
                    "его определяют соединение и тело; тип тела задаёт `body.type`"
                )
            } else {
                bilingual!(
                    "a name has letters, digits and `-`, without blanks: `X-Order`",
                    "в имени — латинские буквы, цифры и `-`, без пробелов: `X-Order`"
                )
            };
            self.problems
                .error(Code::WrongPlace, &name.place, message, advice);
        }
    }

    fn body(&mut self) -> Option<BodyRules> {
        let request = &self.step.request;
        let json = request.json.as_ref().map(|(key, _)| &key.place);
        let form = request.form.as_ref().map(|(place, _)| place);
        let body = request.body.as_ref().map(|body| &body.place);
        let mut written = [json, form, body].into_iter().flatten();
        if let (Some(_), Some(second)) = (written.next(), written.next()) {
            let message = bilingual!(
                "a request has one body: `json`, `form` or `body`",
                "у запроса одно тело: `json`, `form` или `body`"
            );
            let advice = bilingual!("keep one of them", "оставьте что-то одно");
            self.problems
                .error(Code::WrongPlace, second, message, advice);
            return None;
        }
        if let Some((_, node)) = &request.json {
            bodies::json_as_text(node, self.problems);
            return self.json(node, 0).map(BodyRules::Json);
        }
        if let Some((_, pairs)) = &request.form {
            return Some(BodyRules::Form(self.pairs(pairs)));
        }
        match &request.body {
            Some(body) => self.text_body(body),
            None => Some(BodyRules::None),
        }
    }

    fn text_body(&mut self, body: &RawBody) -> Option<BodyRules> {
        let content_type = body.content_type.as_ref().map_or_else(
            || "text/plain; charset=utf-8".to_owned(),
            |text| text.value.trim().to_owned(),
        );
        if !content_type.contains('/') || content_type.contains(['\n', '\r']) {
            let written = body.content_type.as_ref();
            let place = written.map_or(&body.place, |text| &text.place);
            let message = bilingual!(
                "`{content_type}` is no content type",
                "`{content_type}` — не тип содержимого"
            );
            let advice = bilingual!("write one such as text/xml", "пишите, например, text/xml");
            self.problems
                .error(Code::WrongValue, place, message, advice);
            return None;
        }
        if body.content_type.is_none()
            && let Some(text) = &body.text
        {
            bodies::untyped(text, self.problems);
        }
        let escape = if content_type.contains("x-www-form-urlencoded") {
            Escape::Url
        } else {
            Escape::of_type(&content_type)
        };
        let template = match (&body.text, &body.template) {
            (Some(text), None) => self.template(text, escape, Needs::MayLack)?,
            (None, Some(name)) => self.file(name, escape)?,
            (Some(_), Some(name)) => {
                let message = bilingual!(
                    "`body` has `text` and `template`",
                    "в `body` и `text`, и `template`"
                );
                let advice = bilingual!("keep one of them", "оставьте что-то одно");
                self.problems
                    .error(Code::WrongPlace, &name.place, message, advice);
                return None;
            }
            (None, None) => {
                let message = bilingual!(
                    "`body` has neither `text` nor `template`",
                    "в `body` нет ни `text`, ни `template`"
                );
                let advice = bilingual!(
                    "add `text: \"…\"`, or `template:` with the name of a file in the templates folder",
                    "добавьте `text: \"…\"` или `template:` с именем файла из папки шаблонов"
                );
                self.problems
                    .error(Code::MissingKey, &body.place, message, advice);
                return None;
            }
        };
        Some(BodyRules::Text {
            content_type,
            template,
        })
    }

    /// Compiles a body from the templates folder.
    pub(super) fn file(&mut self, written: &Text, escape: Escape) -> Option<Template> {
        let templates = self.context.templates;
        let name = template_name(written.value.trim());
        let Some(text) = templates.get(name) else {
            let known: Vec<&str> = templates.keys().map(String::as_str).collect();
            let message = bilingual!("there is no template `{name}`", "нет шаблона `{name}`");
            let advice = self.context.neighbours.for_template(name, &known);
            self.problems
                .error(Code::UnknownTemplate, &written.place, message, advice);
            return None;
        };
        let source = SourceText::new(&format!("{name}.hbs"), text);
        let part = |offset: usize, length: usize| TextPlace::within(&source, offset, length);
        let wording = Wording { text, part: &part };
        let template = template::compile_as(escape, &wording, self.names, self.problems)?;
        self.used.template(&template);
        let place = |range: &Range<usize>| {
            let chars = |range| text.get(range).map_or(0, |part: &str| part.chars().count());
            part(chars(0..range.start), chars(range.clone()).max(1))
        };
        let rules = (Needs::MayLack, self.step.when.as_ref());
        self.steps.check_skipped(text, &place, rules, self.problems);
        Some(template)
    }

    fn success(&mut self, raw: &RawSuccess) -> SuccessRule {
        let mut statuses = Vec::new();
        for text in &raw.statuses {
            match text.value.trim().parse::<u16>() {
                Ok(status) if (100..600).contains(&status) => statuses.push(status),
                _ => self.wrong_value(text, &["200", "201", "204"], "success"),
            }
        }
        let test = raw.test.as_ref().and_then(|text| {
            if class_of_statuses(text, self.problems) {
                return None;
            }
            condition::packet(text, self.problems)?;
            Some(text.value.trim().to_owned())
        });
        SuccessRule { statuses, test }
    }

    fn save(&mut self, raw: &RawSave) -> Option<SaveRule> {
        let name = raw.name.value.as_str();
        if !is_name(name) || matches!(name, "status" | "attempt" | "ordered") {
            let message = bilingual!(
                "`{name}` cannot be the name of a saved value",
                "`{name}` не может быть именем сохранённого значения"
            );
            let advice = bilingual!(
                "use letters, digits and `_`, beginning with a letter; `status` is always saved",
                "используйте буквы, цифры и `_`, первой — букву; `status` сохраняется всегда"
            );
            self.problems
                .error(Code::BadName, &raw.name.place, message, advice);
            return None;
        }
        let Some(from) = &raw.from else {
            let message = bilingual!(
                "`save.{name}` does not say where the value is",
                "в `save.{name}` не сказано, где значение"
            );
            let advice = bilingual!(
                "write `{name}: $.data.id`, a path in the reply",
                "напишите `{name}: $.data.id` — путь в ответе"
            );
            self.problems
                .error(Code::MissingKey, &raw.name.place, message, advice);
            return None;
        };
        Some(SaveRule {
            name: name.to_owned(),
            from: self.save_from(from)?,
            missing: raw
                .missing
                .as_ref()
                .map(|word| word.value)
                .unwrap_or_default(),
        })
    }

    fn save_from(&mut self, text: &Text) -> Option<SaveFrom> {
        let written = text.value.trim();
        if written == "status" {
            return Some(SaveFrom::Status);
        }
        if let Some(header) = written.strip_prefix("headers.") {
            return Some(SaveFrom::Header(header.to_ascii_lowercase()));
        }
        match Path::parse(written) {
            Ok(_) => Some(SaveFrom::Path(written.to_owned())),
            Err(bad) => {
                let lead = text.value.chars().take_while(|c| c.is_whitespace()).count();
                let place = text.part(lead + bad.offset, bad.length);
                self.problems
                    .error(Code::BadPath, &place, bad.message, bad.advice);
                None
            }
        }
    }
}

/// Returns whether a part of a path means another folder, in any spelling.
fn is_dots(part: &str) -> bool {
    let plain = part.trim().to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "." | "..")
}

/// `success: 2xx`, `success: ok`: statuses are written as a list, and a test of the reply begins with
/// its root.
fn class_of_statuses(text: &Text, problems: &mut Problems) -> bool {
    let word = text.value.trim().to_lowercase();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_statuses = word
        .trim_start_matches(['<', '>', '=', ' '])
        .starts_with(|c: char| c.is_ascii_digit());
    if !is_word && !is_statuses {
        return false;
    }
    let message = bilingual!(
        "`{word}` is no condition: it is a list of statuses, or a test of the reply",
        "`{word}` — не условие: нужен список статусов или проверка ответа"
    );
    let numbers: Vec<&str> = suggest::parts(&word)
        .filter(|part| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    let advice = if numbers.len() > 1 {
        let numbers = numbers.join(", ");
        bilingual!(
            "write `success: [{numbers}]`",
            "напишите `success: [{numbers}]`"
        )
    } else if !is_statuses {
        bilingual!(
            "write `success: $.{word} == true`, or remove it: every status from 200 to 299 is a success",
            "напишите `success: $.{word} == true` или уберите: успех — любой статус от 200 до 299"
        )
    } else if word.starts_with(['4', '5', '3']) {
        bilingual!(
            "write the statuses, like `success: [200, 404]`",
            "перечислите статусы, например `success: [200, 404]`"
        )
    } else {
        bilingual!(
            "remove `success`: every status from 200 to 299 is a success",
            "уберите `success`: успех — любой статус от 200 до 299"
        )
    };
    if is_statuses {
        problems.error(Code::WrongValue, &text.place, message, advice);
    } else {
        // the path works if the reply has it
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }
    is_statuses
}
