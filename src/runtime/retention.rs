//! Up to which instant the audit trail is let go. The clock alone does not decide that: one that is wrong for a moment
//! must not cost the trail.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// What a clock may be off by before it counts as a jump.
const JUMP: Duration = Duration::from_secs(24 * 3600);
/// A clock that has not jumped for so long is believed.
const STEADY: Duration = Duration::from_secs(3600);
/// How much faster than time itself a believed clock is followed: a day for each hour. A server that was away for a month
/// has caught up after thirty hours.
const CATCHING_UP: u32 = 24;
/// The newest event may be so old without a doubt about the clock: nothing was changed meanwhile.
const QUIET: Duration = JUMP;

/// Both readings of one moment: of the clock, and of the time since the process began, which cannot be set.
#[derive(Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    pub running: Duration,
}

pub struct Retention {
    kept_ms: i64,
    /// What is older than this has been let go, or could have been.
    reached_ms: i64,
    last_run: Duration,
    last_look: Moment,
    steady_since: Duration,
}

impl Retention {
    /// `newest` is the instant of the last event, if there is one.
    pub fn begin(kept: Duration, newest: Option<Timestamp>, moment: Moment) -> Retention {
        let kept_ms = milliseconds(kept);
        let believed = newest.map_or(i64::MAX, |newest| newest.milliseconds().saturating_add(milliseconds(QUIET)));
        Retention {
            kept_ms,
            reached_ms: moment.now.milliseconds().min(believed).saturating_sub(kept_ms),
            last_run: moment.running,
            last_look: moment,
            steady_since: moment.running,
        }
    }

    /// By how much the clock went other than time itself since the last look, if that is a jump. Milliseconds; negative
    /// where it went back.
    pub fn jump(&mut self, moment: Moment) -> Option<i64> {
        let by_clock = moment.now.milliseconds().saturating_sub(self.last_look.now.milliseconds());
        let off = by_clock.saturating_sub(milliseconds(moment.running.saturating_sub(self.last_look.running)));
        self.last_look = moment;
        let has_jumped = off.unsigned_abs() > JUMP.as_millis() as u64;
        if has_jumped {
            self.steady_since = moment.running;
        }
        has_jumped.then_some(off)
    }

    /// Events from before this instant may go now: as many as the time since the last run explains.
    pub fn run(&mut self, moment: Moment) -> Timestamp {
        let elapsed = moment.running.saturating_sub(self.last_run);
        let is_steady = moment.running.saturating_sub(self.steady_since) >= STEADY;
        let explained = milliseconds(if is_steady { elapsed.saturating_mul(CATCHING_UP) } else { elapsed });
        let wanted = moment.now.milliseconds().saturating_sub(self.kept_ms);
        self.reached_ms = self.reached_ms.max(wanted.min(self.reached_ms.saturating_add(explained)));
        self.last_run = moment.running;
        Timestamp::from_milliseconds(self.reached_ms.min(wanted))
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const YEAR: u64 = 365 * DAY;
    const START: u64 = 56 * YEAR;

    fn at(clock_s: u64, running_s: u64) -> Moment {
        Moment { now: instant(clock_s), running: Duration::from_secs(running_s) }
    }

    fn instant(clock_s: u64) -> Timestamp {
        Timestamp::from_milliseconds(clock_s as i64 * 1000)
    }

    /// Fourteen days, from a server that was busy until it was started anew.
    fn begun() -> Retention {
        Retention::begin(Duration::from_secs(14 * DAY), Some(instant(START - MINUTE)), at(START, 0))
    }

    #[test]
    fn a_clock_that_goes_right_is_followed() {
        let mut retention = begun();
        for ten_minutes in 0..1000 {
            let running = ten_minutes * 10 * MINUTE;
            assert_eq!(retention.jump(at(START + running, running)), None);
            assert_eq!(retention.run(at(START + running, running)), instant(START + running - 14 * DAY));
        }
    }

    #[test]
    fn a_clock_that_is_ahead_for_a_moment_costs_no_more_than_that_moment() {
        let mut retention = begun();
        let ahead = at(START + 10 * YEAR, 10 * MINUTE);
        assert_eq!(retention.jump(ahead), Some((10 * YEAR - 10 * MINUTE) as i64 * 1000));
        assert_eq!(retention.run(ahead), instant(START + 10 * MINUTE - 14 * DAY));
        let right = at(START + 20 * MINUTE, 20 * MINUTE);
        assert_eq!(retention.jump(right), Some(-((10 * YEAR - 10 * MINUTE) as i64) * 1000));
        assert_eq!(retention.run(right), instant(START + 20 * MINUTE - 14 * DAY));
    }

    #[test]
    fn a_clock_that_is_put_back_lets_nothing_go_early() {
        let mut retention = begun();
        let back = at(START - 10 * DAY, MINUTE);
        assert!(retention.jump(back).is_some());
        assert_eq!(retention.run(back), instant(START - 24 * DAY));
        let right = at(START + 2 * MINUTE, 2 * MINUTE);
        retention.jump(right);
        assert_eq!(retention.run(right), instant(START + MINUTE - 14 * DAY));
    }

    #[test]
    fn after_a_long_time_away_a_steady_clock_is_caught_up_with() {
        let newest = Some(instant(START - 30 * DAY));
        let mut retention = Retention::begin(Duration::from_secs(14 * DAY), newest, at(START, 0));
        assert_eq!(retention.run(at(START, 0)), instant(START - 43 * DAY));
        assert_eq!(retention.run(at(START + HOUR / 2, HOUR / 2)), instant(START - 43 * DAY + HOUR / 2));
        for hour in 1..=31 {
            let moment = at(START + hour * HOUR, hour * HOUR);
            assert_eq!(retention.jump(moment), None);
            retention.run(moment);
        }
        assert_eq!(retention.run(at(START + 31 * HOUR, 31 * HOUR)), instant(START + 31 * HOUR - 14 * DAY));
    }

    #[test]
    fn a_new_trail_and_a_quiet_day_are_no_reason_to_doubt() {
        let kept = Duration::from_secs(1);
        for newest in [None, Some(instant(START - DAY + 1)), Some(instant(START + YEAR))] {
            let mut retention = Retention::begin(kept, newest, at(START, 0));
            assert_eq!(retention.run(at(START, 0)), instant(START - 1));
        }
    }

    #[test]
    fn less_than_a_day_is_no_jump() {
        let mut retention = begun();
        assert_eq!(retention.jump(at(START + DAY, 0)), None);
        assert_eq!(retention.jump(at(START, 0)), None);
        assert!(retention.jump(at(START + DAY + 1, 0)).is_some());
    }
}
