//! Every combination of what the lists can be asked for. None leaves memory behind: the texts of statements are few.

use crate::gate::raw::resident_mib;
use crate::harness::{Caller, Server};

/// What a first round may take: statements that are kept prepared, the cache of a connection, the allocator's gaps.
const FIRST_MIB: usize = 16;
/// What the allocator may add later.
const LATER_MIB: usize = 2;

/// The lists that can be narrowed down, and a good value for everything that does it.
const LISTS: &[(&str, &[&str])] = &[
    (
        "/organizations/my-organization/workspaces",
        &[
            "search[name]=x",
            "search[wildcard-name]=*x*",
            "search[tags]=a,b",
            "search[exclude-tags]=c,d",
            "filter[project][id]=prj-7h1KZHZbxNJ6CzBY",
            "filter[tagged][0][key]=k&filter[tagged][0][value]=v",
            "filter[tag-union]=true",
            "include=organization,project",
            "sort=-latest-change-at",
        ],
    ),
    (
        "/organizations/my-organization/projects",
        &["filter[names]=a,b", "filter[tagged][0][key]=k", "q=x", "sort=-name", "include=effective_tag_bindings"],
    ),
    (
        "/organizations/my-organization/oauth-clients",
        &[
            "filter[name]=x",
            "filter[service-provider]=github",
            "filter[project]=prj-7h1KZHZbxNJ6CzBY",
            "q=x",
            "include=oauth_tokens,projects",
            "page[size]=1",
        ],
    ),
    ("/organizations/my-organization/oauth-tokens", &["filter[provider]=github", "page[size]=1"]),
    (
        "/organizations/my-organization/vcs-events",
        &[
            "filter[from]=2026-01-01T00:00:00Z",
            "filter[to]=2026-02-01T00:00:00Z",
            "filter[levels]=info",
            "filter[oauth_client_external_ids]=oc-7h1KZHZbxNJ6CzBY",
            "include=oauth_client",
        ],
    ),
    ("/organizations/my-organization/tags", &["q=x", "filter[exclude][taggable][id]=ws-7h1KZHZbxNJ6CzBY"]),
    (
        "/organizations/my-organization/agent-pools",
        &[
            "filter[allowed_workspaces][name]=x",
            "filter[allowed_projects][name]=x",
            "q=x",
            "sort=-name",
            "include=workspaces",
        ],
    ),
    (
        "/organizations/my-organization/organization-memberships",
        &["filter[status]=active", "filter[email]=a@example.com", "q=x", "include=user,teams"],
    ),
    ("/organizations/my-organization/teams", &["filter[names]=a,b", "q=x", "include=users"]),
    ("/organizations/my-organization/team-tokens", &["q=x", "filter[expiry_status]=active", "sort=-created-by"]),
    ("/organizations", &["q=x", "q[name]=x", "q[email]=x", "include=subscription"]),
];

/// Asks for every combination, and says how many there were.
fn ask_for_all(caller: &Caller) -> usize {
    let mut count = 0;
    for (path, parts) in LISTS {
        for bits in 0..1_usize << parts.len() {
            let asked: Vec<&str> = (0..parts.len()).filter(|bit| bits >> bit & 1 == 1).map(|bit| parts[bit]).collect();
            caller.get(&format!("{path}?{}", asked.join("&"))).is(200);
            count += 1;
        }
    }
    count
}

#[test]
fn no_combination_of_filters_leaves_memory_behind() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_client("my-organization");
    owner.creates_workspace("my-organization", "w", None);
    let before = resident_mib(&server);
    assert!(ask_for_all(&owner) > 700);
    let first = resident_mib(&server);
    assert!(first <= before + FIRST_MIB, "from {before} to {first} MiB");
    ask_for_all(&owner);
    let second = resident_mib(&server);
    assert!(second <= first + LATER_MIB, "from {first} to {second} MiB");
}
