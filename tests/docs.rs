//! The documentation agrees with the program. A binary of its own, so that a change of the docs
//! alone runs these tests and nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use leadgate::authoring::{Code, ProfileFile};
use leadgate::config::{Environment, Sources, load};
use leadgate::domain::ParkReason;
use leadgate::mapping::compile;

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn every_park_reason_has_advice() {
    for page in ["docs/errors/README.md", "docs/errors/README.ru.md"] {
        let text = read(page);
        for reason in ParkReason::ALL {
            let row = format!("| `{reason}` |");
            assert!(text.contains(&row), "{page}: {reason} has no advice");
        }
    }
}

/// Pages in both languages: the Russian one says the same in the same order.
const PAIRS: &[(&str, &str)] = &[
    ("README.md", "README.ru.md"),
    ("docs/alerts.md", "docs/alerts.ru.md"),
    ("docs/api.md", "docs/api.ru.md"),
    ("docs/authors.md", "docs/authors.ru.md"),
    ("docs/channels.md", "docs/channels.ru.md"),
    ("docs/console.md", "docs/console.ru.md"),
    ("docs/dedup.md", "docs/dedup.ru.md"),
    ("docs/errors/README.md", "docs/errors/README.ru.md"),
    ("docs/journal.md", "docs/journal.ru.md"),
    ("docs/operations.md", "docs/operations.ru.md"),
    ("docs/mapping-reference.md", "docs/mapping-reference.ru.md"),
    ("docs/pbx.md", "docs/pbx.ru.md"),
    ("docs/portal-app.md", "docs/portal-app.ru.md"),
    ("docs/sandbox.md", "docs/sandbox.ru.md"),
    ("docs/services.md", "docs/services.ru.md"),
];

/// Pages that exist in Russian only: introductions without a counterpart.
const RUSSIAN_ONLY: &[&str] = &[
    "docs/amocrm.ru.md",
    "docs/calltouch.ru.md",
    "docs/profiles.ru.md",
];

/// How much text stands below a heading.
#[derive(Debug, Default, PartialEq)]
struct Section {
    paragraphs: usize,
    rows: usize,
    items: usize,
}

/// What a page has in both languages.
#[derive(Debug, Default, PartialEq)]
struct Outline {
    /// How deep each heading is.
    headings: Vec<usize>,
    /// What stands below each heading.
    sections: Vec<Section>,
    /// The language of each block of code.
    code: Vec<String>,
    /// Command lines, without what they say about themselves.
    commands: Vec<String>,
    /// Pages and images, without their anchors.
    links: Vec<String>,
}

/// Returns a command line without the remark behind it, if the line is a command.
fn command(line: &str) -> Option<&str> {
    let programs = ["leadgate ", "cargo ", "curl ", "docker ", "sqlite3 "];
    let line = line.trim_start_matches("$ ");
    let is_command = programs.iter().any(|program| line.starts_with(program));
    let command = line.split("  ").next()?.split(" #").next()?.trim_end();
    is_command.then_some(command)
}

impl Outline {
    /// Reads a page; what is generated has a test of its own.
    fn of(page: &str) -> Self {
        let mut outline = Self {
            sections: vec![Section::default()],
            ..Self::default()
        };
        let (mut is_code, mut is_generated, mut begins) = (false, false, true);
        for line in read(page).lines() {
            let trimmed = line.trim_start();
            is_generated |= line.starts_with("<!-- generated");
            is_generated &= !line.starts_with("<!-- /generated");
            let began = std::mem::replace(&mut begins, trimmed.is_empty());
            if is_generated {
                continue;
            }
            let section = outline.sections.last_mut().expect("it begins with one");
            if let Some(language) = trimmed.strip_prefix("```") {
                is_code = !is_code;
                begins = !is_code;
                outline.code.extend(is_code.then(|| language.to_owned()));
            } else if is_code {
                outline.commands.extend(command(line).map(str::to_owned));
            } else if let Some(deeper) = line.strip_prefix('#') {
                begins = true;
                let depth = deeper.split(' ').next().map_or(0, str::len);
                outline.headings.push(depth + 1);
                outline.sections.push(Section::default());
            } else if line.starts_with('|') {
                section.rows += 1;
            } else if trimmed.starts_with("- ") {
                section.items += 1;
            } else if began && !trimmed.is_empty() && !line.starts_with(['<', '!']) {
                section.paragraphs += 1;
            }
        }
        outline.links = links(page);
        outline
    }
}

/// Returns where a page's links lead, in order of the alphabet, without anchors and languages.
fn links(page: &str) -> Vec<String> {
    let text = read(page);
    let folder = Path::new(page).parent().expect("a file has a folder");
    let without_generated = text.split("<!-- generated").map(|part| {
        part.split_once("<!-- /generated -->")
            .map_or(part, |(_, rest)| rest)
    });
    let mut links: Vec<String> = without_generated
        .collect::<String>()
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|link| {
            let path = folder.join(link);
            !RUSSIAN_ONLY.iter().any(|page| Path::new(page) == path)
        })
        .map(|link| link.replace(".ru.md", ".md"))
        .collect();
    links.sort();
    links
}

