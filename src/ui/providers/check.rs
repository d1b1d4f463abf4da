//! "Check connection": whether the token works, told in words on the next page.

use super::find;
use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::connect;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::oauth::credential::Credential;
use crate::http::reply::Reply;
use crate::providers::Check;
use crate::store::Actor;
use crate::ui::reply;

/// `POST /organizations/:organization/vcs-providers/:oauth_client/check`. `NotFound` where there is no connection.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let (found, actor, credential): (_, Actor, Credential) = cx.read(|view, caller| {
        let found = find(view, caller)?;
        let token = found.client.oauth_token.as_ref().ok_or_else(Error::not_found)?;
        let credential = view.credential(token)?;
        Ok((found, cx.actor(caller), credential))
    })?;
    let name = found.client.shown_name();
    match cx.ask_provider(|| connect::check::check(cx.app, &actor, credential)) {
        Ok(check) => {
            let tone = if check.missing.is_empty() && check.listing.is_none() { Tone::Good } else { Tone::Bad };
            cx.flash(tone, words(name, &check));
        }
        Err(error) if matches!(error.kind, Kind::ProviderFailed | Kind::ProvidersBusy) => {
            let why: Vec<&str> = error.problems.iter().map(|problem| problem.detail.as_str()).collect();
            cx.flash(Tone::Bad, format!("{name} was checked: {}", why.join(" ")));
        }
        Err(error) => return Err(error),
    }
    Ok(reply::redirect(found.list()))
}

fn words(name: &str, check: &Check) -> String {
    let mut words = format!("{name} was checked: the connection works as {}.", check.user);
    if let Some(scopes) = check.scopes.as_deref().filter(|scopes| !scopes.is_empty()) {
        words.push_str(&format!(" Scopes: {}.", scopes.join(", ")));
    }
    if !check.missing.is_empty() {
        words.push_str(&format!(" Missing: {}.", check.missing.join(", ")));
    }
    if let Some(failure) = &check.listing {
        words.push_str(&format!(" Repositories cannot be listed: {}", failure.told_to_tenant()));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Failure;

    #[test]
    fn checks_in_words() {
        let check = Check { user: "ada".to_owned(), scopes: None, missing: vec![], listing: None };
        assert_eq!(words("x", &check), "x was checked: the connection works as ada.");
        let scopes = Some(vec!["a".to_owned(), "b".to_owned()]);
        let check = Check { scopes, missing: vec!["repo"], listing: Some(Failure::Forbidden), ..check };
        assert_eq!(
            words("x", &check),
            "x was checked: the connection works as ada. Scopes: a, b. Missing: repo. Repositories cannot be listed: The \
             token's rights at the provider are too small."
        );
    }
}
