//! The VCS providers of an organization: its OAuth clients, as people see them.

pub mod add;
pub mod card;
pub mod check;
pub mod choose;
pub mod delete;
pub mod edit;
pub mod fields;
pub mod find;
pub mod guide;
pub mod index;
pub mod keys;
pub mod revoke;
pub mod scope;
pub mod ssh_key;
