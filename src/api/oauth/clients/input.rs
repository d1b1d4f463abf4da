//! OAuth clients as they come in: attributes to fields, secrets to sealed ones.

use super::KIND;
use crate::api::jsonapi::input::Input;
use crate::app::{Cx, sealing};
use crate::domain::error::{Error, Result};
use crate::domain::id::{OrganizationId, ProjectId};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::client_change::{OAuthClientChange, OAuthClientChangeFields};
use crate::domain::oauth::new_client::{NewOAuthClient, OAuthClientFields};
use crate::store::{SealedOAuthClient, SealedOAuthClientChange};

/// Reads a new client, and seals its secrets for the ids that it will have in `organization`.
pub fn new_oauth_client(cx: &Cx, organization: &OrganizationId) -> Result<(NewOAuthClient, SealedOAuthClient)> {
    let mut input = Input::read(cx, KIND)?;
    // `POST /oauth-clients` has taken it.
    input.allow("organization-id");
    let projects = projects(&mut input);
    let fields = OAuthClientFields {
        service_provider: input.text("service-provider"),
        name: input.text("name"),
        http_url: input.text("http-url"),
        api_url: input.text("api-url"),
        oauth_token_string: input.text("oauth-token-string"),
        key: input.text("key"),
        secret: input.text("secret"),
        rsa_public_key: input.text("rsa-public-key"),
        private_key: input.text("private-key"),
        organization_scoped: input.flag("organization-scoped"),
        ado_org_name: input.text("ado-org-name"),
        ado_entra_tenant_id: input.text("ado-entra-tenant-id"),
        projects,
        agent_pool: input.linked("agent-pool", "agent-pools").value(),
    };
    let new = NewOAuthClient::check(fields, &mut input.problems);
    input.finish()?;
    let new = new.ok_or_else(|| Error::internal("validation found no problem but gave no OAuth client"))?;
    let callback = cx.app.sources.uuid_by_time("callback");
    let sealed = sealing::new_client(cx.app, organization, callback, &new)?;
    Ok((new, sealed))
}

/// Ids that no project can have are wrong. Projects that are another organization's are left out later without a word,
/// as are those that there are none of: the answer must not tell the two apart.
fn projects(input: &mut Input) -> Vec<String> {
    let ids = input.all_linked("projects", "projects").value().unwrap_or_default();
    for (n, id) in ids.iter().enumerate() {
        if ProjectId::parse(id).is_err() {
            let pointer = format!("/data/relationships/projects/data/{n}");
            input.problems.at(pointer, "`id` is not the id of a project.");
        }
    }
    ids
}

/// Reads a change of `current`, and seals its secrets.
pub fn change(cx: &Cx, current: &OAuthClient) -> Result<(OAuthClientChange, SealedOAuthClientChange)> {
    let mut input = Input::read(cx, KIND)?;
    input.must_be(current.id.as_str());
    let fields = OAuthClientChangeFields {
        name: input.text("name"),
        oauth_token_string: input.text("oauth-token-string"),
        key: input.text("key"),
        secret: input.text("secret"),
        rsa_public_key: input.text("rsa-public-key"),
        private_key: input.text("private-key"),
        organization_scoped: input.flag("organization-scoped"),
        ado_org_name: input.text("ado-org-name"),
        ado_entra_tenant_id: input.text("ado-entra-tenant-id"),
        projects: input.all_linked("projects", "projects"),
        agent_pool: input.linked("agent-pool", "agent-pools"),
    };
    let mut change = OAuthClientChange::check(fields, &mut input.problems);
    // Again when it is written; here so that one answer names everything that is wrong.
    change.drop_unused(current.service_provider);
    change.check_with(current, &mut input.problems);
    input.finish()?;
    let sealed = sealing::client_change(cx.app, current, &change)?;
    Ok((change, sealed))
}
