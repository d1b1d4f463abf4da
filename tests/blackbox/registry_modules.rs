//! Registry modules and no-code modules: records of what a repository would bring.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Permission, Server, document, sample_with};

const MODULES: &str = "/organizations/my-organization/registry-modules";
const NO_CODE: &str = "/organizations/my-organization/no-code-modules";

fn module(attributes: Value) -> Value {
    document("registry-modules", attributes)
}

/// As the Terraform provider sends it.
fn repository(token: &str) -> Value {
    json!({"identifier": "acme/terraform-aws-thing", "display-identifier": "acme/terraform-aws-thing",
           "oauth-token-id": token, "github-app-installation-id": "", "organization-name": "my-organization",
           "tags": false})
}

fn with(mut repository: Value, more: Value) -> Value {
    for (name, value) in more.as_object().expect("members") {
        repository[name] = value.clone();
    }
    repository
}

fn published(caller: &Caller, repository: &Value, rest: Value) -> Answer {
    caller.post(&format!("{MODULES}/vcs"), &module(with(rest, json!({"vcs-repo": repository}))))
}

fn path_of(module: &Answer) -> String {
    format!("!{}", module.text("/data/links/self"))
}

fn no_code(module: &str, attributes: Value, variables: Value) -> Value {
    let mut given = document("no-code-modules", attributes);
    given["data"]["relationships"] = json!({"registry-module": {"data": {"type": "registry-modules", "id": module}},
                                            "variable-options": {"data": variables}});
    given
}

#[test]
fn a_module_is_published_from_tags_unless_it_names_a_branch() {
    let server = Server::demo();
    let owner = server.owner();
    let token = owner.creates_client("my-organization").1;
    let tagged = owner.post("/registry-modules", &module(json!({"vcs-repo": repository(&token)}))).is(201);
    let tagged = tagged.golden("registry_modules.create");
    let path = path_of(&tagged);
    assert_eq!(owner.get(&path).is(200).at("/data"), tagged.at("/data"));
    assert_eq!(
        owner.get(&format!("/registry-modules/{}", tagged.text("/data/id"))).is(200).at("/data"),
        tagged.at("/data")
    );
    let change = |repo: Value| owner.patch(&path, &json!({"data": {"attributes": {"vcs-repo": repo}}}));
    let of = |answer: &Answer| {
        let repo = answer.at("/data/attributes/vcs-repo");
        (answer.text("/data/attributes/publishing-mechanism"), repo["tags"].clone(), repo["branch"].clone())
    };
    let expect = |mechanism: &str, tags: bool, branch: &str| (mechanism.to_owned(), json!(tags), json!(branch));
    assert_eq!(of(&tagged), expect("git_tag", true, ""));
    let branched = change(json!({"branch": "main", "tags": false, "tag-prefix": "v", "source-directory": "a"})).is(200);
    assert_eq!(of(&branched), expect("branch", false, "main"));
    assert_eq!(branched.at("/data/attributes/vcs-repo/tag-prefix"), json!("v"));
    assert_eq!(branched.at("/data/attributes/test-config/tests-enabled"), json!(false));
    owner.patch(&path, &module(json!({"test-config": {"tests-enabled": true}}))).is(200);
    let again = change(json!({"tags": true})).is(200);
    assert_eq!((of(&again), again.at("/data/attributes/test-config")), (expect("git_tag", true, ""), Value::Null));
    assert_eq!(change(json!({"tags": true, "branch": "x"})).refused(422), ["/data/attributes/vcs-repo/branch"]);
    assert_eq!(of(&change(Value::Null).is(200)).0, "non_vcs");
    assert_eq!(change(json!({"branch": "x"})).refused(422).len(), 2);
    let list = |query: &str| owner.get(&format!("{MODULES}?{query}")).is(200).list().len();
    assert_eq!((list("q=THIN"), list("q=my-org"), list("q=x&filter[provider]=aws")), (1, 1, 0));
    assert_eq!((list("filter[provider]=aws"), list("filter[provider]=a")), (1, 0));
    assert_eq!((list("filter[registry_name]=private"), list("filter[registry-name]=public")), (1, 0));
    assert_eq!((list("filter[organization_name]=my-organization"), list("filter[organization_name]=x")), (1, 0));
}

