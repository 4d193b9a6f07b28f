//! What becomes of a submission by the profile that takes it.

use serde_json::Value;

use crate::domain::Source;
use crate::inbox::{Reception, Taker};
use crate::mapping::{Profile, ProfileSet, rejection_reason};

/// Returns where the submissions of a profile go.
pub(super) fn taker(profiles: &ProfileSet, profile: &Profile) -> Taker {
    Taker {
        profile: profile.reference().file.clone(),
        route: profiles.route(Some(&profile.destination())),
    }
}

/// Accepts a submission, unless it lacks what its profile requires.
pub(super) fn by_profile(
    profiles: &ProfileSet,
    profile: &Profile,
    (source, packet): (&Source, &Value),
) -> Reception {
    let taker = taker(profiles, profile);
    let rejections = if profile.may_reject() {
        profile.rejections_from(source, packet)
    } else {
        Vec::new()
    };
    if rejections.is_empty() {
        return Reception::Accept(taker);
    }
    let reason = rejection_reason(&rejections);
    Reception::Reject { taker, reason }
}
