//! Which data directory a command works on.

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
        DataDir::look_for(options).map(Found::told)
    }

    /// As [`DataDir::find`], for commands that write into the directory. Root goes on as the directory's owner: a file of
    /// root's would keep the service from starting.
    pub fn find_as_owner(options: &DataOptions) -> Result<DataDir> {
        let found = DataDir::look_for(options)?;
        owner::go_on_as_owner_of(&found.data_dir.database())?;
        Ok(found.told())
    }

    fn look_for(options: &DataOptions) -> Result<Found> {
        let named = DataDir::new(options);
        if named.has_database()? {
            return Ok(Found { data_dir: named, is_service: false });
        }
        if options.data_dir.is_some() {
            return Err(named.has_none());
        }
        let Some(installed) = Installed::find() else { return Err(named.has_none()) };
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
        Ok(Found { data_dir: service, is_service: true })
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
    is_service: bool,
}

impl Found {
    /// With a word for who has named no directory.
    fn told(self) -> DataDir {
        if self.is_service {
            log::info!("working on the installed service's data in {}", self.data_dir.path.display());
        }
        self.data_dir
    }
}
