//! Which workspace is linked to which repository.

mod find;
pub mod index;
pub mod link;
pub mod r#move;
pub mod new;
pub mod picker;
pub mod unlink;
