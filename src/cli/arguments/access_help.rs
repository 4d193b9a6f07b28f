//! The help in Russian of the commands about other systems and about access: PBXs, amoCRM,
//! applications, tokens and users.

use super::help::{CommandHelp, JSON, JSON_OBJECT, command};

/// The name of an account of amoCRM.
const AMO_ACCOUNT: (&str, &str) = (
    "name",
    "Аккаунт из настроек, amocrm.ИМЯ; если он один, указывать не нужно.",
);

/// The name of a connection that is an application.
const APP_NAME: (&str, &str) = (
    "name",
    "Подключение из настроек, crm.ИМЯ; если приложение одно, указывать не нужно.",
);

/// The name of a PBX.
const PBX: (&str, &str) = (
    "pbx",
    "АТС из настроек, pbx.ИМЯ; если она одна, указывать не нужно.",
);

/// The ID of an employee.
const EMPLOYEE: (&str, &str) = ("employee", "ID сотрудника на портале.");

/// A user of the console.
const CONSOLE_USER: (&str, &str) = ("name", "Имя, под которым человек входит в консоль.");

/// Where a password comes from.
const PASSWORD_STDIN: (&str, &str) = (
    "password_stdin",
    "Прочитать пароль из первой строки стандартного ввода.",
);

/// These commands, in the order of the help.
pub(super) const ACCESS: &[CommandHelp] = &[
    command(
        "pbx",
        "Команды для АТС: позвонить, поставить на удержание, показать историю и абонентов.",
        &[],
    ),
    command(
        "pbx call",
        "Позвонить от имени сотрудника: сначала зазвонит его телефон.",
        &[
            PBX,
            EMPLOYEE,
            (
                "number",
                "Номер телефона или внутренний номер, на который звонить.",
            ),
            JSON,
        ],
    ),
    command(
        "pbx hold",
        "Поставить звонок на удержание или снять с него.",
        &[
            PBX,
            EMPLOYEE,
            (
                "call",
                "Плечо звонка, как его называет АТС в событиях (`call_id`). Это `leg` сотрудника \
                 из `/api/v1/calls`.",
            ),
            JSON,
        ],
    ),
    command(
        "pbx history",
        "Показать прошлые звонки, как они записаны в АТС.",
        &[
            PBX,
            (
                "since",
                "Только начавшиеся в это время или позже, в часовом поясе output.zone: 2026-11-22, \
                 2026-11-22T10:00; или сколько назад: 2h (2 часа), 3d (3 дня); по умолчанию сутки \
                 назад.",
            ),
            ("until", "Только начавшиеся раньше этого времени."),
            (
                "number",
                "Только звонки с этого номера или на него; можно указать несколько раз.",
            ),
            ("limit", "Сколько звонков показать, начиная со старых."),
            ("skip", "Сколько звонков пропустить: следующая страница."),
            ("json", "Вывести по объекту JSON в строке."),
        ],
    ),
    command(
        "pbx users",
        "Показать абонентов АТС, кто они на портале и кто остался лишним с обеих сторон.",
        &[PBX, JSON_OBJECT],
    ),
    command("token", "Создать, показать и отозвать токены API.", &[]),
    command(
        "token create",
        "Создать токен и вывести его; второй раз его не показать.",
        &[
            (
                "name",
                "Имя, по которому вы его узнаете: программа, которой он нужен.",
            ),
            (
                "scope",
                "Что он разрешает: submissions:read, submissions:write, calls:read, calls:write, \
                 destinations:read, destinations:write, profiles:read, profiles:write, sources:read, \
                 sources:write, users:read, users:write, audit:read, people:erase; несколько — через \
                 запятую.",
            ),
            (
                "expires",
                "Сколько он действует: 90d, 12h или never (бессрочно).",
            ),
            JSON,
        ],
    ),
    command(
        "token list",
        "Показать токены: имена, права и сроки.",
        &[("json", "Вывести по объекту JSON в строке.")],
    ),
    command(
        "token revoke",
        "Удалить токен; запросы с ним сразу перестанут приниматься.",
        &[("name", "Его имя.")],
    ),
    command(
        "user",
        "Добавить людей в консоль, сменить пароли и роли, завершить сеансы.",
        &[],
    ),
    command(
        "user add",
        "Добавить человека; пароль спрашивается с терминала или читается из стандартного ввода.",
        &[
            CONSOLE_USER,
            (
                "role",
                "Что ему разрешено: viewer, operator, author или admin.",
            ),
            PASSWORD_STDIN,
        ],
    ),
    command(
        "user passwd",
        "Задать человеку новый пароль и завершить его сеансы.",
        &[CONSOLE_USER, PASSWORD_STDIN],
    ),
    command(
        "user role",
        "Изменить роль человека.",
        &[
            CONSOLE_USER,
            ("role", "Новая роль: viewer, operator, author или admin."),
        ],
    ),
    command(
        "user remove",
        "Удалить человека и завершить его сеансы.",
        &[CONSOLE_USER],
    ),
    command(
        "user list",
        "Показать людей: имена, роли и открытые сеансы.",
        &[("json", "Вывести по объекту JSON в строке.")],
    ),
    command(
        "user sign-out",
        "Завершить все сеансы человека.",
        &[CONSOLE_USER],
    ),
    command("amocrm", "Команды для аккаунтов amoCRM.", &[]),
    command("app", "Команды для локальных приложений порталов.", &[]),
    command(
        "app info",
        "Показать, что вписать на портале при добавлении приложения.",
        &[
            (
                "name",
                "Подключение из настроек, crm.ИМЯ; по умолчанию единственное приложение или main.",
            ),
            (
                "public_url",
                "Адрес, по которому браузеры и портал открывают leadgate: https://gw.example; по умолчанию \
                 из настроек.",
            ),
        ],
    ),
    command(
        "app status",
        "Показать, установлено ли приложение, чьи у него токены и что говорит портал.",
        &[APP_NAME],
    ),
    command(
        "app rebind",
        "Снова добавить на портал страницы и события приложения.",
        &[APP_NAME],
    ),
    command(
        "amocrm connect",
        "Подключить аккаунт по коду авторизации интеграции; долгосрочному токену код не нужен.",
        &[
            AMO_ACCOUNT,
            (
                "code",
                "Код авторизации интеграции; если не указан, читается из стандартного ввода и не \
                 попадает в историю команд.",
            ),
        ],
    ),
    command(
        "amocrm widget",
        "Собрать архив виджета для карточек, чтобы загрузить его в интеграцию amoCRM.",
        &[
            AMO_ACCOUNT,
            (
                "out",
                "Куда записать архив; amoCRM принимает только имя widget.zip.",
            ),
        ],
    ),
    command(
        "amocrm hooks",
        "Показать, добавить и удалить хуки аккаунта; нужен токен администратора.",
        &[],
    ),
    command(
        "amocrm hooks list",
        "Показать хуки аккаунта и тот, что ведёт в leadgate.",
        &[AMO_ACCOUNT],
    ),
    command(
        "amocrm hooks add",
        "Добавить хук, который ведёт в leadgate, или снова включить его.",
        &[
            AMO_ACCOUNT,
            (
                "on",
                "События, например leads.add, через запятую; без этого — те, что берут профили.",
            ),
        ],
    ),
    command(
        "amocrm hooks remove",
        "Удалить хук, который ведёт в leadgate.",
        &[AMO_ACCOUNT],
    ),
];
