//! Runs a pipeline over image sets: groups, threads, and the records in order.
//!
//! The unit of work is one image set, or one whole group when a module must see its group. Units are taken in
//! order by `threads` workers; records leave in ImageNumber order whatever the order units end in, so the result
//! does not depend on the number of threads. A worker that is too far ahead waits: memory stays bounded.

use crate::image_set_run::{Failure, Observer, end_group, revise_group, run_image_set};
use crate::loader::load_image;
use crate::{
    Analysis, Experiment, Folders, Group, Memory, RecordSink, RunError, RunFacts, Scope, Sink, Source,
    Workspace,
};
use imageset::{ImageSet, Role};
use measurements::Record;
use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// A pipeline, its image sets and where files come from and go to.
pub struct Run<'a> {
    /// The pipeline.
    pub analysis: &'a Analysis,
    /// The pipeline's text.
    pub pipeline: &'a str,
    /// The image sets, numbered and grouped.
    pub image_sets: &'a [ImageSet],
    /// How many image sets the whole has, when these are a part of it.
    pub image_set_count: usize,
    /// What the input modules say of the run as a whole, as `ChannelType_DNA`.
    pub experiment: &'a [(String, String)],
    /// The default input and output folders.
    pub folders: &'a Folders,
    /// When the run started, for the tables.
    pub started: SystemTime,
    /// Where files come from.
    pub source: &'a dyn Source,
    /// Where files go.
    pub sink: &'a dyn Sink,
    /// How many units of work go on at once.
    pub threads: NonZeroUsize,
    /// Whether an image set that fails leaves the others to go on.
    pub always_continue: bool,
    /// Hears how it goes.
    pub observer: &'a dyn Observer,
    /// Set by the caller to stop: image sets under way end, no other starts.
    pub cancelled: &'a AtomicBool,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Image sets that are done.
    pub done: usize,
    /// Image sets that failed, in ImageNumber order.
    pub failures: Vec<Failure>,
    /// Whether the run was stopped from outside.
    pub cancelled: bool,
    /// Whether the tables were written.
    pub exported: bool,
}

