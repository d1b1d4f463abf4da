//! Requests whose body is a request that must never be executed: with every framing that two readers could disagree on.

use std::time::UNIX_EPOCH;

/// xorshift64*
pub struct Chance(u64);

impl Chance {
    /// Another one in every run: what is found says what was sent.
    pub fn new() -> Chance {
        let time = UNIX_EPOCH.elapsed().expect("a clock after 1970");
        Chance(u64::from(time.subsec_nanos()) << 32 | u64::from(std::process::id()) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }
}

/// Framing fields after which exactly one answer comes, a refusal, whatever the body.
pub const REFUSED: &[&str] = &[
    "Content-Length: abc",
    "Content-Length: LENGTH, LENGTH",
    "Content-Length: 18446744073709551616",
    "Content-Length: 1000000000000",
    "Content-Length: +LENGTH",
    "Content-Length: -1",
    "Content-Length: 0x10",
    "Content-Length:",
    "Content-Length: 0\r\nContent-Length: LENGTH",
    "Content-Length: LENGTH\r\nContent-Length: LENGTH",
    "Content-Length: LENGTH\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 0",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding: \u{b}chunked",
    "Transfer-Encoding: chunked\r\n\r\n3;x /smuggled HTTP/1.1",
    "Transfer-Encoding: chunked\r\n\r\n-1\r\nx",
    "Transfer-Encoding: chunked\r\n\r\n0x1\r\nx",
    "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF",
    "Transfer-Encoding: chunked\r\n\r\n100001",
    "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0",
    "Transfer-Encoding: chunked\r\n\r\n1;\u{1}\r\nx\r\n0",
    "Transfer-Encoding: chunked\r\n\r\n0\r\nno colon",
    "Transfer-Encoding: chunked\r\n\r\n0\r\nX : 1",
    "X: 1\r\n Content-Length: LENGTH",
    "Content-Length: 0\nX: 1",
    "X: 1\nContent-Length: LENGTH",
    "X: 1\rContent-Length: LENGTH",
    "X: 1\0Content-Length: LENGTH",
    "Content-Length : LENGTH",
    "Host: h\r\nContent-Length: LENGTH",
    "no colon\r\nContent-Length: LENGTH",
    ": nameless\r\nContent-Length: LENGTH",
    "Authorization: Bearer x\r\nContent-Length: LENGTH",
    "Expect: x\r\nContent-Length: LENGTH",
];

/// Put anywhere into the head of a request of known length, or into its chunks, none of these makes a reader that is
/// strict find the body's text where a request could begin.
const SPICES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "\0",
    "\u{7f}",
    "+",
    "-",
    "0",
    "1",
    "f",
    "0x",
    "%",
    "/",
    "\r\n ",
    "Content-Length: 0\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: x\r\n",
    "Connection: close\r\n",
    "Connection: content-length\r\n",
    "Expect: 100-continue\r\n",
    "Host: h\r\n",
    "X: y\r\n",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "chunked",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "FFFFFFFF",
];

/// The head of a request that carries `token`, without framing and end.
pub fn head(token: &str) -> String {
    format!(
        "POST /api/v2/organizations/canary/oauth-clients HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/vnd.api+json\r\n"
    )
}

/// A whole request that would create an OAuth client in the organization `canary`, if only it were executed.
/// Always of [`CANARY_BYTES`].
pub fn canary(token: &str) -> String {
    let body = crate::harness::sample_of_2018().to_string();
    let request = |padding: usize| {
        let padding = "x".repeat(padding);
        format!("{}X: {padding}\r\nContent-Length: {}\r\n\r\n{body}", head(token), body.len())
    };
    request(CANARY_BYTES - request(0).len())
}

/// Two line ends within this number are a whole request whose body ends where another begins, unless the digits before them
/// say more than what is left of the number: 7 is more than `77`, a line end and an empty line.
const CANARY_BYTES: usize = 777;

pub fn refused(token: &str, framing: &str) -> String {
    let canary = canary(token);
    format!("{}{}\r\n\r\n{canary}", head(token), framing.replace("LENGTH", &canary.len().to_string()))
}

/// A request with one or two things too many around its framing. Executed or refused, its body is no request: the framing
/// field keeps its name, and with three insertions its value could become another's.
pub fn mutant(token: &str, chance: &mut Chance) -> String {
    let canary = canary(token);
    let is_chunked = chance.below(2) == 0;
    let (name, rest, end) = if is_chunked {
        ("Transfer-Encoding", format!(": chunked\r\n\r\n{:x}\r\n", canary.len()), "\r\n0\r\n\r\n")
    } else {
        ("Content-Length", format!(": {}\r\n\r\n", canary.len()), "")
    };
    let (mut before, mut behind) = (head(token), rest);
    for _ in 0..=chance.below(2) {
        let spice = SPICES[chance.below(SPICES.len())];
        match chance.below(2) {
            0 => before.insert_str(chance.below(before.len() - 1), spice),
            // Neither at the name nor at the very end.
            _ => behind.insert_str(1 + chance.below(behind.len() - 2), spice),
        }
    }
    format!("{before}{name}{behind}{canary}{end}")
}
