//! Bodies, media types, methods and paths: what is understood and what is not.

mod bodies;
mod headers;
mod large_lists;
mod media_types;
mod paths;

use crate::harness::{Caller, Server};

/// The four ways to send a document, each with the type that it wants. The workspace is there already.
fn ways_to_write(server: &Server) -> [(&'static str, String, &'static str); 4] {
    let workspace = server.owner().creates_workspace("my-organization", "infra", None);
    [
        ("POST", "/organizations/my-organization/oauth-clients".to_owned(), "oauth-clients"),
        ("POST", "/organizations".to_owned(), "organizations"),
        ("POST", "/organizations/my-organization/workspaces".to_owned(), "workspaces"),
        ("PATCH", format!("/workspaces/{workspace}"), "workspaces"),
    ]
}

/// A document that each of these takes, as text.
fn good_document(kind: &str, name: &str) -> String {
    let attributes = match kind {
        "oauth-clients" => {
            r#""service-provider":"github","http-url":"https://a.test","api-url":"https://a.test","oauth-token-string":"t""#
                .to_owned()
        }
        "organizations" => format!(r#""name":"{name}","email":"a@b""#),
        _ => format!(r#""name":"{name}""#),
    };
    format!(r#"{{"data":{{"type":"{kind}","attributes":{{{attributes}}}}}}}"#)
}

/// Sends a body as JSON:API.
fn sends(caller: &Caller, method: &str, path: &str, body: &[u8]) -> crate::harness::Answer {
    caller.send(method, path, Some(body), &[("Content-Type", crate::harness::JSON_API)])
}
