//! VCS providers: list, add, edit, delete, revoke, SSH key.

use super::sample::Sample;
use super::{Pages, render};
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::ui::frame::Section;
use crate::ui::input::Input;
use crate::ui::parts::Copy;
use crate::ui::providers::add::{Add, Server};
use crate::ui::providers::card::{Card, Connection};
use crate::ui::providers::choose::Choose;
use crate::ui::providers::delete::Delete;
use crate::ui::providers::edit::Edit;
use crate::ui::providers::fields::{alternative, fields, submit};
use crate::ui::providers::guide::Guide;
use crate::ui::providers::index::Providers;
use crate::ui::providers::revoke::Revoke;
use crate::ui::providers::scope::{ProjectChoice, Scope};
use crate::ui::providers::ssh_key::SshKeyPage;

const ID: &str = "oc-XKFwG6ggfA9n7t1K";
const CALLBACK: &str = "https://bowline.example.com/auth/35b1c4a7-8c0a-4b1c-9e53-0a9a3ac5a9ab/callback";

pub fn pages(sample: &Sample) -> Pages {
    let mut pages = Pages::from([
        ("providers", providers(sample, true)),
        ("providers-member", providers(sample, false)),
        ("provider-choose", render(&Choose::new(sample.inside("Add a VCS provider", Section::VcsProviders)))),
        ("provider-server", server(sample)),
        ("provider-edit", edit(sample)),
        ("provider-delete", delete(sample)),
        ("provider-revoke", revoke(sample)),
        ("provider-ssh-key", ssh_key(sample)),
    ]);
    for provider in ServiceProvider::ALL {
        pages.insert(add_name(provider), add(sample, provider));
    }
    pages
}

fn add_name(provider: ServiceProvider) -> &'static str {
    use ServiceProvider::*;
    match provider {
        GitHub => "add-github",
        GitHubEnterprise => "add-github-enterprise",
        GitLabHosted => "add-gitlab",
        GitLabCommunityEdition => "add-gitlab-ce",
        GitLabEnterpriseEdition => "add-gitlab-ee",
        BitbucketHosted => "add-bitbucket",
        BitbucketServer => "add-bitbucket-server",
        BitbucketServerLegacy => "add-bitbucket-legacy",
        BitbucketDataCenter => "add-bitbucket-data-center",
        AdoServer => "add-ado-server",
        AdoServices => "add-ado-services",
    }
}

fn providers(sample: &Sample, may_manage: bool) -> String {
    let connections = [
        Connection::Connected { user: sample.text("ada"), since: sample.ago(90) },
        Connection::NotConnected,
        Connection::Broken { why: sample.text("GitLab refused to refresh the token."), since: sample.ago(9_000) },
        Connection::Token { user: String::new(), since: sample.ago(90_000) },
    ];
    let cards = connections.into_iter().enumerate().take(sample.count * 2).map(|(at, connection)| Card {
        id: format!("oc-{at}"),
        name: sample.text(["GitHub", "Platform Bitbucket", "GitLab for customers", "Azure"][at]),
        provider: ["GitHub", "Bitbucket Data Center", "GitLab.com", "Azure DevOps Server"][at],
        copies: vec![
            Copy::new(format!("oc-{at}-callback"), "Callback URL", CALLBACK),
            Copy::new(format!("oc-{at}-http"), "HTTP URL", sample.text("https://github.com")),
            Copy::new(format!("oc-{at}-api"), "API URL", sample.text("https://api.github.com")),
            Copy::new(format!("oc-{at}-token"), "OAuth Token ID", "ot-hmAyP66qk2AMVdbJ"),
        ],
        connection,
        created: sample.ago(60 * 24 * 40),
        scope: sample.text(["All projects", "2 projects: web, ops", "All projects", "All projects"][at]),
        ssh_key: [None, Some("A private key is stored"), Some("No private key"), None][at],
        workspaces: sample.texts(&["network", "database"]),
        workspace_count: [2, 0, 31, 2][at],
        others: (at < 2).then(|| "1 policy set and 2 registry modules".to_owned()),
        check: (at != 1).then(|| format!("/organizations/acme/vcs-providers/oc-{at}/check")),
        connect: (at != 3).then(|| format!("/auth/35b1c4a7-8c0a-4b1c-9e53-0a9a3ac5a9a{at}?organization_id=1")),
    });
    render(&Providers {
        frame: sample.inside("VCS providers", Section::VcsProviders),
        may_manage,
        cards: cards.collect(),
        pager: sample.pager(),
    })
}

