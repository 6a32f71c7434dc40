//! Sleep and set clocks, told apart by three clocks: the wall's, one that stands still while the machine sleeps, and
//! one that does not.
//!
//! On Linux a timer that the kernel cancels when the wall clock jumps, which it does after sleep too, says when to
//! look; nothing wakes between. Elsewhere the clocks are compared every few seconds, and there are only two of them:
//! a wall clock that has run ahead by much is taken for sleep.

use super::Trigger;
use super::watcher::{End, Post};

/// Clocks at one moment, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// The wall clock, since 1970-01-01 UTC.
    pub wall: i64,
    /// Since some moment, without the time asleep.
    pub awake: i64,
    /// Since the same or another moment, with the time asleep; `None` where the system has no such clock.
    pub all: Option<i64>,
}

/// By how much clocks have to differ before it means something, in milliseconds: corrections that a running clock is
/// given are smaller, and so is the time between two looks at it.
const MEANS_SOMETHING: i64 = 1_000;

/// What is taken for sleep where that can only be guessed, in milliseconds.
const LOOKS_LIKE_SLEEP: i64 = 10_000;

impl Clocks {
    /// What happened between this moment and a later one.
    pub fn until(self, later: Self) -> Vec<Trigger> {
        let [wall, awake] = [later.wall.saturating_sub(self.wall), later.awake.saturating_sub(self.awake)];
        let Some(all) = self.all.zip(later.all).map(|(before, after)| after.saturating_sub(before)) else {
            return match wall.saturating_sub(awake) {
                ahead if ahead >= LOOKS_LIKE_SLEEP => vec![Trigger::Resumed],
                moved if moved.saturating_abs() >= MEANS_SOMETHING => vec![Trigger::ClockSet],
                _ => Vec::new(),
            };
        };
        let slept = (all.saturating_sub(awake) >= MEANS_SOMETHING).then_some(Trigger::Resumed);
        let set = (wall.saturating_sub(all).saturating_abs() >= MEANS_SOMETHING).then_some(Trigger::ClockSet);
        slept.into_iter().chain(set).collect()
    }

    /// The clocks now.
    #[cfg(target_os = "linux")]
    pub fn now() -> Self {
        use rustix::time::{ClockId, clock_gettime};
        let read = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000)
        };
        Self {
            wall: read(ClockId::Realtime),
            awake: read(ClockId::Monotonic),
            all: Some(read(ClockId::Boottime)),
        }
    }

    /// The clocks now.
    #[cfg(not(target_os = "linux"))]
    pub fn now() -> Self {
        use std::sync::OnceLock;
        use std::time::{Instant, SystemTime, UNIX_EPOCH};
        static BEGAN: OnceLock<Instant> = OnceLock::new();
        let millis = |since: std::time::Duration| i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => millis(since),
            Err(before) => -millis(before.duration()),
        };
        Self { wall, awake: millis(BEGAN.get_or_init(Instant::now).elapsed()), all: None }
    }
}

