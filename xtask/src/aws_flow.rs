//! From a message in SQS to results in S3, as the sample's manual has it: its `aws` commands, our stacks and containers.

use crate::lab::Lab;
use crate::shell;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The command line that the manual uses.
const AWSCLI: &str = "awscli==1.45.11";

/// The most that the container image may have.
const IMAGE_LIMIT: u64 = 60 << 20;

/// How many image sets the job has whose child loses its host.
const SITES: usize = 200;

const BUCKET: &str = "cpb-ba-data-cp-123456789012-us-east-1";

/// What a test of the flow works with.
struct Flow<'a> {
    lab: &'a Lab,
    cpb: PathBuf,
    aws: PathBuf,
    work: &'a Path,
}

/// Runs the whole flow in a lab.
///
/// # Errors
/// What is not as it should be.
pub fn run(lab: &Lab, cpb: &Path) -> Result<()> {
    // Pipelines leave out images in folders whose names begin with a dot, as `tempdir` names them.
    let work = tempfile::Builder::new().prefix("cpb-").tempdir()?;
    let flow = Flow { lab, cpb: cpb.to_path_buf(), aws: awscli()?, work: work.path() };
    let image = flow.image()?;
    flow.cpb(&["deploy", "network"])?;
    flow.cpb(&["deploy", "batch", "--image", &image])?;
    let again = flow.cpb(&["diff", "network"])?;
    ensure!(again.contains("nothing changes"), "a stack that is deployed differs from itself:\n{again}");
    flow.upload()?;
    let golden = Flow::golden();
    let local =
        flow.local(&golden.join("one-object-set/pipeline.cppipe"), &golden.join("images"), "local")?;
    let queue = flow.output("SQSQueueURL")?;
    // The manual's messages: one, several, several with memory and processors of their own; and one that is cut finely.
    flow.send(&queue, &flow.message("output0/", json!({})))?;
    flow.send(&queue, &json!([flow.message("output1/", json!({})), flow.message("output2", json!({}))]))?;
    let sized =
        |output: &str, vcpu: &str| flow.message(output, json!({"job_memory": "1024", "job_vcpu": vcpu}));
    flow.send(&queue, &json!([sized("output3/", "2"), sized("output4/", "1")]))?;
    let fine = flow.message("output5/", json!({"shard_size": 1, "job_memory": 512}));
    flow.send(&queue, &fine)?;
    flow.send(&queue, &fine)?;
    for output in ["output0", "output1", "output2", "output3", "output4", "output5"] {
        flow.wait(output)?;
        flow.compare(output, &local)?;
    }
    flow.arrays_are_placed_once()?;
    flow.redrive()?;
    flow.lost_host(&queue)?;
    flow.planning_job(&queue, &local)?;
    flow.tick()?;
    flow.lab.script("audit.py", &["docs/AWS.md"])?;
    flow.cpb(&["destroy", "batch", "--yes", "--empty-bucket"])?;
    flow.cpb(&["destroy", "network", "--yes"])?;
    flow.nothing_is_left()
}

/// Builds the command line as the image needs it: with all that it calls inside.
///
/// # Errors
/// When it does not build.
pub fn static_cpb() -> Result<PathBuf> {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    let mut build = Command::new("cargo");
    build.args(["build", "--package", "cpb", "--features", "cpb/aws", "--target", TARGET]);
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    build.current_dir(shell::root()).env("RUSTFLAGS", format!("{flags} -C target-feature=+crt-static"));
    shell::check(&mut build, "cargo build")?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from);
    Ok(shell::root().join(target).join(TARGET).join("debug/cpb"))
}

fn awscli() -> Result<PathBuf> {
    let venv = shell::root().join("target/awscli");
    let aws = venv.join("bin/aws");
    if !aws.is_file() {
        shell::check(Command::new("python3").args(["-m", "venv"]).arg(&venv), "python3 -m venv")?;
        let mut pip = Command::new(venv.join("bin/pip"));
        shell::check(pip.args(["install", "-q", "--disable-pip-version-check", AWSCLI]), "pip install")?;
    }
    Ok(aws)
}