#[test]
fn destroying_the_connection_leaves_the_module_and_its_versions() {
    let server = Server::demo();
    let owner = server.owner();
    for kind in ["oauth-clients", "oauth-tokens"] {
        let (client, token) = owner.creates_client("my-organization");
        let made =
            published(&owner, &with(repository(&token), json!({"branch": "main"})), json!({"name": kind})).is(201);
        let (path, id) = (path_of(&made), made.text("/data/id"));
        let shown = owner.get(&format!("/oauth-clients/{client}?show_affected_workspaces=true")).is(200);
        assert_eq!(shown.at("/data/attributes/affected-registry-modules-count"), json!(1));
        let skip = server.trail(0).len();
        owner.delete(&format!("/{kind}/{}", if kind == "oauth-clients" { &client } else { &token })).is_done();
        let events = server.trail(skip);
        let unlinked = format!("unlink registry_module {id} in ");
        assert_eq!(events.iter().filter(|event| event.starts_with(&unlinked)).count(), 1, "{events:?}");
        let left = owner.get(&path).is(200);
        assert_eq!(left.at("/data/attributes/vcs-repo"), Value::Null);
        assert_eq!(left.at("/data/attributes/version-statuses/0/version"), json!("0.0.0"));
    }
}

#[test]
fn links_of_modules_move_to_another_client_and_use_github_app_installations() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, token) = owner.creates_client("my-organization");
    let (to, target) = owner.creates_client("my-organization");
    let path = path_of(&published(&owner, &repository(&token), json!({})).is(201));
    server.cli(&["client", "move-workspaces", &from, &to]);
    assert_eq!(owner.get(&path).is(200).at("/data/attributes/vcs-repo/oauth-token-id"), json!(target));
    let installation = server.records_installation("my-organization");
    let through = with(repository(""), json!({"github-app-installation-id": installation, "branch": "main"}));
    let made = published(&owner, &through, json!({"name": "app"})).is(201);
    assert_eq!(made.at("/data/attributes/vcs-repo/github-app-installation-id"), json!(installation));
    assert_eq!(made.at("/data/attributes/vcs-repo/service-provider"), json!("github_app"));
    server.cli(&["github-app-installation", "delete", &installation, "--yes"]);
    assert_eq!(owner.get(&path_of(&made)).is(200).at("/data/attributes/vcs-repo"), Value::Null);
}

#[test]
fn tests_of_a_module_run_remotely_or_in_an_agent_pool_of_the_organization() {
    let server = Server::demo();
    let owner = server.owner();
    let pool = owner.creates_agent_pool("my-organization", "pool");
    owner.creates_organization("other");
    let foreign = owner.creates_agent_pool("other", "pool");
    let path = path_of(&owner.post(MODULES, &module(json!({"name": "thing", "provider": "aws"}))).is(201));
    let change = |tests: Value| owner.patch(&path, &module(json!({"test-config": tests})));
    let remote = change(json!({"tests-enabled": true})).is(200).at("/data/attributes/test-config");
    assert_eq!((&remote["agent-execution-mode"], &remote["agent-pool-id"]), (&json!("remote"), &Value::Null));
    let agent = change(json!({"agent-execution-mode": "agent", "agent-pool-id": pool})).is(200);
    assert_eq!(agent.at("/data/attributes/test-config/agent-pool-id"), json!(pool));
    assert_eq!(agent.at("/data/attributes/test-config/tests-enabled"), json!(true));
    for (tests, place) in [
        (json!({"agent-pool-id": foreign}), "/agent-pool-id"),
        (json!({"agent-pool-id": "nonexisting"}), "/agent-pool-id"),
        (json!({"agent-execution-mode": "remote", "agent-pool-id": pool}), "/agent-pool-id"),
        (json!({"agent-execution-mode": "x"}), "/agent-execution-mode"),
        (json!({"tests-enabled": 1}), "/tests-enabled"),
        (json!([]), ""),
    ] {
        assert_eq!(change(tests).refused(422), [format!("/data/attributes/test-config{place}")]);
    }
    assert_eq!(
        change(json!({"agent-pool-id": ""})).is(200).at("/data/attributes/test-config/agent-pool-id"),
        Value::Null
    );
    assert_eq!(change(Value::Null).is(200).at("/data/attributes/test-config"), Value::Null);
}

