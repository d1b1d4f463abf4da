//! `page[number]` and `page[size]` in, `links` and `meta.pagination` out.

use serde::Serialize;

use super::document;
use super::document::Included;
use crate::app::{Cx, PublicUrl};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::page::{DEFAULT_PAGE_SIZE, Listed, MAX_PAGE_SIZE, Page};
use crate::http::reply::Reply;
use crate::http::request::{Request, encode};

const NUMBER: &str = "page[number]";
const SIZE: &str = "page[size]";

/// The page that was asked for. `None` where neither parameter was sent; `BadRequest` where one is not a number,
/// `Invalid` for a size out of range.
pub fn requested(request: &Request) -> Result<Option<Page>> {
    if request.query(NUMBER).is_none() && request.query(SIZE).is_none() {
        return Ok(None);
    }
    read(request, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE).map(Some)
}

/// The page that was asked for, of a list that has as many items on a page as may be unless fewer are asked for.
pub fn requested_of(request: &Request, size: u64) -> Result<Page> {
    read(request, size, size)
}

fn read(request: &Request, default_size: u64, max_size: u64) -> Result<Page> {
    let (number, size) = (request.query(NUMBER), request.query(SIZE));
    let number = match number.map(whole_number) {
        None => 1,
        // Some clients of the service number pages from 0; both are the first one there.
        Some(Some(number)) if number <= u64::from(u32::MAX) => number.max(1),
        Some(_) => return Err(Error::bad_parameter(NUMBER, "`page[number]` must be a whole number.")),
    };
    let size = match size {
        None => default_size,
        Some(text) => match whole_number(text) {
            Some(size) if (1..=max_size).contains(&size) => size,
            // In the service's own words.
            _ if is_integer(text) => {
                return Err(Error::invalid_parameter(SIZE, format!("page[size] must be between 1 and {max_size}")));
            }
            _ => {
                let detail = format!("`page[size]` must be a whole number from 1 to {max_size}.");
                return Err(Error::bad_parameter(SIZE, detail));
            }
        },
    };
    Ok(Page { number, size })
}

/// Of whatever size.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Digits alone: the parser would also take a sign.
fn whole_number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// The longest list that is answered whole. A longer one is answered in pages even without page parameters,
/// so that no answer grows without bound (docs/decisions/0006).
pub const WHOLE_LIST: u64 = 1000;

/// Fetches the page that was asked for; where none was, all of the list, or its first page if it is too long or too large.
pub fn fetch<T>(requested: Option<Page>, list: impl Fn(Page) -> Result<Listed<T>>) -> Result<Listed<T>> {
    if let Some(page) = requested {
        return list(page);
    }
    let mut whole = match list(Page { number: 1, size: WHOLE_LIST }) {
        Err(e) if e.kind == Kind::TooMuch => list(Page::default())?,
        other => other?,
    };
    if !is_whole(&whole) {
        whole.items.truncate(DEFAULT_PAGE_SIZE as usize);
    }
    Ok(whole)
}

fn is_whole<T>(list: &Listed<T>) -> bool {
    list.items.len() as u64 == list.total
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    itself: String,
    first: String,
    prev: Option<String>,
    next: Option<String>,
    last: String,
}

#[derive(Serialize)]
struct Meta {
    pagination: Pagination,
    /// The same members again, for clients that look for them here.
    #[serde(flatten)]
    direct: Option<Pagination>,
}

/// Where `meta` has the members that tell the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MetaShape {
    Nested,
    NestedAndDirect,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Pagination {
    current_page: u64,
    page_size: u64,
    prev_page: Option<u64>,
    next_page: Option<u64>,
    total_pages: u64,
    total_count: u64,
}

/// A list that was asked for by the page.
pub fn paged<D: Serialize>(cx: &Cx, page: Page, list: Listed<D>) -> Reply {
    paged_including(cx, page, list, None)
}

/// A page with what the request asked to include; `None` where it did not ask.
pub fn paged_including<D: Serialize>(cx: &Cx, page: Page, list: Listed<D>, included: Option<Included>) -> Reply {
    page_document(cx.request, &cx.app.public_url, page, list, included, MetaShape::Nested)
}

/// As [`paged_including`], for the lists whose pages some clients look for in `meta` itself, where the published
/// description of the API has them: those clients read the first page alone otherwise.
pub fn paged_in_both_shapes<D: Serialize>(cx: &Cx, page: Page, list: Listed<D>, included: Option<Included>) -> Reply {
    page_document(cx.request, &cx.app.public_url, page, list, included, MetaShape::NestedAndDirect)
}

fn page_document<D: Serialize>(
    request: &Request,
    public_url: &PublicUrl,
    page: Page,
    list: Listed<D>,
    included: Option<Included>,
    shape: MetaShape,
) -> Reply {
    let total_pages = list.total.div_ceil(page.size).max(1);
    let previous = (page.number > 1).then(|| page.number - 1);
    let next = (page.number < total_pages).then(|| page.number + 1);
    let link = |number: u64| public_url.join(&target(request, Page { number, ..page }));
    let links = Links {
        itself: link(page.number),
        first: link(1),
        prev: previous.map(link),
        next: next.map(link),
        last: link(total_pages),
    };
    let pagination = Pagination {
        current_page: page.number,
        page_size: page.size,
        prev_page: previous,
        next_page: next,
        total_pages,
        total_count: list.total,
    };
    let direct = (shape == MetaShape::NestedAndDirect).then_some(pagination);
    document::many(list.items, included, Some(links), Some(Meta { pagination, direct }))
}

