//! Every page with canned data, written to `target/pages` and checked: balanced markup, quoted attributes, no script, no
//! inline style, a label for each field, a CSRF token in each form.

mod account;
mod connect;
mod markup;
mod organizations;
mod providers;
pub mod sample;
mod workspaces;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sample::Sample;

/// Pages by name.
pub type Pages = BTreeMap<&'static str, String>;

fn render(page: &impl askama::Template) -> String {
    page.render().expect("a page")
}

fn all(sample: &Sample) -> Pages {
    let mut pages = Pages::new();
    for family in [account::pages, connect::pages, organizations::pages, providers::pages, workspaces::pages] {
        let new = family(sample);
        assert!(new.keys().all(|name| !pages.contains_key(name)), "two pages of one name");
        pages.extend(new);
    }
    pages
}

#[test]
fn every_page_is_sound() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    for sample in [Sample::ordinary(), Sample::hostile(), Sample::empty()] {
        let directory = directory.join(sample.title);
        fs::create_dir_all(&directory).unwrap();
        let pages = all(&sample);
        assert!(pages.len() > 35, "{} pages", pages.len());
        for (name, html) in pages {
            // The written page finds its style sheet without a server.
            let standalone = html.replace(super::assets::style_path(), "../style.css");
            fs::write(directory.join(format!("{name}.html")), standalone).unwrap();
            if let Err(wrong) = markup::check(&html) {
                panic!("{}/{name}: {wrong}", sample.title);
            }
        }
    }
    fs::write(directory.join("style.css"), super::assets::STYLE).unwrap();
}

/// What hostile names try arrives as text.
#[test]
fn hostile_names_stay_text() {
    for (name, html) in all(&Sample::hostile()) {
        for forbidden in ["<script", "<img", "onerror=\"", "javascript:"] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[test]
fn templates_escape_everything() {
    fn visit(directory: &Path, count: &mut usize) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, count);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for forbidden in ["|safe", "| safe", "|escape", "style=", "<script", "autoescape"] {
                assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
            }
            *count += 1;
        }
    }
    let mut count = 0;
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui/templates"), &mut count);
    assert!(count > 30, "{count} templates");
}
