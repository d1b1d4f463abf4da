//! Variables of workspaces, and sets of variables that several of them share.

pub mod variable;
pub mod variable_set;
