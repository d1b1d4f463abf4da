//! How things are found: by index, without sorting.

use rusqlite::Connection;

use super::database;
use crate::domain::oauth::github_app_installation::GithubAppInstallation;
use crate::domain::organizations::agent_pool::{AgentPool, AgentPoolFilter, AgentPoolOrder};
use crate::domain::projects::project::{ProjectFilter, ProjectOrder};
use crate::domain::tags::binding::TagCondition;
use crate::domain::variables::variable::Variable;
use crate::domain::variables::variable_set::VariableSet;
use crate::domain::workspaces::filter::WorkspaceOrder;
use crate::store::access;
use crate::store::accounts::{api_tokens, users};
use crate::store::engine::connection;
use crate::store::oauth::repository_links::FIRST_LINKS;
use crate::store::oauth::{
    clients as oauth_clients, credentials, github_app_installations, tokens as oauth_tokens, vcs_events,
};
use crate::store::organizations::{agent_pools, memberships};
use crate::store::projects::tag_bindings as project_tag_bindings;
use crate::store::removals::Removals;
use crate::store::stored::{Table, select};
use crate::store::teams::access as team_access;
use crate::store::variables::{APPLYING, IN_FORCE};
use crate::store::{audit, names, organizations, plain, projects, teams, workspaces};

/// How a plain resource is found by its id, and its lists.
fn of_table(table: &Table) -> impl Iterator<Item = String> {
    let (select, name) = ((table.select)(), table.name);
    let lists = table.below.iter().flat_map({
        let select = select.clone();
        move |column| {
            [
                format!("{select} WHERE {name}.{column} = ?1 ORDER BY {name}.number LIMIT ?2 OFFSET ?3"),
                format!("SELECT count(*) FROM {name} WHERE {name}.{column} = ?1"),
            ]
        }
    });
    std::iter::once(format!("{select} WHERE {name}.id = ?1"))
        .chain(lists)
        .map(|sql| format!("EXPLAIN QUERY PLAN {sql}"))
}

#[test]
fn documents_and_lists_are_found_by_index_and_need_no_sorting() {
    let place = database();
    find_documents_and_lists(&connection::writing(&place.path).unwrap());
}

/// Also while rows are left out of what is read (`engine/references/shadows.rs`). But what is found by a column that is being
/// emptied, for a key or a pool that is gone, is looked for in all rows meanwhile.
#[test]
fn documents_and_lists_are_found_by_index_beside_removals_that_have_not_ended() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    let sql = "INSERT INTO removals (parent, number)
               SELECT DISTINCT reference.\"table\", 1 FROM pragma_table_list AS tables,
                      pragma_foreign_key_list(tables.name) AS reference
               WHERE reference.\"table\" NOT IN ('agent_pools', 'ssh_keys')";
    connection.execute(sql, []).unwrap();
    Removals::of(&connection).unwrap().shadows.settle(&connection).unwrap();
    let views = "SELECT count(*) FROM temp.sqlite_schema WHERE type = 'view'";
    let views: i64 = connection.query_row(views, [], |row| row.get(0)).unwrap();
    assert!(views > 20, "{views}");
    find_documents_and_lists(&connection);
    find_tags_access_and_variables(&connection);
}

