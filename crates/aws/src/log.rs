//! What workers print on AWS: a line of JSON for each thing that happens, with job, shard, plate, well and site, and the shard's
//! metrics in CloudWatch's embedded format, which CloudWatch Logs finds by itself.

use job::ledger::{Done, FailedAttempt, Spent};
use job::worker::Told;
use serde_json::{Value, json};

/// The namespace of the metrics.
pub const NAMESPACE: &str = "CellPaintingBatch";

/// Keys of metadata that every line has, where the image set has them.
const PLACE: [(&str, &str); 3] = [("plate", "Plate"), ("well", "Well"), ("site", "Site")];

/// Which work a line is of.
#[derive(Clone, Debug)]
pub struct Work {
    /// The job.
    pub job: String,
    /// The round.
    pub round: usize,
    /// The attempt.
    pub attempt: String,
    /// The engine.
    pub engine: String,
    /// What begins the names of the stack, so that two stacks of an account are told apart.
    pub stack: String,
}

impl Work {
    /// Returns the line that says what was told; `time` is in milliseconds since 1970.
    pub fn line(&self, told: Told<'_>, time: u64) -> Value {
        match told {
            Told::ImageSet { shard, image_set, seconds, failure } => {
                let (level, event) = if failure.is_some() { ("error", "failed") } else { ("info", "done") };
                let mut line = self.begin(level, event, Some(shard), time);
                line["image_set"] = json!(image_set.number);
                for (name, key) in PLACE {
                    line[name] = json!(image_set.metadata.get(key));
                }
                line["seconds"] = json!(seconds);
                if let Some(failure) = failure {
                    line["class"] = json!(failure.class);
                    line["module_number"] = json!(failure.module_number);
                    line["module"] = json!(failure.module);
                    line["message"] = json!(failure.message);
                }
                line
            }
            Told::Done(done) => self.metrics(done, time),
            Told::Failed(FailedAttempt { shard, class, image_set, module, message, .. }) => {
                let mut line = self.begin("error", "shard failed", Some(*shard), time);
                line["class"] = json!(class);
                line["image_set"] = json!(image_set);
                line["module"] = json!(module);
                line["message"] = json!(message);
                line
            }
        }
    }

    /// Returns a line in words.
    pub fn words(&self, level: &str, shard: Option<usize>, message: &str, time: u64) -> Value {
        let mut line = self.begin(level, "worker", shard, time);
        line["message"] = json!(message);
        line
    }

    fn begin(&self, level: &str, event: &str, shard: Option<usize>, time: u64) -> Value {
        json!({"time": time, "level": level, "event": event, "job": self.job, "round": self.round, "shard": shard,
            "attempt": self.attempt, "plate": null, "well": null, "site": null})
    }

    /// Returns the line of a shard that is done. Its numbers are metrics by stack and engine: a dimension for each job
    /// would be a metric to pay for each.
    fn metrics(&self, done: &Done, time: u64) -> Value {
        let Spent { seconds, peak_memory, processors, reads, writes, .. } = done.spent;
        let computed = done.computed as f64;
        let cpu: f64 = done.cpu_seconds.values().sum();
        let mut line = self.begin("info", "shard done", Some(done.shard), time);
        let metric = |name: &str, unit: &str| json!({"Name": name, "Unit": unit});
        line["_aws"] = json!({"Timestamp": time, "CloudWatchMetrics": [{
            "Namespace": NAMESPACE, "Dimensions": [["Stack", "Engine"]],
            "Metrics": [metric("ImageSets", "Count"), metric("FailedImageSets", "Count"),
                metric("ImageSetsPerSecond", "Count/Second"), metric("CpuSecondsPerImageSet", "Seconds"),
                metric("PeakMemory", "Bytes")]}]});
        line["Stack"] = json!(self.stack);
        line["Engine"] = json!(self.engine);
        line["ImageSets"] = json!(done.computed);
        line["FailedImageSets"] = json!(done.failures.len());
        // A shard that an earlier attempt had finished has no rate.
        if done.computed > 0 && seconds > 0.0 {
            line["ImageSetsPerSecond"] = json!(computed / seconds);
            line["CpuSecondsPerImageSet"] = json!(cpu / computed);
        }
        line["PeakMemory"] = json!(peak_memory);
        line["seconds"] = json!(seconds);
        line["processors"] = json!(processors);
        line["reads"] = json!(reads);
        line["writes"] = json!(writes);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageset::ImageSet;

    fn work() -> Work {
        Work {
            job: "0123".into(),
            round: 1,
            attempt: "a".into(),
            engine: "native".into(),
            stack: "cpb".into(),
        }
    }

    #[test]
    fn a_line_of_an_image_set_says_where_it_is_from() {
        let metadata = [("Plate", "P1"), ("Well", "B02"), ("Site", "3")].map(|(k, v)| (k.into(), v.into()));
        let image_set = ImageSet { number: 7, metadata: metadata.into(), ..ImageSet::default() };
        let told = Told::ImageSet { shard: 2, image_set: &image_set, seconds: 1.5, failure: None };
        let line = work().line(told, 1000);
        for (name, value) in [("job", "0123"), ("plate", "P1"), ("well", "B02"), ("site", "3")] {
            assert_eq!(line[name], value);
        }
        assert_eq!((&line["shard"], &line["image_set"], &line["time"]), (&json!(2), &json!(7), &json!(1000)));
    }

    #[test]
    fn metrics_are_as_the_embedded_format_asks() {
        let done = json!({"shard": 2, "attempt": "a", "round": 1, "parts": [], "files": [], "failures": [], "computed": 4,
            "cpu_seconds": {"A": 6.0, "B": 2.0}, "machine": "", "spent": {"seconds": 8.0, "peak_memory": 5_000_000}});
        let done: Done = serde_json::from_value(done).expect("a commit");
        let line = work().line(Told::Done(&done), 1000);
        assert_eq!(line["ImageSetsPerSecond"], 0.5);
        assert_eq!(line["CpuSecondsPerImageSet"], 2.0);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], 1000);
        // Whatever the directive names must be a member of the line: text for dimensions, numbers for metrics.
        for dimension in directive["Dimensions"][0].as_array().expect("dimensions") {
            assert!(line[dimension.as_str().expect("a name")].is_string(), "{dimension}");
        }
        for metric in directive["Metrics"].as_array().expect("metrics") {
            assert!(line[metric["Name"].as_str().expect("a name")].is_number(), "{metric}");
        }
    }
}
