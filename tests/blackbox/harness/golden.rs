//! Whole documents on file. What differs from run to run becomes a placeholder, and only if it has its right shape; the
//! same id becomes the same placeholder, so that references are checked too.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use serde_json::Value;

use super::contract::DOCUMENT;

static VOLATILE: LazyLock<Regex> = LazyLock::new(|| {
    let base58 = "[1-9A-HJ-NP-Za-km-z]{16}";
    let prefixes = Vec::from_iter(prefixes()).join("|");
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    let time = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z";
    Regex::new(&format!(
        "(?:(?P<prefix>{prefixes})-|(?P<service_user>api-team)_){base58}\
         |(?P<uuid>{uuid})|(?P<digest>[0-9a-f]{{64}})|(?P<time>{time})|(?P<token>[0-9A-Za-z]{{14}}\\.atlasv1\\.[0-9A-Za-z]{{67}})"
    ))
    .expect("a pattern")
});

/// Of the ids that the OpenAPI document describes. Those of feature sets never change.
fn prefixes() -> BTreeSet<&'static str> {
    let (mut prefixes, mut left) = (BTreeSet::new(), vec![&*DOCUMENT]);
    while let Some(value) = left.pop() {
        let pattern = value["pattern"].as_str().and_then(|pattern| pattern.strip_prefix('^'));
        prefixes.extend(pattern.and_then(|pattern| pattern.strip_suffix("-[1-9A-HJ-NP-Za-km-z]{16}$")));
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => left.extend(members.values()),
            _ => {}
        }
    }
    prefixes.remove("fs");
    prefixes
}

#[track_caller]
pub fn compare(name: &str, document: &Value, address: &str) {
    let mut seen = Seen::default();
    let shown = format!("{:#}\n", normalised(document, address, &mut seen));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    if std::env::var_os("BOWLINE_GOLDEN").is_some_and(|value| value == "write") {
        // Whole or not at all: other tests may read the same document meanwhile.
        let unfinished = path.with_extension(format!("{:?}", std::thread::current().id()));
        std::fs::write(&unfinished, &shown).expect("written");
        std::fs::rename(&unfinished, &path).expect("renamed");
    }
    let expected = std::fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("there is no {}; BOWLINE_GOLDEN=write cargo test makes it", path.display()));
    assert_eq!(shown, expected, "{name} differs from its golden document");
}

/// Placeholders by what they stand for, and how many there are of each kind.
#[derive(Default)]
struct Seen {
    placeholders: HashMap<String, String>,
    counts: HashMap<String, usize>,
}

impl Seen {
    fn placeholder(&mut self, kind: &str, text: &str) -> String {
        if let Some(known) = self.placeholders.get(text) {
            return known.clone();
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let placeholder = format!("<{kind} {count}>");
        self.placeholders.insert(text.to_owned(), placeholder.clone());
        placeholder
    }
}

fn normalised(value: &Value, address: &str, seen: &mut Seen) -> Value {
    match value {
        Value::String(text) => {
            let text = text.replace(address, "<address>");
            let replace = |found: &Captures<'_>| {
                let whole = &found[0];
                match (found.name("prefix").or(found.name("service_user")), found.name("uuid")) {
                    (Some(prefix), _) => seen.placeholder(prefix.as_str(), whole),
                    (None, Some(_)) => seen.placeholder("uuid", whole),
                    (None, None) if found.name("token").is_some() => "<token>".to_owned(),
                    (None, None) if found.name("digest").is_some() => seen.placeholder("digest", whole),
                    (None, None) => "<time>".to_owned(),
                }
            };
            Value::String(VOLATILE.replace_all(&text, replace).into_owned())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| normalised(item, address, seen)).collect()),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), normalised(member, address, seen)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}
