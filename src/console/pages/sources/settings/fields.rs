//! The fields of the form.

/// A field of the form.
pub(super) struct Field {
    /// Its name in the form.
    pub(super) name: &'static str,
    /// Its key in the file.
    pub(super) key: &'static str,
    pub(super) label: (&'static str, &'static str),
    pub(super) shape: Shape,
    /// The heading before it.
    pub(super) heading: Option<(&'static str, &'static str)>,
}

/// How a field is typed.
pub(super) enum Shape {
    /// A line, with an example.
    Text(&'static str),
    /// Several lines.
    Long,
    /// One of these words, with English and Russian names.
    Menu(&'static [(&'static str, &'static str, &'static str)]),
}

const SECRET_IN: Shape = Shape::Menu(&[
    ("env", "environment variable", "переменная окружения"),
    ("file", "file", "файл"),
    ("kept", "kept by the gateway", "хранит шлюз"),
]);

const TOKEN_IN: Shape = Shape::Menu(&[
    ("", "no token", "без ключа"),
    ("header", "header", "заголовок"),
    ("query", "parameter of the address", "параметр адреса"),
    ("field", "field of the form or JSON", "поле формы или JSON"),
    ("bearer", "Authorization: Bearer", "Authorization: Bearer"),
]);

/// The names of variables and files.
const PLACE: (&str, &str) = (
    "Name of the variable or path of the file; empty if the gateway keeps it",
    "Имя переменной или путь к файлу; пусто, если хранит шлюз",
);

const fn field(
    name: &'static str,
    key: &'static str,
    label: (&'static str, &'static str),
    shape: Shape,
) -> Field {
    Field {
        name,
        key,
        label,
        shape,
        heading: None,
    }
}

const fn under(heading: (&'static str, &'static str), field: Field) -> Field {
    Field {
        heading: Some(heading),
        name: field.name,
        key: field.key,
        label: field.label,
        shape: field.shape,
    }
}

/// All fields, in the order of the form.
#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    field("title", "name", ("Name for people", "Название для людей"), Shape::Text("Заказы с сайта")),
    field("preset", "preset", ("Sender", "Отправитель"), Shape::Menu(&[
        ("plain", "any", "любой"),
        ("tilda", "Tilda", "Тильда"),
    ])),
    under(("Token", "Ключ"), field("token_in", "token", ("Where the token comes", "Где приходит ключ"), TOKEN_IN)),
    field("token_name", "token", ("Name of the header, parameter or field", "Имя заголовка, параметра или поля"), Shape::Text("X-Api-Key")),
    field("token_secret_in", "token.secret", ("Where the gateway finds the secret", "Где шлюз берёт секрет"), SECRET_IN),
    field("token_secret", "token.secret", PLACE, Shape::Text("SITE_TOKEN")),
    under(("User and password", "Логин и пароль"), field("basic_user", "basic.user", ("User", "Логин"), Shape::Text("shop"))),
    field("basic_secret_in", "basic.secret", ("Where the gateway finds the password", "Где шлюз берёт пароль"), SECRET_IN),
    field("basic_secret", "basic.secret", PLACE, Shape::Text("SITE_PASSWORD")),
    under(("Signature", "Подпись"), field("hmac_header", "hmac.header", ("Header with the signature", "Заголовок с подписью"), Shape::Text("X-Signature"))),
    field("hmac_algorithm", "hmac.algorithm", ("Hash", "Хеш"), Shape::Menu(&[
        ("sha256", "SHA-256", "SHA-256"),
        ("sha1", "SHA-1", "SHA-1"),
        ("sha512", "SHA-512", "SHA-512"),
    ])),
    field("hmac_encoding", "hmac.encoding", ("Encoding", "Запись"), Shape::Menu(&[
        ("hex", "hexadecimal", "шестнадцатеричная"),
        ("base64", "Base64", "Base64"),
    ])),
    field("hmac_prefix", "hmac.prefix", ("Text before the signature", "Текст перед подписью"), Shape::Text("sha256=")),
    field("hmac_secret_in", "hmac.secret", ("Where the gateway finds the key", "Где шлюз берёт ключ подписи"), SECRET_IN),
    field("hmac_secret", "hmac.secret", PLACE, Shape::Text("SITE_KEY")),
    under(("Who and how often", "Кто и как часто"), field("addresses", "addresses", ("Addresses that may send, with commas; empty: all", "Адреса отправителей через запятую; пусто — любые"), Shape::Text("203.0.113.0/24"))),
    field("cors", "cors", ("Sites whose pages may send from a browser", "Сайты, чьи страницы шлют из браузера"), Shape::Text("https://shop.example")),
    field("rate", "rate", ("Most requests of all senders", "Не чаще, от всех вместе"), Shape::Text("100/m")),
    field("rate_per_address", "rate_per_address", ("Most requests of one address", "Не чаще, с одного адреса"), Shape::Text("30/m")),
    field("once_per", "once_per", ("Equal requests within this time are one", "Одинаковые запросы за это время — один"), Shape::Text("60s")),
    field("body_limit", "body_limit", ("Largest request", "Самый большой запрос"), Shape::Text("2MB")),
    field("files", "files", ("Contents of files", "Содержимое файлов"), Shape::Menu(&[
        ("drop", "only what profiles use", "только то, что берут профили"),
        ("keep", "store", "хранить"),
    ])),
    field("unreadable", "unreadable", ("Requests that cannot be read", "Запросы, которые не читаются"), Shape::Menu(&[
        ("keep", "keep in quarantine", "хранить в карантине"),
        ("drop", "refuse", "отклонять"),
    ])),
    under(("Reply", "Ответ"), field("accepted_status", "reply.accepted.status", ("Status when accepted", "Статус, когда принято"), Shape::Text("200"))),
    field("accepted_type", "reply.accepted.type", ("Its type", "Тип ответа"), Shape::Text("application/json")),
    field("accepted_body", "reply.accepted.body", ("Its body", "Тело ответа"), Shape::Long),
    field("refused_status", "reply.refused.status", ("Status when refused", "Статус, когда отклонено"), Shape::Text("422")),
    field("refused_type", "reply.refused.type", ("Its type", "Тип ответа"), Shape::Text("application/json")),
    field("refused_body", "reply.refused.body", ("Its body", "Тело ответа"), Shape::Long),
    field("time_limit", "reply.time_limit", ("Longest wait for the CRM", "Сколько ждать CRM"), Shape::Text("5s")),
];
