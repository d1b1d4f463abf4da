//! The list of VCS events.

use super::*;

/// Two events: a refusal, then the deletion.
fn scene() -> Scene {
    let scene = Scene::new(|_| Said::Json(403, "{}".to_owned()));
    detail(&scene.repositories());
    scene.owner.delete(&format!("/oauth-tokens/{}", scene.token)).is_done();
    scene
}

#[test]
fn the_newest_comes_first_with_what_to_do() {
    let scene = scene();
    let path = "/organizations/my-organization/vcs-events";
    scene.owner.get(path).is(200).golden("vcs.events");
    // The client has the address of the imitation, which is another one each time.
    let listed = scene.owner.get(&format!("{path}?include=oauth_client")).is(200);
    assert_eq!(listed.each("level"), [json!("info"), json!("error")]);
    assert_eq!(listed.text("/included/0/id"), scene.client);
    let number = scene.server.number("SELECT number FROM organizations");
    assert_eq!(listed.each("organization-id"), [json!(number), json!(number)]);
    let page = scene.owner.get(&format!("{path}?page[size]=1&page[number]=2")).is(200);
    assert_eq!(page.list(), [listed.at("/data/1")]);
    assert_eq!(page.at("/meta/pagination/total-count"), json!(2));
    // An event outlives its client, which then cannot be included.
    scene.owner.delete(&format!("/oauth-clients/{}", scene.client)).is_done();
    let later = scene.owner.get(&format!("{path}?include=oauth_client")).is(200);
    assert_eq!((later.list().len(), later.at("/included")), (2, json!([])));
}

#[test]
fn filters_keep_what_they_name() {
    let scene = scene();
    let count = |query: &str| {
        let path = format!("/organizations/my-organization/vcs-events?{query}");
        scene.owner.get(&path).is(200).list().len()
    };
    for (query, expected) in [
        ("filter[levels]=error", 1),
        ("filter[levels]=info,error", 2),
        ("filter[levels]=", 2),
        ("filter[from]=2020-01-01T00:00:00Z", 2),
        ("filter[from]=2999-01-01T00:00:00Z", 0),
        ("filter[to]=2020-01-01T00:00:00%2B02:00", 0),
        ("filter[to]=2999-01-01T00:00:00Z", 2),
        ("filter[oauth_client_external_ids]=oc-1111111111111111", 0),
        (&format!("filter[oauth_client_external_ids]=nonsense,{}", scene.client), 2),
        (&format!("filter[oauth_client_external_ids]={}&filter[levels]=info", scene.client), 1),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    for (query, named) in [
        ("filter[levels]=warning", "filter[levels]"),
        ("filter[levels]=info,Error", "filter[levels]"),
        ("filter[from]=yesterday", "filter[from]"),
        ("filter[to]=2020-01-01", "filter[to]"),
        ("filter[kind]=x", "filter[kind]"),
        ("include=oauth_token", "include"),
    ] {
        let path = format!("/organizations/my-organization/vcs-events?{query}");
        assert_eq!(scene.owner.get(&path).refused(400), [named], "{query}");
    }
    let path = "/organizations/my-organization/vcs-events?page[size]=0";
    assert_eq!(scene.owner.get(path).refused(422), ["page[size]"]);
}

#[test]
fn another_organization_has_its_own() {
    let scene = scene();
    scene.owner.creates_organization("second");
    assert!(scene.owner.get("/organizations/second/vcs-events").is(200).list().is_empty());
    scene.server.outsider("eve").get("/organizations/my-organization/vcs-events").refused(404);
}

/// A refusal is told once in ten minutes. That the connection is broken is told in any case.
#[test]
fn a_connection_that_breaks_is_told_also_after_another_refusal() {
    let is_void = Arc::new(AtomicBool::new(false));
    let of_imitation = Arc::clone(&is_void);
    let scene =
        Scene::new(move |_| Said::Json(if of_imitation.load(Ordering::SeqCst) { 401 } else { 403 }, "{}".to_owned()));
    for _ in 0..2 {
        detail(&scene.repositories());
    }
    is_void.store(true, Ordering::SeqCst);
    detail(&scene.repositories());
    let actions: Vec<String> = scene
        .events()
        .iter()
        .map(|event| event["attributes"]["suggested-action"].as_str().expect("an advice").to_owned())
        .collect();
    assert_eq!(actions.len(), 2);
    assert!(actions[0].starts_with("Connect the client again") && actions[1].starts_with("Give the token the rights"));
    // Given another token, it breaks again: that is another matter.
    let change = crate::harness::document("oauth-clients", json!({"oauth-token-string": "glpat-another"}));
    scene.owner.patch(&format!("/oauth-clients/{}", scene.client), &change).is(200);
    detail(&scene.repositories());
    assert_eq!(scene.events().len(), 3);
}
