//! `bowline client check`.

use super::*;
use crate::harness::bowline_in;

fn check(scene: &Scene, more: &[&str]) -> (bool, String, String) {
    let arguments = [&["client", "check", scene.client.as_str()], more].concat();
    let output = bowline_in(&scene.server.data_dir, &arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

const ALLOWED: [&str; 2] = ["--allow-provider-address", "127.0.0.1"];

fn user_and_projects(seen: &Seen) -> Said {
    match seen.path.as_str() {
        "/api/v4/user" => Said::json(json!({"username": "ada", "id": 1})),
        _ => Said::json(format!("[{PROJECT}]")),
    }
}

#[test]
fn it_says_as_whom_a_connection_works() {
    let scene = Scene::new(user_and_projects);
    let (is_well, told, _) = check(&scene, &[&ALLOWED[..], &["--json"]].concat());
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert!(is_well);
    assert_eq!(
        told,
        json!({"oauth-client": scene.client, "service-provider": "gitlab_community_edition",
               "service-provider-user": "ada", "scopes": null, "missing-scopes": [], "repositories": "can be listed"})
    );
    let shown = scene.owner.get(&format!("/oauth-tokens/{}", scene.token)).is(200);
    assert_eq!(shown.text("/data/attributes/service-provider-user"), "ada");
}

#[test]
fn it_says_what_is_wrong_and_what_to_do() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/user" => Said::json(json!({"username": "ada", "id": 1})),
        _ => Said::Json(403, "{}".to_owned()),
    });
    let fails = |more: &[&str]| {
        let (is_well, told, said) = check(&scene, more);
        assert!(!is_well, "{told}");
        said
    };
    assert!(fails(&ALLOWED).contains("The token works, but repositories cannot be listed"));
    // Without the flag, a loopback address is not called.
    let asked = scene.imitation.seen().len();
    assert!(fails(&[]).contains("could not be reached"));
    assert!(fails(&["--providers", "off"]).contains("switched off"));
    scene.expires();
    assert!(fails(&ALLOWED).contains("The token expired at 1970-01-01T00:00:00.001Z"));
    assert_eq!(scene.imitation.seen().len(), asked);
    scene.owner.delete(&format!("/oauth-tokens/{}", scene.token)).is_done();
    assert!(fails(&ALLOWED).contains("has no token"));
    scene.owner.delete(&format!("/oauth-clients/{}", scene.client)).is_done();
    assert!(fails(&ALLOWED).contains("There is no OAuth client"));
}

#[test]
fn what_works_again_is_usable_again() {
    let is_down = Arc::new(AtomicBool::new(true));
    let of_imitation = Arc::clone(&is_down);
    let scene = Scene::new(move |seen| {
        if of_imitation.load(Ordering::SeqCst) { Said::Json(401, "{}".to_owned()) } else { user_and_projects(seen) }
    });
    detail(&scene.repositories());
    assert!(scene.state().starts_with("broken"));
    is_down.store(false, Ordering::SeqCst);
    assert!(detail(&scene.repositories()).starts_with("The connection is broken"));
    assert!(check(&scene, &ALLOWED).0);
    scene.repositories().is(200);
}

/// The server may be renewing it in its own process.
#[test]
fn a_token_that_a_renewal_could_mend_is_left_to_the_server() {
    let scene = Scene::new(|_| Said::Json(401, "{}".to_owned()));
    scene.server.puts_refresh_token(&scene.token);
    let (is_well, _, said) = check(&scene, &ALLOWED);
    assert!(!is_well && said.contains("refuses the token although it has not expired. The server renews it"), "{said}");
    assert_eq!((scene.state().as_str(), scene.imitation.renewals().len()), ("usable", 0));
}
