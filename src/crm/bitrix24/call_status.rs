//! The result codes of calls (REST documentation, "telephony.externalCall.finish") by the causes
//! that PBXs name. Causes are those of `FreeSWITCH`, on which many PBXs are built; another dialect
//! names none of them and gets the code of its kind of call.

use crate::domain::{CallKind, PlannedCall};

/// They spoke.
const TALKED: &str = "200";
/// A missed call. Only with this code does the activity of an incoming call stay open.
const MISSED: &str = "304";
/// No other code fits.
const OTHER: &str = "OTHER";

/// The codes of outgoing calls that nobody answered.
const UNANSWERED: [(&str, &str); 12] = [
    ("NORMAL_CLEARING", "603-S"),
    ("ORIGINATOR_CANCEL", "603-S"),
    ("NO_ANSWER", "480"),
    ("NO_USER_RESPONSE", "480"),
    ("ALLOTTED_TIMEOUT", "480"),
    ("USER_NOT_REGISTERED", "480"),
    ("USER_BUSY", "486"),
    ("CALL_REJECTED", "603"),
    ("UNALLOCATED_NUMBER", "404"),
    ("INVALID_NUMBER_FORMAT", "484"),
    ("NORMAL_TEMPORARY_FAILURE", "503"),
    ("NETWORK_OUT_OF_ORDER", "503"),
];

/// Returns the result code of a call.
pub(super) fn code(call: &PlannedCall) -> &'static str {
    match call.kind {
        // a client who heard the busy tone has to be called back, too
        CallKind::Missed => MISSED,
        _ if call.talk > 0 => TALKED,
        CallKind::Incoming => MISSED,
        CallKind::Outgoing | CallKind::Internal => {
            let cause = call.cause.as_deref().unwrap_or_default().trim();
            let known = UNANSWERED.iter().find(|(name, _)| *name == cause);
            known.map_or(OTHER, |(_, code)| code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::bitrix24::calls::tests::call;

    #[test]
    fn the_cause_and_the_kind_of_a_call_decide_its_code() {
        use CallKind::{Incoming, Missed, Outgoing};
        for (kind, talk, cause, expected) in [
            (Incoming, 28, "NORMAL_CLEARING", "200"),
            (Incoming, 28, "", "200"),
            (Incoming, 0, "NORMAL_CLEARING", "304"),
            (Missed, 0, "NO_ANSWER", "304"),
            (Missed, 0, "ORIGINATOR_CANCEL", "304"),
            (Missed, 0, "USER_BUSY", "304"),
            (Missed, 0, "1123", "304"),
            (Missed, 9, "", "304"),
            (Outgoing, 28, "NORMAL_CLEARING", "200"),
            (Outgoing, 28, "USER_BUSY", "200"),
            (Outgoing, 0, "NORMAL_CLEARING", "603-S"),
            (Outgoing, 0, "ORIGINATOR_CANCEL", "603-S"),
            (Outgoing, 0, "NO_ANSWER", "480"),
            (Outgoing, 0, "NO_USER_RESPONSE", "480"),
            (Outgoing, 0, "ALLOTTED_TIMEOUT", "480"),
            (Outgoing, 0, "USER_NOT_REGISTERED", "480"),
            (Outgoing, 0, "USER_BUSY", "486"),
            (Outgoing, 0, "CALL_REJECTED", "603"),
            (Outgoing, 0, "UNALLOCATED_NUMBER", "404"),
            (Outgoing, 0, "INVALID_NUMBER_FORMAT", "484"),
            (Outgoing, 0, "NORMAL_TEMPORARY_FAILURE", "503"),
            (Outgoing, 0, "NETWORK_OUT_OF_ORDER", "503"),
            (Outgoing, 0, "SOMETHING_NEW", "OTHER"),
            (Outgoing, 0, "", "OTHER"),
        ] {
            let call = PlannedCall {
                talk,
                cause: Some(cause.to_owned()),
                ..call(kind)
            };
            assert_eq!(code(&call), expected, "{kind} {talk} {cause}");
        }
    }
}
