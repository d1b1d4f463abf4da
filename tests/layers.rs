//! The arrows of ARCHITECTURE.md: which module may name which others.

use std::fs;
use std::path::{Path, PathBuf};

/// A module, and the modules that it may name. A path such as `telemetry::counters` allows that part alone.
const MAY_NAME: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("bounds", &[]),
    ("gate", &["bounds"]),
    ("http", &["bounds", "domain"]),
    ("store", &["bounds", "domain", "telemetry::counters"]),
    ("vault", &["domain"]),
    ("providers", &["domain"]),
    ("app", &["bounds", "domain", "http", "providers", "store", "telemetry::counters", "vault"]),
    ("connect", &["app", "domain", "providers", "store"]),
    ("api", &["app", "connect", "domain", "http", "providers", "store", "vault"]),
    ("telemetry", &["gate"]),
    ("ui", &["app", "connect", "domain", "http", "providers", "store"]),
    ("routes", &["api", "app", "domain", "http", "store", "ui"]),
    (
        "runtime",
        &["api", "app", "bounds", "domain", "gate", "http", "providers", "routes", "store", "telemetry", "vault"],
    ),
    ("sandbox", &["app", "domain", "http", "runtime", "store"]),
];

/// The only file outside of `sandbox` that may name it.
const NAMES_THE_SANDBOX: &str = "cli/demo/mod.rs";

fn files(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn only_the_demo_command_reaches_the_sandbox() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names_it = |path: &PathBuf| fs::read_to_string(path).expect("text").contains("crate::sandbox");
    let outside: Vec<String> = files(&source)
        .into_iter()
        .filter(names_it)
        .map(|path| path.strip_prefix(&source).expect("below src").display().to_string())
        .filter(|path| !path.starts_with("sandbox/"))
        .collect();
    assert_eq!(outside, [NAMES_THE_SANDBOX]);
}

#[test]
fn dependencies_point_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    // Tests that stand beside the code may reach across it.
    let is_test = |path: &PathBuf| path.ends_with("tests.rs") || path.ends_with("fuzz.rs");
    for path in files(&source).into_iter().filter(|path| !is_test(path)) {
        let below = path.strip_prefix(&source).expect("below src");
        let module = below.iter().next().and_then(|name| name.to_str()).expect("a name").trim_end_matches(".rs");
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == module) else {
            assert!(["cli", "fuzzing", "lib", "main"].contains(&module), "{} is in no layer", path.display());
            continue;
        };
        let text = fs::read_to_string(&path).expect("text");
        for (at, _) in text.match_indices("crate::") {
            let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
            let path: String = text[at + 7..].chars().take_while(is_part).collect();
            let named = path.split("::").next().expect("a name");
            let is_allowed = named == module || allowed.iter().any(|allowed| path.starts_with(allowed));
            assert!(is_allowed, "{} names {path}", below.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} references were found");
}
