//! Signing a request: RFC 5849 §3.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::utf8_percent_encode;
use rand::rngs::SysRng;
use rsa::PrivateKey;
use sha1::Sha1;
use url::Url;

use super::keys;
use crate::providers::endpoints::RESERVED;
use crate::providers::failure::{Failure, Result};
use crate::providers::outbound::Outbound;
use crate::providers::provider::Application;

pub(in crate::providers) struct Signer<'a> {
    outbound: &'a Outbound,
    consumer: &'a str,
    key: PrivateKey,
    token: Option<&'a str>,
}

impl<'a> Signer<'a> {
    /// `token` is the request token, or the access token.
    pub fn new(outbound: &'a Outbound, application: &Application<'a>, token: Option<&'a str>) -> Result<Signer<'a>> {
        Ok(Signer { outbound, consumer: application.key, key: keys::private_key(application.secret)?, token })
    }

    /// The value of `Authorization` for this request alone. Requests have no body that would have to be signed.
    pub fn header(&self, method: &str, url: &Url, parameters: &[(&str, &str)]) -> Result<String> {
        let mut nonce = String::new();
        for byte in self.outbound.random() {
            let _ = write!(nonce, "{byte:02x}");
        }
        let seconds = (self.outbound.now().milliseconds() / 1000).to_string();
        let mut own = vec![
            ("oauth_consumer_key", self.consumer),
            ("oauth_nonce", &nonce),
            ("oauth_signature_method", "RSA-SHA1"),
            ("oauth_timestamp", &seconds),
            ("oauth_version", "1.0"),
        ];
        own.extend(self.token.map(|token| ("oauth_token", token)));
        own.extend(parameters);
        let text = base_string(method, url, &own);
        // With randomness, the time that this takes tells nothing about the key.
        let signature = self.key.pkcs1v15_sign_with_rng::<Sha1, _>(&mut SysRng, text.as_bytes());
        let signature = BASE64_STANDARD.encode(signature.map_err(|_| Failure::Incomplete("RSA key that can sign"))?);
        own.push(("oauth_signature", &signature));
        let fields: Vec<String> = own.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value))).collect();
        Ok(format!("OAuth {}", fields.join(", ")))
    }
}

/// RFC 5849 §3.4.1: the method, the URL without its query, and all parameters in order.
fn base_string(method: &str, url: &Url, own: &[(&str, &str)]) -> String {
    let in_query: Vec<_> = url.query_pairs().collect();
    let all = in_query.iter().map(|(name, value)| (&**name, &**value)).chain(own.iter().copied());
    let mut encoded: Vec<_> = all.map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort_unstable();
    let parameters: Vec<String> = encoded.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    // The parser has dropped the default port and made scheme and host small.
    let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
    format!("{method}&{}&{}", encode(&place), encode(&parameters.join("&")))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_string_is_that_of_the_standard() {
        // RFC 5849 §3.4.1.1, with the parameters of its body among ours.
        let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").unwrap();
        let own = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ];
        let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
                        %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26\
                        oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(base_string("POST", &url, &own), expected);
    }
}
