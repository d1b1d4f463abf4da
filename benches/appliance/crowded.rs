//! Among 100,000 in one organization: the slowest request that each list, search, filter and bulk route can be made to
//! serve, alone and with 16 of them at once, and what a stranger in another organization notices of it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::bowline::{Bowline, command_line};
use crate::ground::Ground;
use crate::http::{self, Connection};
use crate::outcome::{Outcome, fail};
use crate::table::{Bar, Table};

/// As much as a person waits for without noticing.
const BAR_MS: f64 = 250.0;
const AT_ONCE: usize = 16;
/// Of one request alone.
const TIMES: usize = 5;
/// So that the stranger stays below the rate limit.
const BETWEEN: Duration = Duration::from_millis(75);

struct Asked {
    what: &'static str,
    request: Vec<u8>,
}

pub struct Crowd {
    ground: Ground,
    stranger: String,
    asked: Vec<Asked>,
}

/// What one kind of request took, in milliseconds.
struct Times {
    alone: f64,
    /// The slowest of those that were sent at once, whatever it was answered.
    at_once: f64,
    read: f64,
    create: f64,
}

impl Crowd {
    /// `count` of everything that there is a list of.
    pub fn of(directory: &Path, count: u32) -> Outcome<Crowd> {
        let ground = Ground::empty(directory, "crowd")?;
        let data_dir = &ground.data_dir;
        command_line(data_dir, &["user", "create", "stranger", "--email", "stranger@example.com"])?;
        command_line(data_dir, &["org", "create", "quiet", "--email", "s@example.com", "--owner", "stranger"])?;
        let stranger = command_line(data_dir, &["token", "create", "--user", "stranger"])?;
        fill(&ground.database(), count)?;
        let asked = asked(&ground)?;
        Ok(Crowd { ground, stranger, asked })
    }

    pub fn measure(&self, period: Duration, table: &mut Table) -> Outcome<()> {
        // As on a public address: a caller has 30 requests a second.
        let server = Bowline::serve_with(&self.ground.data_dir, &["--rate-limit", "30"])?;
        server.first_answer(&self.ground.list())?;
        for Asked { what, request } in &self.asked {
            eprintln!("crowded: {what} …");
            let times = self.times(server.address, request, period)?;
            let shown = format!("16 at once: {:.0} ms; stranger: read {:.1} ms", times.at_once, times.read);
            let what = format!("among 100000, {what}");
            table.figure(what.clone(), times.alone, "ms", shown, Bar::None);
            let stranger = times.read.max(times.create);
            let shown = format!("create {:.1} ms", times.create);
            table.figure(format!("{what}; a stranger meanwhile"), stranger, "ms", shown, Bar::LessThan(BAR_MS));
        }
        let memory_mib = server.memory_mib("VmHWM")?;
        table.figure("among 100000, most memory", memory_mib, "MiB", String::new(), Bar::LessThan(128.0));
        Ok(())
    }

    fn times(&self, address: SocketAddr, request: &[u8], period: Duration) -> Outcome<Times> {
        let mut connection = Connection::open(address)?;
        let mut alone = Vec::new();
        for _ in 0..TIMES {
            alone.push(timed(&mut connection, request)?.1);
        }
        // The bucket is full again.
        thread::sleep(Duration::from_secs(1));
        let is_over = AtomicBool::new(false);
        let (at_once, (reads, creates)) = thread::scope(|scope| {
            let attackers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| bursts(address, request, period))).collect();
            let stranger = scope.spawn(|| self.beside(address, &is_over));
            let mut slowest = 0f64;
            for attacker in attackers {
                slowest = slowest.max(attacker.join().map_err(|_| fail("an attacker panicked"))??);
            }
            is_over.store(true, Ordering::SeqCst);
            Outcome::Ok((slowest, stranger.join().map_err(|_| fail("the stranger panicked"))??))
        })?;
        Ok(Times { alone: slowest(alone), at_once, read: p99(reads), create: p99(creates) })
    }

    /// A stranger's reads and creates, until the others are done.
    fn beside(&self, address: SocketAddr, is_over: &AtomicBool) -> Outcome<(Vec<f64>, Vec<f64>)> {
        let read = http::get("/api/v2/organizations/quiet", &self.stranger);
        let body = r#"{"data":{"type":"oauth-clients","attributes":{"service-provider":"github","http-url":"https://github.com","api-url":"https://api.github.com","oauth-token-string":"x"}}}"#;
        let create = http::post("/api/v2/organizations/quiet/oauth-clients", &self.stranger, body);
        let mut connection = Connection::open(address)?;
        let (mut reads, mut creates) = (Vec::new(), Vec::new());
        while !is_over.load(Ordering::SeqCst) {
            for (request, status, times) in [(&read, 200, &mut reads), (&create, 201, &mut creates)] {
                let (answered, ms) = timed(&mut connection, request)?;
                if answered != status {
                    return Err(fail(format!("the stranger was answered {answered} instead of {status}")));
                }
                times.push(ms);
                thread::sleep(BETWEEN);
            }
        }
        Ok((reads, creates))
    }
}