fn find_documents_and_lists(connection: &Connection) {
    let of = |select: &str, rest: &str| format!("EXPLAIN QUERY PLAN {select} {rest}");
    let projects_listed = |names: Option<Vec<String>>, order: ProjectOrder| {
        let filter = ProjectFilter { names, order, ..ProjectFilter::default() };
        let (listed, order) = (projects::listed(&filter), projects::order(&filter));
        of(projects::SELECT, &format!("WHERE {listed} ORDER BY {order} LIMIT ?6"))
    };
    let pools_listed = |name: Option<&str>, order: AgentPoolOrder| {
        let name = name.map(str::to_owned);
        let filter = AgentPoolFilter { workspace: name.clone(), project: name, order, ..AgentPoolFilter::default() };
        let (listed, order) = (agent_pools::listed(&filter), agent_pools::order(&filter));
        of(&select::<AgentPool>(), &format!("WHERE {listed} ORDER BY {order} LIMIT ?5"))
    };
    let workspaces_listed = |owner: &str, filter: &str, order: WorkspaceOrder| {
        of("SELECT number FROM workspaces", &format!("WHERE {owner} {filter} ORDER BY {}", workspaces::order_by(order)))
    };
    let organizations_selected = format!("SELECT {}", organizations::COLUMNS);
    let organizations_listed =
        [organizations::OF_USER, organizations::SEARCHED, organizations::OF_USER_IN_ORDER].join(" ");
    for sql in [
        of(oauth_clients::SELECT, "WHERE oauth_clients.id = ?1"),
        of(oauth_clients::SELECT, &format!("WHERE {} ORDER BY oauth_clients.number", oauth_clients::ON_PAGE)),
        of(
            oauth_clients::SELECT,
            &format!(
                "WHERE oauth_clients.number IN
                   (SELECT number FROM oauth_clients WHERE {} ORDER BY number LIMIT ?6 OFFSET ?7)
                 ORDER BY oauth_clients.number",
                oauth_clients::FILTERED
            ),
        ),
        of(oauth_tokens::SELECT, "WHERE oauth_tokens.id = ?1"),
        of(oauth_clients::SELECT, "WHERE oauth_clients.callback = ?1"),
        of(&credentials::SELECT, "WHERE oauth_tokens.id = ?1"),
        of("", credentials::BROKEN),
        of(vcs_events::SELECT, &format!("WHERE {} ORDER BY {} LIMIT ?6", vcs_events::LISTED, vcs_events::ORDER)),
        of(oauth_tokens::SELECT, &format!("WHERE {} ORDER BY oauth_clients.number", *oauth_tokens::ON_PAGE)),
        of(projects::SELECT, &format!("WHERE {}", projects::OF_CLIENTS)),
        of(&organizations_selected, "FROM organizations WHERE organizations.name = ?1"),
        of(&organizations_selected, "FROM organizations WHERE organizations.external_id = ?1"),
        of(&organizations_selected, &organizations_listed),
        of("SELECT count(*)", &[organizations::OF_USER, organizations::SEARCHED].concat()),
        of("", access::ACCESS_TO_ORGANIZATIONS),
        of("", &users::MEMBER),
        of("", &users::FELLOW_OF_USER),
        of(workspaces::SELECT, "WHERE workspaces.id = ?1"),
        of(workspaces::SELECT, workspaces::OF_POOLS),
        of(projects::SELECT, "WHERE projects.id IN (SELECT value FROM json_each(?1))"),
        of(workspaces::SELECT, "WHERE workspaces.organization = ?1 AND workspaces.name = ?2"),
        workspaces_listed(workspaces::OF_ORGANIZATION, "", WorkspaceOrder::Created),
        workspaces_listed(workspaces::OF_ORGANIZATION, &workspaces::FILTERED, WorkspaceOrder::CreatedLast),
        workspaces_listed(workspaces::OF_ORGANIZATION, &workspaces::FILTERED, WorkspaceOrder::Name),
        workspaces_listed(workspaces::OF_ORGANIZATION, &workspaces::FILTERED, WorkspaceOrder::NameBackwards),
        workspaces_listed(workspaces::OF_ORGANIZATION, &workspaces::FILTERED, WorkspaceOrder::ChangedLast),
        workspaces_listed(workspaces::OF_PROJECT, "", WorkspaceOrder::Created),
        workspaces_listed(workspaces::OF_PROJECT, &workspaces::FILTERED, WorkspaceOrder::CreatedLast),
        of(
            workspaces::SELECT,
            "WHERE workspaces.number IN (SELECT consumer FROM remote_state_consumers WHERE workspace = ?1)
             ORDER BY workspaces.number",
        ),
        of(workspaces::SELECT_TAGS, "WHERE tags.organization = ?1 ORDER BY tags.name LIMIT ?2"),
        of(
            workspaces::SELECT_TAGS,
            "WHERE tags.number IN (SELECT tag FROM workspace_tags WHERE workspace = ?1) ORDER BY tags.number",
        ),
        of(teams::SELECT, "WHERE teams.id = ?1"),
        of(teams::SELECT, &format!("WHERE {} AND {} ORDER BY teams.number LIMIT ?6", teams::SEEN, teams::LISTED)),
        of(&memberships::SELECT, "WHERE organization_memberships.id = ?1"),
        of(&memberships::SELECT, &format!("{} ORDER BY organization_memberships.number LIMIT ?5", memberships::FILTER)),
        of("SELECT number FROM users", "WHERE email = ?1 COLLATE NOCASE ORDER BY number LIMIT 1"),
        of("SELECT number FROM organization_memberships", "WHERE email = ?1 AND user IS NULL"),
        of("SELECT team FROM team_members", "WHERE membership = ?1"),
        of(&api_tokens::SELECT, "WHERE api_tokens.id = ?1"),
        of(&api_tokens::SELECT, "WHERE api_tokens.user = ?1 ORDER BY api_tokens.number LIMIT ?2 OFFSET ?3"),
        of(&api_tokens::SELECT, "WHERE api_tokens.team = ?1 AND api_tokens.is_sole = 1"),
        of(&api_tokens::SELECT, "WHERE api_tokens.organization = ?1 AND api_tokens.is_sole = 1"),
        of(
            &api_tokens::SELECT,
            "WHERE api_tokens.organization = ?1 AND api_tokens.is_sole = 1 AND is_for_audit_trail = ?2",
        ),
        of(audit::OF_ORGANIZATION, audit::NEWEST_FIRST),
        of(audit::COUNT_OF_ORGANIZATION, ""),
        of("SELECT number, link, at FROM audit_events", "WHERE number > 0 ORDER BY number DESC LIMIT 1"),
        of(projects::SELECT, "WHERE projects.id = ?1"),
        projects_listed(None, ProjectOrder::Created),
        projects_listed(None, ProjectOrder::Name),
        projects_listed(None, ProjectOrder::NameDescending),
        projects_listed(Some(vec![]), ProjectOrder::Name),
        {
            let bindings = vec![TagCondition { key: Some("key".to_owned()), value: None, or_name: false }];
            let listed = projects::listed(&ProjectFilter { bindings, ..ProjectFilter::default() });
            of(projects::SELECT, &format!("WHERE {listed} ORDER BY projects.number LIMIT ?6"))
        },
        of(project_tag_bindings::SELECT, "WHERE project = ?1 ORDER BY number LIMIT ?2"),
        of(project_tag_bindings::OF_PROJECTS, ""),
        of(team_access::SELECT, "WHERE team_access.id = ?1"),
        pools_listed(None, AgentPoolOrder::Created),
        pools_listed(None, AgentPoolOrder::CreatedDescending),
        pools_listed(None, AgentPoolOrder::Name),
        pools_listed(None, AgentPoolOrder::NameDescending),
        pools_listed(Some("x"), AgentPoolOrder::Created),
        of("SELECT number FROM", FIRST_LINKS),
        of(agent_pools::USING_WORKSPACES, ""),
        of(agent_pools::ALLOWED_WORKSPACES, ""),
        of(agent_pools::ALLOWED_PROJECTS, ""),
        of(agent_pools::EXCLUDED_WORKSPACES, ""),
    ]
    .into_iter()
    .chain(plain::tables().flat_map(of_table))
    .chain([of(
        &select::<GithubAppInstallation>(),
        &format!("WHERE {} ORDER BY {} LIMIT ?4", github_app_installations::LISTED, github_app_installations::ORDER),
    )])
    .chain(names::QUERIES.iter().map(|(_, query)| of("", query)))
    .chain([of(&select::<VariableSet>(), &format!("WHERE {APPLYING} ORDER BY variable_sets.number LIMIT ?4"))])
    {
        let mut statement = connection.prepare(&sql).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            // What is asked for each row has its own step below; a list that the request brought is no table.
            let is_found = [
                "SEARCH",
                "CORRELATED SCALAR SUBQUERY",
                "SCALAR SUBQUERY",
                "LIST SUBQUERY",
                "SCAN json_each",
                "MATERIALIZE asked",
                "SCAN asked",
                "CREATE BLOOM FILTER",
            ];
            assert!(is_found.iter().any(|how| step.starts_with(how)), "{step}: {sql}");
        }
    }
}

