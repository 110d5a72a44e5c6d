use crate::Result;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How calls that failed in passing are made again: after a random wait of up to `first`, then up to twice that, and so on up
/// to `longest` (so that many callers that were throttled together do not come back together).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a call is made at most, the first time included.
    pub attempts: u32,
    /// The longest wait before the second attempt.
    pub first: Duration,
    /// The longest wait before any attempt.
    pub longest: Duration,
}

impl Default for Retry {
    /// Ten attempts within a minute and a half at most.
    fn default() -> Self {
        Self { attempts: 10, first: Duration::from_millis(100), longest: Duration::from_secs(20) }
    }
}

impl Retry {
    /// Never again.
    pub const NEVER: Self = Self { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO };

    /// As often as by default, but at once.
    pub const AT_ONCE: Self = Self { attempts: 10, first: Duration::ZERO, longest: Duration::ZERO };

    pub(crate) fn run<T>(&self, mut call: impl FnMut() -> Result<T>) -> Result<T> {
        let mut attempt = 1;
        loop {
            match call() {
                Err(error) if error.kind.may_pass() && attempt < self.attempts => {
                    std::thread::sleep(self.wait(attempt));
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }

    fn wait(&self, attempt: u32) -> Duration {
        let ceiling = self.first.saturating_mul(1 << (attempt - 1).min(20)).min(self.longest);
        let random = RandomState::new().hash_one(attempt) as f64 / u64::MAX as f64;
        ceiling.mul_f64(random.min(1.0))
    }
}
