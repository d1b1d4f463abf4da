//! A small installation in memory, the same for every request: one of each kind of thing, with ids that a corpus can name.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::answer::Answer;
use crate::app::rate_limits::RateLimits;
use crate::app::{App, PublicUrl};
use crate::domain::accounts::api_token::{NewToken, PlainToken, Subject, TokenTerms};
use crate::domain::accounts::user::NewUser;
use crate::domain::organizations::organization::NewOrganization;
use crate::domain::secret::Sealed;
use crate::domain::sources::Sources;
use crate::http::reply::Reply;
use crate::http::request::{Method, Request};
use crate::http::server::Service;
use crate::http::worker_slots::WorkerSlots;
use crate::routes::Routes;
use crate::store;
use crate::store::{Actor, Store};
use crate::vault::{Keys, Vault};

pub const ADDRESS: &str = "http://bowline.test";
const MEDIA_TYPE: &str = "application/vnd.api+json";

/// What is made through the API, in this order.
const FURNITURE: &[(&str, &str)] = &[
    (
        "/api/v2/organizations/acme/oauth-clients",
        r#"{"data":{"type":"oauth-clients","attributes":{"service-provider":"github","http-url":"https://github.com",
           "api-url":"https://api.github.com","oauth-token-string":"4306823352f0009d0ed81f1b654ac17a"}}}"#,
    ),
    (
        "/api/v2/organizations/acme/projects",
        r#"{"data":{"type":"projects","attributes":{"name":"other"},"relationships":{"tag-bindings":{"data":
           [{"type":"tag-bindings","attributes":{"key":"env","value":"prod"}}]}}}}"#,
    ),
    (
        "/api/v2/organizations/acme/workspaces",
        r#"{"data":{"type":"workspaces","attributes":{"name":"w"},"relationships":{"tags":{"data":
           [{"type":"tags","attributes":{"name":"blue"}}]}}}}"#,
    ),
    ("/api/v2/organizations/acme/workspaces", r#"{"data":{"type":"workspaces","attributes":{"name":"v"}}}"#),
    ("/api/v2/organizations/acme/agent-pools", r#"{"data":{"type":"agent-pools","attributes":{"name":"pool"}}}"#),
    (
        "/api/v2/organizations/acme/ssh-keys",
        r#"{"data":{"type":"ssh-keys","attributes":{"name":"key","value":"a private key"}}}"#,
    ),
    (
        "/api/v2/organizations/acme/varsets",
        r#"{"data":{"type":"varsets","attributes":{"name":"set"},"relationships":{"vars":{"data":
           [{"type":"vars","attributes":{"key":"k","value":"v","category":"env"}}]}}}}"#,
    ),
    (
        "/api/v2/organizations/acme/tasks",
        r#"{"data":{"type":"tasks","attributes":{"name":"scan","url":"https://example.com"}}}"#,
    ),
    ("/api/v2/organizations/acme/teams", r#"{"data":{"type":"teams","attributes":{"name":"ops"}}}"#),
    (
        "/api/v2/organizations/acme/organization-memberships",
        r#"{"data":{"type":"organization-memberships","attributes":{"email":"bob@example.com"}}}"#,
    ),
];

/// The first thing of each table becomes `…-1111111111111111`, the second `…-2222222222222222`.
const NAMED: &[(&str, &str, &str)] = &[
    ("organizations", "external_id", "org"),
    ("users", "id", "user"),
    ("oauth_clients", "id", "oc"),
    ("oauth_tokens", "id", "ot"),
    ("projects", "id", "prj"),
    ("workspaces", "id", "ws"),
    ("agent_pools", "id", "apool"),
    ("ssh_keys", "id", "sshkey"),
    ("teams", "id", "team"),
    ("organization_memberships", "id", "ou"),
    ("tags", "id", "tag"),
    ("variable_sets", "id", "varset"),
    ("variables", "id", "var"),
    ("run_tasks", "id", "task"),
    ("api_tokens", "id", "at"),
];

struct World {
    directory: TempDir,
    token: PlainToken,
    /// The database as it is to be before each request.
    template: Vec<u8>,
    /// How many databases there have been.
    generation: usize,
    /// `None` while there is no database.
    routes: Option<Routes>,
}

/// The reply to a request of the owner of everything. `None` where the target is no path.
pub fn ask(method: Method, target: &str, accept: &str, body: &[u8]) -> Option<Answer> {
    static WORLD: Mutex<Option<World>> = Mutex::new(None);
    let mut world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let world = world.get_or_insert_with(World::new);
    let answer = Answer::of(&world.reply(method, target, accept, body)?, is_of_api(target));
    if method != Method::Get && answer.is_success() {
        // Otherwise what a request does would depend on those before it.
        world.begin_anew();
    }
    Some(answer)
}

