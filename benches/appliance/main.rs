//! `cargo bench`: what the appliance is held to, measured in one run beside what it is compared with, as one table.
//! `cargo bench -- --quick` is a short run that proves that everything can be measured; `cargo bench -- --crowded` measures
//! one crowded organization alone.

mod bare;
mod bowline;
mod crowded;
mod ground;
mod hanging;
mod http;
mod load;
mod memory;
mod outcome;
mod pages;
mod prism;
mod raw;
mod rounds;
mod sizes;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::bare::Bare;
use crate::bowline::Bowline;
use crate::crowded::Crowd;
use crate::ground::Ground;
use crate::hanging::Hanging;
use crate::http::Connection;
use crate::load::{Load, Pace};
use crate::outcome::{Outcome, fail};
use crate::prism::Prism;
use crate::raw::Raw;
use crate::rounds::{CONNECTIONS, Field, Pair, Round, median};
use crate::sizes::Sizes;
use crate::table::{Bar, Table};

struct Plan {
    rounds: usize,
    period: Duration,
    /// In the largest of the three files.
    organizations: u32,
    clients: u32,
    starts: usize,
}

const FULL: Plan =
    Plan { rounds: 15, period: Duration::from_millis(500), organizations: 1000, clients: 1_000_000, starts: 9 };
const QUICK: Plan =
    Plan { rounds: 2, period: Duration::from_millis(200), organizations: 20, clients: 20_000, starts: 3 };
