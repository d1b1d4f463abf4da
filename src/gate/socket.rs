//! A client's socket, to which a timeout is told only where the last one told will not do: most requests then cost no
//! system call for it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::wire::Stream;

pub struct Socket<'a> {
    stream: &'a TcpStream,
    /// What it was told last; nothing as yet is zero.
    reading: Duration,
    writing: Duration,
}

impl<'a> Socket<'a> {
    pub fn new(stream: &'a TcpStream) -> Socket<'a> {
        Socket { stream, reading: Duration::ZERO, writing: Duration::ZERO }
    }
}

impl Read for Socket<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        self.stream.read(target)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Stream for Socket<'_> {
    fn read_within(&mut self, timeout: Duration) -> io::Result<()> {
        if let Some(told) = replaced(self.reading, timeout) {
            self.stream.set_read_timeout(Some(told))?;
            self.reading = told;
        }
        Ok(())
    }

    fn write_within(&mut self, timeout: Duration) -> io::Result<()> {
        if let Some(told) = replaced(self.writing, timeout) {
            self.stream.set_write_timeout(Some(told))?;
            self.writing = told;
        }
        Ok(())
    }
}

/// What is to be told instead of `told`: never more than `timeout`, and a little less, so that it will do for the next
/// request too. Whoever is woken before their deadline looks at it and goes on. `None` where `told` will do.
fn replaced(told: Duration, timeout: Duration) -> Option<Duration> {
    (told > timeout || told < timeout / 2).then(|| timeout - timeout / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_told_once_for_many_requests_and_never_too_long() {
        let a_minute = Duration::from_secs(60);
        let told = replaced(Duration::ZERO, a_minute).unwrap();
        assert!(told < a_minute && told > a_minute / 2);
        for late in [0, 1, 999, 7_000_000] {
            assert_eq!(replaced(told, a_minute - Duration::from_micros(late)), None, "{late}");
        }
        for shorter in [told - Duration::from_nanos(1), a_minute / 30] {
            assert!(replaced(told, shorter).unwrap() < shorter);
        }
        // An hour is not slept away in steps of a minute.
        assert!(replaced(told, 60 * a_minute).unwrap() > 50 * a_minute);
    }

    #[test]
    fn a_deadline_comes_in_a_few_steps() {
        let (mut told, mut left, mut steps) = (Duration::ZERO, Duration::from_secs(3600), 0);
        while left >= Duration::from_millis(1) {
            told = replaced(told, left).unwrap_or(told);
            assert!(!told.is_zero() && told <= left);
            (left, steps) = (left - told, steps + 1);
        }
        assert!(steps < 12, "{steps}");
    }
}
