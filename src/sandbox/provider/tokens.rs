//! Codes and tokens: issued, redeemed, refreshed, revoked, expired. In memory, and few.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::Outside;
use super::catalogue::{USERS, User};
use crate::domain::oauth::service_provider::ServiceProvider::{self, *};

const MOST_CODES: usize = 256;
const MOST_TOKENS: usize = 1024;
pub const CODE_LIFETIME_MS: i64 = 10 * 60 * 1000;
const DAY_S: i64 = 24 * 60 * 60;
const UNUSED_REFRESH_TOKEN_MS: i64 = 90 * DAY_S * 1000;

#[derive(Clone)]
pub struct Grant {
    pub kind: ServiceProvider,
    pub client_id: String,
    pub redirect_uri: String,
    pub user: &'static User,
    pub scope: String,
}

pub struct Code {
    text: String,
    pub grant: Grant,
    /// PKCE, S256.
    pub challenge: Option<String>,
    expires_ms: i64,
}

struct Token {
    grant: Grant,
    access: String,
    refresh: Option<String>,
    issued_ms: i64,
    expires_ms: Option<i64>,
    serial: u64,
    is_revoked: bool,
}

pub struct Issued {
    pub grant: Grant,
    pub access: String,
    pub refresh: Option<String>,
    pub lifetime_s: Option<i64>,
    pub issued_ms: i64,
}

