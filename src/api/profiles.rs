//! The files of profiles: their list, texts, checks and versions; saves by the rules of the console.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::query;
use super::{Api, as_reply, body, check_method};
use crate::domain::{ApiScope, Lang, Role, bilingual};
use crate::editing::{Author, EditProblem, SaveRequest, problem_json, version_json};

/// The longest body, in bytes: a profile as JSON, and what was chosen.
const BODY: usize = 2 << 20;
/// Versions of a page, and the most of one.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

/// The body of a check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckBody {
    text: String,
}

/// Why a request about files gets no answer.
pub(super) enum Refusal {
    Problem(Problem),
    Edit(EditProblem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<EditProblem> for Refusal {
    fn from(problem: EditProblem) -> Self {
        Self::Edit(problem)
    }
}

impl Api {
    /// Answers a request below `/profiles`.
    pub(super) async fn answer_profiles(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        (rest, lang): (&[&str], Lang),
    ) -> Result<HttpResponse, Problem> {
        let (methods, scope) = match (rest, request.method()) {
            ([_], &Method::PUT) | ([_, "versions", _, "restore"], _) => (
                if rest.len() == 1 {
                    "GET, HEAD, PUT"
                } else {
                    "POST"
                },
                ApiScope::WriteProfiles,
            ),
            ([_], _) => ("GET, HEAD, PUT", ApiScope::ReadProfiles),
            ([_, "check"], _) => ("POST", ApiScope::ReadProfiles),
            ([] | [_, "versions"] | [_, "versions", _], _) => ("GET, HEAD", ApiScope::ReadProfiles),
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, methods)?;
        let token = self.allow(request, scope).await?;
        let author = Author {
            name: self.name_of(token).await?,
            role: Role::Author,
        };
        let rest: Vec<String> = rest
            .iter()
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let asked = Asked {
            request,
            author,
            lang,
        };
        match self.profiles(&asked, body, &rest).await {
            Ok(answer) => Ok(as_reply(answer.to_string())),
            Err(refusal) => refused(refusal, lang),
        }
    }

    async fn profiles(
        &self,
        asked: &Asked<'_>,
        body: web::Payload,
        rest: &[String],
    ) -> Result<Value, Refusal> {
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let (author, lang) = (&asked.author, asked.lang);
        let editor = &self.editor;
        Ok(match rest.as_slice() {
            [] => {
                let files = editor.list().await?;
                let items = files.iter().map(|file| file.to_json(lang));
                json!({"items": items.collect::<Vec<_>>()})
            }
            [file] if asked.request.method() == Method::PUT => {
                let request: SaveRequest = body::read(body, BODY).await?;
                let saved = editor.save(file, &request, author).await?;
                let details = json!({"version": saved.number, "edition": saved.edition});
                self.audit(&author.name, ("profile-saved", *file), details)
                    .await?;
                saved.to_json(lang)
            }
            [file] => editor.open(file, author).await?.to_json(lang),
            [file, "check"] => {
                let check: CheckBody = body::read(body, BODY).await?;
                let problems = editor.check(file, &check.text).await?;
                let problems = problems.iter().map(|problem| problem_json(problem, lang));
                json!({"problems": problems.collect::<Vec<_>>()})
            }
            [file, "versions"] => {
                let (before, limit) = page(asked.request.query_string())?;
                let mut versions = editor.versions(file, before, limit + 1).await?;
                let is_more = versions.len() > limit;
                versions.truncate(limit);
                let last = versions.last().filter(|_| is_more);
                let next = last.map(|version| version.number);
                let items = versions.iter().map(version_json);
                json!({"items": items.collect::<Vec<_>>(), "next": next})
            }
            [file, "versions", number] => {
                let (version, text) = editor.version(file, parsed(number)?).await?;
                let mut answer = version_json(&version);
                answer["text"] = json!(text);
                answer
            }
            [file, "versions", number, _] => {
                let number = parsed(number)?;
                let saved = editor.restore(file, number, author).await?;
                let details = json!({"version": saved.number, "restored": number});
                self.audit(&author.name, ("profile-restored", *file), details)
                    .await?;
                saved.to_json(lang)
            }
            _ => return Err(Problem::NoSuchAddress.into()),
        })
    }
}

/// A request and who sent it.
struct Asked<'r> {
    request: &'r HttpRequest,
    author: Author,
    lang: Lang,
}

fn parsed(number: &str) -> Result<u32, EditProblem> {
    number.parse().map_err(|_| EditProblem::NoSuchVersion)
}

/// Reads `before` and `limit`.
fn page(query: &str) -> Result<(Option<u32>, usize), Problem> {
    let (mut before, mut limit) = (None, PAGE);
    for (name, value) in query::pairs(query) {
        let wrong = || {
            let wrong = bilingual!(
                "`before` is the number of a version, `limit` one from 1 to {LARGEST_PAGE}",
                "`before` — номер версии, `limit` — число от 1 до {LARGEST_PAGE}"
            );
            Problem::Parameter(name.chars().take(100).collect(), wrong)
        };
        match name.as_str() {
            "before" => before = Some(value.parse().map_err(|_| wrong())?),
            "limit" => {
                let parsed: usize = value.parse().map_err(|_| wrong())?;
                if !(1..=LARGEST_PAGE).contains(&parsed) {
                    return Err(wrong());
                }
                limit = parsed;
            }
            _ => return Err(wrong()),
        }
    }
    Ok((before, limit))
}

/// Answers that a file was not read or saved, with what a program can use of it.
pub(super) fn refused(refusal: Refusal, lang: Lang) -> Result<HttpResponse, Problem> {
    match refusal {
        Refusal::Problem(problem) => Err(problem),
        Refusal::Edit(EditProblem::Store(error)) => Err(error.into()),
        Refusal::Edit(problem) => Ok(of_edit(&problem, lang)),
    }
}

fn of_edit(problem: &EditProblem, lang: Lang) -> HttpResponse {
    let (status, code) = match problem {
        // no file can have such a name
        EditProblem::NoSuchFile | EditProblem::UnfitName(_) => {
            (StatusCode::NOT_FOUND, "no-such-profile")
        }
        EditProblem::NoSuchVersion => (StatusCode::NOT_FOUND, "no-such-version"),
        EditProblem::Refused(_) => (StatusCode::FORBIDDEN, "not-allowed"),
        EditProblem::Exists | EditProblem::Conflict(_) => {
            (StatusCode::CONFLICT, "changed-meanwhile")
        }
        EditProblem::Broken(_) => (StatusCode::UNPROCESSABLE_ENTITY, "broken-profile"),
        EditProblem::NotWritable(_) => (StatusCode::CONFLICT, "not-writable"),
        EditProblem::Busy | EditProblem::Stopping | EditProblem::Store(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
        EditProblem::NoGuard(_) => (StatusCode::NOT_FOUND, "no-such-key"),
        EditProblem::Unreadable(_) | EditProblem::NoPackets(_) | EditProblem::Patch(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "profile")
        }
    };
    let mut told: Map<String, Value> = match problem.details(lang) {
        Some(Value::Object(details)) => details,
        _ => Map::new(),
    };
    told.remove("message");
    told.insert("type".to_owned(), json!(format!("urn:leadgate:{code}")));
    let title = status.canonical_reason().unwrap_or_default();
    told.insert("title".to_owned(), json!(title));
    told.insert("status".to_owned(), json!(status.as_u16()));
    told.insert("detail".to_owned(), json!(problem.text().pick(lang)));
    HttpResponse::build(status)
        .content_type("application/problem+json")
        .body(Value::Object(told).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_number_and_a_size() {
        assert!(matches!(page(""), Ok((None, PAGE))));
        assert!(matches!(page("before=7&limit=2"), Ok((Some(7), 2))));
        for query in ["before=x", "limit=0", "limit=201", "x=1", "limit"] {
            assert!(page(query).is_err(), "{query}");
        }
    }
}
