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

    pub fn images(&self) -> String {
        format!("{}/images.csv", self.job)
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

    pub fn left_out(&self, shard: usize, image_set: usize) -> String {
        format!("{}/left_out/{image_set}.json", self.shard(shard))
    }

    /// A part of the image sets at `from..to` of the shard's list, of which some failed: a listing tells how a shard stands.
    pub fn part(&self, shard: usize, attempt: &str, range: PartRange) -> String {
        let PartRange { from, to, failed } = range;
        format!("{}/attempts/{attempt}/{from:06}-{to:06}-{failed}.part", self.shard(shard))
    }
}

/// What a part holds: the image sets at these places of the shard's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartRange {
    /// From this place …
    pub from: usize,
    /// … up to, but not with, this one.
    pub to: usize,
    /// How many of them failed.
    pub failed: usize,
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
    LeftOut(usize, usize),
    Part(usize, PartRange),
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
                ["left_out", set] => number(set).map(|set| Self::LeftOut(shard, set)),
                ["attempts", _, part] => {
                    let mut numbers =
                        part.strip_suffix(".part")?.split('-').map(|number| number.parse().ok());
                    let (from, to, failed) = (numbers.next()??, numbers.next()??, numbers.next()??);
                    Some(Self::Part(shard, PartRange { from, to, failed }))
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
        assert_eq!(known(keys.left_out(1, 7)), Known::LeftOut(1, 7));
        let range = PartRange { from: 0, to: 16, failed: 2 };
        assert_eq!(known(keys.part(1, "a", range)), Known::Part(1, range));
        assert_eq!(known(keys.message()), Known::Other);
    }
}
