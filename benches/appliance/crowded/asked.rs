//! What is asked of a crowded organization.

use rusqlite::Connection;

use crate::ground::Ground;
use crate::http;
use crate::outcome::{Outcome, fail};

/// One request may name no more: a document has 10,000 values at most.
const AS_MANY: usize = 3300;
/// Tokens that one request may delete.
const TOKENS: usize = 1000;

pub struct Asked {
    pub what: &'static str,
    pub request: Vec<u8>,
}

/// The slowest request of each list, and the largest of each bulk route.
pub fn lists_and_bulk(ground: &Ground) -> Outcome<Vec<Asked>> {
    let database = Connection::open(ground.database())?;
    let ids = |table: &str, most: usize| ids(&database, table, "DESC", most);
    let names = |prefix: &str| (0..20).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().join(",");
    // Five that all workspaces have, and then as many more as may be asked for.
    let tagged = format!(
        "&filter%5Btagged%5D%5Bvalue%5D=v,k1%3Dv&filter%5Btagged%5D=k1,t1,t2,{}",
        (0..15).map(|n| format!("u{n}")).collect::<Vec<_>>().join(",")
    );
    let (token, base) = (ground.token(), "/api/v2/organizations/bench");
    let list = |what, path: String| Asked { what, request: http::get(&format!("{base}/{path}"), token) };
    let many = ids("workspaces", AS_MANY)?;
    let first = |table| ids(table, 1).map(|ids| ids[0].clone());
    let bulk = |what, path: String, body: String| Asked {
        what,
        request: http::post(&format!("/api/v2/{path}"), token, &body),
    };
    let oldest = |table: &str| oldest(&database, table);
    let of_first = |what, path: &str, query: &str| {
        let path = format!("/api/v2/workspaces/{}/{path}?{query}", oldest("workspaces")?);
        Outcome::Ok(Asked { what, request: http::get(&path, token) })
    };
    let (last_page, include) =
        ("page%5Bsize%5D=100&page%5Bnumber%5D=1000", "include=organization,project,effective_tag_bindings");
    Ok(vec![
        list("workspaces", format!("workspaces?{last_page}&{include}&sort=-latest-change-at")),
        list("workspaces by name", "workspaces?search%5Bname%5D=zz&sort=-name".to_owned()),
        list(
            "workspaces by wildcard",
            "workspaces?search%5Bwildcard-name%5D=*a*b*c*d*e*f*&sort=latest-change-at".to_owned(),
        ),
        list(
            "workspaces without 20 tags",
            format!("workspaces?page%5Bsize%5D=1&sort=-latest-change-at&search%5Bexclude-tags%5D={}", names("x")),
        ),
        list("workspaces with 20 tags", format!("workspaces?search%5Btags%5D={}", names("t"))),
        list("workspaces with 20 tag bindings", format!("workspaces?sort=name{tagged}")),
        list("projects by name", "projects?q=zz&sort=-name".to_owned()),
        list("projects with 20 tag bindings", format!("projects?sort=name{tagged}")),
        list("teams by name", "teams?q=zz&include=users".to_owned()),
        list("members by name", "organization-memberships?q=zz&include=user,teams".to_owned()),
        list("tags by name", "tags?q=zz".to_owned()),
        list(
            "agent pools of a workspace",
            "agent-pools?filter%5Ballowed_workspaces%5D%5Bname%5D=workspace-7&q=zz".to_owned(),
        ),
        list("variable sets", format!("varsets?q=zz&{last_page}")),
        list("run tasks", format!("tasks?{last_page}")),
        list("policy sets by name", "policy-sets?search%5Bname%5D=zz&include=workspaces,projects".to_owned()),
        list("registry modules by name", "registry-modules?q=zz&include=no-code-modules".to_owned()),
        list("no-code modules", format!("no-code-modules?{last_page}&include=variable-options")),
        list("stacks by name", "stacks?search%5Bname%5D=zz&sort=-updated-at".to_owned()),
        list("VCS events", format!("vcs-events?{last_page}&filter%5Blevels%5D=error")),
        list("tokens of teams", format!("team-tokens?{last_page}&q=zz&sort=-created-by")),
        list("SSH keys", format!("ssh-keys?{last_page}")),
        list("OAuth clients", format!("oauth-clients?{last_page}&include=oauth_tokens,projects")),
        list("OAuth tokens", format!("oauth-tokens?{last_page}")),
        of_first("variables", "vars", last_page)?,
        of_first("variables in force", "all-vars", last_page)?,
        of_first("variable sets of a workspace", "varsets", last_page)?,
        of_first("consumers", "relationships/remote-state-consumers", last_page)?,
        Asked {
            what: "teams with access to a workspace",
            request: http::get(
                &format!("/api/v2/team-workspaces?filter%5Bworkspace%5D%5Bid%5D={}&{last_page}", oldest("workspaces")?),
                token,
            ),
        },
        Asked {
            what: "workspaces of an OAuth client",
            request: http::get(
                &format!("/api/v2/oauth-clients/{}/workspaces?{last_page}", oldest("oauth_clients")?),
                token,
            ),
        },
        Asked {
            what: "members of a team",
            request: http::get(
                &format!("/api/v2/teams/{}/relationships/organization-memberships?{last_page}", oldest("teams")?),
                token,
            ),
        },
        bulk(
            "3300 workspaces moved",
            format!("projects/{}/relationships/workspaces", first("projects")?),
            linkages("workspaces", &many),
        ),
        bulk(
            "3300 workspaces tagged",
            format!("tags/{}/relationships/workspaces", first("tags")?),
            linkages("workspaces", &many),
        ),
        bulk(
            "3300 consumers",
            format!("workspaces/{}/relationships/remote-state-consumers", first("workspaces")?),
            linkages("workspaces", &many),
        ),
    ])
}

