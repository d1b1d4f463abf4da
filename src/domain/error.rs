//! The one error type. A kind decides the status, problems are for the caller, the cause is for the log alone.

use std::any::Any;
use std::fmt;
use std::time::Duration;

pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as far as the caller's next step depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be understood as JSON, or a query parameter makes no sense.
    BadRequest,
    /// A list that is larger than a document may be; a part of it can be had.
    TooMuch,
    /// No token, or one that is not valid (any more). Nothing else.
    Unauthenticated,
    /// It does not exist, or this caller may not see or do it: deliberately one answer.
    NotFound,
    /// Seen, but not to be done by this caller: in the few places where a client is told so.
    Forbidden,
    /// The caller does not take what there is.
    NotAcceptable,
    /// It cannot be done as things stand now.
    Conflict,
    /// A body that is larger than the endpoint takes.
    TooLarge,
    /// A body of another media type than JSON:API's.
    UnsupportedMediaType,
    /// Understood, and refused for what it says.
    Invalid,
    /// A VCS provider refused, or gave no answer that can be used.
    ProviderFailed,
    /// Too many calls to VCS providers are under way. Callers bring that about; the server is well.
    ProvidersBusy,
    /// Our fault. Details go to the log only.
    Internal,
    /// Not now: the database is held by someone else, or the server is stopping.
    Unavailable,
    /// What was to be stored is sealed under a key that has been rotated out since. Sealed anew, it is taken.
    KeyRetired,
    /// The disk is full. Nothing was changed.
    StorageFull,
    /// More than the caller may ask in the time.
    TooManyRequests(Exceeded),
}

/// Which limit it was, and after which time the same request passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    pub limit: u32,
    pub wait: Duration,
}

/// The place in the request that a problem is about, as JSON:API's `source`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A JSON pointer into the request document.
    Pointer(String),
    /// The name of a query parameter.
    Parameter(String),
    /// The name of a header field.
    Header(&'static str),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub detail: String,
    pub source: Option<Source>,
}

/// Everything that is wrong with one request.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub problems: Vec<Problem>,
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Where it is the caller who is refused, although the answer may be the one for what is not there.
    pub refusal: Option<Refused>,
}

/// For the record alone; answers do not tell. Ids are text here: errors stand below all resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// The organization that it was about, once it is known.
    pub organization: Option<String>,
    /// The token, where it was valid once.
    pub expired_token: Option<String>,
}

impl Error {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Error {
        Error { kind, problems: vec![Problem { detail: detail.into(), source: None }], cause: None, refusal: None }
    }

    pub fn bad_request(detail: impl Into<String>) -> Error {
        Error::new(Kind::BadRequest, detail)
    }

    pub fn bad_parameter(name: &str, detail: impl Into<String>) -> Error {
        let mut error = Error::bad_request(detail);
        error.problems[0].source = Some(Source::Parameter(name.to_owned()));
        error
    }

    /// The same problems, of something that stands at `to` in the request's document instead of at `from`.
    pub fn within(mut self, from: &str, to: &str) -> Error {
        for problem in &mut self.problems {
            if let Some(Source::Pointer(pointer)) = &mut problem.source
                && let Some(rest) = pointer.strip_prefix(from)
            {
                *pointer = format!("{to}{rest}");
            }
        }
        self
    }

    /// A query parameter that is understood, and may not have this value.
    pub fn invalid_parameter(name: &str, detail: impl Into<String>) -> Error {
        Error { kind: Kind::Invalid, ..Error::bad_parameter(name, detail) }
    }

    /// What the request asks for would be a document without bound.
    pub fn too_much() -> Error {
        let detail =
            "The answer would be larger than the server's limit for one answer; ask for a smaller `page[size]`.";
        Error { kind: Kind::TooMuch, ..Error::bad_parameter("page[size]", detail) }
    }

    /// What the request asks for takes the database too long to find.
    pub fn too_slow() -> Error {
        let detail = "The list could not be read in time. Ask for less: fewer filters, searches and `include`s, a project \
                      instead of the whole organization, or another `sort`.";
        Error::unavailable(detail)
    }

    pub fn too_many_slow_reads(exceeded: Exceeded) -> Error {
        let detail = format!("More than {} of your requests take long; send them one after the other.", exceeded.limit);
        Error::new(Kind::TooManyRequests(exceeded), detail)
    }

    /// The same words for every reason, so that the answer tells nothing about the reason.
    pub fn unauthenticated() -> Error {
        Error::new(Kind::Unauthenticated, "The request needs a valid bearer token.")
    }

