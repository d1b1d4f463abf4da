//! Providers, against imitations of them on this machine.

mod azure;
mod bitbucket_cloud;
mod bitbucket_data_center;
mod github;
mod gitlab;
mod imitation;
mod limits;
mod tls;
mod tokens;
mod urls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::*;
use imitation::Imitation;

/// 2027-01-15T08:00:00Z.
const NOW_S: i64 = 1_800_000_000;
/// So long does a test wait for what never comes.
const SHORT: Duration = Duration::from_millis(150);

fn environment() -> Environment {
    let now = Box::new(|| Timestamp::from_milliseconds(NOW_S * 1000));
    Environment { now, random: Box::new(|bytes| bytes.fill(0xab)) }
}

fn settings(allowed: &[&str]) -> Settings {
    let allowed_addresses = allowed.iter().map(|text| text.parse().expect(text)).collect();
    Settings { allowed_addresses, ..Settings::default() }
}

/// May call loopback, where imitations are.
fn outbound() -> Outbound {
    Outbound::new(settings(&["127.0.0.1"]), environment()).expect("outbound")
}

/// May call loopback, for which `*.test` stand.
fn outbound_for(hosts: impl Fn(&str, u16) -> Vec<SocketAddr> + Send + Sync + 'static, settings: Settings) -> Outbound {
    Outbound::with_lookup(settings, environment(), Arc::new(move |host, port| Ok(hosts(host, port)))).expect("outbound")
}

fn impatient(allowed: &[&str]) -> Settings {
    let limits = Limits { connect: SHORT, total: SHORT, ..Limits::default() };
    Settings { limits, ..settings(allowed) }
}

/// A provider that `imitation` plays, as in a demo.
fn played<'a>(kind: ServiceProvider, imitation: &Imitation, outbound: &'a Outbound) -> Box<dyn Provider + 'a> {
    let origin = Url::parse(&imitation.origin()).expect("an origin");
    of_kind(kind, Endpoints::demo(kind, &origin, Some("common")).expect("endpoints"), outbound)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

const PAGE: Page = Page { number: 1, size: 100 };
const FLOW: Flow = Flow { state: "the state", verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" };
const CODE: Callback = Callback::Code { code: "the code", verifier: FLOW.verifier };
const CALLBACK: &str = "https://bowline.test/auth/6f4d/callback";

fn application(secret: &Secret) -> Application<'_> {
    Application { key: "the key", secret, redirect_uri: CALLBACK }
}

fn query(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

#[test]
fn what_is_off_is_off() {
    let providers = Providers::off();
    let url = "https://github.com";
    let target = Target { kind: ServiceProvider::GitHub, http_url: url, api_url: url, tenant: None, organization: 1 };
    assert_eq!(providers.open(&target).err(), Some(Failure::SwitchedOff));
}

#[test]
fn a_demo_asks_its_own_provider_whatever_the_urls_are() {
    let imitation = Imitation::saying(imitation::json(200, r#"{"login": "ada"}"#));
    let providers = Providers::new(Mode::Demo(Url::parse(&imitation.origin()).unwrap()), outbound());
    let target = Target {
        kind: ServiceProvider::GitHub,
        http_url: "https://github.com",
        api_url: "https://api.github.com",
        tenant: None,
        organization: 1,
    };
    let open = providers.open(&target).expect("a provider");
    assert_eq!(providers.under_way(), 1);
    assert_eq!(open.question().user(&Access::Stored(&secret("t")), None).unwrap().name, "ada");
    assert_eq!(imitation.only().target, "/github/api/user");
    drop(open);
    assert_eq!(providers.under_way(), 0);
}

#[test]
fn the_fifth_call_of_an_organization_is_turned_away() {
    let providers = Providers::new(Mode::Live, outbound());
    let url = "https://github.com";
    let target = Target { kind: ServiceProvider::GitHub, http_url: url, api_url: url, tenant: None, organization: 1 };
    let open: Vec<Open> = (0..4).map(|_| providers.open(&target).expect("a provider")).collect();
    assert_eq!(providers.open(&target).err(), Some(Failure::Busy));
    assert!(providers.open(&Target { organization: 2, ..target }).is_ok());
    drop(open);
}
