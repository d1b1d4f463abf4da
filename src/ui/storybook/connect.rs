//! The web flow.

use super::sample::Sample;
use super::{Pages, render};
use crate::ui::connect::confirm::Confirm;
use crate::ui::connect::done::Done;
use crate::ui::connect::failed::{Failed, Step, StepState};
use crate::ui::connect::keys::Keys;
use crate::ui::connect::leaving::Leaving;
use crate::ui::frame::Section;
use crate::ui::parts::Copy;

pub fn pages(sample: &Sample) -> Pages {
    Pages::from([
        ("connect-confirm", confirm(sample, None)),
        ("connect-reauthorize", confirm(sample, Some(sample.text("ada-on-github")))),
        ("connect-keys", keys(sample)),
        ("connect-leaving", leaving(sample)),
        ("connect-done", done(sample)),
        ("connect-failed", failed(sample)),
    ])
}

fn confirm(sample: &Sample, replaces: Option<String>) -> String {
    render(&Confirm {
        frame: sample.inside("Connect", Section::VcsProviders),
        name: sample.text("Platform GitHub"),
        provider: "GitHub Enterprise",
        host: sample.text("github.example.com"),
        username: sample.text("ada"),
        replaces,
        action: "/auth/35b1c4a7-8c0a-4b1c-9e53-0a9a3ac5a9ab".to_owned(),
    })
}

fn keys(sample: &Sample) -> String {
    render(&Keys {
        frame: sample.inside("Generate keys", Section::VcsProviders),
        id: "oc-XKFwG6ggfA9n7t1K".to_owned(),
        name: sample.text("Platform Bitbucket"),
        provider: "Bitbucket Data Center",
        action: "/auth/35b1c4a7-8c0a-4b1c-9e53-0a9a3ac5a9ab/keys".to_owned(),
    })
}

fn leaving(sample: &Sample) -> String {
    render(&Leaving {
        frame: sample.inside("Going to GitHub", Section::VcsProviders),
        provider: "GitHub",
        host: sample.text("github.com"),
        authorize_url: "https://github.com/login/oauth/authorize?client_id=a&state=b".to_owned(),
    })
}

fn done(sample: &Sample) -> String {
    render(&Done {
        frame: sample.inside("Connected", Section::VcsProviders),
        id: "oc-XKFwG6ggfA9n7t1K".to_owned(),
        name: sample.text("Platform GitHub"),
        provider: "GitHub",
        user: sample.text("ada"),
        token_id: Copy::new("token-id", "OAuth Token ID", "ot-hmAyP66qk2AMVdbJ"),
    })
}

fn failed(sample: &Sample) -> String {
    let step = |title, state| Step { title, state };
    render(&Failed {
        frame: sample.inside("The connection was not made", Section::VcsProviders),
        what: sample.text("GitHub did not accept the client secret."),
        steps: vec![
            step("You agreed at the provider", StepState::Done),
            step("The provider gave a token", StepState::Failed),
            step("The token works", StepState::NotReached),
        ],
        checks: sample.texts(&["Is the client secret the present one?", "Is the callback URL registered as shown?"]),
        keeps_old: sample.count > 0,
        retry: Some("/auth/35b1c4a7-8c0a-4b1c-9e53-0a9a3ac5a9ab?organization_id=1".to_owned()),
        back: "/organizations/acme/vcs-providers".to_owned(),
        request_id: "1b4e28ba".to_owned(),
    })
}
