//! The whole gateway against the embedded sandbox, over HTTP, as a sender sees it.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod gateway;

mod alerts;
mod amocrm;
mod amocrm_flow;
mod amocrm_hooks;
mod amocrm_pair;
mod amocrm_reading;
mod amocrm_shapes;
mod amocrm_widget;
mod bad_input;
mod bindings;
mod calltouch;
mod capture;
mod channels;
mod channels_bad_input;
mod channels_each;
mod channels_formats;
mod channels_guard;
mod channels_http;
mod channels_manual;
mod channels_once;
mod channels_quarantine;
mod channels_replies;
mod channels_request;
mod channels_rules;
mod channels_signed;
mod channels_strangers;
mod channels_unreadable;
mod choices;
mod companies;
mod conflicts;
mod connections;
mod crowds;
mod cut_characters;
mod dedup;
mod delivery;
mod employees;
mod explained;
mod explained_kept;
mod file_links;
mod files;
mod flood;
mod heavy_bodies;
mod http;
mod http_faults;
mod http_replays;

mod item_labels;
mod items;
mod keyless;
mod labels;
mod later_changes;
mod left_out;
mod lost_replies;
mod mail;
mod mail_steps;
mod parked_repeats;
mod pauses;
mod poll_facts;
mod polls;
mod portal_check;
mod portal_words;
mod preview;
#[cfg(target_os = "linux")]
mod process;
mod products;
mod profiles;
mod reasons;
mod refused;
mod registry;
mod replays;
mod same_found;
mod shared_lookups;
mod slow_clients;
mod spellings;
#[cfg(target_os = "linux")]
mod storage;
mod strange_answers;
mod suspects;
mod todos;
mod unknown_fields;
mod upgrade;
