//! Names that stand in paths and commands without being written in another way.

/// 1 to `most` of `[A-Za-z0-9_-]`.
pub fn is_plain_name(name: &str, most: usize) -> bool {
    (1..=most).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
