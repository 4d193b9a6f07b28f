//! What the PBX keeps over a restart: the records of calls, and the states of phones and agents. Live
//! calls end with the sandbox.

use serde::{Deserialize, Serialize};

use super::{PbxRecord, Switch};

/// The PBX in a snapshot.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::simulator) struct KeptSwitch {
    records: Vec<PbxRecord>,
    phones: Vec<KeptPhone>,
    /// The last number that was given.
    last: u64,
}

/// The state of an employee.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct KeptPhone {
    inner: String,
    is_registered: bool,
    is_at_work: bool,
}

impl Switch {
    /// Returns what is kept.
    pub(in crate::simulator) fn kept(&self) -> KeptSwitch {
        let phones = self.employees.iter().map(|employee| KeptPhone {
            inner: employee.inner.to_owned(),
            is_registered: employee.is_registered,
            is_at_work: employee.is_at_work,
        });
        KeptSwitch {
            records: self.records.clone(),
            phones: phones.collect(),
            last: self.last,
        }
    }

    /// Restores what was kept.
    pub(in crate::simulator) fn restore(&mut self, kept: KeptSwitch) {
        for phone in kept.phones {
            let mut employees = self.employees.iter_mut();
            if let Some(employee) = employees.find(|it| it.inner == phone.inner) {
                employee.is_registered = phone.is_registered;
                employee.is_at_work = phone.is_at_work;
            }
        }
        self.records = kept.records;
        self.last = kept.last;
    }
}
