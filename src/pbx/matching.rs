//! Who of a PBX is who in the portal: by hand, by the PBX's own settings, by inner number, or by
//! e-mail.

use serde_json::{Value, json};

use super::PbxUser;
use crate::crm::ColleagueRow;
use crate::domain::{Bilingual, PbxMatches, UserId};

/// By what a user of a PBX was matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// By hand, in `_pbx.yaml`.
    Hand,
    /// In the settings of the PBX, which names the employee's number.
    Pbx,
    /// By the inner number of the portal.
    InnerNumber,
    /// By the e-mail address.
    Email,
    /// By nothing: the employee for unknown numbers.
    Default,
}

impl MatchedBy {
    /// Returns the word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hand => "hand",
            Self::Pbx => "pbx",
            Self::InnerNumber => "inner_number",
            Self::Email => "email",
            Self::Default => "default",
        }
    }

    /// Returns the words for people.
    pub fn text(self) -> Bilingual<&'static str> {
        match self {
            Self::Hand => Bilingual::new("_pbx.yaml", "_pbx.yaml"),
            Self::Pbx => Bilingual::new("the PBX", "настройки АТС"),
            Self::InnerNumber => Bilingual::new("inner number", "внутренний номер"),
            Self::Email => Bilingual::new("e-mail", "почта"),
            Self::Default => Bilingual::new("default", "по умолчанию"),
        }
    }
}

/// Everything that tells who is who.
#[derive(Debug, Clone, Copy)]
pub struct People<'p> {
    /// What people have matched.
    pub by_hand: Option<&'p PbxMatches>,
    /// The active employees, by number; none if they were not read yet.
    pub employees: &'p [ColleagueRow],
    /// The users of the PBX; none if they were not read.
    pub users: &'p [PbxUser],
}

/// A user of a PBX, and who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedUser {
    /// The user.
    pub user: PbxUser,
    /// The employee, and by what they were matched.
    pub employee: Option<(ColleagueRow, MatchedBy)>,
    /// Whether several employees have the inner number.
    pub is_shared: bool,
}

/// Everybody on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// The users of the PBX.
    pub users: Vec<MatchedUser>,
    /// The employees who are no user of the PBX.
    pub without_user: Vec<ColleagueRow>,
    /// Inner numbers of the portal that several employees have.
    pub shared: Vec<String>,
    /// Employees of `_pbx.yaml` who are not active in the portal.
    pub gone: Vec<UserId>,
}

impl Matching {
    /// Returns everybody as JSON, for programs.
    pub fn to_json(&self) -> Value {
        let users = self.users.iter().map(|it| {
            let employee = it.employee.as_ref();
            let by = employee.map(|(_, by)| by.as_str());
            let employee = employee.map(|(row, _)| json!({"id": row.id, "name": row.name}));
            json!({
                "inner": it.user.inner, "name": it.user.name, "employee": employee,
                "matched_by": by, "is_shared": it.is_shared,
            })
        });
        let without = self.without_user.iter();
        let without =
            without.map(|row| json!({"id": row.id, "name": row.name, "inner": row.inner}));
        json!({
            "users": users.collect::<Vec<_>>(), "without_user": without.collect::<Vec<_>>(),
        })
    }
}

impl<'p> People<'p> {
    /// Returns the employee who is meant by an inner number of the PBX or by the number that the PBX
    /// has of them. Until the employees were read, only what is matched by hand is certain.
    pub fn employee_of(
        &self,
        inner: Option<&str>,
        crm_user: Option<&str>,
    ) -> Option<(UserId, MatchedBy)> {
        self.matched(inner, crm_user).or_else(|| {
            let default = self.by_hand?.default?;
            let is_known = self.employee(default).is_some();
            is_known.then_some((default, MatchedBy::Default))
        })
    }

    /// The same without the employee for unknown numbers.
    fn matched(&self, inner: Option<&str>, crm_user: Option<&str>) -> Option<(UserId, MatchedBy)> {
        let inner = inner.map(str::trim).filter(|inner| !inner.is_empty());
        let by_hand = inner.and_then(|inner| self.by_hand?.employees.get(inner).copied());
        let by_hand =
            by_hand.filter(|id| self.employees.is_empty() || self.employee(*id).is_some());
        if let Some(id) = by_hand {
            return Some((id, MatchedBy::Hand));
        }
        let by_pbx = crm_user.and_then(|user| UserId::new(user.trim().parse().ok()?));
        if let Some(row) = by_pbx.and_then(|id| self.employee(id)) {
            return Some((row.id, MatchedBy::Pbx));
        }
        let inner = inner?;
        if let Some(row) = self.with_inner(inner).next() {
            return Some((row.id, MatchedBy::InnerNumber));
        }
        let user = self.users.iter().find(|user| user.inner == inner)?;
        let row = self.with_email(user.email.as_deref()?)?;
        Some((row.id, MatchedBy::Email))
    }

