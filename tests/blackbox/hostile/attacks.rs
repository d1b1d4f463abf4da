//! Those who mean harm, or might as well. Each attack is a loop until the scene is over, and checks all that it is told.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::answers::Reader;
use super::line::Line;
use super::probes::{self, Chance};
use super::scene::{Scene, Tally, reset, rest};
use crate::gate::raw::PING;

pub struct Attack {
    pub name: &'static str,
    pub run: fn(&Scene, &Tally),
    pub threads: usize,
}

/// On a server that is spoken to in the clear.
pub const IN_THE_CLEAR: &[Attack] = &[
    Attack { name: "connections opened and closed", run: flood, threads: 2 },
    Attack { name: "silent connections", run: silent, threads: 1 },
    Attack { name: "heads, a byte a second", run: slow_heads, threads: 1 },
    Attack { name: "bodies, a byte a second", run: slow_bodies, threads: 1 },
    Attack { name: "large answers that nobody reads", run: unread, threads: 1 },
    Attack { name: "large bodies without an end", run: large_bodies, threads: 1 },
    Attack { name: "pipelines", run: pipelines, threads: 2 },
    Attack { name: "doubtful framing", run: framing, threads: 1 },
    Attack { name: "mutated framing", run: mutants, threads: 1 },
    Attack { name: "half a request, then an end or a reset", run: halves, threads: 1 },
    Attack { name: "bad tokens", run: bad_tokens, threads: 1 },
];

/// A list of more than a socket takes whose other end does not read.
pub const LARGE: &str = "/api/v2/organizations/large/oauth-clients";
const LARGE_LISTS_A_PIPELINE: usize = 20;

/// Each from another address than the one before.
pub fn anywhere(network: u8) -> [u8; 4] {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    let n = LAST.fetch_add(1, Ordering::Relaxed);
    [127, network, (n / 200 % 250) as u8, (n % 200 + 1) as u8]
}

fn get(scene: &Scene, target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\r\n", scene.token)
}

pub fn flood(scene: &Scene, tally: &Tally) {
    for n in 0.. {
        if !scene.goes_on() {
            return;
        }
        // As fast as two processors allow whose other users are to see something of them.
        if n % 8 == 0 {
            rest(10);
        }
        let Ok(mut stream) = scene.connect(anywhere(9), tally) else { continue };
        match n % 4 {
            0 => drop(stream),
            1 => reset(stream),
            2 => {
                tally.asked(u64::from(stream.write_all(PING).is_ok()));
                reset(stream);
            }
            _ => {
                // Whether it is taken or not is all the same to it.
                let _ = stream.write_all(b"G");
            }
        }
    }
}

/// More than there are places for, most of them from a few addresses, the others each from one of its own.
pub fn silent(scene: &Scene, tally: &Tally) {
    let mut held: Vec<TcpStream> = Vec::new();
    let most = scene.scaled(2500);
    while scene.goes_on() {
        rest(20);
        for n in 0..16 {
            let from = if n % 8 == 0 { anywhere(8) } else { [127, 0, 2, n + 1] };
            if let Ok(stream) = scene.connect(from, tally) {
                held.push(stream);
            }
        }
        if held.len() > most {
            // The server may have let them go long since.
            held.drain(..held.len() - most);
        }
    }
}

fn slow_heads(scene: &Scene, tally: &Tally) {
    drip(scene, tally, [127, 0, 3, 1], &get(scene, "/api/v2/organizations/canary/oauth-clients"));
}

fn slow_bodies(scene: &Scene, tally: &Tally) {
    drip(scene, tally, [127, 0, 3, 2], &probes::canary(&scene.token));
}

