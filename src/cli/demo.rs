//! `demo`: a server that is ready to be called.

use std::path::PathBuf;

use clap::Args;

use super::Done;
use super::output::{export, print};
use crate::domain::access::{Caller, OrganizationAccess};
use crate::domain::accounts::api_token::{NewToken, Subject, TokenTerms};
use crate::domain::accounts::user::NewUser;
use crate::domain::error::{Error, Result};
use crate::domain::organizations::organization::NewOrganization;
use crate::runtime::data_dir::DataDir;
use crate::runtime::housekeeping::TrailOptions;
use crate::runtime::network::NetworkOptions;
use crate::runtime::options::KeyOptions;
use crate::runtime::server::serve;
use crate::sandbox::provider_listener::{ProviderListener, ProviderOptions};
use crate::store::{Actor, Change};
use crate::telemetry::format::Format;

const USER: &str = "demo";
const ORGANIZATION: &str = "my-organization";
const EMAIL: &str = "demo@example.com";
const CURL: &str = "--header \"Authorization: Bearer $TFE_TOKEN\" \
                    \"$TFE_ADDRESS/api/v2/organizations/$TFE_ORGANIZATION/oauth-clients\"";

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    trail: TrailOptions,
    /// Where to keep the data; without it, nowhere
    #[arg(long, env = "BOWLINE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    key: KeyOptions,
    #[command(flatten)]
    provider: ProviderOptions,
}

pub fn run(options: Options, format: Format) -> Done {
    let mut socket = options.network.bind()?;
    let providers = options.provider.bind()?;
    let providers_url = providers.as_ref().map(|listener| listener.url.clone());
    socket.beside = providers.map(ProviderListener::beside);
    // Lives as long as the server does.
    let temporary = match options.data_dir {
        Some(_) => None,
        None => Some(
            tempfile::Builder::new()
                .prefix("bowline-demo-")
                .tempdir()
                .map_err(|e| Error::invalid(format!("There is no room for a temporary data directory: {e}.")))?,
        ),
    };
    let path = match (&options.data_dir, &temporary) {
        (Some(path), _) => path.clone(),
        (None, Some(directory)) => directory.path().to_owned(),
        (None, None) => return Err(Error::internal("no data directory")),
    };
    // What is thrown away at the end brings its own key.
    let key = if temporary.is_some() { KeyOptions { key_file: None } } else { options.key };
    let data_dir = DataDir::at(&path, &key);
    serve(
        &options.network,
        format,
        options.trail,
        socket,
        &data_dir,
        |store, vault| {
            let token = vault.sandbox_token();
            let digest = vault.digest(token.reveal());
            store.change(Actor::System, move |change| seed(change, &digest))?;
            Ok(token)
        },
        |reached, token| {
            print(&export("TFE_ADDRESS", reached.url))?;
            print(&export("TFE_TOKEN", token.reveal()))?;
            print(&export("TFE_ORGANIZATION", ORGANIZATION))?;
            if let Some(url) = providers_url {
                log::info!("Demo providers: {url}");
                print(&export("BOWLINE_DEMO_PROVIDERS", &url))?;
            }
            let Some(certificate) = reached.certificate else { return print(&format!("curl {CURL}")) };
            print(&export("SSL_CERT_FILE", certificate))?;
            print(&format!("curl --cacert \"$SSL_CERT_FILE\" {CURL}"))
        },
    )
}

/// The user, the organization and the token, as far as they are not there yet.
fn seed(change: &Change, digest: &[u8; 32]) -> Result<()> {
    let user = match change.user_named(USER)? {
        Some(user) => user,
        None if !change.users()?.is_empty() => {
            return Err(Error::invalid(
                "This data directory is an installation, not a demo's; run the demo in another.",
            ));
        }
        None => {
            let new = NewUser { username: USER.to_owned(), email: EMAIL.to_owned(), is_site_admin: true }.check()?;
            change.create_user(&new)?
        }
    };
    match change.organization_named(ORGANIZATION)? {
        None => {
            let new = NewOrganization::new(ORGANIZATION.to_owned(), EMAIL.to_owned())?;
            change.create_organization(&new, &user)?;
        }
        Some(organization) => {
            let access = change.organization_access(&Caller::User(user.clone()), organization.number)?;
            if access != OrganizationAccess::Owner {
                return Err(Error::invalid(format!(
                    "In this data directory {ORGANIZATION} is not {USER}'s; run the demo in another one."
                )));
            }
        }
    }
    if change.caller(digest, change.now())?.is_none() {
        let terms = TokenTerms::new(Some("bowline demo".to_owned()), None)?;
        let new = NewToken { subject: Subject::User(user.number), terms, is_sole: false };
        change.create_api_token(&new, digest, None)?;
    }
    Ok(())
}
