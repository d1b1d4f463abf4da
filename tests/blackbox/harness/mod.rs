//! Starts the real binary and talks to it.

mod answer;
mod caller;
pub mod contract;
mod database;
mod documents;
mod golden;
mod members;
mod preloaded;
mod server;
mod waiting;

pub use answer::Answer;
pub use bowline::domain::permissions::Permission;
pub use caller::{Caller, JSON_API};
pub use database::{SEALED, Watched};
pub use documents::{document, sample_of_2018, sample_with, sample_without};
pub use members::linkage;
pub use preloaded::preloaded;
pub use rustix::process::Signal;
pub use server::{
    Server, WITHOUT_PROVIDERS, binary_for_somebody_else, bowline, bowline_in, command, copy_of_the_binary, send_signal,
    temporary,
};
pub use waiting::{PATIENCE, ends, eventually};
