//! A client that costs as little as it can: it shares the machine with what it measures.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Nothing waits this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(30);
const LARGEST_ANSWER: usize = 2 * 1024 * 1024;
const MEDIA_TYPE: &str = "application/vnd.api+json";

pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// As a trusted proxy passes it on.
pub fn get_from(client: &str, path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nX-Forwarded-For: {client}\r\n\r\n")
        .into_bytes()
}

pub fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    send("POST", path, token, body)
}

pub fn delete(path: &str, token: &str, body: &str) -> Vec<u8> {
    send("DELETE", path, token, body)
}

pub fn patch(path: &str, token: &str, body: &str) -> Vec<u8> {
    send("PATCH", path, token, body)
}

fn send(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: {MEDIA_TYPE}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

pub struct Answer<'a> {
    pub status: u16,
    pub head: &'a str,
    pub body: &'a [u8],
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection { stream, buffer: vec![0; LARGEST_ANSWER] })
    }

    pub fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..])?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            if let Some(frame) = frame(&self.buffer[..filled])?
                && frame.head_bytes + frame.body_bytes == filled
            {
                let (head, body) = self.buffer[..filled].split_at(frame.head_bytes);
                return Ok(Answer {
                    status: frame.status,
                    head: std::str::from_utf8(head).map_err(Error::other)?,
                    body,
                });
            }
        }
    }
}

struct Frame {
    status: u16,
    head_bytes: usize,
    body_bytes: usize,
}

/// `None` while the head is not complete.
fn frame(bytes: &[u8]) -> Result<Option<Frame>> {
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head_bytes) = head.parse(bytes).map_err(Error::other)? else { return Ok(None) };
    let length = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("Content-Length"));
    let body_bytes = length.and_then(|field| std::str::from_utf8(field.value).ok()).and_then(|text| text.parse().ok());
    match (head.code, body_bytes) {
        (Some(status @ 204), _) => Ok(Some(Frame { status, head_bytes, body_bytes: 0 })),
        (Some(status), Some(body_bytes)) => Ok(Some(Frame { status, head_bytes, body_bytes })),
        _ => Err(Error::other("an answer without a status or a length")),
    }
}
