//! What to put into a site or a script to send to a channel. Secrets are never shown: a snippet has
//! the name of the place instead.

use maud::{Markup, html};

use serde_json::{Value, json};

use crate::channels::{Carrier, Channel, SecretSource};
use crate::console::visit::Visit;

/// An invented person, whom the snippets and test requests send.
const NAME: &str = "Мария";
const PHONE: &str = "79000000000";

/// Returns the packet that the snippets send.
pub(super) fn sample_packet() -> Value {
    json!({"name": NAME, "phone": PHONE})
}

/// The address of a channel as a sender uses it, with what its guards want.
pub(super) struct Target<'c> {
    /// `https://gate.example/in/shop`
    pub(super) url: String,
    /// Its settings, if it has any.
    pub(super) channel: Option<&'c Channel>,
}

/// Says in words who may send.
pub(super) fn guard_words(visit: &Visit<'_>, channel: Option<&std::sync::Arc<Channel>>) -> Markup {
    let mut guards = Vec::new();
    if let Some(channel) = channel {
        if channel.token.is_some() {
            guards.push(visit.t("token", "ключ"));
        }
        if channel.basic.is_some() {
            guards.push(visit.t("user and password", "логин и пароль"));
        }
        if channel.hmac.is_some() {
            guards.push(visit.t("signature", "подпись"));
        }
        if !channel.addresses.is_empty() {
            guards.push(visit.t("addresses", "адреса"));
        }
    }
    html! {
        @if channel.is_some_and(|channel| channel.lacks_secret()) {
            span.bad { (visit.t("refuses everything: its secret cannot be read",
                                "отклоняет всё: секрет не читается")) }
        } @else if guards.is_empty() {
            span.warn { (visit.t("open: everybody who knows the address", "открыт: любой, кто знает адрес")) }
        } @else {
            span.good { (visit.t("guarded: ", "защищён: ")) (guards.join(" + ")) }
        }
    }
}

/// What stands in a snippet in place of a secret: the variable that has it.
fn placeholder(source: &SecretSource) -> String {
    match source {
        SecretSource::Environment(name) => format!("${name}"),
        SecretSource::File(_) | SecretSource::Kept(_) => "$SECRET".to_owned(),
    }
}