const FEW_CLIENTS: u32 = 1000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match &arguments[..] {
        [role, head, body] if role == bare::ROLE => bare::run(Path::new(head), Path::new(body)),
        // Cargo adds `--bench` at the end.
        [flag, ..] if flag == "--crowded" => measure_crowd(),
        [flag, ..] if flag == "--quick" => measure(&QUICK),
        [] => measure(&FULL),
        [flag] if flag == "--bench" => measure(&FULL),
        [other, ..] => Err(fail(format!("it takes --quick or --crowded, not {other}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("the benchmark failed: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Among so many of each kind.
const CROWD: u32 = 100_000;
const CROWDED_PERIOD: Duration = Duration::from_secs(3);

fn measure_crowd() -> Outcome<()> {
    let temporary = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    eprintln!("making an organization of {CROWD} …");
    let mut table = Table::default();
    Crowd::of(temporary.path(), CROWD)?.measure(CROWDED_PERIOD, &mut table)?;
    println!("{table}");
    Ok(())
}

fn measure(plan: &Plan) -> Outcome<()> {
    // Beside the build, not under /tmp, which may be in memory: creates are to meet a disk.
    let temporary = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let directory = temporary.path();
    eprintln!("making a database of {} OAuth clients …", plan.clients);
    let empty = Ground::empty(directory, "empty")?;
    let few = Ground::filled(directory, "few", 1, FEW_CLIENTS)?;
    let (some_organizations, some_clients) = (plan.organizations / 10, plan.clients / 10);
    let some = Ground::filled(directory, "some", some_organizations, some_clients)?;
    let one = Ground::filled(directory, "one", 1, some_clients)?;
    let many = Ground::filled(directory, "many", plan.organizations, plan.clients)?;
    let many_reads = many.reads()?;
    let mut table = Table::default();

    eprintln!("starting …");
    let starts = Starts { empty: starts(&empty, &empty.list(), plan)?, many: starts(&many, &many_reads[0], plan)? };

    let (few_server, many_server) = (Bowline::serve(&few.data_dir)?, Bowline::serve(&many.data_dir)?);
    let create_server = Bowline::serve(&empty.data_dir)?;
    create_server.first_answer(&empty.list())?;
    let idle_mib = create_server.memory_mib("VmRSS")?;

    let few_reads = few.reads()?;
    let mut model = Connection::open(few_server.address)?;
    let bare = Bare::start(&model.ask(&few_reads[0])?, directory)?;
    let prism = Prism::start(&few_reads[0], directory)?;
    let prism_idle_mib = prism.as_ref().map(|prism| prism.memory_mib("VmRSS")).transpose()?;
    let field = Field {
        bare: Load { address: bare.address, requests: few_reads.clone(), status: 200 },
        reads: Load { address: few_server.address, requests: few_reads.clone(), status: 200 },
        reads_among_many: Load { address: many_server.address, requests: many_reads, status: 200 },
        creates: Load { address: create_server.address, requests: vec![empty.create()], status: 201 },
        creates_among_many: Load { address: many_server.address, requests: vec![many.create()], status: 201 },
        prism: prism.as_ref().map(|prism| {
            let load = |request, status| Load { address: prism.address, requests: vec![request], status };
            (load(few_reads[0].clone(), 200), load(empty.create(), 201))
        }),
        raw: Raw::open(&Ground::empty(directory, "raw")?)?,
    };
    // Nobody is measured cold.
    field.round(plan.period, false)?;
    let mut rounds = Vec::new();
    for n in 1..=plan.rounds {
        eprintln!("round {n} of {} …", plan.rounds);
        rounds.push(field.round(plan.period, n % 2 == 0)?);
    }
    // Last, since it writes to the files that were read.
    let (some_server, one_server) = (Bowline::serve(&some.data_dir)?, Bowline::serve(&one.data_dir)?);
    let sizes = Sizes::of(&[
        (format!("{FEW_CLIENTS} clients"), &few, &few_server),
        (format!("{some_clients} clients of one organization"), &one, &one_server),
        (format!("{some_clients} clients"), &some, &some_server),
        (format!("{} clients", plan.clients), &many, &many_server),
    ])?;
    sizes.round(plan.period, false)?;
    let mut sized_rounds = Vec::new();
    for n in 1..=plan.rounds {
        eprintln!("sizes, round {n} of {} …", plan.rounds);
        sized_rounds.push(sizes.round(plan.period, n % 2 == 0)?);
    }
    let hanging = Hanging::start(directory)?;
    let page_load = pages::load(&few, &few_server)?;
    page_load.run(16, plan.period)?;
    let (mut hanging_rounds, mut page_rounds) = (Vec::new(), Vec::new());
    for n in 1..=plan.rounds {
        eprintln!("pages, and a provider that hangs, round {n} of {} …", plan.rounds);
        page_rounds.push(page_load.run(16, plan.period)?);
        hanging_rounds.push(hanging.round(plan.period)?);
    }
    tabulate_reads(&rounds, plan, &mut table);
    tabulate_pages(&page_rounds, &hanging_rounds, &mut table);
    tabulate_creates(&rounds, plan, &mut table);
    tabulate_prism(&rounds, &mut table);
    sizes.tabulate(&sized_rounds, &mut table);
    starts.tabulate(plan, &mut table);

    // The same server has taken the creates.
    let load = Load { address: create_server.address, requests: vec![empty.list()], status: 200 };
    load.run(64, plan.period)?;
    let beside = |figure: Option<f64>, unit: &str| figure.map_or_else(String::new, |f| format!("Prism: {f:.1} {unit}"));
    table.figure("memory, idle after the start", idle_mib, "MiB", beside(prism_idle_mib, "MiB"), Bar::LessThan(24.0));
    let loaded_mib = create_server.memory_mib("VmHWM")?;
    let prism_loaded_mib = prism.as_ref().map(|prism| prism.memory_mib("VmHWM")).transpose()?;
    table.figure("memory, most under load", loaded_mib, "MiB", beside(prism_loaded_mib, "MiB"), Bar::LessThan(96.0));
    if let Some(prism) = &prism {
        let ms = prism.answered_after.as_secs_f64() * 1000.0;
        table.figure("start to first answer, Prism", ms, "ms", String::new(), Bar::None);
    }
    table.figure("binary, stripped", bowline::binary_mib()?, "MiB", String::new(), Bar::LessThan(16.0));

    println!("{table}");
    println!(
        "Medians of {} rounds of {:.1} s a figure; one machine runs both sides and the load: the ratios count.",
        plan.rounds,
        plan.period.as_secs_f64()
    );
    Ok(())
}

fn shown<T>(rounds: &[T], pace: impl Fn(&T) -> Pace) -> String {
    format!(
        "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
        median(rounds, |round| pace(round).per_second),
        median(rounds, |round| pace(round).p50_ms),
        median(rounds, |round| pace(round).p99_ms)
    )
}

fn tabulate_reads(rounds: &[Round], plan: &Plan, table: &mut Table) {
    for (n, connections) in CONNECTIONS.into_iter().enumerate() {
        table.compare(
            format!("reads, {connections} connections; bare tiny_http"),
            shown(rounds, |round| round.reads[n].bowline),
            shown(rounds, |round| round.reads[n].beside),
            median(rounds, |round| round.reads[n].bowline.per_second / round.reads[n].beside.per_second),
            if connections == 16 { Bar::AtLeast(0.35) } else { Bar::None },
        );
    }
    let p99_ms = median(rounds, |round| round.reads[1].bowline.p99_ms);
    let bare_p99_ms = median(rounds, |round| round.reads[1].beside.p99_ms);
    table.figure("p99 of a read, 16 connections", p99_ms, "ms", format!("{bare_p99_ms:.1} ms"), Bar::LessThan(3.0));
    table.compare(
        format!("reads among {} clients; among {FEW_CLIENTS}", plan.clients),
        shown(rounds, |round| round.among_many.bowline),
        shown(rounds, |round| round.among_many.beside),
        median(rounds, |round| round.among_many.bowline.per_second / round.among_many.beside.per_second),
        Bar::AtLeast(0.75),
    );
}

fn tabulate_pages(pages: &[Pace], hanging: &[Pair<Pace>], table: &mut Table) {
    let p99_ms = median(pages, |pace| pace.p99_ms);
    table.figure("p99 of a page, 16 connections", p99_ms, "ms", shown(pages, |pace| *pace), Bar::LessThan(10.0));
    table.compare(
        "p99 of a read while 200 callers wait for a provider that hangs; without",
        shown(hanging, |pair| pair.bowline),
        shown(hanging, |pair| pair.beside),
        median(hanging, |pair| pair.bowline.p99_ms / pair.beside.p99_ms),
        Bar::LessThan(2.0),
    );
}

fn tabulate_creates(rounds: &[Round], plan: &Plan, table: &mut Table) {
    for (n, connections) in CONNECTIONS.into_iter().enumerate() {
        table.compare(
            format!("creates, {connections} connections; raw SQLite, 1 a commit"),
            shown(rounds, |round| round.creates[n].bowline),
            format!("{:.0}/s", median(rounds, |round| round.creates[n].beside)),
            median(rounds, |round| round.creates[n].bowline.per_second / round.creates[n].beside),
            if connections == 64 { Bar::AtLeast(1.5) } else { Bar::None },
        );
    }
    table.compare(
        "creates, 64 connections; raw SQLite, 64 a commit",
        shown(rounds, |round| round.creates[2].bowline),
        format!("{:.0}/s", median(rounds, |round| round.raw_together)),
        median(rounds, |round| round.creates[2].bowline.per_second / round.raw_together),
        Bar::None,
    );
    table.compare(
        format!("creates among {} clients, 64 connections; in a small file", plan.clients),
        shown(rounds, |round| round.creates_among_many.bowline),
        shown(rounds, |round| round.creates_among_many.beside),
        median(rounds, |round| {
            round.creates_among_many.bowline.per_second / round.creates_among_many.beside.per_second
        }),
        Bar::AtLeast(0.8),
    );
}

fn tabulate_prism(rounds: &[Round], table: &mut Table) {
    let measured: Vec<(Pair<Pace>, Pair<Pace>)> = rounds.iter().filter_map(|round| round.prism).collect();
    if measured.is_empty() {
        return;
    }
    let (reads, creates): (Vec<_>, Vec<_>) = measured.into_iter().unzip();
    for (what, pairs) in [("reads, 16 connections; Prism", reads), ("creates, 16 connections; Prism", creates)] {
        table.compare(
            what,
            shown(&pairs, |pair| pair.bowline),
            shown(&pairs, |pair| pair.beside),
            median(&pairs, |pair| pair.bowline.per_second / pair.beside.per_second),
            Bar::None,
        );
    }
}

/// In milliseconds: from exec to the announcement, and to the first answer.
struct Start {
    announced: f64,
    answered: f64,
}

struct Starts {
    empty: Vec<Start>,
    many: Vec<Start>,
}

fn starts(ground: &Ground, request: &[u8], plan: &Plan) -> Outcome<Vec<Start>> {
    let start = |_| {
        let server = Bowline::serve(&ground.data_dir)?;
        let answered = server.first_answer(request)?;
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        Ok(Start { announced: ms(server.announced_after), answered: ms(answered) })
    };
    (0..plan.starts).map(start).collect()
}

impl Starts {
    fn tabulate(&self, plan: &Plan, table: &mut Table) {
        for (what, starts) in [("no", &self.empty), (&plan.clients.to_string()[..], &self.many)] {
            let announced = format!("announced after {:.1} ms", median(starts, |start| start.announced));
            let answered = median(starts, |start| start.answered);
            let what = format!("start to first answer, {what} clients");
            table.figure(what, answered, "ms", announced, Bar::LessThan(100.0));
        }
    }
}
