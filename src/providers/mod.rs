//! VCS providers: asking them, and being let in by them.
//!
//! [`Providers`] is the way in: it knows whether providers are live, played by Bowline itself or off, and how many calls
//! may be under way. What it opens is a [`Provider`], of which there is one file for each kind. Everything that leaves
//! the machine goes through [`outbound`], which says where it may go and how much may come back. Nothing here knows a
//! database or a request of ours; what goes wrong is a [`Failure`].

mod azure;
mod bitbucket_cloud;
mod bitbucket_data_center;
mod endpoints;
mod failure;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod github;
mod gitlab;
mod oauth1;
mod oauth2;
pub mod outbound;
mod provider;
mod slots;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use url::Url;

pub use endpoints::Endpoints;
pub use failure::{Failure, Refusal, Result, TlsFault};
pub use oauth1::keys::{KeyPair, generate_key_pair};
pub use oauth2::{MAX_VERIFIER_CHARACTERS, MIN_VERIFIER_CHARACTERS, code_challenge};
pub use outbound::{AllowedAddress, Environment, Limits, Outbound, Settings};
pub use provider::{
    Access, Application, Authorization, Callback, Check, Flow, Grant, Held, List, Page, Provider, Repository,
    Revocation, Tree, User,
};
pub use slots::{MAX_CALLS, MAX_CALLS_OF_AN_ORGANIZATION, Slot, Slots};

use crate::domain::oauth::service_provider::ServiceProvider;
use crate::domain::secret::Secret;
use crate::domain::timestamp::Timestamp;
use crate::domain::url::provider_url;

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The providers themselves.
    Live,
    /// Bowline, at this origin; whatever URLs a client has.
    Demo(Url),
}

/// What a client's row says about its provider.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub kind: ServiceProvider,
    pub http_url: &'a str,
    pub api_url: &'a str,
    /// `ado-entra-tenant-id`.
    pub tenant: Option<&'a str>,
    /// The row of the organization, for which calls are counted.
    pub organization: i64,
}

#[derive(Debug)]
pub struct Providers {
    /// None: no provider is asked.
    way: Option<(Mode, Outbound)>,
    slots: Slots,
}

impl Providers {
    pub fn new(mode: Mode, outbound: Outbound) -> Providers {
        Providers { way: Some((mode, outbound)), slots: Slots::default() }
    }

    /// Asks none.
    pub fn off() -> Providers {
        Providers { way: None, slots: Slots::default() }
    }

    /// With no more calls at once than `most`: where there are few workers, some have to be left for other requests.
    pub fn with_calls(self, most: usize) -> Providers {
        Providers { slots: Slots::of(most), ..self }
    }

    /// Takes a place for calls to this provider. `Busy` where there is none.
    pub fn open(&self, target: &Target) -> Result<Open<'_>> {
        let (endpoints, outbound) = self.endpoints(target)?;
        let slot = self.slots.take(target.organization)?;
        Ok(Open { kind: target.kind, endpoints, outbound, _slot: slot })
    }

    /// Whether Bowline itself answers for the providers.
    pub fn are_played(&self) -> bool {
        matches!(self.way, Some((Mode::Demo(_), _)))
    }

    /// The host, with its port, where a web flow sends browsers.
    pub fn host_of_pages(&self, target: &Target) -> Result<String> {
        let (endpoints, _) = self.endpoints(target)?;
        let url = endpoints.identity.unwrap_or(endpoints.http);
        let host = url.host_str().unwrap_or_default();
        Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    }

    fn endpoints(&self, target: &Target) -> Result<(Endpoints, &Outbound)> {
        let Target { kind, http_url, api_url, tenant, .. } = *target;
        let (mode, outbound) = self.way.as_ref().ok_or(Failure::SwitchedOff)?;
        let endpoints = match mode {
            Mode::Live => Endpoints::of(kind, http_url, api_url, tenant)?,
            Mode::Demo(origin) => Endpoints::demo(kind, origin, tenant)?,
        };
        Ok((endpoints, outbound))
    }

    /// How many calls there may be at once.
    pub fn most_calls(&self) -> usize {
        self.slots.most()
    }

    /// How many places are taken.
    pub fn under_way(&self) -> usize {
        self.slots.taken()
    }
}

/// A provider, and a place for calls to it until this is dropped.
pub struct Open<'a> {
    kind: ServiceProvider,
    endpoints: Endpoints,
    outbound: &'a Outbound,
    _slot: Slot,
}

impl Open<'_> {
    /// The provider for one question: all calls to it share a deadline and a number.
    pub fn question(&self) -> Box<dyn Provider + '_> {
        of_kind(self.kind, self.endpoints.clone(), self.outbound)
    }
}

impl fmt::Debug for Open<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").finish_non_exhaustive()
    }
}

fn of_kind(kind: ServiceProvider, endpoints: Endpoints, outbound: &Outbound) -> Box<dyn Provider + '_> {
    let session = outbound.session();
    match kind {
        ServiceProvider::GitHub | ServiceProvider::GitHubEnterprise => {
            Box::new(github::GitHub::new(session, endpoints))
        }
        ServiceProvider::GitLabHosted
        | ServiceProvider::GitLabCommunityEdition
        | ServiceProvider::GitLabEnterpriseEdition => Box::new(gitlab::GitLab::new(session, endpoints)),
        ServiceProvider::BitbucketHosted => Box::new(bitbucket_cloud::BitbucketCloud::new(session, endpoints)),
        ServiceProvider::BitbucketServer
        | ServiceProvider::BitbucketServerLegacy
        | ServiceProvider::BitbucketDataCenter => {
            Box::new(bitbucket_data_center::BitbucketDataCenter::new(session, endpoints))
        }
        ServiceProvider::AdoServices => Box::new(azure::Services::new(session, endpoints)),
        ServiceProvider::AdoServer => Box::new(azure::Server::new(session, endpoints)),
    }
}
