//! The account page.

use askama::Template;

use super::token_form;
use crate::app::Cx;
use crate::domain::access::Caller;
use crate::domain::access::issued_token::IssuedToken;
use crate::domain::error::Result;
use crate::domain::sessions::session::Session;
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::pager::{self, Pager};
use crate::ui::sessions::set_password;
use crate::ui::when::When;
use crate::ui::{browser, frames, reply};

#[derive(Template)]
#[template(path = "account/index.html")]
pub struct AccountPage {
    pub frame: Frame,
    pub username: String,
    pub email: String,
    pub tokens: Vec<TokenRow>,
    /// Of the tokens.
    pub pager: Option<Pager>,
    pub token_problems: Vec<String>,
    pub token_fields: Vec<Input>,
    pub token_form_is_open: bool,
    pub sessions: Vec<SessionRow>,
    pub password_problems: Vec<String>,
    pub password_fields: Vec<Input>,
}

pub struct TokenRow {
    pub id: String,
    pub description: String,
    pub created: When,
    pub expires: Option<When>,
    pub is_expired: bool,
}

pub struct SessionRow {
    pub id: String,
    /// "Firefox on Linux".
    pub browser: String,
    pub address: String,
    pub created: When,
    pub last_used: When,
    pub is_current: bool,
}

/// `GET /account`
pub fn show(cx: &Cx) -> Result<Reply> {
    let page = cx.read(|view, caller| AccountPage::of(cx, view, caller))?;
    reply::page(200, &page)
}

impl AccountPage {
    pub fn of(cx: &Cx, view: &View, caller: &Caller) -> Result<AccountPage> {
        let (user, now) = (frames::person(caller)?, cx.app.sources.now());
        let asked = pager::asked(cx)?;
        let tokens = view.tokens_of_user(user.number, asked)?;
        let sessions = view.sessions_of_user(user.number, now)?;
        let current = cx.session_digest().map(|digest| view.session(&digest, now)).transpose()?.flatten();
        let is_current = |session: &Session| current.as_ref().is_some_and(|current| current.number == session.number);
        Ok(AccountPage {
            frame: frames::plain(cx, view, caller, "Account")?,
            username: user.username.clone(),
            email: user.email.clone(),
            pager: Pager::new(asked.number, asked.size, tokens.total, "/account?page="),
            tokens: tokens.items.into_iter().map(|token| TokenRow::of(token, now)).collect(),
            token_problems: vec![],
            token_fields: token_form::fields(),
            token_form_is_open: false,
            sessions: sessions.iter().map(|session| SessionRow::of(session, is_current(session), now)).collect(),
            password_problems: vec![],
            password_fields: vec![
                Input::password("current-password", "Current password").required().autocomplete("current-password"),
                set_password::field(),
            ],
        })
    }
}

impl TokenRow {
    fn of(token: IssuedToken, now: Timestamp) -> TokenRow {
        let description = token.description.filter(|text| !text.is_empty());
        TokenRow {
            id: token.id.to_string(),
            description: description.unwrap_or_else(|| "Without a description".to_owned()),
            created: When::new(token.created_at, now),
            expires: token.expires_at.map(|at| When::new(at, now)),
            is_expired: token.expires_at.is_some_and(|at| at <= now),
        }
    }
}

impl SessionRow {
    fn of(session: &Session, is_current: bool, now: Timestamp) -> SessionRow {
        let address = &session.origin.address;
        SessionRow {
            id: session.number.to_string(),
            browser: browser::words(&session.origin.user_agent),
            address: if address.is_empty() { "Unknown address".to_owned() } else { address.clone() },
            created: When::new(session.created_at, now),
            last_used: When::new(if is_current { now } else { session.last_used_at }, now),
            is_current,
        }
    }
}
