//! Demo data: a few hundred invented applicants with their deals and leads of the last two months.
//! The same seed invents the same people.

use serde_json::{Map, Value, json};

use super::{
    faults::roll,
    state::{
        State,
        kind::Kind,
        timeline::{Activity, Comment, Notice},
    },
    when,
    write::{self, Sent, Writing},
};

const CONTACTS: usize = 280;
const DEALS: usize = 340;
const LEADS: usize = 70;
const ITEMS: usize = 36;
const NOTICES: usize = 12;
/// Age of the oldest record, in seconds.
const PAST: f64 = 60.0 * 24.0 * 3600.0;

const WOMEN: &[&str] = &[
    "Анна",
    "Екатерина",
    "Ольга",
    "Мария",
    "Софья",
    "Дарья",
    "Алиса",
    "Полина",
    "Ксения",
    "Вера",
    "Юлия",
    "Тамара",
];
const MEN: &[&str] = &[
    "Иван",
    "Пётр",
    "Дмитрий",
    "Алексей",
    "Тимофей",
    "Глеб",
    "Роман",
    "Артём",
    "Матвей",
    "Лев",
    "Егор",
    "Павел",
];
/// Surnames without the ending that differs between women and men.
const FAMILIES: &[&str] = &[
    "Орлов",
    "Соловьёв",
    "Тихонов",
    "Крылов",
    "Жданов",
    "Рябинин",
    "Ветров",
    "Калинин",
    "Устинов",
    "Щеглов",
    "Громов",
    "Северов",
    "Дубинин",
    "Яковлев",
    "Фролов",
    "Мельников",
    "Пахомов",
    "Одинцов",
    "Лужин",
    "Зимин",
    "Горелов",
    "Мартынов",
];
const LATIN: &[&str] = &[
    "orlov", "solov", "tihonov", "krylov", "zhdanov", "ryabinin", "vetrov", "kalinin", "ustinov",
    "scheglov", "gromov", "severov", "dubinin", "yakovlev", "frolov", "melnikov", "pahomov",
    "odintsov", "luzhin", "zimin", "gorelov", "martynov",
];
const HOSTS: &[&str] = &[
    "pochta.example",
    "mail.example",
    "student.example",
    "post.example",
];
const CITIES: &[&str] = &[
    "Москва",
    "Пермь",
    "Нижний Новгород",
    "Санкт-Петербург",
    "Казань",
    "Самара",
    "Томск",
];
const PROGRAMMES: &[(&str, u32)] = &[
    ("Магистратура «Управление проектами»", 390_000),
    ("Магистратура «Экономический анализ»", 410_000),
    ("Бакалавриат «Прикладная математика»", 520_000),
    ("Бакалавриат «Дизайн»", 560_000),
    ("День открытых дверей", 0),
    ("Подготовка к олимпиаде", 24_000),
];
const COURSES: &[(&str, u32)] = &[
    ("Python для аналитиков", 38_500),
    ("Основы статистики", 27_000),
    ("Машинное обучение", 64_000),
    ("Финансовая грамотность", 12_900),
    ("История искусств", 15_400),
    ("Академическое письмо", 18_700),
];
const CAMPAIGNS: &[(&str, &str, &str)] = &[
    ("yandex", "cpc", "spring-intake"),
    ("vk", "social", "open-day"),
    ("newsletter", "email", "march-digest"),
    ("", "", ""),
];
const EMPLOYEES: &[u32] = &[6, 7, 9, 10, 12, 13];
const REMARKS: &[&str] = &[
    "Перезвонили, просит прислать программу на почту.",
    "[B]Договорились о встрече[/B]\nЧетверг, 18:30, второй корпус.",
    "Сомневается между двумя программами, ждёт совета.",
    "Оплата поступила, отправили [URL=https://hse.example/welcome]памятку[/URL].",
    "Не берёт трубку, попробовать [I]вечером[/I].",
];

/// A random number generator with the portal's seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small positive numbers"
        )]
        let drawn = (roll(&mut self.0) * count as f64) as usize;
        drawn.min(count.saturating_sub(1))
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.below(list.len());
        list.get(at).expect("the lists of the demo are not empty")
    }

    fn chance(&mut self, of: f64) -> bool {
        roll(&mut self.0) < of
    }
}