    /// Returns the inner number of an employee in the PBX.
    pub fn inner_of(&self, employee: UserId) -> Option<String> {
        let by_hand = self.by_hand.into_iter().flat_map(|it| &it.employees);
        let mut by_hand = by_hand.filter(|(_, id)| **id == employee);
        if let Some((inner, _)) = by_hand.next() {
            return Some(inner.clone());
        }
        let row = self.employee(employee)?;
        let of_portal = || {
            let inner = row.inner.clone()?;
            // by hand, the number is somebody else's
            let owner = self.by_hand.and_then(|it| it.employees.get(&inner));
            owner.is_none().then_some(inner)
        };
        let by_email = || {
            let email = row.email.as_deref()?;
            let is_own = |user: &&PbxUser| {
                let theirs = user.email.as_deref();
                theirs.is_some_and(|theirs| is_same_email(theirs, email))
            };
            self.users
                .iter()
                .find(is_own)
                .map(|user| user.inner.clone())
        };
        of_portal().or_else(by_email)
    }

    /// Matches everybody.
    pub fn matching(&self) -> Matching {
        let users: Vec<MatchedUser> = self.users.iter().map(|user| self.whole(user)).collect();
        let is_user = |row: &&ColleagueRow| {
            let mut matched = users.iter().filter_map(|user| user.employee.as_ref());
            matched.any(|(employee, _)| employee.id == row.id)
        };
        let without_user = self.employees.iter().filter(|row| !is_user(row));
        let by_hand = self.by_hand.into_iter();
        let by_hand = by_hand.flat_map(|it| it.employees.values().chain(&it.default));
        let mut gone: Vec<UserId> = by_hand
            .copied()
            .filter(|id| self.employee(*id).is_none())
            .collect();
        gone.sort_unstable();
        gone.dedup();
        Matching {
            without_user: without_user.cloned().collect(),
            shared: shared_numbers(self.employees),
            gone,
            users,
        }
    }

    fn whole(&self, user: &PbxUser) -> MatchedUser {
        let found = self.matched(Some(&user.inner), None);
        let employee = found.and_then(|(id, by)| Some((self.employee(id)?.clone(), by)));
        MatchedUser {
            user: user.clone(),
            employee,
            is_shared: self.with_inner(&user.inner).nth(1).is_some(),
        }
    }

    /// Returns an active employee.
    pub(super) fn employee(&self, id: UserId) -> Option<&'p ColleagueRow> {
        let place = self.employees.binary_search_by_key(&id, |row| row.id);
        self.employees.get(place.ok()?)
    }

    fn with_inner(&self, inner: &str) -> impl Iterator<Item = &'p ColleagueRow> {
        let employees = self.employees.iter();
        employees.filter(move |row| row.inner.as_deref() == Some(inner))
    }

    /// Returns the employee with an e-mail address; `None` if several have it.
    fn with_email(&self, email: &str) -> Option<&'p ColleagueRow> {
        let mut own = self.employees.iter().filter(|row| {
            let theirs = row.email.as_deref();
            theirs.is_some_and(|theirs| is_same_email(theirs, email))
        });
        let first = own.next()?;
        own.next().is_none().then_some(first)
    }
}

