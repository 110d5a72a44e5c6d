//! What an operator does: `cpb cancel`, `cpb retry`, `cpb redrive`, each with a fault at one of its calls, and then once more.

use super::proxy::Fault;
use super::recorded_batch::{BatchJob, Ended};
use super::scene::{End, Scene, Stage};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::thread::sleep;
use std::time::Duration;

/// What may happen to a call of a verb: killed before a call is killed after the one before, services refuse the same everywhere, and
/// nobody else is at the same work.
pub const KINDS: [Fault; 3] = [Fault::KillAfter, Fault::Throttle, Fault::LoseAnswer];

/// The status of a verb whose request cannot be granted as things are.
const REFUSED: i32 = 10;

/// Cancels a job that is placed: Batch has nothing left to run, nothing is computed, and the same message goes on with it.
pub fn cancel(stage: &Stage<'_>, name: &str, fault: Option<(usize, Fault)>) -> Result<(Vec<String>, End)> {
    let scene = Scene::new(stage, name)?;
    scene.deliver(&Scene::message())?;
    let (_, calls) = scene.operate(&["cancel", "out/"], fault)?;
    again(&scene, &["cancel", "out/"], &[0])?;
    ensure!(scene.run_batch(&mut |_, _| None)?.is_empty(), "Batch has something left to run");
    scene.deliver(&Scene::tick())?;
    let status = scene.status("out/")?;
    ensure!(status["state"] == "cancelled" && status["done"] == 0, "{status}\n{}", scene.log());
    ensure!(scene.keys(".cpb/open/")?.is_empty(), "a job that is cancelled is open\n{}", scene.log());
    scene.deliver(&Scene::message())?;
    scene.finish(&mut |_, _| None)?;
    Ok((calls, scene.end()?))
}

/// Tries again what failed of a job that has ended: that alone is computed, by the dispatcher's next tick.
pub fn retry(stage: &Stage<'_>, name: &str, fault: Option<(usize, Fault)>) -> Result<(Vec<String>, End)> {
    let scene = Scene::new(stage, name)?;
    scene.deliver(&Scene::message())?;
    scene.finish(&mut |job: &BatchJob, index| {
        let fails = !job.is_merge() && index == 1;
        fails.then(|| Ended::Badly("Essential container in task exited".into(), Some(1)))
    })?;
    let status = scene.status("out/")?;
    ensure!(status["state"] == "partial" && status["done"] == 1, "{status}\n{}", scene.log());
    let (_, calls) = scene.operate(&["retry", "--failed", "out/"], fault)?;
    // Where the round is open the second is told so; what it asks for is on its way.
    again(&scene, &["retry", "--failed", "out/"], &[0, REFUSED])?;
    scene.deliver(&Scene::tick())?;
    scene.finish(&mut |_, _| None)?;
    Ok((calls, scene.end()?))
}

/// Sends a dead letter again, and what a planning job rejected: neither is lost, and what is sent twice is computed once.
pub fn redrive(stage: &Stage<'_>, name: &str, fault: Option<(usize, Fault)>) -> Result<(Vec<String>, End)> {
    let scene = Scene::new(stage, name)?;
    scene.write("cpb.toml", &format!("name_prefix = \"{name}\"\n"))?;
    let emulator = scene.emulator();
    let queue = emulator.create_queue(&format!("{name}-ba-sqs"))?;
    let dead = emulator.create_queue(&format!("{name}-ba-sqs-dlq"))?;
    emulator.send(&dead, &Scene::message())?;
    let (id, _) = emulator.messages(&dead)?.pop().context("a queue has lost its message")?;
    let rejected = |id: &str, planned: bool| {
        let body = Scene::message().to_string();
        let why = json!({"message_id": id, "body": body, "reason": "it was too early", "planned": planned});
        scene.put(&format!(".cpb/rejected/{id}.json"), &why)
    };
    rejected(&id, false)?;
    rejected("planned", true)?;
    sleep(VISIBLE);
    let (_, calls) = scene.operate(&["redrive"], fault)?;
    sleep(VISIBLE);
    again(&scene, &["redrive"], &[0])?;
    ensure!(emulator.messages(&dead)?.is_empty(), "a dead letter is still there");
    let sent = emulator.messages(&queue)?;
    ensure!((2..=4).contains(&sent.len()), "{} messages were sent of 2", sent.len());
    for (_, message) in sent {
        scene.deliver(&message)?;
    }
    scene.finish(&mut |_, _| None)?;
    [queue, dead].iter().try_for_each(|queue| emulator.delete_queue(queue))?;
    Ok((calls, scene.end()?))
}

/// After this long a message that was received is there again.
const VISIBLE: Duration = Duration::from_millis(1100);

/// Runs a verb undisturbed after the one that had a fault.
fn again(scene: &Scene<'_>, arguments: &[&str], allowed: &[i32]) -> Result<()> {
    let (status, _) = scene.operate(arguments, None)?;
    let fine = status.is_some_and(|status| allowed.contains(&status));
    ensure!(fine, "cpb {arguments:?} ended with {status:?}\n{}", scene.log());
    Ok(())
}
