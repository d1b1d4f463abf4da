//! The arrows of ARCHITECTURE.md: which module may name which others, and that no modules depend on each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rows of the table of folders: a module, and the modules that it may name. A path such as `telemetry::counters` allows
/// that part alone. The one that may name everything is left out.
fn may_name() -> Vec<(&'static str, Vec<&'static str>)> {
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let quoted = |cell: &'static str| cell.split('`').skip(1).step_by(2);
    let rows = include_str!("../ARCHITECTURE.md").lines().map(cells).filter(|cells| cells.len() == 5);
    let rows = rows.filter(|cells| cells[1].starts_with('`') && cells[3] != "everything");
    rows.map(|cells| {
        let name = quoted(cells[1]).next().expect("a name");
        (name.trim_end_matches('/').trim_end_matches(".rs"), quoted(cells[3]).collect())
    })
    .collect()
}

#[test]
fn what_a_folder_may_name_stands_below_it() {
    let rows = may_name();
    for (n, (module, named)) in rows.iter().enumerate() {
        for named in named {
            let is_it = |(below, _): &(&str, Vec<&str>)| named.split("::").next() == Some(below);
            assert!(rows[n + 1..].iter().any(is_it), "{module} may name {named}, which is not below it");
        }
    }
}

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
    let (rules, mut checked) = (may_name(), 0);
    // Tests that stand beside the code may reach across it.
    let is_test = |path: &PathBuf| path.ends_with("tests.rs") || path.ends_with("fuzz.rs");
    for path in files(&source).into_iter().filter(|path| !is_test(path)) {
        let below = path.strip_prefix(&source).expect("below src");
        let module = below.iter().next().and_then(|name| name.to_str()).expect("a name").trim_end_matches(".rs");
        let Some((_, allowed)) = rules.iter().find(|(name, _)| *name == module) else {
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

/// A file or folder of `src`, as its path in the crate.
type Module = Vec<String>;

/// What the text of a module names.
#[derive(Default)]
struct Named {
    /// What its `use` lines bring in, by the name that it has there.
    imported: BTreeMap<String, Vec<String>>,
    paths: Vec<Vec<String>>,
}

/// Dependencies that may be part of a circle: the folder, and which of its files names which other.
const IN_A_CIRCLE: [(&str, &str, &str); 1] = [
    // A context knows the endpoint that it is made for, whose handler takes a context: two types, each part of the other.
    ("app", "endpoint", "cx"),
];

/// Identifiers, `::`, and the signs between them, without comments and texts.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(end) = raw_text(rest) {
            end
        } else if first == '"' {
            let mut is_escaped = false;
            let end = rest[1..].find(|c| {
                let is_end = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            let character = quoted.chars().next().map_or(0, char::len_utf8);
            match quoted.strip_prefix('\\') {
                Some(escaped) => 3 + escaped[1..].find('\'').unwrap_or(0) + 1,
                None if quoted[character..].starts_with('\'') => character + 2,
                None => 1,
            }
        } else if is_part(first) {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        if is_part(first) && !token.ends_with(['"', '#']) || "::{},;*#[]()<.".contains(token) {
            tokens.push(token.to_owned());
        }
        rest = behind;
    }
    tokens
}

/// Where a text such as `r#"…"#` at the beginning of `code` ends.
fn raw_text(code: &str) -> Option<usize> {
    let marks = code.strip_prefix("br").or(code.strip_prefix('r'))?;
    let count = marks.len() - marks.trim_start_matches('#').len();
    let text = marks[count..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(count));
    Some(code.len() - text.len() + text.find(&end)? + end.len())
}

/// Where the item that begins at `from` ends.
fn end_of_item(tokens: &[String], from: usize) -> usize {
    let (mut depth, mut is_use) = (0, false);
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.as_str() {
            "use" if depth == 0 => is_use = true,
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 && (token == ";" || token == "}" && !is_use) {
            return at + 1;
        }
    }
    tokens.len()
}

/// Reads the tree of a `use` line; the place behind it.
fn read_use(tokens: &[String], mut at: usize, above: &[String], named: &mut Named) -> usize {
    let mut path = above.to_vec();
    let (mut name, mut is_whole) = (None, false);
    loop {
        match tokens[at].as_str() {
            "{" => {
                while tokens[at] != "}" {
                    at = read_use(tokens, at + 1, &path, named);
                }
                // What follows in the same braces is read by the caller.
                return at + 1;
            }
            "as" => {
                name = Some(tokens[at + 1].clone());
                at += 1;
            }
            "," | ";" | "}" => break,
            "self" if !path.is_empty() => is_whole = true,
            "::" => {}
            part => path.push(part.to_owned()),
        }
        at += 1;
    }
    if path.len() > above.len() || is_whole {
        let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
        named.paths.push(path.clone());
        named.imported.insert(name, path);
    }
    at
}

fn named(text: &str) -> Named {
    let tokens = tokens(text);
    let mut named = Named::default();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].iter().take(7).map(String::as_str).eq(["#", "[", "cfg", "(", "test", ")", "]"]) {
            at = end_of_item(&tokens, at + 7);
        } else if tokens[at] == "use" && tokens[at + 1] != "<" {
            at = read_use(&tokens, at + 1, &[], &mut named);
        } else {
            let mut path = vec![tokens[at].clone()];
            let is_begin = at == 0 || !["::", "."].contains(&tokens[at - 1].as_str());
            while tokens.get(at + 1).is_some_and(|token| token == "::") && at + 2 < tokens.len() {
                at += 2;
                path.push(tokens[at].clone());
            }
            if is_begin && path.len() > 1 {
                named.paths.push(path);
            }
            at += 1;
        }
    }
    named
}