#[test]
fn pages_in_both_languages_say_the_same() {
    for (english_page, russian_page) in PAIRS {
        let (english, russian) = (Outline::of(english_page), Outline::of(russian_page));
        let differ = |what: &str| format!("{english_page} and {russian_page} differ in {what}");
        assert_eq!(english.headings, russian.headings, "{}", differ("headings"));
        assert_eq!(english.sections, russian.sections, "{}", differ("text"));
        assert_eq!(english.code, russian.code, "{}", differ("blocks of code"));
        assert_eq!(english.commands, russian.commands, "{}", differ("commands"));
        assert_eq!(english.links, russian.links, "{}", differ("links"));
    }
}

#[test]
fn every_russian_page_belongs_to_an_english_one() {
    for page in pages().iter().filter(|page| page.ends_with(".ru.md")) {
        let is_known = RUSSIAN_ONLY.contains(&page.as_str())
            || PAIRS.iter().any(|(_, russian)| russian == page);
        assert!(is_known, "{page} is in no list of this file");
    }
}

#[test]
fn both_readmes_have_the_commands_that_run_and_test() {
    let (english, russian) = (read("README.md"), read("README.ru.md"));
    for (from, to) in [
        ("<!-- run -->", "<!-- /run -->"),
        ("<!-- test -->", "<!-- /test -->"),
    ] {
        let part = |text: &str| {
            text.split_once(from)
                .and_then(|(_, rest)| rest.split_once(to))
                .unwrap()
                .0
                .to_owned()
        };
        assert_eq!(part(&english), part(&russian));
    }
}

