//! The demo providers, asked by values: time stands still unless a test moves it, and nothing really waits.

mod azure;
mod bitbucket_cloud;
mod bitbucket_server;
mod faults;
mod github;
mod gitlab;
mod pages;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

use super::*;
use crate::http::request::Method;
use crate::http::worker_slots::WorkerSlots;

const ORIGIN: &str = "http://127.0.0.1:7000";
const CALLBACK: &str = "https://bowline.example.com/auth/1/callback";
const START_MS: i64 = 1_800_000_000_000;
/// From RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Demo {
    provider: DemoProvider,
    now_ms: Arc<AtomicI64>,
    pauses: Arc<Mutex<Vec<Duration>>>,
    /// Of the request that is answered now.
    slots: Arc<Mutex<Arc<WorkerSlots>>>,
}

/// Set by the test; what is drawn is different each time.
struct Set {
    now_ms: Arc<AtomicI64>,
    pauses: Arc<Mutex<Vec<Duration>>>,
    slots: Arc<Mutex<Arc<WorkerSlots>>>,
    drawn: AtomicU64,
    pem: String,
}

impl Outside for Set {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn hex(&self, digits: usize) -> String {
        let n = self.drawn.fetch_add(1, Ordering::SeqCst);
        catalogue::object_id(&n.to_string()).chars().cycle().take(digits).collect()
    }

    fn pause(&self, time: Duration) {
        self.pauses.lock().unwrap().push(time);
        // Meanwhile a worker has the slot that waits for a request, and none comes.
        let slots = Arc::clone(&self.slots.lock().unwrap());
        let idle = slots.slot();
        idle.take();
        std::mem::forget(idle);
    }

    fn public_key_of(&self, consumer_key: &str) -> Option<String> {
        (consumer_key == "bowline").then(|| self.pem.clone())
    }
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Demo {
    fn new() -> Demo {
        Demo::with_key("")
    }

    /// One in which the consumer `bowline` has this public key.
    fn with_key(pem: &str) -> Demo {
        let (now_ms, pauses) = (Arc::new(AtomicI64::new(START_MS)), Arc::new(Mutex::new(Vec::new())));
        let slots = Arc::new(Mutex::new(Arc::new(WorkerSlots::new(1))));
        let outside = Set {
            now_ms: now_ms.clone(),
            pauses: pauses.clone(),
            slots: slots.clone(),
            drawn: AtomicU64::new(0),
            pem: pem.to_owned(),
        };
        Demo { provider: DemoProvider::new(ORIGIN.to_owned(), outside), now_ms, pauses, slots }
    }

    fn passes(&self, seconds: i64) {
        self.now_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    fn send(&self, method: Method, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request::new(method, target, headers, body.as_bytes().to_vec()).unwrap();
        let slots = Arc::new(WorkerSlots::new(1));
        *self.slots.lock().unwrap() = Arc::clone(&slots);
        let slot = slots.slot();
        slot.take();
        let reply = self.provider.handle(request, &slot);
        let headers = reply.headers.into_iter().map(|(name, value)| (name, value.into_owned())).collect();
        Answer { status: reply.status, headers, body: String::from_utf8(reply.body.whole()).unwrap() }
    }

    fn get(&self, target: &str) -> Answer {
        self.send(Method::Get, target, &[], "")
    }

    /// With `Authorization: Bearer`.
    fn get_as(&self, token: &str, target: &str) -> Answer {
        self.send(Method::Get, target, &[("Authorization", &format!("Bearer {token}"))], "")
    }

    fn post(&self, target: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        self.send(Method::Post, target, &[&[form], headers].concat(), &body)
    }

    /// Ada allows the request of `an-app`; gives the code.
    fn code(&self, page: &str, more: &[(&str, &str)]) -> String {
        let asked = [("client_id", "an-app"), ("redirect_uri", CALLBACK), ("state", "s&t"), ("scope", "api")];
        let decided = [("user", "ada"), ("decision", "allow")];
        let answer = self.post(page, &[&asked, more, &decided].concat(), &[]).is(302);
        assert_eq!(answer.parameter("state").as_deref(), Some("s&t"));
        answer.parameter("code").unwrap_or_else(|| panic!("{:?}", answer.header("Location")))
    }

    fn fault(&self, kind: &str, fault: &str) {
        let body = serde_json::json!({"kind": kind, "fault": fault}).to_string();
        self.send(Method::Post, "/_faults", &[("Content-Type", "application/json")], &body).is(200);
    }
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    fn text(&self, pointer: &str) -> String {
        self.json()
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer}: {}", self.body))
            .to_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Of the URL that a browser is sent to.
    fn parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.header("Location")?).unwrap();
        url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
    }

    /// Of a form body.
    fn member(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The texts at `pointer` in each of the entries.
fn texts(entries: &Value, pointer: &str) -> Vec<String> {
    let entries = entries.as_array().expect("a list");
    entries.iter().map(|entry| entry.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned()).collect()
}
