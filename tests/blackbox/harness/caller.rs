//! Somebody with a token: every kind of caller has the same verbs.

use std::time::Instant;

use serde_json::Value;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Body};

use super::Answer;
use super::contract;
use super::waiting::PATIENCE;

pub const JSON_API: &str = "application/vnd.api+json";

#[derive(Clone)]
pub struct Caller {
    agent: Agent,
    address: String,
    pub token: Option<String>,
}

impl Caller {
    pub fn new(address: &str, token: Option<&str>) -> Caller {
        Caller::with(address, token, TlsConfig::default())
    }

    pub fn trusting(address: &str, token: Option<&str>, certificate: &[u8]) -> Caller {
        let roots = [Certificate::from_pem(certificate).expect("a certificate")];
        Caller::with(address, token, TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build())
    }

    fn with(address: &str, token: Option<&str>, tls: TlsConfig) -> Caller {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            // Of either the default is 128 KiB, which an unoptimized build fills with zeros byte by byte for each connection.
            .input_buffer_size(8 * 1024)
            .output_buffer_size(8 * 1024)
            .tls_config(tls)
            .build();
        Caller { agent: config.into(), address: address.to_owned(), token: token.map(str::to_owned) }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[])
    }

    pub fn post(&self, path: &str, document: &Value) -> Answer {
        self.send_json("POST", path, document)
    }

    pub fn patch(&self, path: &str, document: &Value) -> Answer {
        self.send_json("PATCH", path, document)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, &[])
    }

    pub fn send_json(&self, method: &str, path: &str, document: &Value) -> Answer {
        self.send(method, path, Some(document.to_string().as_bytes()), &[("Content-Type", JSON_API)])
    }

    /// `path` is below `/api/v2` unless it begins with `!`, which is taken off.
    pub fn send(&self, method: &str, path: &str, body: Option<&[u8]>, headers: &[(&str, &str)]) -> Answer {
        self.try_send(method, path, body, headers).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    /// For callers who know that the server may be gone. What comes back is as the OpenAPI document says, always.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let path = path.strip_prefix('!').map_or_else(|| format!("/api/v2{path}"), str::to_owned);
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let response = match body {
                Some(body) => self.run(request.clone().map(|()| body)),
                None => self.run(request.clone()),
            };
            let answer = Answer::read(response?, &self.address)?;
            contract::check(method, &path, &answer);
            // Under a load that is not the test's own. Nothing was changed, and real clients ask again, too.
            let is_busy = answer.status == 503 && answer.body.contains("The server is busy with other changes");
            if !is_busy || Instant::now() > deadline {
                return Ok(answer);
            }
        }
    }

    fn run(&self, request: Request<impl AsSendBody>) -> Result<Response<Body>, ureq::Error> {
        self.agent.run(self.agent.configure_request(request).allow_non_standard_methods(true).build())
    }

    /// Tries to create an OAuth client in `my-organization`.
    pub fn tries_client(&self, document: &Value) -> Answer {
        self.post("/organizations/my-organization/oauth-clients", document)
    }

    /// Creates the sample client of 2018 in `organization`; gives its id and its token's id.
    pub fn creates_client(&self, organization: &str) -> (String, String) {
        let answer =
            self.post(&format!("/organizations/{organization}/oauth-clients"), &super::sample_of_2018()).is(201);
        let token = answer.text("/data/relationships/oauth-tokens/data/0/id");
        (answer.text("/data/id"), token)
    }

    /// Creates an organization of the caller's own.
    pub fn creates_organization(&self, name: &str) {
        let attributes = serde_json::json!({"name": name, "email": "ops@example.com"});
        let document = serde_json::json!({"data": {"type": "organizations", "attributes": attributes}});
        self.post("/organizations", &document).is(201);
    }

    /// Creates a workspace, linked through `oauth_token` if one is given; gives its id.
    pub fn creates_workspace(&self, organization: &str, name: &str, oauth_token: Option<&str>) -> String {
        let link = oauth_token.map(|token| serde_json::json!({"identifier": "acme/infra", "oauth-token-id": token}));
        let attributes = serde_json::json!({"name": name, "vcs-repo": link});
        let document = serde_json::json!({"data": {"type": "workspaces", "attributes": attributes}});
        self.post(&format!("/organizations/{organization}/workspaces"), &document).is(201).text("/data/id")
    }

    /// Gives a workspace a tag of that name; gives the tag's id.
    pub fn creates_tag(&self, workspace: &str, name: &str) -> String {
        let tag = serde_json::json!({"data": [{"type": "tags", "attributes": {"name": name}}]});
        self.post(&format!("/workspaces/{workspace}/relationships/tags"), &tag).is_done();
        let tags = self.get(&format!("/workspaces/{workspace}/relationships/tags")).is(200).list();
        let tag = tags.iter().find(|tag| tag["attributes"]["name"] == name).expect("the tag");
        tag["id"].as_str().expect("an id").to_owned()
    }

    /// Creates a project; gives its id.
    pub fn creates_project(&self, organization: &str, name: &str) -> String {
        let document = super::document("projects", serde_json::json!({"name": name}));
        self.post(&format!("/organizations/{organization}/projects"), &document).is(201).text("/data/id")
    }

    /// Creates an agent pool; gives its id.
    pub fn creates_agent_pool(&self, organization: &str, name: &str) -> String {
        let document = super::document("agent-pools", serde_json::json!({"name": name}));
        self.post(&format!("/organizations/{organization}/agent-pools"), &document).is(201).text("/data/id")
    }

    /// Creates an SSH key of the organization; gives its id.
    pub fn creates_ssh_key(&self, organization: &str, name: &str) -> String {
        let document = super::document("ssh-keys", serde_json::json!({"name": name, "value": "a private key"}));
        self.post(&format!("/organizations/{organization}/ssh-keys"), &document).is(201).text("/data/id")
    }
}
