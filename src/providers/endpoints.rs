//! Where a provider is: its bases, and paths below them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::failure::{Failure, Result};
use super::{ServiceProvider, provider_url};

/// RFC 3986: everything but the unreserved characters.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const ENTRA: &str = "https://login.microsoftonline.com";
const AZURE_PROFILE: &str = "https://app.vssps.visualstudio.com";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// What a browser sees; the OAuth endpoints, but for Azure DevOps Services.
    pub http: Url,
    /// The REST API.
    pub api: Url,
    /// Azure DevOps Services: Microsoft Entra ID, with the tenant. None where the client has no tenant.
    pub identity: Option<Url>,
    /// Azure DevOps Services: profiles and organizations of users.
    pub profile: Option<Url>,
}

impl Endpoints {
    /// From what a client's row says.
    pub fn of(kind: ServiceProvider, http_url: &str, api_url: &str, tenant: Option<&str>) -> Result<Endpoints> {
        let (http, api) = (base(http_url)?, base(api_url)?);
        let api = match kind {
            // Clients give it with and without the version.
            ServiceProvider::BitbucketHosted if !ends_with_version(&api) => below(&api, &["2.0"])?,
            // One URL is documented with the context path, the other without: both kinds of paths need it.
            ServiceProvider::BitbucketServer
            | ServiceProvider::BitbucketServerLegacy
            | ServiceProvider::BitbucketDataCenter
                if http.origin() == api.origin() && api.path() == "/" =>
            {
                http.clone()
            }
            _ => api,
        };
        let is_services = kind == ServiceProvider::AdoServices;
        let identity = tenant.filter(|_| is_services).map(|tenant| below(&base(ENTRA)?, &[tenant])).transpose()?;
        let profile = is_services.then(|| base(AZURE_PROFILE)).transpose()?;
        Ok(Endpoints { http, api, identity, profile })
    }

    /// The same provider as Bowline plays it at `origin`.
    pub fn demo(kind: ServiceProvider, origin: &Url, tenant: Option<&str>) -> Result<Endpoints> {
        let http = below(origin, &[kind.identifier()])?;
        let api = match kind {
            ServiceProvider::GitHub => below(&http, &["api"])?,
            ServiceProvider::GitHubEnterprise => below(&http, &["api", "v3"])?,
            ServiceProvider::GitLabHosted
            | ServiceProvider::GitLabCommunityEdition
            | ServiceProvider::GitLabEnterpriseEdition => below(&http, &["api", "v4"])?,
            ServiceProvider::BitbucketHosted => below(&http, &["2.0"])?,
            ServiceProvider::BitbucketServer
            | ServiceProvider::BitbucketServerLegacy
            | ServiceProvider::BitbucketDataCenter
            | ServiceProvider::AdoServer
            | ServiceProvider::AdoServices => http.clone(),
        };
        let is_services = kind == ServiceProvider::AdoServices;
        let identity = tenant.filter(|_| is_services).map(|tenant| below(&http, &["identity", tenant])).transpose()?;
        let profile = is_services.then(|| below(&http, &["profile"])).transpose()?;
        Ok(Endpoints { http, api, identity, profile })
    }
}

fn base(text: &str) -> Result<Url> {
    provider_url(text).map_err(Failure::Url)
}

fn ends_with_version(api: &Url) -> bool {
    api.path().trim_end_matches('/').ends_with("/2.0")
}

/// `base` with these segments behind its path. None of them can leave its place: what is special in a path is
/// encoded, and `..`, which cannot be, is refused.
pub(super) fn below(base: &Url, segments: &[&str]) -> Result<Url> {
    let mut path = base.path().trim_end_matches('/').to_owned();
    for segment in segments {
        if matches!(*segment, "" | "." | "..") || segment.chars().any(char::is_control) {
            return Err(Failure::NotFound);
        }
        path.push('/');
        path.extend(utf8_percent_encode(segment, RESERVED));
    }
    let mut url = base.clone();
    url.set_path(&path);
    url.set_query(None);
    Ok(url)
}

/// The same with a query.
pub(super) fn with_query(mut url: Url, pairs: &[(&str, &str)]) -> Url {
    url.query_pairs_mut().extend_pairs(pairs);
    url
}

