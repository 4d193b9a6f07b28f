//! `user.*` and `department.get`. A bare filter key is a LIKE in which `_` and `%` of the caller
//! are wildcards, and a filter on a field that the granted scope hides is ignored: the answer lists
//! everybody.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    php,
    query::{filter::like, page::Start},
    state::people::{Department, User},
    when,
};

/// Fields that the lesser scopes still show.
const BRIEF: [&str; 5] = ["ID", "NAME", "LAST_NAME", "SECOND_NAME", "UF_PHONE_INNER"];
const BASIC: [&str; 10] = [
    "ID",
    "ACTIVE",
    "NAME",
    "LAST_NAME",
    "SECOND_NAME",
    "EMAIL",
    "WORK_POSITION",
    "UF_DEPARTMENT",
    "UF_PHONE_INNER",
    "USER_TYPE",
];
/// Parameters of the call that are not filters.
const OWN: [&str; 8] = [
    "filter",
    "sort",
    "order",
    "start",
    "select",
    "admin_mode",
    "image_resize",
    "auth",
];

pub(super) fn register(registry: &mut Registry) {
    registry.add("user.fields", "user", Run::One(fields));
    registry.add("user.get", "user", Run::One(get));
    registry.add("user.search", "user", Run::One(search));
    registry.add("user.current", "user", Run::One(current));
    registry.add(
        "department.fields",
        "department",
        Run::One(department_fields),
    );
    registry.add("department.get", "department", Run::One(departments));
}

fn row(ctx: &Context<'_>, user: &User) -> Value {
    let now = when::iso(ctx.now.as_second());
    let full = json!({
        "ID": user.id.to_string(),
        "ACTIVE": user.active,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "SECOND_NAME": user.second_name,
        "EMAIL": user.email,
        "LAST_LOGIN": if user.active { now.as_str() } else { "" },
        "DATE_REGISTER": "2024-09-02T00:00:00+03:00",
        "TIME_ZONE": "",
        "IS_ONLINE": if user.id == ctx.user { "Y" } else { "N" },
        "TIMESTAMP_X": php::hollow(),
        "LAST_ACTIVITY_DATE": php::hollow(),
        "PERSONAL_GENDER": user.gender,
        "PERSONAL_WWW": "",
        "PERSONAL_BIRTHDAY": "",
        "PERSONAL_MOBILE": user.mobile,
        "PERSONAL_CITY": "",
        "WORK_PHONE": "",
        "WORK_POSITION": user.position,
        "UF_EMPLOYMENT_DATE": "",
        "UF_DEPARTMENT": user.departments,
        "UF_PHONE_INNER": user.inner_phone,
        "USER_TYPE": user.sort,
    });
    let Value::Object(full) = full else {
        return full;
    };
    Value::Object(
        full.into_iter()
            .filter(|(key, _)| visible(ctx, key))
            .collect(),
    )
}

fn visible(ctx: &Context<'_>, field: &str) -> bool {
    let granted = |scope: &str| ctx.state.scopes.contains(scope);
    if granted("user") {
        true
    } else if granted("user_basic") {
        BASIC.contains(&field)
    } else {
        BRIEF.contains(&field)
    }
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let conditions: Vec<(String, Value)> = match argument(params, "filter") {
        Some(filter) => php::members(filter)
            .into_iter()
            .map(|(key, value)| (key, value.clone()))
            .collect(),
        // Without FILTER the other parameters are one.
        None => php::members(params)
            .into_iter()
            .filter(|(key, _)| !OWN.contains(&key.to_lowercase().as_str()))
            .map(|(key, value)| (key, value.clone()))
            .collect(),
    };
    let mut rows: Vec<Value> = ctx
        .state
        .users
        .iter()
        .filter(|user| user.sort != "email")
        .map(|user| row(ctx, user))
        .filter(|row| {
            conditions
                .iter()
                .all(|(key, wanted)| passes(row, key, wanted))
        })
        .collect();
    let sort = argument(params, "sort")
        .map(php::strval)
        .unwrap_or_default();
    let key = if sort.is_empty() {
        "ID".to_owned()
    } else {
        sort.to_uppercase()
    };
    rows.sort_by_cached_key(|row| {
        let value = row.get(&key).cloned().unwrap_or_default();
        (php::intval(&value), php::strval(&value))
    });
    if argument(params, "order").is_some_and(|it| php::strval(it).eq_ignore_ascii_case("desc")) {
        rows.reverse();
    }
    Ok(paged(rows, params))
}

