//! How far a run is: a bar on a terminal, lines in a log.

use engine::{Failure, Observer, Step, Workspace};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often a log gets a line, at the most.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Shows image sets done, the rate and the time left, and hands on to `inner`.
pub struct Progress<O> {
    bar: Option<ProgressBar>,
    log: Mutex<Log>,
    inner: O,
}

struct Log {
    total: usize,
    done: usize,
    start: Instant,
    last: Option<Instant>,
}

impl<O: Observer> Progress<O> {
    /// Starts showing the progress of `total` image sets.
    pub fn new(total: usize, inner: O) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{bar:30} {pos} of {len} image sets, {per_sec}, {eta} left");
            ProgressBar::new(total as u64).with_style(style.expect("the template is a constant"))
        });
        Self { bar, log: Mutex::new(Log { total, done: 0, start: Instant::now(), last: None }), inner }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

impl Log {
    /// Counts an image set; returns a line when it is time for one.
    fn count(&mut self) -> Option<String> {
        self.done += 1;
        let now = Instant::now();
        if self.done < self.total && self.last.is_some_and(|last| now - last < LOG_EVERY) {
            return None;
        }
        self.last = Some(now);
        let rate = self.done as f64 / (now - self.start).as_secs_f64().max(1e-9);
        let left = (self.total - self.done) as f64 / rate;
        Some(format!("{} of {} image sets, {rate:.2} a second, {left:.0} s left", self.done, self.total))
    }
}

impl<O: Observer> Observer for Progress<O> {
    fn module_ran(&self, step: &Step, workspace: &Workspace<'_>, elapsed: Duration) {
        self.inner.module_ran(step, workspace, elapsed);
    }

    fn image_set_started(&self, number: usize) {
        self.inner.image_set_started(number);
    }

    fn image_set_ended(&self, number: usize, failure: Option<&Failure>) {
        if let Some(failure) = failure {
            self.line(&format!("failed: {failure}"));
        }
        let line = self.log.lock().ok().and_then(|mut log| log.count());
        match (&self.bar, line) {
            (Some(bar), _) => bar.inc(1),
            (None, Some(line)) => eprintln!("{line}"),
            (None, None) => {}
        }
        self.inner.image_set_ended(number, failure);
    }
}
