//! External ids: a prefix and 16 base58 characters, one type for each kind of resource.

use std::fmt;

use sha2::{Digest, Sha256};

use super::error::{Error, Result};
use super::sources::Sources;

/// Digits and letters without `0`, `O`, `I` and `l`: the alphabet of every id the original publishes.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RANDOM_CHARACTERS: usize = 16;

fn generate(prefix: &str, sources: &Sources) -> String {
    format!("{prefix}{}", sources.text(prefix, BASE58, RANDOM_CHARACTERS))
}

/// An id of what has no row of its own: always the same for the same text.
pub fn derived(prefix: &str, text: &str) -> String {
    let digest = Sha256::digest(text);
    let characters =
        digest.iter().take(RANDOM_CHARACTERS).map(|byte| char::from(BASE58[usize::from(*byte) % BASE58.len()]));
    prefix.chars().chain(characters).collect()
}

fn has_shape(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == RANDOM_CHARACTERS && rest.bytes().all(|b| BASE58.contains(&b)))
}

/// What all types of ids have in common.
pub trait ResourceId: From<String> + Clone + fmt::Debug + fmt::Display + Send + Sync + 'static {
    const PREFIX: &'static str;

    fn generate(sources: &Sources) -> Self;

    /// `NotFound` for a text that cannot be such an id.
    fn parse(text: &str) -> Result<Self>;

    fn as_str(&self) -> &str;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn generate(sources: &Sources) -> $name {
                $name(generate(Self::PREFIX, sources))
            }

            /// `NotFound` for what cannot be such an id: nothing of that name can exist.
            pub fn parse(text: &str) -> Result<$name> {
                if has_shape(text, Self::PREFIX) { Ok($name(text.to_owned())) } else { Err(Error::not_found()) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ResourceId for $name {
            const PREFIX: &'static str = $prefix;

            fn generate(sources: &Sources) -> $name {
                $name::generate(sources)
            }

            fn parse(text: &str) -> Result<$name> {
                $name::parse(text)
            }

            fn as_str(&self) -> &str {
                $name::as_str(self)
            }
        }

        impl From<String> for $name {
            /// From a place that only holds well-formed ids: the database.
            fn from(id: String) -> $name {
                $name(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    AgentPoolId = "apool-";
    GithubAppInstallationId = "ghain-";
    MembershipId = "ou-";
    NoCodeModuleId = "nocode-";
    NotificationConfigurationId = "nc-";
    OAuthClientId = "oc-";
    OAuthTokenId = "ot-";
    /// The organization's `external-id`; its id on the wire is its name.
    OrganizationId = "org-";
    PolicySetId = "polset-";
    ProjectId = "prj-";
    RegistryModuleId = "mod-";
    RunTaskId = "task-";
    RunTriggerId = "rt-";
    SshKeyId = "sshkey-";
    StackId = "st-";
    TagId = "tag-";
    TeamId = "team-";
    TeamProjectId = "tprj-";
    TeamWorkspaceId = "tws-";
    TokenId = "at-";
    UserId = "user-";
    VariableId = "var-";
    VariableOptionId = "ncvaropt-";
    VariableSetId = "varset-";
    VcsEventId = "vcse-";
    WorkspaceId = "ws-";
    WorkspaceTaskId = "wstask-";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ids_have_the_published_shape_and_differ() {
        let sources = Sources::system();
        let ids: std::collections::HashSet<String> =
            (0..1000).map(|_| OAuthClientId::generate(&sources).to_string()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert!(OAuthClientId::parse(&id).is_ok(), "{id}");
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_not_found() {
        for text in ["", "oc-", "nonexisting", "oc-XKFwG6ggfA9n7t1", "oc-XKFwG6ggfA9n7t1KK", "ot-XKFwG6ggfA9n7t1K"] {
            assert!(OAuthClientId::parse(text).is_err(), "{text}");
        }
        for confusable in ["0", "O", "I", "l", "-", "é"] {
            assert!(OAuthClientId::parse(&format!("oc-{}", confusable.repeat(16))).is_err(), "{confusable}");
        }
        assert!(OAuthClientId::parse("oc-XKFwG6ggfA9n7t1K").is_ok());
    }
}
