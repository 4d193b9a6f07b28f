//! Imports between files of different folders never form a circle: a folder can be read, and moved,
//! without the folders that use it.
//!
//! The test resolves the paths of `use` declarations and of expressions, through re-exports, to the file
//! that defines the item. It does not see methods that another file adds to a type.

use std::collections::{BTreeMap, BTreeSet};

use crate::{code, root, sources};

#[test]
fn no_circle_of_imports_crosses_a_folder() {
    let imports = Files::read().imports();
    let reach: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|file| (file.as_str(), reachable(file, &imports)))
        .collect();
    let mut circles = Vec::new();
    for (file, targets) in &imports {
        for (target, path) in targets {
            let is_circle = reach[target.as_str()].contains(file.as_str());
            if is_circle && folder(file) != folder(target) {
                circles.push(format!("{file} → {target}: {path}"));
            }
        }
    }
    assert!(
        circles.is_empty(),
        "imports that are part of a circle; move what both files need into a file of its own:\n{}",
        circles.join("\n")
    );
}

#[test]
fn imports_are_found_in_every_spelling() {
    let text =
        "pub use self::a::{B, c::{D as E}};\nuse super::f;\nfn g() { crate::h::i(); j::k(); }\n";
    let uses: Vec<(bool, Vec<String>, String)> = uses(text)
        .into_iter()
        .map(|import| (import.is_public, import.path, import.name))
        .collect();
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        uses,
        [
            (true, path("self::a::B"), "B".to_owned()),
            (true, path("self::a::c::D"), "E".to_owned()),
            (false, path("super::f"), "f".to_owned()),
        ]
    );
    let inline: Vec<Vec<String>> = paths_in_expressions(text).collect();
    assert_eq!(inline, [path("crate::h::i"), path("j::k")]);
}

/// The imports of a file: the imported file, and one path that names it.
type Imports = BTreeMap<String, BTreeMap<String, String>>;

/// All sources below `src`, tests left out.
struct Files {
    /// The code of each file, by its path below `src`.
    code: BTreeMap<String, String>,
    /// The file of each module.
    modules: BTreeMap<Vec<String>, String>,
    /// What each file re-exports: the name, and the path behind it.
    exports: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Files {
    fn read() -> Self {
        let mut files = Self {
            code: BTreeMap::new(),
            modules: BTreeMap::new(),
            exports: BTreeMap::new(),
        };
        for (path, text) in sources() {
            let below = path.strip_prefix(root()).expect("a file below src");
            let file = below.to_string_lossy().replace('\\', "/");
            if matches!(file.as_str(), "lib.rs" | "main.rs") {
                continue;
            }
            let code = without_tests(&code(&text));
            let public = uses(&code).into_iter().filter(|import| import.is_public);
            let exports = public.map(|import| (import.name, import.path));
            files.exports.insert(file.clone(), exports.collect());
            files.modules.insert(module(&file), file.clone());
            files.code.insert(file, code);
        }
        files
    }

    fn imports(&self) -> Imports {
        let of_file = |(file, code): (&String, &String)| {
            let private = uses(code).into_iter().filter(|import| !import.is_public);
            let paths = private.map(|import| import.path);
            let mut targets = BTreeMap::new();
            for path in paths.chain(paths_in_expressions(code)) {
                let target = self
                    .absolute(file, &path)
                    .and_then(|path| self.resolve(&path, 0));
                if let Some(target) = target.filter(|target| target != file) {
                    targets.insert(target, path.join("::"));
                }
            }
            (file.clone(), targets)
        };
        self.code.iter().map(of_file).collect()
    }

    /// The path from the crate's root; `None` for other crates and for local names.
    fn absolute(&self, file: &str, path: &[String]) -> Option<Vec<String>> {
        let mut start = module(file);
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => {
                start.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|step| step == "super") {
                    start.pop();
                    rest = &rest[1..];
                }
            }
            child => {
                let mut path = start.clone();
                path.push(child.to_owned());
                self.modules.get(&path)?;
            }
        }
        start.extend_from_slice(rest);
        Some(start)
    }

    /// The file that defines what a path names, behind re-exports.
    fn resolve(&self, path: &[String], depth: usize) -> Option<String> {
        let (module, rest) = (0..=path.len()).rev().find_map(|length| {
            let (module, rest) = path.split_at(length);
            self.modules.contains_key(module).then_some((module, rest))
        })?;
        let file = &self.modules[module];
        let exported = rest.first().and_then(|name| self.exports[file].get(name));
        if let (Some(exported), true) = (exported, depth < 8) {
            let mut path = self.absolute(file, exported)?;
            path.extend_from_slice(&rest[1..]);
            return self.resolve(&path, depth + 1);
        }
        Some(file.clone())
    }
}

