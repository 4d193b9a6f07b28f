//! What live calls ask: who an employee is, and which client is remembered. Answers come from memory
//! only.

use super::Directory;
use crate::domain::{Phone, UserId};
use crate::pbx::Client;
use crate::pbx::matching::MatchedBy;

impl Directory {
    /// Returns whether the employees were read.
    pub fn has_employees(&self) -> bool {
        self.employees.known().is_some()
    }

    /// Returns the employee whose phone has this inner number, or whom the PBX means by this number.
    /// The employee for unknown numbers is not the one whose phone rings.
    pub fn employee_at(&self, inner: Option<&str>, crm_user: Option<&str>) -> Option<UserId> {
        let found = self.with_people(|people| people.employee_of(inner, crm_user));
        let (employee, by) = found?;
        (by != MatchedBy::Default).then_some(employee)
    }

    /// Returns the name of an employee.
    pub fn name_of(&self, employee: UserId) -> Option<String> {
        self.with_people(|people| people.employee(employee).map(|row| row.name.clone()))
    }

    /// Returns the clients with a number, if they are remembered.
    pub fn remembered(&self, phone: &Phone) -> Vec<Client> {
        let rows = self.callers.remembered(phone);
        rows.map(|rows| self.listed(&rows, |owner| owner.to_string()))
            .unwrap_or_default()
    }
}
