//! `init`, `backup`, `restore`, `check`: the database as a whole.

use std::path::PathBuf;

use clap::Args;

use super::Done;
use super::output::{print, say};
use crate::domain::error::{Error, Result};
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::store;
use crate::store::{Finding, View};
use crate::vault::Vault;

#[derive(Args)]
pub struct InitOptions {
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Args)]
pub struct BackupOptions {
    /// Where to; must not exist
    file: PathBuf,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Args)]
pub struct RestoreOptions {
    /// A file that `bowline backup` made
    file: PathBuf,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Args)]
pub struct CheckOptions {
    #[command(flatten)]
    data: DataOptions,
}

pub fn init(options: &InitOptions) -> Done {
    let data_dir = DataDir::new(&options.data);
    data_dir.create_new()?;
    say(&format!(
        "There is a new database in {}. Keep a copy of its master key, {}, elsewhere.",
        data_dir.absolute().display(),
        data_dir.key().display()
    ));
    Ok(())
}

pub fn backup(options: &BackupOptions) -> Done {
    let data_dir = DataDir::find(&options.data)?;
    store::identify(&data_dir.database())?;
    store::copy_of(&data_dir.database(), &options.file).map_err(|e| data_dir.damaged(e))?;
    say(&format!("The backup is in {}; the master key is not, keep a copy of it elsewhere.", options.file.display()));
    Ok(())
}

pub fn restore(options: &RestoreOptions) -> Done {
    let backup = store::verify_copy(&options.file)?;
    let data_dir = DataDir::new(&options.data);
    let trail_key = data_dir.require_keys(&backup)?;
    let _lock = data_dir.lock_empty()?;
    store::install(&options.file, &data_dir.database(), &trail_key)?;
    say(&format!("{} is restored into {}.", options.file.display(), data_dir.path().display()));
    Ok(())
}

/// Prints a line for each question; `Err` where one has a bad answer.
pub fn check(options: &CheckOptions) -> Done {
    let (store, vault) = DataDir::find_as_owner(&options.data)?.open_existing()?;
    let findings = store.read(|view| {
        print(&format!("schema version: {}", view.schema_version()?))?;
        let objects = view.objects();
        if !objects.wrong.is_empty() {
            // What is unexpected may run as soon as its table is looked at.
            return Ok(vec![objects]);
        }
        Ok(vec![
            objects,
            view.integrity(),
            view.foreign_keys(),
            view.list_sizes(),
            view.numbers(),
            secrets(view, &vault),
        ])
    });
    // Likewise the trail's own table.
    let trail = findings.as_ref().is_ok_and(|findings| findings.len() > 1).then(|| store.check_trail());
    store.close();
    let mut findings = findings?;
    findings.extend(trail);
    report(&findings)
}

/// Whether every secret opens in its place.
fn secrets(view: &View, vault: &Vault) -> Finding {
    let mut wrong = Vec::new();
    let visited = view.each_sealed(|place, sealed| {
        if let Err(e) = vault.open(place, sealed) {
            wrong.push(e.told_to_operators());
        }
    });
    wrong.extend(visited.err().map(|e| e.told_to_operators()));
    Finding { question: "secrets", wrong, notes: vec![] }
}

/// Of the answer to one question.
const MOST_LINES: usize = 100;

fn report(findings: &[Finding]) -> Result<()> {
    for finding in findings {
        let answer = if finding.wrong.is_empty() { "ok" } else { "NOT OK" };
        print(&format!("{}: {answer}", finding.question))?;
        let lines = finding.wrong.iter().chain(&finding.notes);
        for line in lines.clone().take(MOST_LINES) {
            print(&format!("  {line}"))?;
        }
        let left_out = lines.count().saturating_sub(MOST_LINES);
        if left_out > 0 {
            print(&format!("  and {left_out} more"))?;
        }
    }
    if findings.iter().all(|finding| finding.wrong.is_empty()) {
        Ok(())
    } else {
        Err(Error::invalid("The database is not sound."))
    }
}
