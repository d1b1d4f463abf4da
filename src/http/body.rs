//! A request's body, whole.

use std::io::{self, Read};
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// From this size on a body has memory of its own from the system, which goes back at once. As a block of the allocator's it
/// twice as much would be kept in each of its arenas (`bounds/pieces.rs`).
const LARGE_BYTES: usize = 128 * 1024;

/// Has no `Debug`: there are secrets in it.
pub enum Body {
    Small(Vec<u8>),
    Large(MmapMut),
}

impl Body {
    pub fn read(source: &mut dyn Read, length: usize) -> io::Result<Body> {
        // Where there is no mapping to be had, the allocator may have room.
        let mapped = if length < LARGE_BYTES { None } else { MmapMut::map_anon(length).ok() };
        let mut body = mapped.map_or_else(|| Body::Small(vec![0; length]), Body::Large);
        source.read_exact(&mut body)?;
        Ok(body)
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Body::Small(bytes) => bytes,
            Body::Large(bytes) => bytes,
        }
    }
}

impl DerefMut for Body {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Body::Small(bytes) => bytes,
            Body::Large(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Body::Small(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_all_sizes_are_read_whole() {
        for length in [0, 1, LARGE_BYTES - 1, LARGE_BYTES, LARGE_BYTES + 1] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            assert_eq!(*Body::read(&mut &*bytes, length).unwrap(), *bytes, "{length}");
            assert!(Body::read(&mut &*bytes, length + 1).is_err());
        }
    }
}