/// Fills an empty portal.
pub(super) fn fill(state: &mut State, seed: u64, now: i64) {
    let mut dice = Dice(seed);
    let moments = |count: usize, dice: &mut Dice| {
        let mut moments: Vec<i64> = (0..count).map(|_| ago(dice, now)).collect();
        moments.sort_unstable();
        moments
    };
    for moment in moments(CONTACTS, &mut dice) {
        add(state, Kind::Contact, moment, &contact(&mut dice));
    }
    for moment in moments(LEADS, &mut dice) {
        let id = add(state, Kind::Lead, moment, &lead(&mut dice));
        remark(state, &mut dice, (Kind::Lead, id), (moment, now));
    }
    for moment in moments(DEALS, &mut dice) {
        let id = add(state, Kind::Deal, moment, &deal(&mut dice));
        remark(state, &mut dice, (Kind::Deal, id), (moment, now));
        if dice.chance(0.25) {
            todo(state, &mut dice, id, moment);
        }
    }
    for moment in moments(ITEMS, &mut dice) {
        add(state, Kind::Smart, moment, &item(&mut dice));
    }
    for moment in moments(NOTICES, &mut dice) {
        notice(state, &mut dice, moment);
    }
}

/// Draws a moment; recent ones are more likely than old ones.
fn ago(dice: &mut Dice, now: i64) -> i64 {
    let share = roll(&mut dice.0);
    #[expect(clippy::cast_possible_truncation, reason = "two months of seconds")]
    let seconds = (share * share * PAST) as i64;
    now - seconds
}

fn add(state: &mut State, kind: Kind, now: i64, fields: &Sent) -> u32 {
    let how = Writing {
        kind,
        now,
        user: 1,
        adding: true,
        universal: true,
        import: false,
    };
    write::add(state, how, fields).expect("the demo follows the portal's own rules")
}

