//! One-time links, with which people set a password and sign in to the pages.

use clap::Args;

use crate::app::PublicUrl;
use crate::domain::error::{Error, Result};
use crate::domain::sessions::key::Key;
use crate::runtime::data_dir::{DataDir, Installed};
use crate::store::{Actor, Store};
use crate::ui::sessions::set_password;
use crate::vault::Vault;

#[derive(Args)]
pub struct LinkOptions {
    /// The URL that people reach the server at, for the link [default: the installed service's, if it is on its data, or
    /// http://127.0.0.1:8080]
    #[arg(long, env = "BOWLINE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
}

const DEFAULT: &str = "http://127.0.0.1:8080";

impl LinkOptions {
    pub fn public_url(&self, data_dir: &DataDir) -> Result<PublicUrl> {
        let given = self.public_url.clone().or_else(|| Installed::on(data_dir)?.public_url());
        PublicUrl::parse(given.as_deref().unwrap_or(DEFAULT))
    }
}

/// Makes a link for the user, in the place of the one before.
pub fn make(store: &Store, vault: &Vault, username: &str) -> Result<Key> {
    let key = Key::from_random(rand::random());
    let (digest, username) = (vault.link_digest(&key), username.to_owned());
    store.change(Actor::System, move |change| {
        let user = change
            .user_named(&username)?
            .ok_or_else(|| Error::invalid(format!("There is no user named {username}.")))?;
        change.create_sign_in_link(&user, &digest)
    })?;
    Ok(key)
}

pub fn url(public_url: &PublicUrl, key: &Key) -> String {
    public_url.join(&set_password::path(key.reveal()))
}
