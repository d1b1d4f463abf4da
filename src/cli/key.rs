//! `key`: a new seal key, and everything sealed anew under it, while a server runs (docs/decisions/0016).

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};

use super::Done;
use super::output::{print, say};
use crate::domain::error::{Error, Result};
use crate::runtime::data_dir;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::store::place::{Column, columns};
use crate::store::{Actor, EventKind, Resource, Store};
use crate::vault::{LockedKeyFile, Vault, key_number};

/// Secrets that are written in one transaction: changes of the server's wait for no more than that.
const BATCH: usize = 100;

#[derive(Subcommand)]
pub enum KeyCommand {
    /// A new master key for the secrets, also while a server runs
    ///
    /// Puts a new key into the key file, re-seals every secret under it, and then removes the old keys from the file.
    /// API tokens stay valid. If it was interrupted, running it again finishes the job. Backups made before it open only
    /// with a copy of the old key file, unless --keep-old leaves the old keys in the new one.
    #[command(after_help = "Example:\n  cp -p bowline-data/master.key safe/master.key.old && bowline key rotate")]
    Rotate(RotateOptions),
}

#[derive(Args)]
pub struct RotateOptions {
    /// Leave the old keys in the key file, so that older backups open with it
    #[arg(long, env = "BOWLINE_KEEP_OLD", value_parser = FalseyValueParser::new())]
    keep_old: bool,
    #[command(flatten)]
    data: DataOptions,
}

pub fn key(command: KeyCommand) -> Done {
    let KeyCommand::Rotate(options) = command;
    let data_dir = DataDir::find_as_owner(&options.data)?;
    let mut locked = data_dir.lock_for_rotation()?;
    let (store, vault) = data_dir.open_existing()?;
    let rotated = rotate(&store, &vault, &mut locked.key_file, options.keep_old);
    store.close();
    rotated
}

/// At every moment each secret in the database opens with a key that is in the file: a key is in the file before anything
/// is sealed under it, and leaves only when nothing is any more and nothing can be.
fn rotate(store: &Store, vault: &Vault, file: &mut LockedKeyFile, keep_old: bool) -> Done {
    let shown = file.path().display().to_string();
    let of_database = key_of_database(store)?;
    let newest = file.keys().newest();
    let number = if newest > of_database || has_secrets_before(store, of_database)? {
        print(&format!("Key {newest} is in {shown} already: a rotation was interrupted and is being finished."))?;
        newest
    } else {
        let mut keys = file.keys().clone();
        let number = keys.add()?;
        file.replace(keys)?;
        print(&format!("Key {number} is in {shown}."))?;
        number
    };
    if of_database < number {
        let check = data_dir::key_check(vault)?;
        store.change(Actor::System, move |change| {
            change.retire_keys_before(&check)?;
            change.note(EventKind::Rotate, Resource::MasterKey, &format!("seal {number}"), None)
        })?;
    }
    let mut sealed_anew = 0;
    for column in columns() {
        sealed_anew += seal_anew(store, vault, column, number)?;
    }
    let (opened, wrong) = open_all(store, vault, number)?;
    print(&format!("{opened} secrets are sealed under key {number}; {sealed_anew} of them were re-sealed."))?;
    if !wrong.is_empty() {
        wrong.iter().try_for_each(|line| print(&format!("  {line}")))?;
        return Err(Error::invalid(format!(
            "{} secrets do not open, so the old keys stay in {shown}; repair them and run the command again.",
            wrong.len()
        )));
    }
    let old: Vec<String> = file.keys().seal.iter().filter(|(n, _)| *n != number).map(|(n, _)| n.to_string()).collect();
    match (old.join(", "), keep_old) {
        (old, _) if old.is_empty() => {}
        (old, true) => print(&format!("Older keys stay in {shown}: {old}."))?,
        (old, false) => {
            let mut keys = file.keys().clone();
            keys.seal.retain(|(n, _)| *n == number);
            file.replace(keys)?;
            print(&format!("Older keys were removed from {shown}: {old}."))?;
            say(
                "Backups made before now open only with a copy of the key file as it was; keep one as long as those backups.",
            );
        }
    }
    say("Make a new copy of the key file, and a new backup.");
    Ok(())
}

fn key_of_database(store: &Store) -> Result<u32> {
    let check = store.read(|view| view.key_checks())?.seal_check;
    key_number(&check).ok_or_else(|| Error::invalid("The database does not say which key it is sealed under."))
}

fn has_secrets_before(store: &Store, key: u32) -> Result<bool> {
    store.read(|view| {
        for column in columns() {
            if !view.sealed_before(&column, key, i64::MIN, 1)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// Gives how many. What does not open stays as it is.
fn seal_anew(store: &Store, vault: &Vault, column: Column, key: u32) -> Result<usize> {
    let (mut count, mut after) = (0, i64::MIN);
    loop {
        let rows = store.read(|view| view.sealed_before(&column, key, after, BATCH))?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = last.number;
        let mut anew = Vec::with_capacity(rows.len());
        for row in rows {
            if let Ok(secret) = vault.open(&row.place, &row.sealed) {
                let sealed = vault.seal(&row.place, &secret)?;
                anew.push((row, sealed));
            }
        }
        count += store.change(Actor::System, move |change| {
            let mut changed = 0;
            for (row, sealed) in &anew {
                changed += usize::from(change.reseal(&column, row, sealed)?);
            }
            Ok(changed)
        })?;
    }
}

/// How many secrets open under `key`, and what is wrong with the others.
fn open_all(store: &Store, vault: &Vault, key: u32) -> Result<(usize, Vec<String>)> {
    let (mut opened, mut wrong) = (0, Vec::new());
    store.read(|view| {
        view.each_sealed(|place, sealed| match vault.open(place, sealed) {
            Ok(_) if key_number(sealed) == Some(key) => opened += 1,
            Ok(_) => {
                wrong.push(format!("the sealed {}.{} of {} is under another key", place.table, place.column, place.row))
            }
            Err(e) => wrong.push(e.told_to_operators()),
        })
    })?;
    Ok((opened, wrong))
}
