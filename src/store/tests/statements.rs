//! The texts of statements. They are few, whatever callers ask for: each is kept prepared on every connection.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::database;
use crate::domain::id::OAuthClientId;
use crate::domain::organizations::agent_pool::{AgentPoolFilter, AgentPoolOrder};
use crate::domain::page::Page;
use crate::domain::projects::project::{ProjectFilter, ProjectOrder};
use crate::domain::tags::binding::TagCondition;
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::store::View;
use crate::store::engine::connection;

/// More than the lists below need together, and few enough to be kept prepared beside all others.
const MOST: usize = 100;

type Bindings = Vec<TagCondition>;

/// None, one and many of each kind.
fn names() -> [Vec<String>; 3] {
    [0, 1, 20].map(|count| (0..count).map(|n| format!("name-{n}")).collect())
}

fn bindings() -> Vec<Bindings> {
    let pair = |n: usize| TagCondition {
        key: (n % 3 < 2).then(|| format!("key-{n}")),
        value: (!n.is_multiple_of(3)).then(|| format!("value-{n}")),
        or_name: n.is_multiple_of(2),
    };
    [0..0, 0..1, 1..2, 0..20].map(|numbers| numbers.map(pair).collect()).into()
}

const WORKSPACE_ORDERS: [WorkspaceOrder; 6] = [
    WorkspaceOrder::Created,
    WorkspaceOrder::CreatedLast,
    WorkspaceOrder::Name,
    WorkspaceOrder::NameBackwards,
    WorkspaceOrder::Changed,
    WorkspaceOrder::ChangedLast,
];

/// Every combination of what can be asked for.
fn workspace_filters() -> Vec<WorkspaceFilter> {
    let mut filters = Vec::new();
    for bits in 0..16 {
        let text = |bit: usize| (bits & bit != 0).then(|| "x*".to_owned());
        for tags in names() {
            for exclude_tags in names() {
                for bindings in bindings() {
                    filters.push(WorkspaceFilter {
                        name: text(1),
                        wildcard_name: text(2),
                        tags: tags.clone(),
                        exclude_tags: exclude_tags.clone(),
                        project: text(4),
                        oauth_client: text(8).map(OAuthClientId::from),
                        bindings,
                        any_binding: bits & 1 != 0,
                        no_value_is_none: bits & 2 != 0,
                        has_run: bits & 10 == 10,
                        seen_by: (bits & 4 != 0).then(|| vec![1, 2, 3]),
                    });
                }
            }
        }
    }
    filters
}

#[test]
fn lists_need_few_texts_whatever_is_asked_for() {
    let place = database();
    let mut connection = connection::reading(&place.path).unwrap();
    let texts = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&texts);
    let trace = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            seen.lock().unwrap().insert(statement.sql().into_owned());
        }
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(trace)).unwrap();
    let view = View::of(&connection);
    let page = Page { number: 1, size: 20 };
    let filters = workspace_filters();
    for filter in &filters {
        for order in WORKSPACE_ORDERS {
            view.workspaces(1, filter, order, page).unwrap();
        }
    }
    for names in names().map(|names| (!names.is_empty()).then_some(names)) {
        for bindings in bindings() {
            for order in [ProjectOrder::Created, ProjectOrder::Name, ProjectOrder::NameDescending] {
                let part = String::new();
                let filter =
                    ProjectFilter { names: names.clone(), part, bindings: bindings.clone(), among: None, order };
                view.projects(1, &filter, page).unwrap();
            }
        }
    }
    for bits in 0..4 {
        let text = |bit: usize| (bits & bit != 0).then(|| "x".to_owned());
        for order in [
            AgentPoolOrder::Created,
            AgentPoolOrder::CreatedDescending,
            AgentPoolOrder::Name,
            AgentPoolOrder::NameDescending,
        ] {
            let filter = AgentPoolFilter { part: String::new(), workspace: text(1), project: text(2), order };
            view.agent_pools(1, &filter, page).unwrap();
        }
    }
    let texts = texts.lock().unwrap();
    assert!(filters.len() > 500 && texts.len() > 20, "{} filters, {} texts", filters.len(), texts.len());
    assert!(texts.len() <= MOST, "{} texts", texts.len());
}
