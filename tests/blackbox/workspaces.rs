//! Workspaces through the API.
