//! What may go wrong on AWS, at every call: dispatchers killed, answers lost, two at once; children that die; events late,
//! twice or never. The end must be that of an undisturbed run, and is counted.

mod emulator;
mod lambda;
mod operator;
mod proxy;
mod recorded_batch;
mod scene;

use crate::lab::Lab;
use crate::shell;
use anyhow::{Context, Result, ensure};
use emulator::Emulator;
use proxy::Fault;
use recorded_batch::{BatchJob, Ended};
use scene::{End, Scene, Stage};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// How many scenes run at once.
const AT_ONCE: usize = 3;

/// Faults of later moments: killed before a call is killed after the one before, and services refuse the same everywhere.
const LATER: [Fault; 4] = [Fault::KillAfter, Fault::Throttle, Fault::LoseAnswer, Fault::Hold];

/// A moment in the life of a job at which a dispatcher is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The message came.
    Message,
    /// The array ended, a child of it out of memory.
    OutOfMemory,
    /// The merge failed.
    MergeFailed,
    /// The message came, of a job too large to plan.
    Planning,
    /// The job that planned it has ended.
    Planned,
}

/// Lets things go wrong, and looks at the ends.
///
/// # Errors
/// What came out otherwise.
pub fn run(lab: &Lab) -> Result<()> {
    shell::run("cargo", &["build", "--package", "cpb", "--features", "cpb/aws"])?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from);
    let cpb = &shell::root().join(target).join("debug/cpb");
    let work = tempfile::tempdir()?;
    let expected = work.path().join("expected");
    let golden = shell::root().join("crates/conformance/golden");
    let mut here = Command::new(cpb);
    here.arg("run").arg("-p").arg(golden.join("one-object-set/pipeline.cppipe"));
    shell::check(here.arg("-i").arg(golden.join("images")).arg("-o").arg(&expected), "cpb run")?;
    let emulator = Emulator::at(lab.variable("AWS_ENDPOINT_URL").context("the lab has no address")?);
    let topic = emulator.create_topic("faults")?;
    let (expected, work) = (expected.as_path(), work.path());
    let stage = Stage { lab, cpb, emulator, topic, expected, work, plan_files: None };
    every_call_of("Cancel", &operator::KINDS, &|scene, fault| operator::cancel(&stage, scene, fault))?;
    every_call_of("Retry", &operator::KINDS, &|scene, fault| operator::retry(&stage, scene, fault))?;
    every_call_of("Redrive", &operator::KINDS, &|scene, fault| operator::redrive(&stage, scene, fault))?;
    every_call(&stage, Moment::Message, &Fault::ALL)?;
    every_call(&stage, Moment::OutOfMemory, &LATER)?;
    every_call(&stage, Moment::MergeFailed, &LATER)?;
    a_poisoned_message_among_ten(&stage)?;
    events_late_twice_and_never(&stage)?;
    merges_that_always_fail(&stage)?;
    planning(&stage)?;
    stage.emulator.delete_topic(&stage.topic)
}

/// Lets every fault happen to every call that a dispatcher makes at a moment.
fn every_call(stage: &Stage<'_>, moment: Moment, kinds: &[Fault]) -> Result<()> {
    every_call_of(&format!("{moment:?}"), kinds, &|scene, fault| one(stage, scene, moment, fault))
}