fn is_same_email(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Returns the inner numbers that several employees have: calls cannot be told apart by them.
pub fn shared_numbers(rows: &[ColleagueRow]) -> Vec<String> {
    let mut numbers: Vec<&str> = rows.iter().filter_map(|row| row.inner.as_deref()).collect();
    numbers.sort_unstable();
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    let shared = pairs.filter(|(one, next)| one == next);
    let mut shared: Vec<String> = shared.map(|(one, _)| (*one).to_owned()).collect();
    shared.dedup();
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: i64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn employee(number: i64, inner: &str, email: &str) -> ColleagueRow {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ColleagueRow {
            id: id(number),
            name: format!("Сотрудник {number}"),
            inner: some(inner),
            email: some(email),
        }
    }

    fn user(inner: &str, email: &str) -> PbxUser {
        PbxUser {
            inner: inner.to_owned(),
            name: format!("Абонент {inner}"),
            email: Some(email.to_owned()).filter(|email| !email.is_empty()),
        }
    }

    fn by_hand(pairs: &[(&str, i64)], default: Option<i64>) -> PbxMatches {
        let employees = pairs.iter().map(|(inner, id)| ((*inner).to_owned(), *id));
        PbxMatches {
            employees: employees
                .map(|(inner, number)| (inner, id(number)))
                .collect(),
            default: default.map(id),
        }
    }

    #[test]
    fn a_hand_match_goes_before_the_pbx_the_inner_number_and_the_email() {
        use MatchedBy::{Default, Email, Hand, InnerNumber, Pbx};
        let employees = [
            employee(1, "101", "rita@kim.example"),
            employee(2, "102", ""),
            employee(3, "102", ""),
            employee(4, "", "Ivan@Tis.example"),
        ];
        let users = [
            user("9004", "ivan@tis.example"),
            user("9005", "no@one.example"),
        ];
        let hand = by_hand(&[("101", 4), ("9001", 2), ("9009", 77)], Some(3));
        let people = People {
            by_hand: Some(&hand),
            employees: &employees,
            users: &users,
        };
        for (inner, crm_user, expected) in [
            (Some("101"), Some("1"), Some((4, Hand))),
            (Some("9001"), None, Some((2, Hand))),
            (Some(" 9004 "), Some("1"), Some((1, Pbx))),
            (None, Some("1"), Some((1, Pbx))),
            // of several employees the one with the lowest number
            (Some("102"), Some("99"), Some((2, InnerNumber))),
            (Some("102"), Some("user_2"), Some((2, InnerNumber))),
            (Some("9004"), None, Some((4, Email))),
            // somebody who left
            (Some("9009"), None, Some((3, Default))),
            (Some("9005"), None, Some((3, Default))),
            (None, None, Some((3, Default))),
        ] {
            let found = people.employee_of(inner, crm_user);
            let expected = expected.map(|(number, by)| (id(number), by));
            assert_eq!(found, expected, "{inner:?} {crm_user:?}");
        }
        let without = People {
            by_hand: None,
            ..people
        };
        assert_eq!(without.employee_of(Some("9005"), None), None);
        let unread = People {
            employees: &[],
            ..people
        };
        assert_eq!(unread.employee_of(Some("9001"), None), Some((id(2), Hand)));
        assert_eq!(unread.employee_of(Some("102"), None), None);
    }

    #[test]
    fn the_inner_number_of_an_employee_is_the_one_of_the_pbx() {
        let employees = [
            employee(1, "101", ""),
            employee(2, "102", ""),
            employee(3, "", "ivan@tis.example"),
        ];
        let users = [user("9003", "ivan@tis.example")];
        let hand = by_hand(&[("9001", 1), ("102", 3)], None);
        let people = People {
            by_hand: Some(&hand),
            employees: &employees,
            users: &users,
        };
        assert_eq!(people.inner_of(id(1)).as_deref(), Some("9001"));
        // 102 is another's by hand
        assert_eq!(people.inner_of(id(2)), None);
        assert_eq!(people.inner_of(id(3)).as_deref(), Some("102"));
        let without = People {
            by_hand: None,
            ..people
        };
        assert_eq!(without.inner_of(id(3)).as_deref(), Some("9003"));
        assert_eq!(without.inner_of(id(9)), None);
    }

    #[test]
    fn everybody_is_shown_on_both_sides() {
        let employees = [
            employee(1, "101", ""),
            employee(2, "102", ""),
            employee(3, "102", ""),
            employee(4, "", ""),
        ];
        let users = [user("101", ""), user("102", ""), user("9005", "")];
        let hand = by_hand(&[("9009", 77)], Some(78));
        let people = People {
            by_hand: Some(&hand),
            employees: &employees,
            users: &users,
        };
        let matching = people.matching();
        let shown: Vec<_> = matching
            .users
            .iter()
            .map(|it| {
                let employee = it.employee.as_ref().map(|(row, _)| row.id.get());
                (it.user.inner.as_str(), employee, it.is_shared)
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("101", Some(1), false),
                ("102", Some(2), true),
                ("9005", None, false)
            ]
        );
        let without: Vec<i64> = matching
            .without_user
            .iter()
            .map(|row| row.id.get())
            .collect();
        assert_eq!(without, [3, 4]);
        let shown = matching.to_json();
        assert_eq!(
            shown["users"][0],
            json!({
                "inner": "101", "name": "Абонент 101", "is_shared": false,
                "employee": {"id": 1, "name": "Сотрудник 1"}, "matched_by": "inner_number"
            })
        );
        assert_eq!(
            shown["without_user"][0],
            json!({"id": 3, "name": "Сотрудник 3", "inner": "102"})
        );
        assert_eq!(matching.shared, ["102"]);
        assert_eq!(matching.gone, [id(77), id(78)]);
    }
}
