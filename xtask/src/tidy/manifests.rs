//! Every crate says what it is: a README, a description, a licence.

use serde_json::Value;

use super::{Findings, Tree};

/// Checks the packages under `crates/`.
pub(super) fn check(metadata: &Value, tree: &Tree, findings: &mut Findings) {
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let folder = format!("crates/{name}");
        if !package["manifest_path"].as_str().is_some_and(|path| path.contains(&folder)) {
            continue;
        }
        for field in ["description", "license"] {
            if package[field].as_str().is_none_or(str::is_empty) {
                findings.error(format!("{name} has no {field}"));
            }
        }
        if tree.text(&format!("{folder}/README.md")).is_none_or(|text| text.trim().is_empty()) {
            findings.error(format!("{name} has no README.md"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_crate_without_a_word_about_itself_fails() {
        let bare = json!({"packages": [{"name": "wharf-x", "manifest_path": "/w/crates/wharf-x/Cargo.toml",
            "description": null, "license": "MIT OR Apache-2.0"}]});
        let mut findings = Findings::default();
        check(&bare, &Tree::default(), &mut findings);
        assert_eq!(findings.errors, ["wharf-x has no description", "wharf-x has no README.md"]);
    }

    #[test]
    fn a_whole_one_passes_and_others_are_not_asked() {
        let whole = json!({"packages": [
            {"name": "wharf-x", "manifest_path": "/w/crates/wharf-x/Cargo.toml", "description": "x",
             "license": "MIT"},
            {"name": "xtask", "manifest_path": "/w/xtask/Cargo.toml", "description": null, "license": null}]});
        let mut findings = Findings::default();
        check(&whole, &Tree::of(&[("crates/wharf-x/README.md", "# wharf-x\n")]), &mut findings);
        assert!(findings.errors.is_empty());
    }
}
