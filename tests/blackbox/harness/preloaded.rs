//! Libraries in C that stand between the binary and the system, by LD_PRELOAD.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles a source of these tests into a library.
pub fn preloaded(source: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blackbox").join(source);
    let name = source.file_stem().and_then(|name| name.to_str()).expect("a name");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = directory.join(format!("{name}.so"));
    // Several tests may compile it at once.
    let unfinished = tempfile::Builder::new().prefix(name).suffix(".so").tempfile_in(directory).expect("a file");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let made = Command::new(compiler)
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(unfinished.path())
        .arg(&source)
        .args(["-ldl", "-lpthread"])
        .status();
    assert!(made.expect("a C compiler").success(), "{} does not compile", source.display());
    // Other tests may run with the one that is there.
    unfinished.persist(&path).expect("renamed");
    path
}
