//! What came back.

use serde_json::Value;
use ureq::Body;
use ureq::http::Response;

use super::golden;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    address: String,
}

impl Answer {
    pub fn read(mut response: Response<Body>, address: &str) -> Result<Answer, ureq::Error> {
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string()?;
        Ok(Answer { status: response.status().as_u16(), headers, body, address: address.to_owned() })
    }

    /// Asserts the status.
    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Asserts 204, with nothing in it.
    #[track_caller]
    pub fn is_done(&self) {
        assert_eq!(self.status, 204, "{}", self.body);
        assert_eq!((self.body.as_str(), self.header("Content-Type")), ("", None));
    }

    /// Asserts the whole document, with ids, instants and addresses replaced by placeholders of checked shape. The file
    /// is tests/golden/NAME.json; BOWLINE_GOLDEN=write rewrites it.
    #[track_caller]
    pub fn golden(self, name: &str) -> Answer {
        golden::compare(name, &self.json(), &self.address);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.body))
    }

    /// The value at a JSON pointer; null where there is none.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        match self.at(pointer) {
            Value::String(text) => text,
            other => panic!("{pointer} is {other}, not a text: {}", self.body),
        }
    }

    /// The items of the list in the document.
    #[track_caller]
    pub fn list(&self) -> Vec<Value> {
        match self.at("/data") {
            Value::Array(items) => items,
            other => panic!("the data is no list: {other}"),
        }
    }

    /// The same attribute of every item of the list; the ids for `id`.
    #[track_caller]
    pub fn each(&self, name: &str) -> Vec<Value> {
        let place = if name == "id" { "/id".to_owned() } else { format!("/attributes/{name}") };
        self.list().iter().map(|item| item.pointer(&place).cloned().unwrap_or(Value::Null)).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Asserts an errors document with this status in it, and gives the pointers and parameters that it names.
    #[track_caller]
    pub fn refused(&self, status: u16) -> Vec<String> {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("Content-Type"), Some("application/vnd.api+json"));
        let document = self.json();
        let errors = document["errors"].as_array().expect("errors").clone();
        assert!(!errors.is_empty() && document.get("data").is_none(), "{}", self.body);
        for error in &errors {
            assert_eq!(error["status"], status.to_string(), "{}", self.body);
            assert!(error["title"].is_string() && error["detail"].is_string(), "{}", self.body);
        }
        let source = |error: &Value| {
            ["pointer", "parameter", "header"].iter().find_map(|kind| Some(error["source"][kind].as_str()?.to_owned()))
        };
        errors.iter().filter_map(source).collect()
    }
}