/// The client of all workspaces and another one: the id and the token's id of each.
pub fn clients(ground: &Ground) -> Outcome<[[String; 2]; 2]> {
    let database = Connection::open(ground.database())?;
    let of = |column: &str| {
        let tokens = "oauth_tokens JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client";
        chosen(&database, &format!("SELECT {column} FROM {tokens} ORDER BY oauth_tokens.number LIMIT 2"))
    };
    let (mut ids, mut tokens) = (of("oauth_clients.id")?.into_iter(), of("oauth_tokens.id")?.into_iter());
    let mut next = || Some([ids.next()?, tokens.next()?]);
    next().and_then(|first| Some([first, next()?])).ok_or_else(|| fail("there are no two clients"))
}

/// What takes 100,000 rows along.
pub fn removals(ground: &Ground) -> Outcome<Vec<Asked>> {
    let database = Connection::open(ground.database())?;
    let token = ground.token();
    let delete = |what, path: String| Asked { what, request: http::delete(&format!("/api/v2/{path}"), token, "") };
    let removal =
        |what, path: &str, table: &str| Outcome::Ok(delete(what, format!("{path}/{}", oldest(&database, table)?)));
    let t1 = chosen(&database, "SELECT id FROM tags WHERE name = 't1'")?;
    let tokens = chosen(&database, &format!("SELECT id FROM api_tokens WHERE team IS NOT NULL LIMIT {TOKENS}"))?;
    Ok(vec![
        Asked {
            what: "a tag of all workspaces deleted",
            request: http::delete("/api/v2/organizations/bench/tags", token, &linkages("tags", &t1)),
        },
        removal("an SSH key of all workspaces deleted", "ssh-keys", "ssh_keys")?,
        removal("a variable set of all workspaces deleted", "varsets", "variable_sets")?,
        Asked {
            what: "the tokens of 1000 teams deleted",
            request: http::delete(
                "/api/v2/organizations/bench/team-tokens",
                token,
                &linkages("authentication-tokens", &tokens),
            ),
        },
        removal("a team of all members deleted", "teams", "teams")?,
        removal("an OAuth client of all workspaces deleted", "oauth-clients", "oauth_clients")?,
        removal("a workspace with all variables, consumers and teams deleted", "workspaces", "workspaces")?,
        delete("the organization deleted", "organizations/bench".to_owned()),
    ])
}

fn linkages(kind: &str, ids: &[String]) -> String {
    let data: Vec<String> = ids.iter().map(|id| format!(r#"{{"type":"{kind}","id":"{id}"}}"#)).collect();
    format!(r#"{{"data":[{}]}}"#, data.join(","))
}

fn ids(database: &Connection, table: &str, order: &str, most: usize) -> Outcome<Vec<String>> {
    let those = "organization = 1 AND name IS NOT 'owners'";
    chosen(database, &format!("SELECT id FROM {table} WHERE {those} ORDER BY number {order} LIMIT {most}"))
}

fn chosen(database: &Connection, sql: &str) -> Outcome<Vec<String>> {
    Ok(database.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn oldest(database: &Connection, table: &str) -> Outcome<String> {
    Ok(ids(database, table, "", 1)?.swap_remove(0))
}
