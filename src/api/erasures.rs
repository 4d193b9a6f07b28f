//! Erases what is stored about a person. A first request counts, a second one confirms the count.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Api, as_reply, body, check_method};
use crate::domain::{ApiScope, Email, Lang, Phone, bilingual};
use crate::journal::{Journal, Person, StoredOfPerson};
use crate::store::StoreError;

/// The longest body, in bytes.
const BODY: usize = 16 << 10;

/// The body of an erasure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErasureBody {
    #[serde(default)]
    phones: Vec<String>,
    #[serde(default)]
    emails: Vec<String>,
    /// The count that the dry run has named; without it nothing is erased.
    #[serde(default, deserialize_with = "body::maybe_count")]
    confirm: Option<usize>,
}

impl ErasureBody {
    fn person(&self) -> Result<Person, Problem> {
        let wrong = || {
            Problem::Person(bilingual!(
                "name phone numbers or e-mail addresses of one person; one of these is neither",
                "укажите телефоны или адреса e-mail одного человека; здесь есть что-то другое"
            ))
        };
        let phones = self.phones.iter();
        let phones = phones.map(|text| Phone::parse(text).ok_or_else(wrong));
        let emails = self.emails.iter();
        let emails = emails.map(|text| Email::parse(text).ok_or_else(wrong));
        let person = Person {
            phones: phones.collect::<Result<_, _>>()?,
            emails: emails.collect::<Result<_, _>>()?,
        };
        if person.phones.is_empty() && person.emails.is_empty() {
            return Err(wrong());
        }
        Ok(person)
    }
}

impl Api {
    /// Answers a request to erase a person.
    pub(super) async fn answer_erasures(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        lang: Lang,
    ) -> Result<HttpResponse, Problem> {
        check_method(request, "POST")?;
        let who = self.caller(request, ApiScope::ErasePeople).await?.name();
        let wanted: ErasureBody = body::read(body, BODY).await?;
        let person = wanted.person()?;
        // each reads the whole history
        let _one = self.erasing.try_acquire().map_err(|_| Problem::Busy)?;
        let (journal, of) = (self.journal.clone(), person.clone());
        let stored = web::block(move || journal.stored_of(&of, &mut |_| ())).await;
        let stored = stored.map_err(|_| StoreError::Closed)??;
        let count = stored.count();
        let mut answer = json!({
            "submissions": stored.found.len(), "refused": stored.refused.len(),
            "calls": stored.calls.len(), "count": count, "erased": null,
        });
        match wanted.confirm {
            None => {}
            // nothing to erase is no change
            Some(confirmed) if confirmed == count && count == 0 => {}
            Some(confirmed) if confirmed == count => {
                answer["erased"] = self.erase(&who, (&person, stored), lang).await?;
            }
            Some(_) => return Err(Problem::CountChanged(count)),
        }
        Ok(as_reply(answer.to_string()))
    }

    async fn erase(
        &self,
        who: &str,
        (person, stored): (&Person, StoredOfPerson),
        lang: Lang,
    ) -> Result<Value, Problem> {
        // the gateway's own connection leaves deleted bytes in the file
        let store = self.store.clone();
        let store = web::block(move || store.thorough()).await;
        let store = store.map_err(|_| StoreError::Closed)??;
        let journal = Journal::new(store.clone(), self.sources.clone());
        let erased = journal.erase_stored(person, stored, &mut |_| ()).await?;
        let scrubbed = web::block(move || journal.scrub(&mut |_| ())).await;
        let scrubbed = scrubbed.map_err(|_| StoreError::Closed)??;
        store.close().await;
        let details = json!({"erased": erased.count, "busy": erased.busy});
        self.audit(who, ("erased-person", ""), details).await?;
        Ok(json!({
            "count": erased.count, "busy": erased.busy, "text": scrubbed.words().pick(lang),
        }))
    }
}
