//! The pages: every method and path, and what answers it. Forms are sent by POST; nothing changes by GET.

use crate::app::credential::Identity;
use crate::app::endpoint::{Endpoint, Handler};
use crate::http::request::Method;
use crate::http::router::Route;
use crate::ui::connect::{callback, confirm, done, keys, leaving};
use crate::ui::organizations::{
    audit_trail, index as organizations, members, new as new_organization, vcs_events, welcome,
};
use crate::ui::providers::{add, check, choose, delete, edit, index as providers, revoke, ssh_key};
use crate::ui::sessions::{set_password, sign_in, sign_out};
use crate::ui::workspaces::{index as workspaces, link, r#move as move_links, new as new_workspace, unlink};
use crate::ui::{account, assets, error_page};

/// What a page reads of a request's head, and what a form reads beside it.
const HEADERS: &[&str] = &["Cookie", "User-Agent"];
const FORM_HEADERS: &[&str] = &["Content-Type", "Cookie", "Origin", "Sec-Fetch-Site", "User-Agent"];
/// Two keys of the largest size, percent-encoded, and the rest of a form.
const FORM_BYTES: usize = 512 * 1024;

const fn route(method: Method, pattern: &'static str, handler: Handler, identity: Identity) -> Route<Endpoint> {
    let (headers, body_bytes) = match method {
        Method::Get => (HEADERS, 0),
        _ => (FORM_HEADERS, FORM_BYTES),
    };
    let refuse = error_page::refuse;
    Route { method, pattern, handler: Endpoint { handler, query: &[], headers, body_bytes, identity, refuse } }
}

/// A page for people who are signed in.
const fn page(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Get, pattern, handler, Identity::Session)
}

/// What a form of such a page is sent to.
const fn form(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Post, pattern, handler, Identity::Session)
}

/// Where a provider sends browsers back to.
const fn callback_page(pattern: &'static str) -> Route<Endpoint> {
    let Route { method, pattern, handler } = page(pattern, callback::show);
    Route { method, pattern, handler: Endpoint { refuse: callback::refuse, ..handler } }
}

const fn open_page(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Get, pattern, handler, Identity::Unknown)
}

const fn open_form(pattern: &'static str, handler: Handler) -> Route<Endpoint> {
    route(Method::Post, pattern, handler, Identity::Unknown)
}

#[rustfmt::skip]
pub const PAGES: &[Route<Endpoint>] = &[
    open_page("/assets/:file",                                                      assets::show),
    // Coming in and going out
    open_page("/sign-in",                                                           sign_in::show),
    open_form("/sign-in",                                                           sign_in::submit),
    open_page("/set-password/:key",                                                 set_password::show),
    open_form("/set-password/:key",                                                 set_password::submit),
    form     ("/sign-out",                                                          sign_out::submit),
    // Account
    page     ("/account",                                                           account::index::show),
    form     ("/account/password",                                                  account::password::submit),
    form     ("/account/sessions/:session/end",                                     account::sessions::end),
    form     ("/account/tokens",                                                    account::tokens::create),
    form     ("/account/tokens/:token/revoke",                                      account::tokens::revoke),
    // Organizations
    page     ("/",                                                                  welcome::show),
    page     ("/organizations",                                                     organizations::show),
    page     ("/organizations/new",                                                 new_organization::show),
    form     ("/organizations",                                                     new_organization::submit),
    page     ("/organizations/:organization",                                       organizations::enter),
    page     ("/organizations/:organization/audit-trail",                           audit_trail::show),
    page     ("/organizations/:organization/vcs-events",                            vcs_events::show),
    page     ("/organizations/:organization/members",                               members::show),
    // VCS providers
    page     ("/organizations/:organization/vcs-providers",                         providers::show),
    page     ("/organizations/:organization/vcs-providers/new",                     choose::show),
    page     ("/organizations/:organization/vcs-providers/new/:provider",           add::show),
    form     ("/organizations/:organization/vcs-providers/new/:provider",           add::submit),
    page     ("/organizations/:organization/vcs-providers/:oauth_client/edit",      edit::show),
    form     ("/organizations/:organization/vcs-providers/:oauth_client/edit",      edit::submit),
    page     ("/organizations/:organization/vcs-providers/:oauth_client/delete",    delete::show),
    form     ("/organizations/:organization/vcs-providers/:oauth_client/delete",    delete::submit),
    page     ("/organizations/:organization/vcs-providers/:oauth_client/revoke",    revoke::show),
    form     ("/organizations/:organization/vcs-providers/:oauth_client/revoke",    revoke::submit),
    page     ("/organizations/:organization/vcs-providers/:oauth_client/ssh-key",   ssh_key::show),
    form     ("/organizations/:organization/vcs-providers/:oauth_client/ssh-key",   ssh_key::submit),
    form     ("/organizations/:organization/vcs-providers/:oauth_client/ssh-key/remove", ssh_key::remove),
    form     ("/organizations/:organization/vcs-providers/:oauth_client/check",     check::submit),
    // Connecting
    page     ("/auth/:callback",                                                    confirm::show),
    form     ("/auth/:callback",                                                    leaving::submit),
    form     ("/auth/:callback/keys",                                               keys::submit),
    callback_page("/auth/:callback/callback"),
    page     ("/organizations/:organization/vcs-providers/:oauth_client/connected", done::show),
    // Workspaces
    page     ("/organizations/:organization/workspaces",                            workspaces::show),
    page     ("/organizations/:organization/workspaces/new",                        new_workspace::show),
    form     ("/organizations/:organization/workspaces/new",                        new_workspace::submit),
    page     ("/organizations/:organization/workspaces/move",                       move_links::show),
    form     ("/organizations/:organization/workspaces/move",                       move_links::submit),
    page     ("/organizations/:organization/workspaces/:workspace/link",            link::show),
    form     ("/organizations/:organization/workspaces/:workspace/link",            link::submit),
    page     ("/organizations/:organization/workspaces/:workspace/unlink",          unlink::show),
    form     ("/organizations/:organization/workspaces/:workspace/unlink",          unlink::submit),
];
