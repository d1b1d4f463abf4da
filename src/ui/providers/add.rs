//! Setting up one provider: what to register there, and what it gave.

use askama::Template;

use uuid::Uuid;

use super::fields::{alternative, fields, read, submit as button};
use super::find;
use super::guide::Guide;
use super::keys;
use super::scope::Scope;
use crate::app::flashes::Tone;
use crate::app::{Cx, sealing};
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Problems, Result};
use crate::domain::oauth::client::callback_path;
use crate::domain::oauth::new_client::NewOAuthClient;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::domain::sessions::key::Key;
use crate::domain::url::provider_url;
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::{Frame, Section};
use crate::ui::input::Input;
use crate::ui::{frames, problems, reply};

/// Asks where a self-managed server is, so that the next page can lead there.
#[derive(Template)]
#[template(path = "providers/server.html")]
pub struct Server {
    pub frame: Frame,
    pub identifier: &'static str,
    pub fields: Vec<Input>,
}

#[derive(Template)]
#[template(path = "providers/add.html")]
pub struct Add {
    pub frame: Frame,
    pub identifier: &'static str,
    pub guide: Guide,
    /// "GitHub Enterprise", where Bowline plays it: nothing has to be registered then.
    pub played: Option<&'static str>,
    /// Fixes the callback URL between the form and its submission.
    pub nonce: String,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
    /// The fields for a personal access token, where that is another way.
    pub alternative: Vec<Input>,
    pub alternative_is_open: bool,
    pub scope: Scope,
    /// What the button says.
    pub submit: &'static str,
}

impl Add {
    /// That there is neither key nor token is a problem of the token to the rules. Here the field of the token is folded
    /// away, or there is none.
    fn say_what_is_missing(&mut self, sent: &Form) {
        for input in &mut self.fields {
            if input.is_required && sent.get(input.name).is_empty() {
                input.problem = Some(format!("{} is required.", input.label));
            }
        }
        let is_folded = !self.alternative_is_open;
        if is_folded && self.alternative.iter_mut().any(|input| input.problem.take().is_some()) {
            let label = |name| self.fields.iter().find(|input| input.name == name).map_or("", |input| input.label);
            let (key, secret) = (label("key"), label("secret"));
            self.problems.push(format!("Enter both {key} and {secret}, or use a personal access token instead."));
        }
    }
}

/// The provider that the path names.
fn provider(cx: &Cx) -> Result<ServiceProvider> {
    ServiceProvider::from_identifier(cx.parameter("provider")).ok_or_else(Error::not_found)
}

/// The callback URL is shown before the client exists, because the provider wants to know it first. It follows from the
/// session and a random value in the form, so that the form cannot name the callback of another client.
fn callback(cx: &Cx, nonce: &Key) -> Result<Uuid> {
    let session = cx.session_digest().ok_or_else(Error::signed_out)?;
    Ok(cx.app.vault.callback(&session, nonce))
}

/// `GET /organizations/:organization/vcs-providers/new/:provider`. For a server of one's own, its address is asked first.
pub fn show(cx: &Cx) -> Result<Reply> {
    let provider = provider(cx)?;
    let given = cx.request.query("http-url").map(str::trim);
    let nonce = Key::from_random(rand::random());
    if !provider.is_self_managed() {
        return reply::page(200, &form(cx, provider, None, &nonce)?);
    }
    match given.map(provider_url) {
        Some(Ok(_)) => reply::page(200, &form(cx, provider, given, &nonce)?),
        asked => reply::page(200, &server(cx, provider, given, asked.and_then(std::result::Result::err))?),
    }
}

fn framed<T>(cx: &Cx, provider: ServiceProvider, with: impl Fn(Frame, &View, &Caller) -> Result<T>) -> Result<T> {
    let find = cx.organization_and_access(Action::ManageVcsConnections);
    cx.read(|view, caller| {
        let (organization, access) = find(view, caller)?;
        let of = (&organization, access);
        let frame = frames::inside(cx, view, caller, of, Section::VcsProviders, provider.display_name())?;
        with(frame, view, caller)
    })
}

