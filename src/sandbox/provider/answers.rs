//! Answers in the media types that providers use.

use std::borrow::Cow;

use serde_json::Value;
use url::form_urlencoded;

use crate::http::reply::Reply;

/// How many entries a page has at most, whatever is asked for: so that few repositories make several pages.
pub const MOST_ENTRIES: usize = 10;

/// What every answer has.
pub fn finished(reply: Reply) -> Reply {
    reply.with_header("Cache-Control", "no-store").with_header("X-Content-Type-Options", "nosniff")
}

pub fn json(status: u16, document: &Value) -> Reply {
    Reply::new(status).with_body("application/json; charset=utf-8", document.to_string().into_bytes())
}

pub fn form(status: u16, members: &[(&str, &str)]) -> Reply {
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
    Reply::new(status).with_body("application/x-www-form-urlencoded; charset=utf-8", text.into_bytes())
}

pub fn plain(status: u16, text: &str) -> Reply {
    Reply::new(status).with_body("text/plain; charset=utf-8", text.as_bytes().to_vec())
}

pub fn html(status: u16, text: String) -> Reply {
    Reply::new(status).with_body("text/html; charset=utf-8", text.into_bytes())
}

pub fn redirect(status: u16, location: impl Into<Cow<'static, str>>) -> Reply {
    Reply::new(status).with_header("Location", location)
}

/// A part of a list: entries `from..to`.
pub struct Page {
    pub from: usize,
    pub to: usize,
    pub size: usize,
}

impl Page {
    /// From an entry on, as many as are asked for, but no more than we give.
    pub fn at(from: usize, size: usize, total: usize) -> Page {
        let size = size.clamp(1, MOST_ENTRIES);
        let from = from.min(total);
        Page { from, to: from.saturating_add(size).min(total), size }
    }

    /// By its number, which begins with 1.
    pub fn numbered(number: usize, size: usize, total: usize) -> Page {
        let size = size.clamp(1, MOST_ENTRIES);
        Page::at(number.saturating_sub(1).saturating_mul(size), size, total)
    }

    pub fn of<'a, T>(&self, entries: &'a [T]) -> &'a [T] {
        &entries[self.from..self.to]
    }
}
