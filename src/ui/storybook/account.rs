//! Account, sign-in, set password.

use super::sample::Sample;
use super::{Pages, render};
use crate::ui::account::TokenCreated;
use crate::ui::account::index::{AccountPage, SessionRow, TokenRow};
use crate::ui::input::{Choice, Input};
use crate::ui::parts::Copy;
use crate::ui::sessions::set_password::SetPassword;
use crate::ui::sessions::sign_in::SignIn;

pub fn pages(sample: &Sample) -> Pages {
    Pages::from([
        ("account", account(sample)),
        ("token-created", token_created(sample)),
        ("sign-in", sign_in(sample)),
        ("set-password", set_password(sample)),
    ])
}

fn account(sample: &Sample) -> String {
    let mut description = Input::text("description", "Description").value(sample.text("laptop"));
    description.problem = sample.texts(&["Description must be one line of at most 255 characters."]).pop();
    let lives = [("30d", "30 days"), ("2y", "2 years"), ("never", "Never")].map(|(value, label)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value == "30d",
    });
    render(&AccountPage {
        frame: sample.frame("Account"),
        username: sample.text("ada"),
        email: sample.text("ada@example.com"),
        tokens: sample.list(|at| TokenRow {
            id: format!("at-6yEmxNAhaoQLH1D{at}"),
            description: sample.text(["laptop", "continuous integration", "old"][at]),
            created: sample.ago(7 * 100_i64.pow(at as u32)),
            expires: [None, Some(sample.ago(-40_000)), Some(sample.ago(90))][at].clone(),
            is_expired: at == 2,
        }),
        pager: None,
        token_problems: vec![],
        token_fields: vec![description, Input::choice("expires-in", "Expires", lives.into()).required()],
        token_form_is_open: sample.count > 0,
        sessions: (0..1 + sample.count)
            .map(|at| SessionRow {
                id: format!("{at}"),
                browser: sample.text(["Firefox on Linux", "Chrome on Android", "Safari on iPhone", "curl"][at]),
                address: "192.0.2.7".to_owned(),
                created: sample.ago(20 * 60),
                last_used: sample.ago(at as i64),
                is_current: at == 0,
            })
            .collect(),
        password_problems: sample.problems(),
        password_fields: vec![
            Input::password("current-password", "Current password").required().autocomplete("current-password"),
            Input::password("new-password", "New password").required().autocomplete("new-password"),
        ],
    })
}

fn token_created(sample: &Sample) -> String {
    let token = "abcdefghijklmn.atlasv1.0123456789012345678901234567890123456789012345678901234567890123456";
    render(&TokenCreated {
        frame: sample.frame("API token created"),
        copies: vec![
            Copy::new("token", "API token", token),
            Copy::long(
                "environment",
                "For a shell",
                format!("export TFE_ADDRESS=https://bowline.example.com\nexport TFE_TOKEN={token}"),
            ),
        ],
    })
}

fn sign_in(sample: &Sample) -> String {
    render(&SignIn {
        frame: sample.outside("Sign in"),
        notice: (sample.count > 0).then_some("The session has ended. Sign in to go on."),
        next: sample.text("/organizations/acme/vcs-providers"),
        problems: sample.problems(),
        fields: vec![
            Input::text("username", "User name").required().autocomplete("username").value(sample.text("ada")),
            Input::password("password", "Password").required().autocomplete("current-password"),
        ],
    })
}

fn set_password(sample: &Sample) -> String {
    render(&SetPassword {
        frame: sample.outside("Set a password"),
        username: sample.text("ada"),
        expires: sample.ago(-60),
        action: "/set-password/4cK2".to_owned(),
        problems: vec![],
        fields: vec![
            Input::password("new-password", "New password")
                .required()
                .autocomplete("new-password")
                .hint("12 characters or more."),
        ],
    })
}
