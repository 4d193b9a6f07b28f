//! `then` as written: the steps after the CRM.

use super::block::{self, Block, Sp};
use super::condition::{self, RawCondition};
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{IfItFails, SaveMissing, bilingual};

/// One step of `then`.
#[derive(Debug, Clone)]
pub(crate) struct RawStep {
    pub(crate) place: TextPlace,
    pub(crate) name: Option<Text>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) if_it_fails: Option<Sp<IfItFails>>,
    /// The destination of an HTTP step.
    pub(crate) http: Option<Text>,
    pub(crate) request: RawRequest,
    pub(crate) crm: Option<RawCrmUpdate>,
    pub(crate) mail: Option<RawMail>,
    /// Whether the reader has reported a mistake in it.
    pub(crate) is_broken: bool,
}

/// The keys of an HTTP step.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawRequest {
    pub(crate) method: Option<Text>,
    pub(crate) path: Option<Text>,
    pub(crate) query: Vec<(Text, Text)>,
    pub(crate) headers: Vec<(Text, Text)>,
    pub(crate) json: Option<(Text, Node)>,
    pub(crate) form: Option<(TextPlace, Vec<(Text, Text)>)>,
    pub(crate) body: Option<RawBody>,
    pub(crate) success: Option<RawSuccess>,
    pub(crate) save: Vec<RawSave>,
}

/// `body`: a text of some type.
#[derive(Debug, Clone)]
pub(crate) struct RawBody {
    pub(crate) place: TextPlace,
    pub(crate) text: Option<Text>,
    pub(crate) template: Option<Text>,
    pub(crate) content_type: Option<Text>,
}

/// `success`: statuses, a test, or both.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawSuccess {
    pub(crate) statuses: Vec<Text>,
    pub(crate) test: Option<Text>,
}

/// One value of `save`.
#[derive(Debug, Clone)]
pub(crate) struct RawSave {
    pub(crate) name: Text,
    pub(crate) from: Option<Text>,
    pub(crate) missing: Option<Sp<SaveMissing>>,
}

/// `mail` of a step.
#[derive(Debug, Clone)]
pub(crate) struct RawMail {
    pub(crate) place: TextPlace,
    pub(crate) to: Vec<Text>,
    pub(crate) reply_to: Option<Text>,
    pub(crate) subject: Option<Text>,
    pub(crate) text: Option<Text>,
    pub(crate) template: Option<Text>,
    pub(crate) html: Option<Text>,
    pub(crate) html_template: Option<Text>,
    pub(crate) files: Vec<Text>,
}

/// `crm` of a step.
#[derive(Debug, Clone)]
pub(crate) struct RawCrmUpdate {
    pub(crate) place: TextPlace,
    pub(crate) update: Option<Text>,
    pub(crate) fields: Vec<(Text, Text)>,
    pub(crate) stage: Option<Text>,
    pub(crate) comment: Option<Text>,
}

/// Reads the list of steps.
pub(crate) fn read_all(node: Node, reader: &mut Reader<'_>) -> Option<Vec<RawStep>> {
    match node.kind {
        NodeKind::List(list) => Some(
            list.into_iter()
                .filter_map(|item| RawStep::read(item, reader))
                .collect(),
        ),
        NodeKind::Null => Some(Vec::new()),
        NodeKind::Scalar(_) | NodeKind::Map(_) => {
            let wanted = bilingual!(
                "a list of steps, each beginning with `- `",
                "список шагов, каждый начинается с `- `"
            );
            block::wrong_type("then", &wanted, &node, reader);
            None
        }
    }
}

impl RawStep {
    fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let problems = reader.problems.count();
        let mut block = Block::open(node, "then", reader)?;
        let mut step = Self {
            place: block.place.clone(),
            http: destination(&mut block, reader),
            crm: block
                .node("crm")
                .and_then(|node| RawCrmUpdate::read(node, reader)),
            mail: block
                .node("mail")
                .and_then(|node| RawMail::read(node, reader)),
            name: block.text("name", reader),
            when: condition::read(&mut block, reader),
            if_it_fails: block.word(
                "if_it_fails",
                &[("park", IfItFails::Park), ("continue", IfItFails::Continue)],
                reader,
            ),
            request: RawRequest::read(&mut block, reader),
            is_broken: false,
        };
        block.close(reader);
        step.is_broken = reader.problems.count() > problems;
        Some(step)
    }
}