#[test]
fn a_module_that_cannot_be_published_is_refused_at_the_place_that_is_wrong() {
    let server = Server::demo();
    let owner = server.owner();
    let token = owner.creates_client("my-organization").1;
    owner.creates_organization("other");
    let foreign = owner.creates_client("other").1;
    let good = repository(&token);
    published(&owner, &good, json!({})).is(201);
    let before = server.contents();
    let long = "x".repeat(300);
    for (given, rest, place) in [
        (good.clone(), json!({}), "name"),
        (with(good.clone(), json!({"identifier": "acme/thing"})), json!({"provider": "aws"}), "name"),
        (with(good.clone(), json!({"identifier": "acme/thing"})), json!({"name": "thing"}), "provider"),
        (good.clone(), json!({"name": "a b"}), "name"),
        (good.clone(), json!({"name": "x".repeat(65)}), "name"),
        (good.clone(), json!({"name": 1}), "name"),
        (good.clone(), json!({"name": "own", "registry-name": "public"}), "registry-name"),
        (good.clone(), json!({"name": "own", "namespace": "other"}), "namespace"),
        (good.clone(), json!({"name": "own", "initial-version": "v1"}), "initial-version"),
        (Value::Null, json!({"name": "own", "provider": "aws"}), "vcs-repo"),
        (json!("x"), json!({"name": "own", "provider": "aws"}), "vcs-repo"),
        (repository("ot-1111111111111111"), json!({"name": "own"}), "vcs-repo/oauth-token-id"),
        (repository(&foreign), json!({"name": "own"}), "vcs-repo/oauth-token-id"),
        (repository(""), json!({"name": "own"}), "vcs-repo/oauth-token-id"),
        (
            with(good.clone(), json!({"identifier": "thing"})),
            json!({"name": "own", "provider": "aws"}),
            "vcs-repo/identifier",
        ),
        (with(good.clone(), json!({"tags": "yes"})), json!({"name": "own"}), "vcs-repo/tags"),
        (with(good.clone(), json!({"tags": true, "branch": "main"})), json!({"name": "own"}), "vcs-repo/branch"),
        (with(good.clone(), json!({"tag-prefix": long})), json!({"name": "own"}), "vcs-repo/tag-prefix"),
        (with(good.clone(), json!({"source-directory": "a\nb"})), json!({"name": "own"}), "vcs-repo/source-directory"),
        (
            with(good.clone(), json!({"display-identifier": long})),
            json!({"name": "own"}),
            "vcs-repo/display-identifier",
        ),
        (with(good.clone(), json!({"organization-name": 7})), json!({"name": "own"}), "vcs-repo/organization-name"),
    ] {
        let named = published(&owner, &given, rest.clone()).refused(422);
        assert_eq!(named, [format!("/data/attributes/{place}")], "{given} {rest}");
    }
    let mut tagged = module(json!({"name": "own", "provider": "aws"}));
    tagged["data"]["relationships"] =
        json!({"tag-bindings": {"data": [{"type": "tag-bindings", "attributes": {"key": "a"}}]}});
    assert_eq!(owner.post(MODULES, &tagged).refused(422), ["/data/relationships/tag-bindings/data"]);
    // Where the path names no organization, the repository has to lead to one.
    let publish = |repo: Value| owner.post("/registry-modules", &module(json!({"name": "own", "vcs-repo": repo})));
    assert_eq!(publish(json!({})).refused(422), ["/data/attributes/vcs-repo"]);
    assert_eq!(publish(Value::Null).refused(422), ["/data/attributes/vcs-repo"]);
    let mut nameless = repository("ot-1111111111111111");
    nameless.as_object_mut().expect("members").remove("organization-name");
    publish(nameless.clone()).is(404);
    publish(with(good, json!({"organization-name": "nonexisting"}))).is(404);
    assert_eq!(server.contents(), before);
    nameless["oauth-token-id"] = json!(token);
    publish(nameless).is(201);
}

#[test]
fn a_client_for_some_projects_can_publish_modules_too() {
    let server = Server::demo();
    let owner = server.owner();
    let limited = owner.tries_client(&sample_with(json!({"organization-scoped": false}))).is(201);
    published(&owner, &repository(&limited.text("/data/relationships/oauth-tokens/data/0/id")), json!({})).is(201);
}

#[test]
fn who_may_manage_modules_manages_them_and_an_organizations_token_does_not() {
    let server = Server::demo();
    let owner = server.owner();
    let manager = server.member("mona", &[Permission::ManageModules]);
    let token = owner.creates_client("my-organization").1;
    let made = published(&manager, &repository(&token), json!({})).is(201);
    let path = path_of(&made);
    for (caller, may) in [(&owner, true), (&manager, true), (&server.member("mia", &[]), false)] {
        assert_eq!(caller.get(&path).is(200).at("/data/attributes/permissions/can-delete"), json!(may));
        let organization = caller.get("/organizations/my-organization").is(200);
        assert_eq!(organization.at("/data/attributes/permissions/can-create-module"), json!(may));
    }
    let created = manager.post(NO_CODE, &no_code(&made.text("/data/id"), json!({}), json!([]))).is(201);
    manager.delete(&path_of(&created)).is_done();
    let by_organization = server.organization_token();
    published(&by_organization, &repository(&token), json!({"name": "own"})).is(404);
    by_organization.delete(&path).is(404);
    manager.delete(&path).is_done();
}

