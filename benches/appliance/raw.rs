//! Raw SQLite, beside which creates are measured: the rows of one create, by statements prepared once, on one thread,
//! with nothing in between.

use std::time::{Duration, Instant};

use bowline::domain::id::{OAuthClientId, OAuthTokenId};
use bowline::domain::sources::Sources;
use rusqlite::{Connection, Statement, params};

use crate::ground::{Ground, SEALED_BYTES};
use crate::outcome::Outcome;

pub struct Raw {
    database: Connection,
}

impl Raw {
    /// With the schema, and the settings of Bowline's own writer, on a database that nobody serves.
    pub fn open(ground: &Ground) -> Outcome<Raw> {
        let database = Connection::open(ground.database())?;
        database.pragma_update(None, "synchronous", "FULL")?;
        database.pragma_update(None, "wal_autocheckpoint", 4000)?;
        database.pragma_update(None, "foreign_keys", true)?;
        database.pragma_update(None, "secure_delete", true)?;
        database.pragma_update(None, "cell_size_check", true)?;
        database.pragma_update(None, "cache_size", -4096)?;
        Ok(Raw { database })
    }

    /// Creates a second, so many to a commit.
    pub fn run(&self, creates_per_commit: usize, period: Duration) -> Outcome<f64> {
        let (mut begin, mut commit) = (self.database.prepare("BEGIN IMMEDIATE")?, self.database.prepare("COMMIT")?);
        let mut create = Create::prepare(&self.database)?;
        let (began, mut created) = (Instant::now(), 0);
        while began.elapsed() < period {
            begin.execute([])?;
            for _ in 0..creates_per_commit {
                create.run()?;
            }
            commit.execute([])?;
            created += creates_per_commit;
        }
        Ok(created as f64 / began.elapsed().as_secs_f64())
    }
}

/// What a create of the sample writes: a client with its token, and an event for each.
struct Create<'a> {
    client: Statement<'a>,
    token: Statement<'a>,
    event: Statement<'a>,
    sources: Sources,
}

impl<'a> Create<'a> {
    fn prepare(database: &'a Connection) -> Outcome<Create<'a>> {
        Ok(Create {
            sources: Sources::system(),
            client: database.prepare(
                "INSERT INTO oauth_clients
                   (id, organization, callback, service_provider, http_url, api_url, organization_scoped, created_at,
                    updated_at)
                 VALUES (?1, 1, ?2, 'github', 'https://github.com', 'https://api.github.com', 1, 0, 0)",
            )?,
            token: database.prepare(
                "INSERT INTO oauth_tokens (id, client, token_sealed, source, created_at)
                 VALUES (?1, ?2, ?3, 'api', 0)",
            )?,
            event: database.prepare(
                "INSERT INTO audit_events
                   (id, at, organization, request_id, actor_type, actor_id, actor_name, resource_type, resource_id,
                    action, link)
                 VALUES (?1, 0, 'org-1111111111111111', ?2, 'Client', 'user-1111111111111111', 'bench', ?3, ?4,
                         'create', ?5)",
            )?,
        })
    }

    fn run(&mut self) -> Outcome<()> {
        let (client, token) = (OAuthClientId::generate(&self.sources), OAuthTokenId::generate(&self.sources));
        let callback: [u8; 16] = rand::random();
        let number = self.client.insert(params![client.as_str(), callback])?;
        self.event("oauth_client", client.as_str())?;
        self.token.execute(params![token.as_str(), number, [7u8; SEALED_BYTES]])?;
        self.event("oauth_token", token.as_str())
    }

    fn event(&mut self, resource: &str, id: &str) -> Outcome<()> {
        let (event, request): ([u8; 16], [u8; 16]) = (rand::random(), rand::random());
        self.event.execute(params![event, request, resource, id, rand::random::<[u8; 32]>()])?;
        Ok(())
    }
}
