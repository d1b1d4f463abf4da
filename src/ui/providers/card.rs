//! One VCS provider with everything that can be read of it.

use crate::app::PublicUrl;
use crate::domain::oauth::client::{AffectedWorkspaces, OAuthClient};
use crate::domain::oauth::credential::{Source, State};
use crate::domain::oauth::token::OAuthToken;
use crate::domain::timestamp::Timestamp;
use crate::ui::parts::Copy;
use crate::ui::when::When;

pub struct Card {
    /// `oc-…`
    pub id: String,
    /// The client's name, or the provider's where it has none.
    pub name: String,
    /// "GitHub Enterprise"
    pub provider: &'static str,
    pub connection: Connection,
    /// Callback URL, HTTP URL, API URL, token id; for an application link, also what to register.
    pub copies: Vec<Copy>,
    pub created: When,
    /// "All projects", "2 projects: web, ops".
    pub scope: String,
    /// Whether a key is stored, where it can be.
    pub ssh_key: Option<&'static str>,
    /// The first ones.
    pub workspaces: Vec<String>,
    pub workspace_count: u64,
    /// What else uses it.
    pub others: Option<String>,
    /// The path that starts the web flow, or generates the keys for it; none where there is none for the provider.
    pub connect: Option<String>,
    /// The path that a check of the connection is sent to; none where it cannot be checked.
    pub check: Option<String>,
}

pub enum Connection {
    /// Made in the browser.
    Connected {
        user: String,
        since: When,
    },
    /// The token came through the API or a form.
    Token {
        user: String,
        since: When,
    },
    NotConnected,
    /// The provider refuses the token, for the reason given as a sentence.
    Broken {
        why: String,
        since: When,
    },
}

impl Connection {
    pub fn title(&self) -> &'static str {
        match self {
            Connection::Connected { .. } => "Connected",
            Connection::Token { .. } => "Token given",
            Connection::NotConnected => "Not connected",
            Connection::Broken { .. } => "Broken",
        }
    }

    pub fn tone(&self) -> &'static str {
        match self {
            Connection::Connected { .. } | Connection::Token { .. } => "good",
            Connection::NotConnected => "",
            Connection::Broken { .. } => "bad",
        }
    }

    pub fn has_token(&self) -> bool {
        !matches!(self, Connection::NotConnected)
    }

    pub fn is_usable(&self) -> bool {
        matches!(self, Connection::Connected { .. } | Connection::Token { .. })
    }

    /// What its button says.
    pub fn verb(&self) -> &'static str {
        if self.has_token() { "Reauthorize" } else { "Connect" }
    }
}

impl Card {
    /// `projects` are the names of those that the client is for, as far as the caller may see them; `list` is the path of the
    /// page.
    pub fn of(
        client: &OAuthClient,
        token: Option<&OAuthToken>,
        projects: &[String],
        affected: AffectedWorkspaces,
        public_url: &PublicUrl,
        list: &str,
        now: Timestamp,
    ) -> Card {
        let connection = match token {
            None => Connection::NotConnected,
            Some(token) => {
                let (user, since) = (token.service_provider_user.clone(), When::new(token.changed_at, now));
                match (&token.state, token.source) {
                    (State::Broken { reason }, _) => Connection::Broken { why: reason.clone(), since },
                    (State::Usable, Source::WebFlow) => Connection::Connected { user, since },
                    (State::Usable, Source::Api) => Connection::Token { user, since },
                }
            }
        };
        let key = match token.map(|token| token.has_ssh_key) {
            None => None,
            Some(true) => Some("A private key is stored."),
            Some(false) => Some("No private key is stored."),
        };
        Card {
            id: client.id.to_string(),
            name: client.shown_name().to_owned(),
            provider: client.service_provider.display_name(),
            connection,
            copies: copies(client, public_url),
            created: When::new(client.created_at, now),
            scope: scope(client, projects),
            ssh_key: key,
            others: affected.others(),
            workspaces: affected.names,
            workspace_count: affected.count,
            connect: (client.can_connect() || client.lacks_keys()).then(|| client.connect_path()),
            check: token.map(|_| format!("{list}/{}/check", client.id)),
        }
    }

    /// Below the organization's path.
    pub fn path(&self) -> String {
        format!("/vcs-providers/{}", self.id)
    }

    pub fn more_workspaces(&self) -> u64 {
        self.workspace_count.saturating_sub(self.workspaces.len() as u64)
    }
}

fn copies(client: &OAuthClient, public_url: &PublicUrl) -> Vec<Copy> {
    let id = |part: &str| format!("{}-{part}", client.id);
    let mut copies = vec![
        Copy::new(id("callback-url"), "Callback URL", public_url.join(&client.callback_path())),
        Copy::new(id("http-url"), "HTTP URL", &*client.http_url),
        Copy::new(id("api-url"), "API URL", &*client.api_url),
    ];
    if let Some(token) = &client.oauth_token {
        copies.push(Copy::new(id("token"), "OAuth Token ID", token.as_str()));
    }
    // What is to be registered at the provider, once it is known here.
    if let (Some(key), Some(public_key)) = (&client.key, &client.rsa_public_key) {
        copies.push(Copy::new(id("key"), "Consumer key", &**key));
        copies.push(Copy::long(id("public-key"), "Public key", &**public_key));
    }
    copies
}

fn scope(client: &OAuthClient, projects: &[String]) -> String {
    let count = client.projects.len();
    match (client.organization_scoped, count) {
        (true, _) => "All projects".to_owned(),
        (false, 0) => "No project: nothing can use it until projects are selected.".to_owned(),
        (false, _) => {
            let noun = if count == 1 { "project" } else { "projects" };
            let names = if projects.is_empty() { String::new() } else { format!(": {}", projects.join(", ")) };
            format!("{count} {noun}{names}")
        }
    }
}
