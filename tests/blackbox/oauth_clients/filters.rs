//! What narrows a list down: names, service providers, projects, a part of the name.

use serde_json::{Value, json};

use super::CLIENTS;
use crate::harness::{Caller, Server, linkage, sample_with};

/// Clients by the names `github`, `gitlab`, `bitbucket` and `` (none): the first two are attached to the project `alpha`,
/// the third to `beta`. Gives the ids of the two projects.
fn creates_clients(owner: &Caller) -> [String; 2] {
    let projects = ["alpha", "beta"].map(|name| owner.creates_project("my-organization", name));
    for (name, provider, project) in [
        (json!("GitHub, main"), "github", Some(&projects[0])),
        (json!("GitLab"), "gitlab_hosted", Some(&projects[0])),
        (json!("Bitbucket"), "bitbucket_server", Some(&projects[1])),
        (Value::Null, "github", None),
    ] {
        let mut document = sample_with(json!({"name": name, "service-provider": provider,
                                              "http-url": "https://vcs.test", "api-url": "https://vcs.test"}));
        if let Some(project) = project {
            document["data"]["relationships"] = json!({"projects": linkage("projects", &[project])});
        }
        owner.tries_client(&document).is(201);
    }
    projects
}

fn listed(owner: &Caller, query: &str) -> Vec<Value> {
    owner.get(&format!("{CLIENTS}?{query}")).is(200).each("name")
}

const FIRST: &str = "GitHub, main";

#[test]
fn each_filter_alone() {
    let server = Server::demo();
    let owner = server.owner();
    let [alpha, beta] = creates_clients(&owner);
    for (query, expected) in [
        ("filter[name]=GitLab".to_owned(), json!(["GitLab"])),
        ("filter[name]=Bitbucket,GitLab".to_owned(), json!(["GitLab", "Bitbucket"])),
        ("filter%5Bname%5D=%20GitLab%20,".to_owned(), json!(["GitLab"])),
        ("filter[service-provider]=github".to_owned(), json!([FIRST, null])),
        ("filter[service-provider]=gitlab_hosted,bitbucket_server".to_owned(), json!(["GitLab", "Bitbucket"])),
        (format!("filter[project]={alpha}"), json!([FIRST, "GitLab"])),
        (format!("filter[project]={alpha},{beta},{alpha}"), json!([FIRST, "GitLab", "Bitbucket"])),
        ("q=git".to_owned(), json!([FIRST, "GitLab"])),
        ("q=GITHUB,%20m".to_owned(), json!([FIRST])),
        (
            "filter[name]=&filter[service-provider]=&filter[project]=,&q=".to_owned(),
            json!([FIRST, "GitLab", "Bitbucket", null]),
        ),
    ] {
        assert_eq!(Value::Array(listed(&owner, &query)), expected, "{query}");
    }
}

#[test]
fn filters_together_are_all_met_and_come_by_the_page() {
    let server = Server::demo();
    let owner = server.owner();
    let [alpha, beta] = creates_clients(&owner);
    let all =
        format!("filter[name]=GitLab,Bitbucket&filter[service-provider]=gitlab_hosted&filter[project]={alpha}&q=lab");
    assert_eq!(listed(&owner, &all), ["GitLab"]);
    assert_eq!(listed(&owner, &all.replace(&alpha, &beta)), [json!(null); 0]);
    assert_eq!(listed(&owner, &format!("filter[project]={alpha}&q=lab")), ["GitLab"]);
    assert_eq!(listed(&owner, "filter[service-provider]=github&q=main"), [FIRST]);

    let page = owner.get(&format!("{CLIENTS}?q=git&page[size]=1&page[number]=2")).is(200);
    assert_eq!(page.each("name"), ["GitLab"]);
    assert_eq!(page.at("/meta/pagination/total-count"), json!(2));
    assert!(page.text("/links/first").contains("q=git"));
    let with_more = owner
        .get(&format!("{CLIENTS}?filter[project]={beta}&include=oauth_tokens,projects&show_affected_workspaces=true"));
    assert_eq!(with_more.is(200).each("affected-workspaces-count"), [json!(0)]);
}

#[test]
fn values_that_nothing_has_find_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    creates_clients(&owner);
    owner.creates_organization("other");
    let foreign = owner.creates_project("other", "foreign");
    for query in [
        "filter[name]=gitlab".to_owned(),
        "filter[name]=Git".to_owned(),
        "filter[name]=%25".to_owned(),
        "filter[name]='%20OR%201=1%20--".to_owned(),
        "filter[project]=prj-1111111111111111".to_owned(),
        "filter[project]=alpha".to_owned(),
        "filter[project]=%5B%22".to_owned(),
        format!("filter[project]={foreign}"),
        "filter[service-provider]=ado_server".to_owned(),
        "q=%25".to_owned(),
        "q=subversion".to_owned(),
    ] {
        assert_eq!(listed(&owner, &query), [json!(null); 0], "{query}");
    }
}

#[test]
fn what_is_not_documented_is_refused_by_name() {
    let server = Server::demo();
    let owner = server.owner();
    owner
        .get(&format!("{CLIENTS}?filter[service-provider]=github,subversion"))
        .is(400)
        .golden("oauth_clients.list.unknown_service_provider");
    for parameter in ["filter[names]", "filter[project][id]", "filter[provider]", "search[name]", "sort"] {
        assert_eq!(owner.get(&format!("{CLIENTS}?{parameter}=x")).refused(400), [parameter]);
    }
    let (id, _) = owner.creates_client("my-organization");
    assert_eq!(owner.get(&format!("/oauth-clients/{id}?q=x")).refused(400), ["q"]);
}
