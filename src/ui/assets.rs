//! The style sheet and its address, which changes with its content and may be kept for ever.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::app::Cx;
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;

pub const STYLE: &str = include_str!("style.css");

/// `/assets/<12 hexadecimal digits>.css`
pub fn style_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        let digest = Sha256::digest(STYLE);
        let hex: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("/assets/{hex}.css")
    });
    &PATH
}

/// `GET /assets/:file`
pub fn show(cx: &Cx) -> Result<Reply> {
    if style_path().strip_prefix("/assets/") != Some(cx.parameter("file")) {
        return Err(Error::not_found());
    }
    let style = Reply::new(200).with_body("text/css; charset=utf-8", STYLE.as_bytes().to_vec());
    Ok(style.with_header("Cache-Control", "public, max-age=31536000, immutable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_is_small_and_asks_for_nothing() {
        assert!(STYLE.len() < 12 * 1024, "{} bytes", STYLE.len());
        for forbidden in ["url(", "@import", "http:", "https:", "//"] {
            assert!(!STYLE.contains(forbidden), "{forbidden}");
        }
    }
}
