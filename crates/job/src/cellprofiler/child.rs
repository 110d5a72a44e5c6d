//! A child process that does not outlive this one.

use std::io::{self, BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Runs the command with both outputs as one, and kills it once standard input ends: with us, whatever ends us.
const GUARD: &str = r#"exec 3<&0
"$@" </dev/null 2>&1 3<&- &
child=$!
( read -r _ <&3; kill -KILL "$child" ) >/dev/null 2>&1 &
watch=$!
wait "$child"
status=$?
kill "$watch" 2>/dev/null
exit "$status""#;

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a status; 128 and more: by a signal.
    Exited(i32),
    /// We were told to stop.
    Stopped,
}

/// Runs a command to its end and gives each line that it prints to `line`. Kills it when `stop` is set.
pub(super) fn follow(
    command: Command,
    tick: Duration,
    stop: &AtomicBool,
    mut line: impl FnMut(&str),
) -> io::Result<End> {
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD, "sh"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guard.env(name, value),
            None => guard.env_remove(name),
        };
    }
    let mut child = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut life = child.stdin.take();
    let output = child.stdout.take().map(BufReader::new);
    let (sender, lines) = channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut output) = output {
                let mut bytes = Vec::new();
                while output.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
                    if sender.send(String::from_utf8_lossy(&bytes).trim_end().to_string()).is_err() {
                        break;
                    }
                    bytes.clear();
                }
            }
        });
        loop {
            match lines.recv_timeout(tick) {
                Ok(text) => line(&text),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if stop.load(Ordering::Relaxed) {
                life = None;
            }
        }
    });
    let stopped = life.is_none();
    let status = child.wait()?;
    Ok(if stopped { End::Stopped } else { End::Exited(code(status)) })
}

fn code(status: ExitStatus) -> i32 {
    status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(255)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    const TICK: Duration = Duration::from_millis(5);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_outputs_and_the_status_come_back() {
        let mut lines = Vec::new();
        let script = "echo out; echo err >&2; exit 7";
        let end = follow(shell(script), TICK, &AtomicBool::new(false), |line| lines.push(line.to_string()));
        assert_eq!((end.unwrap(), lines), (End::Exited(7), vec!["out".to_string(), "err".to_string()]));
        let killed = follow(shell("kill -9 $$"), TICK, &AtomicBool::new(false), |_| {});
        assert_eq!(killed.unwrap(), End::Exited(137));
    }

    #[test]
    fn a_child_is_killed_when_told_to_stop() {
        let (begun, stop) = (Instant::now(), AtomicBool::new(false));
        let end =
            follow(shell("echo begun; exec sleep 60"), TICK, &stop, |_| stop.store(true, Ordering::Relaxed));
        assert_eq!(end.unwrap(), End::Stopped);
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_program_that_is_not_there_ends_with_127() {
        let end = follow(Command::new("/nowhere/cellprofiler"), TICK, &AtomicBool::new(false), |_| {});
        assert_eq!(end.unwrap(), End::Exited(127));
    }
}
