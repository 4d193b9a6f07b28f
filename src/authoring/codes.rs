//! The codes of problems in profiles, a closed list. Codes are stable: people search for them, and
//! the reference has a row for each. The doc comment is the English meaning, the text behind the
//! code the Russian one.

use std::fmt;

use crate::domain::Bilingual;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $russian:literal;)+) => {
        /// A kind of mistake.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All codes, for the documentation and its test.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the stable text of the code: `profile/unknown-field`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("profile/", $text),)+
                }
            }

            /// Returns its meaning in a sentence.
            pub fn meaning(self) -> Bilingual<&'static str> {
                match self {
                    $(Self::$name => Bilingual::new(
                        concat!($($doc),+).trim_ascii_start(),
                        $russian,
                    ),)+
                }
            }
        }
    };
}

codes! {
    /// The file is not YAML: a bracket, a quote or the indentation is wrong.
    Yaml = "yaml",
        "Файл не читается как YAML: неверна скобка, кавычка или отступ.";
    /// A key is in a block twice; only one of them could apply.
    DuplicateKey = "duplicate-key",
        "Ключ указан в блоке дважды; действовать мог бы только один.";
    /// A template or a path needs quotes here, because `{` and `[` have a meaning in YAML.
    Unquoted = "unquoted",
        "Шаблону или пути здесь нужны кавычки: `{` и `[` в YAML имеют своё значение.";
    /// A guard of a channel is missing from `_channels.yaml`, without `guard:`; it stays in force.
    GuardKept = "guard-kept",
        "В `_channels.yaml` пропала защита канала, а ключа `guard:` нет; защита продолжает действовать.";
    /// The block has no such key.
    UnknownKey = "unknown-key",
        "В блоке нет такого ключа.";
    /// A list in place of text, text in place of a block, and so on.
    WrongType = "wrong-type",
        "Список вместо текста, текст вместо блока и тому подобное.";
    /// The value is not one of the allowed words or numbers.
    WrongValue = "wrong-value",
        "Такое слово или число здесь не подходит.";
    /// A required key is missing.
    MissingKey = "missing-key",
        "Нет обязательного ключа.";
    /// A key or a CRM field is in a block where it has no effect or does harm.
    WrongPlace = "wrong-place",
        "Ключ или поле CRM стоит в блоке, где оно не действует или вредит.";
    /// The name of a field cannot be used in templates.
    BadName = "bad-name",
        "Такое имя поля нельзя использовать в шаблонах.";
    /// A path that is not RFC 9535 JSONPath, or that would silently find nothing.
    BadPath = "bad-path",
        "Путь не по правилам JSONPath (RFC 9535) или такой, который незаметно ничего не найдёт.";
    /// A path that can visit far more values than a packet has: with `..` twice, or with `..` and a
    /// filter. If it does on a packet, the submission is parked (`too-costly`).
    CostlyPath = "costly-path",
        "Путь может обойти намного больше значений, чем есть в пакете: в нём два `..` или `..` и фильтр. Если с пакетом так и вышло, обращение откладывается (`too-costly`).";
    /// The syntax of a template is wrong.
    BadTemplate = "bad-template",
        "Шаблон записан с ошибкой.";
    /// A template uses a field that the profile does not declare.
    UnknownField = "unknown-field",
        "В шаблоне стоит поле, которого нет в профиле.";
    /// A step uses a result that no earlier step gives.
    UnknownStep = "unknown-step",
        "Шаг использует результат, которого не даёт ни один из предыдущих шагов.";
    /// A step uses a result of a step that may be skipped, without a default.
    SkippedStep = "skipped-step",
        "Шаг использует результат шага, который может быть пропущен, а запасного значения нет.";
    /// The settings have no such destination for a step, or no mail server.
    UnknownDestination = "unknown-destination",
        "В настройках нет такого сервиса для шага или нет почтового сервера.";
    /// The settings have no such amoCRM account.
    UnknownAccount = "unknown-account",
        "В настройках нет такого аккаунта amoCRM.";
    /// The settings have no such PBX.
    UnknownPbx = "unknown-pbx",
        "В настройках нет такой АТС.";
    /// Fields are read from an amoCRM account without a token.
    NoToken = "no-token",
        "Поля читаются из аккаунта amoCRM, для которого нет токена.";
    /// A template uses a helper that does not exist, or gives it the wrong number of values.
    UnknownHelper = "unknown-helper",
        "Такой функции в шаблонах нет, или ей передано не столько значений.";
    /// The profile names a comment template that is not in the templates folder.
    UnknownTemplate = "unknown-template",
        "В папке шаблонов нет шаблона комментария, который указан в профиле.";
    /// The profile names a base that is not in its folder.
    UnknownBase = "unknown-base",
        "В папке профилей нет базы, которая указана в профиле.";
    /// A file looks like a profile, settings or an example and is not read, because of its name or
    /// folder, or no profile uses it.
    UnreadFile = "unread-file",
        "Файл похож на профиль, настройки или пример, но не читается из-за имени или папки, либо его не использует ни один профиль.";
    /// Bitrix24 has no such standard field; it would silently drop the value.
    UnknownCrmField = "unknown-crm-field",
        "В Битрикс24 нет такого стандартного поля; портал молча отбросил бы значение.";
    /// The field is read-only on the portal (`check --live`).
    ReadOnlyField = "read-only-field",
        "На портале это поле только для чтения (`check --live`).";
    /// The portal's list has no such value, or a list field gets free text (`check --live`).
    UnknownLabel = "unknown-label",
        "В списке на портале нет такого значения, или в список пишется свободный текст (`check --live`).";
    /// The portal's pipeline has no such stage; the portal would silently use another one (`check
    /// --live`).
    UnknownStage = "unknown-stage",
        "В воронке на портале нет такой стадии; портал молча поставил бы другую (`check --live`).";
    /// The portal has no smart process with this number (`check --live`).
    UnknownProcess = "unknown-process",
        "На портале нет смарт-процесса с таким номером (`check --live`).";
    /// The portal has no such employee, or the employee was dismissed (`check --live`).
    UnknownEmployee = "unknown-employee",
        "На портале нет такого сотрудника, или он уволен (`check --live`).";
    /// The portal does not have this currency (`check --live`).
    UnknownCurrency = "unknown-currency",
        "На портале нет такой валюты (`check --live`).";
    /// The profile does not fill a field that the portal requires (`check --live`).
    RequiredField = "required-field",
        "Профиль не заполняет поле, обязательное на портале (`check --live`).";
    /// The settings have no such connection, or the profile must name one of several (`check
    /// --live`).
    UnknownConnection = "unknown-connection",
        "В настройках нет такого подключения, или их несколько, а в профиле не указано, какое нужно (`check --live`).";
    /// No search field finds existing contacts, so every submission creates another one.
    NoSearch = "no-search",
        "Ни одно поле поиска не находит существующие контакты, поэтому каждое обращение создаёт новый.";
    /// A search by something that many people share, such as a first name.
    VagueSearch = "vague-search",
        "Поиск по тому, что бывает у многих, например по имени.";
    /// A declared field that nothing uses.
    UnusedField = "unused-field",
        "Поле описано, но нигде не используется.";
    /// Fields that are computed from each other.
    Circle = "circle",
        "Поля вычисляются друг из друга.";
    /// A CSV table in which a row, a quote or a key is wrong.
    BadTable = "bad-table",
        "В таблице CSV неверна строка, кавычка или ключ.";
    /// The profile names a CSV table that is not in its folder.
    UnknownTable = "unknown-table",
        "В папке профилей нет таблицы CSV, которая указана в профиле.";
    /// A text in a file looks like a password, a token or a webhook's address.
    Secret = "secret",
        "Текст в файле похож на пароль, токен или адрес вебхука.";
    /// Two profiles have the same name, so the history cannot distinguish them.
    SameName = "same-name",
        "У двух профилей одно название, и в истории их не различить.";
    /// More than one profile is the default.
    TwoDefaults = "two-defaults",
        "Профилей по умолчанию больше одного.";
    /// No submission can reach the profile, because another one takes them all first, or it is not
    /// active; or no profile receives a channel that has settings.
    Unreachable = "unreachable",
        "До профиля не дойдёт ни одно обращение: все раньше забирает другой, или профиль не включён. Или у канала есть настройки, но ни один профиль его не принимает.";
    /// The file cannot be read from the disk, or is not UTF-8 text.
    Unreadable = "unreadable",
        "Файл не читается с диска, или он не в UTF-8.";
    /// The file, a template or a path is larger than allowed, or there are too many files.
    TooLarge = "too-large",
        "Файл, шаблон или путь больше допустимого, или файлов слишком много.";
    /// leadgate itself failed while it compiled the file. This is a bug; the other profiles work.
    CompilerFailed = "compiler-failed",
        "Сбой самого leadgate при разборе файла. Это ошибка программы; остальные профили работают.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
