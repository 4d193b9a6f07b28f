//! What the audit log calls the actions, and what each was done to.

/// An action of the audit log.
pub(super) struct Action {
    /// The stable word in the store.
    pub(super) code: &'static str,
    /// What was done, in English and Russian.
    pub(super) said: (&'static str, &'static str),
    /// What `about` names.
    pub(super) place: Place,
    /// The facts that are shown: the key in the details, and its English and Russian name.
    pub(super) facts: &'static [(&'static str, &'static str, &'static str)],
}

/// What an action was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing that has a page.
    Nothing,
    /// A file of the folder.
    File,
    /// A destination.
    Destination,
    /// A submission.
    Submission,
    /// A user.
    User,
    /// A replay.
    Replay,
    /// A PBX.
    Pbx,
    /// The channel of the details.
    Channel,
    /// The test request of the details.
    Trial,
    /// Something with a name and no page.
    Named,
    /// A profile, or a source with an address.
    Chosen,
}

const fn action(
    code: &'static str,
    said: (&'static str, &'static str),
    place: Place,
    facts: &'static [(&'static str, &'static str, &'static str)],
) -> Action {
    Action {
        code,
        said,
        place,
        facts,
    }
}

const ROLE: &[(&str, &str, &str)] = &[("role", "role", "роль")];

const GUARD: &[(&str, &str, &str)] = &[("guard", "guard", "защита")];

/// All actions.
pub(super) const ACTIONS: &[Action] = &[
    action(
        "signed-in",
        ("signed in", "вход в консоль"),
        Place::Nothing,
        &[],
    ),
    action(
        "signed-out",
        ("signed out", "выход из консоли"),
        Place::Nothing,
        &[],
    ),
    action(
        "sign-in-failed",
        ("wrong password", "неверный пароль при входе"),
        Place::User,
        &[],
    ),
    action(
        "password-changed",
        ("own password changed", "изменён свой пароль"),
        Place::Nothing,
        &[],
    ),
    action(
        "user-added",
        ("user added", "добавлен пользователь"),
        Place::User,
        ROLE,
    ),
    action(
        "user-role",
        ("role of a user changed", "изменена роль пользователя"),
        Place::User,
        ROLE,
    ),
    action(
        "user-password",
        ("password of a user set", "задан пароль пользователя"),
        Place::User,
        &[],
    ),
    action(
        "user-removed",
        ("user removed", "удалён пользователь"),
        Place::User,
        &[],
    ),
    action(
        "user-signed-out",
        ("sessions of a user ended", "завершены сеансы пользователя"),
        Place::User,
        &[("sessions", "sessions", "сеансов")],
    ),
    action(
        "profile-saved",
        ("profile saved", "профиль сохранён"),
        Place::File,
        &[("version", "version", "версия")],
    ),
    action(
        "profile-restored",
        (
            "earlier version of a profile restored",
            "возвращена прежняя версия профиля",
        ),
        Place::File,
        &[
            ("restored", "from version", "из версии"),
            ("version", "new version", "новая версия"),
        ],
    ),
    action(
        "channel-saved",
        ("settings of a channel saved", "сохранены настройки канала"),
        Place::Channel,
        &[("keys", "changed", "изменено")],
    ),
    action(
        "channel-key-made",
        ("key of a channel made", "выдан ключ канала"),
        Place::Channel,
        GUARD,
    ),
    action(
        "channel-key-revoked",
        ("key of a channel revoked", "отозван ключ канала"),
        Place::Channel,
        GUARD,
    ),
    action(
        "token-revoked",
        ("token of the API revoked", "отозван токен API"),
        Place::Named,
        &[],
    ),
    action(
        "sample-sent",
        ("sample answer sent", "отправлен пример ответа"),
        Place::Submission,
        &[],
    ),
    action(
        "test-sent",
        ("test request sent", "отправлена пробная заявка"),
        Place::Trial,
        &[],
    ),
    action(
        "test-removed",
        (
            "records of a test request deleted",
            "удалены записи пробной заявки",
        ),
        Place::Submission,
        &[("deleted", "records", "записей")],
    ),
    action(
        "replayed",
        ("submission replayed", "обращение повторено"),
        Place::Submission,
        &[("by", "by", "по"), ("step", "step", "шаг")],
    ),
    action(
        "replay-confirmed",
        ("replay started", "запущен повтор"),
        Place::Replay,
        &[("count", "submissions", "обращений")],
    ),
    action(
        "replay-stopped",
        ("replay stopped", "повтор остановлен"),
        Place::Replay,
        &[],
    ),
    action(
        "dismissed",
        ("submissions ignored", "обращения пропущены"),
        Place::Chosen,
        &[
            ("count", "count", "количество"),
            ("reason", "reason", "причина"),
            ("note", "note", "пометка"),
        ],
    ),
    action(
        "erased-person",
        ("data of a person erased", "стёрты данные человека"),
        Place::Nothing,
        &[
            ("erased", "records", "записей"),
            ("busy", "left because under way", "оставлено: в пути"),
        ],
    ),
    action("called", ("call started", "начат звонок"), Place::Pbx, &[]),
    action(
        "held",
        (
            "call put on hold or taken back",
            "звонок удержан или снят с удержания",
        ),
        Place::Pbx,
        &[],
    ),
    action(
        "probed",
        ("destination probed", "проверена доступность"),
        Place::Destination,
        &[],
    ),
    action(
        "destination-paused",
        ("delivery paused", "доставка приостановлена"),
        Place::Destination,
        &[("note", "note", "пометка")],
    ),
    action(
        "destination-resumed",
        ("delivery resumed", "доставка возобновлена"),
        Place::Destination,
        &[],
    ),
    action(
        "portal-checked",
        (
            "profiles checked against the portal",
            "профили сверены с порталом",
        ),
        Place::Destination,
        &[("problems", "problems", "проблем")],
    ),
    action(
        "dictionaries-read",
        (
            "fields and lists read again",
            "поля и справочники прочитаны заново",
        ),
        Place::Destination,
        &[],
    ),
];
