//! The portal's employees and departments. They are invented, like all people in the sandbox.

use serde::{Deserialize, Serialize};

/// A user of the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct User {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) active: bool,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) last_name: String,
    pub(in crate::simulator) second_name: String,
    pub(in crate::simulator) email: String,
    pub(in crate::simulator) position: String,
    pub(in crate::simulator) departments: Vec<u32>,
    pub(in crate::simulator) inner_phone: String,
    /// The mobile number; empty in older snapshots.
    #[serde(default)]
    pub(in crate::simulator) mobile: String,
    pub(in crate::simulator) gender: String,
    /// `employee`, `extranet`.
    pub(in crate::simulator) sort: String,
}

impl User {
    pub(in crate::simulator) fn full_name(&self) -> String {
        format!("{} {}", self.name, self.last_name)
    }
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Department {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) sort: u32,
    pub(in crate::simulator) parent: Option<u32>,
    pub(in crate::simulator) head: Option<u32>,
}

/// The departments of a fresh portal.
pub(in crate::simulator) fn departments() -> Vec<Department> {
    [
        (1, "Высшая школа", None, Some(1)),
        (3, "Отдел маркетинга", Some(1), Some(6)),
        (5, "Приёмная комиссия", Some(1), Some(9)),
        (7, "Онлайн-обучение", Some(1), Some(12)),
    ]
    .into_iter()
    .map(|(id, name, parent, head)| Department {
        id,
        name: name.to_owned(),
        sort: 500,
        parent,
        head,
    })
    .collect()
}

/// Id, name, e-mail, position, gender, departments.
const USERS: &str = "\
1|Алексей Сергеевич Воронцов|admin@hse.example|Администратор портала|M|1
6|Мария Андреевна Иванова|ivanova@hse.example|Руководитель маркетинга|F|3
7|Дмитрий Олегович Соколов|sokolov@hse.example|Менеджер по работе с заявками|M|3
9|Елена Викторовна Кузнецова|kuznetsova@hse.example|Начальник приёмной комиссии|F|5
10|Павел Ильич Морозов|morozov@hse.example|Специалист приёмной комиссии|M|5
12|Ольга Романовна Лебедева|lebedeva@hse.example|Руководитель онлайн-программ|F|7
13|Тимур Рашидович Гареев|gareev@hse.example|Менеджер онлайн-программ|M|7,3
15|Нина Петровна Зайцева|zaitseva@hse.example|Специалист (уволена)|F|5
16|Игорь Львович Беляев|belyaev@agency.example|Подрядчик|M|
";

/// The employee whose mobile number the portal knows.
const WITH_MOBILE: u32 = 7;
/// The dismissed employee.
const DISMISSED: u32 = 15;

/// The users of a fresh portal: an administrator, employees, a dismissed one and an external one.
pub(in crate::simulator) fn users() -> Vec<User> {
    USERS.lines().filter_map(user).collect()
}

/// Returns the inner number: three employees have phones of the sandbox's PBX.
fn inner_phone(id: u32) -> String {
    let number = match id {
        1 => 9022,
        9 => 9023,
        10 => 9024,
        other => 100 + other,
    };
    number.to_string()
}

fn user(line: &str) -> Option<User> {
    let mut parts = line.split('|');
    let id: u32 = parts.next()?.parse().ok()?;
    let mut words = parts.next()?.split(' ').map(str::to_owned);
    let (name, second_name, last_name) = (words.next()?, words.next()?, words.next()?);
    let email = parts.next()?.to_owned();
    let position = parts.next()?.to_owned();
    let gender = parts.next()?.to_owned();
    let departments: Vec<u32> = parts
        .next()?
        .split(',')
        .filter_map(|it| it.parse().ok())
        .collect();
    let outside = departments.is_empty();
    Some(User {
        id,
        active: id != DISMISSED,
        name,
        last_name,
        second_name,
        email,
        position,
        departments,
        inner_phone: if outside {
            String::new()
        } else {
            inner_phone(id)
        },
        mobile: if id == WITH_MOBILE {
            "+7 900 555-01-07".to_owned()
        } else {
            String::new()
        },
        gender,
        sort: if outside { "extranet" } else { "employee" }.to_owned(),
    })
}
