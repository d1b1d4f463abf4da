//! What is printed: lines and tables on stdout, prose on stderr.

use std::io::{self, ErrorKind, Write};

use serde_json::{Map, Value};

use crate::domain::error::{Error, Result};

/// A line of result. A reader that has seen enough and left is no error.
pub fn print(line: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Error::invalid(format!("The result could not be printed: {e}."))),
        Ok(()) => Ok(()),
    }
}

/// A line for people. There is nobody to tell if it cannot be said.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line that a shell understands.
pub fn export(name: &str, value: &str) -> String {
    let is_plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/[]@%+~".contains(&b));
    if is_plain {
        format!("export {name}={value}")
    } else {
        format!("export {name}='{}'", value.replace('\'', r"'\''"))
    }
}

/// Rows under headings: columns for people, a JSON array of objects for programs.
pub struct Table {
    pub headings: &'static [&'static str],
    pub rows: Vec<Vec<Option<String>>>,
}

impl Table {
    pub fn print(&self, as_json: bool) -> Result<()> {
        print(&if as_json { self.to_json() } else { self.to_text() })
    }

    fn to_text(&self) -> String {
        let cell = |row: &[Option<String>], column: usize| row.get(column).cloned().flatten().unwrap_or_default();
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| {
                let widest = self.rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
                widest.max(self.headings[column].len())
            })
            .collect();
        let line = |cells: Vec<String>| {
            let padded: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            padded.join("  ").trim_end().to_owned()
        };
        let heading = line(self.headings.iter().map(|h| h.to_uppercase().replace('-', " ")).collect());
        let rows = self.rows.iter().map(|row| line((0..self.headings.len()).map(|n| cell(row, n)).collect()));
        std::iter::once(heading).chain(rows).collect::<Vec<_>>().join("\n")
    }

    fn to_json(&self) -> String {
        let objects = self.rows.iter().map(|row| {
            let members = self.headings.iter().zip(row).map(|(heading, cell)| {
                ((*heading).to_owned(), cell.as_ref().map_or(Value::Null, |text| Value::String(text.clone())))
            });
            Value::Object(Map::from_iter(members))
        });
        format!("{:#}", Value::Array(objects.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_both_forms() {
        let table = Table {
            headings: &["id", "service-provider"],
            rows: vec![vec![Some("oc-1".to_owned()), Some("github".to_owned())], vec![Some("ä".to_owned()), None]],
        };
        assert_eq!(table.to_text(), "ID    SERVICE PROVIDER\noc-1  github\nä");
        let json: Value = serde_json::from_str(&table.to_json()).unwrap();
        assert_eq!(
            json,
            serde_json::json!([{"id": "oc-1", "service-provider": "github"}, {"id": "ä", "service-provider": null}])
        );
    }
}
