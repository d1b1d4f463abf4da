//! Why a connection was not made: at which step, why, and what a person can check. All words are Bowline's own.

use crate::connect::failures::{CHECK_CLIENT, LARGER_RIGHTS, WAIT};
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::providers::{Failure, Refusal};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Begun,
    Recognized,
    Agreed,
    Token,
    Works,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    Provider(Failure),
    /// Too many calls to providers were under way before anything was begun or used.
    NoPlace,
    /// No flow of this browser for this client: unknown, used, or too old.
    Unknown,
    /// A parameter is there twice.
    Twice,
    NoCode,
    /// The answer says that it is from another provider than the browser was sent to.
    OtherIssuer,
}

#[derive(Debug)]
pub struct Trouble {
    pub step: Step,
    pub cause: Cause,
}

impl Step {
    pub const ALL: [Step; 5] = [Step::Begun, Step::Recognized, Step::Agreed, Step::Token, Step::Works];

    pub fn title(self) -> &'static str {
        match self {
            Step::Begun => "Connecting was begun",
            Step::Recognized => "The provider's answer was recognized",
            Step::Agreed => "Access was allowed at the provider",
            Step::Token => "The provider gave a token",
            Step::Works => "The token works",
        }
    }
}

const CHECK_URLS: &str = "Are the HTTP URL and the API URL of the VCS provider right, and can this server reach them? Its \
                          operator finds the cause in the log, under the number below.";

impl Trouble {
    /// The log has the cause, under the id of the request.
    pub fn new(request: &str, client: &OAuthClientId, step: Step, cause: Cause) -> Trouble {
        let why = match &cause {
            Cause::Provider(failure) => failure.to_string(),
            Cause::NoPlace => Failure::Busy.to_string(),
            Cause::Unknown => "no flow of this browser for this client waits for that answer".to_owned(),
            Cause::Twice => "a parameter of the answer is there twice".to_owned(),
            Cause::NoCode => "the answer has neither a code nor an error".to_owned(),
            Cause::OtherIssuer => "the answer names another issuer".to_owned(),
        };
        log::warn!("{request} {client}: connecting failed, not reached: {}: {why}", step.title());
        Trouble { step, cause }
    }

    /// What stands in the way before anything is begun.
    pub fn before(client: &OAuthClient) -> Option<Trouble> {
        let failure = match client.service_provider {
            ServiceProvider::AdoServer => Failure::NotOffered("OAuth"),
            _ => Failure::Incomplete(client.missing_attribute()?),
        };
        Some(Trouble { step: Step::Begun, cause: Cause::Provider(failure) })
    }

    pub fn is_busy(&self) -> bool {
        matches!(self.cause, Cause::NoPlace | Cause::Provider(Failure::Busy))
    }

