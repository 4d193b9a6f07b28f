//! How a method refuses: code, text and HTTP status as on the portal, because clients written for
//! the real portal check exactly these.

use serde_json::{Map, Value};

use super::php;

/// A refusal in the portal's words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiError {
    /// The HTTP status when the refused call stands alone; inside a batch it is not shown.
    pub(super) status: u16,
    /// `error`; empty in the classic CRM.
    pub(super) code: String,
    /// `error_description`.
    pub(super) description: String,
    /// `argument`: the parameter that is wrong, in some errors.
    pub(super) argument: Option<String>,
}

impl ApiError {
    /// A refusal with a code, HTTP 400.
    pub(super) fn coded(code: &str, description: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            description: description.into(),
            argument: None,
        }
    }

    /// A refusal of the classic CRM: HTTP 400 and no code at all.
    pub(super) fn classic(description: impl Into<String>) -> Self {
        Self::coded("", description)
    }

    /// The same refusal under another HTTP status.
    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The code of [`Self::wrong_auth_type`].
    pub(super) const WRONG_AUTH_TYPE: &str = "WRONG_AUTH_TYPE";

    /// A webhook calls what only applications may.
    pub(super) fn wrong_auth_type() -> Self {
        Self::coded(
            Self::WRONG_AUTH_TYPE,
            "Current authorization type is denied for this method",
        )
        .with_status(403)
    }

    /// The same in the words of methods that say what they need.
    pub(super) fn application_context_required() -> Self {
        let mut error = Self::wrong_auth_type();
        error.description.push_str(" Application context required");
        error
    }

    pub(super) fn access_denied(why: &str) -> Self {
        Self::coded("ACCESS_DENIED", format!("Access denied! {why}")).with_status(403)
    }

    /// A parameter is missing.
    pub(super) fn argument(name: &str) -> Self {
        let words = format!("Argument '{name}' is null or empty");
        Self {
            argument: Some(name.to_owned()),
            ..Self::coded("ERROR_ARGUMENT", words)
        }
    }

    /// The words for an expired token.
    pub(super) const EXPIRED: &str = "The access token provided has expired";

    pub(super) fn expired_token() -> Self {
        Self::coded("expired_token", Self::EXPIRED).with_status(401)
    }

    pub(super) fn invalid_token() -> Self {
        Self::coded("invalid_token", "Unable to get application by token").with_status(401)
    }

    pub(super) fn not_installed() -> Self {
        Self::coded("NOT_INSTALLED", "Application not installed").with_status(401)
    }

    pub(super) fn user_access() -> Self {
        let words = "The user does not have access to the application";
        Self::coded("user_access_error", words).with_status(403)
    }

    pub(super) fn insufficient_scope_of_token() -> Self {
        let words = "The request requires higher privileges than provided by the access token";
        Self::coded("insufficient_scope", words).with_status(403)
    }

    pub(super) fn method_not_found() -> Self {
        Self::coded("ERROR_METHOD_NOT_FOUND", "Method not found!").with_status(404)
    }

    pub(super) fn no_auth() -> Self {
        Self::coded("NO_AUTH_FOUND", "Wrong authorization data").with_status(401)
    }

    pub(super) fn invalid_credentials() -> Self {
        // The documentation says 403, the server answers 401.
        Self::coded("INVALID_CREDENTIALS", "Invalid request credentials").with_status(401)
    }

    pub(super) fn insufficient_scope() -> Self {
        Self::coded(
            "insufficient_scope",
            "The request requires higher privileges than provided by the webhook token",
        )
        .with_status(401)
    }

    pub(super) fn user_dismissed() -> Self {
        Self::coded("authorization_error", "Unable to authorize user").with_status(401)
    }

    pub(super) fn query_limit() -> Self {
        Self::coded("QUERY_LIMIT_EXCEEDED", "Too many requests").with_status(503)
    }

    pub(super) fn operation_limit() -> Self {
        Self::coded(
            "OPERATION_TIME_LIMIT",
            "Method is blocked due to operation time limit.",
        )
        .with_status(429)
    }

    pub(super) fn overload() -> Self {
        Self::coded("OVERLOAD_LIMIT", "REST API is blocked due to overload").with_status(503)
    }

    pub(super) fn batch_too_long() -> Self {
        Self::coded("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
    }

    pub(super) fn not_for_batch() -> Self {
        Self::coded(
            "ERROR_BATCH_METHOD_NOT_ALLOWED",
            "Method is not allowed for batch usage",
        )
        .with_status(405)
    }

    /// Classic methods: an id that is not a positive number.
    pub(super) fn bad_id() -> Self {
        Self::classic("ID is not defined or invalid.")
    }

    /// Classic methods: no such record.
    pub(super) fn not_found() -> Self {
        Self::classic("Not found")
    }

    /// Classic methods: an argument that had to be an array.
    pub(super) fn must_be_array(name: &str) -> Self {
        Self::classic(format!("Parameter '{name}' must be array."))
    }

    /// Controller methods: an argument that was left out.
    pub(super) fn missing_argument(name: &str) -> Self {
        Self::coded(
            "100",
            format!("Could not find value for parameter {{{name}}}"),
        )
    }

    /// Classic methods: a number that is missing or wrong.
    pub(super) fn undefined(name: &str) -> Self {
        Self::classic(format!("{name} is not defined or invalid."))
    }

    /// Universal methods: a single value for a field with several.
    pub(super) fn not_iterable(value: &Value) -> Self {
        let got = php::type_name(value);
        let text = format!("Expected iterable value for multiple field, but got `{got}` instead");
        Self::coded("100", text)
    }

    /// `error` and `error_description`, as they are in an envelope or in a batch's
    /// `result_error`.
    pub(super) fn to_map(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("error".to_owned(), Value::String(self.code.clone()));
        map.insert(
            "error_description".to_owned(),
            Value::String(self.description.clone()),
        );
        if let Some(argument) = &self.argument {
            map.insert("argument".to_owned(), argument.as_str().into());
        }
        map
    }
}
