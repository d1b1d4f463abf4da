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
pub fn canary(token: &str) -> String {
    let body = crate::harness::sample_of_2018().to_string();
    format!("{}Content-Length: {}\r\n\r\n{body}", head(token), body.len())
}

pub fn refused(token: &str, framing: &str) -> String {
    let canary = canary(token);
    format!("{}{}\r\n\r\n{canary}", head(token), framing.replace("LENGTH", &canary.len().to_string()))
}

/// A request with one or two things too many around its framing. Executed or refused, its body is no request: the framing
/// field keeps its name, and with three insertions its value could become another's.
pub fn mutant(token: &str, chance: &mut Chance) -> String {
    let canary = canary(token);
    loop {
        let (head, end) = mutated_head(token, canary.len(), chance);
        if !is_followed_by_a_request(&head) {
            return format!("{head}{canary}{end}");
        }
    }
}

/// What comes before a body of `length` bytes, and behind it.
fn mutated_head(token: &str, length: usize, chance: &mut Chance) -> (String, &'static str) {
    let is_chunked = chance.below(2) == 0;
    let (name, rest, end) = if is_chunked {
        ("Transfer-Encoding", format!(": chunked\r\n\r\n{length:x}\r\n"), "\r\n0\r\n\r\n")
    } else {
        ("Content-Length", format!(": {length}\r\n\r\n"), "")
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
    (format!("{before}{name}{behind}"), end)
}

/// Whether `head` is by chance a whole request of its own with a body, so that what follows it is rightly executed: a
/// number in it says how much there is from an empty line to its end, line ends between two requests aside.
fn is_followed_by_a_request(head: &str) -> bool {
    let empty_lines = (0..head.len()).filter(|&at| head.as_bytes()[at..].starts_with(b"\r\n\r\n"));
    empty_lines.map(|at| head.split_at(at + 4)).filter(|(_, body)| !body.is_empty()).any(|(fields, body)| {
        let mut numbers = fields.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<usize>().ok());
        numbers.any(|length| body.as_bytes().get(length..).is_some_and(|rest| rest.chunks(2).all(|end| end == b"\r\n")))
    })
}

#[test]
fn a_mutant_that_is_two_requests_is_told_from_one_whose_body_is_a_request() {
    let two = [
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nhelloX: y\r\n\r\n777\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\n7\r\n77\r\n\r\n",
    ];
    let one = [
        "POST / HTTP/1.1\r\nContent-Length: 777\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n777\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\nContent-Length: 777\r\n\r\n",
    ];
    for head in two {
        assert!(is_followed_by_a_request(head), "{head:?}");
    }
    for head in one {
        assert!(!is_followed_by_a_request(head), "{head:?}");
    }
}