/// Reads the destination of an HTTP step; its address and the like belong in the settings.
fn destination(block: &mut Block, reader: &mut Reader<'_>) -> Option<Text> {
    let node = block.path("http")?;
    if !matches!(node.kind, NodeKind::Map(_)) || block::is_unquoted_template(&node) {
        return block::scalar("then.http", node, reader);
    }
    let message = bilingual!(
        "`http` names a destination of the settings, and has no keys",
        "в `http` пишут имя сервиса из настроек, ключей у него нет"
    );
    let advice = bilingual!(
        "put the address into leadgate.toml, `[http.NAME]` with `url`, and write `http: NAME` here; `method`, `path` and `json` stand beside it",
        "впишите адрес в leadgate.toml, `[http.ИМЯ]` с `url`, а здесь — `http: ИМЯ`; `method`, `path` и `json` пишут рядом"
    );
    reader.error(Code::WrongType, &node.place, message, advice);
    None
}

impl RawRequest {
    fn read(block: &mut Block, reader: &mut Reader<'_>) -> Self {
        Self {
            method: block.text("method", reader),
            path: block.text("path", reader),
            query: pairs(block, "query", reader).map_or_else(Vec::new, |(_, pairs)| pairs),
            headers: pairs(block, "headers", reader).map_or_else(Vec::new, |(_, pairs)| pairs),
            json: block.any("json"),
            form: pairs(block, "form", reader),
            body: block
                .node("body")
                .and_then(|node| RawBody::read(node, reader)),
            success: block
                .node("success")
                .and_then(|node| RawSuccess::read(node, reader)),
            save: match block.node("save") {
                Some(node) => saves(node, reader),
                None => Vec::new(),
            },
        }
    }

    /// Returns the place and the name of the first key that is written.
    pub(crate) fn first_key(&self) -> Option<(&'static str, &TextPlace)> {
        let keys = [
            ("method", self.method.as_ref().map(|text| &text.place)),
            ("path", self.path.as_ref().map(|text| &text.place)),
            ("query", self.query.first().map(|(key, _)| &key.place)),
            ("headers", self.headers.first().map(|(key, _)| &key.place)),
            ("json", self.json.as_ref().map(|(key, _)| &key.place)),
            ("form", self.form.as_ref().map(|(place, _)| place)),
            ("body", self.body.as_ref().map(|body| &body.place)),
            ("save", self.save.first().map(|save| &save.name.place)),
        ];
        keys.into_iter()
            .find_map(|(key, place)| place.map(|place| (key, place)))
    }
}

/// Reads a block of names and texts, with its place.
fn pairs(
    block: &mut Block,
    key: &'static str,
    reader: &mut Reader<'_>,
) -> Option<(TextPlace, Vec<(Text, Text)>)> {
    let about = block.name_of(key);
    let node = block.node(key)?;
    if block::is_unquoted_template(&node) {
        block::unquoted(&about, &node, reader);
        return None;
    }
    let inner = Block::open(node, &about, reader)?;
    let place = inner.place.clone();
    let entries = inner.into_entries().into_iter();
    let pairs = entries.filter_map(|(name, node)| {
        let about = format!("{about}.{}", name.value);
        let text = block::scalar(&about, node, reader)?;
        Some((name, text))
    });
    Some((place, pairs.collect()))
}

impl RawBody {
    fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let place = node.place.clone();
        match node.kind {
            NodeKind::Null => None,
            NodeKind::Scalar(text) => Some(Self {
                place,
                text: Some(text),
                template: None,
                content_type: None,
            }),
            NodeKind::Map(_) if block::is_unquoted_template(&node) => {
                block::unquoted("then.body", &node, reader);
                None
            }
            NodeKind::Map(_) => {
                let mut block = Block::open(node, "then.body", reader)?;
                let body = Self {
                    place,
                    text: block.text("text", reader),
                    template: block.text("template", reader),
                    content_type: block.text("type", reader),
                };
                let has_own = body.text.is_some() || body.template.is_some();
                let is_of_values = !has_own && body.content_type.is_none() && !block.is_empty();
                block.close(reader);
                // values of a JSON body or a form, which are reported one by one
                (!is_of_values).then_some(body)
            }
            NodeKind::List(_) => {
                let wanted = bilingual!(
                    "text or a block with `template` and `type`",
                    "текст или блок с `template` и `type`"
                );
                block::wrong_type("then.body", &wanted, &node, reader);
                None
            }
        }
    }
}