impl Flow<'_> {
    fn cpb(&self, arguments: &[&str]) -> Result<String> {
        eprintln!("$ cpb {}", arguments.join(" "));
        let mut cpb = self.lab.command(&self.cpb.to_string_lossy());
        shell::output(cpb.args(arguments).current_dir(self.work), "cpb")
    }

    fn aws(&self, arguments: &[&str]) -> Result<String> {
        let mut aws = self.lab.command(&self.aws.to_string_lossy());
        if arguments[0] == "sqs" {
            // This version of the command line takes SQS's address from nowhere else.
            let endpoint = self.lab.variable("AWS_ENDPOINT_URL").context("the lab has no address")?;
            aws.args(["--endpoint-url", endpoint]);
        }
        shell::output(aws.args(arguments), "aws")
    }

    /// Makes the image twice, compares, loads it where Batch finds it; returns its name.
    fn image(&self) -> Result<String> {
        let registry = self.lab.variable("AWS_LAB_REGISTRY").context("the lab has no registry")?;
        let name = format!("{registry}/cpb-ba-native:test");
        let archive = self.work.join("cpb.tar");
        let file = archive.to_string_lossy().into_owned();
        let build = || self.cpb(&["image", "build", "--archive", &file, "--name", &name]);
        ensure!(build()? == build()?, "the same binary made two images");
        let size = fs::metadata(&archive)?.len();
        println!("container image: {} MB", size / 1_000_000);
        ensure!(size < IMAGE_LIMIT, "the image has {size} bytes");
        shell::check(self.lab.command("podman").args(["load", "-q", "-i", &file]), "podman load")?;
        Ok(name)
    }

    fn output(&self, export: &str) -> Result<String> {
        let query = format!("Stacks[0].Outputs[?ExportName=='{export}'].OutputValue");
        let stack = ["--stack-name", "batch-cpb", "--query", &query, "--output", "text"];
        self.aws(&[&["cloudformation", "describe-stacks"][..], &stack[..]].concat())
    }

    /// A message that cannot be planned is shown with its reason, and once mended it is sent again.
    fn redrive(&self) -> Result<()> {
        let letters = || self.cpb(&["failed", "--dead-letters", "--json", "--bucket", BUCKET]);
        let message = json!({"pipeline": "examples/none.cppipe", "input": "examples/images/", "output": "examples/redriven/"});
        self.lab.script("dead_letter.py", &["cpb-ba-sqs", &message.to_string()])?;
        let rejected = letters()?;
        ensure!(
            rejected.contains("none.cppipe"),
            "a message that cannot be planned is not shown:\n{rejected}"
        );
        let pipeline = Self::golden().join("one-object-set/pipeline.cppipe");
        let to = format!("s3://{BUCKET}/examples/none.cppipe");
        self.aws(&["s3", "cp", "--quiet", &pipeline.to_string_lossy(), &to])?;
        self.cpb(&["redrive", "--bucket", BUCKET])?;
        self.wait("redriven")?;
        let rejected = letters()?;
        ensure!(
            !rejected.contains("none.cppipe"),
            "a message that was redriven is still rejected:\n{rejected}"
        );
        println!("a dead letter was shown, mended, sent again, and done");
        Ok(())
    }

    /// Takes the host away from a child that runs: Batch starts it again, and nothing is lost.
    fn lost_host(&self, queue: &str) -> Result<()> {
        let (pipeline, images) = self.many_sites()?;
        let to = format!("s3://{BUCKET}/examples/many/");
        let from = images.with_file_name("");
        self.aws(&["s3", "cp", "--quiet", "--recursive", &from.to_string_lossy(), &to])?;
        let local = self.local(&pipeline, &images, "local-many")?;
        let message = json!({"pipeline": "examples/many/pipeline.cppipe", "input": "examples/many/images/",
            "output": "examples/lost-host/", "shard_size": SITES / 2, "job_vcpu": 1});
        self.send(queue, &message)?;
        self.lab.script("lose_host.py", &["cpb-ba-queue"])?;
        self.wait("lost-host")?;
        self.compare("lost-host", &local)?;
        println!("a running child lost its host: Batch started it once more");
        Ok(())
    }

    /// Makes a plate that a worker is busy with for some seconds; returns its pipeline and its images.
    fn many_sites(&self) -> Result<(PathBuf, PathBuf)> {
        let folder = self.work.join("many");
        let images = folder.join("images");
        fs::create_dir_all(&images)?;
        for site in 1..=SITES {
            for channel in ["DNA", "Cell"] {
                let one_of_two = format!("images/site{}_{channel}.tif", 1 + site % 2);
                fs::copy(Self::golden().join(one_of_two), images.join(format!("site{site}_{channel}.tif")))?;
            }
        }
        let pipeline = fs::read_to_string(Self::golden().join("one-object-set/pipeline.cppipe"))?;
        let (one_digit, digits) = ("(?P<Site>[0-9])", "(?P<Site>[0-9]+)");
        ensure!(pipeline.contains(one_digit), "the pipeline names its sites otherwise");
        let file = folder.join("pipeline.cppipe");
        fs::write(&file, pipeline.replace(one_digit, digits))?;
        Ok((file, images))
    }

    /// Lets the dispatcher find a job too large to plan: a job of Batch plans it, the clock's event places it.
    fn planning_job(&self, queue: &str, local: &Path) -> Result<()> {
        self.lab.script("plan_files.py", &["cpb-ba-dispatcher", "3"])?;
        self.send(queue, &self.message("planned", json!({"shard_size": 1})))?;
        self.lab.script("await_planning.py", &["cpb-ba-queue", BUCKET])?;
        self.tick()?;
        self.wait("planned")?;
        self.compare("planned", local)?;
        self.lab.script("plan_files.py", &["cpb-ba-dispatcher", "200000"])
    }

    /// Sends what the clock sends, and waits until no job is open.
    fn tick(&self) -> Result<()> {
        self.lab.script("tick.py", &["cpb-ba-events", BUCKET])
    }

    fn golden() -> PathBuf {
        shell::root().join("crates/conformance/golden")
    }

    fn upload(&self) -> Result<()> {
        let bucket = self.output("BucketName")?;
        ensure!(bucket == BUCKET, "the bucket is `{bucket}`");
        let (images, pipeline) =
            (Self::golden().join("images"), Self::golden().join("one-object-set/pipeline.cppipe"));
        let to = |key: &str| format!("s3://{bucket}/examples/{key}");
        self.aws(&["s3", "cp", "--quiet", "--recursive", &images.to_string_lossy(), &to("images/")])?;
        self.aws(&["s3", "cp", "--quiet", &pipeline.to_string_lossy(), &to("pipeline.cppipe")]).map(|_| ())
    }

    /// Runs the same on this machine, as a job; returns the folder of the results.
    fn local(&self, pipeline: &Path, images: &Path, output: &str) -> Result<PathBuf> {
        let output = self.work.join(output);
        let message = json!({"pipeline": pipeline, "input": images, "output": output});
        self.cpb(&["submit", "--wait", &message.to_string()])?;
        // It names the job and its places, which are others.
        fs::remove_file(output.join("provenance.json"))?;
        Ok(output)
    }

    fn message(&self, output: &str, more: Value) -> Value {
        let mut message = json!({"pipeline": "examples/pipeline.cppipe", "input": "examples/images/",
            "output": format!("examples/{output}")});
        if let (Value::Object(message), Value::Object(more)) = (&mut message, more) {
            message.extend(more);
        }
        message
    }

    fn send(&self, queue: &str, body: &Value) -> Result<()> {
        let body = body.to_string();
        self.aws(&["sqs", "send-message", "--queue-url", queue, "--message-body", &body]).map(|_| ())
    }

    fn wait(&self, output: &str) -> Result<()> {
        let begun = Instant::now();
        let place = format!("examples/{output}");
        loop {
            let mut cpb = self.lab.command(&self.cpb.to_string_lossy());
            cpb.args(["status", "--json", "--bucket", BUCKET, &place]);
            // Until the dispatcher has planned it there is no such job.
            let said = shell::output(&mut cpb, "cpb").unwrap_or_default();
            let status: Value = serde_json::from_str(&said).unwrap_or_default();
            match status["state"].as_str() {
                Some("done") => return Ok(()),
                Some("partial" | "failed" | "cancelled") => bail!("{output}: {said}"),
                _ if begun.elapsed() > Duration::from_secs(180) => bail!("{output} is not done: {said}"),
                _ => std::thread::sleep(Duration::from_millis(500)),
            }
        }
    }

    fn compare(&self, output: &str, local: &Path) -> Result<()> {
        let got = self.work.join(output);
        let from = format!("s3://{BUCKET}/examples/{output}/");
        let to = got.to_string_lossy().into_owned();
        self.aws(&[
            "s3",
            "cp",
            "--quiet",
            "--recursive",
            "--exclude",
            ".cpb/*",
            "--exclude",
            "provenance.json",
            &from,
            &to,
        ])?;
        let found = conformance::compare(local, &got, None)?;
        let (values, equal) = found.totals();
        println!("{output}: {equal} of {values} values equal to a run on this machine");
        ensure!(found.wrong.is_empty(), "{output}: {}", found.wrong.join("\n"));
        ensure!(values > 0 && values == equal, "{output}: {equal} of {values} values are equal");
        Ok(())
    }

    /// The message that came twice must have made one array job.
    fn arrays_are_placed_once(&self) -> Result<()> {
        self.lab.python(
            "
import boto3, collections
queue = 'cpb-ba-queue'
batch = boto3.client('batch')
jobs = [job for status in ('SUCCEEDED', 'FAILED', 'RUNNING', 'RUNNABLE', 'PENDING')
        for job in batch.list_jobs(jobQueue=queue, jobStatus=status)['jobSummaryList']]
names = collections.Counter({job['jobId']: job['jobName'] for job in jobs if ':' not in job['jobId']}.values())
assert names and max(names.values()) == 1, names
assert all(job['status'] == 'SUCCEEDED' for job in jobs), jobs
print(len(names), 'jobs of Batch, none twice, all succeeded')
",
        )
    }

    fn nothing_is_left(&self) -> Result<()> {
        self.lab.python(
            "
import boto3
left = {
    'stacks': [s['StackName'] for s in boto3.client('cloudformation').describe_stacks()['Stacks']],
    'buckets': [b['Name'] for b in boto3.client('s3').list_buckets()['Buckets'] if b['Name'].startswith('cpb-ba-')],
    'queues': [q for q in boto3.client('sqs').list_queues().get('QueueUrls', []) if '/cpb-ba-' in q],
    'functions': [f['FunctionName'] for f in boto3.client('lambda').list_functions()['Functions']],
    'repositories': [r['repositoryName'] for r in boto3.client('ecr').describe_repositories()['repositories']],
    'environments': [c['computeEnvironmentName'] for c in boto3.client('batch').describe_compute_environments()['computeEnvironments']],
    'queues of jobs': [q['jobQueueName'] for q in boto3.client('batch').describe_job_queues()['jobQueues']],
    'topics': boto3.client('sns').list_topics()['Topics'],
    'alarms': boto3.client('cloudwatch').describe_alarms()['MetricAlarms'],
}
assert not any(left.values()), left
print('nothing is left')
",
        )
    }
}
