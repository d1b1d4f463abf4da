//! The repositories that a provider lists, to pick one for a workspace.

use crate::app::Cx;
use crate::connect;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::oauth::credential::Credential;
use crate::http::request::encode;
use crate::providers::{self, Failure, List, Page, Repository};
use crate::store::Actor;
use crate::ui::input::{Choice, Input};
use crate::ui::pager::Pager;

pub struct Picker {
    pub search: Vec<Input>,
    pub found: Found,
}

pub enum Found {
    /// The user has not searched yet.
    NotAsked,
    /// The provider cannot be asked, and why, in our words.
    Failed(String),
    Repositories {
        rows: Vec<RepositoryRow>,
        pager: Option<Pager>,
    },
}

pub struct RepositoryRow {
    pub identifier: String,
    /// The same page with this repository filled in.
    pub path: String,
}

/// What the query of the page asks for.
pub struct Asked<'a> {
    /// The id of the OAuth token to look with; none before the first search.
    pub from: Option<&'a str>,
    pub search: &'a str,
    /// Of the provider's list: where reading begins.
    pub page: u32,
    /// Where it began on the pages before this one.
    pub before: Vec<u32>,
}

/// Of the provider's list.
const PAGE_SIZE: u32 = 100;
/// Providers cannot search all alike, so their lists are read until so many match, ...
const ENOUGH: usize = 20;
/// ... and no further than so many pages at once, or than one question may take.
const MOST_PAGES: u32 = 5;

impl<'a> Asked<'a> {
    /// `page` has the numbers of the provider's pages that were begun with, the present one last. `NotFound` for what is
    /// no number of a page.
    pub fn of(cx: &Cx<'a>) -> Result<Asked<'a>> {
        let given = |name| cx.request.query(name).filter(|text| !text.is_empty());
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0).ok_or_else(Error::not_found);
        let mut before: Vec<u32> = given("page").unwrap_or("1").split(',').map(number).collect::<Result<_>>()?;
        let page = before.pop().ok_or_else(Error::not_found)?;
        Ok(Asked { from: given("from"), search: given("search").unwrap_or_default().trim(), page, before })
    }
}

/// A provider's failure is told on the page.
pub fn ask(cx: &Cx, actor: &Actor, credential: Credential, asked: &Asked, path: &str) -> Result<Found> {
    let token = credential.oauth_token.to_string();
    let listed = cx.ask_provider(|| {
        connect::ask(cx.app, actor, credential, |question| {
            let organization = question.credential.registration.ado_org_name.as_deref();
            search(asked, |page| question.provider.repositories(&question.access, organization, page))
        })
    });
    match listed {
        Ok(list) => Ok(found(asked, &token, list, path)),
        Err(error) if matches!(error.kind, Kind::ProviderFailed | Kind::ProvidersBusy) => {
            let why: Vec<&str> = error.problems.iter().map(|problem| problem.detail.as_str()).collect();
            Ok(Found::Failed(why.join(" ")))
        }
        Err(error) => Err(error),
    }
}

/// The repositories whose identifier contains the text that is searched for, ignoring case.
fn search(
    asked: &Asked,
    list: impl Fn(Page) -> providers::Result<List<Repository>>,
) -> providers::Result<List<Repository>> {
    let wanted = asked.search.to_lowercase();
    let (mut items, mut next) = (Vec::new(), Some(asked.page));
    let mut pages_left = MOST_PAGES;
    while let Some(number) = next.filter(|_| items.len() < ENOUGH && pages_left > 0) {
        let page = match list(Page { number, size: PAGE_SIZE }) {
            // The user goes on from here.
            Err(Failure::Timeout(_) | Failure::TooLarge(_)) if number != asked.page => break,
            page => page?,
        };
        items.extend(page.items.into_iter().filter(|found| found.identifier.to_lowercase().contains(&wanted)));
        (next, pages_left) = (page.next, pages_left - 1);
    }
    Ok(List { items, next })
}

/// `path` is that of the page, without a query.
fn found(asked: &Asked, token: &str, list: List<Repository>, path: &str) -> Found {
    let (token, searched) = (encode(token), encode(asked.search));
    let row = |repository: Repository| RepositoryRow {
        path: format!("{path}?from={token}&repository={}", encode(&repository.identifier)),
        identifier: repository.identifier,
    };
    let at = |numbers: &[u32]| {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        format!("{path}?from={token}&search={searched}&page={}", numbers.join(","))
    };
    let next = list.next.map(|next| at(&[&asked.before[..], &[asked.page, next]].concat()));
    let previous = (!asked.before.is_empty()).then(|| at(&asked.before));
    let pager = (previous.is_some() || next.is_some()).then(|| Pager {
        words: format!("{} on this page", list.items.len()),
        previous,
        next,
    });
    Found::Repositories { rows: list.items.into_iter().map(row).collect(), pager }
}

/// The form that asks.
pub fn form(clients: Vec<Choice>, search: &str) -> Vec<Input> {
    vec![
        Input::choice("from", "VCS provider", clients).required(),
        Input::text("search", "Name contains").value(search),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(page: Page) -> providers::Result<List<Repository>> {
        let repository = |n: u32| {
            let identifier = format!("Acme/{}-{n}", if n.is_multiple_of(50) { "infra" } else { "web" });
            Repository { name: identifier.clone(), identifier, default_branch: None }
        };
        let first = (page.number - 1) * page.size;
        Ok(List {
            items: (first..first + page.size).map(repository).collect(),
            next: (page.number < 8).then_some(page.number + 1),
        })
    }

    #[test]
    fn pages_are_read_until_enough_match_and_no_further_than_five() {
        let asked = |search, page| search_of(&Asked { from: None, search, page, before: vec![] });
        assert_eq!(asked("", 1), (100, Some(2)));
        assert_eq!(asked("ACME/infra", 1), (10, Some(6)));
        assert_eq!(asked("infra", 6), (6, None));
        assert_eq!(asked("none", 8), (0, None));
    }

    #[test]
    fn where_the_time_of_a_question_is_over_the_next_page_is_offered() {
        let over = |failure: &Failure, at| {
            let asked = Asked { from: None, search: "none", page: 2, before: vec![] };
            let list = search(&asked, |page| if page.number == at { Err(failure.clone()) } else { lists(page) });
            list.map(|list| list.next)
        };
        for failure in [Failure::Timeout("the provider"), Failure::TooLarge("list")] {
            assert_eq!(over(&failure, 4), Ok(Some(4)));
            assert_eq!(over(&failure, 2), Err(failure));
        }
        assert_eq!(over(&Failure::Forbidden, 4), Err(Failure::Forbidden));
    }

    #[test]
    fn each_page_leads_to_the_one_before_it() {
        let pager = |page, before: &[u32], next| {
            let asked = Asked { from: None, search: "", page, before: before.to_vec() };
            let Found::Repositories { pager, .. } = found(&asked, "t", List { items: vec![], next }, "/") else {
                panic!("no repositories")
            };
            pager.map(|pager| (pager.previous, pager.next))
        };
        let at = |numbers: &str| Some(format!("/?from=t&search=&page={numbers}"));
        assert_eq!(pager(1, &[], None), None);
        assert_eq!(pager(1, &[], Some(6)), Some((None, at("1,6"))));
        assert_eq!(pager(6, &[1], Some(11)), Some((at("1"), at("1,6,11"))));
        assert_eq!(pager(11, &[1, 6], None), Some((at("1,6"), None)));
    }

    fn search_of(asked: &Asked) -> (usize, Option<u32>) {
        let list = search(asked, lists).unwrap();
        (list.items.len(), list.next)
    }
}
