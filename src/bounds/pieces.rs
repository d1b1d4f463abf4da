//! An answer's bytes, in pieces of one size. Of a large block that was given back, the allocator keeps twice as much at the
//! end of each of its arenas, for good; a piece fits where another one was.

use std::io::{self, Write};
use std::mem;

pub const PIECE_BYTES: usize = 64 * 1024;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Each of `PIECE_BYTES`.
    full: Vec<Vec<u8>>,
    last: Vec<u8>,
}

impl Pieces {
    /// With room for `bytes`, as far as that is one piece.
    pub fn with_room(bytes: usize) -> Pieces {
        Pieces { full: Vec::new(), last: Vec::with_capacity(bytes.min(PIECE_BYTES)) }
    }

    pub fn len(&self) -> usize {
        self.full.len() * PIECE_BYTES + self.last.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.full.iter().chain([&self.last]).map(Vec::as_slice)
    }

    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.room(PIECE_BYTES)));
            self.last.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Adds `length` bytes, which `read` writes into the slices that it is given.
    pub fn fill<E>(&mut self, length: usize, mut read: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<(), E> {
        let mut left = length;
        while left > 0 {
            let most = left.min(self.room(left));
            let begin = self.last.len();
            self.last.resize(begin + most, 0);
            read(&mut self.last[begin..])?;
            left -= most;
        }
        Ok(())
    }

    /// How much goes into the last piece. Begins a new one, for `wanted` bytes, where it is full.
    fn room(&mut self, wanted: usize) -> usize {
        if self.last.len() == PIECE_BYTES {
            let next = Vec::with_capacity(wanted.min(PIECE_BYTES));
            self.full.push(mem::replace(&mut self.last, next));
        }
        PIECE_BYTES - self.last.len()
    }

    #[cfg(any(test, fuzzing))]
    pub fn whole(&self) -> Vec<u8> {
        self.iter().collect::<Vec<_>>().concat()
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.push(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: AsRef<[u8]>> From<T> for Pieces {
    fn from(bytes: T) -> Pieces {
        let bytes = bytes.as_ref();
        let mut pieces = Pieces::with_room(bytes.len());
        pieces.push(bytes);
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn bytes_are_those_that_were_put_in_whatever_their_number() {
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 3 * PIECE_BYTES + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let mut read = Pieces::from("head");
            let mut source = &*bytes;
            read.fill(length, |target| source.read_exact(target)).unwrap();
            assert_eq!((read.len(), read.whole()), (length + 4, [b"head", &*bytes].concat()));
            assert!(read.iter().all(|piece| piece.len() <= PIECE_BYTES));
            let mut written = Pieces::default();
            bytes.chunks(1000).for_each(|chunk| written.write_all(chunk).unwrap());
            assert_eq!((written.whole(), written.is_empty()), (bytes.clone(), length == 0));
        }
    }
}
