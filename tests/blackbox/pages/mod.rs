//! The pages, as a browser meets them.

mod account;
mod attacks;
mod browser;
mod headers;
mod organizations;
mod providers;
mod sessions;
mod workspaces;

pub use browser::{Browser, PASSWORD, Page, encoded};
