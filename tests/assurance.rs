//! The documents name what exists: tests, files, headings, decisions.

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

fn documents() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    let beside = fs::read_dir(root).expect("the root").map(|entry| entry.expect("an entry").path());
    let all =
        beside.filter(|path| path.is_file()).chain(files(&root.join("docs"))).chain(files(&root.join("conformance")));
    all.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The anchors of a document's headings, as they are commonly made: lower case, hyphens for spaces, no other marks.
fn anchors(text: &str) -> HashSet<String> {
    let headings = text
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn links_between_documents_lead_to_a_file_and_a_heading() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).expect("text");
        let links = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
        for link in links.filter(|link| !link.contains("://")) {
            checked += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            let leads_to_a_heading =
                || anchor.is_empty() || fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor));
            if !target.exists() || !leads_to_a_heading() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these lead nowhere: {broken:#?}");
    assert!(checked > 50, "only {checked} links were found");
}

#[test]
fn decisions_that_code_refers_to_exist() {
    let root = Path::new(ROOT);
    let decisions = files(&root.join("docs/decisions"));
    let exists = |number: &str| {
        let mut names = decisions.iter().filter_map(|path| path.file_name()?.to_str());
        names.any(|name| name.starts_with(number))
    };
    let mut missing = Vec::new();
    for path in ["src", "tests", "benches", "conformance", "fuzz/fuzz_targets"]
        .iter()
        .flat_map(|folder| files(&root.join(folder)))
    {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let numbers = text.split("docs/decisions/").skip(1).filter_map(|rest| rest.get(..4));
        let numbers = numbers.filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
        missing.extend(numbers.filter(|number| !exists(number)).map(|number| format!("{}: {number}", path.display())));
    }
    assert!(missing.is_empty(), "decisions that do not exist: {missing:#?}");
}
