//! Pages for people: HTML from templates, one style sheet, no script.
//!
//! A page is a struct with typed fields and its template: what it shows can be read from its fields, and `storybook`
//! renders every page without a server. Texts are escaped by the template; no page holds a secret but the one that
//! shows a new API token.

pub mod account;
pub mod assets;
pub mod browser;
pub mod connect;
pub mod error_page;
pub mod frame;
pub mod frames;
pub mod input;
pub mod organizations;
pub mod pager;
pub mod parts;
pub mod problems;
pub mod providers;
pub mod reply;
pub mod sessions;
pub mod when;
pub mod workspaces;

#[cfg(test)]
mod storybook;

pub use error_page::no_such_page;