/// One name that a `use` declaration brings in.
struct Import {
    is_public: bool,
    path: Vec<String>,
    name: String,
}

fn uses(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for statement in code.split_inclusive(';') {
        let Some((before, tree)) = statement.split_once("use ") else {
            continue;
        };
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        let is_declaration = line.is_empty() || line.starts_with("pub");
        let Some(tree) = tree.strip_suffix(';').filter(|_| is_declaration) else {
            continue;
        };
        let mut names = Vec::new();
        expand(&[], tree, &mut names);
        found.extend(names.into_iter().map(|(path, name)| Import {
            is_public: line.starts_with("pub"),
            path,
            name,
        }));
    }
    found
}

/// `a::{b, c::{d as e}}` is `a::b` and `a::c::d`, called `e`.
fn expand(prefix: &[String], tree: &str, names: &mut Vec<(Vec<String>, String)>) {
    let steps = |text: &str| -> Vec<String> {
        let steps = text.split("::").map(str::trim);
        let steps = steps.filter(|step| !step.is_empty() && *step != "*");
        prefix
            .iter()
            .cloned()
            .chain(steps.map(str::to_owned))
            .collect()
    };
    if let Some((start, list)) = tree.split_once('{') {
        let inner = list.rsplit_once('}').map_or(list, |(inner, _)| inner);
        let mut depth = 0;
        let is_end = |c: char| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            c == ',' && depth == 0
        };
        let items: Vec<&str> = inner.split(is_end).collect();
        for item in items.into_iter().filter(|item| !item.trim().is_empty()) {
            expand(&steps(start), item, names);
        }
        return;
    }
    let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path = steps(path);
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let name = match alias.trim() {
        "" => path.last().cloned().unwrap_or_default(),
        alias => alias.to_owned(),
    };
    names.push((path, name));
}

/// `crate::a::b`, `super::a` and `a::b`, wherever they stand outside `use` declarations.
fn paths_in_expressions(code: &str) -> impl Iterator<Item = Vec<String>> {
    // the reach of an item, not an import
    let code = code.replace("pub(in crate::", "pub(");
    let is_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let statements = code.split_inclusive([';', '{', '}']);
    let is_use = |text: &&str| {
        let line = text.trim_start();
        line.starts_with("use ") || (line.starts_with("pub") && line.contains(" use "))
    };
    let mut depth_of_use = 0;
    let mut expressions = Vec::new();
    for part in statements {
        if is_use(&part) || depth_of_use > 0 {
            depth_of_use += part.matches('{').count();
            depth_of_use -= part.matches('}').count().min(depth_of_use);
            continue;
        }
        let words = part.split(move |c: char| !is_path(c));
        expressions.extend(words.filter(|word| word.contains("::")).map(str::to_owned));
    }
    expressions.into_iter().map(|word| {
        let steps = word.split("::").filter(|step| !step.is_empty());
        steps.map(str::to_owned).collect()
    })
}

/// The code above the tests of a file.
fn without_tests(code: &str) -> String {
    let tests = ["\n#[cfg(test)]\nmod ", "\n#[cfg(all(test"];
    let end = tests.iter().filter_map(|start| code.find(start)).min();
    let above = end.and_then(|end| code.get(..end));
    above.unwrap_or(code).to_owned()
}

/// `mapping/path/mod.rs` is the module `mapping::path`.
fn module(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn reachable<'f>(file: &'f str, imports: &'f Imports) -> BTreeSet<&'f str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        for target in imports[file].keys() {
            if seen.insert(target.as_str()) {
                open.push(target);
            }
        }
    }
    seen
}
