//! Where a server's data are, and how strict it is, as flags.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

/// Where the data is.
#[derive(Args, Clone, Debug)]
pub struct DataOptions {
    /// The directory of the database, its master key and its lock [default: ./bowline-data; where a command needs a
    /// database and there is none, the installed service's]
    #[arg(long, env = "BOWLINE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub key: KeyOptions,
}

#[derive(Args, Clone, Debug)]
pub struct KeyOptions {
    /// The master key, if it is not master.key in the data directory
    #[arg(long, env = "BOWLINE_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

#[derive(Args, Clone, Copy, Debug)]
pub struct ApiOptions {
    /// Refuse unknown attributes, and suggest the name that was probably meant; by default they are ignored
    #[arg(long, env = "BOWLINE_STRICT_ATTRIBUTES", value_parser = FalseyValueParser::new())]
    pub strict_attributes: bool,
}
