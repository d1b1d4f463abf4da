//! Connections in use: what providers are asked, and what becomes of their answers. The providers are imitations.

mod azure;
mod command;
mod events;
mod failures;
mod flags;
pub mod imitation;
mod lists;
mod renewal;
mod secrecy;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, Caller, Server, WITHOUT_PROVIDERS, sample_with, temporary};
use imitation::{Imitation, Said, Seen};

/// A `serve` with a client whose provider is an imitation.
struct Scene {
    server: Server,
    owner: Caller,
    imitation: Imitation,
    client: String,
    token: String,
    place: TempDir,
}

const TOKEN: &str = "glpat-token-1";
/// As `Server::puts_refresh_token` puts it.
const REFRESH_TOKEN: &str = "refresh";
const PROJECT: &str = r#"{"path_with_namespace": "acme/infra", "name": "Infra", "default_branch": "main"}"#;

impl Scene {
    fn new(answer: impl Fn(&Seen) -> Said + Send + Sync + 'static) -> Scene {
        Scene::with(&["--allow-provider-address", "127.0.0.1"], answer)
    }

    fn with(flags: &[&str], answer: impl Fn(&Seen) -> Said + Send + Sync + 'static) -> Scene {
        let place = temporary();
        let data_dir = place.path().join("data");
        // The organization and its owner, as a demo makes them.
        let demo = Server::demo_on(&data_dir, &WITHOUT_PROVIDERS);
        let token = demo.owner().token.expect("a token");
        demo.stop();
        let server = Server::serve_on(&data_dir, flags);
        let (owner, imitation) = (server.with_token(&token), Imitation::start(answer));
        let (client, token) = creates_client(&owner, "my-organization", &imitation.origin());
        Scene { server, owner, imitation, client, token, place }
    }

    /// The token has expired, and came with a refresh token: as the web flow leaves it.
    fn expires(&self) {
        self.server.puts_refresh_token(&self.token);
        let sql = "UPDATE oauth_tokens SET expires_at = 1, source = 'web flow' WHERE id = ?1";
        assert_eq!(self.server.sqlite().execute(sql, [&self.token]), Ok(1));
    }

    fn repositories(&self) -> Answer {
        self.owner.get(&format!("/oauth-tokens/{}/authorized-repos", self.token))
    }

    fn events(&self) -> Vec<Value> {
        self.owner.get("/organizations/my-organization/vcs-events").is(200).list()
    }

    fn state(&self) -> String {
        let sql = "SELECT state || coalesce(': ' || broken_reason, '') FROM oauth_tokens WHERE id = ?1";
        self.server.sqlite().query_row(sql, [&self.token], |row| row.get(0)).expect("a token")
    }

    /// Kills the server and starts another one on its data.
    fn restarts(self) -> Scene {
        let data_dir = self.place.path().join("data");
        let token = self.owner.token.clone().expect("a token");
        self.server.kill();
        let server = Server::serve_on(&data_dir, &["--allow-provider-address", "127.0.0.1"]);
        let owner = server.with_token(&token);
        Scene { server, owner, ..self }
    }
}

fn creates_client(owner: &Caller, organization: &str, origin: &str) -> (String, String) {
    let document = sample_with(json!({
        "service-provider": "gitlab_community_edition", "name": "imitated", "http-url": origin,
        "api-url": format!("{origin}/api/v4"), "key": "the key", "secret": "the secret", "oauth-token-string": TOKEN,
    }));
    let made = owner.post(&format!("/organizations/{organization}/oauth-clients"), &document).is(201);
    (made.text("/data/id"), made.text("/data/relationships/oauth-tokens/data/0/id"))
}

/// The pair that follows a refresh token.
fn next_pair() -> Said {
    Said::json(json!({"access_token": "glpat-token-2", "refresh_token": "refresh-2", "token_type": "bearer",
                      "expires_in": 7200, "scope": "api"}))
}

fn refused_grant() -> Said {
    Said::Json(400, json!({"error": "invalid_grant", "error_description": "needle-from-provider"}).to_string())
}

fn detail(answer: &Answer) -> String {
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(answer.text("/errors/0/title"), "VCS provider error");
    answer.text("/errors/0/detail")
}