struct Tree(BTreeMap<Module, Named>);

impl Tree {
    /// From the files below `src`, by their paths there, without tests.
    fn of(code: impl Iterator<Item = (String, String)>) -> Tree {
        let module = |path: &str| -> Module {
            let names = path.trim_end_matches(".rs").split('/').map(str::to_owned);
            names.filter(|name| !["mod", "lib"].contains(&name.as_str())).collect()
        };
        let is_test = |module: &Module| module.iter().any(|name| ["tests", "fuzz"].contains(&name.as_str()));
        let modules = code.map(|(path, text)| (module(&path), named(&text)));
        Tree(modules.filter(|(module, _)| !is_test(module)).collect())
    }

    /// The module that a path leads to from `module`: through what other modules pass on to where the thing is made. `None`
    /// for what is of another crate, or the module's own.
    fn find(&self, module: &[String], path: &[String], steps: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(vec![], rest, steps),
            "self" => self.walk(module.to_vec(), rest, steps),
            "super" => {
                let above = &module[..module.len().checked_sub(1)?];
                if rest.first().is_some_and(|next| next == "super") {
                    self.find(above, rest, steps)
                } else {
                    self.walk(above.to_vec(), rest, steps)
                }
            }
            _ if self.has(module, first) => self.walk(module.to_vec(), path, steps),
            _ => self.imported(module, path, steps),
        }
    }

    fn has(&self, module: &[String], child: &str) -> bool {
        let child: Module = module.iter().cloned().chain([child.to_owned()]).collect();
        self.0.contains_key(&child)
    }

    fn imported(&self, module: &[String], path: &[String], steps: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let origin = self.0.get(module)?.imported.get(first)?;
        let path: Vec<String> = origin.iter().chain(rest).cloned().collect();
        if steps == 0 { None } else { self.find(module, &path, steps - 1) }
    }

    fn walk(&self, mut module: Module, path: &[String], steps: usize) -> Option<Module> {
        let (mut path, mut next) = (path, path.first());
        while let Some(name) = next
            && self.has(&module, name)
        {
            module.push(name.clone());
            (path, next) = (&path[1..], path.get(1));
        }
        self.imported(&module, path, steps).or(Some(module))
    }

    /// For each folder, which of the files and folders in it name which others, and an example of where. A folder's own file,
    /// `mod.rs`, stands for the folder.
    fn dependencies(&self) -> BTreeMap<String, BTreeMap<(String, String), String>> {
        let mut all: BTreeMap<String, BTreeMap<(String, String), String>> = BTreeMap::new();
        for (module, named) in &self.0 {
            for path in &named.paths {
                let Some(other) = self.find(module, path, 9) else { continue };
                let common = module.iter().zip(&other).take_while(|(one, other)| one == other).count();
                if common > 0 && common < module.len() && common < other.len() {
                    let pair = (module[common].clone(), other[common].clone());
                    let example = || format!("{} names {}", module.join("::"), other.join("::"));
                    all.entry(module[..common].join("/")).or_default().entry(pair).or_insert_with(example);
                }
            }
        }
        all
    }
}

