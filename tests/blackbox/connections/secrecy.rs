//! Tokens of providers are seen nowhere but at their providers.

use super::*;

#[test]
fn no_token_is_in_an_answer_a_log_or_a_file() {
    let flags = ["--allow-provider-address", "127.0.0.1", "--log-level", "trace"];
    let scene = Scene::with(&flags, |seen| match seen.is_renewal() {
        true => next_pair(),
        // What a hostile server could do: return the token that it was given.
        false if seen.path.ends_with("/groups") => {
            Said::Json(500, json!({"message": seen.token, "error": seen.token}).to_string())
        }
        false => Said::json(format!("[{PROJECT}]")),
    });
    scene.repositories().is(200);
    scene.expires();
    let mut answers = vec![scene.repositories().is(200)];
    answers.push(scene.owner.get(&format!("/oauth-tokens/{}/vcs-organizations", scene.token)));
    answers.push(scene.owner.get("/organizations/my-organization/vcs-events"));
    answers.push(scene.owner.get(&format!("/oauth-tokens/{}", scene.token)));
    assert!(scene.imitation.seen().iter().any(|seen| seen.token == "glpat-token-2"));
    let mut seen: Vec<(String, Vec<u8>)> =
        answers.into_iter().map(|answer| ("an answer".to_owned(), answer.body.into_bytes())).collect();
    seen.push(("the log".to_owned(), scene.server.log().into_bytes()));
    seen.extend(scene.server.at_rest());
    let (_, backup) = seen.last().expect("a backup");
    assert!(backup.windows(scene.token.len()).any(|window| window == scene.token.as_bytes()), "it has the token's row");
    for needle in [TOKEN, "glpat-token-2", "refresh-2", "the secret"] {
        for (place, bytes) in &seen {
            let is_there = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!is_there, "{needle} is in {place}");
        }
    }
}
