use crate::JobId;

/// The keys of a job's files below `<output>/.cpb`.
#[derive(Clone, Debug)]
pub struct Keys {
    job: String,
}

impl Keys {
    /// The job that owns the output.
    pub const CURRENT: &'static str = "current.json";

    pub fn new(job: &JobId) -> Self {
        Self { job: job.to_string() }
    }

    pub fn folder(&self) -> String {
        self.job.clone()
    }

    pub fn message(&self) -> String {
        format!("{}/message.json", self.job)
    }

    pub fn pipeline(&self) -> String {
        format!("{}/pipeline.cppipe", self.job)
    }

    pub fn plan(&self) -> String {
        format!("{}/plan.json", self.job)
    }

    pub fn image_sets(&self) -> String {
        format!("{}/image_sets.jsonl.gz", self.job)
    }

    pub fn cancelled(&self) -> String {
        format!("{}/cancelled.json", self.job)
    }

    pub fn round(&self, round: usize) -> String {
        format!("{}/rounds/{round}.json", self.job)
    }

    pub fn merged(&self, round: usize) -> String {
        format!("{}/merged/{round}.json", self.job)
    }

    pub fn shard(&self, shard: usize) -> String {
        format!("{}/shards/{shard}", self.job)
    }

    pub fn done(&self, shard: usize) -> String {
        format!("{}/done.json", self.shard(shard))
    }

    pub fn heartbeat(&self, shard: usize) -> String {
        format!("{}/heartbeat.json", self.shard(shard))
    }

    pub fn logs(&self) -> String {
        format!("{}/logs", self.job)
    }

    pub fn log(&self, round: usize, index: usize, attempt: usize) -> String {
        format!("{}/round-{round}/task-{index}/attempt-{attempt}.log", self.logs())
    }

    pub fn failed(&self, shard: usize, attempt: &str) -> String {
        format!("{}/failed/{attempt}.json", self.shard(shard))
    }

    pub fn timed_out(&self, shard: usize, image_set: usize) -> String {
        format!("{}/timed_out/{image_set}.json", self.shard(shard))
    }

    /// A part of the image sets at `from..to` of the shard's list.
    pub fn part(&self, shard: usize, attempt: &str, from: usize, to: usize) -> String {
        format!("{}/attempts/{attempt}/{from:06}-{to:06}.part", self.shard(shard))
    }
}

/// What a key below the job's folder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    Plan,
    Cancelled,
    Round(usize),
    Merged(usize),
    Done(usize),
    Heartbeat(usize),
    Failed(usize),
    TimedOut(usize, usize),
    Part { shard: usize, from: usize, to: usize },
    Other,
}

impl Known {
    /// Reads a key that begins after the job's folder.
    pub fn read(key: &str) -> Self {
        let number = |text: &str| text.strip_suffix(".json").and_then(|t| t.parse().ok());
        let parts: Vec<&str> = key.split('/').collect();
        let known = match parts.as_slice() {
            ["plan.json"] => Some(Self::Plan),
            ["cancelled.json"] => Some(Self::Cancelled),
            ["rounds", round] => number(round).map(Self::Round),
            ["merged", round] => number(round).map(Self::Merged),
            ["shards", shard, rest @ ..] => shard.parse().ok().and_then(|shard| match rest {
                ["done.json"] => Some(Self::Done(shard)),
                ["heartbeat.json"] => Some(Self::Heartbeat(shard)),
                ["failed", _] => Some(Self::Failed(shard)),
                ["timed_out", set] => number(set).map(|set| Self::TimedOut(shard, set)),
                ["attempts", _, part] => {
                    let (from, to) = part.strip_suffix(".part")?.split_once('-')?;
                    Some(Self::Part { shard, from: from.parse().ok()?, to: to.parse().ok()? })
                }
                _ => None,
            }),
            _ => None,
        };
        known.unwrap_or(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_known_again() {
        let keys = Keys { job: "j".into() };
        let known = |key: String| Known::read(&key["j/".len()..]);
        assert_eq!(known(keys.plan()), Known::Plan);
        assert_eq!(known(keys.cancelled()), Known::Cancelled);
        assert_eq!(known(keys.round(3)), Known::Round(3));
        assert_eq!(known(keys.merged(2)), Known::Merged(2));
        assert_eq!(known(keys.done(12)), Known::Done(12));
        assert_eq!(known(keys.heartbeat(1)), Known::Heartbeat(1));
        assert_eq!(known(keys.failed(1, "a")), Known::Failed(1));
        assert_eq!(known(keys.timed_out(1, 7)), Known::TimedOut(1, 7));
        assert_eq!(known(keys.part(1, "a", 0, 16)), Known::Part { shard: 1, from: 0, to: 16 });
        assert_eq!(known(keys.message()), Known::Other);
    }
}
