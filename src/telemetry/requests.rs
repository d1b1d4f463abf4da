//! How many requests, of which kind, with which answer, and how long they took. One more costs a look-up in a table that
//! never changes, and a few additions.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::gate::journal::Entry;
use crate::telemetry::counters::{Counter, Histogram};

/// Microseconds.
const TIMES: [u64; 13] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000];
/// What clients may choose among; whatever else there may be is the last.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "other"];
/// All that the server answers with; whatever else there may be is the last.
const STATUSES: [u16; 28] = [
    200, 201, 202, 204, 400, 401, 403, 404, 405, 406, 408, 409, 411, 413, 414, 415, 417, 422, 429, 431, 500, 501, 502,
    503, 504, 505, 507, 0,
];
/// Requests that met no route.
const NONE: &str = "none";

pub struct Requests {
    routes: HashMap<&'static str, [OnceLock<Box<Series>>; METHODS.len()]>,
    elsewhere: [OnceLock<Box<Series>>; METHODS.len()],
    cut_off: Counter,
}

/// Of one method on one route.
pub struct Series {
    statuses: [Counter; STATUSES.len()],
    /// Microseconds.
    pub times: Histogram<{ TIMES.len() }>,
    /// Of the answers.
    pub bytes: Counter,
}

impl Series {
    fn new() -> Series {
        Series {
            statuses: std::array::from_fn(|_| Counter::default()),
            times: Histogram::new(&TIMES),
            bytes: Counter::default(),
        }
    }

    /// Those that there were.
    pub fn statuses(&self) -> impl Iterator<Item = (u16, u64)> {
        STATUSES.into_iter().zip(self.statuses.iter().map(Counter::get)).filter(|(_, count)| *count > 0)
    }
}

impl Requests {
    /// For the patterns that there are.
    pub fn new(patterns: impl Iterator<Item = &'static str>) -> Requests {
        let none = || std::array::from_fn(|_| OnceLock::new());
        let routes = patterns.map(|pattern| (pattern, none())).collect();
        Requests { routes, elsewhere: none(), cut_off: Counter::default() }
    }

    pub fn add(&self, entry: &Entry) {
        let route = entry.route.as_deref().and_then(|pattern| self.routes.get(pattern)).unwrap_or(&self.elsewhere);
        let series = route[place(&METHODS, entry.method.unwrap_or_default())].get_or_init(|| Box::new(Series::new()));
        series.statuses[place(&STATUSES, entry.status)].add(1);
        series.times.add(entry.took.as_micros() as u64);
        series.bytes.add(entry.bytes as u64);
        if !entry.is_delivered {
            self.cut_off.add(1);
        }
    }

    /// Answers that their clients did not take.
    pub fn cut_off(&self) -> u64 {
        self.cut_off.get()
    }

    /// Method, route and what there was, by route.
    pub fn series(&self) -> Vec<(&'static str, &'static str, &Series)> {
        let mut routes: Vec<_> = self.routes.iter().map(|(pattern, methods)| (*pattern, methods)).collect();
        routes.sort_unstable_by_key(|(pattern, _)| *pattern);
        routes.push((NONE, &self.elsewhere));
        let mut series = Vec::new();
        for (pattern, methods) in routes {
            let found =
                METHODS.into_iter().zip(methods).filter_map(|(method, it)| Some((method, pattern, &**it.get()?)));
            series.extend(found);
        }
        series
    }
}

/// Where it is in the table, or the last place.
fn place<T: PartialEq>(table: &[T], wanted: T) -> usize {
    table.iter().position(|known| *known == wanted).unwrap_or(table.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    #[test]
    fn whatever_comes_the_series_are_bounded() {
        let requests = Requests::new(["/a/:b", "/c"].into_iter());
        let known = [Some("GET"), Some("POST"), Some("BREW"), None];
        for n in 0..2000_u64 {
            let route = [Some("/a/:b".to_owned()), Some(format!("/made/up/{n}")), None][n as usize % 3].clone();
            requests.add(&Entry {
                id: uuid::Uuid::nil(),
                client: IpAddr::V4(Ipv4Addr::LOCALHOST),
                method: known[n as usize % known.len()],
                route: route.map(String::into_boxed_str),
                path: None,
                status: (n % 1000) as u16,
                took: Duration::from_micros(n),
                bytes: 10,
                is_delivered: n % 10 > 0,
            });
        }
        let series = requests.series();
        let named: Vec<_> = series.iter().map(|(method, route, _)| (*method, *route)).collect();
        let expected = ["GET", "POST", "other"];
        assert_eq!(named, ["/a/:b", NONE].map(|route| expected.map(|method| (method, route))).concat());
        let statuses: u64 = series.iter().flat_map(|(_, _, series)| series.statuses()).map(|(_, count)| count).sum();
        let times: u64 = series.iter().map(|(_, _, series)| series.times.distribution().count).sum();
        let bytes: u64 = series.iter().map(|(_, _, series)| series.bytes.get()).sum();
        assert_eq!((statuses, times, bytes, requests.cut_off()), (2000, 2000, 20_000, 200));
        assert!(series.iter().all(|(_, _, series)| series.statuses().count() <= STATUSES.len()));
    }
}