/// Many who send the beginning of a request at once, and a byte a second from then on: too slow for any deadline.
fn drip(scene: &Scene, tally: &Tally, from: [u8; 4], request: &str) {
    let at_once = request.find("Authorization").unwrap_or(0) + request.len() / 2;
    let at_once = at_once.min(request.len() - 100);
    let mut dripping: Vec<(TcpStream, usize)> = Vec::new();
    let most = scene.scaled(300);
    while scene.goes_on() {
        let began = Instant::now();
        while dripping.len() < most && began.elapsed() < Duration::from_millis(500) {
            let Ok(mut stream) = scene.connect(from, tally) else { break };
            tally.asked(1);
            if stream.write_all(&request.as_bytes()[..at_once]).and_then(|()| stream.set_nonblocking(true)).is_ok() {
                dripping.push((stream, at_once));
            }
        }
        let (staying, leaving): (Vec<_>, Vec<_>) = dripping.into_iter().partition(|(stream, _)| is_open(stream));
        for (stream, _) in leaving {
            if stream.set_nonblocking(false).is_ok() {
                judge(scene, tally, Line::Plain(stream), |status| matches!(status, 408 | 503));
            }
        }
        dripping = staying;
        for (stream, sent) in &mut dripping {
            // Never its last byte.
            if *sent < request.len() - 1 && stream.write_all(&request.as_bytes()[*sent..*sent + 1]).is_ok() {
                *sent += 1;
            }
        }
        rest(1000);
    }
}

/// Whether nothing has come and nothing has ended.
fn is_open(stream: &TcpStream) -> bool {
    matches!(stream.peek(&mut [0]), Err(e) if e.kind() == ErrorKind::WouldBlock)
}

/// Reads to the end. All answers must be of a status that `is_due`; gives how many there were.
fn judge(scene: &Scene, tally: &Tally, line: Line, is_due: impl Fn(u16) -> bool) -> usize {
    match Reader::new(line).all() {
        Ok(answers) => {
            tally.answered(answers.len());
            if let Some(answer) = answers.iter().find(|answer| !is_due(answer.status)) {
                scene.problem(format!("not due to a hostile client: {}", answer.head));
            }
            answers.len()
        }
        Err(wrong) => {
            scene.problem(wrong);
            0
        }
    }
}

fn unread(scene: &Scene, tally: &Tally) {
    let request = get(scene, LARGE).repeat(LARGE_LISTS_A_PIPELINE);
    while scene.goes_on() {
        let mut held = Vec::new();
        for n in 0..scene.scaled(60) {
            let Ok(mut stream) = scene.connect_with_a_small_window([127, 0, 4, 1 + n as u8 % 8], tally) else {
                continue;
            };
            if stream.write_all(request.as_bytes()).is_ok() {
                tally.asked(LARGE_LISTS_A_PIPELINE as u64);
                held.push(stream);
            }
            rest(20);
        }
        rest(3000);
        // The first one reads after all.
        let first = held.drain(..held.len().min(1)).next();
        held.into_iter().for_each(reset);
        if let Some(first) = first.filter(|first| first.shutdown(Shutdown::Write).is_ok()) {
            judge(scene, tally, Line::Plain(first), |status| matches!(status, 200 | 503));
        }
    }
}

fn large_bodies(scene: &Scene, tally: &Tally) {
    let head = format!("{}Content-Length: 1048576\r\n\r\n", probes::head(&scene.token));
    let body = vec![b'x'; 1024 * 1024 - 1];
    while scene.goes_on() {
        let mut held = Vec::new();
        for n in 0..scene.scaled(40) {
            let Ok(mut stream) = scene.connect([127, 0, 5, 1 + n as u8], tally) else { continue };
            tally.asked(1);
            // Where there is no memory for it the server says so and goes.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            held.push(stream);
            rest(20);
        }
        rest(1000);
        for (n, mut stream) in held.into_iter().enumerate() {
            if n % 4 == 0 && stream.write_all(b"x").is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
                judge(scene, tally, Line::Plain(stream), |status| matches!(status, 400 | 408 | 429 | 503));
            }
        }
    }
}

