//! The table: what was measured, what was measured beside it, and how the two compare.

use std::fmt;

/// What is asked of a figure.
#[derive(Clone, Copy)]
pub enum Bar {
    AtLeast(f64),
    LessThan(f64),
    None,
}

struct Row {
    what: String,
    bowline: String,
    beside: String,
    ratio: Option<f64>,
    bar: Bar,
    unit: &'static str,
    /// What the bar is about.
    figure: f64,
}

#[derive(Default)]
pub struct Table(Vec<Row>);

impl Table {
    /// A row whose bar is about the ratio.
    pub fn compare(&mut self, what: impl Into<String>, bowline: String, beside: String, ratio: f64, bar: Bar) {
        let what = what.into();
        self.0.push(Row { what, bowline, beside, ratio: Some(ratio), bar, unit: "", figure: ratio });
    }

    /// A row whose bar is about the figure itself.
    pub fn figure(&mut self, what: impl Into<String>, figure: f64, unit: &'static str, beside: String, bar: Bar) {
        let bowline = format!("{figure:.1} {unit}");
        self.0.push(Row { what: what.into(), bowline, beside, ratio: None, bar, unit, figure });
    }
}

impl Row {
    fn cells(&self) -> [String; 6] {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        let (bar, is_met) = match self.bar {
            Bar::AtLeast(least) => (format!("≥ {least}{unit}"), Some(self.figure >= least)),
            Bar::LessThan(most) => (format!("< {most}{unit}"), Some(self.figure < most)),
            Bar::None => (String::new(), None),
        };
        let met = is_met.map_or("", |met| if met { "yes" } else { "NO" });
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        [self.what.clone(), self.bowline.clone(), self.beside.clone(), ratio, bar, met.to_owned()]
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = ["what", "Bowline", "beside it", "ratio", "bar", "met?"].map(str::to_owned);
        let rows: Vec<[String; 6]> = std::iter::once(heading).chain(self.0.iter().map(Row::cells)).collect();
        let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..6).map(width).collect();
        for (at, row) in rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if at == 0 {
                for width in &widths {
                    write!(f, "|{}", "-".repeat(width + 2))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}