fn server(cx: &Cx, provider: ServiceProvider, given: Option<&str>, wrong: Option<&str>) -> Result<Server> {
    let mut input = Input::url("http-url", "HTTP URL")
        .required()
        .value(given.unwrap_or_default())
        .hint("Where you open it in a browser, such as https://git.example.com");
    input.problem = wrong.map(|wrong| format!("HTTP URL {wrong}."));
    let frame = framed(cx, provider, |frame, _, _| Ok(frame))?;
    Ok(Server { frame, identifier: provider.identifier(), fields: vec![input] })
}

fn form(cx: &Cx, provider: ServiceProvider, http_url: Option<&str>, nonce: &Key) -> Result<Add> {
    let find = cx.organization_and_access(Action::ManageVcsConnections);
    let public_url = &cx.app.public_url;
    let callback_url = public_url.join(&callback_path(callback(cx, nonce)?));
    let known_url = provider.hosted_urls().map(|(http_url, _)| http_url).or(http_url);
    framed(cx, provider, |frame, view, caller| {
        let (organization, access) = find(view, caller)?;
        Ok(Add {
            frame,
            identifier: provider.identifier(),
            guide: Guide::new(provider, known_url, &callback_url, public_url.as_str()),
            played: cx.app.providers.are_played().then(|| provider.display_name()),
            nonce: nonce.reveal().to_owned(),
            problems: vec![],
            fields: fields_for(provider, http_url),
            alternative: alternative(provider),
            alternative_is_open: false,
            scope: Scope::of(view, organization.number, access, true, &[])?,
            submit: button(provider),
        })
    })
}

/// The form's fields, with the addresses of the server at `http_url` filled in.
fn fields_for(provider: ServiceProvider, http_url: Option<&str>) -> Vec<Input> {
    let mut fields = fields(provider);
    if let Some(http_url) = http_url {
        let http_url = http_url.trim_end_matches('/');
        for input in &mut fields {
            match input.name {
                "http-url" => input.value = http_url.to_owned(),
                "api-url" => input.value = format!("{http_url}{}", provider.api_suffix()),
                _ => {}
            }
        }
    }
    fields
}

/// `POST` to the same path
pub fn submit(cx: &Cx) -> Result<Reply> {
    let provider = provider(cx)?;
    let sent = cx.form()?;
    let nonce = Key::parse(sent.get("nonce")).ok_or_else(|| Error::bad_request("The form is incomplete."))?;
    let callback = callback(cx, &nonce)?;
    let keys = if keys::are_wanted(sent, provider) {
        // Only for who may use them: it takes a while.
        cx.read(cx.organization(Action::ManageVcsConnections))?;
        Some(cx.wait(|| keys::generate(&cx.app.sources))?)
    } else {
        None
    };
    let added = cx.change(
        cx.organization(Action::ManageVcsConnections),
        |organization| {
            let mut wrong = Problems::default();
            let mut fields = read(sent, provider);
            if let Some(keys) = &keys {
                keys.fill(&mut fields);
            }
            let new = NewOAuthClient::check(fields, &mut wrong);
            wrong.finish()?;
            let new = new.ok_or_else(|| Error::internal("validation found no problem but gave no OAuth client"))?;
            let sealed = sealing::new_client(cx.app, &organization.external_id, callback, &new)?;
            Ok((new, sealed))
        },
        |change, organization, new| Ok((change.create_oauth_client(&organization, new)?, organization)),
    );
    match added {
        Ok((client, organization)) => {
            let added = format!("The VCS provider {} was added.", client.shown_name());
            if keys.is_some() {
                cx.flash(Tone::Good, format!("{added} {}", keys::NEXT));
                return Ok(reply::redirect(find::list(&organization)));
            }
            cx.flash(Tone::Good, added);
            let goes_on = client.oauth_token.is_none() && client.can_connect();
            Ok(reply::redirect(if goes_on { client.connect_path() } else { find::list(&organization) }))
        }
        Err(error) => {
            let known_url = Some(sent.get("http-url")).filter(|url| provider_url(url).is_ok());
            let mut page = form(cx, provider, known_url, &nonce)?;
            problems::fill(&mut page.fields, sent);
            page.scope.fill(sent);
            page.alternative_is_open = !sent.get("oauth-token-string").is_empty();
            let mut no_token = Input::text("oauth-token-string", "");
            let inputs = page.fields.iter_mut().chain(&mut page.alternative).chain([&mut no_token]);
            page.problems = problems::place(error, &mut inputs.collect::<Vec<_>>())?;
            page.say_what_is_missing(sent);
            reply::page(422, &page)
        }
    }
}
