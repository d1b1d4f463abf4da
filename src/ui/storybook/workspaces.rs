//! Workspaces and their repositories.

use super::sample::Sample;
use super::{Pages, render};
use crate::ui::frame::Section;
use crate::ui::input::{Choice, Input};
use crate::ui::workspaces::index::{RepositoryLink, Row, Workspaces};
use crate::ui::workspaces::link::LinkWorkspace;
use crate::ui::workspaces::r#move::MoveLinks;
use crate::ui::workspaces::new::NewWorkspacePage;
use crate::ui::workspaces::picker::{Found, Picker, RepositoryRow};
use crate::ui::workspaces::unlink::Unlink;

const ID: &str = "ws-BV2rpKkYb7qaZ3mN";

pub fn pages(sample: &Sample) -> Pages {
    let rows = sample.list(|at| RepositoryRow {
        identifier: sample.text(["acme/infra", "acme/modules", "acme/web"][at]),
        path: format!("/organizations/acme/workspaces/{ID}/link?repository=acme%2Finfra&page={at}"),
    });
    let refused = Found::Failed(sample.text("GitHub did not answer in time."));
    Pages::from([
        ("workspaces", workspaces(sample)),
        ("workspace-new", new_workspace(sample)),
        ("workspace-link", link(sample, Found::NotAsked)),
        ("workspace-link-found", link(sample, Found::Repositories { rows, pager: sample.pager() })),
        ("workspace-link-refused", link(sample, refused)),
        ("workspace-unlink", unlink(sample)),
        ("workspaces-move", move_links(sample)),
    ])
}

fn clients(sample: &Sample, name: &'static str, label: &'static str) -> Input {
    let choices = sample.list(|at| Choice {
        value: format!("ot-{at}"),
        label: sample.text(["GitHub", "Platform GitLab", "Bitbucket"][at]),
        is_chosen: at == 1,
    });
    Input::choice(name, label, choices).required()
}

fn workspaces(sample: &Sample) -> String {
    render(&Workspaces {
        frame: sample.inside("Workspaces", Section::Workspaces),
        may_create: sample.count > 0,
        may_move: sample.count > 0,
        filters: vec![Input::text("search", "Name").value(sample.text(""))],
        is_filtered: false,
        workspaces: sample.list(|at| Row {
            id: format!("ws-{at}"),
            name: sample.text(["network", "database", "web"][at]),
            link: (at != 1).then(|| RepositoryLink {
                identifier: sample.text("acme/infra"),
                branch: sample.text(["", "", "production"][at]),
                client: sample.text("GitHub"),
            }),
            may_change: at < 2,
        }),
        pager: sample.pager(),
    })
}

fn new_workspace(sample: &Sample) -> String {
    render(&NewWorkspacePage {
        frame: sample.inside("New workspace", Section::Workspaces),
        problems: vec![],
        fields: vec![Input::text("name", "Name").required().value(sample.text("network"))],
    })
}

fn link(sample: &Sample, found: Found) -> String {
    let mut repository = Input::text("identifier", "Repository")
        .required()
        .value(sample.text("acme"))
        .hint("As in organization/repository. Azure DevOps: organization/project/_git/repository.");
    repository.problem = sample.texts(&["Repository must have the form organization/repository."]).pop();
    render(&LinkWorkspace {
        frame: sample.inside("Repository", Section::Workspaces),
        id: ID.to_owned(),
        workspace: sample.text("network"),
        has_connection: sample.count > 0,
        problems: sample.problems(),
        fields: vec![
            clients(sample, "oauth-token-id", "VCS provider"),
            repository,
            Input::text("branch", "Branch").hint("Empty for the default branch."),
            Input::tick("ingress-submodules", "Fetch submodules", true),
        ],
        picker: (sample.count > 0).then(|| Picker {
            search: vec![clients(sample, "from", "VCS provider"), Input::text("search", "Name contains")],
            found,
        }),
    })
}

fn unlink(sample: &Sample) -> String {
    render(&Unlink {
        frame: sample.inside("Unlink", Section::Workspaces),
        id: ID.to_owned(),
        workspace: sample.text("network"),
        identifier: sample.text("acme/infra"),
    })
}

fn move_links(sample: &Sample) -> String {
    let fields =
        if sample.count == 0 { vec![] } else { vec![clients(sample, "from", "From"), clients(sample, "to", "To")] };
    render(&MoveLinks { frame: sample.inside("Move links", Section::Workspaces), problems: sample.problems(), fields })
}