fn sent(value: Value) -> Sent {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

struct Person {
    name: String,
    family: String,
    email: String,
    phone: String,
}

fn person(dice: &mut Dice) -> Person {
    let at = dice.below(FAMILIES.len());
    let woman = dice.chance(0.55);
    let ending = if woman { "а" } else { "" };
    let family = FAMILIES.get(at).copied().unwrap_or_default();
    let latin = LATIN.get(at).copied().unwrap_or_default();
    let number = dice.below(10_000);
    Person {
        name: (*dice.pick(if woman { WOMEN } else { MEN })).to_owned(),
        family: format!("{family}{ending}"),
        email: format!("{latin}{}@{}", number % 1000, dice.pick(HOSTS)),
        // No phone number is assigned in the 900 000 range.
        phone: format!("+7 900 000-{:02}-{:02}", number / 100, number % 100),
    }
}

fn contact(dice: &mut Dice) -> Sent {
    let person = person(dice);
    let (source, _, _) = *dice.pick(CAMPAIGNS);
    sent(json!({
        "NAME": person.name,
        "LAST_NAME": person.family,
        "TYPE_ID": "CLIENT",
        "SOURCE_ID": if source.is_empty() { "WEBFORM" } else { "ADVERTISING" },
        "ADDRESS_CITY": dice.pick(CITIES),
        "ASSIGNED_BY_ID": dice.pick(EMPLOYEES),
        "PHONE": [{"VALUE": person.phone, "VALUE_TYPE": "MOBILE"}],
        "EMAIL": [{"VALUE": person.email, "VALUE_TYPE": "HOME"}],
        "UF_CRM_CONSENT": if dice.chance(0.7) { "Y" } else { "N" },
        "UTM_SOURCE": source,
    }))
}

fn lead(dice: &mut Dice) -> Sent {
    let person = person(dice);
    let (topic, amount) = *dice.pick(PROGRAMMES);
    let stage = *dice.pick(&[
        "NEW",
        "NEW",
        "NEW",
        "IN_PROCESS",
        "IN_PROCESS",
        "PROCESSED",
        "CONVERTED",
        "JUNK",
    ]);
    sent(json!({
        "TITLE": format!("Опрос: {topic}"),
        "NAME": person.name,
        "LAST_NAME": person.family,
        "STATUS_ID": stage,
        "SOURCE_ID": "WEBFORM",
        "OPPORTUNITY": amount,
        "ASSIGNED_BY_ID": dice.pick(EMPLOYEES),
        "PHONE": [{"VALUE": person.phone, "VALUE_TYPE": "WORK"}],
        "EMAIL": [{"VALUE": person.email, "VALUE_TYPE": "WORK"}],
        "UF_CRM_POLL_ID": (120 + dice.below(9)).to_string(),
        "UTM_SOURCE": dice.pick(CAMPAIGNS).0,
    }))
}

fn deal(dice: &mut Dice) -> Sent {
    let online = dice.chance(0.45);
    let (category, prefix) = if online { (1, "C1:") } else { (0, "") };
    let (topic, amount) = *dice.pick(if online { COURSES } else { PROGRAMMES });
    let stage = *dice.pick(&[
        "NEW",
        "NEW",
        "NEW",
        "NEW",
        "PREPARATION",
        "PREPARATION",
        "PREPAYMENT_INVOICE",
        "EXECUTING",
        "EXECUTING",
        "FINAL_INVOICE",
        "WON",
        "WON",
        "LOSE",
    ]);
    let (source, medium, campaign) = *dice.pick(CAMPAIGNS);
    let order = 20_000 + dice.below(9_000);
    let mut contacts = vec![1 + dice.below(CONTACTS)];
    if dice.chance(0.06) {
        contacts.push(1 + dice.below(CONTACTS));
    }
    sent(json!({
        "TITLE": if online { format!("Курс «{topic}»") } else { topic.to_owned() },
        "CATEGORY_ID": category,
        "STAGE_ID": format!("{prefix}{stage}"),
        "CONTACT_IDS": contacts,
        "OPPORTUNITY": amount,
        "ASSIGNED_BY_ID": dice.pick(EMPLOYEES),
        "SOURCE_ID": if source.is_empty() { "WEB" } else { "ADVERTISING" },
        "UF_CRM_ORDER_ID": order.to_string(),
        "UF_CRM_TOPICS": [45 + dice.below(5)],
        "UTM_SOURCE": source,
        "UTM_MEDIUM": medium,
        "UTM_CAMPAIGN": campaign,
        "ORIGINATOR_ID": "site-forms",
        "ORIGIN_ID": format!("order-{order}-{}", dice.below(1_000_000)),
    }))
}

fn item(dice: &mut Dice) -> Sent {
    let (course, amount) = *dice.pick(COURSES);
    let stage = *dice.pick(&["NEW", "NEW", "PREPARATION", "CLIENT", "SUCCESS", "FAIL"]);
    sent(json!({
        "TITLE": format!("Договор: «{course}»"),
        "STAGE_ID": format!("DT1036_9:{stage}"),
        "CONTACT_IDS": [1 + dice.below(CONTACTS)],
        "OPPORTUNITY": amount,
        "ASSIGNED_BY_ID": dice.pick(EMPLOYEES),
    }))
}

fn notice(state: &mut State, dice: &mut Dice, moment: i64) {
    state.numbers.notice += 1;
    let id = state.numbers.notice;
    let notice = Notice {
        id,
        user: *dice.pick(EMPLOYEES),
        from: None,
        text: format!("Новая заявка: [B]{}[/B]", dice.pick(PROGRAMMES).0),
        tag: String::new(),
        sub_tag: String::new(),
        created: moment,
    };
    state.notices.insert(id, notice);
}

/// Adds comments to a record, none of them in the future.
fn remark(
    state: &mut State,
    dice: &mut Dice,
    (kind, owner): (Kind, u32),
    (moment, now): (i64, i64),
) {
    let comment = |state: &mut State, author: u32, created: i64, text: String| {
        state.numbers.comment += 1;
        let id = state.numbers.comment;
        state.add_comment(Comment {
            id,
            kind,
            owner,
            created,
            author,
            text,
            files: Vec::new(),
            file_ids: Vec::new(),
        });
    };
    if dice.chance(0.5) {
        let city = dice.pick(CITIES);
        let text = format!(
            "[B]Ответы на опрос[/B]\nОткуда узнали: от друзей\nГород: {city}\nУдобное время для звонка: после 16:00"
        );
        comment(state, 1, (moment + 2).min(now), text);
    }
    if dice.chance(0.4) {
        let author = *dice.pick(EMPLOYEES);
        comment(
            state,
            author,
            (moment + 5400).min(now),
            (*dice.pick(REMARKS)).to_owned(),
        );
    }
}

fn todo(state: &mut State, dice: &mut Dice, owner: u32, moment: i64) {
    state.numbers.activity += 1;
    let id = state.numbers.activity;
    let responsible = *dice.pick(EMPLOYEES);
    let done = if dice.chance(0.4) { "Y" } else { "N" };
    let fields = json!({
        "ID": id.to_string(),
        "OWNER_ID": owner.to_string(),
        "OWNER_TYPE_ID": "2",
        "TYPE_ID": "6",
        "PROVIDER_ID": "CRM_TODO",
        "PROVIDER_TYPE_ID": "TODO",
        "SUBJECT": "Перезвонить и ответить на вопросы",
        "DESCRIPTION": "",
        "CREATED": when::iso(moment + 60),
        "LAST_UPDATED": when::iso(moment + 60),
        "DEADLINE": when::iso(moment + 2 * 24 * 3600),
        "COMPLETED": done,
        "STATUS": if done == "Y" { "2" } else { "1" },
        "RESPONSIBLE_ID": responsible.to_string(),
        "AUTHOR_ID": "1",
        "ORIGINATOR_ID": null,
        "ORIGIN_ID": null,
    });
    state.add_activity(Activity {
        id,
        kind: Kind::Deal,
        owner,
        fields: sent(fields),
    });
}
