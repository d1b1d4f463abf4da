use super::*;

/// The authorize pages of the kinds that speak OAuth 2.0.
const PAGES: [&str; 7] = [
    "/github/login/oauth/authorize",
    "/github_enterprise/login/oauth/authorize",
    "/gitlab_hosted/oauth/authorize",
    "/gitlab_community_edition/oauth/authorize",
    "/gitlab_enterprise_edition/oauth/authorize",
    "/bitbucket_hosted/site/oauth2/authorize",
    "/ado_services/identity/a-tenant/oauth2/v2.0/authorize",
];

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

const ASKED: [(&str, &str); 3] = [("client_id", "an-app"), ("redirect_uri", CALLBACK), ("state", "s")];

#[test]
fn a_page_says_what_it_is_and_escapes_what_it_was_given() {
    let demo = Demo::new();
    for page in PAGES {
        let hostile = "<script>alert('x')</script>\" onload=\"x";
        let query =
            encoded(&[("client_id", hostile), ("redirect_uri", CALLBACK), ("state", hostile), ("scope", hostile)]);
        let answer = demo.get(&format!("{page}?{query}")).is(200);
        assert!(answer.body.contains("This is <strong>Bowline's demo provider</strong>, not "), "{page}");
        assert!(!answer.body.contains("<script") && !answer.body.contains("onload=\"x"), "{page}: {}", answer.body);
        assert!(answer.body.contains(&format!("action=\"{page}\"")));
        for user in &catalogue::USERS {
            assert!(answer.body.contains(user.name));
        }
        let policy = answer.header("Content-Security-Policy").unwrap();
        for part in ["default-src 'none'", "form-action 'self' https://bowline.example.com;", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
    }
}

#[test]
fn what_cannot_be_sent_back_is_told_to_the_person() {
    let demo = Demo::new();
    for page in PAGES {
        for (pairs, why) in [
            (vec![], "client_id is missing."),
            (vec![("client_id", "an-app")], "redirect_uri is missing."),
            (vec![("client_id", "unknown-app"), ASKED[1]], "No application is registered"),
            (vec![ASKED[0], ("redirect_uri", "javascript:alert(1)")], "redirect_uri is not"),
            (vec![ASKED[0], ("redirect_uri", "/relative")], "redirect_uri is not"),
            (vec![ASKED[0], ("redirect_uri", "https://u:p@bowline.example.com/")], "redirect_uri is not"),
            (vec![ASKED[0], ("redirect_uri", "https://bowline.example.com/#x")], "redirect_uri is not"),
            (vec![ASKED[0], ASKED[1], ASKED[1]], "Duplicate parameter."),
            (vec![ASKED[0], ASKED[1], ("scope", &"x".repeat(4097))], "A parameter is longer than 4096 bytes."),
        ] {
            let answer = demo.get(&format!("{page}?{}", encoded(&pairs))).is(400);
            assert!(answer.body.contains(why) && answer.header("Location").is_none(), "{page}: {why}: {}", answer.body);
        }
        demo.send(Method::Put, &format!("{page}?{}", encoded(&ASKED)), &[], "").is(405);
    }
}

#[test]
fn what_the_application_did_wrong_is_told_to_the_application() {
    let demo = Demo::new();
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_mode", "form_post", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "S256", "invalid_request"),
    ] {
        for page in PAGES {
            let query = encoded(&[&ASKED[..], &[(name, value)]].concat());
            let answer = demo.get(&format!("{page}?{query}")).is(302);
            assert_eq!(answer.parameter("error").as_deref(), Some(error), "{name}");
            assert_eq!(answer.parameter("state").as_deref(), Some("s"));
        }
    }
    for method in ["plain", "s256", ""] {
        let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", method)];
        let query = encoded(&[&ASKED[..], &pkce].concat());
        assert_eq!(
            demo.get(&format!("{}?{query}", PAGES[0])).is(302).parameter("error").as_deref(),
            Some("invalid_request")
        );
    }
}

#[test]
fn a_decision_comes_from_the_page_itself() {
    let demo = Demo::new();
    for page in PAGES {
        let allow = [&ASKED[..], &[("user", "ada"), ("decision", "allow")]].concat();
        for origin in ["https://elsewhere.example.com", "null"] {
            let answer = demo.post(page, &allow, &[("Origin", origin)]).is(403);
            assert!(answer.header("Location").is_none());
        }
        assert!(demo.post(page, &allow, &[("Origin", ORIGIN)]).is(302).parameter("code").is_some());
        let deny = demo.post(page, &[&ASKED[..], &[("decision", "deny")]].concat(), &[]).is(302);
        assert_eq!(deny.parameter("error").as_deref(), Some("access_denied"));
        assert!(deny.parameter("code").is_none());
        for incomplete in [
            vec![],
            vec![("decision", "allow")],
            vec![("decision", "allow"), ("user", "mallory")],
            vec![("decision", "perhaps"), ("user", "ada")],
        ] {
            demo.post(page, &[&ASKED[..], &incomplete].concat(), &[]).is(400);
        }
    }
}

#[test]
fn what_is_no_provider_is_not_found() {
    let demo = Demo::new();
    for path in ["/gitea", "/GitHub/api/user", "/_sandbox", "/_style.css/x"] {
        demo.get(path).is(404);
    }
    for kind in ServiceProvider::ALL {
        let answer = demo.get_as("personal", &format!("/{}/nothing/here", kind.identifier()));
        assert_eq!(answer.status, 404, "{}", kind.identifier());
    }
    demo.send(Method::Post, "/", &[], "").is(404);
    assert_eq!(demo.get("/_style.css").is(200).header("Content-Type"), Some("text/css; charset=utf-8"));
    let front = demo.get("/").is(200);
    assert!(ServiceProvider::ALL.iter().all(|kind| front.body.contains(&format!("{ORIGIN}/{}<", kind.identifier()))));
}

#[test]
fn what_is_kept_is_bounded() {
    let demo = Demo::new();
    let first = demo.code(PAGES[2], &[]);
    let redeem = |code: &str| {
        let form =
            [("client_id", "an-app"), ("client_secret", "x"), ("grant_type", "authorization_code"), ("code", code)];
        demo.post("/gitlab_hosted/oauth/token", &[&form[..], &[("redirect_uri", CALLBACK)]].concat(), &[])
    };
    // So many, and the oldest makes room.
    let last = (0..256).map(|_| demo.code(PAGES[2], &[])).last().unwrap();
    redeem(&first).is(400);
    let oldest = redeem(&last).is(200).text("/access_token");
    for _ in 0..1024 {
        redeem(&demo.code(PAGES[2], &[])).is(200);
    }
    demo.get_as(&oldest, "/gitlab_hosted/api/v4/user").is(401);
}
