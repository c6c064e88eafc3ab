//! The page that describes the file.

use super::super::model::SECTIONS;

const PAGE: &str = include_str!("../../../../../docs/configuration.md");

#[test]
fn every_section_and_key_is_described() {
    for (section, keys) in SECTIONS {
        // Top level keys that are sections are described under their own names.
        let known = |key: &str| {
            let heads = [format!("[{key}]"), format!("[[{key}]]")];
            SECTIONS.iter().find(|(name, _)| heads.iter().any(|head| head == name)).map(|(name, _)| *name)
        };
        let head =
            if section.is_empty() { "## The top of the file".to_owned() } else { format!("## `{section}`") };
        let start = PAGE.find(&format!("{head}\n")).unwrap_or_else(|| panic!("no {head}"));
        let part = &PAGE[start + head.len()..];
        let part = &part[..part.find("\n## ").unwrap_or(part.len())];
        // A listener may have every key of [tls], which are described there.
        let (_, tls) = SECTIONS[2];
        for key in keys.iter().filter(|key| known(key).is_none()) {
            let row = format!("| `{key}` |");
            let elsewhere = section == "[[listener]]" && tls.contains(key);
            assert!(elsewhere || part.contains(&row), "{section} has no row {row}");
        }
    }
}

#[test]
fn the_page_names_no_key_that_is_not_there() {
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let key = line.trim_start_matches("| `").split('`').next().unwrap();
        let known = SECTIONS.iter().any(|(_, keys)| keys.contains(&key));
        assert!(known, "{line}");
    }
}

#[test]
fn the_examples_of_the_page_are_right() {
    let mut examples = 0;
    for block in PAGE.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let folder = super::Folder::new();
        let config = super::Config::parse(
            &text.replace("$argon2id$...", &super::HASH),
            folder.path(),
            "example".to_owned(),
        );
        assert!(config.is_ok(), "{text}\n{}", super::told(&config.unwrap_err()));
        examples += 1;
    }
    assert!(examples >= 4);
}