impl Run<'_> {
    /// Runs every image set and writes the tables.
    ///
    /// A failure without `always_continue`, or being cancelled, ends the run without tables, as in CellProfiler.
    ///
    /// # Errors
    /// When a table cannot be written, or a group's start fails.
    pub fn run(&self) -> Result<Outcome, RunError> {
        self.run_into(self.analysis.record_sinks(self.facts())?)
    }

    /// Returns what the writers of tables must know.
    pub fn facts(&self) -> RunFacts<'_> {
        RunFacts {
            columns: self.analysis.columns(),
            columns_so_far: 0,
            relationships: self.analysis.relationships(),
            image_sets: self.image_sets,
            experiment: self.experiment,
            folders: self.folders,
            started: self.started,
            source: self.source,
            sink: self.sink,
            pipeline: self.pipeline,
        }
    }

    /// Runs every image set and gives the records to `sinks`.
    ///
    /// # Errors
    /// When a sink fails, or a group's start fails.
    pub fn run_into(&self, sinks: Vec<Box<dyn RecordSink + '_>>) -> Result<Outcome, RunError> {
        let units = self.units();
        let shared = Shared::new(self.image_sets, sinks);
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.threads.get().min(units.len()) {
                scope.spawn(|| self.work(&units, &next, &shared));
            }
        });
        shared.finish(self.cancelled.load(Ordering::Relaxed), self.always_continue)
    }

    /// Returns what is worked on as one: the image sets' places in the list, in order.
    fn units(&self) -> Vec<Vec<usize>> {
        if self.analysis.scope() == Scope::ImageSet {
            return (0..self.image_sets.len()).map(|i| vec![i]).collect();
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, set) in self.image_sets.iter().enumerate() {
            groups.entry(set.group_number).or_default().push(i);
        }
        groups.into_values().collect()
    }

    fn work(&self, units: &[Vec<usize>], next: &AtomicUsize, shared: &Shared<'_>) {
        let ahead = 4 * self.threads.get();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(unit) = units.get(n) else { return };
            shared.wait_for_turn(n, ahead);
            let ended = self.unit(unit, shared);
            shared.unit_ended(n);
            if let Err(error) = ended {
                shared.give_up(error);
            }
        }
    }

    fn stopped(&self, shared: &Shared<'_>) -> bool {
        self.cancelled.load(Ordering::Relaxed) || shared.stop.load(Ordering::Relaxed)
    }

    /// Runs the image sets of one unit, one after the other.
    fn unit(&self, unit: &[usize], shared: &Shared<'_>) -> Result<(), RunError> {
        if self.stopped(shared) {
            return Ok(());
        }
        let mut memories = self.start_group(unit)?;
        let mut failed = false;
        // Records that leave only when the group has ended, for a module may correct them.
        let mut held = Vec::new();
        for (place, &index) in unit.iter().enumerate() {
            if self.stopped(shared) {
                return Ok(());
            }
            let set = &self.image_sets[index];
            let mut workspace =
                Workspace::new(set, self.image_set_count, self.folders, self.source, self.sink);
            self.observer.image_set_started(set.number);
            let ends_group = place + 1 == unit.len() && !failed;
            // A panic is a fault of ours: it fails its image set and no other.
            let result = catch_unwind(AssertUnwindSafe(|| {
                run_image_set(self.analysis, &mut memories, &mut workspace, self.observer)?;
                if ends_group { end_group(self.analysis, &mut memories, &mut workspace) } else { Ok(()) }
            }));
            let result = result.unwrap_or_else(|panic| Err(self.panicked(&workspace, &*panic)));
            failed |= result.is_err();
            if self.analysis.revises_groups() {
                held.push((index, workspace.record, result.err()));
            } else {
                self.ended(index, workspace.record, result.err(), shared)?;
            }
        }
        self.revise(held, failed, shared)
    }

    /// Corrects the records of a group that has ended, unless an image set failed, and lets them leave.
    fn revise(
        &self,
        held: Vec<(usize, Record, Option<Failure>)>,
        failed: bool,
        shared: &Shared<'_>,
    ) -> Result<(), RunError> {
        let (mut places, mut records) = (Vec::new(), Vec::new());
        for (index, record, failure) in held {
            places.push((index, failure));
            records.push(record);
        }
        if !failed
            && let Err(failure) = revise_group(self.analysis, &mut records)
            && let Some((_, last)) = places.last_mut()
        {
            *last = Some(failure);
        }
        let all = places.into_iter().zip(records);
        all.into_iter().try_for_each(|((index, failure), record)| self.ended(index, record, failure, shared))
    }

    fn ended(
        &self,
        index: usize,
        record: Record,
        failure: Option<Failure>,
        shared: &Shared<'_>,
    ) -> Result<(), RunError> {
        self.observer.image_set_ended(self.image_sets[index].number, failure.as_ref());
        shared.image_set_ended(index, record, failure, self.always_continue)
    }

    /// Returns the failure of an image set that a module panicked on.
    fn panicked(&self, workspace: &Workspace<'_>, panic: &(dyn Any + Send)) -> Failure {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        let module_number = workspace.module_number;
        let step = self.analysis.steps().iter().find(|step| step.number == module_number);
        Failure {
            image_number: workspace.image_set.number,
            module_number,
            module: step.map(|step| step.name.clone()).unwrap_or_default(),
            error: RunError::Internal(text.to_string()),
        }
    }

    fn start_group(&self, unit: &[usize]) -> Result<Vec<Memory>, RunError> {
        let sets: Vec<ImageSet> = unit.iter().map(|&i| self.image_sets[i].clone()).collect();
        let load = |place: usize, name: &str| {
            let channel = sets[place].channels.iter().find(|c| c.name == name && c.role != Role::Objects);
            let channel = channel.ok_or_else(|| {
                RunError::Refused(format!("no image is called `{name}` before a group's modules run"))
            })?;
            Ok(load_image(channel, self.source)?.image)
        };
        let group = Group { image_sets: &sets, load: &load };
        self.analysis.steps().iter().map(|step| step.module.start_group(&group)).collect()
    }
}