impl RawSuccess {
    fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        const ABOUT: &str = "then.success";
        match node.kind {
            NodeKind::Map(_) if block::is_unquoted_template(&node) => {
                block::unquoted(ABOUT, &node, reader);
                None
            }
            NodeKind::Map(_) => {
                let mut block = Block::open(node, ABOUT, reader)?;
                let success = Self {
                    statuses: block.texts("status", reader).unwrap_or_default(),
                    test: block.text("test", reader),
                };
                block.close(reader);
                Some(success)
            }
            NodeKind::Scalar(text) if text.value.trim().parse::<u16>().is_err() => Some(Self {
                statuses: Vec::new(),
                test: Some(text),
            }),
            NodeKind::Null | NodeKind::Scalar(_) | NodeKind::List(_) => Some(Self {
                statuses: block::texts(ABOUT, node, reader)?,
                test: None,
            }),
        }
    }
}

/// `save: $.data.id`: the value has no name.
fn bare_save(text: &Text, reader: &mut Reader<'_>) {
    let path = text.value.trim();
    let name = path
        .rsplit(['.', '\'', '"', '[', ']'])
        .find(|part| !part.is_empty());
    let is_name = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let name = name.filter(is_name).unwrap_or("id");
    let message = bilingual!(
        "`save` does not say what the value is called",
        "в `save` не сказано, как назвать значение"
    );
    let advice = bilingual!(
        "write `save: {{ {name}: {path} }}`; later steps write `steps.STEP.{name}`",
        "напишите `save: {{ {name}: {path} }}`; в следующих шагах это `steps.ШАГ.{name}`"
    );
    reader.error(Code::WrongType, &text.place, message, advice);
}

fn saves(node: Node, reader: &mut Reader<'_>) -> Vec<RawSave> {
    const ABOUT: &str = "then.save";
    if let NodeKind::Scalar(text) = &node.kind {
        bare_save(text, reader);
        return Vec::new();
    }
    let Some(block) = Block::open(node, ABOUT, reader) else {
        return Vec::new();
    };
    let entries = block.into_entries().into_iter();
    let saves = entries.filter_map(|(name, node)| {
        let about = format!("{ABOUT}.{}", name.value);
        match node.kind {
            NodeKind::Map(_) => {
                let mut block = Block::open(node, &about, reader)?;
                let save = RawSave {
                    name,
                    from: block.text("from", reader),
                    missing: block.word(
                        "missing",
                        &[
                            ("skip", SaveMissing::Skip),
                            ("empty", SaveMissing::Empty),
                            ("fail", SaveMissing::Fail),
                        ],
                        reader,
                    ),
                };
                block.close(reader);
                Some(save)
            }
            _ => Some(RawSave {
                name,
                from: block::scalar(&about, node, reader),
                missing: None,
            }),
        }
    });
    saves.collect()
}

impl RawMail {
    fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut block = Block::open(node, "then.mail", reader)?;
        let mail = Self {
            place: block.place.clone(),
            to: recipients(&mut block, reader),
            reply_to: block.text("reply_to", reader),
            subject: block.text("subject", reader),
            text: block.text("text", reader),
            template: block.text("template", reader),
            html: block.text("html", reader),
            html_template: block.text("html_template", reader),
            files: block.texts("files", reader).unwrap_or_default(),
        };
        block.close(reader);
        Some(mail)
    }
}

/// Reads `to`; reports a list without an address.
fn recipients(block: &mut Block, reader: &mut Reader<'_>) -> Vec<Text> {
    let problems = reader.problems.count();
    let Some((key, to)) = block.placed_texts("to", reader) else {
        return Vec::new();
    };
    if to.is_empty() && reader.problems.count() == problems {
        let message = bilingual!(
            "`to` has no address, so the letter goes to nobody",
            "в `to` нет ни одного адреса: письмо никому не уйдёт"
        );
        let advice = bilingual!(
            "write `to: [sales@example.com]` or `to: \"{{{{email}}}}\"`",
            "напишите `to: [sales@example.com]` или `to: \"{{{{email}}}}\"`"
        );
        reader.error(Code::MissingKey, &key.place, message, advice);
    }
    to
}

impl RawCrmUpdate {
    fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut block = Block::open(node, "then.crm", reader)?;
        let update = Self {
            place: block.place.clone(),
            update: block.text("update", reader),
            fields: pairs(&mut block, "fields", reader).map_or_else(Vec::new, |(_, pairs)| pairs),
            stage: block.text("stage", reader),
            comment: block.text("comment", reader),
        };
        block.close(reader);
        Some(update)
    }
}