#[test]
fn a_version_is_there_once_it_is_recorded_and_its_module_goes_with_the_last() {
    let server = Server::demo();
    let owner = server.owner();
    let token = owner.creates_client("my-organization").1;
    let bare = path_of(&owner.post(MODULES, &module(json!({"name": "bare", "provider": "aws"}))).is(201));
    let version = |path: &str, version: &str| owner.get(&format!("{path}/version?module_version={version}"));
    let record = |version: Value| {
        owner.post(&format!("{bare}/versions"), &document("registry-module-versions", json!({"version": version})))
    };
    version(&bare, "1.0.0").is(404);
    assert_eq!(owner.get(&format!("{bare}/version")).refused(400), ["module_version"]);
    let made = record(json!("1.0.0")).is(201).golden("registry_module_versions.create");
    assert_eq!(version(&bare, "1.0.0").is(200).json(), made.json());
    for wrong in [json!("1.0.0"), json!("1"), json!(""), Value::Null, json!(1), json!("1".repeat(300))] {
        assert_eq!(record(wrong).refused(422), ["/data/attributes/version"]);
    }
    record(json!("1.1.0-rc.1+x")).is(201);
    owner.delete(&format!("{bare}/1.0.0")).is_done();
    owner.delete(&format!("{bare}/1.0.0")).is(404);
    version(&bare, "1.0.0").is(404);
    owner.delete(&format!("{bare}/1.1.0-rc.1+x")).is_done();
    owner.get(&bare).is(404);
    // Which tags a repository has is not known, and so is every version of it.
    let tagged = path_of(&published(&owner, &repository(&token), json!({"name": "tagged"})).is(201));
    version(&tagged, "7.8.9").is(200);
    version(&tagged, "latest").is(404);
    owner.delete(&format!("{tagged}/7.8.9")).is(404);
    let branch = with(repository(&token), json!({"branch": "main"}));
    let branched = path_of(&published(&owner, &branch, json!({"name": "b", "initial-version": "0.0.1"})).is(201));
    version(&branched, "0.0.1").is(200);
    version(&branched, "0.0.2").is(404);
}

#[test]
fn of_64_deletions_in_all_forms_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    let owner = server.owner();
    let made = owner.post(MODULES, &module(json!({"name": "thing", "provider": "aws"}))).is(201);
    let one = path_of(&made);
    let version = document("registry-module-versions", json!({"version": "1.0.0"}));
    owner.post("/registry-modules/my-organization/thing/aws/versions", &version).is(201);
    let all = one.trim_end_matches("/aws");
    let forms = [
        ("DELETE", one.clone()),
        ("DELETE", all.to_owned()),
        ("DELETE", format!("{one}/1.0.0")),
        ("POST", "/registry-modules/actions/delete/my-organization/thing".to_owned()),
        ("POST", "/registry-modules/actions/delete/my-organization/thing/aws".to_owned()),
        ("POST", "/registry-modules/actions/delete/my-organization/thing/aws/1.0.0".to_owned()),
    ];
    let skip = server.trail(0).len();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let ask = |n: usize| {
            let (method, path) = &forms[n % forms.len()];
            owner.send(method, path, None, &[]).status
        };
        let callers: Vec<_> = (0..64).map(|n| scope.spawn(move || ask(n))).collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 63, "{statuses:?}");
    let destroyed = format!("destroy registry_module {} in ", made.text("/data/id"));
    assert_eq!(server.trail(skip).iter().filter(|event| event.starts_with(&destroyed)).count(), 1);
}

#[test]
fn by_its_name_a_module_is_deleted_for_all_providers() {
    let server = Server::demo();
    let owner = server.owner();
    for provider in ["aws", "azurerm"] {
        owner.post(MODULES, &module(json!({"name": "thing", "provider": provider}))).is(201);
    }
    let other = path_of(&owner.post(MODULES, &module(json!({"name": "other", "provider": "aws"}))).is(201));
    for wrong in ["public/my-organization", "private/other"] {
        owner.delete(&format!("{MODULES}/{wrong}/thing")).is(404);
        owner.get(&format!("{MODULES}/{wrong}/thing/aws")).is(404);
    }
    owner.delete(&format!("{MODULES}/private/my-organization/thing")).is_done();
    owner.delete(&format!("{MODULES}/private/my-organization/thing")).is(404);
    assert_eq!(owner.get(MODULES).is(200).list().len(), 1);
    owner.get(&other).is(200);
}

