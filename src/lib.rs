//! Bowline: the OAuth Clients API of Terraform Enterprise as one binary over one SQLite file.
//!
//! Read from the top: a request comes in at [`gate`], is taken up by a worker of [`http`], finds its handler in
//! [`routes`], which speaks JSON:API in [`api`], learns who is calling from [`app`], asks the rules in [`domain`] and
//! meets the disk in [`store`]. Dependencies point down only.

#![forbid(unsafe_code)]

/// The command line: parsing, and what each command does.
pub mod cli;

/// A running server: wiring, TLS, housekeeping, supervision, the data directory, the operators' listener.
pub mod runtime;

/// The public socket: bounds, deadlines, strict framing. Knows no product words and nothing of the rest.
pub mod gate;

/// What operators see of a running server: its log, one line for each request, and figures.
pub mod telemetry;

/// Every method and path, and what answers it.
pub mod routes;

/// Pages for people: HTML from templates.
pub mod ui;

/// JSON:API in and out; a folder for each family of resources.
pub mod api;

/// Connections: made by people in a browser, and used: providers are asked with the tokens that are stored.
pub mod connect;

/// What a handler has at hand: the application, the request context, the caller, rate limits.
pub mod app;

/// Requests, replies, the router, and the loop of workers around tiny_http.
pub mod http;

/// The only SQL: one file, one writer that shares commits, as many readers as needed.
pub mod store;

/// The master key: seals secrets, digests tokens.
pub mod vault;

/// VCS providers: what they are asked, and what may leave the machine.
pub mod providers;

/// The memory budget of all requests, and which addresses count as one client.
pub mod bounds;

/// Types, limits, rules. Imports nothing else of Bowline.
pub mod domain;

/// What only `bowline demo` has: VCS providers that it plays itself.
pub mod sandbox;

/// Properties that hold for any input: for `fuzz/`, and for its corpus as a test.
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
