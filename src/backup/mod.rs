//! Copies of everything that a gateway keeps, made while it runs, and the way back. A copy is a
//! folder with a manifest: the size and the SHA-256 of every file, so that a damaged or incomplete
//! copy is noticed before anything is restored.

mod files;
mod make;
mod manifest;
mod restore;
#[cfg(test)]
mod tests;

pub use make::{Made, Places, make};
pub use manifest::Manifest;
pub use restore::{Present, Restored, restore, verify};

/// The name of the folder that keeps what was in the data folder before a restore.
const BEFORE: &str = "before-restore-";

/// The folders of a copy.
const DATA: &str = "data";
const MAPPINGS: &str = "mappings";
const TEMPLATES: &str = "templates";
