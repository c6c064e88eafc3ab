//! Which crate of the workspace may know which.

use serde_json::Value;

use super::Findings;

/// A crate, what it may depend on, and what its tests may use besides (the testkit always).
struct Room {
    name: &'static str,
    knows: &'static [&'static str],
    tests_know: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room { name: "wharf-codec", knows: &[], tests_know: &[] },
    Room { name: "wharf-types", knows: &[], tests_know: &[] },
    Room { name: "wharf-audit", knows: &["wharf-codec"], tests_know: &[] },
    Room { name: "wharf-session", knows: &["wharf-codec", "wharf-types"], tests_know: &[] },
    Room { name: "wharf-transport", knows: &[], tests_know: &[] },
    Room { name: "wharf-acme", knows: &[], tests_know: &[] },
    Room { name: "wharf-storage", knows: &["wharf-types"], tests_know: &[] },
    Room { name: "wharf-auth", knows: &["wharf-types"], tests_know: &[] },
    Room {
        name: "wharf-client",
        knows: &["wharf-codec", "wharf-types", "wharf-session", "wharf-transport"],
        tests_know: &[],
    },
    Room {
        name: "wharf-server",
        knows: &[
            "wharf-audit",
            "wharf-codec",
            "wharf-types",
            "wharf-session",
            "wharf-transport",
            "wharf-storage",
            "wharf-auth",
        ],
        tests_know: &["wharf-client"],
    },
    // The programs take everything through their library, which re-exports what they need.
    Room { name: "wharf", knows: &["wharf-client"], tests_know: &["wharf-server"] },
    Room { name: "wharfd", knows: &["wharf-server", "wharf-acme"], tests_know: &["wharf-client"] },
    Room {
        name: "wharf-testkit",
        knows: &["wharf-codec", "wharf-types", "wharf-session", "wharf-storage"],
        tests_know: &["wharf-client", "wharf-server"],
    },
    Room { name: "wharf-bench", knows: &["wharf-transport", "wharf-client"], tests_know: &[] },
    Room { name: "wharf-micro", knows: &["wharf-codec", "wharf-types", "wharf-session"], tests_know: &[] },
    Room { name: "wharf-fuzz", knows: &["wharf-codec", "wharf-session", "wharf-testkit"], tests_know: &[] },
    Room { name: "xtask", knows: &[], tests_know: &[] },
];

/// Every edge between crates of ours is one that the table allows.
pub(super) fn check(metadata: &Value, findings: &mut Findings) {
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
            findings.error(format!(
                "{name} has no row in the table of dependency edges (xtask/src/tidy/edges.rs)"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            // A crate names itself to switch its own features on for its tests.
            if on == name || !ROOMS.iter().any(|other| other.name == on) {
                continue;
            }
            // Absent kind means a normal dependency; build scripts get no more than the crate itself.
            let for_tests = dependency["kind"].as_str() == Some("dev");
            let allowed = room.knows.contains(&on)
                || for_tests && (on == "wharf-testkit" || room.tests_know.contains(&on));
            if !allowed {
                let kind = if for_tests { "test " } else { "" };
                findings.error(format!("forbidden {kind}dependency: {name} -> {on}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(name: &str, on: &str, kind: Option<&str>) -> Vec<String> {
        let metadata = json!({"packages": [{"name": name, "dependencies": [{"name": on, "kind": kind}]}]});
        let mut findings = Findings::default();
        check(&metadata, &mut findings);
        findings.errors
    }

    #[test]
    fn a_forbidden_edge_fails() {
        assert_eq!(
            errors("wharf-codec", "wharf-session", None),
            ["forbidden dependency: wharf-codec -> wharf-session"]
        );
        assert_eq!(
            errors("wharf-session", "wharf-transport", Some("build")),
            ["forbidden dependency: wharf-session -> wharf-transport"]
        );
        assert_eq!(errors("wharf-transport", "wharf-codec", None).len(), 1);
        assert_eq!(errors("xtask", "wharf-codec", None).len(), 1);
    }

    #[test]
    fn what_the_table_allows_passes() {
        assert!(errors("wharf-session", "wharf-codec", None).is_empty());
        assert!(errors("wharf-server", "wharf-auth", None).is_empty());
        assert!(errors("wharf-codec", "bytes", None).is_empty());
    }

    #[test]
    fn tests_may_use_the_testkit_and_the_other_side() {
        assert!(errors("wharf-session", "wharf-testkit", Some("dev")).is_empty());
        assert!(errors("wharf-server", "wharf-client", Some("dev")).is_empty());
        assert_eq!(errors("wharf-server", "wharf-client", None).len(), 1);
        assert_eq!(errors("wharf-server", "wharf-testkit", None).len(), 1);
        assert_eq!(
            errors("wharf-codec", "wharf-client", Some("dev")),
            ["forbidden test dependency: wharf-codec -> wharf-client"]
        );
    }

    #[test]
    fn a_crate_without_a_row_fails() {
        assert_eq!(errors("wharf-new", "bytes", None).len(), 1);
    }
}
