//! What an administrator does with users and organizations besides making them.

use serde_json::{Value, json};

use crate::harness::{Server, bowline_in};

fn refused(server: &Server, arguments: &[&str]) -> String {
    let output = bowline_in(&server.data_dir, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{arguments:?}: {said}");
    said
}

fn said(server: &Server, arguments: &[&str]) -> String {
    let output = bowline_in(&server.data_dir, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Ada owns acme, and is a plain member of my-organization.
fn with_ada() -> (Server, crate::harness::Caller) {
    let server = Server::demo();
    let ada = server.outsider("ada");
    server.cli(&["org", "create", "acme", "--email", "ops@example.com", "--owner", "ada"]);
    let invitation = json!({"data": {"type": "organization-memberships", "attributes": {"email": "ada@example.com"}}});
    server.owner().post("/organizations/my-organization/organization-memberships", &invitation).is(201);
    (server, ada)
}

#[test]
fn users_are_listed_and_shown_with_what_is_theirs() {
    let (server, _) = with_ada();
    server.cli(&["token", "create", "--user", "ada", "--description", "for tests"]);
    let users: Value = serde_json::from_str(&server.cli(&["user", "list", "--json"])).expect("JSON");
    assert_eq!((&users[1]["tokens"], &users[1]["organizations"]), (&"2".into(), &"acme, my-organization".into()));
    let ada: Value = serde_json::from_str(&server.cli(&["user", "show", "ada", "--json"])).expect("JSON");
    let organizations = json!([{"name": "acme", "role": "owner"}, {"name": "my-organization", "role": "member"}]);
    assert_eq!(ada["organizations"], organizations);
    assert_eq!((&ada["tokens"][1]["description"], &ada["tokens"][1]["status"]), (&"for tests".into(), &"valid".into()));
    let text = server.cli(&["user", "show", "ADA"]);
    assert!(text.contains("organizations: acme (owner), my-organization (member)\n"), "{text}");
    assert!(text.contains("username: ada\n") && !text.contains("atlasv1"), "{text}");
    assert!(refused(&server, &["user", "show", "eve"]).contains("There is no user named eve;"));
}

#[test]
fn a_deleted_user_is_gone_at_once_with_tokens_and_memberships() {
    let (server, ada) = with_ada();
    let eve = server.outsider("eve");
    let invitation = json!({"data": {"type": "organization-memberships", "attributes": {"email": "eve@example.com"}}});
    ada.post("/organizations/acme/organization-memberships", &invitation).is(201);
    eve.get("/account/details").is(200);
    let words = said(&server, &["user", "delete", "eve", "--yes"]);
    for line in [
        "Deleting the user eve also deletes:\n",
        "  1 API token\n",
        "  the membership in acme\n",
        "Deleted the user eve.",
    ] {
        assert!(words.contains(line), "{words}");
    }
    eve.get("/account/details").is(401);
    let members = ada.get("/organizations/acme/organization-memberships").is(200);
    assert_eq!(members.json()["data"].as_array().expect("a list").len(), 1);
    // Another eve has nothing of the first one's.
    let second = server.outsider("eve");
    second.get("/organizations/acme").is(404);
    let trail = server.cli(&["audit", "--json"]);
    let destroyed = |kind: &str| {
        let is_one = |line: &&str| line.contains("\"destroy\"") && line.contains(&format!("\"{kind}\""));
        trail.lines().filter(is_one).count()
    };
    assert_eq!((destroyed("user"), destroyed("organization_membership")), (1, 1), "{trail}");
    assert!(server.cli(&["check"]).contains("audit trail: ok"));
}

#[test]
fn the_only_owner_of_an_organization_stays() {
    let (server, ada) = with_ada();
    let words = refused(&server, &["user", "delete", "ada", "--yes"]);
    assert!(words.contains("ada is the only owner of acme."), "{words}");
    ada.get("/account/details").is(200);
    // With a second owner she may go.
    let eve = server.outsider("eve");
    let teams = ada.get("/organizations/acme/teams").is(200);
    let owners = teams.text("/data/0/id");
    let invitation = json!({"data": {"type": "organization-memberships", "attributes": {"email": "eve@example.com"},
        "relationships": {"teams": {"data": [{"type": "teams", "id": owners}]}}}});
    ada.post("/organizations/acme/organization-memberships", &invitation).is(201);
    said(&server, &["user", "delete", "ada", "--yes"]);
    ada.get("/account/details").is(401);
    eve.creates_client("acme");
}

#[test]
fn an_organization_is_shown_and_deleted_with_everything_in_it() {
    let (server, ada) = with_ada();
    ada.creates_client("acme");
    ada.creates_client("acme");
    let project = ada.creates_project("acme", "cats");
    let project = json!({"project": {"data": {"type": "projects", "id": project}}});
    let stack = json!({"type": "stacks", "attributes": {"name": "network"}, "relationships": project});
    ada.post("/stacks", &json!({"data": stack})).is(201);
    let shown: Value = serde_json::from_str(&server.cli(&["org", "show", "acme", "--json"])).expect("JSON");
    let some = |what: &str| shown["contents"][what].as_u64().expect("a number");
    assert_eq!(shown["owners"], json!(["ada"]));
    assert_eq!((some("OAuth clients"), some("projects"), some("stacks"), some("workspaces")), (2, 2, 1, 0));
    assert!(server.cli(&["org", "show", "Acme"]).contains("owners: ada\n"));
    let words = said(&server, &["org", "delete", "acme", "--yes"]);
    assert!(words.contains("  2 OAuth clients\n") && words.contains("  no workspaces\n"), "{words}");
    ada.get("/organizations/acme").is(404);
    ada.get("/account/details").is(200);
    assert!(refused(&server, &["org", "delete", "acme", "--yes"]).contains("There is no organization named acme;"));
    said(&server, &["user", "delete", "ada", "--yes"]);
}

#[test]
fn without_a_terminal_nothing_is_deleted_unless_it_is_agreed_to() {
    let (server, ada) = with_ada();
    server.outsider("eve");
    for arguments in [["user", "delete", "eve"], ["org", "delete", "acme"]] {
        let words = refused(&server, &arguments);
        assert!(words.contains("also deletes:\n") && words.contains("needs --yes."), "{words}");
    }
    assert!(server.cli(&["user", "list"]).contains("eve@example.com"));
    ada.get("/organizations/acme").is(200);
}

#[test]
fn at_a_terminal_the_answer_counts() {
    let (server, _) = with_ada();
    for (answer, is_deleted) in [("n", false), ("", false), ("yes please", false), ("y", true)] {
        if server.cli(&["user", "list"]).contains("eve@") {
            assert!(!is_deleted || answer == "y");
        } else {
            server.outsider("eve");
        }
        let binary = env!("CARGO_BIN_EXE_bowline");
        let line = format!("{binary} user delete eve --data-dir {}", server.data_dir.display());
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let Ok(mut child) = script.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn()
        else {
            eprintln!("LEFT OUT: there is no `script` to make a terminal");
            return;
        };
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), format!("{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("Delete the user eve? [y/N]"), "{said}");
        assert_eq!(output.status.success(), is_deleted, "{answer:?}: {said}");
        assert_eq!(server.cli(&["user", "list"]).contains("eve@"), !is_deleted, "{answer:?}");
    }
}
