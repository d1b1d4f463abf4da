//! Pages, as a browser asks for them that is signed in.

use crate::bowline::{Bowline, command_line};
use crate::ground::{Ground, ORGANIZATION};
use crate::http::Connection;
use crate::load::Load;
use crate::outcome::{Outcome, fail};

const PASSWORD: &str = "new-password=correct+horse+battery+staple";

/// The pages of one organization that show the most.
pub fn load(ground: &Ground, server: &Bowline) -> Outcome<Load> {
    let cookie = session(ground, server)?;
    let base = format!("/organizations/{ORGANIZATION}");
    let paths = ["vcs-providers", "workspaces", "audit-trail", "members"];
    let requests = paths.map(|page| {
        format!("GET {base}/{page} HTTP/1.1\r\nHost: bench\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n")
            .into_bytes()
    });
    Ok(Load { address: server.address, requests: requests.to_vec(), status: 200 })
}

/// A form of the organization's, as the browser of that session sends it.
pub fn form(server: &Bowline, cookie: &str, page: &str, fields: &str) -> Outcome<Vec<u8>> {
    let path = format!("/organizations/{ORGANIZATION}/{page}");
    let head = format!("Host: bench\r\nAccept: text/html\r\nCookie: {cookie}\r\n");
    let mut connection = Connection::open(server.address)?;
    let shown = connection.ask(format!("GET {path} HTTP/1.1\r\n{head}\r\n").as_bytes())?;
    let shown = String::from_utf8_lossy(shown.body);
    let csrf = shown.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let body = format!("csrf={}&{fields}", csrf.ok_or_else(|| fail(format!("{path} has no form")))?);
    let form = "Origin: null\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded";
    Ok(format!("POST {path} HTTP/1.1\r\n{head}{form}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

/// The cookie of a session that begins with a one-time link.
pub fn session(ground: &Ground, server: &Bowline) -> Outcome<String> {
    let link = command_line(&ground.data_dir, &["user", "sign-in-link", "bench"])?;
    let path = link.splitn(4, '/').nth(3).ok_or_else(|| fail(format!("not a link: {link}")))?;
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: bench\r\nOrigin: null\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{PASSWORD}",
        PASSWORD.len()
    );
    let mut connection = Connection::open(server.address)?;
    let answer = connection.ask(request.as_bytes())?;
    let cookie = answer.head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("Set-Cookie").then(|| value.split(';').next().unwrap_or_default().to_owned())
    });
    cookie.ok_or_else(|| fail(format!("no session: {} {}", answer.status, String::from_utf8_lossy(answer.body))))
}