fn paged(rows: Vec<Value>, params: &Value) -> Answer {
    let start = Start::of(params);
    let (total, next) = start.paging(rows.len());
    Answer {
        result: start.cut(rows).into(),
        total,
        next,
    }
}

/// An unknown or hidden field is ignored.
fn passes(row: &Value, key: &str, wanted: &Value) -> bool {
    let negated = key.starts_with('!');
    let exact = key.trim_start_matches('!').starts_with(['=', '@']);
    let name = key.trim_start_matches(['!', '=', '@', '%']).to_uppercase();
    if name == "NAME_SEARCH" {
        return fuzzy(row, &php::strval(wanted));
    }
    let Some(value) = row.get(&name) else {
        return true;
    };
    let hit = php::values(wanted).into_iter().any(|wanted| match value {
        Value::Bool(flag) => {
            let yes = matches!(php::strval(wanted).as_str(), "1" | "Y" | "y" | "true");
            *flag == yes
        }
        Value::Array(list) => list.iter().any(|it| php::intval(it) == php::intval(wanted)),
        _ => {
            let (seen, wanted) = (php::strval(value), php::strval(wanted));
            let (seen, wanted) = (seen.to_lowercase(), wanted.to_lowercase());
            if exact || name == "ID" {
                seen == wanted
            } else {
                like(&seen, &wanted)
            }
        }
    });
    hit != negated
}

fn fuzzy(row: &Value, wanted: &str) -> bool {
    let words = ["NAME", "LAST_NAME", "SECOND_NAME", "WORK_POSITION", "EMAIL"]
        .iter()
        .filter_map(|key| row.get(*key).and_then(Value::as_str))
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    wanted
        .to_lowercase()
        .split_whitespace()
        .all(|it| words.contains(it))
}

fn search(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let empty = Value::Object(Map::new());
    let filter = argument(params, "filter").unwrap_or(&empty);
    let text = |key: &str| {
        php::member(filter, key)
            .or(php::member(params, key))
            .map(php::strval)
    };
    let rows: Vec<Value> = ctx
        .state
        .users
        .iter()
        .filter(|user| user.active)
        .map(|user| row(ctx, user))
        .filter(|row| {
            let part = |key: &str| {
                text(key).is_none_or(|wanted| {
                    let seen = row.get(key).and_then(Value::as_str).unwrap_or_default();
                    seen.to_lowercase().contains(&wanted.to_lowercase())
                })
            };
            text("FIND").is_none_or(|wanted| fuzzy(row, &wanted))
                && ["NAME", "LAST_NAME", "WORK_POSITION"].into_iter().all(part)
        })
        .collect();
    Ok(paged(rows, params))
}

fn current(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let user = ctx.state.user(ctx.user).cloned();
    let Some(user) = user else {
        return Ok(Answer::plain(Value::Array(Vec::new())));
    };
    let mut row = row(ctx, &user);
    // lists print an object here, this method a text
    if let Some(seen) = row.get_mut("LAST_ACTIVITY_DATE") {
        let now = when::iso(ctx.now.as_second());
        let (day, time) = now.split_once('T').unwrap_or_default();
        *seen = format!("{day} {}", time.get(..8).unwrap_or_default()).into();
    }
    Ok(Answer::plain(row))
}