    /// What to do, for the organization's VCS events. None where the provider refused nothing: it was not reached, or the
    /// answer was for no flow.
    pub fn advice_after_refusal(&self) -> Option<&'static str> {
        let Cause::Provider(failure) = &self.cause else { return None };
        match failure {
            Failure::Refused(Refusal::AccessDenied) => Some("Connect again, and allow access."),
            Failure::Refused(Refusal::Grant | Refusal::Unavailable) => Some("Connect again."),
            Failure::Refused(Refusal::Scope) | Failure::Unauthorized | Failure::Forbidden | Failure::SingleSignOn => {
                Some(LARGER_RIGHTS)
            }
            Failure::Refused(_) => Some(CHECK_CLIENT),
            Failure::RateLimited { .. } => Some(WAIT),
            _ => None,
        }
    }

    /// False where the client has to be changed first.
    pub fn can_be_tried_again(&self) -> bool {
        !matches!(&self.cause, Cause::Provider(Failure::Incomplete(_) | Failure::NotOffered(_) | Failure::SwitchedOff))
    }

    /// What happened.
    pub fn told(&self) -> String {
        match &self.cause {
            Cause::Provider(failure) => failure.told_to_tenant(),
            Cause::NoPlace => Failure::Busy.told_to_tenant(),
            Cause::Unknown => "This answer belongs to no connection that was begun in this browser in the last ten \
                               minutes, or it was used already."
                .to_owned(),
            Cause::Twice => "The answer has a parameter twice, so that it has no one meaning.".to_owned(),
            Cause::NoCode => "The provider sent neither a code nor an error.".to_owned(),
            Cause::OtherIssuer => {
                "The answer says that it is from another provider than the one that this browser was sent to."
                    .to_owned()
            }
        }
    }

    /// Questions for the person, as sentences.
    pub fn checks(&self, client: &OAuthClient, callback_url: &str) -> Vec<String> {
        let name = client.service_provider.display_name();
        let registered = || format!("Is {callback_url} registered at {name} as the callback URL, letter by letter?");
        let failure = match &self.cause {
            Cause::Provider(failure) => failure,
            Cause::NoPlace if self.step == Step::Begun => &Failure::Busy,
            Cause::NoPlace => {
                return vec!["Load this page again in a moment: the provider's answer was not used.".to_owned()];
            }
            Cause::Unknown => {
                return vec![
                    "Did you begin in another browser, in a private window, or before you signed in again?".to_owned(),
                    "Did it take longer than ten minutes, or was the page loaded twice? Then connect once more."
                        .to_owned(),
                    "If you did not begin a connection, another person sent you here: do nothing.".to_owned(),
                ];
            }
            Cause::Twice | Cause::NoCode => {
                return vec![registered(), format!("Does something between {name} and this browser change addresses?")];
            }
            Cause::OtherIssuer => {
                return vec![
                    "Is the HTTP URL of the VCS provider the address under which the provider knows itself?".to_owned(),
                    "If you did not begin a connection, another person sent you here: do nothing.".to_owned(),
                ];
            }
        };
        match failure {
            Failure::Refused(Refusal::AccessDenied) => vec![
                "Connect again, and allow access.".to_owned(),
                format!("Does an administrator at {name} have to approve the application first?"),
            ],
            Failure::Refused(Refusal::Client) => vec![
                format!("Are key and secret those that {name} shows for the application now? Secrets expire, too."),
                "Edit the VCS provider to enter them again.".to_owned(),
            ],
            Failure::Refused(Refusal::RedirectUri) => vec![registered()],
            Failure::Refused(Refusal::Grant) => {
                vec!["Did it take longer than some minutes? Then connect once more.".to_owned(), registered()]
            }
            Failure::Refused(Refusal::Signature) => {
                vec!["Is the public key of the application link the one on the card of the VCS provider?".to_owned()]
            }
            Failure::Refused(Refusal::Clock) => {
                vec!["Are the clocks of this server and of the provider right?".to_owned()]
            }
            Failure::Refused(Refusal::UnverifiedEmail) => {
                vec![format!("Verify the mail address of your account at {name}.")]
            }
            Failure::Refused(Refusal::Scope) | Failure::Forbidden | Failure::Unauthorized => vec![
                format!("Has the application the rights at {name} that the page for adding it names?"),
                "Has your account there access to the repositories?".to_owned(),
            ],
            Failure::SingleSignOn => {
                vec![format!("Authorize the application for single sign-on at {name}, then connect again.")]
            }
            Failure::RateLimited { .. } | Failure::Busy | Failure::Refused(Refusal::Unavailable) => {
                vec!["Try again in a moment.".to_owned()]
            }
            Failure::Refused(Refusal::Request | Refusal::Unknown) => {
                vec![registered(), format!("Is the application registered at {name} as the page for adding it says?")]
            }
            Failure::Incomplete(what) if what.starts_with("ado-org-name") => {
                vec!["Edit the VCS provider and enter the Azure DevOps organization, then connect again.".to_owned()]
            }
            Failure::Incomplete(_) => vec![
                "Edit the VCS provider and enter what is missing.".to_owned(),
                "A VCS provider that was added with a token needs no connection.".to_owned(),
            ],
            Failure::NotOffered(_) => {
                vec![format!("{name} connects with a personal access token: edit the VCS provider.")]
            }
            Failure::SwitchedOff => vec!["The operator of this server has switched off calls to providers.".to_owned()],
            _ => vec![CHECK_URLS.to_owned()],
        }
    }
}
