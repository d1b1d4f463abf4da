//! What every answer of the server has to be, whatever was asked.

use serde_json::Value;

use crate::http::reply::Reply;

const MEDIA_TYPE: &str = "application/vnd.api+json";

pub struct Answer {
    pub status: u16,
    document: Value,
}

impl Answer {
    pub fn of(reply: &Reply, is_of_api: bool) -> Answer {
        let Reply { status, headers, body, route: _, memory: _ } = reply;
        // Others are left out on the way to the client.
        assert!(headers.iter().all(|(_, value)| value.bytes().all(|b| matches!(b, b' '..=b'~'))), "{headers:?}");
        let media_type = headers.iter().find(|(name, _)| *name == "Content-Type").map(|(_, value)| &**value);
        let document = match media_type {
            Some(other) if !other.ends_with("json") => Value::Null,
            None => Value::Null,
            Some(_) => serde_json::from_slice(&body.whole()).expect("JSON"),
        };
        let is_page = media_type.is_some_and(|media_type| media_type.starts_with("text/html"));
        assert!(!(is_of_api && is_page), "a page of the API");
        match status {
            303 | 400..500 if !is_of_api && (is_page || *status == 303) => {}
            204 => assert!(body.is_empty()),
            200 | 201 => assert!(media_type != Some(MEDIA_TYPE) || document["errors"].is_null()),
            400..500 => {
                assert_eq!(media_type, Some(MEDIA_TYPE));
                check_errors(&document, *status);
            }
            other => panic!("answered with {other}"),
        }
        Answer { status: *status, document }
    }

    pub fn is_success(&self) -> bool {
        self.status < 300
    }

    /// To this page of a list and to its neighbours.
    pub fn links(&self) -> Vec<String> {
        let links = ["self", "first", "prev", "next", "last"].iter().map(|name| &self.document["links"][*name]);
        links.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

fn check_errors(document: &Value, status: u16) {
    let members: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["errors"]);
    let errors = document["errors"].as_array().expect("an array");
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!(error["status"], status.to_string());
        assert!(error["title"].is_string() && error["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        if let Some(source) = error.get("source") {
            let source = source.as_object().expect("an object");
            assert_eq!(source.len(), 1);
            let is_pointer = |text: &str| text.is_empty() || text == "/data" || text.starts_with("/data/");
            let pointer = source.get("pointer").map(|pointer| pointer.as_str().is_some_and(is_pointer));
            let parameter = source.get("parameter").map(Value::is_string);
            let header = source.get("header").map(Value::is_string);
            assert_eq!(pointer.or(parameter).or(header), Some(true), "{source:?}");
        }
    }
}
