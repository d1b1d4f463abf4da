//! What may be called at all.

use super::*;
use crate::harness::bowline_in;
use crate::metrics::samples;

#[test]
fn switched_off_no_provider_is_asked() {
    let scene = Scene::with(&["--providers", "off"], |_| Said::json("[]"));
    assert_eq!(detail(&scene.repositories()), "Providers are switched off on this server.");
    assert!(scene.imitation.seen().is_empty());
}

#[test]
fn loopback_and_the_servers_own_ports_have_to_be_allowed() {
    let scene = Scene::with(&["--providers", "live"], |_| Said::json("[]"));
    let refused = detail(&scene.repositories());
    assert!(scene.server.log().contains("the address 127.0.0.1 is not called"), "{}", scene.server.log());
    assert!(scene.imitation.seen().is_empty());

    let scene = Scene::with(&["--allow-provider-address", "127.0.0.0/8"], |_| Said::json("[]"));
    scene.repositories().is(200);
    let url = &scene.server.address;
    let (_, token) = creates_client(&scene.owner, "my-organization", url);
    let own = detail(&scene.owner.get(&format!("/oauth-tokens/{token}/authorized-repos")));
    assert!(scene.server.log().contains("is one of this server's own listeners"), "{}", scene.server.log());
    assert_eq!(own, refused, "tenants cannot tell the reasons apart");
}

#[test]
fn wrong_values_are_refused_at_the_start() {
    let place = temporary();
    let data_dir = place.path().join("data");
    let not_pem = place.path().join("not.pem");
    std::fs::write(&not_pem, "nonsense").expect("written");
    let not_pem = not_pem.to_str().expect("text");
    for flags in [
        ["--providers", "demo"],
        ["--allow-provider-address", "localhost"],
        ["--allow-provider-address", "127.0.0.1:0"],
        ["--provider-ca", "/nonexisting/ca.pem"],
        ["--provider-ca", not_pem],
    ] {
        let output = bowline_in(&data_dir, &[&["serve", "--listen", "127.0.0.1:0"], &flags[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(flags[0]), "{flags:?}: {said}");
    }
}

#[test]
fn questions_are_counted_by_provider() {
    let flags = ["--allow-provider-address", "127.0.0.1", "--metrics-listen", "127.0.0.1:0"];
    let scene = Scene::with(&flags, |seen| match seen.path.as_str() {
        "/api/v4/groups" => Said::json("[]"),
        _ => Said::Json(401, "{}".to_owned()),
    });
    scene.owner.get(&format!("/oauth-tokens/{}/vcs-organizations", scene.token)).is(200);
    detail(&scene.repositories());
    let found = samples(&scene.server);
    let of = |name: &str| found.get(name).copied();
    let provider = r#"provider="gitlab_community_edition""#;
    assert_eq!(of(&format!("bowline_provider_call_duration_seconds_count{{{provider}}}")), Some(2.0));
    assert_eq!(of(&format!(r#"bowline_provider_failures_total{{{provider},failure="unauthorized"}}"#)), Some(1.0));
    assert_eq!(of("bowline_broken_oauth_tokens"), Some(1.0));
    assert_eq!(of("bowline_provider_calls"), Some(0.0));
    // A broken connection is its organization's affair: the server is well.
    scene.server.anonymous().get("!/_health_check").is(200);
}
