//! The two forms of a line on stderr: text for people, JSON for programs.

use std::io::{self, Write};

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    target: &'a str,
    message: String,
}

/// Writes one record of the log as one line: what is in it cannot begin another.
pub fn write(format: Format, out: &mut impl Write, record: &log::Record<'_>) -> io::Result<()> {
    let (level, target) = (record.level().as_str(), record.target());
    match format {
        Format::Text => {
            let message = escaped(&record.args().to_string());
            writeln!(out, "[{} {level:<5} {target}] {message}", seconds(Timestamp::now()))
        }
        Format::Json => {
            let timestamp = milliseconds(Timestamp::now());
            let line = Line { timestamp, level, target, message: record.args().to_string() };
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")
        }
    }
}

/// `2026-11-23T21:46:02Z`
pub fn seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// `2026-11-23T21:46:02.123Z`
pub fn milliseconds(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn escaped(text: &str) -> String {
    if !text.chars().any(is_doubtful) {
        return text.to_owned();
    }
    text.chars().flat_map(|c| if is_doubtful(c) { c.escape_unicode().collect() } else { vec![c] }).collect()
}

/// Ends a line or drives a terminal.
fn is_doubtful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, message: &str) -> String {
        let mut out = Vec::new();
        let arguments = format_args!("{message}");
        let record = log::Record::builder().level(log::Level::Warn).target("bowline::store").args(arguments).build();
        write(format, &mut out, &record).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_record_is_one_line_whatever_is_in_it() {
        for hostile in ["a\nb", "a\r\n[fake] b", "\u{1b}[31m", "nul\0", "a\u{2028}b", "\u{9b}x"] {
            let text = written(Format::Text, hostile);
            assert_eq!(text.lines().count(), 1, "{text:?}");
            assert!(!text.trim_end().chars().any(is_doubtful), "{text:?}");
            let line = written(Format::Json, hostile);
            assert_eq!(line.lines().count(), 1, "{line:?}");
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!((&line["message"], &line["level"]), (&hostile.into(), &"WARN".into()));
        }
        assert!(written(Format::Text, "ä b").ends_with("Z WARN  bowline::store] ä b\n"));
    }

    #[test]
    fn instants() {
        let at = Timestamp::from_millisecond(1_763_934_362_007).unwrap();
        assert_eq!((seconds(at), milliseconds(at)), ("2025-11-23T21:46:02Z".into(), "2025-11-23T21:46:02.007Z".into()));
    }
}
