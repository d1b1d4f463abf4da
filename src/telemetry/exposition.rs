//! Prometheus's text format, version 0.0.4.

use std::fmt::{Display, Write};

use crate::telemetry::counters::Distribution;

pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Only ever grows; its name ends in `_total`.
    Counter,
    Gauge,
}

#[derive(Default)]
pub struct Exposition {
    text: String,
}

pub type Labels<'a> = &'a [(&'static str, &'a str)];

impl Exposition {
    /// A metric with a value for each set of labels.
    pub fn family<'a, V: Display>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        samples: impl IntoIterator<Item = (Vec<(&'static str, &'a str)>, V)>,
    ) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        self.describe(name, kind, help);
        for (labels, value) in samples {
            self.sample(name, &labels, None, value);
        }
    }

    /// A metric with one value.
    pub fn value(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help, [(vec![], value)]);
    }

    /// A metric with a distribution for each set of labels. A unit is `per` of what was measured: 1,000,000 where
    /// seconds are told and microseconds were counted.
    pub fn histogram<'a>(
        &mut self,
        name: &str,
        help: &str,
        per: f64,
        samples: impl IntoIterator<Item = (Vec<(&'static str, &'a str)>, Distribution)>,
    ) {
        self.describe(name, "histogram", help);
        let (bucket, sum, count) = (format!("{name}_bucket"), format!("{name}_sum"), format!("{name}_count"));
        for (labels, distribution) in samples {
            for (bound, up_to) in &distribution.up_to {
                self.sample(&bucket, &labels, Some(&(*bound as f64 / per).to_string()), up_to);
            }
            self.sample(&bucket, &labels, Some("+Inf"), distribution.count);
            self.sample(&sum, &labels, None, distribution.sum as f64 / per);
            self.sample(&count, &labels, None, distribution.count);
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn describe(&mut self, name: &str, kind: &str, help: &str) {
        self.write(format_args!("# HELP {name} {}\n# TYPE {name} {kind}\n", help.replace('\\', "\\\\")));
    }

    fn sample(&mut self, name: &str, labels: Labels<'_>, bound: Option<&str>, value: impl Display) {
        let labels = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
        let mut separator = '{';
        self.text.push_str(name);
        for (label, text) in labels {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            self.write(format_args!("{separator}{label}=\"{text}\""));
            separator = ',';
        }
        let end = if separator == ',' { "}" } else { "" };
        self.write(format_args!("{end} {value}\n"));
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        let written = self.text.write_fmt(text);
        debug_assert!(written.is_ok(), "a String takes everything");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_format() {
        let mut exposition = Exposition::default();
        exposition.value("a_total", Kind::Counter, "How many a.", 3);
        exposition.family("b", Kind::Gauge, "b.", [(vec![("x", "q\"\\\n"), ("y", "")], 0.5)]);
        let distribution = Distribution { up_to: vec![(500, 1), (2_500_000, 3)], count: 4, sum: 3_000_500 };
        exposition.histogram("c_seconds", "c.", 1e6, [(vec![("x", "1")], distribution)]);
        let expected = "# HELP a_total How many a.\n\
                        # TYPE a_total counter\n\
                        a_total 3\n\
                        # HELP b b.\n\
                        # TYPE b gauge\n\
                        b{x=\"q\\\"\\\\\\n\",y=\"\"} 0.5\n\
                        # HELP c_seconds c.\n\
                        # TYPE c_seconds histogram\n\
                        c_seconds_bucket{x=\"1\",le=\"0.0005\"} 1\n\
                        c_seconds_bucket{x=\"1\",le=\"2.5\"} 3\n\
                        c_seconds_bucket{x=\"1\",le=\"+Inf\"} 4\n\
                        c_seconds_sum{x=\"1\"} 3.0005\n\
                        c_seconds_count{x=\"1\"} 4\n";
        assert_eq!(String::from_utf8(exposition.into_bytes()).unwrap(), expected);
    }
}
