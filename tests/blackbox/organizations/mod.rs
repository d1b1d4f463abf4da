//! Organizations through the API.

mod create;
mod destroy;
mod entitlements;
mod list;
mod none;
mod remains;
mod update;
mod user_tokens;

use std::sync::Barrier;
use std::thread;

use serde_json::Value;

use crate::harness::{Answer, Caller, Server, document};

const ORGANIZATION: &str = "/organizations/my-organization";

/// Tries to create an organization with these attributes.
fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post("/organizations", &document("organizations", attributes))
}

/// Tries to change `my-organization`.
fn changes(caller: &Caller, attributes: Value) -> Answer {
    caller.patch(ORGANIZATION, &document("organizations", attributes))
}

/// Has `count` owners call at the same moment; gives what each was told.
fn at_once<T: Send>(server: &Server, count: usize, call: impl Fn(&Caller, usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let callers: Vec<_> = (0..count)
            .map(|n| {
                let (caller, barrier, call) = (server.owner(), &barrier, &call);
                scope.spawn(move || {
                    // Connected before the start, so that it is the calls that meet.
                    caller.get("/ping").is_done();
                    barrier.wait();
                    call(&caller, n)
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    })
}

/// An agent pool of `organization`, made beside the server.
fn makes_agent_pool(server: &Server, organization: &str, id: &str) {
    let sql = "INSERT INTO agent_pools (id, organization, name, created_at)
               SELECT ?1, number, ?1, 0 FROM organizations WHERE name = ?2";
    assert_eq!(server.sqlite().execute(sql, [id, organization]), Ok(1));
}