/// Much is asked at once. Some read it all, one answer for each question; the others nothing.
fn pipelines(scene: &Scene, tally: &Tally) {
    const AT_ONCE: usize = 500;
    for n in 0.. {
        if !scene.goes_on() {
            return;
        }
        rest(200);
        let Ok(mut stream) = scene.connect([127, 0, 6, 1], tally) else { continue };
        let written = stream
            .set_write_timeout(Some(Duration::from_millis(300)))
            .and_then(|()| stream.write_all(&PING.repeat(AT_ONCE)));
        if written.is_err() || n % 2 == 0 {
            reset(stream);
            continue;
        }
        tally.asked(AT_ONCE as u64);
        if stream.shutdown(Shutdown::Write).is_ok()
            && judge(scene, tally, Line::Plain(stream), |status| matches!(status, 204 | 429 | 503)) > AT_ONCE
        {
            scene.problem("more answers than requests".to_owned());
        }
    }
}

pub fn framing(scene: &Scene, tally: &Tally) {
    let requests: Vec<String> = probes::REFUSED.iter().map(|framing| probes::refused(&scene.token, framing)).collect();
    for request in requests.iter().cycle() {
        if !scene.goes_on() {
            return;
        }
        rest(2);
        let Ok(line) = say(scene, tally, [127, 0, 7, 1], request.as_bytes()) else { continue };
        // None where the connection had to make room for another.
        if judge(scene, tally, line, |status| status >= 400) > 1 {
            scene.problem(format!("two answers for one request: {request:?}"));
        }
    }
}

fn mutants(scene: &Scene, tally: &Tally) {
    let mut chance = Chance::new();
    while scene.goes_on() {
        rest(2);
        let request = probes::mutant(&scene.token, &mut chance);
        let Ok(line) = say(scene, tally, [127, 0, 7, 2], request.as_bytes()) else { continue };
        judge(scene, tally, line, |status| {
            let is_due = status >= 400 || status == 100;
            if !is_due {
                scene.problem(format!("executed: {request:?}"));
            }
            is_due
        });
    }
}

fn halves(scene: &Scene, tally: &Tally) {
    let whole = probes::canary(&scene.token);
    for n in 0.. {
        if !scene.goes_on() {
            return;
        }
        rest(2);
        let cut = n * 7 % whole.len();
        let Ok(mut stream) = scene.connect([127, 0, 7, 3], tally) else { continue };
        tally.asked(1);
        let said = stream.write_all(&whole.as_bytes()[..cut]).and_then(|()| stream.shutdown(Shutdown::Write));
        if said.is_err() || n % 2 == 0 {
            reset(stream);
        } else {
            judge(scene, tally, Line::Plain(stream), |status| status >= 400);
        }
    }
}

/// A connection that has said `bytes`, and that no more comes.
fn say(scene: &Scene, tally: &Tally, from: [u8; 4], bytes: &[u8]) -> std::io::Result<Line> {
    let mut line = scene.call(from, tally)?;
    tally.asked(1);
    // A server may refuse and close while a client is still writing.
    let _ = line.write_all(bytes).and_then(|()| line.ends());
    Ok(line)
}

pub fn bad_tokens(scene: &Scene, tally: &Tally) {
    let request = |n: usize| {
        let method = ["GET", "POST", "PATCH", "DELETE"][n % 4];
        let token = ["", "x", "AAAAAAAAAAAAAA.atlasv1.x", "'; DROP TABLE users; --"][n / 4 % 4];
        let target = "/api/v2/organizations/canary/oauth-clients";
        format!("{method} {target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}{n}\r\n\r\n")
    };
    while scene.goes_on() {
        let Ok(line) = scene.call([127, 0, 7, 4], tally) else { continue };
        let mut reader = Reader::new(line);
        for n in 0..200 {
            rest(2);
            tally.asked(1);
            if reader.line.write_all(request(n).as_bytes()).is_err() {
                break;
            }
            match reader.next() {
                Ok(None) => break,
                Ok(Some(answer)) if matches!(answer.status, 401 | 405 | 429 | 503) => tally.answered(1),
                Ok(Some(answer)) => scene.problem(format!("not due to a bad token: {}", answer.head)),
                Err(wrong) => scene.problem(wrong),
            }
        }
        // Orderly, and to the end.
        let mut rest = Vec::new();
        let _ = reader.line.ends().and_then(|()| reader.line.read_to_end(&mut rest));
    }
}
