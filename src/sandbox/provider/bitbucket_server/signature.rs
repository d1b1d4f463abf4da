//! Whether a request is signed by the key of its consumer (RFC 5849, section 3). RSA-SHA1 is what the protocol has; SHA-1
//! is used for nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::{Pkcs1v15Sign, PublicKey};
use sha1::{Digest, Sha1};

use super::super::asked::Asked;
use crate::http::request::encode;

/// The parameters of `Authorization: OAuth`, decoded, without the realm. `None` where one cannot be read, or is there twice.
pub fn parameters(header: &str) -> Option<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    for part in header.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        if name == "realm" {
            continue;
        }
        let name = decode(name)?;
        if found.iter().any(|(known, _)| *known == name) {
            return None;
        }
        found.push((name, decode(value)?));
    }
    Some(found)
}

fn decode(text: &str) -> Option<String> {
    // A plus is no blank here.
    let escaped = text.replace('+', "%2B");
    let mut pairs = url::form_urlencoded::parse(escaped.as_bytes());
    match (pairs.next(), pairs.next()) {
        (None, None) => Some(String::new()),
        (Some((name, value)), None) if value.is_empty() => Some(name.into_owned()),
        _ => None,
    }
}

/// Section 3.4.1: the method, the URL without its query, and all parameters in order.
pub fn base_string(origin: &str, asked: &Asked<'_>, oauth: &[(String, String)]) -> String {
    let url = format!("{origin}{}", asked.own_path());
    let body: &[(String, String)] = if asked.is_form() { &asked.form } else { &[] };
    let signed = oauth.iter().filter(|(name, _)| name != "oauth_signature");
    let mut pairs: Vec<(String, String)> = signed
        .chain(&asked.request.query)
        .chain(body)
        .map(|(name, value)| (encode(name).into_owned(), encode(value).into_owned()))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", asked.method().name(), encode(&url), encode(&pairs.join("&")))
}

pub fn public_key(pem: &str) -> Option<PublicKey> {
    PublicKey::from_public_key_pem(pem.trim()).or_else(|_| PublicKey::from_pkcs1_pem(pem.trim())).ok()
}

pub fn is_valid(key: &PublicKey, base_string: &str, signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    key.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(base_string), &signature).is_ok()
}
