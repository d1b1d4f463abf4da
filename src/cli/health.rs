//! `health`: a running server, asked from outside.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use clap::Args;

use super::Done;
use super::output::print;
use crate::domain::error::Error;
use crate::gate::PLAIN_HTTP_ON_TLS;
use crate::runtime::data_dir::Installed;
use crate::runtime::network::listen::what_is_missing;

/// What is asked for is answered within a second or so, or all is not well.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_BYTES: u64 = 64 * 1024;

const DEFAULT: &str = "127.0.0.1:8080";

#[derive(Args)]
pub struct Options {
    /// The address that the server listens on [default: the installed service's, or 127.0.0.1:8080]
    #[arg(long, env = "BOWLINE_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The server's address for operators; if given, it is asked instead
    #[arg(long, env = "BOWLINE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<String>,
}

impl Options {
    fn address(&self) -> String {
        if let Some(given) = self.metrics_listen.as_ref().or(self.listen.as_ref()) {
            return given.clone();
        }
        let installed = Installed::find();
        let settings = installed.as_ref().map(|service| {
            service.setting("BOWLINE_METRICS_LISTEN").or(service.setting("BOWLINE_LISTEN")).unwrap_or(DEFAULT)
        });
        settings.unwrap_or(DEFAULT).to_owned()
    }
}

pub fn run(options: &Options) -> Done {
    let address = &options.address();
    if let Some(wrong) = what_is_missing(address, "127.0.0.1:PORT") {
        return Err(Error::invalid(format!("Cannot ask {address}: {wrong}.")));
    }
    let answer = ask(address).map_err(|e| {
        Error::invalid(format!("No server answers on {address}: {e}. Start it, or name its address with --listen."))
    })?;
    let (is_up, document) = read(&answer).ok_or_else(|| {
        Error::invalid(if wants_tls(&answer) {
            format!(
                "{address} speaks TLS, and this command does not. Start the server with --metrics-listen 127.0.0.1:9464, or \
                 BOWLINE_METRICS_LISTEN, and ask there: bowline health --metrics-listen 127.0.0.1:9464"
            )
        } else {
            format!("What answers on {address} is not Bowline; --listen names the server's address.")
        })
    })?;
    print(document)?;
    if is_up { Ok(()) } else { Err(Error::unavailable("The server is not healthy; its log has the cause.")) }
}

fn ask(address: &str) -> io::Result<String> {
    let address = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /_health_check HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Bowline answers plain http on such a port with a 400 that says so, other servers with a record of TLS or nothing.
fn wants_tls(answer: &str) -> bool {
    answer.starts_with('\u{15}') || answer.contains(PLAIN_HTTP_ON_TLS)
}

/// Whether all is well, and the document that says so.
fn read(answer: &str) -> Option<(bool, &str)> {
    let status = answer.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    let (_, document) = answer.split_once("\r\n\r\n")?;
    ["200", "503"].contains(&status).then_some((status == "200", document.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn answers() {
        assert_eq!(read("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}"), Some((true, "{}")));
        assert_eq!(
            read("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"disk\":\"DOWN\"}"),
            Some((false, "{\"disk\":\"DOWN\"}"))
        );
        for other in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n{}", "HTTP/1.1 200 OK", "HTTP/1.1 2"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
