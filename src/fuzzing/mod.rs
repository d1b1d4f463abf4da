//! What holds of any input at all. Each function is a target of `fuzz/`: it panics where something does not hold.
//! Every file of `fuzz/corpus` goes through its target in a test.

mod answer;
#[cfg(test)]
mod corpus;
mod world;

use self::answer::Answer;
use self::world::ask;
use crate::api::jsonapi::json;
use crate::domain::oauth::private_key as ssh_key;
use crate::http::request::{Method, Request, encode};
use crate::vault::{Keys, Vault};

/// Bytes of a client, as the gate meets them.
pub fn gate_request(bytes: &[u8]) {
    crate::gate::fuzz::request(bytes);
}

/// `POST /api/v2/organizations/acme/oauth-clients`, an empty line, and a body: by the owner of everything there is. Never
/// a failure of the server's own, and what is refused is refused by an errors document.
pub fn json_api_document(bytes: &[u8]) {
    let Some((line, body)) = split_at_line(bytes) else { return };
    let Ok(line) = std::str::from_utf8(line) else { return };
    let Some((method, target)) = line.split_once(' ') else { return };
    let method = match method {
        "POST" => Method::Post,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return,
    };
    let strict = json::parse(body);
    if let Ok(document) = &strict {
        let read_by_others: serde_json::Value = serde_json::from_slice(body).expect("JSON to others too");
        assert_eq!(*document, read_by_others);
    }
    let Some(answer) = ask(method, target, "*/*", body) else { return };
    let is_ignored = body.is_empty() || !Answer::is_success(&answer) || takes_no_body(method, target);
    assert!(is_ignored || strict.is_ok(), "accepted: {:?}", strict.err());
}

/// A delete of a thing itself looks at no body.
fn takes_no_body(method: Method, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or(target);
    method == Method::Delete && !path.contains("/relationships/") && !path.ends_with("/tags")
        || path.contains("/actions/")
}

/// A target, and on a second line an Accept header: what is read of it, and what a GET of it is answered.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (target, accept) = text.split_once('\n').unwrap_or((text, "*/*"));
    // The gate lets no others through.
    if !target.bytes().chain(accept.bytes()).all(|b| matches!(b, b' '..=b'~')) || target.contains([' ', '#']) {
        return;
    }
    let Ok(request) = Request::new(Method::Get, target, vec![], vec![]) else { return };
    let written = written(&request);
    let Ok(again) = Request::new(Method::Get, &written, vec![], vec![]) else { panic!("{written} is malformed") };
    assert!(again.path == request.path && again.query == request.query, "{written}");

    let Some(answer) = ask(Method::Get, target, accept, b"") else { return };
    // Written in another way it is the same request.
    let again = ask(Method::Get, &written, accept, b"").expect("a path");
    assert_eq!((again.status, again.links()), (answer.status, answer.links()));
    // Links lead somewhere.
    for link in answer.links() {
        let target = link.strip_prefix(world::ADDRESS).expect("a link to here");
        let followed = ask(Method::Get, target, accept, b"").expect("a path");
        assert_eq!(followed.status, 200, "{target}");
        assert!(followed.links().contains(&link), "{target}");
    }
}

fn written(request: &Request) -> String {
    let path: Vec<_> = request.path.iter().map(|segment| encode(segment)).collect();
    let path = format!("/{}", path.join("/"));
    let query: Vec<String> =
        request.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// An SSH private key as a client sends it.
pub fn private_key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let checked = ssh_key::check_private_key(text);
    assert_eq!(ssh_key::check_private_key(&format!("\n{text}\n")), checked);
}

/// A key file: what is read of it can be written, and is the same key then.
pub fn key_file(bytes: &[u8]) {
    let directory = world::directory();
    let (given, written) = (directory.path().join("given"), directory.path().join("written"));
    world::write_private(&given, bytes);
    let Ok((keys, _)) = Keys::read(&given) else { return };
    keys.write_new(&written).expect("written");
    let (vault, again) = (Vault::new(keys), Vault::read(&written).expect("read again"));
    assert_eq!(again.digest("token"), vault.digest("token"));
    assert_eq!(again.sandbox_token().reveal(), vault.sandbox_token().reveal());
}

/// What a VCS provider answers: a status, header lines, an empty line, a body.
pub fn provider_answer(bytes: &[u8]) {
    crate::providers::fuzz::answer(bytes);
}

/// The first line, and what follows it.
fn split_at_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
