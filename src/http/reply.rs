//! A reply as a value, and the one place where kinds of errors become status codes.

use std::borrow::Cow;

use crate::bounds::memory_budget::Held;
pub use crate::bounds::pieces::Pieces;
use crate::domain::error::Kind;

pub struct Reply {
    /// The route's pattern, for logs and metrics; clients do not see it.
    pub route: Option<&'static str>,
    pub status: u16,
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    pub body: Pieces,
    /// Given back once the body is gone.
    pub memory: Option<Held>,
}

impl Reply {
    pub fn new(status: u16) -> Reply {
        Reply { route: None, status, headers: Vec::new(), body: Pieces::default(), memory: None }
    }

    /// Done, and nothing to say of it.
    pub fn no_content() -> Reply {
        Reply::new(204)
    }

    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    pub fn with_body(mut self, media_type: &'static str, body: impl Into<Pieces>) -> Reply {
        self.body = body.into();
        self.with_header("Content-Type", media_type)
    }
}

pub fn status(kind: Kind) -> u16 {
    match kind {
        Kind::BadRequest | Kind::TooMuch => 400,
        Kind::Unauthenticated => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::NotAcceptable => 406,
        Kind::Conflict => 409,
        Kind::TooLarge => 413,
        Kind::UnsupportedMediaType => 415,
        Kind::Invalid | Kind::ProviderFailed => 422,
        Kind::TooManyRequests(_) => 429,
        Kind::Internal => 500,
        Kind::ProvidersBusy | Kind::Unavailable | Kind::KeyRetired => 503,
        Kind::StorageFull => 507,
    }
}