/// What the workers share: the records on their way out, and whether to stop.
struct Shared<'a> {
    outbox: Mutex<Outbox<'a>>,
    moved: Condvar,
    stop: AtomicBool,
}

struct Outbox<'a> {
    /// Index of each image set in ImageNumber order.
    order: Vec<usize>,
    /// How many records have left.
    left: usize,
    /// Records that wait for those before them, by index.
    waiting: BTreeMap<usize, Record>,
    /// Units that have ended, above the first that has not.
    ended: Vec<usize>,
    /// The first unit that has not ended.
    first_open: usize,
    sinks: Vec<Box<dyn RecordSink + 'a>>,
    done: usize,
    failures: Vec<Failure>,
    error: Option<RunError>,
}

impl<'a> Shared<'a> {
    fn new(image_sets: &[ImageSet], sinks: Vec<Box<dyn RecordSink + 'a>>) -> Self {
        let mut order: Vec<usize> = (0..image_sets.len()).collect();
        order.sort_by_key(|&i| image_sets[i].number);
        let outbox = Outbox {
            order,
            left: 0,
            waiting: BTreeMap::new(),
            ended: Vec::new(),
            first_open: 0,
            sinks,
            done: 0,
            failures: Vec::new(),
            error: None,
        };
        Self { outbox: Mutex::new(outbox), moved: Condvar::new(), stop: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, Outbox<'a>> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until unit `n` is less than `ahead` units past the first that has not ended.
    fn wait_for_turn(&self, n: usize, ahead: usize) {
        let mut outbox = self.lock();
        while n >= outbox.first_open + ahead {
            outbox = self.moved.wait(outbox).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn unit_ended(&self, n: usize) {
        let mut outbox = self.lock();
        outbox.ended.push(n);
        while let Some(at) = outbox.ended.iter().position(|&e| e == outbox.first_open) {
            outbox.ended.swap_remove(at);
            outbox.first_open += 1;
        }
        self.moved.notify_all();
    }

    fn give_up(&self, error: RunError) {
        self.stop.store(true, Ordering::Relaxed);
        self.lock().error.get_or_insert(error);
    }

    /// Takes an image set's record and sends on all whose turn has come.
    fn image_set_ended(
        &self,
        index: usize,
        record: Record,
        failure: Option<Failure>,
        always_continue: bool,
    ) -> Result<(), RunError> {
        let mut outbox = self.lock();
        match failure {
            None => outbox.done += 1,
            Some(failure) => {
                outbox.failures.push(failure);
                if !always_continue {
                    self.stop.store(true, Ordering::Relaxed);
                    return Ok(());
                }
            }
        }
        outbox.waiting.insert(index, record);
        let outbox = &mut *outbox;
        while let Some(record) = outbox.order.get(outbox.left).and_then(|i| outbox.waiting.remove(i)) {
            outbox.left += 1;
            outbox.sinks.iter_mut().try_for_each(|sink| sink.record(&record))?;
        }
        Ok(())
    }

    fn finish(self, cancelled: bool, always_continue: bool) -> Result<Outcome, RunError> {
        let outbox = self.outbox.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = outbox.error {
            return Err(error);
        }
        let mut failures = outbox.failures;
        failures.sort_by_key(|f| f.image_number);
        let exported = !cancelled && (failures.is_empty() || always_continue);
        if exported {
            let mut experiment = Experiment::new();
            outbox.sinks.into_iter().try_for_each(|sink| sink.finish(&mut experiment))?;
        }
        Ok(Outcome { done: outbox.done, failures, cancelled, exported })
    }
}
