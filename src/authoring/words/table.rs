//! The one table of what people write in place of the keys and words of profiles: in Russian, as
//! other programs call it, or as they remember it. A row is a word of profiles and what means it,
//! with `|` between; if a place knows several words, the first row counts.

/// Keys.
pub(super) const KEYS: &[(&str, &str)] = &[
    // a secret is never taken for a key whose value may be shown
    ("secret", "секрет|ключ|пароль|password|pass|key|api_key|код"),
    ("name", "имя|название профиля|наименование|title"),
    ("title", "название|заголовок|тема|name|имя|caption|subject"),
    (
        "receive",
        "прием|приём|принимать|источник|source|sources|input|вход|получать",
    ),
    (
        "polls",
        "опрос|опросы|poll_id|poll_ids|номер опроса|id опроса|survey|surveys|anketa|анкета",
    ),
    ("channel", "канал|каналы|channels|kanaly"),
    ("amocrm", "амо|amo|амосрм|амо crm"),
    (
        "pbx",
        "атс|ats|телефония|telephony|звонки|звонок|calls|call|телефонная станция",
    ),
    (
        "identity",
        "dedup|dedupe|id|ключ|unique|unique_key|idempotency_key|уникальный ключ|идентификатор|номер|unique_id|external_id|uid",
    ),
    (
        "crm",
        "подключение|портал|portal|битрикс|bitrix|bitrix24|битрикс24|connection",
    ),
    (
        "active",
        "enabled|enable|is_active|включен|включён|включено|активен|активно|работает",
    ),
    ("base", "основа|база|extends|extend|parent|inherit|include"),
    ("country", "страна|код страны|region"),
    (
        "fields",
        "поля|поле|field|переменные|variables|vars|данные|data|values|значения|columns|колонки|столбцы",
    ),
    (
        "contact",
        "контакт|контакты|клиент|клиенты|contacts|client|customer|человек|person",
    ),
    (
        "company",
        "компания|компании|организация|фирма|companies|organization|organisation",
    ),
    ("deal", "сделка|сделки|deals|продажа|opportunity"),
    ("lead", "лид|лиды|leads"),
    (
        "item",
        "элемент|элементы|смарт-процесс|смарт процесс|смартпроцесс|smart_process|spa|items",
    ),
    (
        "newest",
        "only_newest|latest|only_latest|новейшее|последнее",
    ),
    (
        "comment",
        "timeline|таймлайн|комментарий|комментарии|коммент|comments|примечание|заметка|note|notes",
    ),
    (
        "todo",
        "дело|дела|задача|задачи|task|tasks|todos|activity|напоминание|reminder",
    ),
    (
        "then",
        "steps|actions|шаги|шаг|действия|потом|затем|далее|after|next|дальше|после",
    ),
    ("reply", "ответ|ответы|response|answer|ответить"),
    (
        "in_turn",
        "по очереди|очередь|round_robin|roundrobin|rr|random|случайно|rotate|rotation|queue|по кругу|turn|turns|by_turn|one_by_one|list|список|employees|сотрудники|менеджеры|users|distribute|распределение",
    ),
    (
        "from",
        "из|откуда|путь|path|jsonpath|json_path|source|взять|брать|берется|otkuda",
    ),
    (
        "type",
        "вид|тип|kind|entitytypeid|entity_type_id|type_id|typeid|process|процесс",
    ),
    (
        "as",
        "как|вид|тип|type|format|формат|normalize|normalise|normalizer|kind|datatype|тип данных|формат данных|cast|filter|фильтр",
    ),
    (
        "value",
        "значение|template|шаблон|from|текст|text|val|что|data",
    ),
    ("use", "template|шаблон|что|kind|mode|вид"),
    (
        "search",
        "поиск|искать|искать по|find|key|unique|уникальное|уникальный|dedup|lookup|match|поиск дублей",
    ),
    (
        "when",
        "когда|если|условие|условия|if|condition|conditions|only_if|where|при|при условии",
    ),
    (
        "default",
        "умолчание|по умолчанию|значение по умолчанию|else|otherwise|fallback|иначе|или|or|остальное|остальные|прочее|другое|default_value|if_empty|если пусто|def|po_umolchaniyu",
    ),
    (
        "missing",
        "required|обязательно|обязательное|обязателен|if_missing|on_missing|mandatory|если нет|нет значения|отсутствует|отсутствие|пустое|empty|nullable|optional",
    ),
    (
        "unknown",
        "неизвестное|неизвестные|неизвестно|если неизвестно|if_unknown|on_unknown|not_found|не найдено|неизвестный",
    ),
    (
        "separator",
        "разделитель|sep|delimiter|delim|glue|divider|join_with|through|через",
    ),
    (
        "order",
        "порядок|порядок слов|priority|приоритет|очередность|sort|сортировка",
    ),
    (
        "zone",
        "часовой пояс|пояс|зона|timezone|tz|time_zone|таймзона",
    ),
    ("part", "часть|кусок|component|piece"),
    (
        "map",
        "карта|соответствие|соответствия|mapping|замены|замена|replace|словарь|dictionary|values|варианты|rows|строки|cases|switch|таблица|enum|translate|перевод",
    ),
    ("table", "таблица|справочник|csv|файл|file|lookup|dict"),
    (
        "by",
        "по|по полю|от|depends_on|field|поле|switch|key|зависит от|based_on",
    ),
    (
        "match",
        "совпадение|совпадения|сравнивать|искать по|match_by|matching|search|find_by|find|поиск|dedup|duplicates|дубли",
    ),
    (
        "several",
        "несколько|много|multiple|many|если несколько|duplicates|дубли",
    ),
    (
        "conflict",
        "конфликт|конфликты|on_duplicate|on_conflict|спор|противоречие|conflicts",
    ),
    (
        "without_key",
        "без ключа|нет ключа|no_key|without_keys|if_no_key|without_phone|без телефона|без контактов",
    ),
    (
        "update",
        "обновлять|обновить|обновление|overwrite|перезаписывать|update_fields|изменять|upsert",
    ),
    (
        "update_fields",
        "update|обновлять поля|обновить поля|overwrite|перезаписывать|обновление полей",
    ),
    (
        "found",
        "duplicate|duplicates|дубль|дубли|if_exists|exists|if_found|on_found|найдено|найден|найдена|если найдено|если есть|обновлять|on_duplicate|повтор|existing",
    ),
    (
        "closed",
        "закрыто|закрыта|закрытая|закрытые|если закрыта|if_closed|on_closed|завершена|завершено|завершенные",
    ),
    (
        "among",
        "среди|among_stages|in_stages|среди стадий|искать среди|искать в стадиях",
    ),
    (
        "stage",
        "стадия|этап|статус|status|stage_id|status_id|step|шаг воронки|колонка",
    ),
    (
        "change_stage",
        "менять стадию|сменить стадию|двигать|move|move_stage|move_to_stage|update_stage|переводить|менять этап|set_stage",
    ),
    (
        "responsible",
        "ответственный|ответственные|менеджер|менеджеры|сотрудник|assigned|assigned_by|assigned_by_id|assignee|manager|owner|employee|user|кому|responsible_id|responsible_user_id|otvetstvenny",
    ),
    (
        "products",
        "товары|товар|product|goods|items|позиции|корзина|cart|basket|lines",
    ),
    (
        "on_update",
        "при обновлении|обновление|update|mode|режим|update_mode|onupdate|if_exists|при повторе|при изменении|overwrite|strategy",
    ),
    ("extension", "добавочный|доб|ext|внутренний"),
    ("together", "вместе|группа|group|группой"),
    (
        "each",
        "каждый|каждая|каждое|для каждого|split|for_each|foreach|items|list|список|rows|строки|цикл|loop",
    ),
    ("price", "цена|cost|стоимость|сумма|amount"),
    (
        "quantity",
        "qty|count|количество|кол-во|колво|число|штук|amount",
    ),
    (
        "product_id",
        "id|sku|артикул|article|товар|product|код товара",
    ),
    ("discount_rate", "discount|скидка|процент скидки"),
    ("tax_rate", "ндс|налог|tax|vat|nds"),
    (
        "text",
        "текст|body|message|сообщение|описание|description|content|содержание",
    ),
    (
        "after",
        "срок|через|deadline|delay|задержка|когда|due|in|время|дедлайн",
    ),
    ("on", "при|событие|событии|event|events|trigger|когда"),
    ("http", "запрос|request|webhook|вебхук|хук|api|url"),
    ("mail", "письмо|letter|email|e-mail|почта|имейл"),
    (
        "to",
        "кому|получатель|получатели|recipient|recipients|адресат|адресаты|address|send_to",
    ),
    (
        "reply_to",
        "обратный адрес|ответить на|ответ на|replyto|reply-to",
    ),
    ("subject", "тема|заголовок|title|тема письма"),
    ("html", "верстка|разметка"),
    ("template", "шаблон|tpl|view"),
    (
        "files",
        "файлы|файл|вложения|вложение|attach|attachment|attachments|file|приложения|документы",
    ),
    (
        "success",
        "успех|успешно|ok|ожидать|expect|expected|success_if",
    ),
    (
        "save",
        "сохранить|сохранять|запомнить|store|output|remember|keep|result|записать",
    ),
    (
        "if_it_fails",
        "on_error|on_failure|on_fail|if_fails|if_error|при ошибке|если ошибка|ошибка|on_failed|catch|если не вышло|если не удалось",
    ),
    ("method", "метод|verb|http_method"),
    ("path", "путь|url|uri|endpoint|адрес"),
    ("json", "данные|data|payload|body|тело"),
    ("query", "параметры|params|parameters|get|запрос"),
    ("headers", "заголовки|header|заголовок|http_headers"),
    ("header", "заголовок|headers|http_header"),
    ("form", "форма|formdata|form_data|urlencoded"),
    (
        "preset",
        "шаблон|пресет|вид|тип|type|kind|preset_name|сервис|provider",
    ),
    ("methods", "метод|методы|method|verbs"),
    (
        "addresses",
        "ip|ips|whitelist|white_list|allow|allowlist|адреса|адрес|ip адреса|address|allowed_ips|networks|белый список|разрешенные ip",
    ),
    (
        "cors",
        "origin|origins|domains|domain|домены|домен|сайты|сайт|site|sites|allow_origin",
    ),
    ("token", "токен|api_token|tokens|access_token"),
    (
        "basic",
        "логин и пароль|basic_auth|http_auth|auth|авторизация",
    ),
    ("hmac", "подпись|signature|sign|signed"),
    (
        "rate_per_address",
        "rate_per_ip|rate_ip|ip_rate|rate_by_ip|rate_per_client|rate_per_sender|per_ip|лимит на ip|лимит на адрес|rate_per_host|address_rate|rate_address",
    ),
    (
        "rate",
        "rate_limit|ratelimit|limit|лимит|частота|скорость|throttle|limits|requests|ограничение|rate_per_channel|rps|rpm",
    ),
    (
        "body_limit",
        "размер|max_size|size|limit|max_body|лимит тела|максимальный размер|body_size|size_limit|max_body_size|maxsize|макс размер",
    ),
    (
        "once_per",
        "дубли|повтор|dedup|debounce|раз в|не чаще|unique_for|dedupe|throttle|одна заявка в|cooldown|duplicate_window",
    ),
    (
        "unreadable",
        "нечитаемое|нечитаемые|broken|invalid|malformed|битые",
    ),
    ("csv", "таблица|excel|цсв"),
    (
        "time_limit",
        "timeout|таймаут|время|лимит времени|срок|max_time|wait",
    ),
    (
        "accepted",
        "success|ok|успех|принято|успешно|done|good|thanks|спасибо",
    ),
    (
        "refused",
        "rejected|error|fail|failure|ошибка|отказ|отклонено|не принято|failed|bad|denied|errors",
    ),
    ("status", "статус|code|код|http_code|status_code|код ответа"),
    (
        "body",
        "тело|text|текст|html|json|content|message|сообщение",
    ),
    ("user", "логин|пользователь|login|username|имя пользователя"),
    ("bearer", "authorization|носитель"),
    ("algorithm", "алгоритм|hash|algo|digest|хеш"),
    ("encoding", "кодировка|charset|format|формат"),
    ("prefix", "префикс|приставка|начало"),
    ("window", "окно|max_age|ttl|срок|age"),
    (
        "env",
        "переменная|environment|variable|переменная окружения|var",
    ),
    ("file", "файл|path|путь|filename"),
    ("kept", "хранится|keep|stored|own|generated"),
];

