//! What each key of `_channels.yaml` means, for editors. `*` is a channel's name; what is said of `accepted`
//! holds for `refused`, and every `secret` is alike.

use super::keys::{Key, key};

/// Every key.
pub(super) const CHANNEL_KEYS: &[Key] = &[
    key(
        "*.name",
        "the name that people see; left out: made of the address",
        "название для людей; не указано — из адреса",
    ),
    key(
        "*.preset",
        "`tilda`: the habits of Tilda's webhooks; left out: `plain`",
        "`tilda` — привычки вебхуков Tilda; не указано — `plain`",
    ),
    key(
        "*.methods",
        "the methods that are taken: GET, POST, PUT, PATCH, DELETE; left out: GET and POST",
        "какие методы принимаются: GET, POST, PUT, PATCH, DELETE; не указано — GET и POST",
    ),
    key(
        "*.addresses",
        "addresses and networks that may send: 203.0.113.7, 203.0.113.0/24; left out: everybody",
        "адреса и сети, с которых принимается: 203.0.113.7, 203.0.113.0/24; не указано — отовсюду",
    ),
    key(
        "*.cors",
        "pages that may send from a browser: https://shop.example, or \"*\" for all; left out: none",
        "страницы, которые шлют прямо из браузера: https://shop.example или \"*\" — все; не указано — никакие",
    ),
    key(
        "*.token",
        "a token that every request must bear: one of `header`, `query`, `field`, `bearer`, and its `secret`",
        "ключ, который должен быть в каждом запросе: одно из `header`, `query`, `field`, `bearer` и `secret`",
    ),
    key(
        "*.token.header",
        "the header that bears it: X-Api-Key",
        "заголовок с ключом: X-Api-Key",
    ),
    key(
        "*.token.query",
        "the parameter of the address that bears it",
        "параметр адреса с ключом",
    ),
    key(
        "*.token.field",
        "the field of the form or the JSON that bears it; it is taken out of the packet",
        "поле формы или JSON с ключом; из пакета оно убирается",
    ),
    key(
        "*.token.bearer",
        "`true`: the header `Authorization: Bearer …`",
        "`true`: заголовок `Authorization: Bearer …`",
    ),
    key(
        "*.token.secret",
        "where the secret is: `{ env: SITE_TOKEN }` or `{ file: /run/secrets/site }`; the secret itself never stands here",
        "где лежит секрет: `{ env: SITE_TOKEN }` или `{ file: /run/secrets/site }`; самого секрета здесь не бывает",
    ),
    key(
        "*.token.secret.env",
        "the name of an environment variable",
        "имя переменной окружения",
    ),
    key(
        "*.token.secret.file",
        "a file; a relative path begins in the profiles' folder",
        "файл; относительный путь — от папки профилей",
    ),
    key(
        "*.basic",
        "a user and a password that every request must bear (Basic)",
        "имя и пароль, которые должны быть в каждом запросе (Basic)",
    ),
    key("*.basic.user", "the user", "имя пользователя"),
    key(
        "*.hmac",
        "a signature of the body that every request must bear; parameters of the address beside a body are not signed and are dropped",
        "подпись тела, которая должна быть в каждом запросе; параметры адреса рядом с телом не подписаны и отбрасываются",
    ),
    key(
        "*.hmac.header",
        "the header that bears it: X-Signature",
        "заголовок с подписью: X-Signature",
    ),
    key(
        "*.hmac.algorithm",
        "the hash; left out: `sha256`",
        "хеш; не указано — `sha256`",
    ),
    key(
        "*.hmac.encoding",
        "the letters of the signature; left out: `hex`",
        "запись подписи; не указано — `hex`",
    ),
    key(
        "*.hmac.prefix",
        "what stands in front of it: `sha256=`",
        "что стоит перед ней: `sha256=`",
    ),
    key(
        "*.hmac.timestamp",
        "a time stamp (Unix time) that is signed with the body: `header` or `parameter`, `window`, `content`; left out: the body alone is signed",
        "отметка времени (Unix-время), подписанная вместе с телом: `header` или `parameter`, `window`, `content`; не указано — подписано одно тело",
    ),
    key(
        "*.hmac.timestamp.header",
        "the header that bears it: X-Timestamp",
        "заголовок с отметкой: X-Timestamp",
    ),
    key(
        "*.hmac.timestamp.parameter",
        "its name in the signature's header: `t` for `t=1764190000,v1=…`",
        "её имя в заголовке подписи: `t`, если там `t=1764190000,v1=…`",
    ),
    key(
        "*.hmac.timestamp.window",
        "how old or how far ahead it may be: 30s, 5m; left out: 5m",
        "насколько она может отставать или спешить: 30s, 5m; не указано — 5m",
    ),
    key(
        "*.hmac.timestamp.content",
        "the signed text; left out: \"{timestamp}.{body}\"",
        "подписанный текст; не указано — \"{timestamp}.{body}\"",
    ),
    key(
        "*.guard",
        "which guards are meant: `none`, or a list such as [token, addresses]; needed only to do without a guard that was in force",
        "какая защита задумана: `none` — никакой, или список вроде [token, addresses]; нужно, только чтобы отказаться от действующей защиты",
    ),
    key(
        "*.rate",
        "how much all senders together may send: 10/s, 100/m, 1000/h",
        "сколько можно присылать всем вместе: 10/s, 100/m, 1000/h",
    ),
    key(
        "*.rate_per_address",
        "how much one address may send: 30/m",
        "сколько можно присылать с одного адреса: 30/m",
    ),
    key(
        "*.body_limit",
        "the longest body, files included: 500KB, 10MB",
        "самое длинное тело вместе с файлами: 500KB, 10MB",
    ),
    key(
        "*.files",
        "`keep`: the contents of files stay with the request; left out: `drop`",
        "`keep` — содержимое файлов хранится с заявкой; не указано — `drop`",
    ),
    key(
        "*.each",
        "a path; each value that it finds is a submission of its own: $.orders[*]",
        "путь; каждое найденное значение — отдельная заявка: $.orders[*]",
    ),
    key(
        "*.reply",
        "what the sender is answered; left out: a short JSON",
        "что ответить отправителю; не указано — короткий JSON",
    ),
    key(
        "*.reply.time_limit",
        "how long a sender waits for the CRM where the profile says `reply: delivered`: 500ms, 5s",
        "сколько отправитель ждёт CRM, если в профиле `reply: delivered`: 500ms, 5s",
    ),
    key(
        "*.reply.accepted",
        "the answer to what was taken in",
        "ответ на принятое",
    ),
    key(
        "*.reply.refused",
        "the answer to what was refused",
        "ответ на отклонённое",
    ),
    key(
        "*.reply.accepted.status",
        "the status: 200, 201, 303 …; left out: ours",
        "статус: 200, 201, 303 …; не указано — наш",
    ),
    key(
        "*.reply.accepted.status_text",
        "the words behind the status, Latin letters: `Taken`; left out: the standard ones, such as `OK`",
        "слова после статуса, латинскими буквами: `Taken`; не указано — обычные, например `OK`",
    ),
    key(
        "*.reply.accepted.type",
        "the `Content-Type`; values are escaped as it needs. Left out: application/json, of a page text/html",
        "`Content-Type`; значения экранируются под него. Не указано — application/json, у страницы text/html",
    ),
    key(
        "*.reply.accepted.headers",
        "further headers: `Location: https://shop.example/thanks`",
        "другие заголовки: `Location: https://shop.example/thanks`",
    ),
    key(
        "*.reply.accepted.body",
        "a template that knows {{id}}, {{ids}}, {{outcome}}, {{message}} and {{channel}}, or a page: `{ template: thanks.html.hbs }`; left out: ours",
        "шаблон с {{id}}, {{ids}}, {{outcome}}, {{message}} и {{channel}} или страница: `{ template: thanks.html.hbs }`; не указано — наше",
    ),
    key(
        "*.reply.accepted.body.template",
        "a page of the templates folder: thanks.html.hbs",
        "страница из папки шаблонов: thanks.html.hbs",
    ),
];

/// The meaning of a key by its path.
pub(super) fn of_path(path: &str) -> Option<&'static Key> {
    let exact = |path: &str| CHANNEL_KEYS.iter().find(|key| key.path == path);
    exact(path)
        .or_else(|| exact(&path.replacen(".refused.", ".accepted.", 1)))
        .or_else(|| {
            let (_, secret) = path.split_once(".secret")?;
            exact(&format!("*.token.secret{secret}"))
        })
}