fn is_of_api(target: &str) -> bool {
    let request = Request::new(Method::Get, target, vec![], vec![]);
    request.is_ok_and(|request| request.path.first().is_some_and(|segment| segment == "api"))
}

/// Gone when dropped; in memory where there is such a place.
pub fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory")
}

/// A file of its owner's alone.
pub fn write_private(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).expect("a file");
    file.write_all(bytes).expect("written");
}

impl World {
    fn new() -> World {
        let directory = directory();
        let keys = Keys::generate().expect("a key");
        keys.write_new(&directory.path().join("key")).expect("written");
        let vault = Vault::new(keys);
        let token = PlainToken::generate(&Sources::system());
        let (digest, trail_key) = (vault.digest(token.reveal()), vault.trail_key());
        let mut world = World { directory, token, template: Vec::new(), generation: 0, routes: None };
        fs::create_dir(world.data()).expect("a directory");
        store::create(&world.database(), &Sealed(vec![0; 64]), [0; 32], &trail_key, Sources::system().now())
            .expect("a database");
        world.open();
        let seeded = world.routes.as_ref().expect("open").app.store.change(Actor::System, move |change| {
            let ada = NewUser { username: "ada".to_owned(), email: "ada@example.com".to_owned(), is_site_admin: true };
            let ada = change.create_user(&ada.check()?)?;
            change.create_organization(&NewOrganization::new("acme".to_owned(), ada.email.clone())?, &ada)?;
            let terms = TokenTerms::new(Some("fuzzing".to_owned()), None)?;
            let new = NewToken { subject: Subject::User(ada.number), terms, is_sole: false };
            change.create_api_token(&new, &digest, None)
        });
        seeded.expect("a user, an organization and a token");
        for (target, document) in FURNITURE {
            let reply = world.reply(Method::Post, target, "*/*", document.as_bytes()).expect("a path");
            assert!(reply.status < 300, "{target}: {}", String::from_utf8_lossy(&reply.body.whole()));
        }
        world.close();
        name_things(&world.database());
        world.template = fs::read(world.database()).expect("the database");
        world.open();
        world
    }

    fn reply(&self, method: Method, target: &str, accept: &str, body: &[u8]) -> Option<Reply> {
        let bearer = format!("Bearer {}", self.token.reveal());
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", MEDIA_TYPE), ("Accept", accept)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let request = Request::new(method, target, headers, body.to_vec()).ok()?;
        Some(self.routes.as_ref()?.handle(request, &WorkerSlots::new(1).slot()))
    }

    fn begin_anew(&mut self) {
        self.close();
        fs::remove_dir_all(self.data()).expect("removed");
        self.generation += 1;
        fs::create_dir(self.data()).expect("a directory");
        fs::write(self.database(), &self.template).expect("written");
        self.open();
    }

    fn open(&mut self) {
        let vault = Vault::read(&self.directory.path().join("key")).expect("a key");
        let store = Store::open(&self.database(), vault.trail_key(), Sources::system(), |why| panic!("{why}"))
            .expect("a database");
        let public_url = PublicUrl::parse(ADDRESS).expect("a URL");
        self.routes =
            Some(Routes { app: Arc::new(App::new(store, vault, public_url, RateLimits::off())), has_pages: true });
    }

    fn close(&mut self) {
        if let Some(app) = self.routes.take().and_then(|routes| Arc::into_inner(routes.app)) {
            app.store.close();
        }
    }

    /// Of one database and what lies beside it.
    fn data(&self) -> PathBuf {
        self.directory.path().join(self.generation.to_string())
    }

    fn database(&self) -> PathBuf {
        self.data().join("bowline.db")
    }
}

/// In the file itself, since no client chooses ids.
fn name_things(path: &Path) {
    let database = rusqlite::Connection::open(path).expect("the database");
    for (table, column, prefix) in NAMED {
        for (n, digit) in ["1", "2"].iter().enumerate() {
            let sql = format!(
                "UPDATE {table} SET {column} = '{prefix}-{}'
                 WHERE number = (SELECT number FROM {table} ORDER BY number LIMIT 1 OFFSET {n})",
                digit.repeat(16)
            );
            database.execute(&sql, []).expect("renamed");
        }
    }
    database.close().expect("closed");
}