/// Plays a scene without a fault and then with every fault at every one of the calls it returned.
fn every_call_of(
    title: &str,
    kinds: &[Fault],
    play: &(dyn Fn(&str, Option<(usize, Fault)>) -> Result<(Vec<String>, End)> + Sync),
) -> Result<()> {
    let begun = Instant::now();
    let name = title.to_lowercase();
    let (calls, clean) = play(&format!("{name}-clean"), None)?;
    ensure!(clean.twice == 0, "{name}: without a fault a job of Batch is submitted twice");
    let faults: Vec<(usize, Fault)> =
        (1..=calls.len()).flat_map(|k| kinds.iter().map(move |fault| (k, *fault))).collect();
    let next = AtomicUsize::new(0);
    let ends: Mutex<Vec<Result<(Fault, End)>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(&(k, fault)) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let scene = format!("{name}-{k}-{}", format!("{fault:?}").to_lowercase());
                    let end = play(&scene, Some((k, fault)));
                    let end =
                        end.with_context(|| format!("{title}, {fault:?} at call {k}, {}", calls[k - 1]));
                    if let Ok(mut ends) = ends.lock() {
                        ends.push(end.map(|(_, end)| (fault, end)));
                    }
                }
            });
        }
    });
    let ends = ends.into_inner().unwrap_or_default();
    let wrong: Vec<String> =
        ends.iter().filter_map(|end| Some(format!("{:?}", end.as_ref().err()?))).collect();
    ensure!(wrong.is_empty(), "{} of {} ends are wrong:\n{}", wrong.len(), faults.len(), wrong.join("\n\n"));
    let twice: usize = ends.iter().flatten().map(|(_, end)| end.twice).sum();
    println!(
        "{title}: {} faults at {} calls ({}), all ends right, {} values each; {twice} jobs of Batch submitted twice, none computed twice; {:.0} s",
        faults.len(),
        calls.len(),
        kinds.iter().map(|fault| format!("{fault:?}")).collect::<Vec<_>>().join(", "),
        clean.values,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Brings a job to its end, with a fault at one call at a moment; returns the dispatcher's calls at that moment.
fn one(
    stage: &Stage<'_>,
    name: &str,
    moment: Moment,
    fault: Option<(usize, Fault)>,
) -> Result<(Vec<String>, End)> {
    let scene = Scene::new(stage, name)?;
    // What is to go wrong with Batch goes wrong once.
    let trouble = |job: &BatchJob, index: usize| match moment {
        Moment::OutOfMemory if job.name.contains("-1-0-0") && index == 1 => {
            Some(Ended::Badly("OutOfMemoryError: Container killed due to memory usage".into(), Some(137)))
        }
        Moment::MergeFailed if job.name.ends_with("-1-0-merge") => {
            Some(Ended::Badly("Host EC2 (instance i-0) terminated.".into(), None))
        }
        _ => None,
    };
    let event: Value = match moment {
        Moment::Message | Moment::Planning => Scene::message(),
        Moment::OutOfMemory | Moment::MergeFailed | Moment::Planned => {
            scene.deliver(&Scene::message())?;
            let events = scene.run_batch(&mut { trouble })?;
            events.last().cloned().context("nothing ended")?
        }
    };
    let mut meanwhile = || {
        scene.deliver(&event)?;
        if matches!(fault, Some((_, Fault::HoldLong))) { scene.finish(&mut { trouble }) } else { Ok(()) }
    };
    let (taken, calls) = scene.deliver_once(&event, fault, &mut meanwhile)?;
    scene.nothing_is_called_done_that_is_not()?;
    if !taken {
        scene.deliver(&event)?;
    }
    scene.finish(&mut { trouble })?;
    // The clock, too, must find nothing to do.
    scene.deliver(&Scene::tick())?;
    scene.finish(&mut { trouble })?;
    Ok((calls, scene.end()?))
}

/// Ten good messages and a bad one in one batch of SQS: the bad one alone comes back, its reason is there, ten jobs end.
fn a_poisoned_message_among_ten(stage: &Stage<'_>) -> Result<()> {
    let scene = Scene::new(stage, "poisoned")?;
    let mut bodies: Vec<Value> = (0..10).map(|i| Scene::message_to(&format!("out{i}/"))).collect();
    bodies.insert(4, json!({"pipeline": "none.cppipe", "input": "images/", "output": "out/"}));
    let failures = scene.deliver_batch(&bodies)?;
    ensure!(failures == ["m4"], "delivered again: {failures:?}\n{}", scene.log());
    let rejected = scene.rejected()?;
    let reason = rejected.first().and_then(|one| one["reason"].as_str()).unwrap_or_default();
    ensure!(rejected.len() == 1 && reason.contains("none.cppipe"), "rejected: {rejected:?}");
    scene.finish(&mut |_, _| None)?;
    for i in 0..10 {
        let status = scene.status(&format!("out{i}/"))?;
        ensure!(status["state"] == "done" && status["done"] == 2, "{status}\n{}", scene.log());
    }
    println!("a poisoned message among ten good ones: 10 jobs done, 1 message back with its reason");
    Ok(())
}

/// Batch's events come in any order, twice, late, never: the clock's is enough, and none does harm.
fn events_late_twice_and_never(stage: &Stage<'_>) -> Result<()> {
    let out_of_memory = |job: &BatchJob, index: usize| {
        let first = job.name.contains("-1-0-0") && index == 1;
        first
            .then(|| Ended::Badly("OutOfMemoryError: Container killed due to memory usage".into(), Some(137)))
    };
    // Never: the clock alone.
    let scene = Scene::new(stage, "never")?;
    scene.deliver(&Scene::message())?;
    for _ in 0..6 {
        scene.run_batch(&mut { out_of_memory })?;
        scene.deliver(&Scene::tick())?;
    }
    let never = scene.end()?;
    // Twice, and once more when all is over; the tick before the event, too.
    let scene = Scene::new(stage, "twice")?;
    scene.deliver(&Scene::message())?;
    let mut told = Vec::new();
    for _ in 0..6 {
        let events = scene.run_batch(&mut { out_of_memory })?;
        for event in events.iter().rev() {
            scene.deliver(&Scene::tick())?;
            scene.deliver(event)?;
            scene.deliver(event)?;
        }
        told.extend(events);
    }
    for event in told.iter().rev() {
        scene.deliver(event)?;
    }
    let twice = scene.end()?;
    // Of a job whose results somebody removed.
    let scene = Scene::new(stage, "gone")?;
    scene.deliver(&Scene::message())?;
    let events = scene.run_batch(&mut |_, _| None)?;
    scene.remove("out/")?;
    for event in &events {
        ensure!(scene.deliver(event)? == 1, "an event of a job that is gone comes back\n{}", scene.log());
    }
    scene.deliver(&Scene::tick())?;
    ensure!(scene.keys(".cpb/open/")?.is_empty(), "a job that is gone is open");
    println!(
        "events: never (the clock alone), twice and late, of a job that is gone: all ends right, {} jobs of Batch each, {} events delivered twice and again",
        never.jobs,
        told.len()
    );
    ensure!(never == twice, "with events {twice:?}, without {never:?}");
    Ok(())
}

/// A merge that fails each time is not called done, and is not placed for ever.
fn merges_that_always_fail(stage: &Stage<'_>) -> Result<()> {
    let scene = Scene::new(stage, "merges")?;
    scene.deliver(&Scene::message())?;
    let mut fails = |job: &BatchJob, _: usize| {
        job.is_merge().then(|| Ended::Badly("Essential container in task exited".into(), Some(13)))
    };
    let mut said = String::new();
    for _ in 0..10 {
        scene.run_batch(&mut fails)?;
        scene.deliver_once(&Scene::tick(), None, &mut || Ok(()))?;
        said = scene.status("out/")?["state"].as_str().unwrap_or_default().to_string();
    }
    let merges = scene.batch().jobs().iter().filter(|job| job.is_merge()).count();
    ensure!(said == "merging", "a job without tables is {said}");
    ensure!(merges == 5, "the merge was placed {merges} times");
    ensure!(scene.log().contains("left no result"), "nobody says so:\n{}", scene.log());
    println!("a merge that always fails: placed {merges} times, said so, the job is not called done");
    Ok(())
}

/// Jobs too large to plan here: every fault at every call while a job of Batch plans, and planning jobs that die.
fn planning(stage: &Stage<'_>) -> Result<()> {
    let large = Stage { plan_files: Some(1), ..stage.clone() };
    every_call(&large, Moment::Planning, &LATER)?;
    every_call(&large, Moment::Planned, &LATER)?;
    let scene = Scene::new(&large, "planning-dies")?;
    let mut dies = |job: &BatchJob, _: usize| {
        job.is_planning()
            .then(|| Ended::Badly("OutOfMemoryError: Container killed due to memory usage".into(), Some(137)))
    };
    scene.deliver(&Scene::message())?;
    scene.finish(&mut dies)?;
    let memory: Vec<u64> = scene.batch().jobs().iter().map(BatchJob::memory).collect();
    ensure!(memory == [1024, 2048, 4096], "planning jobs with {memory:?} MiB");
    let rejected = scene.rejected()?;
    ensure!(rejected.len() == 1 && scene.keys(".cpb/planning/")?.is_empty(), "{rejected:?}\n{}", scene.log());
    println!("planning jobs that die: 3 with 1024, 2048 and 4096 MiB, then rejected with its reason");
    Ok(())
}
