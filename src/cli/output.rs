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

/// A line for people. If it cannot be written, there is no place for an error either.
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

/// What there is to say of one thing: a line for each member for people, a JSON object for programs.
pub struct Sheet(pub Vec<(&'static str, Value)>);

impl Sheet {
    pub fn print(&self, as_json: bool) -> Result<()> {
        if as_json {
            let members = self.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            return print(&format!("{:#}", Value::Object(members.collect())));
        }
        self.0.iter().try_for_each(|(name, value)| print(format!("{name}: {}", plain(value)).trim_end()))
    }
}

/// On one line, whatever it is.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(plain_item).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The first member of an object, and the others behind it.
fn plain_item(value: &Value) -> String {
    let Value::Object(members) = value else { return plain(value) };
    let mut parts = members.values().filter(|value| !value.is_null()).map(plain);
    let first = parts.next().unwrap_or_default();
    let others: Vec<String> = parts.collect();
    if others.is_empty() { first } else { format!("{first} ({})", others.join(", ")) }
}

/// `1 workspace`, `no workspaces`.
pub fn counted(count: u64, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
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
    #[test]
    fn counts_and_what_there_is_to_say_of_one_thing() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "team")), ["no teams", "1 team", "2 teams"]);
        let item = serde_json::json!([{"name": "acme", "role": "owner", "x": null}, "plain"]);
        assert_eq!(plain(&item), "acme (owner), plain");
        assert_eq!(plain(&serde_json::json!({"teams": 2, "on": true})), "on: yes, teams: 2");
    }
}
