//! Explains each key of `_channels.yaml`, for editors. `*` stands for a channel's name. Keys of
//! `accepted` also apply to `refused`, and every `secret` has the same keys.

use super::key::{Key, key};

/// Every key.
pub(super) const CHANNEL_KEYS: &[Key] = &[
    key(
        "*.name",
        "the name that people see in the journal; in profiles `{{channel_name}}` and `$channel.name`",
        "название, которое видно в журнале; в профилях — `{{channel_name}}` и `$channel.name`",
    ),
    key(
        "*.preset",
        "`tilda`: follows the habits of Tilda's webhooks; default: `plain`",
        "`tilda` — по правилам вебхуков Tilda; по умолчанию `plain`",
    ),
    key(
        "*.methods",
        "accepted methods: GET, POST, PUT, PATCH, DELETE; default: GET and POST",
        "какие методы принимать: GET, POST, PUT, PATCH, DELETE; по умолчанию GET и POST",
    ),
    key(
        "*.addresses",
        "addresses and networks that may send: 203.0.113.7, 203.0.113.0/24; default: everybody",
        "адреса и сети, с которых принимать: 203.0.113.7, 203.0.113.0/24; по умолчанию — любые",
    ),
    key(
        "*.cors",
        "pages that may send from a browser: https://shop.example, or \"*\" for all; default: none",
        "страницы, которые отправляют прямо из браузера: https://shop.example или \"*\" — все; по умолчанию — никакие",
    ),
    key(
        "*.token",
        "a token that every request must have: one of `header`, `query`, `field`, `bearer`, and its `secret`",
        "ключ, который должен быть в каждом запросе: одно из `header`, `query`, `field`, `bearer` и `secret`",
    ),
    key(
        "*.token.header",
        "the header with the token: X-Api-Key",
        "заголовок с ключом: X-Api-Key",
    ),
    key(
        "*.token.query",
        "the query parameter with the token",
        "параметр адреса с ключом",
    ),
    key(
        "*.token.field",
        "the field of the form or JSON with the token; it is removed from the packet",
        "поле формы или JSON с ключом; из пакета оно убирается",
    ),
    key(
        "*.token.bearer",
        "`true`: the header `Authorization: Bearer …`",
        "`true`: заголовок `Authorization: Bearer …`",
    ),
    key(
        "*.token.secret",
        "where the secret is: `{ env: SITE_TOKEN }`, `{ file: /run/secrets/site }` or `{ kept: true }`; never the secret itself",
        "где лежит секрет: `{ env: SITE_TOKEN }`, `{ file: /run/secrets/site }` или `{ kept: true }`; сам секрет сюда не пишут",
    ),
    key(
        "*.token.secret.env",
        "the name of an environment variable",
        "имя переменной окружения",
    ),
    key(
        "*.token.secret.file",
        "a file; a relative path starts in the profiles' folder",
        "файл; относительный путь — от папки профилей",
    ),
    key(
        "*.token.secret.kept",
        "`true`: a key that the gateway has made, on the channel's page of the console or by the API; it is in the data folder",
        "`true`: ключ, который выдал шлюз — на странице канала в консоли или через API; он лежит в папке данных",
    ),
    key(
        "*.basic",
        "a user and a password that every request must have (Basic)",
        "имя и пароль, которые должны быть в каждом запросе (Basic)",
    ),
    key("*.basic.user", "the user", "имя пользователя"),
    key(
        "*.hmac",
        "a signature of the body that every request must have; query parameters beside a body are not signed and are dropped",
        "подпись тела, которая должна быть в каждом запросе; параметры адреса рядом с телом не подписаны и отбрасываются",
    ),
    key(
        "*.hmac.header",
        "the header with the signature: X-Signature",
        "заголовок с подписью: X-Signature",
    ),
    key(
        "*.hmac.algorithm",
        "the hash; default: `sha256`",
        "хеш; по умолчанию `sha256`",
    ),
    key(
        "*.hmac.encoding",
        "the encoding of the signature; default: `hex`",
        "запись подписи; по умолчанию `hex`",
    ),
    key(
        "*.hmac.prefix",
        "the text before the signature: `sha256=`",
        "текст перед подписью: `sha256=`",
    ),
    key(
        "*.hmac.timestamp",
        "a time stamp (Unix time) that is signed together with the body: `header` or `parameter`, `window`, `content`; default: only the body is signed",
        "отметка времени (Unix-время), подписанная вместе с телом: `header` или `parameter`, `window`, `content`; по умолчанию подписано только тело",
    ),
    key(
        "*.hmac.timestamp.header",
        "the header with the time stamp: X-Timestamp",
        "заголовок с отметкой: X-Timestamp",
    ),
    key(
        "*.hmac.timestamp.parameter",
        "its name in the signature's header: `t` for `t=1764190000,v1=…`",
        "её имя в заголовке подписи: `t`, если там `t=1764190000,v1=…`",
    ),
    key(
        "*.hmac.timestamp.window",
        "how far it may be from the gateway's clock: 30s, 5m; default: 5m",
        "насколько она может отличаться от часов шлюза: 30s, 5m; по умолчанию 5m",
    ),
    key(
        "*.hmac.timestamp.content",
        "the signed text; default: \"{timestamp}.{body}\"",
        "подписанный текст; по умолчанию \"{timestamp}.{body}\"",
    ),
    key(
        "*.guard",
        "which guards the channel has: `none`, or a list such as [token, addresses]; needed only to give up a guard that was in force",
        "какая защита у канала: `none` — никакой, или список вроде [token, addresses]; нужно, только чтобы отказаться от действующей защиты",
    ),
    key(
        "*.rate",
        "the rate for all senders together: 10/s, 100/m, 1000/h",
        "сколько принимать от всех вместе: 10/s, 100/m, 1000/h",
    ),
    key(
        "*.rate_per_address",
        "the rate for one address: 30/m",
        "сколько принимать с одного адреса: 30/m",
    ),
    key(
        "*.body_limit",
        "the maximum length of a body, files included: 500KB, 10MB",
        "наибольший размер тела вместе с файлами: 500KB, 10MB",
    ),
    key(
        "*.files",
        "`keep`: store the contents of files with the request; default: `drop`",
        "`keep` — хранить содержимое файлов вместе с заявкой; по умолчанию `drop`",
    ),
    key(
        "*.once_per",
        "an equal request of the same sender within this time is the same submission, if the sender gives no id: 60s; default: each request is one",
        "такой же запрос того же отправителя за это время — та же заявка, если отправитель не даёт номера: 60s; по умолчанию каждый запрос — отдельная заявка",
    ),
    key(
        "*.unreadable",
        "`drop`: do not keep requests that cannot be read; default: `keep`, in quarantine with the reason",
        "`drop` — не хранить запросы, которые не читаются; по умолчанию `keep` — в карантине, с причиной",
    ),
    key(
        "*.each",
        "a path; each value that it finds is a submission of its own: $.orders[*]",
        "путь; каждое найденное значение — отдельная заявка: $.orders[*]",
    ),
    key("*.csv", "how the CSV is written", "как устроен CSV"),
    key(
        "*.csv.separator",
        "what separates the values of a row; default: recognised by the rows",
        "чем разделены значения в строке; по умолчанию — распознаётся по строкам",
    ),
    key(
        "*.reply",
        "the reply to the sender; default: a short JSON",
        "что ответить отправителю; по умолчанию короткий JSON",
    ),
    key(
        "*.reply.time_limit",
        "how long a sender waits for the CRM if the profile says `reply: delivered`: 500ms, 5s",
        "сколько отправитель ждёт CRM, если в профиле `reply: delivered`: 500ms, 5s",
    ),
    key(
        "*.reply.accepted",
        "the reply to accepted requests",
        "ответ на принятые запросы",
    ),
    key(
        "*.reply.refused",
        "the reply to refused requests",
        "ответ на отклонённые запросы",
    ),
    key(
        "*.reply.accepted.status",
        "the status: 200, 201, 303 …; default: leadgate's own",
        "код: 200, 201, 303 …; по умолчанию — от leadgate",
    ),
    key(
        "*.reply.accepted.status_text",
        "the text after the status, in Latin letters: `Taken`; default: the standard text, such as `OK`",
        "текст после кода, латинскими буквами: `Taken`; по умолчанию обычный, например `OK`",
    ),
    key(
        "*.reply.accepted.type",
        "the `Content-Type`; values are escaped as it requires. Default: application/json, for a page text/html",
        "`Content-Type`; значения экранируются под него. По умолчанию application/json, для страницы text/html",
    ),
    key(
        "*.reply.accepted.headers",
        "additional headers: `Location: https://shop.example/thanks`",
        "другие заголовки: `Location: https://shop.example/thanks`",
    ),
    key(
        "*.reply.accepted.body",
        "a template with {{id}}, {{ids}}, {{outcome}}, {{message}} and {{channel}}, or a page: `{ template: thanks.html.hbs }`; default: leadgate's own",
        "шаблон с {{id}}, {{ids}}, {{outcome}}, {{message}} и {{channel}} или страница: `{ template: thanks.html.hbs }`; по умолчанию — от leadgate",
    ),
    key(
        "*.reply.accepted.body.template",
        "a page in the templates folder: thanks.html.hbs",
        "страница из папки шаблонов: thanks.html.hbs",
    ),
];

/// Returns a key by its path.
pub(super) fn of_path(path: &str) -> Option<&'static Key> {
    let exact = |path: &str| CHANNEL_KEYS.iter().find(|key| key.path == path);
    exact(path)
        .or_else(|| exact(&path.replacen(".refused.", ".accepted.", 1)))
        .or_else(|| {
            let (_, secret) = path.split_once(".secret")?;
            exact(&format!("*.token.secret{secret}"))
        })
}