/// Watches until it fails.
#[cfg(target_os = "linux")]
pub(super) async fn watch(post: Post) -> End {
    match linux::hear(&post).await {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}

/// How long the wait between two looks is, in milliseconds, where nothing says when to look.
#[cfg(any(not(target_os = "linux"), test))]
const EVERY: u64 = 10_000;

/// What happened in a wait between two looks. Where the clock that should stand still while the machine sleeps goes on
/// (Windows), a wait that took much longer than it should is taken for sleep.
#[cfg(any(not(target_os = "linux"), test))]
fn in_a_wait(before: Clocks, now: Clocks) -> Vec<Trigger> {
    let most = LOOKS_LIKE_SLEEP.saturating_add_unsigned(EVERY);
    let overslept = now.awake.saturating_sub(before.awake) >= most;
    let mut happened = before.until(now);
    if overslept && !happened.contains(&Trigger::Resumed) {
        happened.insert(0, Trigger::Resumed);
    }
    happened
}

/// Watches for ever.
#[cfg(not(target_os = "linux"))]
pub(super) async fn watch(post: Post) -> End {
    let mut before = Clocks::now();
    post.watching();
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(EVERY)).await;
        let now = Clocks::now();
        for trigger in in_a_wait(before, now) {
            post.fire(trigger).await;
        }
        before = now;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Clocks, Post};
    use crate::net::descriptor::Descriptor;
    use rustix::io::Errno;
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use std::convert::Infallible;
    use std::io;
    use std::os::fd::OwnedFd;

    /// `timerfd_create(2)`, `TFD_TIMER_CANCEL_ON_SET`: a timer that is due at the end of time, and that the kernel
    /// cancels whenever the wall clock jumps.
    pub(super) async fn hear(post: &Post) -> io::Result<Infallible> {
        let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        let mut before = Clocks::now();
        arm(&timer)?;
        let timer = Descriptor::new(timer)?;
        post.watching();
        loop {
            timer.read(cancelled).await?;
            let now = Clocks::now();
            for trigger in before.until(now) {
                post.fire(trigger).await;
            }
            before = now;
        }
    }

    fn arm(timer: &OwnedFd) -> io::Result<()> {
        let never = Timespec { tv_sec: i64::MAX, tv_nsec: 0 };
        let due = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: never };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        match timerfd_settime(timer, flags, &due) {
            // The clock jumped since the timer was made; it is armed all the same.
            Ok(_) | Err(Errno::CANCELED) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn cancelled(timer: &OwnedFd) -> io::Result<()> {
        match rustix::io::read(timer, &mut [0_u8; 8]) {
            Ok(_) | Err(Errno::CANCELED) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// What is seen after this much time by the wall, awake and over all.
    fn after(wall: i64, awake: i64, all: Option<i64>) -> Vec<Trigger> {
        let before = Clocks { wall: 1_800_000_000_000, awake: 70_000, all: all.map(|_| 90_000) };
        before.until(Clocks {
            wall: before.wall + wall,
            awake: before.awake + awake,
            all: before.all.zip(all).map(|(before, since)| before + since),
        })
    }

    #[test]
    fn ur_49_eight_hours_asleep_are_sleep_and_no_set_clock() {
        assert_eq!(after(8 * HOUR + 2_300, 2_000, Some(8 * HOUR + 2_000)), [Trigger::Resumed]);
        assert_eq!(after(8 * HOUR, 2_000, None), [Trigger::Resumed]);
    }

    #[test]
    fn a_set_clock_is_told_forwards_and_backwards() {
        for set in [-40 * 365 * 24 * HOUR, -HOUR, -1_500, 1_500, HOUR] {
            assert_eq!(after(5_000 + set, 5_000, Some(5_000)), [Trigger::ClockSet], "{set}");
        }
        assert_eq!(after(-HOUR, 5_000, None), [Trigger::ClockSet]);
        assert_eq!(after(8_000, 5_000, None), [Trigger::ClockSet]);
    }

    #[test]
    fn both_can_happen_at_once() {
        assert_eq!(after(12 * HOUR, 0, Some(8 * HOUR)), [Trigger::Resumed, Trigger::ClockSet]);
    }

    #[test]
    fn small_corrections_and_long_waits_are_nothing() {
        assert_eq!(after(5 * 365 * 24 * HOUR + 900, 5 * 365 * 24 * HOUR, Some(5 * 365 * 24 * HOUR)), []);
        assert_eq!(after(-900, 0, Some(0)), []);
        assert_eq!(after(60_900, 60_000, None), []);
    }

    #[test]
    fn ur_49_a_wait_that_took_far_too_long_is_sleep_where_no_clock_stands_still() {
        let before = Clocks { wall: 1_800_000_000_000, awake: 70_000, all: None };
        let after = |wall, awake| {
            in_a_wait(before, Clocks { wall: before.wall + wall, awake: 70_000 + awake, all: None })
        };
        assert_eq!(after(8 * HOUR, 8 * HOUR), [Trigger::Resumed]);
        assert_eq!(after(7 * HOUR, 8 * HOUR), [Trigger::Resumed, Trigger::ClockSet]);
        assert_eq!(after(8 * HOUR, 10_000), [Trigger::Resumed], "and once where the clock does stand still");
        assert_eq!(after(14_000, 14_000), [], "a machine that is busy");
        assert_eq!(after(HOUR, 14_000 + HOUR), [Trigger::Resumed, Trigger::ClockSet]);
    }

    #[test]
    fn clocks_at_the_ends_of_time_overflow_nothing() {
        let at = |clock| Clocks { wall: clock, awake: clock, all: Some(clock) };
        assert_eq!(at(i64::MIN).until(at(i64::MAX)), []);
        assert_eq!(at(i64::MAX).until(Clocks { wall: i64::MIN, ..at(i64::MAX) }), [Trigger::ClockSet]);
    }
}
