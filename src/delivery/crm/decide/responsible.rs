//! Chooses the responsible employee for a new contact or record.

use super::{Decision, DecisionInput};
use crate::domain::{Email, Explanation, Responsible, ResponsibleExplanation, UserId};

/// Returns the employee, and explains the choice. Without an employee the portal assigns the
/// webhook's owner.
pub(super) fn choose(
    case: &DecisionInput<'_>,
    wanted: &Responsible,
    owner: Option<UserId>,
    decision: &mut Decision,
) -> Option<UserId> {
    let mut skipped = Vec::new();
    let found = find(case, wanted, owner, &mut skipped);
    if !skipped.is_empty() {
        let about = ResponsibleExplanation::Skipped(skipped);
        decision.explain(Explanation::Responsible(about));
    }
    let (user, how) = match found {
        Some((user, how)) => (Some(user), how),
        None => (None, ResponsibleExplanation::Nobody),
    };
    decision.explain(Explanation::Responsible(how));
    user
}

/// Finds the employee; adds the addresses that no active employee has: those before it, and all of a
/// rotation.
fn find(
    case: &DecisionInput<'_>,
    wanted: &Responsible,
    owner: Option<UserId>,
    skipped: &mut Vec<Email>,
) -> Option<(UserId, ResponsibleExplanation)> {
    match wanted {
        Responsible::User(user) => Some((*user, ResponsibleExplanation::Named(*user))),
        Responsible::Email(email) => {
            let user = case.found.employees.get(email);
            if user.is_none() && !skipped.contains(email) {
                skipped.push(email.clone());
            }
            user.map(|user| (*user, ResponsibleExplanation::Named(*user)))
        }
        Responsible::ContactOwner => {
            owner.map(|user| (user, ResponsibleExplanation::OwnsContact(user)))
        }
        // nobody is known
        Responsible::CallEmployee => None,
        Responsible::First(several) => several
            .iter()
            .find_map(|one| find(case, one, owner, skipped)),
        Responsible::InTurn(several) => {
            let turn = case.job.turn.unwrap_or(0);
            // those who cannot be found have no turn, otherwise their neighbour would get it, too
            let present = several.iter();
            let present = present.filter_map(|one| find(case, one, owner, skipped));
            let present: Vec<UserId> = present.map(|(user, _)| user).collect();
            let of = present.len();
            let place = turn.checked_rem(u64::try_from(of).ok()?)?;
            let user = *present.get(usize::try_from(place).ok()?)?;
            let number = turn.saturating_add(1);
            Some((user, ResponsibleExplanation::Turn { user, number, of }))
        }
    }
}
