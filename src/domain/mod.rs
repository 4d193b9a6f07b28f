//! The types that all modules share: no I/O, no clock, and of vendors only the names of sources.

mod api_token;
mod bilingual;
pub mod body;
mod call;
mod channel;
pub(crate) mod clean;
mod clock;
mod console;
mod destination;
mod email;
pub mod event;
mod explanation;
pub mod file;
mod hand_matches;
mod header_name;
pub mod hidden;
mod hook;
mod ids;
pub mod json;
mod lang;
mod mail_sender;
pub mod partial_json;
mod personal;
mod phone;
pub mod places;
mod plan;
pub mod plural;
mod poll;
mod profile_version;
mod reason;
mod refused;
mod request;
mod route;
mod secret;
mod source;
pub mod spelling;
mod state;
mod step_outcome;
mod submission;
mod surrogates;
pub mod tax_number;
pub mod text;
pub mod text_json;
pub mod url_text;
mod verdict_reason;
mod zone_name;

pub use api_token::{ApiScope, ApiToken, TokenHash};
pub use bilingual::{Bilingual, BilingualError};
pub(crate) use bilingual::{bilingual, failed};
pub use call::{CALLS, CallKind, PbxDialect, is_inner_number, line_digits};
pub use channel::{ChannelFacts, ChannelName};
pub use clock::{Clock, ManualClock, SystemClock};
pub use console::{AuditEntry, ConsoleSession, ConsoleUser, PausedByHand, Role, SessionHash};
pub use destination::Destination;
pub use email::{Email, TypedEmails};
pub use event::Event;
pub use explanation::{
    CallExplanation, CompanyExplanation, ContactExplanation, DroppedBecause, DroppedValue,
    Explanation, FileExplanation, FileOutcome, FoundByKey, FoundOne, IncompleteGroup, KeptBecause,
    KeptFields, LabelExplanation, LeftOutSince, MappingExplanation, NoRow, NotInTelephony,
    NotMergedBecause, PlanEvent, RecordExplanation, ResponsibleExplanation, SearchedKind,
    ValueKind,
};
pub use hand_matches::{HandMatches, PbxMatches};
pub use header_name::{is_header_name, is_of_the_connection, is_plain_header};
pub use hook::{
    EndpointName, FINAL_STAGES, HOOK_EVENTS, HOOK_READING, HOOKS, HookPattern, hook_entity,
    hook_event, is_amo_number, item_of_hooks, key_of_item, parts_of_key,
};
pub use ids::{
    AnswerId, CompanyId, ContactId, EntityKind, InstanceId, ItemType, PollId, RecordId,
    SubmissionId, UserId,
};
pub use json::Repairs;
pub use lang::Lang;
pub use mail_sender::MailSender;
pub use personal::Personal;
pub(crate) use phone::is_invisible;
pub use phone::{Country, Phone, TypedPhone, TypedPhones};
#[cfg(test)]
pub use plan::ProbeStep;
pub use plan::{
    CallChanged, CardOfCall, Closed, CommentPlan, CompanyPlan, Conflict, ContactPlan, CrmStep,
    CrmUpdateStep, FieldGroup, FieldRole, Found, HttpBody, HttpStep, IfItFails, KeptValue,
    KeylessCompany, LabelValue, LaterTest, LaterText, MailStep, Match, Note, OnUpdate, Origin,
    Plan, PlannedCall, PlannedField, PlannedFile, PlannedValue, ProductField, ProductRow,
    ProductsPlan, ProfileRef, RecordPlan, RecordingStep, ReplyMode, Responsible, SaveFrom,
    SaveMissing, SaveRule, SearchKey, Several, SourceValue, Step, StepKind, StepText, StepValue,
    SuccessRule, TextEscape, TodoOn, TodoPlan, UnknownLabel, UpdateTarget, WithoutKey, WrittenTest,
};
pub use poll::{Activation, Poll, PollFacts};
pub use profile_version::{
    NewProfileVersion, ProfileCounts, ProfileVersion, VERSIONS_KEPT, text_hash,
};
pub use reason::ParkReason;
pub use refused::Refused;
pub use request::RequestFacts;
pub use route::Route;
pub use secret::is_same_secret;
pub use source::{Source, SourceKind, SourceKinds, Succession, SuccessionBounds};
pub use state::State;
pub use step_outcome::{LoggedStep, Refusal, StepOutcome, StepResult, StepVerdict};
pub use submission::{Became, Identity, Submission};
pub use verdict_reason::{
    AmoDisconnect, AmoFailure, CrmFailure, HttpFailure, MailCause, MailFailure, NetworkFailure,
    NoAnswer, NotASubmission, ReasonSubject, RecordingFault, Redirected, RejectedValue,
    TOKEN_METHOD, VerdictReason, portal_words,
};
pub use zone_name::zone_name;
