//! The local executor: a process a task, so that a worker that dies takes nothing with it.

use crate::drive::{RunTask, TaskEnd};
use crate::ledger::Ledger;
use crate::{Address, Class};
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How much of a worker's output is kept.
const LOG: usize = 256 << 10;

/// Runs each task in a process of its own.
pub struct LocalProcesses<'a> {
    /// The program, `cpb`.
    pub program: PathBuf,
    /// Where the job's results go.
    pub output: Address,
    /// The job's ledger: logs go there.
    pub ledger: &'a Ledger,
    /// How many image sets run at once. After a death fewer do: memory may have been short.
    pub threads: NonZeroUsize,
    /// Set from outside to stop: the worker drains.
    pub stop: &'a AtomicBool,
}

impl RunTask for LocalProcesses<'_> {
    fn run(&self, round: usize, index: usize, attempt: usize) -> TaskEnd {
        let threads = (self.threads.get() >> (attempt - 1).min(16)).max(1);
        let job = self.output.join(".cpb").join(self.ledger.job().as_str());
        let started = Command::new(&self.program)
            .args(["worker", "--job", job.as_str()])
            .args(["--round", &round.to_string(), "--shard", &index.to_string(), "-j", &threads.to_string()])
            // Who dies again keeps each image set at once: then it is known which one it dies of.
            .args(["--flush", if attempt == 1 { "30" } else { "0" }])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let died = |error: io::Error| TaskEnd::Died {
            class: Class::Internal,
            message: format!("`{}` cannot be started: {error}", self.program.display()),
        };
        match started.and_then(|child| self.wait(child)) {
            Err(error) => died(error),
            Ok((status, log)) => {
                // A log that cannot be kept is no reason to fail.
                let _ = self.ledger.keep_log(round, index, attempt, &log);
                end_of(status, &log)
            }
        }
    }
}

impl LocalProcesses<'_> {
    /// Waits for a worker, hands its output on and keeps the end of it. Tells it to drain when it is to stop.
    fn wait(&self, mut child: Child) -> io::Result<(ExitStatus, Vec<u8>)> {
        let output = child.stderr.take();
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || output.map(keep_end).unwrap_or_default());
            let mut told = false;
            let status = loop {
                if let Some(status) = child.try_wait()? {
                    break status;
                }
                if self.stop.load(Ordering::Relaxed) && !told {
                    told = true;
                    let pid = rustix::process::Pid::from_child(&child);
                    rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
                }
                std::thread::sleep(Duration::from_millis(20));
            };
            Ok((status, reader.join().unwrap_or_default()))
        })
    }
}

/// Reads to the end, hands on to standard error, and returns the last of it.
fn keep_end(mut output: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = output.read(&mut buffer) {
        if count == 0 {
            break;
        }
        let _ = io::stderr().write_all(&buffer[..count]);
        kept.extend_from_slice(&buffer[..count]);
        if kept.len() > 2 * LOG {
            kept.drain(..kept.len() - LOG);
        }
    }
    kept
}

fn end_of(status: ExitStatus, log: &[u8]) -> TaskEnd {
    use std::os::unix::process::ExitStatusExt;
    let last = String::from_utf8_lossy(log);
    let last = last.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no word").to_string();
    let class = match (status.code(), status.signal()) {
        (Some(0), _) => return TaskEnd::Recorded,
        (Some(10), _) => Class::Input,
        (Some(11), _) => Class::Memory,
        (Some(12), _) => Class::Interrupted,
        // Nobody here kills a worker: the system does when memory runs out.
        (None, Some(9)) => Class::Memory,
        _ => Class::Internal,
    };
    TaskEnd::Died { class, message: format!("{status}: {last}") }
}
