//! The fields of an HTML form: `application/x-www-form-urlencoded`, and nothing else.

use super::request::{Request, decode_pairs};
use crate::domain::error::{Error, Kind, Result};

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// Has no `Debug`: fields hold passwords.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// `UnsupportedMediaType` and `BadRequest` for what no form of ours sends.
    pub fn read(request: &Request) -> Result<Form> {
        let media_type = request.header("Content-Type").unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(Error::new(Kind::UnsupportedMediaType, format!("Forms are sent as {MEDIA_TYPE}.")));
        }
        let malformed = || Error::bad_request("The form is not percent-encoded UTF-8.");
        let text = std::str::from_utf8(&request.body).map_err(|_| malformed())?;
        decode_pairs(text).map(Form).map_err(|_| malformed())
    }

    /// The first field of that name, without blanks around it; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.exact(name).trim()
    }

    /// As it was typed.
    pub fn exact(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// All fields of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;

    fn read(media_type: &str, body: &[u8]) -> Result<Form> {
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        Form::read(&Request::new(Method::Post, "/", headers, body.to_vec()).unwrap())
    }

    #[test]
    fn fields_of_a_form() {
        let form = read("application/x-www-form-urlencoded; charset=utf-8", b"a=+b+%26&c=1&c=2&d&%C3%A4=x").unwrap();
        assert_eq!((form.get("a"), form.exact("a")), ("b &", " b &"));
        assert_eq!(form.all("c").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.get("d"), form.get("e"), form.get("ä")), ("", "", "x"));
    }

    #[test]
    fn other_bodies_are_refused() {
        let kind = |media_type, body| read(media_type, body).err().map(|error| error.kind);
        assert_eq!(kind("application/json", b"{}"), Some(Kind::UnsupportedMediaType));
        assert_eq!(kind("", b"a=b"), Some(Kind::UnsupportedMediaType));
        assert_eq!(kind("text/plain", b"a=b"), Some(Kind::UnsupportedMediaType));
        assert_eq!(kind(MEDIA_TYPE, b"a=%"), Some(Kind::BadRequest));
        assert_eq!(kind(MEDIA_TYPE, b"a=%ff"), Some(Kind::BadRequest));
        assert_eq!(kind(MEDIA_TYPE, b"a=\xff"), Some(Kind::BadRequest));
        assert_eq!(kind(MEDIA_TYPE, b""), None);
    }
}
