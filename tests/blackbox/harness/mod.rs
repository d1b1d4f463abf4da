//! Starts the real binary and talks to it.

mod answer;
mod caller;
mod golden;
mod server;

pub use answer::Answer;
pub use caller::{Caller, JSON_API};
pub use rustix::process::Signal;
pub use server::{PATIENCE, Server, bowline, bowline_in, send_signal, temporary};

use serde_json::{Value, json};

/// The request document of the 2018 page.
pub fn sample_of_2018() -> Value {
    json!({
        "data": {
            "type": "oauth-clients",
            "attributes": {
                "service-provider": "github",
                "http-url": "https://github.com",
                "api-url": "https://api.github.com",
                "oauth-token-string": "4306823352f0009d0ed81f1b654ac17a"
            }
        }
    })
}
