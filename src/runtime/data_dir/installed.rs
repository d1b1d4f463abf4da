//! The service that the Debian package installs, as commands in a fresh shell find it.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::DataDir;

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

    /// The service whose data these are.
    pub fn on(data_dir: &DataDir) -> Option<Installed> {
        Installed::find().filter(|installed| installed.data_dir() == data_dir.absolute())
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

    /// The URL that people reach the service at, as far as the settings tell.
    pub fn public_url(&self) -> Option<String> {
        if let Some(url) = self.setting("BOWLINE_PUBLIC_URL") {
            return Some(url.to_owned());
        }
        let mut address: SocketAddr = self.setting("BOWLINE_LISTEN")?.parse().ok()?;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        let scheme = if self.setting("BOWLINE_TLS_CERT").is_some() { "https" } else { "http" };
        Some(format!("{scheme}://{address}"))
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
    fn the_url_for_people_follows_from_the_settings() {
        for (settings, url) in [
            ("BOWLINE_LISTEN=0.0.0.0:443\nBOWLINE_PUBLIC_URL=https://a.example.com", Some("https://a.example.com")),
            ("BOWLINE_LISTEN=127.0.0.1:9000", Some("http://127.0.0.1:9000")),
            ("BOWLINE_LISTEN=0.0.0.0:9000", Some("http://127.0.0.1:9000")),
            ("BOWLINE_LISTEN=[::]:443\nBOWLINE_TLS_CERT=/a.pem", Some("https://[::1]:443")),
            ("BOWLINE_LISTEN=localhost:9000", None),
            ("", None),
        ] {
            assert_eq!(Installed::parse(settings).public_url().as_deref(), url, "{settings}");
        }
    }

    #[test]
    fn the_unit_has_the_same_default() {
        let unit = include_str!("../../../packaging/bowline.service");
        assert!(unit.lines().any(|line| line == format!("Environment=BOWLINE_DATA_DIR={DATA}")));
        assert!(unit.lines().any(|line| line == format!("EnvironmentFile=-{SETTINGS}")));
    }
}
