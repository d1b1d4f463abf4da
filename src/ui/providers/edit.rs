//! Changing a VCS provider.

use askama::Template;

use super::fields::{alternative, fields, pem};
use super::find::{self, Found};
use super::scope::{self, Scope};
use crate::app::flashes::Tone;
use crate::app::{Cx, sealing};
use crate::domain::access::Caller;
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::client_change::{OAuthClientChange, OAuthClientChangeFields};
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::input::{Input, Kind};
use crate::ui::{problems, reply};

#[derive(Template)]
#[template(path = "providers/edit.html")]
pub struct Edit {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
    pub scope: Scope,
}

impl Edit {
    fn of(cx: &Cx, view: &View, caller: &Caller, found: &Found) -> Result<Edit> {
        let client = &found.client;
        let is_all = client.organization_scoped;
        Ok(Edit {
            frame: found.frame(cx, view, caller, "Edit a VCS provider")?,
            id: client.id.to_string(),
            name: client.shown_name().to_owned(),
            problems: vec![],
            fields: filled(client),
            scope: Scope::of(view, found.organization.number, found.access, is_all, &client.projects)?,
        })
    }
}

/// The fields of the provider, but for its URLs, with what is stored. Secrets stay unless new ones are entered.
fn filled(client: &OAuthClient) -> Vec<Input> {
    let provider = client.service_provider;
    let stored = |name: &str| match name {
        "name" => client.name.clone(),
        "key" => client.key.clone(),
        "rsa-public-key" => client.rsa_public_key.clone(),
        "ado-org-name" => client.ado_org_name.clone(),
        "ado-entra-tenant-id" => client.ado_entra_tenant_id.clone(),
        _ => None,
    };
    let is_stored = |name: &str| match name {
        "oauth-token-string" => client.oauth_token.is_some(),
        "secret" => client.has_secret,
        // The SSH key of Azure DevOps Server, which is never without one.
        _ => true,
    };
    let all = fields(provider).into_iter().chain(alternative(provider));
    let kept = all.filter(|input| !matches!(input.name, "http-url" | "api-url"));
    kept.map(|input| match input.kind {
        Kind::Password | Kind::Area { is_secret: true } if is_stored(input.name) => {
            input.hint("Leave it empty to keep the present one.")
        }
        _ => {
            let value = stored(input.name).unwrap_or_default();
            input.value(value)
        }
    })
    // One that works with a token needs no key.
    .map(|input| Input { is_required: false, ..input })
    .collect()
}

/// `GET /organizations/:organization/vcs-providers/:oauth_client/edit`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let page = cx.read(|view, caller| Edit::of(cx, view, caller, &find(view, caller)?))?;
    reply::page(cx, 200, &page)
}

fn read(form: &Form, client: &OAuthClient) -> OAuthClientChangeFields {
    let names: Vec<&str> = filled(client).iter().map(|input| input.name).collect();
    // A field that the form does not have changes nothing, and neither does an empty secret.
    let text = |name: &str| {
        if names.contains(&name) { Field::Value(form.get(name).to_owned()) } else { Field::Absent }
    };
    let secret = |name: &str| {
        if form.get(name).is_empty() { Field::Absent } else { pem(form, name) }
    };
    OAuthClientChangeFields {
        name: text("name"),
        oauth_token_string: secret("oauth-token-string"),
        key: text("key"),
        secret: secret("secret"),
        rsa_public_key: if names.contains(&"rsa-public-key") { pem(form, "rsa-public-key") } else { Field::Absent },
        private_key: secret("private-key"),
        organization_scoped: Field::Value(scope::is_all(form)),
        ado_org_name: text("ado-org-name"),
        ado_entra_tenant_id: text("ado-entra-tenant-id"),
        projects: Field::Value(scope::projects_after(form, &client.projects)),
        agent_pool: Field::Absent,
    }
}

/// `POST` to the same path
pub fn submit(cx: &Cx) -> Result<Reply> {
    let saved = cx.change(
        find::manageable(cx),
        |found| {
            let mut wrong = Problems::default();
            let mut change = OAuthClientChange::check(read(cx.form()?, &found.client), &mut wrong);
            change.drop_unused(found.client.service_provider);
            change.check_with(&found.client, &mut wrong);
            wrong.finish()?;
            let sealed = sealing::client_change(cx.app, &found.client, &change)?;
            Ok((change, sealed))
        },
        |store, found, (change, sealed)| store.update_oauth_client(&found.client, change, sealed).map(|_| found.list()),
    );
    match saved {
        Ok(list) => {
            cx.flash(Tone::Good, "The changes were saved.");
            Ok(reply::redirect(cx, list))
        }
        Err(error) => {
            let find = find::manageable(cx);
            let mut page = cx.read(|view, caller| Edit::of(cx, view, caller, &find(view, caller)?))?;
            problems::fill(&mut page.fields, cx.form()?);
            page.scope.fill(cx.form()?);
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(cx, 422, &page)
        }
    }
}
