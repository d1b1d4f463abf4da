//! docs/guarantees.md names tests and files; each of them exists.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn files(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The tests of a file: `secrets::everywhere::no_secret_is_seen_again_anywhere`, without what every name would begin with.
fn tests_of(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("text");
    let module = path.with_extension("");
    let module = module.strip_prefix(ROOT).expect("below the root");
    let words: Vec<&str> = module.iter().filter_map(|word| word.to_str()).collect();
    let module = words.join("::");
    let module = ["src::", "tests::blackbox::", "tests::"].iter().find_map(|start| module.strip_prefix(start));
    let module = module.expect("in src or tests").trim_end_matches("::mod").to_owned();
    let tests = text.split("#[test]").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once("fn ")?;
        Some(format!("{module}::{}", rest.split('(').next()?))
    });
    tests.collect()
}

#[test]
fn what_is_said_to_show_a_promise_exists() {
    let root = Path::new(ROOT);
    let sources = [files(&root.join("src")), files(&root.join("tests"))].concat();
    let rust = sources.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let tests: HashSet<String> = rust.flat_map(|path| tests_of(path)).collect();
    let text = fs::read_to_string(root.join("docs/guarantees.md")).expect("the list");
    let mut named = 0;
    let mut missing = Vec::new();
    for quoted in text.split('`').skip(1).step_by(2) {
        if quoted.contains("::") {
            named += 1;
            if !tests.contains(quoted) {
                missing.push(quoted);
            }
        } else if quoted.contains('/') && !quoted.starts_with(['/', '.']) && !quoted.contains(' ') {
            let is_media_type = quoted.starts_with("application/");
            if !is_media_type && !root.join(quoted).exists() && !root.join("src").join(quoted).exists() {
                missing.push(quoted);
            }
        }
    }
    assert!(missing.is_empty(), "named, and not there: {missing:#?}");
    assert!(named > 100, "only {named} tests are named");
}
