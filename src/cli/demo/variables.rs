//! What clients of a demo need, as variables, in the forms that shells, GitHub Actions and programs read.

use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::cli::output::export;
use crate::domain::accounts::api_token::PlainToken;
use crate::domain::error::{Error, Result};
use crate::runtime::server::Reached;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EnvFormat {
    /// export NAME=value
    Shell,
    /// NAME=value, as $GITHUB_ENV takes it
    Github,
    /// One object
    Json,
}

/// The name of the variable by which a file is known as ours.
pub const MARK: &str = "TFE_ADDRESS";
/// Where the providers are that the demo plays. No setting of Bowline: a command in the same shell passes over it.
pub const DEMO_PROVIDERS: &str = "BOWLINE_DEMO_PROVIDERS";
const CERTIFICATE: &str = "SSL_CERT_FILE";

/// Cannot print itself: the token is in it.
pub struct Variables(Vec<(&'static str, String)>);

impl Variables {
    pub fn new(reached: &Reached<'_>, token: &PlainToken, organization: &str, providers: Option<&str>) -> Variables {
        let mut variables = vec![
            (MARK, reached.url.to_owned()),
            ("TFE_TOKEN", token.reveal().to_owned()),
            ("TFE_ORGANIZATION", organization.to_owned()),
        ];
        variables.extend(providers.map(|url| (DEMO_PROVIDERS, url.to_owned())));
        variables.extend(reached.certificate.map(|certificate| (CERTIFICATE, certificate.to_owned())));
        Variables(variables)
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    pub fn certificate(&self) -> Option<&str> {
        self.pairs().find_map(|(name, value)| (name == CERTIFICATE).then_some(value))
    }

    /// Whole lines. `Invalid` where a value has a line end and the form has no way to say so.
    pub fn render(&self, format: EnvFormat) -> Result<String> {
        match format {
            EnvFormat::Shell => Ok(self.pairs().map(|(name, value)| format!("{}\n", export(name, value))).collect()),
            EnvFormat::Github => {
                let lines = self.pairs().map(|(name, value)| match value.contains(['\n', '\r']) {
                    true => Err(Error::invalid(format!(
                        "{name} contains a line break, which --env-format github cannot express."
                    ))),
                    false => Ok(format!("{name}={value}\n")),
                });
                lines.collect()
            }
            EnvFormat::Json => {
                let members = self.pairs().map(|(name, value)| (name.to_owned(), Value::from(value)));
                Ok(format!("{}\n", Value::Object(Map::from_iter(members))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(certificate: Option<&str>) -> Variables {
        let reached = Reached { url: "http://127.0.0.1:8080", certificate };
        let mut byte = 0u8;
        let token = PlainToken::from_seed(|| {
            byte = byte.wrapping_add(1);
            byte
        });
        Variables::new(&reached, &token, "acme", None)
    }

    #[test]
    fn the_three_forms() {
        let plain = variables(Some("/tmp/it's.pem"));
        let token = plain.pairs().nth(1).unwrap().1.to_owned();
        assert_eq!(
            plain.render(EnvFormat::Shell).unwrap(),
            format!(
                "export TFE_ADDRESS=http://127.0.0.1:8080\nexport TFE_TOKEN={token}\nexport TFE_ORGANIZATION=acme\n\
                 export SSL_CERT_FILE='/tmp/it'\\''s.pem'\n"
            )
        );
        assert_eq!(
            plain.render(EnvFormat::Github).unwrap(),
            format!(
                "TFE_ADDRESS=http://127.0.0.1:8080\nTFE_TOKEN={token}\nTFE_ORGANIZATION=acme\nSSL_CERT_FILE=/tmp/it's.pem\n"
            )
        );
        let json: Value = serde_json::from_str(&plain.render(EnvFormat::Json).unwrap()).unwrap();
        assert_eq!((&json["TFE_TOKEN"], &json["TFE_ORGANIZATION"]), (&token.into(), &"acme".into()));
    }

    #[test]
    fn a_line_end_is_not_written_where_it_would_begin_another_variable() {
        let hostile = variables(Some("/tmp/a\nPATH=/evil"));
        assert!(hostile.render(EnvFormat::Github).is_err());
        assert!(hostile.render(EnvFormat::Shell).unwrap().contains("'/tmp/a\nPATH=/evil'"));
    }
}
