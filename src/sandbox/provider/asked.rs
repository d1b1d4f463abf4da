//! A request to one of the demo providers, taken apart as far as all of them need it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::request::{Method, Request, encode};

pub struct Asked<'a> {
    pub kind: ServiceProvider,
    pub request: &'a Request,
    /// Below `/{kind}`, without an empty segment at the end.
    pub path: Vec<&'a str>,
    /// The members of the body, if it is a form or a JSON object.
    pub form: Vec<(String, String)>,
}

impl<'a> Asked<'a> {
    /// `None` where the path does not begin with a kind.
    pub fn new(request: &'a Request) -> Option<Asked<'a>> {
        let (kind, path) = request.path.split_first()?;
        let kind = ServiceProvider::from_identifier(kind)?;
        let path = path.iter().map(String::as_str).collect();
        Some(Asked { kind, request, path, form: form(request) })
    }

    pub fn method(&self) -> Method {
        self.request.method
    }

    /// The whole path, encoded.
    pub fn own_path(&self) -> String {
        let segments: Vec<_> = self.request.path.iter().map(|segment| encode(segment)).collect();
        format!("/{}", segments.join("/"))
    }

    /// Whether it is the page on which a person allows or denies.
    pub fn is_for_people(&self) -> bool {
        self.path.last() == Some(&"authorize")
    }

    /// A parameter of the query or of the body.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.field(name).or_else(|| self.request.query(name))
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// RFC 6749, section 3.1: no parameter may be there twice.
    pub fn repeats_a_parameter(&self) -> bool {
        let names: Vec<&str> = self.request.query.iter().chain(&self.form).map(|(name, _)| name.as_str()).collect();
        names.iter().enumerate().any(|(at, name)| names[..at].contains(name))
    }

    pub fn is_form(&self) -> bool {
        media_type(self.request).eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    pub fn accepts(&self, media_type: &str) -> bool {
        self.request.header("Accept").is_some_and(|accept| accept.to_ascii_lowercase().contains(media_type))
    }

    /// The credential of `Authorization: SCHEME credential`.
    pub fn authorization(&self, scheme: &str) -> Option<&str> {
        let (given, credential) = self.request.header("Authorization")?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then(|| credential.trim())
    }

    /// User name and password of `Authorization: Basic`.
    pub fn basic(&self) -> Option<(String, String)> {
        let decoded = String::from_utf8(STANDARD.decode(self.authorization("Basic")?).ok()?).ok()?;
        decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }

    /// A number of the query; `usual` where it is missing or none.
    pub fn number(&self, name: &str, usual: usize) -> usize {
        self.request.query(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    }
}

fn media_type(request: &Request) -> &str {
    request.header("Content-Type").unwrap_or("").split(';').next().unwrap_or("").trim()
}

/// A body that cannot be read has no members: what is required in it is missing then.
pub fn form(request: &Request) -> Vec<(String, String)> {
    if is_json(request) {
        let object = serde_json::from_slice(&request.body).unwrap_or_default();
        let Value::Object(members) = object else { return Vec::new() };
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        return members.into_iter().map(|(name, value)| (name, text(value))).collect();
    }
    form_urlencoded::parse(&request.body).into_owned().collect()
}

pub fn is_json(request: &Request) -> bool {
    media_type(request).eq_ignore_ascii_case("application/json")
}

/// A browser says where a form comes from; only our own pages may send one.
pub fn comes_from_elsewhere(request: &Request, origin: &str) -> bool {
    request.header("Origin").is_some_and(|from| from != origin)
}