/// A credential as it came.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    Nothing,
    /// An access token of OAuth 1.0a, whose signature is right.
    Signed(&'a str),
    Personal(&'a str),
    /// In a header that takes access tokens and personal tokens.
    Either(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Missing,
    Unknown,
    Revoked,
    Expired,
}

/// Who a credential belongs to.
pub struct Bearer {
    pub user: &'static User,
    pub scope: Option<String>,
    /// Of an access token.
    pub serial: Option<u64>,
}

#[derive(Default)]
pub struct Tokens {
    codes: VecDeque<Code>,
    tokens: VecDeque<Token>,
    serial: u64,
}

impl Tokens {
    pub fn newest_serial(&self) -> u64 {
        self.serial
    }

    pub fn add_code(&mut self, grant: Grant, challenge: Option<String>, now_ms: i64, outside: &dyn Outside) -> String {
        if self.codes.len() == MOST_CODES {
            self.codes.pop_front();
        }
        let text = outside.hex(40);
        self.codes.push_back(Code { text: text.clone(), grant, challenge, expires_ms: now_ms + CODE_LIFETIME_MS });
        text
    }

    /// Once: whatever is wrong with how it is redeemed, it is gone. `None` where it is unknown, expired or another
    /// client's.
    pub fn take_code(&mut self, kind: ServiceProvider, client_id: &str, code: &str, now_ms: i64) -> Option<Code> {
        let at =
            self.codes.iter().position(|c| c.text == code && c.grant.kind == kind && c.grant.client_id == client_id)?;
        self.codes.remove(at).filter(|code| now_ms < code.expires_ms)
    }

    pub fn issue(&mut self, grant: Grant, now_ms: i64, outside: &dyn Outside) -> Issued {
        if self.tokens.len() == MOST_TOKENS {
            let dead = self.tokens.iter().position(|token| token.is_revoked).unwrap_or(0);
            self.tokens.remove(dead);
        }
        self.serial += 1;
        let lifetime_s = match grant.kind {
            GitHub | GitHubEnterprise => None,
            GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition | BitbucketHosted => Some(2 * 60 * 60),
            BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter => Some(5 * 365 * DAY_S),
            AdoServer | AdoServices => Some(60 * 60),
        };
        let has_refresh_token = match grant.kind {
            GitHub | GitHubEnterprise => false,
            AdoServer | AdoServices => grant.scope.split(' ').any(|scope| scope == "offline_access"),
            _ => true,
        };
        let access = access_token(&grant, self.serial, now_ms, outside);
        let refresh = has_refresh_token.then(|| outside.hex(64));
        let token = Token {
            grant: grant.clone(),
            access: access.clone(),
            refresh: refresh.clone(),
            issued_ms: now_ms,
            expires_ms: lifetime_s.map(|seconds| now_ms + seconds * 1000),
            serial: self.serial,
            is_revoked: false,
        };
        self.tokens.push_back(token);
        Issued { grant, access, refresh, lifetime_s, issued_ms: now_ms }
    }

    /// As each provider does it: GitLab ends the old pair at once, Bitbucket the old refresh token, Entra nothing.
    pub fn refresh(
        &mut self,
        kind: ServiceProvider,
        client_id: &str,
        refresh_token: &str,
        now_ms: i64,
        outside: &dyn Outside,
    ) -> Option<Issued> {
        let token = self.tokens.iter_mut().find(|token| {
            token.grant.kind == kind
                && token.grant.client_id == client_id
                && token.refresh.as_deref() == Some(refresh_token)
                && !token.is_revoked
                && now_ms < token.issued_ms + UNUSED_REFRESH_TOKEN_MS
        })?;
        match kind {
            AdoServer | AdoServices => {}
            BitbucketHosted => token.refresh = None,
            _ => token.is_revoked = true,
        }
        let grant = token.grant.clone();
        Some(self.issue(grant, now_ms, outside))
    }

    /// Ends a pair, by either of its tokens. `false` where there is none, or its access token has expired: GitLab then leaves
    /// the refresh token as it is.
    pub fn revoke(&mut self, kind: ServiceProvider, client_id: &str, text: &str, now_ms: i64) -> bool {
        let found = self.tokens.iter_mut().find(|token| {
            token.grant.kind == kind
                && token.grant.client_id == client_id
                && (token.access == text || token.refresh.as_deref() == Some(text))
                && !token.is_revoked
                && token.expires_ms.is_none_or(|expires_ms| now_ms < expires_ms)
        });
        found.map(|token| token.is_revoked = true).is_some()
    }

    pub fn bearer(&self, kind: ServiceProvider, presented: Presented<'_>, now_ms: i64) -> Result<Bearer, Refusal> {
        let issued = |text: &str| self.tokens.iter().rev().find(|t| t.grant.kind == kind && t.access == text);
        let (text, found) = match presented {
            Presented::Nothing | Presented::Personal("") | Presented::Either("") => return Err(Refusal::Missing),
            Presented::Signed(text) => return issued(text).ok_or(Refusal::Unknown)?.bearer(now_ms),
            Presented::Either(text) => (text, issued(text)),
            Presented::Personal(text) => (text, None),
        };
        match found {
            Some(token) => token.bearer(now_ms),
            None if text.starts_with("revoked") => Err(Refusal::Revoked),
            None if text.starts_with("expired") => Err(Refusal::Expired),
            // Issued by a demo that has ended since.
            None if has_shape_of_issued(kind, text) => Err(Refusal::Unknown),
            None => Ok(Bearer { user: &USERS[0], scope: None, serial: None }),
        }
    }
}

impl Token {
    fn bearer(&self, now_ms: i64) -> Result<Bearer, Refusal> {
        if self.is_revoked {
            return Err(Refusal::Revoked);
        }
        if self.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
            return Err(Refusal::Expired);
        }
        Ok(Bearer { user: self.grant.user, scope: Some(self.grant.scope.clone()), serial: Some(self.serial) })
    }
}

/// In the shape that the real provider gives them, by which redaction has to know them.
fn access_token(grant: &Grant, serial: u64, now_ms: i64, outside: &dyn Outside) -> String {
    match grant.kind {
        GitHub | GitHubEnterprise => format!("gho_{}", outside.hex(36)),
        GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition => outside.hex(64),
        BitbucketHosted => format!("{}=", outside.hex(83)),
        BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter => outside.hex(32),
        AdoServer | AdoServices => {
            let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let head = part(json!({"alg": "none", "typ": "JWT"}));
            let claims = json!({"iat": now_ms / 1000, "jti": serial, "scp": grant.scope, "upn": grant.user.email()});
            format!("{head}.{}.{}", part(claims), outside.hex(64))
        }
    }
}

fn has_shape_of_issued(kind: ServiceProvider, text: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match kind {
        GitHub | GitHubEnterprise => text.strip_prefix("gho_").is_some_and(|rest| rest.len() == 36 && is_hex(rest)),
        GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition => text.len() == 64 && is_hex(text),
        BitbucketHosted => text.len() == 84 && text.ends_with('='),
        BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter => text.len() == 32 && is_hex(text),
        AdoServer | AdoServices => text.starts_with("eyJ") && text.matches('.').count() == 2,
    }
}
