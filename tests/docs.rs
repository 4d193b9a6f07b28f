//! The documentation keeps up with the program.

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
fn every_reason_for_parking_has_its_advice() {
    let page = read("docs/errors/README.md");
    for reason in ParkReason::ALL {
        assert!(
            page.contains(&format!("| `{reason}` |")),
            "{reason} is not explained"
        );
    }
}

#[test]
fn both_readmes_have_the_same_commands_and_links() {
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
    let links = |text: &str| {
        let mut links: Vec<String> = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|link| !link.starts_with("README"))
            .map(str::to_owned)
            .collect();
        links.sort();
        links
    };
    assert_eq!(links(&english), links(&russian));
    assert_eq!(
        english.matches("\n## ").count(),
        russian.matches("\n## ").count()
    );
}

#[test]
fn no_link_of_the_documentation_leads_nowhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec!["README.md".to_owned(), "README.ru.md".to_owned()];
    for folder in ["docs", "docs/decisions", "docs/errors"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap().flatten() {
            if entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "md")
            {
                pages.push(format!("{folder}/{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    let mut broken = Vec::new();
    for page in pages {
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

#[test]
fn every_rule_on_the_pages_about_dedup_compiles() {
    let names = [
        "name", "surname", "phone", "email", "telegram", "post", "question", "topics", "order",
        "sum",
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
        let told: Vec<String> = problems
            .iter()
            .filter(|problem| problem.code != Code::UnusedField)
            .map(ToString::to_string)
            .collect();
        assert!(told.is_empty(), "{snippet}\n{}", told.join("\n"));
    }
}

#[test]
fn every_test_that_the_page_about_channels_names_is_there() {
    let page = read("docs/channels.md");
    let named: Vec<(&str, &str)> = page
        .split("[`")
        .skip(1)
        .filter_map(|rest| {
            let (name, rest) = rest.split_once("`](../")?;
            Some((name, rest.split(')').next()?))
        })
        .collect();
    assert!(named.len() > 20);
    for (name, file) in named {
        assert!(
            read(file).contains(&format!("fn {name}()")),
            "{file}: {name}"
        );
    }
}

/// Puts `value` in place of `${NAME:-value}`, as compose does without that variable.
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

#[test]
fn the_container_sets_nothing_that_there_is_not() {
    let mut variables = Vec::new();
    for file in ["Dockerfile", "docker-compose.yml", ".env.example"] {
        for word in with_defaults(&read(file)).split([' ', '"', '{', '\n']) {
            let Some((name, value)) = word.split_once('=') else {
                assert!(!word.starts_with("LEADGATE_"), "{file}: {word}");
                continue;
            };
            if name.starts_with("LEADGATE_") {
                variables.push((name.to_owned(), value.trim_end_matches(',').to_owned()));
            }
        }
    }
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