/// The parts of a repository identifier, where each is at least one character and none leads up.
pub(super) fn parts(identifier: &str) -> Result<Vec<&str>> {
    let parts: Vec<&str> = identifier.split('/').collect();
    let is_plain = |part: &&str| !matches!(*part, "" | "." | "..") && !part.chars().any(char::is_control);
    if parts.len() > 1 && parts.iter().all(is_plain) { Ok(parts) } else { Err(Failure::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServiceProvider::*;

    fn of(kind: ServiceProvider, http: &str, api: &str) -> (String, String) {
        let endpoints = Endpoints::of(kind, http, api, None).expect("endpoints");
        (endpoints.http.to_string(), endpoints.api.to_string())
    }

    #[test]
    fn urls_are_taken_as_they_are_given() {
        assert_eq!(of(GitHub, "https://github.com", "https://api.github.com").1, "https://api.github.com/");
        let enterprise = of(GitHubEnterprise, "https://ghe.test", "https://ghe.test/api/v3/");
        assert_eq!(enterprise, ("https://ghe.test/".to_owned(), "https://ghe.test/api/v3/".to_owned()));
    }

    #[test]
    fn bitbucket_cloud_is_known_with_and_without_its_version() {
        for api in ["https://api.bitbucket.org", "https://api.bitbucket.org/2.0", "https://api.bitbucket.org/2.0/"] {
            let (_, api) = of(BitbucketHosted, "https://bitbucket.org", api);
            assert_eq!(api.trim_end_matches('/'), "https://api.bitbucket.org/2.0");
        }
    }

    #[test]
    fn a_context_path_counts_for_both_urls() {
        let (http, api) = of(BitbucketDataCenter, "https://git.test/bitbucket", "https://git.test");
        assert_eq!((http.as_str(), api.as_str()), ("https://git.test/bitbucket", "https://git.test/bitbucket"));
        assert_eq!(of(BitbucketServer, "https://git.test", "https://rest.test/x").1, "https://rest.test/x");
    }

    #[test]
    fn entra_needs_a_tenant() {
        let of = |tenant| Endpoints::of(AdoServices, "https://dev.azure.com", "https://dev.azure.com", tenant);
        assert_eq!(of(None).unwrap().identity, None);
        let identity = of(Some("3f2b/../x")).unwrap().identity.unwrap();
        assert_eq!(identity.as_str(), "https://login.microsoftonline.com/3f2b%2F..%2Fx");
        assert_eq!(of(Some("..")), Err(Failure::NotFound));
    }

    #[test]
    fn a_demo_plays_every_kind_on_one_origin() {
        let origin = Url::parse("http://127.0.0.1:9000").unwrap();
        for kind in ServiceProvider::ALL {
            let endpoints = Endpoints::demo(kind, &origin, None).unwrap();
            let all = [Some(endpoints.http), Some(endpoints.api), endpoints.identity, endpoints.profile];
            let prefix = format!("http://127.0.0.1:9000/{}", kind.identifier());
            assert!(all.into_iter().flatten().all(|url| url.as_str().starts_with(&prefix)), "{prefix}");
        }
        let api = |kind| Endpoints::demo(kind, &origin, None).unwrap().api.path().to_owned();
        assert_eq!(api(GitHub), "/github/api");
        assert_eq!(api(GitHubEnterprise), "/github_enterprise/api/v3");
        assert_eq!(api(GitLabHosted), "/gitlab_hosted/api/v4");
        assert_eq!(api(BitbucketHosted), "/bitbucket_hosted/2.0");
        assert_eq!(api(AdoServer), "/ado_server");
    }

    #[test]
    fn segments_stay_in_their_place() {
        let base = Url::parse("https://api.test/v4").unwrap();
        for (segment, path) in [
            ("a/b", "/v4/x/a%2Fb"),
            ("a?b#c", "/v4/x/a%3Fb%23c"),
            ("%2e%2e", "/v4/x/%252e%252e"),
            ("a/../b", "/v4/x/a%2F..%2Fb"),
            ("..;", "/v4/x/..%3B"),
            ("a\\b", "/v4/x/a%5Cb"),
            ("~ü", "/v4/x/~%C3%BC"),
            ("...", "/v4/x/..."),
        ] {
            let url = below(&base, &["x", segment]).unwrap();
            assert_eq!((url.path(), url.query(), url.fragment()), (path, None, None), "{segment}");
        }
        for segment in ["", ".", "..", "a\nb", "a\0"] {
            assert_eq!(below(&base, &[segment]), Err(Failure::NotFound), "{segment:?}");
        }
    }

    #[test]
    fn identifiers_have_parts() {
        assert_eq!(parts("acme/infra"), Ok(vec!["acme", "infra"]));
        for wrong in ["", "acme", "acme/", "/acme", "a//b", "a/../b", "a/./b", "../b", "a/b\r"] {
            assert_eq!(parts(wrong), Err(Failure::NotFound), "{wrong:?}");
        }
    }
}
