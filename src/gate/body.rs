//! The body of a request: by length or in chunks, whole, and never more than it may be.

use std::time::Instant;

use super::head::Framing;
use super::limits::{BODY_BYTES, CHUNKED_BYTES, HEAD_BYTES};
use super::refusal::Refusal;
use super::wire::{Broken, Stream, Wire};
use crate::bounds::memory_budget::Share;
use crate::bounds::pieces::Pieces;

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    Refused(Refusal),
    Broken(Broken),
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Failure {
        Failure::Broken(broken)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

/// A chunk's size line with its extensions, which are read and ignored.
const CHUNK_LINE_BYTES: usize = 1024;
const STEP_BYTES: usize = 4 * 1024;

/// Refuses at once what can only become too large.
pub fn announce(framing: Framing) -> Result<(), Refusal> {
    match framing {
        Framing::Length(length) if length > BODY_BYTES as u64 => Err(too_large()),
        _ => Ok(()),
    }
}

/// Takes what it needs beyond a little from `share`; where nothing is left, the server is too busy for this request.
pub fn read<S: Stream>(
    wire: &mut Wire<S>,
    framing: Framing,
    share: &Share<'_>,
    deadline: Instant,
) -> Result<Pieces, Failure> {
    announce(framing)?;
    let mut body = Pieces::default();
    match framing {
        Framing::None => {}
        Framing::Length(length) => take_in(wire, &mut body, length as usize, share, deadline)?,
        Framing::Chunked => read_chunks(wire, &mut body, share, deadline)?,
    }
    Ok(body)
}

/// `length` bytes more. Memory follows what has come, not what was announced.
fn take_in<S: Stream>(
    wire: &mut Wire<S>,
    body: &mut Pieces,
    length: usize,
    share: &Share<'_>,
    deadline: Instant,
) -> Result<(), Failure> {
    let end = body.len() + length;
    while body.len() < end {
        let step = (end - body.len()).min(STEP_BYTES);
        if !share.grow(step) {
            return Err(Refusal::busy().into());
        }
        body.fill(step, |target| wire.read_exact(target, deadline))?;
    }
    Ok(())
}

/// RFC 9112, section 7.1.
fn read_chunks<S: Stream>(
    wire: &mut Wire<S>,
    body: &mut Pieces,
    share: &Share<'_>,
    deadline: Instant,
) -> Result<(), Failure> {
    let mut on_wire = 0;
    loop {
        let line = read_line(wire, CHUNK_LINE_BYTES, deadline)?;
        let size = chunk_size(&line)?;
        on_wire += line.len() + size + 4;
        if body.len() + size > BODY_BYTES || on_wire > CHUNKED_BYTES {
            return Err(too_large().into());
        }
        if size == 0 {
            break;
        }
        take_in(wire, body, size, share, deadline)?;
        let mut end = [0; 2];
        wire.read_exact(&mut end, deadline)?;
        if &end != b"\r\n" {
            return Err(Refusal::malformed("A chunk is longer than its size.").into());
        }
    }
    skip_trailers(wire, deadline)
}

fn chunk_size(line: &[u8]) -> Result<usize, Refusal> {
    let size = line.split(|b| *b == b';').next().unwrap_or(b"");
    let extension = &line[size.len()..];
    let size = size.strip_suffix(b" ").or(size.strip_suffix(b"\t")).filter(|_| !extension.is_empty()).unwrap_or(size);
    // Fifteen digits: no overflow, and far more than is let in.
    let is_size = (1..=15).contains(&size.len()) && size.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(size).ok().filter(|_| is_size);
    text.and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .ok_or_else(|| Refusal::malformed("A chunk's size is not a number."))
}

/// Trailer fields are checked for their form and dropped.
fn skip_trailers<S: Stream>(wire: &mut Wire<S>, deadline: Instant) -> Result<(), Failure> {
    let mut bytes = 0;
    loop {
        let line = read_line(wire, HEAD_BYTES, deadline)?;
        if line.is_empty() {
            return Ok(());
        }
        bytes += line.len() + 2;
        if bytes > HEAD_BYTES {
            return Err(Refusal::new(431, "The trailer section is longer than 32 KiB.").into());
        }
        let name = line.split(|b| *b == b':').next().unwrap_or(b"");
        let is_name = !name.is_empty()
            && name.len() < line.len()
            && name.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b));
        if !is_name {
            return Err(Refusal::malformed("A trailer field is not well-formed.").into());
        }
    }
}

