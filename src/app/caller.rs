//! Who is calling: from the Authorization header to a [`Caller`].

use crate::domain::access::Caller;
use crate::domain::accounts::api_token::has_token_shape;
use crate::domain::error::{Error, Result};
use crate::domain::timestamp::Timestamp;
use crate::http::request::Request;
use crate::store::View;
use crate::vault::Vault;

/// The digest of the request's bearer token. `Unauthenticated` without a token of the right shape. Other schemes, and
/// tokens outside this header, are ignored.
pub fn digest(request: &Request, vault: &Vault) -> Result<[u8; 32]> {
    let header = request.header("Authorization").ok_or_else(Error::unauthenticated)?;
    let (scheme, token) = header.split_once(' ').ok_or_else(Error::unauthenticated)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("Bearer") || !has_token_shape(token) {
        return Err(Error::unauthenticated());
    }
    Ok(vault.digest(token))
}

/// The caller that the token belongs to. `Unauthenticated` where it is unknown, revoked or expired: one
/// answer for all three.
pub fn caller(view: &View, digest: &[u8; 32], now: Timestamp) -> Result<Caller> {
    if let Some(caller) = view.caller(digest, now)? {
        return Ok(caller);
    }
    Err(match view.expired_token(digest, now)? {
        Some((token, organization)) => Error::expired(token.to_string(), organization.map(|id| id.to_string())),
        None => Error::unauthenticated(),
    })
}
