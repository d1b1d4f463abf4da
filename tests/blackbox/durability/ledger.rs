//! What a caller was told had happened, and so what the database has to hold.

use std::collections::BTreeMap;

use rusqlite::Connection;

/// Everything that one caller owns, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Things {
    pub clients: BTreeMap<String, Client>,
    pub workspaces: BTreeMap<String, Workspace>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub name: String,
    pub token: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Sorts in the order of creation.
    pub name: String,
    pub link: Option<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub token: String,
    pub identifier: String,
}

#[derive(Clone, Debug)]
pub enum Change {
    CreateClient { name: String },
    RenameClient { client: String, name: String },
    DeleteClient { client: String },
    CreateWorkspace { name: String, link: Option<Link> },
    Link { workspace: String, link: Option<Link> },
    DeleteWorkspace { workspace: String },
}

/// The ids of what a change made: of the client or workspace, and of the client's token.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub id: String,
    pub token: String,
}

impl Things {
    /// Makes the change, and gives the events that the trail must have of it.
    fn apply(&mut self, change: &Change, made: &Made) -> Vec<String> {
        match change {
            Change::CreateClient { name } => {
                let client = Client { name: name.clone(), token: made.token.clone() };
                self.clients.insert(made.id.clone(), client);
                vec![format!("create oauth_client {}", made.id), format!("create oauth_token {}", made.token)]
            }
            Change::RenameClient { client, name } => {
                self.clients.get_mut(client).expect("a client of ours").name.clone_from(name);
                vec![format!("update oauth_client {client}")]
            }
            Change::DeleteClient { client } => {
                let token = self.clients.remove(client).expect("a client of ours").token;
                let mut unlinked: Vec<(&String, &mut Workspace)> = self
                    .workspaces
                    .iter_mut()
                    .filter(|(_, workspace)| workspace.link.as_ref().is_some_and(|link| link.token == token))
                    .collect();
                unlinked.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
                let mut events = Vec::new();
                for (id, workspace) in unlinked {
                    workspace.link = None;
                    events.push(format!("unlink workspace {id}"));
                }
                events.extend([format!("destroy oauth_token {token}"), format!("destroy oauth_client {client}")]);
                events
            }
            Change::CreateWorkspace { name, link } => {
                self.workspaces.insert(made.id.clone(), Workspace { name: name.clone(), link: link.clone() });
                vec![format!("create workspace {}", made.id)]
            }
            Change::Link { workspace, link } => {
                self.workspaces.get_mut(workspace).expect("a workspace of ours").link.clone_from(link);
                vec![format!("update workspace {workspace}")]
            }
            Change::DeleteWorkspace { workspace } => {
                self.workspaces.remove(workspace).expect("a workspace of ours");
                vec![format!("destroy workspace {workspace}")]
            }
        }
    }

    /// What a change that nobody answered for would have made, if it is here.
    fn made_by(&self, change: &Change) -> Made {
        match change {
            Change::CreateClient { name } => {
                let found = self.clients.iter().find(|(_, client)| client.name == *name);
                found.map(|(id, client)| Made { id: id.clone(), token: client.token.clone() })
            }
            Change::CreateWorkspace { name, .. } => {
                let found = self.workspaces.iter().find(|(_, workspace)| workspace.name == *name);
                found.map(|(id, _)| Made { id: id.clone(), token: String::new() })
            }
            _ => None,
        }
        .unwrap_or_default()
    }
}

/// What one caller has and how it came to it.
pub struct Ledger {
    /// Everything of this caller is named after it.
    pub user: String,
    /// After each change, the first entry before all of them.
    history: Vec<Entry>,
    /// All events of all changes.
    trail: Vec<String>,
    /// Sent, and not answered for.
    in_flight: Option<Change>,
    /// Events of the user from before the ledger was begun.
    earlier_events: usize,
}

struct Entry {
    things: Things,
    /// How many events the trail has by then.
    events: usize,
    /// When the change was acknowledged, by the measure of whoever keeps the ledger.
    at: u64,
}

impl Ledger {
    pub fn begin(user: &str, database: &Connection) -> Ledger {
        let earlier_events = trail(database, user, 0).len();
        let nothing = Entry { things: Things::default(), events: 0, at: 0 };
        Ledger { user: user.to_owned(), history: vec![nothing], trail: vec![], in_flight: None, earlier_events }
    }

    pub fn things(&self) -> &Things {
        &self.last().things
    }

    fn last(&self) -> &Entry {
        self.history.last().expect("never empty")
    }

    /// How many changes there were.
    pub fn changes(&self) -> usize {
        self.history.len() - 1
    }

    pub fn sent(&mut self, change: Change) {
        assert!(self.in_flight.is_none(), "one change at a time");
        self.in_flight = Some(change);
    }

    pub fn acknowledged(&mut self, made: &Made, at: u64) {
        let change = self.in_flight.take().expect("a change was sent");
        self.add(&change, made, at);
    }

