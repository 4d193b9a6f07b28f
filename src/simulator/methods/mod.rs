//! The REST methods, one file per family. A method takes the state and the parameters and answers
//! or refuses; it does not know about HTTP, batches, limits or faults.

#![expect(
    clippy::unnecessary_wraps,
    reason = "methods that never refuse have the shape of those that do"
)]

pub(super) mod activity;
mod activity_bindings;
mod activity_fields;
mod activity_todo;
mod address;
mod bank_detail;
mod bindings;
mod category;
mod classic;
mod company_contact;
mod dealcategory;
mod describe;
mod dictionaries;
mod duplicate;
mod entity;
mod enums;
mod item;
mod notify;
mod productrow;
mod requisite;
mod requisite_preset;
pub(super) mod rows;
mod service;
mod smart_type;
mod status;
mod timeline;
mod timeline_bindings;
mod user;
mod userfield;

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    envelope::Reply,
    errors::ApiError,
    fetched::Fetched,
    php,
    state::{State, kind::Kind},
};

/// What a method works with.
pub(super) struct Context<'a> {
    pub(super) state: &'a mut State,
    pub(super) now: Timestamp,
    /// The caller.
    pub(super) user: u32,
    /// The application through which the employee calls; `None` for a webhook.
    pub(super) application: Option<u32>,
    pub(super) methods: &'a Registry,
    /// Files that the portal fetched for this call, by their addresses.
    pub(super) fetched: &'a Fetched,
}

/// The function of a method.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// A single method.
    One(fn(&mut Context<'_>, &Value) -> Reply),
    /// One of a family that exists for several kinds of records.
    Of(Kind, fn(&mut Context<'_>, Kind, &Value) -> Reply),
}

/// A registered method.
#[derive(Clone, Copy)]
pub(super) struct Method {
    /// The scope it needs; empty for none.
    pub(super) scope: &'static str,
    run: Run,
}

impl Method {
    pub(super) fn call(&self, ctx: &mut Context<'_>, params: &Value) -> Reply {
        match self.run {
            Run::One(run) => run(ctx, params),
            Run::Of(kind, run) => run(ctx, kind, params),
        }
    }
}

/// All methods by their lower-case names.
pub(super) struct Registry {
    methods: HashMap<String, Method>,
    names: Vec<String>,
}

impl Registry {
    /// Collects the families, and these that are elsewhere.
    pub(super) fn new(others: &[fn(&mut Self)]) -> Self {
        let mut registry = Self {
            methods: HashMap::new(),
            names: Vec::new(),
        };
        for family in [
            activity::register,
            activity_bindings::register,
            activity_todo::register,
            address::register,
            bank_detail::register,
            bindings::register,
            category::register,
            classic::register,
            company_contact::register,
            dealcategory::register,
            dictionaries::register,
            duplicate::register,
            entity::register,
            enums::register,
            item::register,
            notify::register,
            productrow::register,
            requisite::register,
            requisite_preset::register,
            service::register,
            smart_type::register,
            status::register,
            timeline::register,
            timeline_bindings::register,
            user::register,
            userfield::register,
        ] {
            family(&mut registry);
        }
        for family in others {
            family(&mut registry);
        }
        registry.names.sort();
        registry
    }

    pub(super) fn add(&mut self, name: impl Into<String>, scope: &'static str, run: Run) {
        let name = name.into();
        self.names.push(name.clone());
        self.methods
            .insert(name.to_lowercase(), Method { scope, run });
    }

    /// The method with a name in any case.
    pub(super) fn get(&self, name: &str) -> Option<&Method> {
        self.methods.get(&name.to_lowercase())
    }

    /// The names in order, `batch` included.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once("batch").chain(self.names.iter().map(String::as_str))
    }
}

/// A classic argument: the server tries several spellings of its name.
pub(super) fn argument<'a>(params: &'a Value, name: &str) -> Option<&'a Value> {
    let mut capitalised = name.to_lowercase();
    if let Some(first) = capitalised.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let prefixed = format!("ar{capitalised}");
    [
        name,
        &name.to_uppercase(),
        &name.to_lowercase(),
        &capitalised,
        &prefixed,
    ]
    .into_iter()
    .find_map(|spelling| php::member(params, spelling))
}

/// A classic argument that must be an array; absent means empty.
fn array_argument(params: &Value, name: &str) -> Result<Value, ApiError> {
    match argument(params, name) {
        None | Some(Value::Null) => Ok(Value::Array(Vec::new())),
        Some(value) if php::is_array(value) => Ok(value.clone()),
        // A form cannot send an empty array; the server takes the empty text for one.
        Some(Value::String(text)) if text.is_empty() => Ok(Value::Array(Vec::new())),
        Some(_) => Err(ApiError::must_be_array(name)),
    }
}

/// A classic `id`, which must be a positive number.
fn id_argument(params: &Value) -> Result<u32, ApiError> {
    let id = argument(params, "id").map_or(0, php::intval);
    u32::try_from(id)
        .ok()
        .filter(|id| *id > 0)
        .ok_or_else(ApiError::bad_id)
}
