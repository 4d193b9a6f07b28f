//! What people write in place of the words that are values.

/// Values that are words.
pub(super) const VALUES: &[(&str, &str)] = &[
    // separators of CSV
    (";", "точка с запятой|semicolon|semi-colon"),
    (",", "запятая|comma"),
    ("tab", "табуляция|таб|табулятор|tabulator"),
    ("|", "черта|вертикальная черта|pipe|bar"),
    (":", "двоеточие|colon"),
    // `as`
    (
        "label",
        "список|list|enum|enumeration|select|dropdown|метка|название|название из списка|значение списка|элемент списка|перечисление|справочник",
    ),
    (
        "phone",
        "телефон|номер телефона|тел|tel|telephone|mobile|мобильный|сотовый|msisdn|phone_number|номер",
    ),
    (
        "email",
        "почта|электронная почта|e-mail|mail|имейл|емейл|емайл|мейл|мыло|эл почта|e mail|адрес почты",
    ),
    (
        "name",
        "фио|имя|fio|full_name|person|человек|имя и фамилия|имя фамилия",
    ),
    (
        "money",
        "деньги|сумма|sum|amount|price|currency|цена|стоимость|рубли|рубль|руб|float|decimal|double|number|numeric|дробное|число с копейками|валюта|бюджет|rub|usd",
    ),
    (
        "integer",
        "целое|целое число|число|int|count|количество|number|num|numeric|digit|digits|цифра|цифры|кол-во",
    ),
    (
        "datetime",
        "время|дата и время|дата/время|дата-время|дата время|timestamp|time|iso|datetime-local|момент",
    ),
    ("date", "дата|день|day|дата рождения|birthday|число месяца"),
    (
        "bool",
        "boolean|checkbox|check|flag|флаг|флажок|галочка|галка|чекбокс|да/нет|да нет|да или нет|yes/no|y/n|true/false|логическое|логический|булево|bit|согласие|switch|toggle|tinyint",
    ),
    (
        "join",
        "список|list|array|массив|через запятую|объединить|склеить|соединить|concat|implode|merge|multiselect|checkboxes|несколько|несколько значений|все значения|multiple|список через запятую",
    ),
    (
        "first",
        "первый|первое|первая|первое значение|один|одно|one|single|first_value|единственное",
    ),
    (
        "split",
        "разделить|разбить|разрезать|explode|по разделителю|список из текста",
    ),
    (
        "url",
        "ссылка|link|href|uri|сайт|site|website|адрес сайта|адрес страницы|страница|www|веб-адрес|utm",
    ),
    (
        "lookup",
        "справочник|таблица|table|vlookup|впр|словарь|dictionary|dict|csv|из таблицы|map|подстановка",
    ),
    (
        "clean",
        "очистить|чистый|чистый текст|strip|trim|html|без html|без тегов|sanitize|plain_text|убрать теги|striptags",
    ),
    (
        "file",
        "файл|файлы|files|вложение|вложения|attachment|photo|фото|image|картинка|изображение|document|документ|upload|pdf|резюме|скан|base64",
    ),
    (
        "text",
        "текст|строка|string|str|txt|varchar|char|textarea|как есть|raw|any|строчка|многострочный",
    ),
    // what happens with values
    (
        "drop",
        "удалить|удалять|отбросить|отбрасывать|нет|no|false|remove|delete|ignore|skip|не принимать|не сохранять|не хранить|none|off|discard|выкл|игнорировать|пропустить",
    ),
    (
        "skip",
        "пропустить|пропускать|ignore|игнорировать|omit|drop|не писать|не записывать|не заполнять|no|нет|false|none|never|никогда|убрать|удалить|nothing|ничего|оставить пустым|remove|next|continue",
    ),
    (
        "empty",
        "пусто|пустое|пустой|пустая|пустая строка|очистить|очищать|стереть|blank|null|clear|erase|empty_string|обнулить|nil",
    ),
    (
        "reject",
        "отклонить|отклонять|отказать|отказ|отвергнуть|ошибка|error|fail|refuse|deny|decline|required|обязательно|обязательное|true|да|yes|не принимать|вернуть ошибку|запретить|abort|block|400|422|throw|raise|mandatory",
    ),
    ("fail", "ошибка|error|reject|отказ|park|stop|неудача|сбой"),
    (
        "park",
        "отложить|отложи|откладывать|спросить|спрашивать|спроси|ask|ask_operator|вручную|ручной разбор|на разбор|разобрать|оператору|оператор|manual|manually|hold|wait|pause|пауза|ждать|остановить|остановиться|quarantine|карантин|review|проверить|на проверку|стоп|stop|abort|fail|error|retry|повторить|postpone|suspend|defer|решить вручную|прервать|отмена",
    ),
    (
        "default",
        "по умолчанию|умолчание|подставить|значение по умолчанию|стандартное|dflt|def|fallback|else|otherwise|иначе|другое|другой|прочее|остальное|other|заменить|replace|подставить по умолчанию",
    ),
    (
        "append",
        "дополнить|дополнять|дописать|дописывать|допиши|добавить|добавлять|add|прибавить|присоединить|concat|merge|plus|+|push|attach|в конец|join|append_text|накапливать|accumulate",
    ),
    (
        "fill",
        "заполнить|заполнять|если пусто|только если пусто|если пустое|если поле пустое|только пустое|только пустые|пустое|empty|if_empty|fill_empty|only_if_empty|when_empty|только если пустое|дозаполнить|blank|once|один раз|if_blank|fill_if_empty|first|missing",
    ),
    (
        "overwrite",
        "перезаписать|перезаписывать|обновить|обновлять|заменить|заменять|замена|replace|rewrite|update|set|always|всегда|true|да|yes|force|новое|новый|new|last|write|изменить|менять|override",
    ),
    (
        "last_first",
        "фамилия имя|фамилия имя отчество|фамилия|сначала фамилия|фамилия вперед|last_name_first|surname_first|surname|last|фио|fio|фамилия первая|familiya_imya|last_name|lastname_firstname|lfm",
    ),
    (
        "first_last",
        "имя фамилия|имя отчество фамилия|имя|сначала имя|имя вперед|first_name_first|name_surname|western|first|name|имя первое|imya_familiya|first_name|firstname_lastname|fml",
    ),
    (
        "order",
        "порядок|по порядку|приоритет|priority|по приоритету|по очереди|очередность",
    ),
    (
        "merge",
        "объединить|объединять|слить|сливать|слияние|склеить|join|combine|union|объединение",
    ),
    (
        "oldest",
        "старый|старейший|старшая|старший|самый старый|первый|первая|первое|первого|первым|first|earliest|min|ранний|самый ранний|любой|любая|any|one|один|одного|old|older|asc|created_first|с меньшим id",
    ),
    (
        "newest",
        "новый|новая|новейший|самый новый|последний|последняя|последнее|последнего|последним|last|latest|recent|most_recent|new|newer|max|свежий|самый свежий|младший|поздний|desc|с большим id",
    ),
    (
        "all",
        "все|всё|всех|каждый|каждая|каждого|each|every|and|и|both|оба|обе|все поля|всех сразу|&&|&",
    ),
    (
        "any",
        "любой|любое|любая|любого|any_of|или|or|один из|одно из|хоть один|хотя бы один|хотя бы одно|either|one|one_of|some",
    ),
    (
        "skip_contact",
        "пропустить|skip|ignore|игнорировать|не создавать|без контакта|no|none|нет|false|never|никогда|drop|no_contact|пропустить контакт|nothing|ничего|не надо|only_deal",
    ),
    (
        "always_create",
        "создать|создавать|создание|создай|create|new|новый|новая|новое|новую|всегда|always|всегда создавать|всегда новая|add|добавить|insert|каждый раз|duplicate|дубль|не искать|create_new|создать новую|создавать новую|another",
    ),
    (
        "both",
        "оба|обе|всегда|always|любое|любой|any|all|все|всё|и то и другое|создание и обновление|create_and_update|create and update|каждый раз|each|every|в обоих случаях|upsert|да|true|yes",
    ),
    (
        "update",
        "обновить|обновлять|обновление|обновлении|при обновлении|обнови|изменить|изменение|изменять|перезаписать|дополнить|дополнять|дописать|edit|change|modify|updated|on_update|merge|reopen|open|открыть|открыть заново|переоткрыть|возобновить|вернуть в работу|true|да|yes|overwrite|использовать|использовать найденную|use|upsert|update_or_create|create_or_update|existing|существующую|повтор|повтором|found",
    ),
    (
        "ignore",
        "игнорировать|игнор|пропустить|пропускать|skip|не трогать|ничего|ничего не делать|nothing|do_nothing|none|нет|no|false|keep|оставить|не создавать|не обновлять|drop|не менять|leave|never|никогда",
    ),
    (
        "create",
        "создать|создавать|создание|создании|при создании|создай|новый|новая|новое|новую|новые|new|add|добавить|insert|created|on_create|create_new|создать новую|yes|true|да|первый раз|only_create|только при создании|только новые",
    ),
    (
        "keep",
        "оставить|оставлять|оставь|оставить как есть|как есть|сохранить|сохранять|сохрани|хранить|не менять|не трогать|не перезаписывать|не обновлять|без изменений|preserve|leave|as_is|asis|original|unchanged|never|никогда|нет|no|false|ignore|игнорировать|skip|пропустить|store|save|принимать|accept|on|вкл|да|yes|true|read_only|readonly|старое|прежнее|исходное|none|off",
    ),
    (
        "continue",
        "продолжить|продолжать|дальше|идти дальше|skip|пропустить|ignore|игнорировать|next|go_on|goon|proceed|нет|no|false|ничего|warn|log|none|не страшно|nothing|keep",
    ),
    (
        "accepted",
        "принято|принята|принять|сразу|immediately|immediate|instantly|now|ok|ок|200|received|async|асинхронно|получено|да|yes|true|не ждать|accept|fast|быстро",
    ),
    (
        "delivered",
        "после доставки|доставлено|доставлена|доставка|done|finished|готово|wait|ждать|дождаться|sync|синхронно|created|crm|after_crm|после crm|в crm|после записи|создано|записано|processed|обработано|deliver|complete|completed",
    ),
    (
        "answers",
        "ответы|ответ|вопросы и ответы|вопрос-ответ|вопросы|answer|qa|questions|поля|fields|кратко|form|форма|анкета|short|otvety|readable",
    ),
    (
        "full",
        "всё|все|полный|полностью|полная|целиком|весь пакет|весь|пакет|raw|all|everything|json|packet|подробно|да|yes|true|verbose|payload|complete",
    ),
    (
        "contact_owner",
        "владелец|владелец контакта|owner|ответственный контакта|ответственный за контакт|ответственный по контакту|как у контакта|из контакта|contact|контакт|менеджер контакта|contact_responsible|contact.owner|contact_manager|contact.responsible|тот же|same",
    ),
    (
        "call_employee",
        "сотрудник звонка|кто ответил|ответивший|call.employee|call_owner|call_user|answered_by|operator|оператор|employee",
    ),
    ("contact", "контакт|клиент|client|customer|person"),
    ("company", "компания|организация|фирма|organization"),
    ("deal", "сделка|сделку|opportunity|продажа"),
    ("lead", "лид|заявка"),
    (
        "item",
        "элемент|смарт-процесс|смарт процесс|spa|smart_process",
    ),
    ("email", "mail"),
    // requests
    (
        "POST",
        "отправить|отправка|послать|send|create|создать|пост|add",
    ),
    (
        "GET",
        "получить|получать|прочитать|read|fetch|гет|get запрос|load",
    ),
    ("PUT", "заменить|replace|пут|положить|upload"),
    ("PATCH", "изменить|обновить|update|патч|modify"),
    ("DELETE", "удалить|удаление|remove|del|делит"),
    ("HEAD", "заголовки|хед"),
    ("tilda", "тильда|тилда|tilda.cc|тильды|tilda forms"),
    (
        "plain",
        "обычный|обычная|обычное|простой|простая|форма|обычная форма|form|none|нет|html|default|стандартный|стандарт|json|custom|generic|simple|any|wordpress|site|сайт|no|bitrix|свой|другой|other",
    ),
    (
        "sha256",
        "sha-256|sha2|sha 256|hmac-sha256|hmacsha256|hs256",
    ),
    ("sha512", "sha-512|sha 512|hmac-sha512|hs512"),
    ("sha1", "sha-1|sha|sha 1|hmac-sha1|hs1"),
    ("hex", "hexadecimal|16|шестнадцатеричная|hexdigest|base16"),
    ("base64", "b64|64|base-64|base 64|бейс64"),
    // kinds of phones, addresses, sites and messengers
    (
        "MOBILE",
        "мобильный|моб|мобильник|сотовый|cell|mobile_phone|mob|личный",
    ),
    (
        "WORK",
        "рабочий|рабочая|раб|work_phone|корпоративный|office|офис|служебный|business|job",
    ),
    (
        "HOME",
        "домашний|домашняя|дом|личный|личная|personal|private",
    ),
    ("FAX", "факс"),
    ("PAGER", "пейджер"),
    (
        "MAILING",
        "рассылка|рассылки|для рассылок|newsletter|mailing_list",
    ),
    ("TELEGRAM", "телеграм|телеграмм|тг|tg"),
    ("WHATSAPP", "вотсап|ватсап|whats_app|wa"),
    ("VIBER", "вайбер"),
    ("SKYPE", "скайп"),
    ("VK", "вк|вконтакте|vkontakte"),
    ("FACEBOOK", "фейсбук|fb"),
    ("INSTAGRAM", "инстаграм|инста|insta"),
    ("OTHER", "другой|другая|другое|прочее|прочий|иной|else|misc"),
    // parts of a web address
    ("host", "домен|хост|domain|сайт|hostname|site"),
    ("path", "путь|страница|page|pathname|uri"),
    ("scheme", "протокол|схема|protocol"),
    ("fragment", "якорь|фрагмент|hash|anchor"),
    (
        "query",
        "параметры|строка запроса|querystring|params|запрос|search",
    ),
    ("query.utm_source", "utm_source|источник|utm|utm-метка"),
    // channels and polls in `default`
    ("polls", "опросы|опрос|poll|surveys|все опросы"),
    (
        "channels",
        "каналы|канал|channel|forms|формы|сайты|все каналы|yes|true|да",
    ),
    // yes, no and nothing
    (
        "none",
        "нет|no|off|false|-|—|–|null|пусто|никакой|никакого|без|без комментария|не надо|не нужно|не нужен|не нужна|нету|ничего|nothing|never|никогда|убрать|disabled|disable|empty|0|отключить|отключено|выключить|выкл|skip|remove|nil|не создавать|без контакта|undefined",
    ),
    (
        "false",
        "нет|no|off|n|0|ложь|выкл|выключить|выключено|отключить|отключено|never|никогда|не надо|не нужно|нельзя|не менять|не трогать|не обновлять|запретить|запрещено|-|—|–|none|null|нету|disabled|disable|not|не|skip|ignore|игнорировать|n/a|лож|оставить|ни в коем случае|forbidden|deny",
    ),
    (
        "true",
        "да|yes|y|1|истина|on|вкл|включить|включено|always|всегда|нужно|надо|можно|разрешить|разрешено|ok|ок|ага|обязательно|enabled|enable|+|✓|✔|allow|allowed|required|обновлять|менять|искать|правда|unique",
    ),
];
