use crate::Places;
use crate::ledger::Spent;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use storage::Requests;

/// Measures what an attempt takes of what has a price.
pub(crate) struct Meter<'a> {
    places: &'a Places,
    begun: Instant,
    before: Requests,
}

impl<'a> Meter<'a> {
    /// Starts to measure.
    pub fn start(places: &'a Places) -> Self {
        Self { places, begun: Instant::now(), before: places.requests() }
    }

    /// Returns what was taken since; the commit that holds it is one request more.
    pub fn spent(&self, processors: usize, mounted: bool) -> Spent {
        let now = self.places.requests();
        Spent {
            seconds: self.begun.elapsed().as_secs_f64(),
            processors,
            peak_memory: peak_memory(),
            reads: now.reads - self.before.reads,
            writes: now.writes - self.before.writes + 1,
            mounted,
            ended: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
        }
    }
}

/// Returns the most memory that this process had, in bytes; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
