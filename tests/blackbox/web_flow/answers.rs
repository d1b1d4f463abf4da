//! What is not the answer to a flow of this browser, and answers that are not understood.

use super::*;

/// Login CSRF (RFC 9700, section 4.7): a code of the attacker's is fed to another person.
#[test]
fn another_browser_cannot_bring_the_answer() {
    let scene = Scene::new(good);
    let state = scene.begins();
    let answer = scene.callback(&format!("code=c&state={state}"));
    let nobody = Browser::new(&scene.server);
    nobody.send("GET", &answer, None, &[]).is(401).has("you are not signed in");
    let other = another_browser(&scene.server, "demo");
    other.get(&answer).is(422).has("belongs to no connection that was begun in this browser").has("do nothing");
    *nobody.cookie.borrow_mut() = Some(format!("bowline-loopback={}", "a".repeat(43)));
    nobody.send("GET", &answer, None, &[]).is(401);
    scene.server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    Browser::of(&scene.server, "eve").get(&answer).is(404);
    scene.is_untouched();
    // None of them has used it up.
    scene.browser.get(&answer).is(200).has("Connected");
}

#[test]
fn answers_that_are_none_are_refused_and_nothing_is_asked() {
    let scene = Scene::new(good);
    let state = scene.begins();
    let longer = format!("{state}a");
    let upper = state.to_uppercase();
    for query in [
        "",
        "code=c",
        "code=c&state=",
        &format!("code=c&state={longer}"),
        &format!("code=c&state={}", &state[1..]),
        &format!("code=c&state={upper}"),
        &format!("oauth_token={state}&oauth_verifier=v"),
        &format!("error=access_denied&state={longer}"),
    ] {
        scene.browser.get(&scene.callback(query)).is(422).has("belongs to no connection");
    }
    for query in ["code=c&code=d", "code=c&iss=a&iss=a", "code=c&error=", "error=a&error=a&code=c"] {
        let twice = format!("{query}&state={state}{}", if query.ends_with("error=") { "&error=" } else { "" });
        scene.browser.get(&scene.callback(&twice)).is(422).has("a parameter twice");
    }
    scene.browser.get(&scene.callback(&format!("code=c&state={state}&state={state}"))).is(422).has("twice");
    scene.is_untouched();
    scene.browser.get(&scene.callback(&format!("state={state}"))).is(422).has("neither a code nor an error");
    scene.browser.get(&scene.callback(&format!("code=c&state={state}"))).is(422).has("used already");
    scene.is_untouched();
}

/// RFC 6749, section 4.1.2: also an exchange that fails uses the flow up.
#[test]
fn an_answer_is_used_once_whatever_becomes_of_it() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/oauth/token" => Said::Json(400, json!({"error": "invalid_grant"}).to_string()),
        _ => good(seen),
    });
    let state = scene.begins();
    let answer = scene.callback(&format!("code=c&state={state}"));
    scene.browser.get(&answer).is(422).has("expired, used up or revoked");
    scene.browser.get(&answer).is(422).has("used already");
    assert_eq!((scene.exchanges().len(), scene.token()), (1, None));
}

#[test]
fn after_ten_minutes_an_answer_comes_too_late() {
    let scene = Scene::new(good);
    for (age_s, status) in [(600, 422), (580, 200)] {
        let state = scene.begins();
        let sql = "UPDATE web_flows SET created_at = created_at - 1000 * ?1";
        assert_eq!(scene.server.sqlite().execute(sql, [age_s]), Ok(1));
        scene.browser.get(&scene.callback(&format!("code=c&state={state}"))).is(status);
        assert_eq!(scene.exchanges().len(), usize::from(status == 200));
        scene.server.sqlite().execute("DELETE FROM web_flows", []).expect("emptied");
    }
}

/// Mix-up (RFC 9700, section 4.4): each client has a callback of its own, and an issuer is compared.
#[test]
fn answers_for_another_client_are_refused() {
    let scene = Scene::new(good);
    let other = creates_client(&scene.owner, &scene.imitation);
    let other = scene.owner.get(&format!("/oauth-clients/{other}"));
    let [path, callback] = ["connect-path", "callback-url"].map(|name| other.text(&format!("/data/attributes/{name}")));
    let callback: Url = callback.parse().expect("a URL");
    let own_state = scene.begins();
    let others_state = parameter(&leaves(&scene.browser, &path), "state");
    scene.browser.get(&format!("{}?code=c&state={own_state}", callback.path())).is(422).has("belongs to no connection");
    scene.browser.get(&scene.callback(&format!("code=c&state={others_state}"))).is(422).has("belongs to no connection");
    scene.is_untouched();
    for wrong in ["https://evil.test", "https%3A%2F%2F127.0.0.1", "", "%3Cscript%3E"] {
        let state = scene.begins();
        let answer = scene.callback(&format!("code=c&state={state}&iss={wrong}"));
        scene.browser.get(&answer).is(422).has("from another provider").has_not("evil.test").has_not("<script");
        scene.browser.get(&scene.callback(&format!("code=c&state={state}"))).is(422).has("used already");
    }
    scene.is_untouched();
    let state = scene.begins();
    let issuer = scene.imitation.origin().replace(':', "%3A");
    scene.browser.get(&scene.callback(&format!("code=c&state={state}&iss={issuer}"))).is(200).has("Connected");
}

#[test]
fn a_refusal_is_told_in_our_words_and_needs_the_state_too() {
    let scene = Scene::new(good);
    for (error, words) in [
        ("access_denied", "Access was denied at the provider."),
        ("invalid_scope", "does not grant a scope"),
        ("temporarily_unavailable", "says that it is unavailable"),
        ("%3Cscript%3Ealert(1)%3C/script%3E", "an error code that is not known"),
    ] {
        let state = scene.begins();
        let needle = "%3Cscript%3Eneedle%3C/script%3E";
        let query = format!("error={error}&error_description={needle}&error_uri=https://{needle}&state={state}");
        let page = scene.browser.get(&scene.callback(&query)).is(422).has(words);
        page.has_not("needle").has_not("<script").has("Nothing was stored.").has("Try again");
        scene.browser.get(&scene.callback(&query)).is(422).has("used already");
    }
    scene.is_untouched();
}

#[test]
fn paths_that_name_no_client_are_not_there() {
    let scene = Scene::new(good);
    let path = scene.connect_path();
    let (uuid, number) = path
        .trim_start_matches("/auth/")
        .split_once("?organization_id=")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("two parts");
    let absent = uuid::Uuid::new_v4();
    let paths = [
        format!("/auth/{absent}?organization_id={number}"),
        format!("/auth/{uuid}?organization_id={}", number.parse::<i64>().expect("a number") + 1),
        format!("/auth/{uuid}?organization_id=x"),
        format!("/auth/{uuid}"),
        format!("/auth/{}?organization_id={number}", uuid.to_uppercase()),
        format!("/auth/{}?organization_id={number}", uuid.replace('-', "")),
        format!("/auth/{{{uuid}}}?organization_id={number}").replace('{', "%7B").replace('}', "%7D"),
        format!("/auth/x?organization_id={number}"),
        format!("/auth/{absent}/callback?code=c&state=s"),
    ];
    let missing = scene.browser.get("/organizations/none").is(404).body;
    for path in paths {
        assert_eq!(scene.browser.get(&path).is(404).body, missing, "{path}");
    }
    let csrf = scene.browser.get("/account").csrf();
    scene.browser.post(&format!("/auth/{absent}"), &[("csrf", &csrf)]).is(404);
}