impl Target<'_> {
    /// The address, with the token in it if it belongs there.
    fn url(&self) -> String {
        let token = self.channel.and_then(|channel| channel.token.as_ref());
        match token.map(|token| (&token.carrier, placeholder(&token.secret.source))) {
            Some((Carrier::Query(name), secret)) => format!("{}?{name}={secret}", self.url),
            _ => self.url.clone(),
        }
    }

    /// The headers that the guards want, and the field of the token.
    fn headers(&self) -> Vec<(String, String)> {
        let Some(channel) = self.channel else {
            return Vec::new();
        };
        let mut headers = Vec::new();
        if let Some(token) = &channel.token {
            let secret = placeholder(&token.secret.source);
            match &token.carrier {
                Carrier::Header(name) => headers.push((name.clone(), secret)),
                Carrier::Bearer => {
                    headers.push(("Authorization".to_owned(), format!("Bearer {secret}")));
                }
                Carrier::Query(_) | Carrier::Field(_) => {}
            }
        }
        headers
    }

    fn token_field(&self) -> Option<(String, String)> {
        let token = self.channel?.token.as_ref()?;
        match &token.carrier {
            Carrier::Field(name) => Some((name.clone(), placeholder(&token.secret.source))),
            _ => None,
        }
    }

    fn curl(&self) -> String {
        let mut lines = vec![format!("curl -d name={NAME} -d phone={PHONE}")];
        if let Some((name, secret)) = self.token_field() {
            lines.push(format!("-d \"{name}={secret}\""));
        }
        for (name, value) in self.headers() {
            lines.push(format!("-H \"{name}: {value}\""));
        }
        if let Some(basic) = self.channel.and_then(|channel| channel.basic.as_ref()) {
            let secret = placeholder(&basic.password.source);
            lines.push(format!("-u \"{}:{secret}\"", basic.user));
        }
        if let Some(hmac) = self.channel.and_then(|channel| channel.hmac.as_ref()) {
            lines.push(format!("-H \"{}: {}$SIGN\"", hmac.header, hmac.prefix));
        }
        lines.push(format!("\"{}\"", self.url()));
        lines.join(" \\\n  ")
    }

    fn php(&self) -> String {
        let mut fields = format!("'name' => '{NAME}', 'phone' => '{PHONE}'");
        if let Some((name, secret)) = self.token_field() {
            let secret = secret.trim_start_matches('$').to_owned();
            fields = format!("{fields}, '{name}' => getenv('{secret}')");
        }
        let headers = self.headers().into_iter().map(|(name, value)| {
            let (words, secret) = value.split_once('$').unwrap_or((&value, ""));
            format!("'{name}: {words}' . getenv('{secret}')")
        });
        let headers: Vec<String> = headers.collect();
        let headers = if headers.is_empty() {
            String::new()
        } else {
            format!("\n    CURLOPT_HTTPHEADER => [{}],", headers.join(", "))
        };
        let url = self.url();
        let url = match url.split_once('$') {
            Some((before, name)) => format!("'{before}' . getenv('{name}')"),
            None => format!("'{url}'"),
        };
        format!(
            "$request = curl_init({url});\ncurl_setopt_array($request, [\n    \
             CURLOPT_POSTFIELDS => http_build_query([{fields}]),{headers}\n    \
             CURLOPT_RETURNTRANSFER => true,\n    CURLOPT_TIMEOUT => 10,\n]);\n\
             $answer = json_decode(curl_exec($request), true);\n\
             $stored = ($answer['status'] ?? '') === 'success';"
        )
    }

    fn html(&self) -> String {
        let url = &self.url;
        format!(
            "<form method=\"post\" action=\"{url}\">\n  <input name=\"name\" required>\n  \
             <input name=\"phone\" type=\"tel\" required>\n  <button>OK</button>\n</form>"
        )
    }

    /// Shows the address and all snippets, each with a button that copies it.
    pub(super) fn show(&self, visit: &Visit<'_>) -> Markup {
        let is_secret = self.channel.is_some_and(|channel| {
            channel.token.is_some() || channel.basic.is_some() || channel.hmac.is_some()
        });
        html! {
            (copy(visit, "url", &self.url))
            @if is_secret {
                p.hint { (visit.t("The secret is not shown here; put it in place of the name that begins with $.",
                                  "Секрет здесь не показан; подставьте его вместо имени, которое начинается с $.")) }
            }
            h3 { "curl" } (copy(visit, "curl", &self.curl()))
            h3 { "PHP" } (copy(visit, "php", &self.php()))
            h3 { "HTML" }
            @if is_secret {
                p.hint { (visit.t("A page would show its secret to everybody: send from the site's server instead, or guard the channel by addresses and limits only.",
                                  "Страница показала бы секрет всем: отправляйте с сервера сайта или защитите канал адресами и лимитами.")) }
            } @else { (copy(visit, "html", &self.html())) }
            h3 { (visit.t("Tilda", "Тильда")) }
            p { (visit.t("Site settings → Forms → Webhook: paste the address above. In the settings of the channel choose “Tilda”; the API key of the webhook is the token, a field api_key.",
                         "Настройки сайта → Формы → Webhook: вставьте адрес выше. В настройках канала выберите «Тильда»; API-ключ вебхука — это ключ канала в поле api_key.")) }
        }
    }
}

fn copy(visit: &Visit<'_>, id: &str, text: &str) -> Markup {
    html! {
        div.copy {
            pre id=(id) tabindex="0" { (text) }
            button.second data-copy=(id) data-copied=(visit.t("Copied.", "Скопировано.")) { (visit.t("Copy", "Скопировать")) }
        }
    }
}