/// A line without its CRLF.
fn read_line<S: Stream>(wire: &mut Wire<S>, limit: usize, deadline: Instant) -> Result<Vec<u8>, Failure> {
    let mut seen = 0;
    loop {
        let pending = wire.pending();
        if let Some(at) = pending[seen..].iter().position(|b| *b == b'\n') {
            let line = &pending[..seen + at];
            let Some(line) = line.strip_suffix(b"\r") else {
                return Err(Refusal::malformed("A line ends without a carriage return.").into());
            };
            if line.len() > limit {
                return Err(Refusal::malformed("A line of a chunked body is too long.").into());
            }
            if line.iter().any(|b| matches!(b, 0..=8 | 10..=31 | 127)) {
                return Err(Refusal::malformed("A line of a chunked body contains a control character.").into());
            }
            let line = line.to_vec();
            wire.consume(line.len() + 2);
            return Ok(line);
        }
        seen = pending.len();
        if seen > limit + 1 {
            return Err(Refusal::malformed("A line of a chunked body is too long.").into());
        }
        wire.fill(deadline)?;
    }
}

fn too_large() -> Refusal {
    Refusal::new(413, "The request body is larger than 1 MiB.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::memory_budget::MemoryBudget;
    use crate::gate::wire::scripted::Scripted;
    use std::time::Duration;

    /// The body and what was left on the wire, or the status of the refusal (0 for a broken connection).
    fn take(bytes: &[u8], framing: Framing, piece: usize) -> Result<(Vec<u8>, Vec<u8>), u16> {
        let mut wire = Scripted::wire(bytes, piece);
        let budget = MemoryBudget::new(BODY_BYTES, 0);
        let deadline = Instant::now() + Duration::from_secs(60);
        let body = read(&mut wire, framing, &budget.share(), deadline).map_err(|failure| match failure {
            Failure::Refused(refusal) => refusal.status,
            Failure::Broken(_) => 0,
        })?;
        let mut rest = wire.pending().to_vec();
        rest.extend_from_slice(&wire.stream().bytes);
        Ok((body.whole(), rest))
    }

    #[test]
    fn exactly_the_length_is_taken() {
        for piece in [1, 3, 4096] {
            let (body, rest) = take(b"hello GET /", Framing::Length(5), piece).unwrap();
            assert_eq!((&body[..], &rest[..]), (&b"hello"[..], &b" GET /"[..]));
        }
        assert_eq!(take(b"hel", Framing::Length(5), 9), Err(0));
        assert_eq!(take(b"", Framing::Length(BODY_BYTES as u64 + 1), 9), Err(413));
        assert_eq!(take(b"", Framing::Length(u64::MAX), 9), Err(413));
        let largest = vec![b'x'; BODY_BYTES];
        assert_eq!(take(&largest, Framing::Length(BODY_BYTES as u64), 65536).unwrap().0, largest);
    }

    #[test]
    fn chunks_are_joined_and_trailers_dropped() {
        let text = b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\nGET /";
        for piece in [1, 2, 7, 4096] {
            let (body, rest) = take(text, Framing::Chunked, piece).unwrap();
            assert_eq!((&body[..], &rest[..]), (&b"hello world"[..], &b"GET /"[..]), "pieces of {piece}");
        }
        assert_eq!(take(b"0\r\n\r\n", Framing::Chunked, 9).unwrap().0, b"");
        assert_eq!(take(b"A\r\n0123456789\r\n0\r\n\r\n", Framing::Chunked, 9).unwrap().0, b"0123456789");
    }

    #[test]
    fn doubtful_chunks_are_refused() {
        for bad in [
            &b"\r\n"[..],
            b"x\r\n",
            b"-1\r\n",
            b"+5\r\nhello\r\n0\r\n\r\n",
            b"0x5\r\nhello\r\n0\r\n\r\n",
            b" 5\r\nhello\r\n0\r\n\r\n",
            b"5 \r\nhello\r\n0\r\n\r\n",
            b"5\nhello\n0\n\n",
            b"5\r\nhelloX\r\n0\r\n\r\n",
            b"5\r\nhello\n0\r\n\r\n",
            b"FFFFFFFFFFFFFFFF\r\n",
            b"5;\x01\r\nhello\r\n0\r\n\r\n",
            b"0\r\nno colon\r\n\r\n",
            b"0\r\n: x\r\n\r\n",
            b"0\r\nX: a\rb\r\n\r\n",
        ] {
            assert_eq!(take(bad, Framing::Chunked, 4096), Err(400), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn chunked_bodies_have_an_end() {
        assert_eq!(take(b"100001\r\n", Framing::Chunked, 4096), Err(413));
        let many = b"8\r\n01234567\r\n".repeat(BODY_BYTES / 8 + 1);
        assert_eq!(take(&many, Framing::Chunked, 65536), Err(413));
        let long_line = [b"5;".to_vec(), vec![b'x'; 5000]].concat();
        assert_eq!(take(&long_line, Framing::Chunked, 65536), Err(400));
        let padded = [b"1;".to_vec(), vec![b'x'; 1000], b"\r\nx\r\n".to_vec()].concat().repeat(5000);
        assert_eq!(take(&padded, Framing::Chunked, 65536), Err(413));
        let trailers = [b"0\r\n".to_vec(), b"X: 1\r\n".repeat(10_000)].concat();
        assert_eq!(take(&trailers, Framing::Chunked, 65536), Err(431));
        assert_eq!(take(b"5\r\nhel", Framing::Chunked, 4096), Err(0));
    }
}