fn scope(sample: &Sample) -> Scope {
    Scope {
        is_all: sample.count == 0,
        projects: sample.list(|at| ProjectChoice {
            id: format!("prj-{at}"),
            name: sample.text(["Default Project", "web", "ops"][at]),
            is_chosen: at == 1,
        }),
        is_cut: sample.count > 0,
    }
}

fn server(sample: &Sample) -> String {
    render(&Server {
        frame: sample.inside("GitLab Community Edition", Section::VcsProviders),
        identifier: "gitlab_community_edition",
        fields: vec![Input::url("http-url", "HTTP URL").required().hint("As in https://gitlab.example.com")],
    })
}

fn add(sample: &Sample, provider: ServiceProvider) -> String {
    let http_url = provider.hosted_urls().map_or("https://git.example.com", |(http, _)| http);
    let mut fields = fields(provider);
    for input in &mut fields {
        if sample.count > 0 {
            input.value = sample.text("what was typed");
            input.problem = Some(sample.text("This must not be empty."));
        }
    }
    render(&Add {
        frame: sample.inside(provider.display_name(), Section::VcsProviders),
        identifier: provider.identifier(),
        guide: Guide::new(provider, Some(http_url), CALLBACK, "https://bowline.example.com"),
        played: (sample.count > 0).then(|| provider.display_name()),
        nonce: "4cK2".to_owned(),
        problems: sample.problems(),
        fields,
        alternative: alternative(provider),
        alternative_is_open: sample.count > 0,
        scope: scope(sample),
        submit: submit(provider),
    })
}

fn edit(sample: &Sample) -> String {
    render(&Edit {
        frame: sample.inside("Edit", Section::VcsProviders),
        id: ID.to_owned(),
        name: sample.text("GitHub"),
        problems: sample.problems(),
        fields: vec![
            Input::text("name", "Name").value(sample.text("GitHub")),
            Input::text("key", "Client ID").value(sample.text("Iv1.8a61f9b3a7aba766")),
            Input::password("secret", "Client secret").hint("Empty to keep the present one."),
        ],
        scope: scope(sample),
    })
}

fn delete(sample: &Sample) -> String {
    render(&Delete {
        frame: sample.inside("Delete", Section::VcsProviders),
        id: ID.to_owned(),
        name: sample.text("GitHub"),
        workspaces: sample.texts(&["network", "database"]),
        workspace_count: sample.count as u64 * 10,
        others: Some("1 policy set and 2 registry modules".to_owned()),
        problems: sample.problems(),
        fields: vec![Input::text("name", "Type the name GitHub to confirm").required()],
    })
}

fn revoke(sample: &Sample) -> String {
    render(&Revoke {
        frame: sample.inside("Revoke", Section::VcsProviders),
        id: ID.to_owned(),
        name: sample.text("GitHub"),
        provider: "GitHub",
        workspaces: sample.texts(&["network"]),
        workspace_count: sample.texts(&["network"]).len() as u64,
        others: None,
    })
}

fn ssh_key(sample: &Sample) -> String {
    render(&SshKeyPage {
        frame: sample.inside("SSH key", Section::VcsProviders),
        id: ID.to_owned(),
        name: sample.text("GitHub"),
        has_key: sample.count > 0,
        may_remove: sample.count > 0,
        problems: sample.problems(),
        fields: vec![Input::secret_area("ssh-key", "SSH private key").required().hint("PEM, without a passphrase.")],
    })
}