/// Returns the READMEs and all pages in `docs/`.
fn pages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec!["README.md".to_owned(), "README.ru.md".to_owned()];
    for folder in ["docs", "docs/decisions", "docs/errors"] {
        for entry in std::fs::read_dir(root.join(folder))
            .expect("a folder of pages")
            .flatten()
        {
            if entry.path().extension().is_some_and(|end| end == "md") {
                pages.push(format!("{folder}/{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    pages
}

/// Returns whether a line cannot be shorter: a table row, or one long code span or link.
fn cannot_wrap(line: &str) -> bool {
    let mut longest = 0;
    for (place, part) in line.split('`').enumerate() {
        let words = part.split(' ').map(|word| word.chars().count());
        longest = longest.max(match place % 2 {
            0 => words.max().unwrap_or_default(),
            _ => part.chars().count(),
        });
    }
    line.trim_start().starts_with('|') || longest > 80
}

#[test]
fn running_text_is_wrapped_at_100_columns() {
    let mut long = Vec::new();
    for page in pages() {
        let (mut is_code, mut is_generated) = (false, false);
        for (number, line) in read(&page).lines().enumerate() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            }
            if line.starts_with("<!-- generated") {
                is_generated = true;
            } else if line.starts_with("<!-- /generated") {
                is_generated = false;
            }
            let is_text = !is_code && !is_generated && !cannot_wrap(line);
            if is_text && line.chars().count() > 100 {
                long.push(format!("{page}:{}", number + 1));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn links_of_the_documentation_lead_to_files() {
    let mut broken = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in pages() {
        let folder = root.join(&page).parent().unwrap().to_owned();
        for link in read(&page)
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Returns the anchors of a page's headings, as code hosting makes them.
fn anchors(page: &str) -> Vec<String> {
    let mut is_code = false;
    let text = read(page);
    let headings = text.lines().filter(|line| {
        is_code ^= line.trim_start().starts_with("```");
        !is_code && line.starts_with('#')
    });
    let anchor = |heading: &str| -> String {
        let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        title
            .chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn anchors_of_links_are_headings() {
    let mut broken = Vec::new();
    for page in pages() {
        let folder = Path::new(&page).parent().unwrap().to_owned();
        for link in read(&page)
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let Some((target, anchor)) = link.split_once('#') else {
                continue;
            };
            let target = match target {
                "" => page.clone(),
                _ => folder.join(target).display().to_string(),
            };
            let is_page = Path::new(&target)
                .extension()
                .is_some_and(|end| end == "md");
            if is_page && !target.contains("://") && !anchors(&target).iter().any(|a| a == anchor) {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn examples_of_the_dedup_pages_compile() {
    let names = [
        "name", "surname", "phone", "email", "telegram", "post", "question", "topics", "order",
        "sum", "company", "inn", "office",
    ];
    let fields: String = names.iter().fold(String::new(), |all, name| {
        all + "  " + name + ": $.data." + name + "\n"
    });
    let snippets = |page: &str| -> Vec<String> {
        let text = read(page);
        text.split("```yaml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .map(str::to_owned)
            .collect()
    };
    let (english, russian) = (snippets("docs/dedup.md"), snippets("docs/dedup.ru.md"));
    assert!(english.len() >= 7 && english.len() == russian.len());
    for snippet in english.iter().chain(&russian) {
        let file = ProfileFile {
            name: "page.yaml".to_owned(),
            text: format!("receive: {{ polls: [1] }}\nfields:\n{fields}{snippet}"),
        };
        let problems = match compile(&file, None, &BTreeMap::new()) {
            Ok((_, warnings)) => warnings,
            Err(problems) => problems,
        };
        let found: Vec<String> = problems
            .iter()
            .filter(|problem| problem.code != Code::UnusedField)
            .map(ToString::to_string)
            .collect();
        assert!(found.is_empty(), "{snippet}\n{}", found.join("\n"));
    }
}

/// Returns the text of every source file below a folder of the repository.
fn sources(folder: &str) -> String {
    let mut text = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                text += &std::fs::read_to_string(path).expect("a source file");
            }
        }
    }
    text
}

/// Pages name tests as `a_sentence_of_five_words_or_more`, some with a link to the file.
#[test]
fn tests_named_in_the_documentation_exist() {
    let code = sources("src") + &sources("tests");
    let mut missing = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = read(&page);
        let names = text.split('`').skip(1).step_by(2).filter(|code| {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            code.chars().all(is_name) && code.matches('_').count() >= 4
        });
        for name in names {
            count += 1;
            if !code.contains(&format!("fn {name}()")) {
                missing.push(format!("{page}: {name}"));
            }
        }
        for (name, rest) in text
            .split("[`")
            .skip(1)
            .filter_map(|rest| rest.split_once("`](../"))
        {
            let file = rest.split(')').next().unwrap_or_default();
            if Path::new(file).extension().is_some_and(|end| end == "rs")
                && !read(file).contains(&format!("fn {name}()"))
            {
                missing.push(format!("{page}: {name} is not in {file}"));
            }
        }
    }
    assert!(count > 40, "{count}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Replaces `${NAME:-value}` by `value`, as compose does if the variable is not set.
fn with_defaults(text: &str) -> String {
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').expect("a closed variable");
        filled += variable.split_once(":-").map_or("", |(_, value)| value);
        filled += rest;
    }
    filled
}

/// Returns the settings that a file puts into the environment.
fn variables_of(file: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for word in with_defaults(&read(file)).split([' ', '"', '{', '\n']) {
        // a service of systemd has `Environment=` before it
        let word = word.strip_prefix("Environment=").unwrap_or(word);
        let Some((name, value)) = word.split_once('=') else {
            assert!(!word.starts_with("LEADGATE_"), "{file}: {word}");
            continue;
        };
        if name.starts_with("LEADGATE_") {
            variables.push((name.to_owned(), value.trim_end_matches(',').to_owned()));
        }
    }
    variables
}

#[test]
fn the_service_of_systemd_sets_only_existing_settings() {
    let home = tempfile::tempdir().unwrap();
    // where systemd puts credentials
    let folder = home.path().display().to_string();
    std::fs::write(
        home.path().join("webhook"),
        "https://acme.bitrix24.example/rest/1/s3cr3t/",
    )
    .unwrap();
    let variables: Vec<(String, String)> = variables_of("ops/leadgate.service")
        .into_iter()
        .map(|(name, value)| (name, value.replace("%d", &folder)))
        .collect();
    assert!(variables.len() >= 5, "{variables:?}");
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let sources = Sources {
        environment: Environment::of(&variables),
        ..Sources::default()
    };
    let loaded = load(&sources).unwrap();
    assert!(loaded.settings.crm.contains_key("main"));
}

/// A rule or a panel over a metric that does not exist is silent for ever.
#[test]
fn boards_and_rules_name_only_existing_metrics() {
    let code = sources("src");
    for file in ["ops/alerts.yml", "ops/grafana.json"] {
        let text = read(file);
        let mut names: Vec<&str> = text
            .split(|c: char| !(c.is_ascii_lowercase() || c == '_'))
            .filter(|word| word.starts_with("leadgate_"))
            .map(|name| name.trim_end_matches("_bucket"))
            .collect();
        names.sort_unstable();
        names.dedup();
        assert!(names.len() >= 7, "{file}: {names:?}");
        for name in names {
            assert!(code.contains(&format!("\"{name}\"")), "{file}: {name}");
        }
    }
}

#[test]
fn container_files_set_only_existing_settings() {
    let files = ["Dockerfile", "docker-compose.yml", ".env.example"];
    let variables: Vec<(String, String)> = files.into_iter().flat_map(variables_of).collect();
    assert!(variables.len() >= 7, "{variables:?}");
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let sources = Sources {
        environment: Environment::of(&variables),
        ..Sources::default()
    };
    load(&sources).unwrap();
}