/// The fields of users, one a line: name and title (REST documentation, "user.fields").
const FIELDS: &str = "\
ID|ID
XML_ID|Внешний код
ACTIVE|Активность
NAME|Имя
LAST_NAME|Фамилия
SECOND_NAME|Отчество
TITLE|Обращение
EMAIL|E-Mail
LAST_LOGIN|Последняя авторизация
DATE_REGISTER|Дата регистрации
TIME_ZONE|TIME_ZONE
IS_ONLINE|IS_ONLINE
TIMESTAMP_X|TIMESTAMP_X
LAST_ACTIVITY_DATE|LAST_ACTIVITY_DATE
PERSONAL_GENDER|Пол
PERSONAL_PROFESSION|Профессия
PERSONAL_WWW|Домашняя страничка
PERSONAL_BIRTHDAY|Дата рождения
PERSONAL_PHOTO|Фотография
PERSONAL_ICQ|ICQ
PERSONAL_PHONE|Личный телефон
PERSONAL_FAX|Факс
PERSONAL_MOBILE|Личный мобильный
PERSONAL_PAGER|Пейджер
PERSONAL_STREET|Улица проживания
PERSONAL_CITY|Город проживания
PERSONAL_STATE|Область / край
PERSONAL_ZIP|Почтовый индекс
PERSONAL_COUNTRY|Страна
PERSONAL_MAILBOX|Почтовый ящик
PERSONAL_NOTES|Дополнительные заметки
WORK_PHONE|Телефон компании
WORK_COMPANY|Компания
WORK_POSITION|Должность
WORK_DEPARTMENT|Департамент
WORK_WWW|Сайт компании
WORK_FAX|WORK_FAX
WORK_PAGER|WORK_PAGER
WORK_STREET|WORK_STREET
WORK_MAILBOX|WORK_MAILBOX
WORK_CITY|Город работы
WORK_STATE|WORK_STATE
WORK_ZIP|WORK_ZIP
WORK_COUNTRY|WORK_COUNTRY
WORK_PROFILE|WORK_PROFILE
WORK_LOGO|WORK_LOGO
WORK_NOTES|WORK_NOTES
UF_SKYPE_LINK|Ссылка на чат в Skype
UF_ZOOM|Zoom
UF_EMPLOYMENT_DATE|Дата принятия на работу
UF_TIMEMAN|Учёт рабочего времени
UF_DEPARTMENT|Подразделения
UF_INTERESTS|Интересы
UF_SKILLS|Навыки
UF_WEB_SITES|Другие сайты
UF_XING|Xing
UF_LINKEDIN|LinkedIn
UF_TWITTER|Twitter
UF_SKYPE|Skype
UF_DISTRICT|Район
UF_PHONE_INNER|Внутренний телефон
USER_TYPE|USER_TYPE
";

fn fields(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let titles = FIELDS.lines().filter_map(|line| line.split_once('|'));
    let shown = titles.filter(|(name, _)| visible(ctx, name));
    let shown = shown.map(|(name, title)| (name.to_owned(), title.into()));
    Ok(Answer::plain(shown.collect::<Map<String, Value>>()))
}

fn department_fields(_: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(json!({
        "ID": "ID",
        "NAME": "Название подразделения",
        "SORT": "Сортировка",
        "PARENT": "Вышестоящее подразделение",
        "UF_HEAD": "Руководитель",
    })))
}

fn departments(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let wanted = |it: &&Department| {
        let fits = |key: &str, value: String| {
            argument(params, key).is_none_or(|asked| {
                php::values(asked)
                    .iter()
                    .any(|asked| php::strval(asked).eq_ignore_ascii_case(&value))
            })
        };
        fits("ID", it.id.to_string())
            && fits("NAME", it.name.clone())
            && fits(
                "PARENT",
                it.parent.map_or_else(String::new, |it| it.to_string()),
            )
            && fits(
                "UF_HEAD",
                it.head.map_or_else(String::new, |it| it.to_string()),
            )
    };
    let rows: Vec<Value> = ctx
        .state
        .departments
        .iter()
        .filter(wanted)
        .map(|it| {
            let mut map = Map::new();
            map.insert("ID".to_owned(), it.id.to_string().into());
            map.insert("NAME".to_owned(), it.name.as_str().into());
            map.insert("SORT".to_owned(), it.sort.into());
            if let Some(parent) = it.parent {
                map.insert("PARENT".to_owned(), parent.to_string().into());
            }
            if let Some(head) = it.head {
                map.insert("UF_HEAD".to_owned(), head.to_string().into());
            }
            Value::Object(map)
        })
        .collect();
    Ok(paged(rows, params))
}
