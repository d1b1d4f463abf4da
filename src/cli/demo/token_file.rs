//! An API token of the user's own choice.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::domain::accounts::api_token::PlainToken;
use crate::domain::error::{Error, Result};

/// More than a token and the line end behind it have.
const MOST_BYTES: u64 = 1024;

pub fn read(path: &Path) -> Result<PlainToken> {
    let shown = path.display();
    let unreadable = |e: std::io::Error| Error::invalid(format!("--token-file {shown} cannot be read: {e}."));
    // Asked of the path first: opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Error::invalid(format!("--token-file {shown} is not a file.")));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes)).map_err(unreadable)?;
    let token = std::str::from_utf8(&bytes).ok().and_then(|text| PlainToken::parse(text.trim()));
    token.ok_or_else(|| {
        Error::invalid(format!(
            "--token-file {shown} does not contain an API token: 14 letters or digits, `.atlasv1.`, and 67 more letters or \
             digits."
        ))
    })
}
