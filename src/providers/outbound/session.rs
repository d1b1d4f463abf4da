//! One question to a provider: one call, or several that belong together. All of them share a deadline and a number.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rustls::Error as TlsError;
use ureq::http::{HeaderName, HeaderValue, Method, Request, Response, header};
use ureq::{Agent, AsSendBody, Body};
use url::Url;
use zeroize::Zeroizing;

use super::{Answer, Outbound, tls};
use crate::providers::failure::{Failure, Result, TlsFault};

/// Header fields of a request. Values are not printed by anything.
pub(in crate::providers) type Headers = Vec<(&'static str, String)>;

pub(in crate::providers) struct Session<'a> {
    outbound: &'a Outbound,
    deadline: Instant,
    calls_left: Cell<u32>,
}

impl<'a> Session<'a> {
    pub(super) fn new(outbound: &'a Outbound) -> Session<'a> {
        let limits = &outbound.limits;
        Session { outbound, deadline: Instant::now() + limits.total, calls_left: Cell::new(limits.max_calls) }
    }

    pub fn outbound(&self) -> &'a Outbound {
        self.outbound
    }

    /// Whether another page of a list may still be asked for.
    pub fn has_calls_left(&self) -> bool {
        self.calls_left.get() > 0
    }

    /// Follows redirects that stay with the same origin. `headers` are made for each URL, because a signature covers it.
    pub fn get(&self, url: &Url, headers: &dyn Fn(&Url) -> Result<Headers>) -> Result<Answer> {
        let mut url = url.clone();
        for _ in 0..=self.outbound.limits.max_redirects {
            let answer = self.call(Method::GET, &url, headers(&url)?, None)?;
            match answer.redirect_from(&url)? {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        Err(Failure::Redirected)
    }

    /// Follows no redirect.
    pub fn get_directly(&self, url: &Url, headers: Headers) -> Result<Answer> {
        self.call(Method::GET, url, headers, None)
    }

    /// Follows no redirect, because it would send the secrets in the body to its target.
    pub fn post_form(&self, url: &Url, mut headers: Headers, fields: &[(&str, &str)]) -> Result<Answer> {
        let body = Zeroizing::new(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
        headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        self.once(Method::POST, url, headers, &body)
    }

    /// Follows no redirect, either.
    pub fn delete_json(&self, url: &Url, mut headers: Headers, body: &serde_json::Value) -> Result<Answer> {
        headers.push(("content-type", "application/json".to_owned()));
        self.once(Method::DELETE, url, headers, &Zeroizing::new(body.to_string()))
    }

    fn once(&self, method: Method, url: &Url, headers: Headers, body: &str) -> Result<Answer> {
        let answer = self.call(method, url, headers, Some(body))?;
        if answer.is_redirect() { Err(Failure::Redirected) } else { Ok(answer) }
    }

    fn call(&self, method: Method, url: &Url, headers: Headers, body: Option<&str>) -> Result<Answer> {
        check(url)?;
        let calls_left = self.calls_left.get().checked_sub(1).ok_or(Failure::TooLarge("list"))?;
        self.calls_left.set(calls_left);
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::Timeout("the provider"));
        }
        // The first call has the whole time, which the agent grants by itself: it keeps its TLS settings for such calls.
        let own_limit = (calls_left + 1 < self.outbound.limits.max_calls).then_some(left);
        let mut request = Request::builder().method(method).uri(url.as_str());
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| Failure::Malformed("a token or name has characters that no header may have"))?;
            value.set_sensitive(name == header::AUTHORIZATION.as_str());
            request = request.header(HeaderName::from_static(name), value);
        }
        let agent = self.outbound.agent();
        let bad = |_| Failure::Url("cannot be called");
        let sent = match body {
            Some(body) => run(agent, request.body(body).map_err(bad)?, own_limit),
            None => run(agent, request.body(()).map_err(bad)?, own_limit),
        };
        let mut response = sent.map_err(failure)?;
        let limit = self.outbound.limits.max_body_bytes;
        let body = response.body_mut().with_config().limit(limit).read_to_vec().map_err(failure)?;
        Answer::new(response.status().as_u16(), response.headers().clone(), body, self.outbound.now())
    }
}

fn run(
    agent: &Agent,
    request: Request<impl AsSendBody>,
    limit: Option<Duration>,
) -> std::result::Result<Response<Body>, ureq::Error> {
    match limit {
        None => agent.run(request),
        Some(_) => agent.run(agent.configure_request(request).timeout_global(limit).build()),
    }
}

/// Stored URLs were checked when they were stored; the target of a redirect was not.
fn check(url: &Url) -> Result<()> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Failure::Url("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::Url("has a user name or password"));
    }
    if url.fragment().is_some() {
        return Err(Failure::Url("has a fragment"));
    }
    if url.host_str().is_none_or(str::is_empty) || url.port() == Some(0) {
        return Err(Failure::Url("has no host, or names port 0"));
    }
    Ok(())
}

fn failure(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(_) => Failure::NotHttp,
        },
        ureq::Error::Timeout(ureq::Timeout::Resolve) => Failure::Timeout("looking up the host name"),
        ureq::Error::Timeout(ureq::Timeout::Connect) => Failure::Timeout("connecting"),
        ureq::Error::Timeout(_) => Failure::Timeout("the provider"),
        ureq::Error::HostNotFound => Failure::Unresolvable,
        ureq::Error::Rustls(error) => tls::failure(&error),
        ureq::Error::Tls(_) | ureq::Error::TlsRequired => Failure::Tls(TlsFault::Other),
        ureq::Error::LargeResponseHeader(..) => Failure::TooLarge("head"),
        ureq::Error::BodyExceedsLimit(_) => Failure::TooLarge("body"),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Failure::Url("cannot be called"),
        ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
            Some(error) => tls::failure(error),
            None if error.kind() == std::io::ErrorKind::TimedOut => Failure::Timeout("the provider"),
            None => Failure::Unreachable(error.kind()),
        },
        ureq::Error::ConnectionFailed => Failure::Unreachable(std::io::ErrorKind::ConnectionRefused),
        _ => Failure::NotHttp,
    }
}
