//! API tokens through the API.

mod kinds;
mod secrecy;
mod terms;

use serde_json::{Value, json};

use crate::harness::{Caller, Server};

const OF_ORGANIZATION: &str = "/organizations/my-organization/authentication-token";

/// Makes a token at `path`; gives its id and who comes with it.
fn makes(server: &Server, caller: &Caller, path: &str, attributes: Value) -> (String, Caller) {
    let made = caller.post(path, &json!({"data": {"type": "authentication-tokens", "attributes": attributes}})).is(201);
    (made.text("/data/id"), server.with_token(&made.text("/data/attributes/token")))
}
