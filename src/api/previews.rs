//! Previews: what a text of a profile, or the profile at work, makes of a packet, and what would
//! change in the CRM. Nothing is written. First profiles from captured packets.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::problem::Problem;
use super::profiles::{Refusal, refused};
use super::{Api, as_reply, body, check_method};
use crate::authoring::SOURCES;
use crate::delivery::crm::ChangePreview;
use crate::domain::file::AttachedFiles;
use crate::domain::{ApiScope, Became, Bilingual, Lang, Role, Source, SubmissionId, bilingual};
use crate::editing::{DraftSource, EditProblem, problem_json};
use crate::intake;
use crate::journal::{Found, History};
use crate::mapping::{MappingOutcome, Profile};
use crate::preview::{self, Mapped, Packet, PreviewReport};
use crate::redact;
use crate::store::StoreError;

/// The longest body, in bytes: a profile and a packet.
const BODY: usize = 4 << 20;
/// A comparison with the CRM ends after this time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to preview.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    /// The file of the profile; without it the profile that takes the packet.
    file: Option<String>,
    /// The text to try; without it what is in the file.
    text: Option<String>,
    /// The id of a submission.
    submission: Option<String>,
    /// The body of a request: a text as it comes, or JSON.
    packet: Option<Value>,
    /// Where the packet came to: `channels/landing`. Without it the first address of the profile.
    source: Option<String>,
    /// Whether to read the CRM and say what would change there.
    #[serde(default)]
    crm: bool,
}

/// What to draft a profile for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftBody {
    source: String,
    packet: Option<Value>,
}

impl Api {
    /// Answers a request for a preview.
    pub(super) async fn answer_previews(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        lang: Lang,
    ) -> Result<HttpResponse, Problem> {
        check_method(request, "POST")?;
        let caller = self.caller(request, ApiScope::ReadProfiles).await?;
        let wanted: PreviewBody = body::read(body, BODY).await?;
        if wanted.crm || wanted.submission.is_some() {
            caller.need(ApiScope::ReadSubmissions)?;
        }
        match self.preview(&wanted, &caller, lang).await {
            Ok(answer) => Ok(as_reply(redact::mask(&answer.to_string()).into_owned())),
            Err(refusal) => refused(refusal, lang),
        }
    }

    async fn preview(
        &self,
        wanted: &PreviewBody,
        caller: &Caller,
        lang: Lang,
    ) -> Result<Value, Refusal> {
        let (profile, problems) = self.tried(wanted, caller).await?;
        let problems = problems.iter().map(|problem| problem_json(problem, lang));
        let problems: Vec<Value> = problems.collect();
        if wanted.file.is_some() && profile.is_none() {
            return Ok(json!({"problems": problems, "preview": null}));
        }
        let packet = self.packet(wanted, profile.as_deref()).await?;
        let taker = || {
            let current = self.profiles.current();
            let found =
                current.for_address(packet.source.name(), packet.source.address(), &packet.body);
            found.cloned()
        };
        let profile = profile.or_else(taker).ok_or_else(|| {
            cannot(Bilingual::new(
                "no profile takes this packet; name one in `file`",
                "этот пакет не принимает ни один профиль; укажите его в `file`",
            ))
        })?;
        let (by, of) = (Arc::clone(&profile), packet.clone());
        // a large packet takes a while
        let mapped = web::block(move || preview::map(&by, &of)).await;
        let mapped = mapped.map_err(|_| Problem::Unavailable)?;
        let changes = if wanted.crm {
            self.changes(&packet, &mapped).await?
        } else {
            None
        };
        let steps = preview::later_steps(&mapped.outcome, packet.id, |_, _| None, |_, _| None);
        let seen = PreviewReport {
            packet: &packet,
            profile: profile.reference(),
            mapped: &mapped,
            crm: changes
                .as_ref()
                .map(|(name, changes)| (name.as_str(), changes)),
            steps: &steps,
            lang,
        };
        Ok(json!({"problems": problems, "preview": preview::report(&seen)}))
    }

