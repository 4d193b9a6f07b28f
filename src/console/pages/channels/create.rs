//! Makes a channel: writes its profile, and its name into the settings of channels.

use std::collections::BTreeSet;

use serde_json::json;

use super::form;
use super::portal::Offer;
use super::typed::NewChannel;
use super::write;
use crate::authoring::patch::{Change, Key};
use crate::authoring::{CHANNELS, latin_letter};
use crate::console::reply::{Answer, Trouble};
use crate::console::request::encoded;
use crate::console::visit::Visit;
use crate::domain::{Bilingual, ChannelName, Lang, Role, bilingual};
use crate::editing::{Author, EditProblem, SaveRequest, free_name};

/// The file of the channels' settings.
const SETTINGS: &str = "_channels.yaml";
/// The longest address that is made from a name, in bytes.
const LONGEST_MADE: usize = 40;
/// How many names of files and addresses are tried.
const TRIES: u32 = 100;

/// Answers the form: adds rows, or makes the channel. What was typed stays in the form if it cannot
/// be saved.
pub(super) async fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let channel = NewChannel::typed(visit);
    if visit.field("more").is_some() {
        return form::page(visit, &channel.with_more_rows(), &[]).await;
    }
    match make(visit, &channel).await? {
        Ok((address, is_named)) => {
            let unnamed = if is_named { "" } else { "&unnamed=yes" };
            let address = encoded(address.as_str());
            Ok(Answer::Go(format!("/channels?made={address}{unnamed}")))
        }
        Err(problems) => form::page(visit, &channel, &problems).await,
    }
}

/// Makes the channel. Returns its address and whether the settings have its name, or the problems.
async fn make(
    visit: &Visit<'_>,
    channel: &NewChannel,
) -> Result<Result<(ChannelName, bool), Vec<Bilingual>>, Trouble> {
    let title = title(visit, channel);
    let address = match address(visit, channel, &title) {
        Ok(address) => address,
        Err(problem) => return Ok(Err(vec![problem])),
    };
    let offer = Offer::read(visit, &channel.connection).await;
    let is_one_of_many = visit.parts().connections.len() > 1;
    let connection = offer.connection.as_deref().filter(|_| is_one_of_many);
    let is_label = |is_contact: bool, code: &str, value: &str| {
        let kind = (!is_contact).then_some(channel.kind);
        let field = offer.field(kind, code);
        let field = field.filter(|field| field.kind == "enumeration");
        // an id is written as it is
        field.is_some_and(|field| field.choices.iter().all(|choice| choice.id != value))
    };
    let text = match write::profile(channel, (&title, address.as_str(), connection), &is_label) {
        Ok(text) => text,
        Err(problems) => return Ok(Err(problems)),
    };
    match save(visit, &address, text).await {
        Ok(()) => Ok(Ok((address.clone(), name(visit, &address, &title).await?))),
        Err(EditProblem::Broken(problems)) => {
            let errors = problems.iter().filter(|problem| problem.is_error());
            let told = errors.map(|problem| {
                let of = |lang| {
                    let message = problem.message.in_lang(lang);
                    format!("{message}: {}", problem.advice.in_lang(lang))
                };
                Bilingual::new(of(Lang::En), of(Lang::Ru))
            });
            Ok(Err(told.collect()))
        }
        Err(problem) => Ok(Err(vec![problem.text()])),
    }
}

