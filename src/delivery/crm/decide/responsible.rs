//! Chooses the responsible employee for a new contact or record.

use super::DecisionInput;
use crate::domain::{Responsible, ResponsibleExplanation, UserId};

/// Returns the employee and the explanation. Without an employee the portal assigns the webhook's
/// owner.
pub(super) fn choose(
    case: &DecisionInput<'_>,
    wanted: &Responsible,
    owner: Option<UserId>,
) -> (Option<UserId>, ResponsibleExplanation) {
    match find(case, wanted, owner) {
        Some((user, how)) => (Some(user), how),
        None => (None, ResponsibleExplanation::Nobody),
    }
}

fn find(
    case: &DecisionInput<'_>,
    wanted: &Responsible,
    owner: Option<UserId>,
) -> Option<(UserId, ResponsibleExplanation)> {
    match wanted {
        Responsible::User(user) => Some((*user, ResponsibleExplanation::Named(*user))),
        Responsible::Email(email) => {
            let user = *case.found.employees.get(email)?;
            Some((user, ResponsibleExplanation::Named(user)))
        }
        Responsible::ContactOwner => {
            owner.map(|user| (user, ResponsibleExplanation::OwnsContact(user)))
        }
        Responsible::First(several) => several.iter().find_map(|one| find(case, one, owner)),
        Responsible::InTurn(several) => {
            let turn = case.job.turn.unwrap_or(0);
            let of = several.len();
            // employees who cannot be found are skipped
            let first = usize::try_from(turn % u64::try_from(of).ok().filter(|n| *n > 0)?).ok()?;
            let in_order = several.iter().cycle().skip(first).take(of);
            let (user, _) = in_order
                .into_iter()
                .find_map(|one| find(case, one, owner))?;
            let number = turn.saturating_add(1);
            Some((user, ResponsibleExplanation::Turn { user, number, of }))
        }
    }
}
