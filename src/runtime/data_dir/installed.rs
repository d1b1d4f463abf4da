//! The service that the Debian package installs, as commands in a fresh shell find it.

use std::fs;
use std::path::{Path, PathBuf};

/// The variables that systemd starts the service with.
const SETTINGS: &str = "/etc/default/bowline";
const HOME: &str = "/var/lib/bowline";
/// What packaging/bowline.service sets unless the settings say otherwise.
const DATA: &str = "/var/lib/bowline/data";

/// An installed service's settings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Installed(Vec<(String, String)>);

impl Installed {
    /// `None` where the package is not installed.
    pub fn find() -> Option<Installed> {
        fs::read_to_string(SETTINGS).ok().map(|text| Installed::parse(&text))
    }

    /// As systemd reads an EnvironmentFile, as far as our settings need it: `NAME=value` or `NAME="value"` a line.
    fn parse(text: &str) -> Installed {
        let settings = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])).filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            let value = value.trim();
            let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
            Some((name.trim().to_owned(), unquoted.unwrap_or(value).to_owned()))
        });
        Installed(settings.collect())
    }

    /// The last one counts; an empty one is none.
    pub fn setting(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub fn data_dir(&self) -> PathBuf {
        self.setting("BOWLINE_DATA_DIR").unwrap_or(DATA).into()
    }

    pub fn key_file(&self) -> Option<PathBuf> {
        self.setting("BOWLINE_KEY_FILE").map(PathBuf::from)
    }
}

/// Where the service's data are, if it is or was installed; what is in there may be hidden from this user.
pub fn home() -> Option<&'static Path> {
    Some(Path::new(HOME)).filter(|home| home.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_systemd_reads_them() {
        let text = "# a comment\n; another\n\nBOWLINE_LISTEN=127.0.0.1:9000\nBOWLINE_KEY_FILE=\"/etc/a b.key\"\n\
                    #BOWLINE_DATA_DIR=/commented\n  BOWLINE_LISTEN='[::1]:1'  \nBOWLINE_METRICS_LISTEN=\nnonsense\n";
        let installed = Installed::parse(text);
        assert_eq!(installed.setting("BOWLINE_LISTEN"), Some("[::1]:1"));
        assert_eq!(installed.key_file(), Some(PathBuf::from("/etc/a b.key")));
        assert_eq!(installed.setting("BOWLINE_METRICS_LISTEN"), None);
        assert_eq!(installed.setting("nonsense"), None);
        assert_eq!(installed.data_dir(), Path::new(DATA));
        assert_eq!(Installed::parse("BOWLINE_DATA_DIR=/srv/bowline").data_dir(), Path::new("/srv/bowline"));
    }

    #[test]
    fn the_unit_has_the_same_default() {
        let unit = include_str!("../../../packaging/bowline.service");
        assert!(unit.lines().any(|line| line == format!("Environment=BOWLINE_DATA_DIR={DATA}")));
        assert!(unit.lines().any(|line| line == format!("EnvironmentFile=-{SETTINGS}")));
    }
}
