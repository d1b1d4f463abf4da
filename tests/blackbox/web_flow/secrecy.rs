//! Codes, states, verifiers and tokens are seen nowhere but at the provider and in the browser.

use super::*;

#[test]
fn nothing_of_a_flow_is_in_a_log_a_page_or_a_file() {
    let scene = Scene::with(&["--log-level", "trace"], |seen| match seen.field("code").as_deref() {
        // What a hostile server could do: return what it was given.
        Some("bad-code-needle") => {
            Said::Json(400, json!({"error": "invalid_grant", "error_description": seen.body}).to_string())
        }
        _ => good(seen),
    });
    let waiting = leaves(&scene.browser, &scene.connect_path());
    let mut needles = vec!["a-code-needle".to_owned(), "bad-code-needle".to_owned(), parameter(&waiting, "state")];
    let mut pages = Vec::new();
    for code in ["bad-code-needle", "a-code-needle"] {
        let state = scene.begins();
        let answer = scene.callback(&format!("code={code}&state={state}"));
        pages.push(scene.browser.get(&answer).body);
        pages.push(scene.browser.get(&answer).body);
        needles.push(state);
    }
    pages.extend([LIST, "/organizations/my-organization/vcs-events"].map(|path| scene.browser.get(path).is(200).body));
    let exchanges = scene.exchanges();
    assert_eq!(exchanges.len(), 2);
    needles.extend(exchanges.iter().map(|seen| seen.field("code_verifier").expect("a verifier")));
    needles.extend([FIRST, NEXT, "the-application-secret"].map(str::to_owned));
    let cookie = scene.browser.cookie.borrow().clone().expect("a cookie");
    needles.push(cookie.split_once('=').expect("a pair").1.to_owned());

    let mut seen: Vec<(String, Vec<u8>)> =
        pages.into_iter().map(|page| ("a page".to_owned(), page.into_bytes())).collect();
    let log = scene.server.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "a trace says something");
    seen.push(("the log".to_owned(), log.into_bytes()));
    seen.extend(scene.server.at_rest());
    let (_, backup) = seen.last().expect("a backup");
    assert!(backup.windows(scene.client.len()).any(|window| window == scene.client.as_bytes()), "it has the client");
    for needle in &needles {
        for (place, bytes) in &seen {
            let is_there = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!is_there, "{needle} is in {place}");
        }
    }
}
