//! Mixed load: callers that create, rename, link, unlink and delete what is theirs, and remember what they were told.

use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::ledger::{Change, Ledger, Link, Made};
use crate::harness::{Caller, JSON_API, Server, document, sample_with};

/// Callers that share an organization.
const TO_AN_ORGANIZATION: usize = 4;

pub struct Crew {
    hands: Vec<Hand>,
}

struct Hand {
    ledger: Ledger,
    api_token: String,
    organization: String,
    dice: StdRng,
    /// What was named so far.
    names: usize,
}

/// How a hand's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told to stop.
    Stopped,
    /// Nobody answers any more.
    Gone,
    /// A change was answered with this status.
    Refused(u16),
}

impl Crew {
    /// Users with tokens in organizations of their own, in a data directory that `bowline demo` makes.
    pub fn muster(size: usize, data: &Path, seed: u64) -> Crew {
        let server = Server::demo_on(data, &[]);
        let mut tokens: Vec<String> = Vec::new();
        for n in 0..size {
            let (user, organization) = (user(n), organization(n));
            let caller = server.outsider(&user);
            if n % TO_AN_ORGANIZATION == 0 {
                caller.creates_organization(&organization);
            } else {
                let first = server.with_token(&tokens[n - n % TO_AN_ORGANIZATION]);
                let teams = first.get(&format!("/organizations/{organization}/teams")).is(200);
                first.invites(&organization, &user, &[&teams.text("/data/0/id")]);
            }
            tokens.push(caller.token.expect("a token"));
        }
        let database = server.sqlite();
        let hand = |(n, api_token)| Hand {
            ledger: Ledger::begin(&user(n), &database),
            api_token,
            organization: organization(n),
            dice: StdRng::seed_from_u64(seed.wrapping_add(n as u64)),
            names: 0,
        };
        let hands = tokens.into_iter().enumerate().map(hand).collect();
        drop(database);
        assert!(server.stop().success());
        Crew { hands }
    }

    /// Everybody works at once until `goes_on`, asked after each acknowledgement, says no, or the server does. `clock`
    /// measures when something was acknowledged.
    pub fn work(
        &mut self,
        server: &Server,
        clock: impl Fn() -> u64 + Sync,
        goes_on: impl Fn() -> bool + Sync,
    ) -> Vec<End> {
        let (clock, goes_on) = (&clock, &goes_on);
        std::thread::scope(|threads| {
            let work = |hand: &mut Hand| hand.work(&server.with_token(&hand.api_token), clock, goes_on);
            let hands: Vec<_> = self.hands.iter_mut().map(|hand| threads.spawn(move || work(hand))).collect();
            hands.into_iter().map(|hand| hand.join().expect("a hand")).collect()
        })
    }

    /// See [`Ledger::settle`]; and there is nothing that is nobody's.
    pub fn settle(&mut self, database: &Connection) {
        self.hands.iter_mut().for_each(|hand| hand.ledger.settle(database));
        let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count") as usize;
        let owned = |size: fn(&Ledger) -> usize| self.hands.iter().map(|hand| size(&hand.ledger)).sum::<usize>();
        let clients = owned(|ledger| ledger.things().clients.len());
        assert_eq!(count("SELECT count(*) FROM oauth_clients"), clients);
        assert_eq!(count("SELECT count(*) FROM oauth_tokens"), clients);
        assert_eq!(count("SELECT count(*) FROM workspaces"), owned(|ledger| ledger.things().workspaces.len()));
        assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    }

    /// See [`Ledger::verify`]. Gives how many changes of all are there.
    pub fn verify(&self, database: &Connection, at: u64) -> usize {
        self.hands.iter().map(|hand| hand.ledger.verify(database, at)).sum()
    }

    pub fn changes(&self) -> usize {
        self.hands.iter().map(|hand| hand.ledger.changes()).sum()
    }
}

fn user(n: usize) -> String {
    format!("hand{n:02}")
}

fn organization(n: usize) -> String {
    format!("crew{}", n / TO_AN_ORGANIZATION)
}

