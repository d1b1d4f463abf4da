//! Errors as pages: what is wrong, what to do, and the request's id for the operator.

use askama::Template;

use super::frame::Frame;
use super::parts::Link;
use super::{frames, reply};
use crate::app::Cx;
use crate::app::credential::Identity;
use crate::domain::error::{Error, Kind};
use crate::http::reply::{Reply, status};
use crate::http::request::{Method, encode};

#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub words: String,
    pub advice: String,
    pub link: Option<Link>,
    /// Empty where the operator's log has no more to say.
    pub request_id: String,
}

/// How a page's errors are shown. A page that needs a session leads to the sign-in page, and from there back.
pub fn refuse(cx: &Cx, error: &Error) -> Reply {
    if error.kind == Kind::Unauthenticated && cx.request.method == Method::Get && cx.identity() == Identity::Session {
        let path: Vec<_> = cx.request.path.iter().map(|segment| encode(segment)).collect();
        let next = format!("/{}{}", path.join("/"), connect_query(cx));
        return reply::redirect(format!("/sign-in?next={}", encode(&next)));
    }
    in_place(cx, error)
}

/// What a connect path has behind its path. Other pages are found without their query.
fn connect_query(cx: &Cx) -> String {
    let number = cx.request.query("organization_id").filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    number.map_or_else(String::new, |number| format!("?organization_id={number}"))
}

/// On this page, wherever signing in would lead.
pub fn in_place(cx: &Cx, error: &Error) -> Reply {
    // With the header that the person is used to, if there is still one.
    let frame = cx.read(|view, caller| frames::plain(cx, view, caller, title(error.kind)));
    let frame = frame.unwrap_or_else(|_| frames::outside(title(error.kind)));
    let page = ErrorPage { request_id: request_id(cx, error), ..ErrorPage::new(frame, error) };
    let refused = reply::page(status(error.kind), &page).unwrap_or_else(|_| Reply::new(500));
    match error.kind {
        Kind::TooManyRequests(exceeded) => refused.with_header("Retry-After", seconds(exceeded.wait).to_string()),
        _ => refused,
    }
}

fn seconds(wait: std::time::Duration) -> u64 {
    wait.as_millis().div_ceil(1000) as u64
}

fn request_id(cx: &Cx, error: &Error) -> String {
    match error.kind {
        Kind::Internal | Kind::StorageFull | Kind::Unavailable | Kind::KeyRetired => cx.request.id().to_owned(),
        _ => String::new(),
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Unauthenticated => "Please sign in",
        Kind::NotFound => "Page not found",
        Kind::Forbidden => "Not accepted",
        Kind::TooManyRequests(_) => "Too many requests",
        Kind::StorageFull => "The disk is full",
        Kind::ProvidersBusy | Kind::Unavailable | Kind::KeyRetired => "Not available now",
        Kind::Internal => "Something went wrong",
        Kind::TooLarge => "Too large",
        _ => "Not understood",
    }
}

impl ErrorPage {
    fn new(frame: Frame, error: &Error) -> ErrorPage {
        let mut words = error.problems.iter().map(|problem| problem.detail.as_str()).collect::<Vec<_>>().join(" ");
        if error.kind == Kind::NotFound {
            "There is no such page, or you may not see it.".clone_into(&mut words);
        }
        let advice = match error.kind {
            Kind::Unauthenticated => "Nothing was changed. Sign in, and begin again.".to_owned(),
            Kind::NotFound => "An owner of the organization can give you access.".to_owned(),
            Kind::Forbidden => "Nothing was changed.".to_owned(),
            Kind::TooManyRequests(exceeded) => format!("Try again in {} seconds.", seconds(exceeded.wait)),
            Kind::StorageFull | Kind::Internal => "Tell the operator of this server the number below.".to_owned(),
            Kind::ProvidersBusy | Kind::Unavailable | Kind::KeyRetired => "Try again in a moment.".to_owned(),
            _ => "Nothing was changed. Go back, and check what you entered.".to_owned(),
        };
        let link = match error.kind {
            Kind::Unauthenticated => Link::new("/sign-in", "Sign in"),
            _ => Link::new("/", "To the start page"),
        };
        ErrorPage { frame, words, advice, link: Some(link), request_id: String::new() }
    }
}

/// For paths that no route has.
pub fn no_such_page() -> Reply {
    let page = ErrorPage::new(frames::outside(title(Kind::NotFound)), &Error::not_found());
    let html = page.render().unwrap_or_default();
    reply::guarded(Reply::new(404).with_body("text/html; charset=utf-8", html.into_bytes()))
}
