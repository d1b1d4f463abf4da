//! Load: so many connections, each asking again as soon as it was answered.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::outcome::{Outcome, fail};

/// What connections ask for, and what they must be told.
pub struct Load {
    pub address: SocketAddr,
    pub requests: Vec<Vec<u8>>,
    pub status: u16,
}

#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Load {
    pub fn run(&self, connections: usize, period: Duration) -> Outcome<Pace> {
        let mut opened = Vec::with_capacity(connections);
        // One at a time, each proven: tiny_http strands connections that come in a burst.
        for n in 0..connections {
            let mut connection = Connection::open(self.address)?;
            self.ask(&mut connection, n)?;
            opened.push(connection);
        }
        let start = Barrier::new(connections);
        let (latencies, seconds) = thread::scope(|scope| {
            let threads: Vec<_> = opened
                .into_iter()
                .enumerate()
                .map(|(n, connection)| {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        self.ask_for(connection, n, connections, period)
                    })
                })
                .collect();
            let mut all = Vec::new();
            let mut seconds = 0f64;
            for thread in threads {
                let (latencies, taken) = thread.join().map_err(|_| fail("a connection's thread panicked"))??;
                all.extend(latencies);
                seconds = seconds.max(taken.as_secs_f64());
            }
            Outcome::Ok((all, seconds))
        })?;
        Ok(pace(latencies, seconds))
    }

    /// Keeps one connection busy; gives the latencies in microseconds, and how long it took.
    fn ask_for(
        &self,
        mut connection: Connection,
        first: usize,
        step: usize,
        period: Duration,
    ) -> Outcome<(Vec<u32>, Duration)> {
        let mut latencies = Vec::with_capacity(64 * 1024);
        let began = Instant::now();
        let (mut n, mut now) = (first, Duration::ZERO);
        while now < period {
            self.ask(&mut connection, n)?;
            let answered = began.elapsed();
            latencies.push((answered - now).as_micros() as u32);
            (n, now) = (n + step, answered);
        }
        Ok((latencies, now))
    }

    fn ask(&self, connection: &mut Connection, n: usize) -> Outcome<()> {
        let answer = connection.ask(&self.requests[n % self.requests.len()])?;
        if answer.status == self.status {
            return Ok(());
        }
        Err(fail(format!(
            "{} instead of {}: {}",
            answer.status,
            self.status,
            String::from_utf8_lossy(answer.body).chars().take(200).collect::<String>()
        )))
    }
}

fn pace(mut latencies: Vec<u32>, seconds: f64) -> Pace {
    latencies.sort_unstable();
    let at = |share: f64| f64::from(latencies[((latencies.len() - 1) as f64 * share) as usize]) / 1000.0;
    Pace { per_second: latencies.len() as f64 / seconds, p50_ms: at(0.50), p99_ms: at(0.99) }
}
