//! Runs the fuzz targets as ordinary tests: the corpus in `fuzz/corpus`, and the same few thousand
//! mutations of it in every run. `fuzz/run.sh SECONDS` searches further, guided by coverage.
//!
//! A binary of its own, because it includes the targets' source from `fuzz/`, outside of this
//! crate.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../fuzz/targets.rs"]
mod targets;

/// How many mutations of each file are tried.
const MUTATIONS: usize = 150;

/// A small generator of its own: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }
}

/// Changes a few bytes, or takes a piece of another file.
fn mutated(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    const SPICE: &[u8] = b"{}[]()<>\"'`$.@*?:#|&!=%\\-+~ \n\t0129axX\x00\xff\xd0";
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(5) {
            0 if at < bytes.len() => drop(bytes.remove(at)),
            1 if at < bytes.len() => bytes[at] = SPICE[dice.below(SPICE.len())],
            2 => {
                let end = (at + dice.below(20)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            3 if !other.is_empty() => {
                let start = dice.below(other.len());
                let end = (start + dice.below(30)).min(other.len());
                bytes.splice(at..at, other[start..end].iter().copied());
            }
            _ => bytes.insert(at, SPICE[dice.below(SPICE.len())]),
        }
    }
    bytes
}

fn corpus(folders: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap().flatten())
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn fuzz(folders: &[&str], target: fn(&[u8])) {
    let seeds = corpus(folders);
    assert!(!seeds.is_empty());
    let mut dice = Dice(77);
    for seed in &seeds {
        target(seed);
        for _ in 0..MUTATIONS {
            let other = &seeds[dice.below(seeds.len())];
            target(&mutated(seed, other, &mut dice));
        }
    }
}

#[test]
fn any_text_is_a_profile_or_a_list_of_mistakes() {
    fuzz(&["fuzz/corpus/profile", "mappings"], targets::profile);
}

#[test]
fn any_path_and_any_template_make_a_plan_or_a_mistake() {
    fuzz(&["fuzz/corpus/path_template"], targets::path_template);
}

#[test]
fn any_bytes_of_a_sender_are_a_packet_or_a_mistake() {
    fuzz(&["fuzz/corpus/form"], targets::form);
}

#[test]
fn any_bytes_of_a_pbx_are_a_packet_or_a_mistake() {
    fuzz(&["fuzz/corpus/pbx"], targets::pbx);
}
