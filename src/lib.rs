//! Bowline: the OAuth Clients API of Terraform Enterprise as one binary over one SQLite file.
//!
//! Read from the top: a request comes in at [`gate`], is taken up by a worker of [`http`], finds its handler in
//! [`routes`], which speaks JSON:API in [`api`], learns who is calling from [`auth`], asks the rules in [`domain`] and
//! meets the disk in [`store`]. Dependencies point down only.

/// The command line: chooses, wires, starts.
pub mod cli;

/// The public socket: bounds, deadlines, strict framing. Knows no product words and nothing of the rest.
pub mod gate;

/// What operators see of a running server: its log, one line for each request, and figures.
pub mod telemetry;

/// Every method and path, and what answers it.
pub mod routes;

/// What answers operators, on a listener of their own.
pub mod operations;

/// JSON:API in and out; one file for each resource.
pub mod api;

/// Who may ask how much, before the database is asked anything.
pub mod throttle;

/// Who is calling.
pub mod auth;

/// What a handler has at hand.
pub mod app;

/// Requests, replies, the router, and the loop of workers around tiny_http.
pub mod http;

/// The only SQL: one file, one writer that shares commits, as many readers as there is reading.
pub mod store;

/// The master key: seals secrets, digests tokens.
pub mod vault;

/// How much memory all requests may take together.
pub mod allowance;

/// How many workers are at work at the same time.
pub mod turns;

/// Counters and histograms.
pub mod counting;

/// Whom an address stands for.
pub mod network;

/// What the product is: types, limits, rules. Imports nothing of ours.
pub mod domain;

/// What holds of any input at all: for `fuzz/`, and for its corpus as a test.
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
