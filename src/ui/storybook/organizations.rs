//! Organizations, their members, their events, and errors.

use super::sample::Sample;
use super::{Pages, render};
use crate::ui::error_page::ErrorPage;
use crate::ui::frame::Section;
use crate::ui::input::{Choice, Input};
use crate::ui::organizations::audit_trail::{self, AuditTrail};
use crate::ui::organizations::index::{self, Organizations};
use crate::ui::organizations::members::{Member, Members, TeamRow};
use crate::ui::organizations::new::NewOrganizationPage;
use crate::ui::organizations::vcs_events::{self, VcsEvents};
use crate::ui::organizations::welcome::{Step, Welcome};
use crate::ui::parts::Link;

pub fn pages(sample: &Sample) -> Pages {
    let mut pages = Pages::from([
        ("organizations", organizations(sample)),
        ("organization-new", new_organization(sample)),
        ("welcome", welcome(sample)),
        ("members", members(sample)),
        ("audit-trail", audit_trail(sample)),
        ("vcs-events", vcs_events(sample)),
    ]);
    pages.extend(errors(sample));
    pages
}

fn organizations(sample: &Sample) -> String {
    let names = ["acme", "initech", "umbrella"];
    render(&Organizations {
        frame: sample.frame("Organizations"),
        organizations: sample.list(|at| index::Row {
            name: sample.text(names[at]),
            path: format!("/organizations/{}", names[at]),
            role: ["Owner", "Member", "Member"][at],
            may: ["May do everything", "May manage VCS settings", "May see workspaces"][at],
            connections: (at < 2).then_some(at as u64),
        }),
        pager: sample.pager(),
    })
}

fn new_organization(sample: &Sample) -> String {
    let mut name = Input::text("name", "Name").required().value(sample.text("acme corp"));
    name.problem = sample.texts(&["Name may only contain letters, digits, hyphens and underscores."]).pop();
    let hint = "Where notices about the organization would go.";
    render(&NewOrganizationPage {
        frame: sample.frame("New organization"),
        problems: vec![],
        fields: vec![name, Input::email("email", "E-mail").required().hint(hint)],
    })
}

fn welcome(sample: &Sample) -> String {
    let is_begun = sample.count > 0;
    let step = |title, words, path: &str, label: &str, is_done: bool, is_next| Step {
        title,
        words,
        link: (!is_done).then(|| Link::new(path, label)),
        is_done,
        is_next,
    };
    render(&Welcome {
        frame: sample.frame("Welcome"),
        steps: vec![
            step(
                "Create an organization",
                "It holds VCS providers, workspaces and teams.",
                "/organizations/new",
                "Create an organization",
                is_begun,
                !is_begun,
            ),
            step(
                "Add a VCS provider",
                "GitHub, GitLab, Bitbucket or Azure DevOps.",
                "/organizations/acme/vcs-providers/new",
                "Add a VCS provider",
                false,
                is_begun,
            ),
            step(
                "Create an API token",
                "For Terraform and other clients.",
                "/account",
                "Create an API token",
                false,
                false,
            ),
        ],
    })
}

fn members(sample: &Sample) -> String {
    render(&Members {
        frame: sample.inside("Members and teams", Section::Members),
        members: sample.list(|at| Member {
            name: sample.text(["ada", "grace", "linus"][at]),
            email: sample.text(["ada@example.com", "grace@example.com", ""][at]),
            teams: sample.texts(&["owners", "ops", "developers"][at..=at]),
            manages: [Some("as an owner"), Some("through ops"), None][at].map(|reason| sample.text(reason)),
        }),
        pager: sample.pager(),
        teams: sample.list(|at| TeamRow {
            name: sample.text(["owners", "ops", "developers"][at]),
            members: 1 + at as u64,
            manages: at < 2,
        }),
    })
}

fn audit_trail(sample: &Sample) -> String {
    let kinds = ["", "oauth_client", "oauth_token", "workspace"];
    let choices = kinds.map(|kind| Choice {
        value: kind.to_owned(),
        label: if kind.is_empty() { "All".to_owned() } else { kind.replace('_', " ") },
        is_chosen: kind.is_empty(),
    });
    render(&AuditTrail {
        frame: sample.inside("Audit trail", Section::AuditTrail),
        filters: vec![Input::choice("kind", "Kind", choices.into())],
        events: sample.list(|at| audit_trail::Row {
            what: sample.text(["OAuth client created", "OAuth token updated", "Workspace unlinked"][at]),
            name: sample.text(["Platform GitHub", "", "network"][at]),
            resource: sample.text("oc-XKFwG6ggfA9n7t1K"),
            detail: sample.text(["", "oauth-token-string, key", ""][at]),
            actor: sample.text("ada"),
            at: sample.ago(3 * 50_i64.pow(at as u32)),
        }),
        pager: sample.pager(),
    })
}

fn vcs_events(sample: &Sample) -> String {
    let choices = [("", "All"), ("error", "Errors"), ("info", "Info")].map(|(value, label)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value.is_empty(),
    });
    render(&VcsEvents {
        frame: sample.inside("VCS events", Section::VcsEvents),
        filters: vec![Input::choice("level", "Level", choices.into())],
        events: sample.list(|at| vcs_events::Row {
            is_error: at == 1,
            message: sample.text(["Connected as ada.", "GitHub refused the token.", "Connection revoked."][at]),
            advice: sample.text(["", "Reauthorize the connection in VCS providers.", ""][at]),
            client_name: sample.text(["GitHub", "", "GitHub"][at]),
            client: "oc-XKFwG6ggfA9n7t1K".to_owned(),
            at: sample.ago(3 * 50_i64.pow(at as u32)),
        }),
        pager: sample.pager(),
    })
}

fn errors(sample: &Sample) -> Pages {
    let page = |title: &str, words: &str, advice: &str, link: Option<Link>, request_id: &str| {
        let frame = if sample.count == 0 { sample.outside(title) } else { sample.frame(title) };
        render(&ErrorPage {
            frame,
            words: sample.text(words),
            advice: sample.text(advice),
            link,
            request_id: request_id.to_owned(),
        })
    };
    let home = || Some(Link::new("/", "To the start page"));
    Pages::from([
        ("error-not-found", page("Page not found", "There is no such page, or you may not see it.", "", home(), "")),
        (
            "error-session",
            page(
                "Please sign in again",
                "The session has ended.",
                "Nothing was changed.",
                Some(Link::new("/sign-in", "Sign in")),
                "",
            ),
        ),
        (
            "error-full-disk",
            page("The disk is full", "Nothing was changed.", "Tell the operator of this server.", home(), "1b4e28ba"),
        ),
        ("error-too-many", page("Too many requests", "Nothing was changed.", "Try again in 12 seconds.", None, "")),
        ("error-internal", page("Something went wrong", "The server failed.", "The log has it.", home(), "1b4e28ba")),
    ])
}