impl Hand {
    fn work(&mut self, caller: &Caller, clock: &impl Fn() -> u64, goes_on: &impl Fn() -> bool) -> End {
        loop {
            let change = self.next();
            let (method, path, body) = self.request(&change);
            let body = body.to_string();
            let body = Some(body.as_bytes()).filter(|_| method != "DELETE");
            self.ledger.sent(change);
            let Ok(answer) = caller.try_send(method, &path, body, &[("Content-Type", JSON_API)]) else {
                return End::Gone;
            };
            match answer.status {
                200 | 201 | 204 => {
                    let document: Value = serde_json::from_str(&answer.body).unwrap_or_default();
                    let id = |pointer| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
                    let token = id("/data/relationships/oauth-tokens/data/0/id");
                    self.ledger.acknowledged(&Made { id: id("/data/id"), token }, clock());
                }
                // These say that nothing was changed.
                503 | 507 => {
                    self.ledger.refused();
                    return End::Refused(answer.status);
                }
                // This one says nothing of the kind.
                500 => return End::Refused(500),
                _ => panic!("{method} {path}: {} {}", answer.status, answer.body),
            }
            if !goes_on() {
                return End::Stopped;
            }
        }
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("{}-{:06}", self.ledger.user, self.names)
    }

    /// Something that is possible; a hand owns a few things at a time.
    fn next(&mut self) -> Change {
        let things = self.ledger.things().clone();
        let clients: Vec<&String> = things.clients.keys().collect();
        let workspaces: Vec<&String> = things.workspaces.keys().collect();
        let dice = &mut self.dice;
        let mut one_of = |ids: &[&String]| ids[dice.random_range(0..ids.len())].clone();
        if clients.is_empty() {
            return Change::CreateClient { name: self.name() };
        }
        let client = one_of(&clients);
        let workspace = (!workspaces.is_empty()).then(|| one_of(&workspaces));
        let link = Link { token: things.clients[&client].token.clone(), identifier: String::new() };
        let roll = self.dice.random_range(0..100);
        match workspace {
            _ if roll < 20 && clients.len() < 6 => Change::CreateClient { name: self.name() },
            _ if roll < 40 => Change::RenameClient { client, name: self.name() },
            _ if roll < 55 => Change::DeleteClient { client },
            Some(workspace) if roll < 70 => {
                Change::Link { workspace, link: Some(Link { identifier: format!("acme/{}", self.name()), ..link }) }
            }
            Some(workspace) if roll < 80 => Change::Link { workspace, link: None },
            Some(workspace) if roll < 88 || workspaces.len() > 6 => Change::DeleteWorkspace { workspace },
            _ => {
                let name = self.name();
                let link = Link { identifier: format!("acme/{name}"), ..link };
                Change::CreateWorkspace { name, link: (roll % 2 == 0).then_some(link) }
            }
        }
    }

    fn request(&self, change: &Change) -> (&'static str, String, Value) {
        let organization = &self.organization;
        let repository = |link: &Option<Link>| {
            link.as_ref().map(|link| json!({"identifier": link.identifier, "oauth-token-id": link.token}))
        };
        match change {
            Change::CreateClient { name } => {
                let path = format!("/organizations/{organization}/oauth-clients");
                ("POST", path, sample_with(json!({"name": name})))
            }
            Change::RenameClient { client, name } => {
                ("PATCH", format!("/oauth-clients/{client}"), document("oauth-clients", json!({"name": name})))
            }
            Change::DeleteClient { client } => ("DELETE", format!("/oauth-clients/{client}"), Value::Null),
            Change::CreateWorkspace { name, link } => {
                let attributes = json!({"name": name, "vcs-repo": repository(link)});
                ("POST", format!("/organizations/{organization}/workspaces"), document("workspaces", attributes))
            }
            Change::Link { workspace, link } => {
                let attributes = json!({"vcs-repo": repository(link)});
                ("PATCH", format!("/workspaces/{workspace}"), document("workspaces", attributes))
            }
            Change::DeleteWorkspace { workspace } => ("DELETE", format!("/workspaces/{workspace}"), Value::Null),
        }
    }
}