/// CRM fields.
pub(super) const FIELDS: &[(&str, &str)] = &[
    (
        "TITLE",
        "название|заголовок|тема|title|name|название компании",
    ),
    ("NAME", "имя|first_name|firstname|фио"),
    ("LAST_NAME", "фамилия|lastname|surname"),
    ("SECOND_NAME", "отчество|middlename|patronymic"),
    (
        "PHONE",
        "телефон|телефоны|номер телефона|tel|telephone|mobile|мобильный|моб",
    ),
    (
        "EMAIL",
        "почта|электронная почта|e-mail|mail|имейл|емейл|email",
    ),
    ("WEB", "сайт|site|website|url|адрес сайта"),
    (
        "IM",
        "мессенджер|messenger|telegram|телеграм|whatsapp|вотсап|ватсап|вк|vk|viber|вайбер",
    ),
    (
        "OPPORTUNITY",
        "сумма|sum|amount|price|цена|стоимость|итого|total|бюджет|budget",
    ),
    ("CURRENCY_ID", "валюта|currency"),
    ("SOURCE_ID", "источник|source"),
    (
        "SOURCE_DESCRIPTION",
        "описание источника|подробности источника",
    ),
    ("TYPE_ID", "тип|вид|type"),
    ("STAGE_ID", "стадия|этап"),
    ("COMPANY_TITLE", "компания|организация|company"),
    ("POST", "должность|position"),
    ("ADDRESS_CITY", "город|city"),
    ("ADDRESS_COUNTRY", "страна|country"),
    ("ADDRESS_REGION", "область|регион|край"),
    ("ADDRESS_POSTAL_CODE", "индекс|почтовый индекс|zip"),
    ("ADDRESS", "адрес|улица|address"),
    ("BIRTHDATE", "дата рождения|день рождения|др|birthday"),
    (
        "COMMENTS",
        "комментарий|комментарии|коммент|текст|примечание|сообщение|вопрос|comment",
    ),
    ("HONORIFIC", "обращение|пол"),
    ("RQ_INN", "инн|inn"),
    ("RQ_KPP", "кпп|kpp"),
    ("RQ_OGRN", "огрн|ogrn"),
    ("BEGINDATE", "дата начала|начало"),
    ("CLOSEDATE", "дата завершения|дата закрытия|срок|окончание"),
    (
        "ADDITIONAL_INFO",
        "дополнительно|доп информация|дополнительная информация",
    ),
];

/// Names that authors give to fields for the same thing.
pub(super) const SAME: &[&str] = &[
    "sum|summa|сумма|итого|amount|total|price|cost|стоимость|цена|budget|бюджет|money",
    "phone|телефон|telephone|tel|mobile|мобильный|номер телефона|phone_number",
    "email|почта|mail|e-mail|емейл|имейл|pochta",
    "fio|фио|name|имя|full_name|fullname|client_name|имя клиента|firstname|first_name|client",
    "lastname|last_name|surname|фамилия|familiya",
    "city|город|gorod|town",
    "topic|тема|subject|theme|tema",
    "topics|темы|subjects|themes",
    "question|вопрос|vopros",
    "message|сообщение|text|текст|comment|комментарий",
    "day|date|дата|день",
    "order|order_id|заказ|номер заказа|order_number|number|номер",
    "company|компания|организация|organization|org",
    "agree|consent|согласие|agreement",
    "people|count|количество|кол-во|quantity",
];
