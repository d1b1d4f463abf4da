//! Why a provider gave no answer that can be used.
//!
//! All texts are Bowline's own. A failure never contains what a provider sent, because a hostile server could return
//! the token that it was given.

use std::fmt;
use std::io::ErrorKind;
use std::net::IpAddr;

use super::Timestamp;

pub type Result<T> = std::result::Result<T, Failure>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Providers are switched off (`--providers off`).
    SwitchedOff,
    /// Too many calls are under way, of this organization or of all.
    Busy,
    /// The URL may not be called at all.
    Url(&'static str),
    /// The host has an address that is never called, or not without `--allow-provider-address`.
    RefusedAddress(IpAddr),
    /// The host and port are Bowline's own.
    OwnListener(IpAddr),
    /// The host name has no address.
    Unresolvable,
    Unreachable(ErrorKind),
    /// What took too long.
    Timeout(&'static str),
    Tls(TlsFault),
    /// What was larger than an answer may be: its head, its body, a list.
    TooLarge(&'static str),
    /// A redirect where none is followed, or one too many.
    Redirected,
    /// A redirect or a link to the next page leads to another origin. It was not followed.
    ForeignLink,
    /// The answer breaks the rules of HTTP.
    NotHttp,
    /// The answer is a page or something else, but not the document that was asked for.
    NotJson,
    /// What is wrong with the document.
    Malformed(&'static str),
    /// A status that says nothing more.
    Status(u16),
    /// The provider does not know the token (any more).
    Unauthorized,
    /// The token's rights are too small.
    Forbidden,
    /// The provider's organization wants the token to be authorized for single sign-on.
    SingleSignOn,
    NotFound,
    RateLimited {
        until: Option<Timestamp>,
    },
    /// The token endpoint refused, with a code that is known.
    Refused(Refusal),
    /// The provider has no such thing.
    NotOffered(&'static str),
    /// The client lacks what the call needs.
    Incomplete(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    UnknownIssuer,
    Expired,
    NotYetValid,
    WrongName,
    Other,
}

/// What OAuth's error codes come down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The code, refresh token or request token is used up, expired or of another client.
    Grant,
    /// Key or secret are wrong.
    Client,
    /// The callback URL is not the one registered with the provider.
    RedirectUri,
    /// The user has not verified the mail address at the provider.
    UnverifiedEmail,
    /// The user denied access.
    AccessDenied,
    /// A scope is not allowed, or too small.
    Scope,
    /// OAuth 1.0a: the signature does not fit the public key that the provider has.
    Signature,
    /// OAuth 1.0a: the clocks of the two servers differ.
    Clock,
    /// The provider does not understand the request.
    Request,
    /// The provider is temporarily unavailable.
    Unavailable,
    Unknown,
}

impl Refusal {
    /// From `error` in a token answer or in the query of a callback, or from `oauth_problem`.
    pub fn from_code(code: &str) -> Refusal {
        match code {
            "invalid_grant"
            | "bad_verification_code"
            | "bad_refresh_token"
            | "interaction_required"
            | "token_rejected"
            | "token_expired"
            | "token_revoked"
            | "token_used" => Refusal::Grant,
            "invalid_client"
            | "incorrect_client_credentials"
            | "unauthorized_client"
            | "consumer_key_unknown"
            | "consumer_key_rejected"
            | "consumer_key_refused" => Refusal::Client,
            "redirect_uri_mismatch" | "invalid_redirect_uri" => Refusal::RedirectUri,
            "unverified_user_email" => Refusal::UnverifiedEmail,
            "access_denied" | "consent_required" | "permission_denied" | "permission_unknown" | "user_refused" => {
                Refusal::AccessDenied
            }
            "invalid_scope" | "insufficient_scope" => Refusal::Scope,
            "invalid_signature" | "signature_invalid" => Refusal::Signature,
            "timestamp_refused" | "nonce_used" => Refusal::Clock,
            "invalid_request"
            | "unsupported_grant_type"
            | "unsupported_response_type"
            | "parameter_absent"
            | "parameter_rejected"
            | "signature_method_rejected"
            | "version_rejected" => Refusal::Request,
            "server_error" | "temporarily_unavailable" => Refusal::Unavailable,
            _ => Refusal::Unknown,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Refusal::Grant => "the provider says that the code or token is expired, used up or revoked",
            Refusal::Client => "the provider does not accept the client's key and secret",
            Refusal::RedirectUri => "the callback URL is not the one that is registered with the provider",
            Refusal::UnverifiedEmail => "the user has no verified mail address at the provider",
            Refusal::AccessDenied => "access was denied at the provider",
            Refusal::Scope => "the provider does not grant a scope that is needed",
            Refusal::Signature => "the provider cannot verify the signature: check the public key registered there",
            Refusal::Clock => "the provider refuses the time of the request: check the clocks of both servers",
            Refusal::Request => "the provider does not understand the request",
            Refusal::Unavailable => "the provider says that it is unavailable",
            Refusal::Unknown => "the provider refused, with an error code that is not known",
        }
    }
}

impl Failure {
    /// For the tenant. All causes that tell something about Bowline's network have the same text.
    pub fn told_to_tenant(&self) -> String {
        match self {
            Failure::SwitchedOff
            | Failure::Busy
            | Failure::Unauthorized
            | Failure::Forbidden
            | Failure::SingleSignOn
            | Failure::NotFound
            | Failure::RateLimited { .. }
            | Failure::Refused(_)
            | Failure::NotOffered(_)
            | Failure::Incomplete(_) => sentence(&self.to_string()),
            Failure::TooLarge("list") => {
                "The provider's list is longer than what one request may read. Name one of the \
                                          provider's organizations, workspaces or projects."
                    .to_owned()
            }
            Failure::Url(_)
            | Failure::RefusedAddress(_)
            | Failure::OwnListener(_)
            | Failure::Unresolvable
            | Failure::Unreachable(_)
            | Failure::Timeout(_)
            | Failure::Tls(_)
            | Failure::TooLarge(_)
            | Failure::Redirected
            | Failure::ForeignLink
            | Failure::NotHttp
            | Failure::NotJson
            | Failure::Malformed(_)
            | Failure::Status(_) => "The provider could not be reached, or gave no answer that can be used. Check the \
                                     client's URLs; the server's log has the cause."
                .to_owned(),
        }
    }

    /// The token is lost: asking again with it is useless, a user has to connect the client anew.
    pub fn ends_the_connection(&self) -> bool {
        matches!(self, Failure::Unauthorized | Failure::Refused(Refusal::Grant))
    }

    /// The answer to a call may have been lost on the way, so that it is not known whether the call took effect.
    pub fn may_have_taken_effect(&self) -> bool {
        matches!(
            self,
            Failure::Unreachable(_)
                | Failure::Timeout(_)
                | Failure::TooLarge(_)
                | Failure::NotHttp
                | Failure::NotJson
                | Failure::Malformed(_)
                | Failure::Status(_)
        )
    }

    /// A label for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::SwitchedOff => "switched_off",
            Failure::Busy => "busy",
            Failure::Url(_) | Failure::RefusedAddress(_) | Failure::OwnListener(_) => "refused_address",
            Failure::Unresolvable => "unresolvable",
            Failure::Unreachable(_) => "unreachable",
            Failure::Timeout(_) => "timeout",
            Failure::Tls(_) => "tls",
            Failure::TooLarge(_) => "too_large",
            Failure::Redirected | Failure::ForeignLink => "redirect",
            Failure::NotHttp | Failure::NotJson | Failure::Malformed(_) => "malformed",
            Failure::Status(_) => "status",
            Failure::Unauthorized => "unauthorized",
            Failure::Forbidden | Failure::SingleSignOn => "forbidden",
            Failure::NotFound => "not_found",
            Failure::RateLimited { .. } => "rate_limited",
            Failure::Refused(_) => "refused",
            Failure::NotOffered(_) | Failure::Incomplete(_) => "not_possible",
        }
    }
}

impl fmt::Display for Failure {
    /// For the operator's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::SwitchedOff => f.write_str("providers are switched off on this server"),
            Failure::Busy => f.write_str("too many calls to providers are under way; try again in a moment"),
            Failure::Url(problem) => write!(f, "the URL {problem}"),
            Failure::RefusedAddress(address) => {
                write!(f, "the address {address} is not called (see --allow-provider-address)")
            }
            Failure::OwnListener(address) => {
                write!(f, "{address} with that port is one of this server's own listeners")
            }
            Failure::Unresolvable => f.write_str("the host name has no address"),
            Failure::Unreachable(kind) => write!(f, "no connection: {kind}"),
            Failure::Timeout(what) => write!(f, "{what} took too long"),
            Failure::Tls(fault) => f.write_str(match fault {
                TlsFault::UnknownIssuer => {
                    "the certificate is not from a known authority (see --provider-ca; without a system store of CA \
                     certificates none is known)"
                }
                TlsFault::Expired => "the certificate has expired",
                TlsFault::NotYetValid => "the certificate is not valid yet",
                TlsFault::WrongName => "the certificate is for another name",
                TlsFault::Other => "the TLS handshake failed",
            }),
            Failure::TooLarge(what) => write!(f, "the answer's {what} is too large"),
            Failure::Redirected => f.write_str("the answer is a redirect that is not followed"),
            Failure::ForeignLink => f.write_str("the answer leads to another server, which is not followed"),
            Failure::NotHttp => f.write_str("the answer is not HTTP"),
            Failure::NotJson => f.write_str("the answer is not JSON"),
            Failure::Malformed(problem) => write!(f, "the answer cannot be used: {problem}"),
            Failure::Status(status) => write!(f, "the provider answered with status {status}"),
            Failure::Unauthorized => f.write_str("the provider does not accept the token"),
            Failure::Forbidden => f.write_str("the token's rights at the provider are too small"),
            Failure::SingleSignOn => f.write_str("the token has to be authorized for single sign-on at the provider"),
            Failure::NotFound => f.write_str("the provider has no such thing, or the token may not see it"),
            Failure::RateLimited { until: None } => f.write_str("the provider's rate limit is reached"),
            Failure::RateLimited { until: Some(until) } => {
                write!(f, "the provider's rate limit is reached, until {until}")
            }
            Failure::Refused(refusal) => f.write_str(refusal.words()),
            Failure::NotOffered(what) => write!(f, "the provider has no {what}"),
            Failure::Incomplete(what) => write!(f, "the client has no {what}"),
        }
    }
}

impl std::error::Error for Failure {}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_cannot_tell_what_is_in_the_network() {
        let address = "10.0.0.1".parse().unwrap();
        let told: Vec<String> = [
            Failure::RefusedAddress(address),
            Failure::OwnListener(address),
            Failure::Unresolvable,
            Failure::Unreachable(ErrorKind::ConnectionRefused),
            Failure::Timeout("connecting"),
            Failure::Tls(TlsFault::Expired),
            Failure::NotHttp,
        ]
        .iter()
        .map(Failure::told_to_tenant)
        .collect();
        assert!(told.iter().all(|text| *text == told[0] && !text.contains("10.0.0.1")), "{told:?}");
    }

    #[test]
    fn a_tenant_is_told_what_to_do() {
        assert!(Failure::TooLarge("list").told_to_tenant().contains("Name one of the provider's organizations"));
        let told = Failure::NotFound.told_to_tenant();
        assert_eq!(told, "The provider has no such thing, or the token may not see it.");
        let until = Some(Timestamp::from_milliseconds(1_523_911_373_000));
        let told = Failure::RateLimited { until }.told_to_tenant();
        assert_eq!(told, "The provider's rate limit is reached, until 2018-04-16T20:42:53.000Z.");
    }
}