/// One of the circles among the dependencies of a folder.
fn circle(dependencies: &BTreeMap<(String, String), String>) -> Option<String> {
    let mut left: BTreeSet<&(String, String)> = dependencies.keys().collect();
    loop {
        let is_inner = |(_, to): &&(String, String)| left.iter().any(|(from, _)| from == to);
        let inner: BTreeSet<_> = left.iter().copied().filter(is_inner).collect();
        if inner.len() == left.len() {
            break;
        }
        left = inner;
    }
    let mut way = vec![*left.first()?];
    loop {
        let next = left.iter().copied().find(|(from, _)| *from == way[way.len() - 1].1)?;
        if let Some(begin) = way.iter().position(|step| *step == next) {
            let steps = way[begin..].iter().map(|step| dependencies[*step].as_str());
            return Some(steps.collect::<Vec<_>>().join(", "));
        }
        way.push(next);
    }
}

#[test]
fn neighbours_form_no_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let code = files(&source).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let tree = Tree::of(code.map(|path| {
        let below = path.strip_prefix(&source).expect("below src").display().to_string();
        (below, fs::read_to_string(&path).expect("text"))
    }));
    let mut all = tree.dependencies();
    let count: usize = all.values().map(BTreeMap::len).sum();
    assert!(count > 400, "only {count} dependencies were found");
    for (folder, from, to) in IN_A_CIRCLE {
        let known = all.get_mut(folder).and_then(|pairs| pairs.remove(&(from.to_owned(), to.to_owned())));
        assert!(known.is_some(), "{folder}: {from} no longer names {to}");
    }
    let circles: Vec<String> =
        all.iter().filter_map(|(folder, pairs)| Some(format!("{folder}: {}", circle(pairs)?))).collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn a_circle_is_found_and_named() {
    let circles = |files: &[(&str, &str)]| -> Vec<String> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Tree::of(files).dependencies().values().filter_map(circle).collect()
    };
    let passed_on = ("api/mod.rs", "pub use teams::{resource as shown, tokens::{self, Token}};");
    let teams =
        ("api/teams/mod.rs", "mod tokens; use std::io; use crate::api::{jsonapi, users::{self as people, KIND}};");
    let tokens = ("api/teams/tokens.rs", "use super::super::jsonapi;");
    let users =
        ("api/users.rs", "// crate::api::teams\nconst A: &str = \"crate::api::teams\"; use super::jsonapi::page;");
    let json =
        ("api/jsonapi.rs", "#[cfg(test)]\nuse crate::api::users;\n#[cfg(test)]\nmod tests { use crate::api::users; }");
    assert_eq!(circles(&[passed_on, teams, tokens, users, json]), [""; 0]);
    for text in [
        "use crate::api::teams;",
        "use crate::{api::{jsonapi, shown}, domain};",
        "fn a() -> super::Token { 'a'; b(r#\"\"\"#) }",
        "use crate::api; fn a() { api::tokens::issue(); }",
    ] {
        let found = circles(&[passed_on, teams, tokens, ("api/users.rs", text), json]);
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].contains("api::teams names api::users, api::users names api::teams"), "{}", found[0]);
    }
    let (folder, inner) = (("a/mod.rs", ""), ("a/z/mod.rs", "mod w;"));
    let (first, second) = (("a/x.rs", "use super::y;"), ("a/y.rs", "use super::z::w;"));
    let found = circles(&[folder, inner, first, second, ("a/z/w.rs", "use crate::a::x;")]);
    assert_eq!(found, ["a::x names a::y, a::y names a::z::w, a::z::w names a::x"]);
    assert_eq!(circles(&[folder, inner, first, second, ("a/z/w.rs", "")]), [""; 0]);
}
