//! `bowline key rotate`: beside a server, killed at any moment, and twice at once.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::{Caller, SEALED, Server, bowline_in, command, sample_with, temporary};
use crate::plain::PLAIN;

/// A client with every secret that a client can have.
fn client() -> Value {
    sample_with(json!({"service-provider": "ado_server", "oauth-token-string": "token", "secret": "secret",
                       "private-key": "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\n"}))
}

fn key_file(server: &Server) -> PathBuf {
    server.data_dir.join("master.key")
}

/// The numbers of the seal keys in a key file.
fn keys_in(file: &Path) -> Vec<u32> {
    let text = fs::read_to_string(file).expect("a key file");
    let seal = text.lines().filter_map(|line| line.strip_prefix("seal "));
    seal.map(|line| line.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")).collect()
}

/// The numbers of the keys that the secrets are sealed under, each once, oldest first.
fn keys_in_use(server: &Server) -> Vec<u32> {
    let number = |sealed: &Vec<u8>| u32::from_be_bytes(sealed[1..5].try_into().expect("four bytes"));
    let mut numbers: Vec<u32> = server.ciphertexts().iter().map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[track_caller]
fn is_sound(data_dir: &Path) {
    let output = bowline_in(data_dir, &["check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[track_caller]
fn refused(data_dir: &Path, arguments: &[&str]) -> String {
    let output = bowline_in(data_dir, arguments);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).expect("text");
    said.lines().find_map(|line| line.strip_prefix("bowline: ")).expect("a sentence").to_owned()
}

/// `key rotate`, begun.
fn begun(data_dir: &Path) -> Child {
    let mut command = command();
    command.args(["key", "rotate", "--data-dir"]).arg(data_dir);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

#[test]
fn every_secret_is_sealed_anew_beside_a_running_server_that_follows() {
    let server = Server::demo();
    let owner = server.owner();
    let made = owner.tries_client(&client()).is(201);
    let id = made.text("/data/id");
    server.puts_refresh_token(&made.text("/data/relationships/oauth-tokens/data/0/id"));
    owner.creates_ssh_key("my-organization", "deploy");
    let before = server.ciphertexts();
    assert_eq!((before.len(), keys_in_use(&server)), (5, vec![1]));

    let trail = server.trail(0).len();
    let said = server.cli(&["key", "rotate"]);
    assert_eq!(server.trail(trail), ["rotate master_key seal 2 in - by command line"]);
    let file = key_file(&server);
    let shown = file.display();
    assert_eq!(
        said,
        format!(
            "Key 2 is in {shown}.\n5 secrets are sealed under key 2; 5 of them were re-sealed.\nOlder keys were removed from {shown}: 1."
        )
    );
    assert_eq!((keys_in(&file), keys_in_use(&server)), (vec![2], vec![2]));
    assert!(server.ciphertexts().iter().all(|sealed| !before.contains(sealed)));
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o7777, 0o600);

    // Tokens go on, and what the same server seals now is sealed under the new key.
    owner.tries_client(&client()).is(201);
    let change = json!({"data": {"type": "oauth-clients", "id": id, "attributes": {"secret": "another"}}});
    owner.patch(&format!("/oauth-clients/{id}"), &change).is(200);
    assert_eq!(keys_in_use(&server), [2]);
    is_sound(&server.data_dir);

    let data_dir = temporary();
    let copy = data_dir.path().join("copy");
    fs::create_dir(&copy).expect("a directory");
    let names = ["audit.head", "bowline.db", "bowline.lock", "bowline.reserve", "master.key"];
    let (token, kept) = (owner.token.clone().expect("a token"), server.data_dir.clone());
    let mut server = server;
    server.signal(crate::harness::Signal::TERM);
    assert!(server.wait().success());
    // Nothing of the rotation is left beside them.
    let mut left: Vec<_> =
        fs::read_dir(&kept).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect();
    left.sort();
    assert_eq!(left, names);
    for name in names {
        fs::copy(kept.join(name), copy.join(name)).expect("copied");
    }
    let again = Server::serve_on(&copy, &[]);
    again.with_token(&token).get(&format!("/oauth-clients/{id}")).is(200);
    again.with_token(&token).tries_client(&client()).is(201);
}

/// Creates and changes secrets until it is told to end; everything must be taken.
fn work(caller: &Caller, is_over: &AtomicBool, written: &AtomicUsize) {
    let mut last = None;
    while !is_over.load(Ordering::Relaxed) {
        let id = caller.tries_client(&client()).is(201).text("/data/id");
        if let Some(before) = last.replace(id) {
            let attributes = json!({"secret": "another", "oauth-token-string": "another"});
            let change = json!({"data": {"type": "oauth-clients", "id": before, "attributes": attributes}});
            caller.patch(&format!("/oauth-clients/{before}"), &change).is(200);
        }
        written.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is sealed just before a rotation and comes to be written just after it is sealed again: nobody is told to wait.
#[test]
fn a_server_under_load_refuses_nobody_during_rotations() {
    let server = Server::demo();
    let (is_over, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        for _ in 0..8 {
            let (owner, is_over, written) = (server.owner(), &is_over, &written);
            threads.spawn(move || work(&owner, is_over, written));
        }
        for number in 2..12 {
            let before = written.load(Ordering::Relaxed);
            server.cli(&["key", "rotate"]);
            assert_eq!(keys_in(&key_file(&server)), [number]);
            assert_eq!(keys_in_use(&server), [number]);
            while written.load(Ordering::Relaxed) == before {
                std::thread::yield_now();
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    is_sound(&server.data_dir);
}

#[test]
fn killed_at_any_moment_every_secret_opens_and_the_next_run_finishes() {
    let server = Server::demo();
    let file = key_file(&server);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            let owner = server.owner();
            threads.spawn(move || (0..60).for_each(|_| drop(owner.tries_client(&client()).is(201))));
        }
    });
    let all = server.ciphertexts().len() as i64;
    assert_eq!(all, 720);
    let mut killed_half_way = 0;
    // How many secrets are to be under the new key when the rotation is killed; none: when the key is in the file.
    for moment in [0, 1, all / 4, all / 2, all - 1, all] {
        let newest = *keys_in(&file).last().expect("a key") + 1;
        let under_newest = || -> i64 {
            let counts = SEALED.iter().map(|(table, column)| {
                format!("(SELECT count(*) FROM {table} WHERE hex(substr({column}, 2, 4)) = '{newest:08X}')")
            });
            server.number(&format!("SELECT {}", counts.collect::<Vec<_>>().join(" + ")))
        };
        let mut rotation = begun(&server.data_dir);
        let is_time = || keys_in(&file).contains(&newest) && under_newest() >= moment;
        while !is_time() && rotation.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        rotation.kill().expect("killed");
        let was_killed = !rotation.wait().expect("it ends").success();
        killed_half_way += usize::from(was_killed && keys_in(&file).len() == 2 && under_newest() < all);

        is_sound(&server.data_dir);
        // Beside it the server goes on, and so it does with a server that is started now.
        server.owner().tries_client(&client()).is(201);
        is_sound(&server.data_dir);
        server.cli(&["key", "rotate"]);
        let keys = keys_in(&file);
        assert_eq!(keys.len(), 1, "the old keys are gone");
        assert_eq!(keys_in_use(&server), keys);
        is_sound(&server.data_dir);
        assert!(!server.data_dir.join(".bowline-master.key").exists());
    }
    assert!(killed_half_way > 0, "every rotation was over before it could be killed");
}

#[test]
fn an_interrupted_rotation_goes_on_with_the_key_that_it_had_made() {
    let server = Server::demo();
    server.owner().tries_client(&client()).is(201);
    // Killed between the key file and the database: as if somebody had written a key.
    let file = key_file(&server);
    let other = Server::demo();
    other.cli(&["key", "rotate"]);
    let new_key = fs::read_to_string(key_file(&other)).expect("a key");
    let new_key = new_key.lines().find(|line| line.starts_with("seal 2 ")).expect("a line").to_owned();
    let mut text = fs::read_to_string(&file).expect("a key");
    text.push_str(&new_key);
    fs::write(&file, text).expect("written");
    fs::write(server.data_dir.join(".bowline-master.key"), "half a key").expect("written");
    server.owner().tries_client(&client()).is(201);
    assert_eq!(keys_in_use(&server), [1, 2]);

    let trail = server.trail(0).len();
    let said = server.cli(&["key", "rotate"]);
    assert_eq!(server.trail(trail), ["rotate master_key seal 2 in - by command line"]);
    assert!(said.contains("a rotation was interrupted and is being finished"), "{said}");
    assert!(said.contains("6 secrets are sealed under key 2; 3 of them were re-sealed."), "{said}");
    assert!(fs::read_to_string(&file).expect("a key").contains(&new_key));
    assert_eq!(keys_in(&file), [2]);
    assert!(!server.data_dir.join(".bowline-master.key").exists());
    is_sound(&server.data_dir);
}

#[test]
fn two_rotations_at_once_are_one_too_many() {
    let server = Server::demo();
    let sentence = format!("Another key rotation is at work on {}.", server.data_dir.display());
    let before = fs::read(key_file(&server)).expect("a key");
    // One of the same database with another copy of the key file; one of another database with the same key file.
    for path in [&server.data_dir, &key_file(&server)] {
        let held = File::open(path).expect("a file");
        held.lock().expect("locked");
        assert_eq!(refused(&server.data_dir, &["key", "rotate"]), sentence);
    }
    assert_eq!(fs::read(key_file(&server)).expect("a key"), before);
    let rotations: Vec<Child> = (0..6).map(|_| begun(&server.data_dir)).collect();
    let done = rotations.into_iter().map(|mut rotation| rotation.wait().expect("it ends").success());
    assert!(done.filter(|success| *success).count() > 0);
    assert_eq!(keys_in_use(&server), Vec::<u32>::new());
    is_sound(&server.data_dir);
}

#[test]
fn older_backups_want_the_older_key_file_or_kept_keys() {
    let server = Server::demo();
    server.owner().tries_client(&client()).is(201);
    let outside = temporary();
    let path = |name: &str| outside.path().join(name);
    let (backup, old_key) = (path("backup.db"), path("old.key"));
    server.cli(&["backup", backup.to_str().expect("a path")]);
    fs::copy(key_file(&server), &old_key).expect("copied");
    let restore = |name: &str, key: &Path| {
        let arguments = ["restore", backup.to_str().expect("a path"), "--key-file", key.to_str().expect("a path")];
        bowline_in(&path(name), &arguments)
    };

    server.cli(&["key", "rotate", "--keep-old"]);
    assert_eq!(keys_in(&key_file(&server)), [1, 2]);
    assert!(restore("kept", &key_file(&server)).status.success());

    server.cli(&["key", "rotate"]);
    assert_eq!(keys_in(&key_file(&server)), [3]);
    let output = restore("none", &key_file(&server));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("has no key 1, which secrets of this database are sealed under"),
        "{said}"
    );
    assert!(!path("none").exists());
    assert!(restore("old", &old_key).status.success());
    let arguments = ["check", "--key-file", old_key.to_str().expect("a path")];
    assert!(bowline_in(&path("old"), &arguments).status.success());
}

/// A backup made in the middle of a rotation has secrets under both keys; the database's own key alone does not tell.
#[test]
fn a_backup_from_within_a_rotation_wants_all_its_keys() {
    let server = Server::demo();
    server.owner().tries_client(&client()).is(201);
    let old = server.sqlite().query_row("SELECT id, token_sealed FROM oauth_tokens", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
    });
    let (id, old) = old.expect("a row");
    server.cli(&["key", "rotate"]);
    let sqlite = server.sqlite();
    let trigger = "oauth_tokens_take_no_retired_key_later";
    let sql: String = sqlite
        .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [trigger], |row| row.get(0))
        .expect("the trigger");
    sqlite.execute_batch(&format!("DROP TRIGGER {trigger}")).expect("dropped");
    sqlite.execute("UPDATE oauth_tokens SET token_sealed = ?2 WHERE id = ?1", (&id, &old)).expect("a change");
    sqlite.execute_batch(&sql).expect("made again");

    let outside = temporary();
    let backup = outside.path().join("backup.db");
    server.cli(&["backup", backup.to_str().expect("a path")]);
    let key = key_file(&server);
    let arguments = ["restore", backup.to_str().expect("a path"), "--key-file", key.to_str().expect("a path")];
    let said = refused(&outside.path().join("restored"), &arguments);
    assert!(said.contains("has no key 1, which secrets of this database are sealed under"), "{said}");

    // `check` says it too, of the row.
    let output = bowline_in(&server.data_dir, &["check"]);
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = format!("the sealed oauth_tokens.token_sealed of {id} does not open: key 1 is not in the key file");
    assert!(!output.status.success() && answer.contains(&line), "{answer}");
}

#[test]
fn the_database_takes_nothing_that_is_sealed_under_a_retired_key() {
    let server = Server::demo();
    server.owner().tries_client(&client()).is(201);
    for (n, plain) in PLAIN.iter().enumerate() {
        plain.made(&server, "my-organization", &format!("one-{n}"));
    }
    let old = server.ciphertexts().swap_remove(0);
    let check: Vec<u8> =
        server.sqlite().query_row("SELECT seal_check FROM installation", [], |row| row.get(0)).expect("a check");
    server.cli(&["key", "rotate"]);
    let sqlite = server.sqlite();
    for (table, column) in SEALED.iter() {
        let changed = sqlite.execute(&format!("UPDATE {table} SET {column} = ?1"), [&old]);
        assert!(changed.expect_err("refused").to_string().contains("sealed under a retired key"), "{table}.{column}");
    }
    let moved = sqlite.execute("UPDATE installation SET seal_check = ?1", [&check]);
    assert!(moved.expect_err("refused").to_string().contains("sealed under a retired key"));
    let made = "INSERT INTO ssh_keys (id, organization, name, value_sealed, created_at)
                SELECT 'sshkey-1111111111111111', organization, 'another', ?1, 0 FROM ssh_keys";
    assert!(sqlite.execute(made, [&old]).is_err());
    for column in ["secret_sealed", "private_key_sealed"] {
        let made = format!(
            "INSERT INTO oauth_clients (id, organization, callback, service_provider, http_url, api_url,
                                        organization_scoped, created_at, updated_at, {column})
             SELECT 'oc-1111111111111111', organization, randomblob(16), service_provider, http_url, api_url,
                    organization_scoped, created_at, updated_at, ?1 FROM oauth_clients"
        );
        assert!(sqlite.execute(&made, [&old]).expect_err("refused").to_string().contains("sealed under a retired key"));
    }
    let fresh: Vec<u8> =
        sqlite.query_row("SELECT token_sealed FROM oauth_tokens", [], |row| row.get(0)).expect("a token");
    sqlite.execute("DELETE FROM oauth_tokens", []).expect("deleted");
    let made =
        "INSERT INTO oauth_tokens (id, client, token_sealed, refresh_token_sealed, ssh_key_sealed, source, created_at)
                SELECT 'ot-1111111111111111', number, ?1, ?2, ?3, 'api', 0 FROM oauth_clients";
    for sealed in [(&old, None, None), (&fresh, Some(&old), None), (&fresh, None, Some(&old))] {
        assert!(sqlite.execute(made, sealed).expect_err("refused").to_string().contains("sealed under a retired key"));
    }
    assert_eq!(sqlite.execute(made, (&fresh, None::<Vec<u8>>, None::<Vec<u8>>)), Ok(1));
}

/// A server that was given another copy of the key file cannot learn of the new key. It says so, and changes nothing.
#[test]
fn a_server_with_a_stale_copy_of_the_key_is_refused_until_it_has_the_new_one() {
    let outside = temporary();
    let (data, copy) = (outside.path().join("data"), outside.path().join("copy.key"));
    assert!(bowline_in(&data, &["init"]).status.success());
    assert!(bowline_in(&data, &["user", "create", "ada", "--email", "a@b.c"]).status.success());
    fs::copy(data.join("master.key"), &copy).expect("copied");
    assert!(bowline_in(&data, &["org", "create", "acme", "--email", "a@b.c", "--owner", "ada"]).status.success());
    let server = Server::serve_on(&data, &["--key-file", copy.to_str().expect("a path")]);
    let ada = server.with_token(&server.cli(&["token", "create", "--user", "ada"]));
    let path = "/organizations/acme/oauth-clients";
    ada.post(path, &client()).is(201);
    server.cli(&["key", "rotate"]);

    let before = server.contents();
    ada.post(path, &client()).refused(503);
    assert!(server.contents() == before, "changed although refused");
    assert!(server.log().contains("lags behind the rotation"), "{}", server.log());
    ada.get(path).is(200);
    is_sound(&data);

    fs::copy(data.join("master.key"), &copy).expect("copied");
    ada.post(path, &client()).is(201);
    is_sound(&data);
}

#[test]
fn a_secret_that_does_not_open_keeps_the_old_keys_in_the_file() {
    let server = Server::demo();
    let bad = server.owner().tries_client(&client()).is(201).text("/data/id");
    server.owner().tries_client(&client()).is(201);
    let alter = "UPDATE oauth_clients SET secret_sealed = CAST(secret_sealed || x'00' AS BLOB) WHERE id = ?1";
    server.sqlite().execute(alter, [&bad]).expect("altered");

    let output = bowline_in(&server.data_dir, &["key", "rotate"]);
    assert_eq!(output.status.code(), Some(1));
    let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains(&format!("the sealed oauth_clients.secret_sealed of {bad} does not open")), "{told}");
    assert!(said.contains("bowline: 1 secrets do not open, so the old keys stay in "), "{said}");
    assert_eq!(keys_in(&key_file(&server)), [1, 2]);

    server.owner().delete(&format!("/oauth-clients/{bad}")).is_done();
    server.cli(&["key", "rotate"]);
    assert_eq!(keys_in(&key_file(&server)).len(), 1);
    is_sound(&server.data_dir);
}

#[test]
fn a_key_file_that_is_a_link_stays_one() {
    let outside = temporary();
    let (data, real) = (outside.path().join("data"), outside.path().join("real.key"));
    assert!(bowline_in(&data, &["init"]).status.success());
    assert!(bowline_in(&data, &["user", "create", "ada", "--email", "a@b.c"]).status.success());
    fs::rename(data.join("master.key"), &real).expect("moved");
    std::os::unix::fs::symlink(&real, data.join("master.key")).expect("a link");
    assert!(bowline_in(&data, &["key", "rotate"]).status.success());
    assert!(data.join("master.key").is_symlink());
    assert_eq!(keys_in(&real), [2]);
    is_sound(&data);
}

#[test]
fn a_key_kept_elsewhere_is_rotated_there() {
    let (directory, elsewhere) = (temporary(), temporary());
    let (data, file) = (directory.path().join("data"), elsewhere.path().join("key"));
    let key = ["--key-file", file.to_str().expect("text")];
    let server = Server::demo_on(&data, &key);
    server.owner().tries_client(&client()).is(201);
    let rotated = bowline_in(&data, &[&["key", "rotate"][..], &key].concat());
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    assert_eq!((keys_in(&file), keys_in_use(&server)), (vec![2], vec![2]));
    server.owner().tries_client(&client()).is(201);
    assert!(server.stop().success() && !data.join("master.key").exists());
    let checked = bowline_in(&data, &[&["check"][..], &key].concat());
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    assert!(Server::serve_on(&data, &key).stop().success());
}