    /// [`Error::unauthenticated`] to the caller; the record says why.
    pub fn expired(token: String, organization: Option<String>) -> Error {
        Error { refusal: Some(Refused { organization, expired_token: Some(token) }), ..Error::unauthenticated() }
    }

    /// For pages: no session, or one that is over.
    pub fn signed_out() -> Error {
        Error::new(Kind::Unauthenticated, "The session has ended, or there was none.")
    }

    /// The same words for "does not exist" and "may not be seen".
    pub fn not_found() -> Error {
        Error::new(Kind::NotFound, "There is no such resource, or this token may not use it.")
    }

    /// [`Error::not_found`] to the caller, and a refusal on the record.
    pub fn refused() -> Error {
        Error { refusal: Some(Refused::default()), ..Error::not_found() }
    }

    pub fn forbidden(detail: impl Into<String>) -> Error {
        Error { refusal: Some(Refused::default()), ..Error::new(Kind::Forbidden, detail) }
    }

    pub fn conflict(detail: impl Into<String>) -> Error {
        Error::new(Kind::Conflict, detail)
    }

    pub fn invalid(detail: impl Into<String>) -> Error {
        Error::new(Kind::Invalid, detail)
    }

    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::new(Kind::Internal, "Internal error; the server's log has the cause.").because(cause)
    }

    pub fn storage_full() -> Error {
        Error::new(Kind::StorageFull, "The server's disk is full; nothing was changed.")
    }

    pub fn key_retired() -> Error {
        let cause = "what was to be stored is sealed under a key that this database takes no more: the master key of this \
                     process lags behind the rotation";
        Error::new(Kind::KeyRetired, "The server's master key is being changed; nothing was changed.").because(cause)
    }

    /// In the words of the original.
    pub fn too_many_requests(exceeded: Exceeded) -> Error {
        Error::new(Kind::TooManyRequests(exceeded), "You have exceeded the API's rate limit.")
    }

    /// So many that other tokens from there have to wait for being looked at, too.
    pub fn too_many_failures(exceeded: Exceeded) -> Error {
        let detail = "You have exceeded the API's rate limit: too many tokens from this address were not valid.";
        Error::new(Kind::TooManyRequests(exceeded), detail)
    }

    pub fn too_large(most_bytes: usize) -> Error {
        Error::new(
            Kind::TooLarge,
            format!("The request body is larger than the {most_bytes} bytes that this path takes."),
        )
    }

    pub fn unavailable(detail: impl Into<String>) -> Error {
        Error::new(Kind::Unavailable, detail)
    }

    /// The reason rather than the apology, for who is to do something about it.
    pub fn told_to_operators(&self) -> String {
        match (&self.cause, self.kind) {
            (Some(cause), Kind::Internal) => cause.to_string(),
            _ => self.to_string(),
        }
    }

    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for Error {
    /// For people at a terminal and for the log: every problem, then the cause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&problem.detail)?;
        }
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// What a panic had to say.
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or(payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("nothing")
}

/// Collects what is wrong, so that one answer can name all of it.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// A problem with `/data/attributes/<name>`. The pointer names the attribute also where it is missing, as the
    /// service's own answers do (docs/decisions/0004).
    pub fn attribute(&mut self, name: &str, detail: impl Into<String>) {
        self.at(format!("/data/attributes/{name}"), detail);
    }

    /// In the service's own words.
    pub fn name_is_taken(&mut self) {
        self.attribute("name", "Name has already been taken");
    }

    /// The first problem of a place is the one that is told: what follows is mostly its echo.
    pub fn at(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        let pointer = pointer.into();
        if !self.is_at(&pointer) {
            self.0.push(Problem { detail: detail.into(), source: Some(Source::Pointer(pointer)) });
        }
    }

    /// Whether there is a problem in this place. A relationship and its `data` are one.
    pub fn is_at(&self, pointer: &str) -> bool {
        fn place(pointer: &str) -> &str {
            pointer.strip_suffix("/data").unwrap_or(pointer)
        }
        let here = place(pointer);
        self.0.iter().any(|problem| matches!(&problem.source, Some(Source::Pointer(given)) if place(given) == here))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Invalid` with everything collected, if there is anything.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }

    /// `Invalid` with everything collected, and with this.
    pub fn with(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Error {
        self.at(pointer, detail);
        self.into_error()
    }

    fn into_error(self) -> Error {
        Error { kind: Kind::Invalid, problems: self.0, cause: None, refusal: None }
    }
}
