//! The usual codes of form fields, Russian and English, and their roles. Other fields are
//! recognised by their values, if these are clear enough.

use super::observe::{ObservedField, ObservedKind};

/// The role of a field, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    FirstName,
    LastName,
    SecondName,
    FullName,
    Phone,
    Email,
    Birthdate,
    Position,
    City,
    Company,
    Inn,
    OrderId,
    Amount,
    Comment,
    Page,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmContent,
    UtmTerm,
}

use Role::{
    Amount, Birthdate, City, Comment, Company, Email, FirstName, FullName, Inn, LastName, OrderId,
    Page, Phone, Position, SecondName, UtmCampaign, UtmContent, UtmMedium, UtmSource, UtmTerm,
};

/// Codes in lower case, without spaces, hyphens and underscores.
const CODES: &[(Role, &[&str])] = &[
    (
        FirstName,
        &["firstname", "fname", "givenname", "имя", "imya"],
    ),
    (
        LastName,
        &[
            "lastname",
            "lname",
            "surname",
            "familyname",
            "фамилия",
            "familiya",
        ],
    ),
    (
        SecondName,
        &[
            "middlename",
            "patronymic",
            "secondname",
            "отчество",
            "otchestvo",
        ],
    ),
    (
        FullName,
        &[
            "fio",
            "фио",
            "fullname",
            "имяфамилия",
            "фамилияимя",
            "фамилияимяотчество",
            "контактноелицо",
        ],
    ),
    (
        Phone,
        &[
            "phone",
            "tel",
            "telephone",
            "mobile",
            "mobilephone",
            "phonenumber",
            "cell",
            "телефон",
            "тел",
            "мобильный",
            "мобильныйтелефон",
            "номертелефона",
            "telefon",
        ],
    ),
    (
        Email,
        &[
            "email",
            "mail",
            "emailaddress",
            "почта",
            "элпочта",
            "электроннаяпочта",
            "эмейл",
            "имейл",
            "pochta",
        ],
    ),
    (
        Birthdate,
        &[
            "birthdate",
            "birthday",
            "dateofbirth",
            "dob",
            "датарождения",
            "деньрождения",
        ],
    ),
    (
        Position,
        &["position", "post", "jobtitle", "должность", "dolzhnost"],
    ),
    (City, &["city", "town", "город", "gorod"]),
    (
        Company,
        &[
            "company",
            "companyname",
            "companytitle",
            "organization",
            "organisation",
            "organizationname",
            "orgname",
            "firm",
            "компания",
            "названиекомпании",
            "организация",
            "названиеорганизации",
            "фирма",
            "kompaniya",
            "organizaciya",
        ],
    ),
    (
        Inn,
        &[
            "inn",
            "инн",
            "companyinn",
            "иннкомпании",
            "иннорганизации",
            "taxid",
            "taxnumber",
            "иннкпп",
        ],
    ),
    (
        OrderId,
        &[
            "orderid",
            "ordernumber",
            "orderno",
            "order",
            "номерзаказа",
            "заказ",
            "zakaz",
        ],
    ),
    (
        Amount,
        &[
            "amount",
            "sum",
            "total",
            "price",
            "cost",
            "сумма",
            "стоимость",
            "цена",
            "summa",
            "budget",
            "бюджет",
            "суммазаказа",
            "стоимостьзаказа",
            "ordersum",
            "orderamount",
            "ordertotal",
            "totalamount",
            "totalprice",
        ],
    ),
    (
        Comment,
        &[
            "comment",
            "comments",
            "message",
            "question",
            "text",
            "note",
            "комментарий",
            "сообщение",
            "вопрос",
            "примечание",
            "vopros",
        ],
    ),
    (Page, &["url", "page", "pageurl", "referer", "referrer"]),
    (UtmSource, &["utmsource"]),
    (UtmMedium, &["utmmedium"]),
    (UtmCampaign, &["utmcampaign"]),
    (UtmContent, &["utmcontent"]),
    (UtmTerm, &["utmterm"]),
];

/// Words in the code of a sum that is not the deal's amount.
const SUMS: &[&str] = &["amount", "budget", "price", "сумм", "бюджет", "стоимость"];

/// Prefixes that forms put before a code.
const PREFIXES: &[&str] = &[
    "client", "user", "customer", "contact", "your", "ваш", "ваша", "ваше",
];

/// Returns the role of a field, by its code or its values. Objects and lists have none.
pub(super) fn role(seen: &ObservedField) -> Option<Role> {
    if seen.kinds.contains(&ObservedKind::Block) || seen.kinds.contains(&ObservedKind::List) {
        return None;
    }
    if !is_open(&seen.path) {
        return None;
    }
    let code = folded(&seen.key);
    let bare = PREFIXES.iter().find_map(|prefix| {
        let rest = code.strip_prefix(prefix)?;
        of_code(rest)
    });
    if let Some(role) = of_code(&code).or(bare) {
        return Some(role);
    }
    // a field called `name` may hold the whole of it
    if code.ends_with("name")
        && PREFIXES
            .iter()
            .any(|prefix| code == format!("{prefix}name"))
        || code == "name"
    {
        let whole = seen.phrases * 2 > seen.count;
        return Some(if whole { FullName } else { FirstName });
    }
    let most = |those: usize| those * 10 >= seen.count * 9 && those > 0;
    match () {
        () if most(seen.emails) => Some(Email),
        () if most(seen.phones) => Some(Phone),
        () => None,
    }
}

/// Returns the `as` form for a field without a role, if its values or its code are clear.
pub(super) fn form(seen: &ObservedField) -> Option<&'static str> {
    if !is_open(&seen.path) {
        return None;
    }
    let code = folded(&seen.key);
    let is_sum = SUMS.iter().any(|part| code.contains(part))
        && seen
            .kinds
            .iter()
            .all(|kind| matches!(kind, ObservedKind::Number | ObservedKind::Text));
    match seen.count {
        all if all == seen.plain_lists => Some("join"),
        all if all == seen.days => Some("date"),
        all if all == seen.days + seen.moments => Some("datetime"),
        _ if is_sum => Some("money"),
        _ => None,
    }
}

fn folded(key: &str) -> String {
    key.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn of_code(code: &str) -> Option<Role> {
    let found = CODES.iter().find(|(_, codes)| codes.contains(&code));
    found.map(|(role, _)| *role)
}

/// The survey portal's own fields are in `header_data`; only the page and the UTM marks have a role
/// in the CRM.
fn is_open(path: &str) -> bool {
    match path.strip_prefix("$.header_data") {
        None => true,
        Some(rest) => rest == ".analytics.url" || rest.starts_with(".analytics.params."),
    }
}
