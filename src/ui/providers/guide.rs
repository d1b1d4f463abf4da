//! What to register at each provider, where, and with which values.

use crate::domain::oauth::service_provider::ServiceProvider;
use crate::ui::parts::{Copy, Link};

pub struct Guide {
    pub heading: &'static str,
    /// Above the form.
    pub form_heading: &'static str,
    pub steps: &'static [&'static str],
    /// The provider's own page; none while its address is not known.
    pub link: Option<Link>,
    /// The values to copy into the provider's form.
    pub copies: Vec<Copy>,
}

/// Where a self-managed provider's pages are, below its HTTP URL.
fn page(provider: ServiceProvider) -> (&'static str, &'static str) {
    use ServiceProvider::*;
    match provider {
        GitHub | GitHubEnterprise => ("/settings/applications/new", "Register a new OAuth app"),
        GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition => {
            ("/-/user_settings/applications", "Add a new application")
        }
        BitbucketHosted => ("/account/workspaces/", "Your Bitbucket workspaces"),
        BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter => {
            ("/plugins/servlet/applinks/listApplicationLinks", "Application links")
        }
        AdoServices => ("", "Your app registrations in Microsoft Entra"),
        AdoServer => ("/_usersSettings/tokens", "Your personal access tokens"),
    }
}

fn steps(provider: ServiceProvider) -> &'static [&'static str] {
    use ServiceProvider::*;
    match provider {
        GitHub | GitHubEnterprise => &[
            "Open the page below, or Developer settings → OAuth Apps of an organization of yours.",
            "Enter the name, the homepage URL and the authorization callback URL. Leave “Enable Device Flow” off.",
            "Register the application, then generate a client secret.",
            "When you connect, use an account with admin rights on the repositories: adding webhooks needs them.",
        ],
        GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition => &[
            "Open the page below. Use an application of a user or group, not of the whole instance.",
            "Enter the name and the redirect URI. Leave “Confidential” on, and tick the scope “api” alone.",
            "Save, and keep the page open: the secret is shown once.",
            "When you connect, use an account with the role Maintainer or Owner in the projects.",
        ],
        BitbucketHosted => &[
            "Open your workspace, then Settings → OAuth consumers → Add consumer.",
            "Enter the name, the callback URL and the URL. Tick “This is a private consumer”.",
            "Tick the permissions Account: Write, Repositories: Admin, Pull requests: Write, Webhooks: Read and write.",
            "Save, and open the new consumer to see its key and secret.",
        ],
        BitbucketServerLegacy => &[
            "Make an RSA key pair without a passphrase, and choose a consumer key: any text that is not in use there.",
            "As a Bitbucket administrator, open the page below and create a link with the URL of this server.",
            "Enter any application name, the type “Generic application”, and tick “Create incoming link”.",
            "Enter the consumer key, a consumer name and the public key. Then enter the same here, and connect.",
        ],
        BitbucketServer | BitbucketDataCenter => &[
            "Add the provider here first. Its card then shows the consumer key and the public key to copy.",
            "As a Bitbucket administrator, open the page below and create a link of the type “Atlassian product” with the URL of this server.",
            "Enter any application name, the type “Generic application”, and tick “Create incoming link”.",
            "Enter the consumer key, a consumer name and the public key. Then connect here.",
        ],
        AdoServices => &[
            "Open the page below and choose New registration.",
            "Enter the name, choose accounts in this directory, the platform “Web”, and the redirect URI.",
            "Under API permissions, add Azure DevOps: vso.code and vso.code_status.",
            "Under Certificates & secrets, create a client secret and copy its value, not its ID.",
            "In Azure DevOps, Organization settings → Policies, “Third-party application access via OAuth” has to be on.",
        ],
        AdoServer => &[
            "Sign in to your server with an account of the group Project Collection Administrators.",
            "Create a personal access token with the scopes Code (Read) and Code (Status). It lives one year at most.",
            "Add an SSH public key to the same account, and keep its private key at hand.",
        ],
    }
}

impl Guide {
    /// `http_url` is the server's, once it is known, checked to be http or https. `public_url` is Bowline's own.
    pub fn new(provider: ServiceProvider, http_url: Option<&str>, callback_url: &str, public_url: &str) -> Guide {
        use ServiceProvider::*;
        let (path, label) = page(provider);
        let link = match provider {
            AdoServices => {
                Some("https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade".to_owned())
            }
            _ => http_url.map(|url| format!("{}{path}", url.trim_end_matches('/'))),
        };
        let copies: &[(&str, &'static str, &str)] = match provider {
            GitHub | GitHubEnterprise => &[
                ("register-name", "Application name", "Bowline"),
                ("register-homepage", "Homepage URL", public_url),
                ("register-callback", "Authorization callback URL", callback_url),
            ],
            GitLabHosted | GitLabCommunityEdition | GitLabEnterpriseEdition => &[
                ("register-name", "Name of the application", "Bowline"),
                ("register-callback", "Redirect URI", callback_url),
            ],
            BitbucketHosted => &[
                ("register-name", "Name of the consumer", "Bowline"),
                ("register-callback", "Callback URL", callback_url),
                ("register-homepage", "URL", public_url),
            ],
            BitbucketServer | BitbucketServerLegacy | BitbucketDataCenter => &[
                ("register-homepage", "Application URL", public_url),
                ("register-callback", "Callback URL", callback_url),
            ],
            AdoServices => &[
                ("register-name", "Name of the application", "Bowline"),
                ("register-callback", "Redirect URI", callback_url),
            ],
            AdoServer => &[],
        };
        let heading = match provider {
            AdoServer => "Create a personal access token",
            _ => "Register Bowline at the provider",
        };
        let form_heading =
            if provider.connects_by_application_link() { "Enter where it is" } else { "Enter what it gave you" };
        Guide {
            heading,
            form_heading,
            steps: steps(provider),
            link: link.map(|path| Link::new(path, label)),
            copies: copies.iter().map(|(id, label, value)| Copy::new(*id, label, *value)).collect(),
        }
    }
}
