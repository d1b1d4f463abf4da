//! VCS providers that Bowline plays itself: one for each of the eleven kinds, on one port, each below `/{kind}`.
//!
//! They answer in the shapes of the real ones, so that connecting, refreshing and listing can be shown and tested without
//! a network. They are no evidence of how the real ones behave: docs/sandbox.md says what is imitated.

mod answers;
mod asked;
mod azure;
mod bitbucket_cloud;
mod bitbucket_server;
mod catalogue;
mod control;
mod faults;
mod github;
mod gitlab;
mod oauth2;
mod page;
mod tokens;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::asked::Asked;
use self::faults::{Fault, Faults};
use self::tokens::{Bearer, Presented, Refusal, Tokens};
use crate::domain::oauth::service_provider::ServiceProvider::{self, *};
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::http::server::Service;
use crate::http::worker_slots::WorkerSlot;

/// The header fields that it reads.
pub const REQUEST_HEADERS: [&str; 6] =
    ["Accept", "Authorization", "Content-Type", "Origin", "Private-Token", "X-TFS-FedAuthRedirect"];

/// What comes from outside, so that a sandbox can set all of it.
pub trait Outside: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
    /// So many random hexadecimal digits.
    fn hex(&self, digits: usize) -> String;
    /// Waits, for the fault `slow`.
    fn pause(&self, time: Duration);
    /// The PEM of the public key that is registered for an OAuth 1.0a consumer key.
    fn public_key_of(&self, consumer_key: &str) -> Option<String>;
}

pub struct DemoProvider {
    /// `http://127.0.0.1:PORT`
    origin: String,
    outside: Box<dyn Outside>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tokens: Tokens,
    handshakes: bitbucket_server::Handshakes,
    faults: Faults,
}

/// The caller of an API, once its credential is accepted.
struct Caller {
    user: &'static catalogue::User,
    /// Of an OAuth token; a personal token has all rights.
    scope: Option<String>,
    /// The fault `missing-rights`: it may ask who it is, and nothing else.
    lacks_rights: bool,
}

impl DemoProvider {
    /// `origin` is where it is reached, without a slash at the end.
    pub fn new(origin: String, outside: impl Outside) -> DemoProvider {
        DemoProvider { origin, outside: Box::new(outside), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        self.outside.now_ms()
    }

    /// `{origin}/{kind}`: the base of its pages and of its token endpoint.
    fn base(&self, kind: ServiceProvider) -> String {
        format!("{}/{}", self.origin, kind.identifier())
    }

    /// Who calls an API of this kind with this credential.
    fn caller(&self, kind: ServiceProvider, presented: Presented<'_>) -> Result<Caller, Refusal> {
        let now_ms = self.now_ms();
        let state = self.state();
        let lacks_rights = state.faults.is_set(kind, Fault::MissingRights);
        let Bearer { user, scope, serial } = state.tokens.bearer(kind, presented, now_ms)?;
        state.faults.refusal(kind, serial).map_or(Ok(Caller { user, scope, lacks_rights }), Err)
    }

    fn answer(&self, request: &Request, slot: &WorkerSlot<'_>) -> Reply {
        if let Some(reply) = control::answer(self, request) {
            return reply;
        }
        let Some(asked) = Asked::new(request) else { return answers::plain(404, "There is no such demo provider.\n") };
        // A person at a page meets no fault: the page is how to get on.
        if asked.is_for_people() {
            return self.dispatch(&asked);
        }
        let delay = self.state().faults.delay(asked.kind);
        if let Some(delay) = delay {
            slot.leave();
            self.outside.pause(delay);
            slot.take_back();
        }
        let spoiled = self.state().faults.spoiled(asked.kind);
        spoiled.unwrap_or_else(|| self.dispatch(&asked))
    }

    fn dispatch(&self, asked: &Asked<'_>) -> Reply {
        match asked.kind {
            GitHub | GitHubEnterprise => github::answer(self, asked),
            GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition => gitlab::answer(self, asked),
            BitbucketHosted => bitbucket_cloud::answer(self, asked),
            BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter => bitbucket_server::answer(self, asked),
            AdoServer | AdoServices => azure::answer(self, asked),
        }
    }
}

impl Service for DemoProvider {
    fn handle(&self, request: Request, slot: &WorkerSlot<'_>) -> Reply {
        answers::finished(self.answer(&request, slot))
    }

    fn malformed(&self) -> Reply {
        answers::finished(answers::plain(400, "The request target is not percent-encoded UTF-8.\n"))
    }

    fn failed(&self) -> Reply {
        answers::finished(answers::plain(500, "The demo provider failed: a handler panicked.\n"))
    }
}

#[cfg(test)]
mod tests;
