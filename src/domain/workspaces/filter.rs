//! Which workspaces of an organization a list has, and in which order.

use crate::domain::id::OAuthClientId;
use crate::domain::tags::binding::TagCondition;

/// Nothing given, everything found.
#[derive(Debug, Default)]
pub struct WorkspaceFilter {
    /// Part of the name, ignoring case.
    pub name: Option<String>,
    /// The whole name, ignoring case, with `*` for anything.
    pub wildcard_name: Option<String>,
    /// All of these tags.
    pub tags: Vec<String>,
    /// None of these tags.
    pub exclude_tags: Vec<String>,
    pub project: Option<String>,
    /// Linked to a repository through this client's token.
    pub oauth_client: Option<OAuthClientId>,
    /// Tag bindings, inherited ones included.
    pub bindings: Vec<TagCondition>,
    /// Whether one of them is enough.
    pub any_binding: bool,
    /// Whether a key without a value asks for a binding without one, not for any.
    pub no_value_is_none: bool,
    /// A status of the current run. No workspace has a run here.
    pub has_run: bool,
    /// Those that one of the teams in these rows has access to; `None` for all.
    pub seen_by: Option<Vec<i64>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkspaceOrder {
    #[default]
    Created,
    CreatedLast,
    Name,
    NameBackwards,
    Changed,
    ChangedLast,
}

impl WorkspaceOrder {
    pub fn from_name(name: &str) -> WorkspaceOrder {
        match name {
            "name" => WorkspaceOrder::Name,
            "-name" => WorkspaceOrder::NameBackwards,
            "-created-at" => WorkspaceOrder::CreatedLast,
            "latest-change-at" => WorkspaceOrder::Changed,
            "-latest-change-at" => WorkspaceOrder::ChangedLast,
            // Where nothing runs, an order of runs is any order.
            _ => WorkspaceOrder::Created,
        }
    }
}