    /// Returns the profile that a request names, and what is wrong with its text.
    async fn tried(
        &self,
        wanted: &PreviewBody,
        caller: &Caller,
    ) -> Result<(Option<Arc<Profile>>, Vec<crate::authoring::Problem>), Refusal> {
        let Some(file) = &wanted.file else {
            if wanted.text.is_some() {
                return Err(cannot(Bilingual::new(
                    "`text` needs `file`: the name that the text would have",
                    "к `text` нужен `file`: имя, которое будет у файла",
                )));
            }
            return Ok((None, Vec::new()));
        };
        let text = if let Some(text) = &wanted.text {
            text.clone()
        } else {
            let author = caller.author(Role::Author);
            self.editor.open(file, &author).await?.text
        };
        let checked = self.editor.checked(file, &text).await?;
        Ok((checked.profile, checked.problems))
    }

    /// Returns the packet: that of a submission, or one that the request has.
    async fn packet(
        &self,
        wanted: &PreviewBody,
        profile: Option<&Profile>,
    ) -> Result<Packet, Refusal> {
        match (&wanted.submission, &wanted.packet) {
            (Some(id), None) => {
                let (journal, id) = (self.journal.clone(), id.clone());
                let found = web::block(move || journal.show(&id)).await;
                let found = found.map_err(|_| StoreError::Closed);
                match found.map_err(Problem::from)?.map_err(Problem::from)? {
                    Found::One(history) => self.stored(&history),
                    Found::None | Found::NotAName => Err(Problem::NoSuchSubmission.into()),
                    Found::Several => Err(Problem::SeveralSubmissions.into()),
                }
            }
            (None, Some(given)) => self.given(given, wanted.source.as_deref(), profile),
            _ => Err(cannot(Bilingual::new(
                "name either a `submission` or a `packet`",
                "укажите или `submission`, или `packet`",
            ))),
        }
    }

    fn stored(&self, history: &History) -> Result<Packet, Refusal> {
        let body = self.sources.decode(&history.entry.source, &history.raw);
        let body = body.ok().filter(|_| !history.raw.is_empty());
        let body = body.ok_or_else(|| {
            cannot(Bilingual::new(
                "the body of this submission is not kept any more, or cannot be read",
                "тело этого обращения уже не хранится или не читается",
            ))
        })?;
        Ok(Packet::of_history(history, body))
    }

    /// Reads a packet as a request to an address.
    fn given(
        &self,
        given: &Value,
        source: Option<&str>,
        profile: Option<&Profile>,
    ) -> Result<Packet, Refusal> {
        let named = match source {
            Some(written) => DraftSource::parse(written),
            None => profile.and_then(first_address),
        };
        let kind = named
            .as_ref()
            .and_then(|named| intake::source(&named.source));
        let (Some(named), Some(kind)) = (&named, kind) else {
            return Err(cannot(Bilingual::new(
                "`source`: say where the packet comes to, such as channels/landing or polls/123",
                "`source`: укажите, куда приходит пакет, например channels/landing или polls/123",
            )));
        };
        let text = match given {
            Value::String(text) => text.trim().to_owned(),
            json => json.to_string(),
        };
        let bare = Source::new(kind.name(), named.address.as_str(), "sample");
        let body = kind.decode(&bare, text.as_bytes(), kind.bounds(&self.settings));
        let body = body.map_err(|mistake| {
            let (en, ru) = (mistake.to_text(Lang::En), mistake.to_text(Lang::Ru));
            Refusal::from(Problem::Preview(bilingual!(
                "`packet` cannot be read: {en}",
                "`packet` не читается: {ru}"
            )))
        })?;
        Ok(Packet {
            id: SubmissionId::fresh(),
            source: kind.of_packet(Some(&named.address), &body).unwrap_or(bare),
            received_at: self.clock.now(),
            body,
            uncertain: false,
            became: Became::default(),
            files: AttachedFiles::default(),
        })
    }

