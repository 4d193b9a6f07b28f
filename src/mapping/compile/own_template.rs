//! Compiles the templates that a profile has itself, in contrast to those of the templates folder.

use crate::authoring::problem::Problems;
use crate::authoring::yaml::Text;
use crate::mapping::template::{self, Escape, Wording};

/// Compiles a template of the profile itself, with escaped values.
pub(super) fn inline_as(
    escape: Escape,
    text: &Text,
    declared: &[&str],
    problems: &mut Problems,
) -> Option<template::Template> {
    let part = |offset: usize, length: usize| text.part(offset, length);
    let wording = Wording {
        text: &text.value,
        part: &part,
    };
    template::compile_as(escape, &wording, declared, problems)
}

/// Compiles a template of the profile itself.
pub(super) fn inline(
    text: &Text,
    declared: &[&str],
    problems: &mut Problems,
) -> Option<template::Template> {
    let part = |offset: usize, length: usize| text.part(offset, length);
    let wording = Wording {
        text: &text.value,
        part: &part,
    };
    template::compile(&wording, declared, problems)
}