/// A list that is whole unless a page was asked for, or it is too long to be. `list` was fetched with [`fetch`].
pub fn whole<D: Serialize>(cx: &Cx, requested: Option<Page>, list: Listed<D>) -> Reply {
    whole_including(cx, requested, list, None)
}

/// As [`whole`], with what the request asked to include.
pub fn whole_including<D: Serialize>(
    cx: &Cx,
    requested: Option<Page>,
    list: Listed<D>,
    included: Option<Included>,
) -> Reply {
    match requested {
        Some(page) => paged_including(cx, page, list, included),
        None if is_whole(&list) => document::many(list.items, included, None::<()>, None::<()>),
        None => paged_including(cx, Page::default(), list, included),
    }
}

/// The request's own path and query, with another page.
fn target(request: &Request, page: Page) -> String {
    let mut target = String::new();
    for segment in &request.path {
        target.push('/');
        target.push_str(&encode(segment));
    }
    let kept = request.query.iter().filter(|(name, _)| name != NUMBER && name != SIZE);
    let pages = [(NUMBER.to_owned(), page.number.to_string()), (SIZE.to_owned(), page.size.to_string())];
    for (n, (name, value)) in kept.chain(&pages).enumerate() {
        target.push(if n == 0 { '?' } else { '&' });
        target.push_str(&format!("{}={}", encode(name), encode(value)));
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Kind;
    use crate::http::request::Method;

    fn request(query: &str) -> Request {
        Request::new(Method::Get, &format!("/api/v2/things?{query}"), vec![], vec![]).unwrap()
    }

    #[test]
    fn no_parameter_no_page() {
        assert_eq!(requested(&request("q=x")).unwrap(), None);
        assert_eq!(requested(&request("page[size]=5")).unwrap(), Some(Page { number: 1, size: 5 }));
        assert_eq!(requested(&request("page%5Bnumber%5D=3")).unwrap(), Some(Page { number: 3, size: 20 }));
        assert_eq!(requested(&request("page[number]=1&page[size]=100")).unwrap(), Some(Page { number: 1, size: 100 }));
    }

    #[test]
    fn page_0_is_the_first_one() {
        assert_eq!(requested(&request("page[number]=0")).unwrap(), Some(Page { number: 1, size: 20 }));
    }

    #[test]
    fn pages_out_of_range_are_refused() {
        for query in [
            "number]=-1",
            "number]=x",
            "number]=",
            "number]=4294967296",
            "size]=",
            "size]=-",
            "size]=x",
            "size]=1.5",
            "size]=%2B5",
        ] {
            let error = requested(&request(&format!("page[{query}"))).unwrap_err();
            assert_eq!(error.kind, Kind::BadRequest, "{query}");
        }
        for size in ["0", "-1", "101", "99999999999999999999999"] {
            let error = requested(&request(&format!("page[size]={size}"))).unwrap_err();
            assert_eq!(error.kind, Kind::Invalid, "{size}");
            assert_eq!(error.to_string(), "page[size] must be between 1 and 100");
        }
    }

    #[test]
    fn links_keep_the_other_parameters() {
        let request = request("search[name]=a%20b&page[number]=2");
        let url = PublicUrl::parse("http://x.test").unwrap();
        let page = Page { number: 2, size: 20 };
        let list = Listed { items: vec![1], total: 41 };
        let reply = page_document(&request, &url, page, list, None, MetaShape::NestedAndDirect);
        let document: serde_json::Value = serde_json::from_slice(&reply.body.whole()).unwrap();
        let link =
            |n| format!("http://x.test/api/v2/things?search%5Bname%5D=a%20b&page%5Bnumber%5D={n}&page%5Bsize%5D=20");
        assert_eq!(
            document["links"],
            serde_json::json!({"self": link(2), "first": link(1), "prev": link(1), "next": link(3), "last": link(3)})
        );
        let mut meta = serde_json::json!({"current-page": 2, "page-size": 20, "prev-page": 1, "next-page": 3,
                                          "total-pages": 3, "total-count": 41});
        assert_eq!(document["meta"]["pagination"], meta);
        meta["pagination"] = meta.clone();
        assert_eq!(document["meta"], meta);
    }

    #[test]
    fn a_page_past_the_end_is_empty_and_says_its_number() {
        let url = PublicUrl::parse("http://x.test").unwrap();
        let (page, list) = (Page { number: 999, size: 100 }, Listed::<u8> { items: vec![], total: 2 });
        let reply = page_document(&request(""), &url, page, list, None, MetaShape::Nested);
        let document: serde_json::Value = serde_json::from_slice(&reply.body.whole()).unwrap();
        assert_eq!(document["data"], serde_json::json!([]));
        assert_eq!(document["meta"]["pagination"]["current-page"], 999);
        assert_eq!(document["meta"]["pagination"]["next-page"], serde_json::Value::Null);
        assert_eq!(document["meta"].get("current-page"), None);
    }
}
