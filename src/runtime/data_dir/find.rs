//! Which data directory a command works on.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{DataDir, Installed, installed, owner};
use crate::domain::error::{Error, Result};
use crate::runtime::options::{DataOptions, KeyOptions};

/// Where a server keeps its data unless it is told otherwise.
const DEFAULT: &str = "./bowline-data";

impl DataDir {
    /// For commands that may make a database (`init`, `serve`, `restore`): the directory that is named, or the default.
    pub fn new(options: &DataOptions) -> DataDir {
        let path = options.data_dir.as_deref().unwrap_or(Path::new(DEFAULT));
        DataDir::at(path, &options.key)
    }

    /// For commands that need a database. Where no directory is named and the default has none, the installed service's
    /// (docs/decisions/0023).
    pub fn find(options: &DataOptions) -> Result<DataDir> {
        let found = DataDir::look_for(options)?;
        found.tell();
        Ok(found.data_dir)
    }

    /// As [`DataDir::find`], for commands that write into the directory. Root goes on as the directory's owner: a file of
    /// root's would keep the service from starting.
    pub fn find_as_owner(options: &DataOptions) -> Result<DataDir> {
        let found = DataDir::look_for(options)?;
        found.tell();
        owner::go_on_as_owner_of(&found.data_dir)?;
        Ok(found.data_dir)
    }

    fn look_for(options: &DataOptions) -> Result<Found> {
        let named = DataDir::new(options);
        let installed = if options.data_dir.is_some() { None } else { Installed::find() };
        let Some(installed) = installed else {
            return if named.has_database()? { Ok(Found::named(named)) } else { Err(named.has_none()) };
        };
        if !named.is_hidden() && named.has_database()? {
            return Ok(Found { data_dir: named, service: Some(Service::At(installed.data_dir())) });
        }
        let key_file = options.key.key_file.clone().or(installed.key_file());
        let service = DataDir::at(&installed.data_dir(), &KeyOptions { key_file });
        if !service.has_database()? {
            return Err(Error::invalid(format!(
                "There is no Bowline database in {}, and the installed service has none in {} yet: start it with \
                 `systemctl start bowline`.",
                named.absolute().display(),
                service.path.display()
            )));
        }
        Ok(Found { data_dir: service, service: Some(Service::Found) })
    }

    /// Whether this user may not look there: the service's user cannot see into root's home.
    fn is_hidden(&self) -> bool {
        fs::metadata(self.database()).is_err_and(|e| e.kind() == ErrorKind::PermissionDenied)
    }

    /// For a new database: where a service is installed, and no directory was named, it was probably meant.
    pub(super) fn warn_beside_service(&self) {
        if self.path != Path::new(DEFAULT) {
            return;
        }
        if let Some(installed) = Installed::find() {
            log::warn!(
                "this is not the database of the installed service, which is in {}; commands that are run here without \
                 --data-dir work on this one",
                installed.data_dir().display()
            );
        }
    }

    fn has_none(&self) -> Error {
        let mut text = format!("There is no Bowline database in {}. ", self.absolute().display());
        if let Some(home) = installed::home() {
            text.push_str(&format!("The installed service keeps its data below {}. ", home.display()));
        }
        text.push_str(
            "Set --data-dir or BOWLINE_DATA_DIR to the server's data directory, or make a new database with `bowline init`.",
        );
        Error::invalid(text)
    }

    /// For messages: from the root, so that it tells where a relative path led.
    pub fn absolute(&self) -> PathBuf {
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

struct Found {
    data_dir: DataDir,
    /// Where no directory was named, and a service is installed.
    service: Option<Service>,
}

enum Service {
    /// Its data were found.
    Found,
    /// Its data are there, but the default directory has a database, which comes first.
    At(PathBuf),
}

impl Found {
    fn named(data_dir: DataDir) -> Found {
        Found { data_dir, service: None }
    }

    /// Tells a person who named no directory which one it is.
    fn tell(&self) {
        let shown = self.data_dir.absolute();
        match &self.service {
            None => {}
            Some(Service::Found) => log::info!("working on the installed service's data in {}", shown.display()),
            Some(Service::At(other)) => log::info!(
                "working on the data in {}; those of the installed service are in {}",
                shown.display(),
                other.display()
            ),
        }
    }
}
