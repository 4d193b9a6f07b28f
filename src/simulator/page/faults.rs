//! Faults that the menus of the portal and of the services beside it have in common.

/// A fault in a menu: the code of the control API, the English and the Russian text.
pub(super) type MenuFault = (&'static str, &'static str, &'static str);

pub(super) const SERVER_ERROR: MenuFault = (
    "INTERNAL_SERVER_ERROR",
    "Server error, 500",
    "Ошибка сервера, 500",
);
pub(super) const BAD_GATEWAY: MenuFault =
    ("BAD_GATEWAY", "HTML page, 502", "Ответ страницей HTML, 502");
pub(super) const RESET_BEFORE: MenuFault = (
    "RESET_BEFORE",
    "Connection breaks, nothing done",
    "Обрыв до выполнения",
);
pub(super) const RESET_AFTER: MenuFault = (
    "RESET_AFTER",
    "Connection breaks, all done",
    "Обрыв после выполнения",
);
pub(super) const HOLD_REPLY: MenuFault = (
    "HOLD_REPLY",
    "All done, then 40 s of silence",
    "Выполнить и молчать 40 секунд",
);
pub(super) const SLOW_BODY: MenuFault = (
    "SLOW_BODY",
    "Slow answer, 10 s",
    "Медленный ответ, 10 секунд",
);