/// Returns the name of the channel, made up if none was typed; no other profile has it.
fn title(visit: &Visit<'_>, channel: &NewChannel) -> String {
    let profiles = visit.parts().profiles.current();
    let made_up = visit.t("Incoming channel", "Входящий канал");
    if !channel.title.is_empty() {
        return free_name(channel.title.clone(), &channel.title, &profiles);
    }
    let is_taken = |name: &str| profiles.profiles().iter().any(|it| it.name() == name);
    let mut names = (1..=u32::MAX).map(|number| format!("{made_up} {number}"));
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// Returns the address of the channel: the typed one, or one made from the name.
fn address(visit: &Visit<'_>, channel: &NewChannel, title: &str) -> Result<ChannelName, Bilingual> {
    let parts = visit.parts();
    let profiles = parts.profiles.current();
    let taken: BTreeSet<String> = profiles
        .addresses(CHANNELS)
        .into_iter()
        .map(str::to_owned)
        .chain(
            parts
                .profiles
                .channels()
                .names()
                .iter()
                .map(|name| name.as_str().to_owned()),
        )
        .collect();
    if channel.address.is_empty() {
        let stem = made_from(title);
        let mut names = (1..=TRIES).map(|number| match number {
            1 => stem.clone(),
            number => format!("{stem}-{number}"),
        });
        let free = names.find(|name| !taken.contains(name));
        return free.as_deref().and_then(ChannelName::parse).ok_or_else(|| {
            Bilingual::new(
                "Too many channels have this name: type an address.",
                "Каналов с таким именем слишком много: укажите адрес.",
            )
            .into()
        });
    }
    let Some(name) = ChannelName::parse(&channel.address) else {
        return Err(Bilingual::new(
            "The address of a channel has Latin letters, digits and hyphens, such as landing-2.",
            "Адрес канала — латинские буквы, цифры и дефис, например landing-2.",
        )
        .into());
    };
    if taken.contains(name.as_str()) {
        return Err(bilingual!(
            "There is a channel with the address {name} already: choose another one.",
            "Канал с адресом {name} уже есть: выберите другой адрес."
        ));
    }
    Ok(name)
}

/// Makes an address from a name: `Заказы с сайта` becomes `zakazi-s-saita`.
fn made_from(title: &str) -> String {
    let mut made = String::new();
    for letter in title.chars().flat_map(char::to_lowercase) {
        match latin_letter(letter) {
            Some(latin) => made.push_str(latin),
            None if letter.is_ascii_alphanumeric() => made.push(letter),
            None if !made.is_empty() && !made.ends_with('-') => made.push('-'),
            None => {}
        }
        if made.len() >= LONGEST_MADE {
            break;
        }
    }
    let made = made.trim_matches('-');
    if made.is_empty() {
        "channel".to_owned()
    } else {
        made.to_owned()
    }
}

fn author(visit: &Visit<'_>) -> Author {
    Author {
        name: visit.user.name.clone(),
        role: visit.user.role,
    }
}

/// Saves the profile under a free name.
async fn save(visit: &Visit<'_>, address: &ChannelName, text: String) -> Result<(), EditProblem> {
    let editor = &visit.parts().editor;
    let request = SaveRequest {
        text,
        ..SaveRequest::default()
    };
    for number in 1..=TRIES {
        let file = match number {
            1 => format!("{address}.yaml"),
            number => format!("{address}-{number}.yaml"),
        };
        match editor.save(&file, &request, &author(visit)).await {
            Err(EditProblem::Exists) => {}
            Err(problem) => return Err(problem),
            Ok(saved) => {
                let details = json!({"version": saved.number, "edition": saved.edition});
                visit.note("profile-saved", &file, details).await?;
                return Ok(());
            }
        }
    }
    Err(EditProblem::Exists)
}

/// Writes the name of the channel into the settings of channels, which administrators may change.
/// Returns whether it is there.
async fn name(visit: &Visit<'_>, address: &ChannelName, title: &str) -> Result<bool, Trouble> {
    if visit.user.role < Role::Admin {
        return Ok(true);
    }
    let path = [address.as_str(), "name"].map(Key::from).to_vec();
    let change = Change::Set {
        path,
        value: json!(title),
    };
    let editor = &visit.parts().editor;
    let (changes, author) = ([change], author(visit));
    let saved = editor.change(SETTINGS, &changes, title, &author);
    if let Err(problem) = saved.await {
        let why = problem.text().pick(Lang::En);
        tracing::warn!(channel = %address, why, "the name of a channel was not saved");
        return Ok(false);
    }
    let details = json!({"channel": address.as_str(), "keys": ["name"]});
    visit.note("channel-saved", SETTINGS, details).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_any_name() {
        for (title, made) in [
            ("Заказы с сайта", "zakazi-s-saita"),
            ("  Landing №2!  ", "landing-2"),
            ("Щётки & Ко", "schetki-ko"),
            ("日本", "channel"),
            ("---", "channel"),
        ] {
            assert_eq!(made_from(title), made, "{title}");
        }
        let long = made_from(&"я".repeat(500));
        assert!(ChannelName::parse(&long).is_some(), "{long}");
    }
}