/// One of 16: asks, waits for its answer, and asks again, for as long as `period`.
fn bursts(address: SocketAddr, request: &[u8], period: Duration) -> Outcome<f64> {
    let mut connection = Connection::open(address)?;
    let (began, mut slowest) = (Instant::now(), 0f64);
    while began.elapsed() < period {
        slowest = slowest.max(timed(&mut connection, request)?.1);
    }
    Ok(slowest)
}

fn timed(connection: &mut Connection, request: &[u8]) -> Outcome<(u16, f64)> {
    let began = Instant::now();
    let status = connection.ask(request)?.status;
    Ok((status, began.elapsed().as_secs_f64() * 1000.0))
}

fn slowest(times: Vec<f64>) -> f64 {
    times.into_iter().fold(0.0, f64::max)
}

fn p99(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len().saturating_sub(1) * 99 / 100).copied().unwrap_or_default()
}

fn asked(ground: &Ground) -> Outcome<Vec<Asked>> {
    let database = rusqlite::Connection::open(ground.database())?;
    let ids = |table: &str, most: usize| -> Outcome<Vec<String>> {
        let sql = format!("SELECT id FROM {table} WHERE organization = 1 ORDER BY number DESC LIMIT {most}");
        Ok(database.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    };
    let names = |prefix: &str| (0..20).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().join(",");
    let tagged: String = (0..20)
        .map(|n| format!("&filter%5Btagged%5D%5B{n}%5D%5Bkey%5D=k{n}&filter%5Btagged%5D%5B{n}%5D%5Bvalue%5D=v"))
        .collect();
    let (token, base) = (ground.token(), "/api/v2/organizations/bench");
    let list = |what, path: String| Asked { what, request: http::get(&format!("{base}/{path}"), token) };
    let linkages = |kind: &str, ids: &[String]| {
        let data: Vec<String> = ids.iter().map(|id| format!(r#"{{"type":"{kind}","id":"{id}"}}"#)).collect();
        format!(r#"{{"data":[{}]}}"#, data.join(","))
    };
    // As many as one request may name: a document has 10,000 values at most.
    let many = ids("workspaces", 3300)?;
    let first = |table| ids(table, 1).map(|ids| ids[0].clone());
    let bulk = |what, path: String, body: String| Asked {
        what,
        request: http::post(&format!("/api/v2/{path}"), token, &body),
    };
    let (last_page, include) =
        ("page%5Bsize%5D=100&page%5Bnumber%5D=1000", "include=organization,project,effective_tag_bindings");
    Ok(vec![
        list("workspaces", format!("workspaces?{last_page}&{include}&sort=-latest-change-at")),
        list("workspaces by name", "workspaces?search%5Bname%5D=zz&sort=-name".to_owned()),
        list(
            "workspaces by wildcard",
            "workspaces?search%5Bwildcard-name%5D=*a*b*c*d*e*f*&sort=latest-change-at".to_owned(),
        ),
        list(
            "workspaces without 20 tags",
            format!("workspaces?page%5Bsize%5D=1&sort=-latest-change-at&search%5Bexclude-tags%5D={}", names("x")),
        ),
        list("workspaces with 20 tags", format!("workspaces?search%5Btags%5D={}", names("t"))),
        list("workspaces with 20 tag bindings", format!("workspaces?sort=name{tagged}")),
        list("projects by name", "projects?q=zz&sort=-name".to_owned()),
        list("projects with 20 tag bindings", format!("projects?sort=name{tagged}")),
        list("teams by name", "teams?q=zz&include=users".to_owned()),
        list("members by name", "organization-memberships?q=zz&include=user,teams".to_owned()),
        list("tags by name", "tags?q=zz".to_owned()),
        list(
            "agent pools of a workspace",
            "agent-pools?filter%5Ballowed_workspaces%5D%5Bname%5D=workspace-7&q=zz".to_owned(),
        ),
        list("SSH keys", format!("ssh-keys?{last_page}")),
        list("OAuth clients", format!("oauth-clients?{last_page}&include=oauth_tokens,projects")),
        list("OAuth tokens", format!("oauth-tokens?{last_page}")),
        bulk(
            "3300 workspaces moved",
            format!("projects/{}/relationships/workspaces", first("projects")?),
            linkages("workspaces", &many),
        ),
        bulk(
            "3300 workspaces tagged",
            format!("tags/{}/relationships/workspaces", first("tags")?),
            linkages("workspaces", &many),
        ),
        bulk(
            "3300 consumers",
            format!("workspaces/{}/relationships/remote-state-consumers", first("workspaces")?),
            linkages("workspaces", &many),
        ),
    ])
}

/// By hand, as in [`Ground`]. Each workspace has two tags and a binding.
fn fill(path: &Path, count: u32) -> Outcome<()> {
    let database = rusqlite::Connection::open(path)?;
    for (pragma, value) in [("journal_mode", "OFF"), ("synchronous", "OFF"), ("cache_size", "-600000")] {
        database.pragma_update(None, pragma, value)?;
    }
    let id = |prefix: &str| format!("'{prefix}' || replace(hex(randomblob(8)), '0', 'G')");
    let numbers = format!("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {count})");
    database.execute_batch(&format!(
        "BEGIN;
         {numbers} INSERT INTO users (id, username, email, is_site_admin, created_at)
           SELECT {}, 'member-' || x, 'member-' || x || '@example.com', 0, 0 FROM n;
         INSERT INTO organization_memberships (id, organization, user, email, created_at)
           SELECT {}, 1, number, email, 0 FROM users WHERE username LIKE 'member-%';
         {numbers} INSERT INTO teams (id, organization, name, created_at) SELECT {}, 1, 'team-' || x, 0 FROM n;
         {numbers} INSERT INTO projects (id, organization, name, created_at) SELECT {}, 1, 'project-' || x, 0 FROM n;
         INSERT INTO project_tag_bindings (project, key, value)
           SELECT number, 'k1', 'v' FROM projects WHERE organization = 1;
         {numbers} INSERT INTO tags (id, organization, name, created_at) SELECT {}, 1, 't' || (x - 1), 0 FROM n;
         {numbers} INSERT INTO agent_pools (id, organization, name, organization_scoped, created_at)
           SELECT {}, 1, 'pool-' || x, x % 2, 0 FROM n;
         {numbers} INSERT INTO ssh_keys (id, organization, name, value_sealed, created_at)
           SELECT {}, 1, 'key-' || x, CAST(x'01ffffffff' || randomblob(72) AS BLOB), 0 FROM n;
         {numbers} INSERT INTO oauth_clients (id, organization, callback, service_provider, http_url, api_url,
                                              organization_scoped, created_at, updated_at)
           SELECT {}, 1, randomblob(16), 'github', 'https://github.com', 'https://api.github.com', 1, x, x FROM n;
         INSERT INTO oauth_tokens (id, client, token_sealed, source, created_at)
           SELECT {}, number, randomblob(77), 'api', 0 FROM oauth_clients WHERE organization = 1;
         {numbers} INSERT INTO workspaces (id, organization, project, name, created_at, updated_at)
           SELECT {}, 1, (SELECT number FROM projects WHERE organization = 1 AND is_default = 1), 'workspace-' || x, x,
                  abs(random() % 1000000000) FROM n;
         INSERT INTO workspace_tags (workspace, tag)
           SELECT workspaces.number, tags.number FROM workspaces JOIN tags ON tags.name IN ('t1', 't2')
           WHERE workspaces.organization = 1;
         INSERT INTO workspace_tag_bindings (workspace, key, value)
           SELECT number, 'k1', 'v' FROM workspaces WHERE organization = 1;
         COMMIT;",
        id("user-"),
        id("ou-"),
        id("team-"),
        id("prj-"),
        id("tag-"),
        id("apool-"),
        id("sshkey-"),
        id("oc-"),
        id("ot-"),
        id("ws-")
    ))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.close().map_err(|(_, e)| e)?;
    Ok(())
}
