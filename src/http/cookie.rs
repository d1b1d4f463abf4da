//! Cookies: one name at a time.

use super::request::Request;

/// The value of the cookie with this name. Where there are several, none counts: one of them is not ours.
pub fn get<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let headers = request.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("Cookie"));
    let pairs = headers.flat_map(|(_, value)| value.split(';')).filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(n, _)| n.trim() == name).map(|(_, value)| value.trim());
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;

    #[test]
    fn a_cookie_by_its_name() {
        let value = |cookie: &str| {
            let headers = vec![("cookie".to_owned(), cookie.to_owned())];
            get(&Request::new(Method::Get, "/", headers, vec![]).unwrap(), "s").map(str::to_owned)
        };
        assert_eq!(value("s=1").as_deref(), Some("1"));
        assert_eq!(value("a=2; s=1=3 ;b=4").as_deref(), Some("1=3"));
        for none in ["", "s", "S=1", "ss=1", "s=1; s=2", "a=s=1"] {
            assert_eq!(value(none), None, "{none}");
        }
    }
}
