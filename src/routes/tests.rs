//! What a handler is told by the key rotation.

use std::cell::Cell;

use super::*;
use crate::app::PublicUrl;
use crate::app::rate_limits::RateLimits;
use crate::domain::secret::Sealed;
use crate::http::worker_slots::WorkerSlots;
use crate::store;
use crate::store::Store;
use crate::vault::{Keys, Vault};

thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });

fn taken_the_third_time(_: &Cx, _: &Request) -> Result<Reply> {
    CALLS.set(CALLS.get() + 1);
    if CALLS.get() < 3 { Err(Error::key_retired()) } else { Ok(Reply::no_content()) }
}

#[test]
fn what_is_sealed_under_a_retired_key_is_sealed_once_more_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bowline.db");
    let vault = Vault::new(Keys::generate().unwrap());
    store::create(&path, &Sealed(vec![0; 64]), [0; 32], &vault.trail_key()).unwrap();
    let store = Store::open(&path, vault.trail_key(), |why| panic!("{why}")).unwrap();
    let app = App::new(store, vault, PublicUrl::parse("http://x.test").unwrap(), RateLimits::off());
    let Ok(request) = Request::new(Method::Post, "/", vec![], vec![]) else { panic!("a target") };
    let slots = WorkerSlots::new(1);
    let slot = slots.slot();
    let cx = Cx::new(&app, &[], "/", &request, &slot);
    let first = answer(taken_the_third_time, &cx, &request);
    assert_eq!((first.err().unwrap().kind, CALLS.get()), (Kind::KeyRetired, 2));
    assert_eq!((answer(taken_the_third_time, &cx, &request).unwrap().status, CALLS.get()), (204, 3));
}
