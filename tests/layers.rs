//! The arrows of ARCHITECTURE.md: which module may name which others.

use std::fs;
use std::path::{Path, PathBuf};

const MAY_NAME: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("gate", &["allowance", "network"]),
    ("http", &["allowance", "domain", "turns"]),
    ("allowance", &[]),
    ("counting", &[]),
    ("network", &[]),
    ("turns", &[]),
    ("store", &["allowance", "counting", "domain"]),
    ("vault", &["domain"]),
    ("auth", &["domain", "http", "store", "vault"]),
    ("throttle", &["domain", "http", "network"]),
    ("app", &["allowance", "auth", "domain", "http", "store", "throttle", "turns", "vault"]),
    ("api", &["app", "domain", "http", "store", "vault"]),
    ("telemetry", &["counting", "gate"]),
    ("operations", &["api", "app", "domain", "gate", "http", "store", "telemetry", "turns"]),
    ("routes", &["api", "app", "domain", "http", "store", "turns"]),
];

fn files(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
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
            let named: String = text[at + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let is_allowed = named == module || allowed.contains(&named.as_str());
            assert!(is_allowed, "{} names {named}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} references were found");
}
