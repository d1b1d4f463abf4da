//! API tokens of one's own.

use super::TokenCreated;
use super::index::AccountPage;
use super::token_form::terms;
use crate::app::flashes::Tone;
use crate::app::{Cx, no_input};
use crate::domain::accounts::api_token::{NewToken, PlainToken, Subject};
use crate::domain::error::{Error, Result};
use crate::domain::id::TokenId;
use crate::http::reply::Reply;
use crate::ui::parts::Copy;
use crate::ui::{frames, problems, reply};

/// `POST /account/tokens`: the answer is the one page that shows the token.
pub fn create(cx: &Cx) -> Result<Reply> {
    let created = cx.change(
        |_, caller| Ok((frames::person(caller)?.number, caller.clone())),
        |_| {
            let plain = PlainToken::generate(&cx.app.sources);
            let digest = cx.app.vault.digest(plain.reveal());
            Ok((terms(cx.form()?, cx.app.sources.now())?, digest, plain.reveal().to_owned()))
        },
        |change, (user, creator), (terms, digest, plain)| {
            let new = NewToken { subject: Subject::User(user), terms: terms.clone(), is_sole: false };
            change.create_api_token(&new, digest, Some(&creator))?;
            Ok(plain.clone())
        },
    );
    let plain = match created {
        Ok(plain) => plain,
        Err(error) => {
            let mut page = cx.read(|view, caller| AccountPage::of(cx, view, caller))?;
            problems::fill(&mut page.token_fields, cx.form()?);
            page.token_problems = problems::place(error, &mut page.token_fields.iter_mut().collect::<Vec<_>>())?;
            page.token_form_is_open = true;
            return reply::page(422, &page);
        }
    };
    let lines = format!("export TFE_ADDRESS={}\nexport TFE_TOKEN={plain}", cx.app.public_url.as_str());
    let page = TokenCreated {
        frame: cx.read(|view, caller| frames::plain(cx, view, caller, "API token created"))?,
        copies: vec![Copy::new("token", "API token", plain), Copy::long("environment", "For a shell", lines)],
    };
    reply::page(201, &page)
}

/// `POST /account/tokens/:token/revoke`. `NotFound` for a token of another user, a team or an organization.
pub fn revoke(cx: &Cx) -> Result<Reply> {
    let id = TokenId::parse(cx.parameter("token"))?;
    cx.change(
        move |view, caller| {
            let (user, token) = (frames::person(caller)?, view.issued_token(&id)?);
            if token.is_of(user) { Ok(token) } else { Err(Error::refused()) }
        },
        no_input,
        |change, token, ()| change.revoke_api_token(&token.id),
    )?;
    cx.flash(Tone::Good, "The API token was revoked.");
    Ok(reply::redirect("/account"))
}