/// Otherwise the destruction of one thing would read all of another kind.
#[test]
fn whatever_refers_to_something_is_found_by_index() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    let sql = "SELECT tables.name, reference.\"from\" FROM pragma_table_list AS tables,
                      pragma_foreign_key_list(tables.name) AS reference
               WHERE tables.schema = 'main'";
    let mut statement = connection.prepare(sql).unwrap();
    let references: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(|row| row.unwrap()).collect();
    assert!(references.len() > 30);
    for (table, column) in references {
        let plan = format!("EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = ?1");
        let step: String = connection.query_row(&plan, [1], |row| row.get(3)).unwrap();
        assert!(step.starts_with("SEARCH"), "{table}.{column}: {step}");
    }
}

#[test]
fn the_tags_of_a_page_team_access_to_it_and_variables_in_force_are_found_by_index() {
    let place = database();
    find_tags_access_and_variables(&connection::writing(&place.path).unwrap());
}

fn find_tags_access_and_variables(connection: &Connection) {
    let in_force = format!("{} WHERE {IN_FORCE}", select::<Variable>());
    for sql in [
        workspaces::EFFECTIVE,
        team_access::GIVEN,
        team_access::GIVEN_ANYWHERE,
        team_access::GIVEN_IN_PROJECTS_OF_TOKEN,
        &in_force,
    ] {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let sql = ["?1", "?2", "?3"].iter().fold(sql, |sql, parameter| sql.replace(parameter, "'[1]'"));
        let mut statement = connection.prepare(&sql).unwrap();
        let steps: Vec<String> =
            statement.query_map([], |row| row.get(3)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
        let scans: Vec<&String> = steps.iter().filter(|step| step.starts_with("SCAN")).collect();
        assert!(scans.iter().all(|step| step.starts_with("SCAN json_each")), "{steps:?}");
    }
}

/// A client's document names its token, which may be far away in a large file.
#[test]
fn the_id_of_a_clients_token_is_found_in_an_index_alone() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    let sql = format!("EXPLAIN QUERY PLAN {} WHERE oauth_clients.id = ?1", oauth_clients::SELECT);
    let mut statement = connection.prepare(&sql).unwrap();
    let steps: Vec<String> =
        statement.query_map(["x"], |row| row.get(3)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    let step = "SEARCH main.oauth_tokens USING COVERING INDEX oauth_tokens_id_by_client (client=?)";
    assert!(steps.iter().any(|found| found == step), "{steps:?}");
}
