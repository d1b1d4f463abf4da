//! Faults on demand, for each kind of provider. docs/sandbox.md has the table of them.

use std::time::Duration;

use serde_json::{Value, json};

use super::answers;
use super::tokens::Refusal;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::http::reply::Reply;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every token is refused as revoked, and nothing can be refreshed.
    Revoked,
    /// Every token that was issued before is refused as expired; refreshing works.
    Expired,
    /// Calls are answered with 503.
    ServerError,
    /// Calls are answered with 200 and a page.
    Html,
    /// Calls wait first.
    Slow(Duration),
    /// A token tells who it belongs to, and may do nothing else.
    MissingRights,
}

pub const NAMES: [&str; 6] = ["revoked", "expired", "server-error", "html", "slow", "missing-rights"];
/// How long `slow` waits where nothing is said, and at the most.
pub const USUAL_DELAY: Duration = Duration::from_secs(2);
pub const LONGEST_DELAY: Duration = Duration::from_secs(30);

impl Fault {
    pub fn named(name: &str, delay: Duration) -> Option<Fault> {
        Some(match name {
            "revoked" => Fault::Revoked,
            "expired" => Fault::Expired,
            "server-error" => Fault::ServerError,
            "html" => Fault::Html,
            "slow" => Fault::Slow(delay),
            "missing-rights" => Fault::MissingRights,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Fault::Revoked => "revoked",
            Fault::Expired => "expired",
            Fault::ServerError => "server-error",
            Fault::Html => "html",
            Fault::Slow(_) => "slow",
            Fault::MissingRights => "missing-rights",
        }
    }
}

struct Set {
    kind: ServiceProvider,
    fault: Fault,
    /// Of the newest token when it was set.
    serial: u64,
}

/// Those that are set. Each kind has each fault once at most.
#[derive(Default)]
pub struct Faults(Vec<Set>);

impl Faults {
    pub fn set(&mut self, kind: ServiceProvider, fault: Fault, serial: u64) {
        self.clear(Some(kind), Some(fault.name()));
        self.0.push(Set { kind, fault, serial });
    }

    /// Clears those of a kind, of a name, or both; without either, all.
    pub fn clear(&mut self, kind: Option<ServiceProvider>, name: Option<&str>) {
        self.0.retain(|set| {
            kind.is_some_and(|kind| kind != set.kind) || name.is_some_and(|name| name != set.fault.name())
        });
    }

    fn of(&self, kind: ServiceProvider) -> impl Iterator<Item = &Set> {
        self.0.iter().filter(move |set| set.kind == kind)
    }

    pub fn is_set(&self, kind: ServiceProvider, fault: Fault) -> bool {
        self.of(kind).any(|set| set.fault == fault)
    }

    /// How long calls wait.
    pub fn delay(&self, kind: ServiceProvider) -> Option<Duration> {
        self.of(kind).find_map(|set| match set.fault {
            Fault::Slow(delay) => Some(delay),
            _ => None,
        })
    }

    /// The answer to every call, if there is such a fault.
    pub fn spoiled(&self, kind: ServiceProvider) -> Option<Reply> {
        self.of(kind).find_map(|set| match set.fault {
            Fault::ServerError => Some(answers::plain(503, "Service unavailable: a fault of the demo provider.\n")),
            Fault::Html => {
                let page = "<!doctype html><title>Maintenance</title><p>A fault of the demo provider.</p>\n";
                Some(answers::html(200, page.to_owned()))
            }
            _ => None,
        })
    }

    /// Why a token is refused that is good otherwise. Personal tokens have no serial: they were there before.
    pub fn refusal(&self, kind: ServiceProvider, serial: Option<u64>) -> Option<Refusal> {
        self.of(kind).find_map(|set| match set.fault {
            Fault::Revoked => Some(Refusal::Revoked),
            Fault::Expired if serial.is_none_or(|serial| serial <= set.serial) => Some(Refusal::Expired),
            _ => None,
        })
    }

    pub fn to_json(&self) -> Value {
        let one = |set: &Set| {
            let mut one = json!({"kind": set.kind, "fault": set.fault.name()});
            if let Fault::Slow(delay) = set.fault {
                one["milliseconds"] = json!(delay.as_millis() as u64);
            }
            one
        };
        json!({"faults": self.0.iter().map(one).collect::<Vec<_>>()})
    }

    /// `github: slow`, for the front page.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(|set| format!("{}: {}", set.kind.identifier(), set.fault.name())).collect()
    }
}
