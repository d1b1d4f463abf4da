//! Which of the eleven providers.

use askama::Template;

use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::reply::Reply;
use crate::ui::frame::{Frame, Section};
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "providers/choose.html")]
pub struct Choose {
    pub frame: Frame,
    pub families: Vec<Family>,
}

pub struct Family {
    pub id: &'static str,
    pub title: &'static str,
    pub tiles: Vec<Tile>,
}

pub struct Tile {
    pub identifier: &'static str,
    pub title: &'static str,
    pub words: &'static str,
}

/// `GET /organizations/:organization/vcs-providers/new`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = cx.organization_and_access(Action::ManageVcsConnections);
    let page = cx.read(|view, caller| {
        let (organization, access) = find(view, caller)?;
        let of = (&organization, access);
        frames::inside(cx, view, caller, of, Section::VcsProviders, "Add a VCS provider").map(Choose::new)
    })?;
    reply::page(200, &page)
}

impl Choose {
    pub fn new(frame: Frame) -> Choose {
        use ServiceProvider::*;
        let families = vec![
            family("github", "GitHub", &[GitHub, GitHubEnterprise]),
            family("gitlab", "GitLab", &[GitLabHosted, GitLabCommunityEdition, GitLabEnterpriseEdition]),
            family(
                "bitbucket",
                "Bitbucket",
                &[BitbucketHosted, BitbucketDataCenter, BitbucketServer, BitbucketServerLegacy],
            ),
            family("azure-devops", "Azure DevOps", &[AdoServices, AdoServer]),
        ];
        Choose { frame, families }
    }
}

fn family(id: &'static str, title: &'static str, providers: &[ServiceProvider]) -> Family {
    let tile = |provider: &ServiceProvider| Tile {
        identifier: provider.identifier(),
        title: provider.display_name(),
        words: words(*provider),
    };
    Family { id, title, tiles: providers.iter().map(tile).collect() }
}

fn words(provider: ServiceProvider) -> &'static str {
    use ServiceProvider::*;
    match provider {
        GitHub => "github.com",
        GitHubEnterprise => "Your own server",
        GitLabHosted => "gitlab.com",
        GitLabCommunityEdition | GitLabEnterpriseEdition => "Your own server",
        BitbucketHosted => "bitbucket.org",
        BitbucketDataCenter => "Your own server, any supported version",
        BitbucketServer => "Your own server, 5.4 and later",
        BitbucketServerLegacy => "Your own server, 5.3 and earlier",
        AdoServices => "dev.azure.com",
        AdoServer => "Your own server, with a personal access token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::storybook::sample::Sample;

    #[test]
    fn every_provider_can_be_chosen_once() {
        let page = Choose::new(Sample::ordinary().frame("Add a VCS provider"));
        let mut offered: Vec<&str> =
            page.families.iter().flat_map(|family| family.tiles.iter().map(|tile| tile.identifier)).collect();
        let mut all: Vec<&str> = ServiceProvider::ALL.iter().map(|provider| provider.identifier()).collect();
        offered.sort_unstable();
        all.sort_unstable();
        assert_eq!(offered, all);
    }
}