    /// The caller was told that nothing was changed.
    pub fn refused(&mut self) {
        self.in_flight = None;
    }

    fn add(&mut self, change: &Change, made: &Made, at: u64) {
        let mut things = self.things().clone();
        self.trail.extend(things.apply(change, made));
        self.history.push(Entry { things, events: self.trail.len(), at });
    }

    /// The database must hold everything acknowledged, all of what was in flight or nothing of it, and nothing else.
    /// What is found is what counts from here on.
    pub fn settle(&mut self, database: &Connection) {
        let found = held(database, &self.user);
        if let Some(change) = self.in_flight.take()
            && trail(database, &self.user, self.earlier_events).len() > self.trail.len()
        {
            self.add(&change, &found.made_by(&change), self.last().at);
        }
        assert_eq!(self.verify(database, u64::MAX), self.changes(), "{}: an acknowledged change is missing", self.user);
    }

    /// The database must be in a state that it was in between two changes of this caller, none of those lost that were
    /// acknowledged at `at` or before. Gives how many changes it holds.
    pub fn verify(&self, database: &Connection, at: u64) -> usize {
        let user = &self.user;
        let events = trail(database, user, self.earlier_events);
        let stray = events.iter().zip(&self.trail).find(|(found, expected)| found != expected);
        assert!(stray.is_none(), "{user}: the trail has another event than it should: {stray:?}");
        let more = events.get(self.trail.len()..).unwrap_or_default();
        assert!(more.is_empty(), "{user}: the trail has events of nothing: {more:?}");
        let changes = self.history.iter().position(|entry| entry.events == events.len());
        let changes = changes.unwrap_or_else(|| panic!("{user}: the trail ends in the middle of a change"));
        let promised = self.history.iter().filter(|entry| entry.at <= at).count() - 1;
        assert!(changes >= promised, "{user}: {promised} changes were acknowledged, {changes} are there");
        compare(user, &held(database, user), &self.history[changes].things);
        changes
    }
}

/// Says what differs, not everything there is.
fn compare(user: &str, found: &Things, expected: &Things) {
    fn differences<T: PartialEq + std::fmt::Debug>(
        found: &BTreeMap<String, T>,
        expected: &BTreeMap<String, T>,
    ) -> Vec<String> {
        let ids = found.keys().chain(expected.keys().filter(|id| !found.contains_key(*id)));
        let differ = ids.filter(|id| found.get(*id) != expected.get(*id));
        differ.map(|id| format!("{id} is {:?} and should be {:?}", found.get(id), expected.get(id))).collect()
    }
    let mut wrong = differences(&found.clients, &expected.clients);
    wrong.extend(differences(&found.workspaces, &expected.workspaces));
    assert!(wrong.is_empty(), "{user}: {wrong:#?}");
}

fn held(database: &Connection, user: &str) -> Things {
    let mut clients = database
        .prepare_cached(
            "SELECT oauth_clients.id, oauth_clients.name, coalesce(oauth_tokens.id, 'none') FROM oauth_clients
             LEFT JOIN oauth_tokens ON oauth_tokens.client = oauth_clients.number
             WHERE oauth_clients.name GLOB ?1 || '-*'",
        )
        .expect("clients");
    let clients = clients
        .query_map([user], |row| Ok((row.get(0)?, Client { name: row.get(1)?, token: row.get(2)? })))
        .expect("clients")
        .collect::<Result<_, _>>()
        .expect("clients");
    let mut workspaces = database
        .prepare_cached(
            "SELECT workspaces.id, workspaces.name, repository_links.identifier, coalesce(oauth_tokens.id, 'none')
             FROM workspaces
             LEFT JOIN repository_links ON repository_links.workspace = workspaces.number
             LEFT JOIN oauth_tokens ON oauth_tokens.number = repository_links.oauth_token
             WHERE workspaces.name GLOB ?1 || '-*'",
        )
        .expect("workspaces");
    let workspaces = workspaces
        .query_map([user], |row| {
            let identifier: Option<String> = row.get(2)?;
            let token = row.get(3)?;
            let link = identifier.map(|identifier| Link { token, identifier });
            Ok((row.get(0)?, Workspace { name: row.get(1)?, link }))
        })
        .expect("workspaces")
        .collect::<Result<_, _>>()
        .expect("workspaces");
    Things { clients, workspaces }
}

/// The user's events from the `skip`th on, in the order in which they were written.
fn trail(database: &Connection, user: &str, skip: usize) -> Vec<String> {
    let mut events = database
        .prepare_cached(
            "SELECT action || ' ' || resource_type || ' ' || resource_id FROM audit_events
             WHERE actor_name = ?1 ORDER BY number LIMIT -1 OFFSET ?2",
        )
        .expect("a trail");
    let events = events.query_map((user, skip as i64), |row| row.get(0)).expect("events");
    events.map(|event| event.expect("an event")).collect()
}