    /// Reads what a delivery would read, and returns what it would change; `None` without a step for
    /// the CRM.
    async fn changes(
        &self,
        packet: &Packet,
        mapped: &Mapped,
    ) -> Result<Option<(String, ChangePreview)>, Refusal> {
        let step = match &mapped.outcome {
            MappingOutcome::Plan(plan) => plan.crm(),
            MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => None,
        };
        let Some(step) = step else {
            return Ok(None);
        };
        let all = &self.connections;
        let found = match &step.connection {
            Some(name) => all.get_key_value(name),
            None => all.iter().next().filter(|_| all.len() == 1),
        };
        let (name, connection) = found.ok_or_else(|| {
            cannot(Bilingual::new(
                "the profile names no connection of the settings",
                "профиль не называет подключения из настроек",
            ))
        })?;
        let changes = preview::preview_changes(connection, packet, step);
        let changes = tokio::time::timeout(PATIENCE, changes).await;
        let changes = changes.map_err(|_| {
            Problem::Portal(bilingual!(
                "the portal does not answer; nothing was written",
                "портал не отвечает; ничего не записано"
            ))
        })?;
        Ok(Some((name.clone(), changes)))
    }

    /// Answers a request for the addresses that have no profile, or for a first one.
    pub(super) async fn answer_drafts(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        lang: Lang,
    ) -> Result<HttpResponse, Problem> {
        check_method(request, "GET, HEAD, POST")?;
        let caller = self.caller(request, ApiScope::ReadProfiles).await?;
        let answer = if *request.method() == actix_web::http::Method::POST {
            let wanted: DraftBody = body::read(body, BODY).await?;
            if wanted.packet.is_none() {
                caller.need(ApiScope::ReadSubmissions)?;
            }
            self.draft(&wanted, lang).await
        } else {
            self.draft_sources(lang).await
        };
        match answer {
            Ok(answer) => Ok(as_reply(redact::mask(&answer.to_string()).into_owned())),
            Err(Refusal::Edit(EditProblem::NoPackets(why))) => Err(Problem::Preview(why)),
            Err(refusal) => refused(refusal, lang),
        }
    }

    async fn draft_sources(&self, lang: Lang) -> Result<Value, Refusal> {
        let found = self.editor.draft_sources(&self.journal).await?;
        let items = found.iter().map(|(source, count)| {
            json!({
                "source": format!("{}/{}", source.source, source.address),
                "label": source.label(&self.sources, lang), "count": count,
            })
        });
        Ok(json!({"items": items.collect::<Vec<_>>()}))
    }

    async fn draft(&self, wanted: &DraftBody, lang: Lang) -> Result<Value, Refusal> {
        let source = DraftSource::parse(&wanted.source).ok_or_else(|| {
            cannot(Bilingual::new(
                "`source`: write the source and its address, such as channels/landing",
                "`source`: напишите источник и его адрес, например channels/landing",
            ))
        })?;
        let pasted = wanted.packet.as_ref().map(|packet| match packet {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        });
        let place = (&self.journal, &self.sources, lang);
        let drafted = self.editor.draft(&source, pasted.as_deref(), place).await?;
        Ok(json!({"file": drafted.file, "text": drafted.text, "packets": drafted.packets}))
    }
}

fn cannot(why: Bilingual<&'static str>) -> Refusal {
    Problem::Preview(why.into()).into()
}

/// Returns the first address that a profile takes.
fn first_address(profile: &Profile) -> Option<DraftSource> {
    SOURCES.iter().find_map(|words| {
        let address = profile.addresses(words.source).next()?;
        Some(DraftSource {
            source: words.source.to_owned(),
            address: address.to_owned(),
        })
    })
}
