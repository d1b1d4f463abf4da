//! Users, organizations, tokens and clients.

use serde_json::{Value, json};

use super::{printed, refused};
use crate::harness::{Server, bowline, bowline_in, temporary};

fn shape(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(&format!("^{pattern}$")).expect("a pattern").is_match(text)
}

#[test]
fn an_operator_sets_up_an_installation_before_its_first_server() {
    let directory = temporary();
    let data = directory.path().join("data");
    printed(bowline_in(&data, &["init"]));
    let id = printed(bowline_in(&data, &["user", "create", "ada", "--email", "ada@example.com", "--admin"]));
    let link = r"http://127\.0\.0\.1:8080/set-password/[0-9A-Za-z_-]{43}\n";
    assert!(shape(&format!("user-[1-9A-HJ-NP-Za-km-z]{{16}}\n{link}"), &id), "{id}");
    let id = printed(bowline_in(&data, &["org", "create", "acme", "--email", "ops@example.com", "--owner", "ada"]));
    assert!(shape("org-[1-9A-HJ-NP-Za-km-z]{16}\n", &id), "{id}");
    let token = printed(bowline_in(&data, &["token", "create", "--user", "ada", "--expires-in", "30d"]));
    assert!(shape(r"[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z]{67}\n", &token), "{token}");

    let server = Server::serve_on(&data, &[]);
    assert_eq!(server.announced, [format!("export TFE_ADDRESS={}", server.address)]);
    server.with_token(token.trim()).creates_client("acme");
}

#[test]
fn accounts_made_beside_a_running_server_count_at_once() {
    let server = Server::demo();
    let ada = server.outsider("ada");
    server.cli(&["org", "create", "acme", "--email", "ops@example.com", "--owner", "ada"]);
    ada.creates_client("acme");
    for subject in [["--team", "acme/owners"], ["--organization", "acme"]] {
        let token = server.cli(&["token", "create", subject[0], subject[1]]);
        server.with_token(&token).creates_client("acme");
    }

    let tokens: Value = serde_json::from_str(&server.cli(&["token", "list", "--json"])).expect("JSON");
    let subjects: Vec<&Value> = tokens.as_array().expect("a list").iter().map(|token| &token["subject"]).collect();
    assert_eq!(subjects, ["user demo", "user ada", "team acme/owners", "organization acme"]);
    let id = tokens[1]["id"].as_str().expect("an id");
    server.cli(&["token", "revoke", id]);
    ada.get("/organizations/acme").is(401);
}

#[test]
fn lists_are_tables_for_people_and_json_for_programs() {
    let server = Server::demo();
    let (id, token) = server.owner().creates_client("my-organization");
    let list = ["client", "list", "--organization", "my-organization"];
    let table = server.cli(&list);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[0].contains("SERVICE PROVIDER"), "{table}");
    assert!(lines[1].starts_with(&id) && lines[1].contains("https://github.com"), "{table}");
    let clients: Value = serde_json::from_str(&server.cli(&[&list[..], &["--json"]].concat())).expect("JSON");
    let created_at = clients[0]["created-at"].clone();
    assert_eq!(
        clients,
        json!([{"id": id, "name": null, "service-provider": "github", "http-url": "https://github.com",
                "oauth-token": token, "created-at": created_at}])
    );
    assert!(server.cli(&["user", "list"]).contains("demo@example.com"));
    assert!(server.cli(&["org", "list"]).contains("my-organization"));
    assert!(!server.cli(&["token", "list", "--json"]).contains("atlasv1"));
}

#[test]
fn nonsense_is_refused_in_one_sentence_and_changes_nothing() {
    let server = Server::demo();
    let before = server.sqlite().query_row("SELECT count(*) FROM audit_events", [], |row| row.get::<_, i64>(0));
    let cases: [(&[&str], &str); 12] = [
        (&["user", "create", "demo", "--email", "a@b"], "There is a user named demo already."),
        (&["user", "create", "a b", "--email", "a@b"], "`username` may only contain"),
        (&["user", "create", "ada", "--email", "ada"], "`email` must be an e-mail address."),
        (&["org", "create", "acme", "--email", "a@b", "--owner", "nobody"], "There is no user named nobody;"),
        (&["org", "create", "My-Organization", "--email", "a@b", "--owner", "demo"], "There is an organization named"),
        (&["org", "create", "a/b", "--email", "a@b", "--owner", "demo"], "`name` may only contain"),
        (&["token", "create", "--user", "nobody"], "There is no user named nobody;"),
        (&["token", "create", "--team", "my-organization"], "--team takes ORG/TEAM"),
        (&["token", "create", "--team", "my-organization/none"], "There is no team my-organization/none."),
        (&["token", "create", "--organization", "none"], "There is no organization named none;"),
        (&["token", "revoke", "at-nothing"], "There is no token at-nothing"),
        (&["client", "list", "--organization", "none"], "There is no organization named none;"),
    ];
    for (arguments, sentence) in cases {
        let said = refused(&bowline_in(&server.data_dir, arguments));
        assert!(said.starts_with(sentence), "{arguments:?}: {said}");
    }
    let after = server.sqlite().query_row("SELECT count(*) FROM audit_events", [], |row| row.get::<_, i64>(0));
    assert_eq!(before, after);
}

#[test]
fn flags_that_make_no_sense_are_usage_errors() {
    for arguments in [
        &["--bogus"][..],
        &["serve", "--bogus"],
        &["serve", "--idle-timeout", "0s"],
        &["serve", "--idle-timeout", "soon"],
        &["serve", "--max-connections", "0"],
        &["token", "create"],
        &["token", "create", "--user", "a", "--organization", "b"],
        &["token", "create", "--user", "a", "--expires-in", "-1d"],
        &["user", "create", "ada"],
        &["check", "--log-level", "loud"],
        &[],
    ] {
        let output = bowline(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let is_sentence =
            said.starts_with("bowline: ") && said.ends_with("; try --help.\n") && said.lines().count() == 1;
        assert!(is_sentence || arguments.is_empty(), "{arguments:?}: {said}");
    }
}

#[test]
fn every_command_explains_itself_with_an_example() {
    for command in [
        &[][..],
        &["demo"],
        &["serve"],
        &["init"],
        &["user", "create"],
        &["user", "show"],
        &["user", "delete"],
        &["org", "show"],
        &["org", "delete"],
        &["org", "create"],
        &["token", "create"],
        &["token", "revoke"],
        &["client", "move-workspaces"],
        &["github-app-installation", "create"],
        &["audit"],
        &["backup"],
        &["restore"],
        &["check"],
    ] {
        let help = printed(bowline(&[command, &["--help"]].concat()));
        assert!(help.contains("Example"), "{command:?}: {help}");
    }
}