#[test]
fn a_no_code_module_has_options_for_variables_and_a_version_of_its_module() {
    let server = Server::demo();
    let owner = server.owner();
    let token = owner.creates_client("my-organization").1;
    let branch = with(repository(&token), json!({"branch": "main"}));
    let made = published(&owner, &branch, json!({"initial-version": "0.0.1"})).is(201);
    let (module, module_path) = (made.text("/data/id"), path_of(&made));
    let option = |name: &str, options: Value| {
        json!({"type": "variable-options",
               "attributes": {"variable-name": name, "variable-type": "string", "options": options}})
    };
    let region = option("region", json!(["a", "b"]));
    let pinned = json!({"version-pin": "0.0.1"});
    for (given, place) in [
        (no_code(&module, json!({"version-pin": "0.0.2"}), json!([])), "attributes/version-pin"),
        (no_code(&module, json!({"version-pin": "x"}), json!([])), "attributes/version-pin"),
        (no_code("mod-1111111111111111", json!({}), json!([])), "relationships/registry-module/data"),
        (document("no-code-modules", json!({})), "relationships/registry-module/data"),
        (
            no_code(&module, json!({}), json!([option("", json!([]))])),
            "relationships/variable-options/data/0/attributes/variable-name",
        ),
        (
            no_code(&module, json!({}), json!([region, region])),
            "relationships/variable-options/data/1/attributes/variable-name",
        ),
        (
            no_code(&module, json!({}), json!([option("a", json!([""]))])),
            "relationships/variable-options/data/0/attributes/options",
        ),
        (
            no_code(&module, json!({}), json!([option("a", json!(7))])),
            "relationships/variable-options/data/0/attributes/options",
        ),
        (no_code(&module, json!({}), json!(vec![region.clone(); 101])), "relationships/variable-options/data"),
    ] {
        assert_eq!(owner.post(NO_CODE, &given).refused(422), [format!("/data/{place}")], "{given}");
    }
    // The service's own samples write the type in the singular.
    let mut given = no_code(&module, pinned, json!([region]));
    given["data"]["relationships"]["registry-module"]["data"]["type"] = json!("registry-module");
    let made = owner.post(NO_CODE, &given).is(201).golden("no_code_modules.create");
    assert_eq!(owner.post(NO_CODE, &given).refused(422), ["/data/relationships/registry-module/data"]);
    let path = format!("/no-code-modules/{}", made.text("/data/id"));
    let shown =
        owner.get(&format!("{path}?Type=&include=variable-options")).is(200).golden("no_code_modules.show.included");
    let first = shown.text("/included/0/id");
    let change =
        |attributes: Value, variables: Value| owner.patch(&path, &no_code(&module, attributes, variables)).is(200);
    let changed = change(json!({"enabled": false}), json!([option("size", json!(null)), region]));
    assert_eq!(changed.at("/data/attributes"), json!({"enabled": false, "version-pin": "0.0.1"}));
    assert_eq!(changed.at("/data/relationships/variable-options/data/1/id"), json!(first));
    // What is read names options by their ids alone.
    let options = || owner.get(&format!("{path}?include=variable-options")).is(200).json();
    let read = options();
    assert_eq!((owner.patch(&path, &read).is(200).json(), options()), (changed.json(), read));
    let module_shown = owner.get(&format!("{module_path}?include=no-code-modules")).is(200);
    assert_eq!(module_shown.at("/data/attributes/no-code"), json!(true));
    assert_eq!(module_shown.at("/included/0/id"), made.at("/data/id"));
    let other =
        owner.post(MODULES, &document("registry-modules", json!({"name": "o", "provider": "aws", "no-code": true})));
    let other = other.is(201);
    assert_eq!(other.at("/data/relationships/no-code-modules/data").as_array().map(Vec::len), Some(1));
    let moved = owner.patch(&path, &no_code(&other.text("/data/id"), json!({}), json!([])));
    assert_eq!(moved.refused(422), ["/data/relationships/registry-module/data"]);
    let plain = owner.patch(&path_of(&other), &document("registry-modules", json!({"no-code": false}))).is(200);
    assert_eq!(plain.at("/data/relationships/no-code-modules/data"), json!([]));
    // It goes with its module.
    owner.delete(&module_path).is_done();
    owner.get(&path).is(404);
}
