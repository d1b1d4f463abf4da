//! Texts that must not be seen, and a search for them in every form.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::harness::Answer;

/// Bytes that a form is looked up by.
const HEAD: usize = 6;

/// A text in every form that it could have slipped out in.
fn forms(needle: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = needle.iter().map(|b| format!("{b:02x}")).collect();
    let mut forms = vec![needle.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    forms.push(needle.iter().rev().copied().collect());
    // As UTF-16.
    forms.push(needle.iter().flat_map(|b| [*b, 0]).collect());
    // As a part of a longer text, base64 has three faces; the first and last characters depend on the neighbours.
    for shift in 0..3 {
        let shifted = [vec![b'x'; shift], needle.to_vec()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(encoded.as_bytes()[if shift == 0 { 0 } else { 4 }..encoded.len() - 4].to_vec());
        }
    }
    forms
}

/// Everything that must not be seen, in every form.
#[derive(Default)]
pub struct Needles {
    /// What is looked for, by how it begins: its name and the whole form.
    by_head: HashMap<[u8; HEAD], Vec<(String, Vec<u8>)>>,
}

impl Needles {
    pub fn new(needles: &[&str]) -> Needles {
        let mut all = Needles::default();
        needles.iter().for_each(|needle| all.add(needle, needle.as_bytes()));
        all
    }

    /// `name` is what a failing test says instead of the text.
    pub fn add(&mut self, name: &str, needle: &[u8]) {
        for form in forms(needle) {
            let head = form[..HEAD].try_into().expect("a long form");
            self.by_head.entry(head).or_default().push((name.to_owned(), form));
        }
    }

    /// The first needle that is in there, in whatever form.
    pub fn found_in(&self, bytes: &[u8]) -> Option<String> {
        bytes.windows(HEAD).enumerate().find_map(|(at, head)| {
            let head: [u8; HEAD] = head.try_into().expect("so many");
            let (name, form) = self.by_head.get(&head)?.iter().find(|(_, form)| bytes[at..].starts_with(form))?;
            Some(format!("{name} as {:?} at {at}", String::from_utf8_lossy(form)))
        })
    }

    #[track_caller]
    pub fn are_not_in(&self, place: &str, bytes: &[u8]) {
        assert_eq!(self.found_in(bytes), None, "in {place}");
    }

    #[track_caller]
    pub fn are_not_in_answer(&self, to: &str, answer: &Answer) {
        self.are_not_in(&format!("the answer to {to}"), format!("{:?}\n{}", answer.headers, answer.body).as_bytes());
    }

    #[track_caller]
    pub fn are_not_in_file(&self, path: &Path) {
        let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        self.are_not_in(&path.display().to_string(), &bytes);
    }
}

const TOKEN: &str = "needle-in-oauth-token-string-5jTq8";

#[test]
fn the_needles_would_be_found() {
    let needles = Needles::new(&[TOKEN]);
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02X}")).collect::<String>();
    for (before, after) in [("", ""), ("a ", " b"), ("x", "yz"), ("xy", "z"), ("{\"a\":\"", "\"}"), ("four", "more")] {
        let text = format!("{before}{TOKEN}{after}");
        for form in [text.clone(), STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text), hex(&text)] {
            assert!(needles.found_in(form.as_bytes()).is_some(), "{form}");
        }
    }
    assert_eq!(needles.found_in(b"needle-in-oauth-token-string-5jTq9"), None);
}
