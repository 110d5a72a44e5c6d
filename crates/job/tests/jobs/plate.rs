//! A small plate in memory, and what is done with it.

use crate::results::Results;
use job::drive::{DriveError, Driven, RunTask, TaskEnd, drive};
use job::ledger::Ledger;
use job::plan::{Request, plan_job};
use job::submit::{Submitted, submit};
use job::worker::{Flush, Recorded, Worker, WorkerError};
use job::{Address, Clock, Job, JobFiles, Message, Native, OnError, Places};
use pixels::codecs::png;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use storage::Store;

const NUCLEI: &str = include_str!("nuclei.cppipe");
const ILLUMINATION: &str = include_str!("illumination.cppipe");

/// A bucket with a plate: a table, an image an image set, two pipelines.
#[derive(Clone)]
pub struct Plate {
    pub store: Store,
    pub sets: usize,
    pub message: Message,
    pub flush: Flush,
    pub threads: usize,
    /// A folder where what is below an address can be read too.
    pub mount: Option<(Address, std::path::PathBuf)>,
    pub clock: Clock,
}

impl Plate {
    /// Makes a plate of `sets` image sets, in groups (plates P1, P2 …) of three.
    pub fn new(sets: usize) -> Self {
        let store = Store::memory();
        let mut table = "FileName_DNA,Metadata_Plate,Metadata_Well,Metadata_Site\n".to_string();
        for i in 1..=sets {
            let (plate, well, site) = ((i - 1) / 3 + 1, (i - 1) % 96 + 1, (i - 1) % 3 + 1);
            table.push_str(&format!("{i:04}.png,P{plate},A{well:02},{site}\n"));
            store.put(&image_key(i), image(i)).unwrap();
        }
        store.put("images/load_data.csv", table).unwrap();
        store.put("nuclei.cppipe", NUCLEI).unwrap();
        store.put("illumination.cppipe", ILLUMINATION).unwrap();
        let message = Message {
            pipeline: "nuclei.cppipe".into(),
            input: "images/".into(),
            output: "results/".into(),
            resume: true,
            shard_size: Some(2),
            ..Message::default()
        };
        let flush = Flush { image_sets: 1, ..Flush::default() };
        Self { store, sets, message, flush, threads: 1, mount: None, clock: Clock::default() }
    }

    /// Returns the same plate, in a bucket of its own, for another message.
    pub fn with(&self, change: impl FnOnce(&mut Message)) -> Self {
        let mut plate = self.clone();
        change(&mut plate.message);
        plate
    }

    /// Returns the same bucket through another store.
    pub fn through(&self, store: &Store) -> Self {
        Self { store: store.clone(), ..self.clone() }
    }

    pub fn places(&self) -> Places {
        let places = Places::default().mount(bucket(), self.store.clone()).with_clock(self.clock.clone());
        match &self.mount {
            Some((address, folder)) => places.also_in(address.clone(), folder.clone()),
            None => places,
        }
    }

    pub fn request(&self) -> Request {
        Request::new(self.message.clone(), &bucket()).unwrap()
    }

    /// Plans and submits; errors as text.
    pub fn submit(&self) -> Result<Submitted, String> {
        let places = self.places();
        let plan = plan_job(&places, self.request()).map_err(|e| e.to_string())?;
        submit(&places, &plan).map_err(|e| e.to_string())
    }

    /// Submits, and brings the job to its end.
    pub fn run(&self) -> Result<Driven, String> {
        let submitted = self.submit()?;
        self.drive(&submitted.ledger)
    }

    pub fn open(&self, ledger: &Ledger) -> Result<Job, String> {
        let ledger =
            Ledger::new(&self.places(), &self.request().output, ledger.job()).map_err(|e| e.to_string())?;
        Job::open(ledger).map_err(|e| e.to_string())
    }

    pub fn drive(&self, ledger: &Ledger) -> Result<Driven, String> {
        let places = self.places();
        let job = self.open(ledger)?;
        let stop = AtomicBool::new(false);
        let runner = Here { plate: self, job: &job, stop: &stop };
        drive(&places, &job, &runner, &stop).map_err(|error: DriveError| error.to_string())
    }

    /// Runs one task as a worker of its own.
    pub fn work(
        &self,
        job: &Job,
        round: usize,
        index: usize,
        stop: &AtomicBool,
    ) -> Result<Recorded, WorkerError> {
        self.work_until(job, round, index, stop, None)
    }

    /// Runs one task as a worker that may give up.
    pub fn work_until(
        &self,
        job: &Job,
        round: usize,
        index: usize,
        stop: &AtomicBool,
        give_up: Option<&(dyn Fn() + Sync)>,
    ) -> Result<Recorded, WorkerError> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let places = self.places();
        let worker = Worker {
            places: &places,
            job,
            threads: NonZeroUsize::new(self.threads).unwrap(),
            attempt: format!("r{round}-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            machine: "here".into(),
            flush: self.flush,
            beat: Duration::from_secs(30),
            stop,
            give_up,
            tell: &|_| {},
        };
        worker.run_task(round, index)
    }

    /// Returns what is in the output.
    pub fn results(&self) -> Results {
        Results::of(&self.store.folder("results"))
    }

    /// Returns what one run without shards makes of the plate as it is, in a bucket of its own.
    pub fn unsharded(&self) -> Results {
        let copy = Store::memory();
        for meta in self.store.list("") {
            let key = meta.unwrap().key;
            if !key.starts_with("results/") && !key.starts_with(".cpb/") {
                copy.put(&key, self.store.get(&key).unwrap()).unwrap();
            }
        }
        let plate = self.through(&copy);
        let places = plate.places();
        let plan = plan_job(&places, plate.request()).unwrap();
        let image_sets = plan.plan.image_sets.iter().collect();
        let image_sets = plan.plan.clone().with(image_sets);
        let native = Native::new(&plan.pipeline, &image_sets).unwrap();
        let files = JobFiles::new(&places, Some(SystemTime::UNIX_EPOCH));
        let folders = engine::Folders {
            input: plan.request.input.as_str().into(),
            output: plan.request.output.as_str().into(),
        };
        let run = engine::Run {
            analysis: native.analysis(),
            pipeline: &plan.pipeline.to_text(),
            image_sets: &image_sets.image_sets,
            image_set_count: plan.plan.image_sets.len(),
            experiment: &plan.plan.experiment,
            folders: &folders,
            started: SystemTime::UNIX_EPOCH,
            source: &files,
            sink: &files,
            threads: NonZeroUsize::MIN,
            always_continue: self.message.on_error == OnError::Continue,
            observer: &(),
            cancelled: &AtomicBool::new(false),
        };
        assert!(run.run().unwrap().exported);
        plate.results()
    }

    /// Puts something else in the place of an image.
    pub fn spoil(&self, set: usize, bytes: impl Into<Vec<u8>>) {
        self.store.put(&image_key(set), bytes.into()).unwrap();
    }

    pub fn remove(&self, set: usize) {
        self.store.delete(&image_key(set)).unwrap();
    }

    pub fn mend(&self, set: usize) {
        self.store.put(&image_key(set), image(set)).unwrap();
    }
}

/// Runs tasks in this process.
struct Here<'a> {
    plate: &'a Plate,
    job: &'a Job,
    stop: &'a AtomicBool,
}

impl RunTask for Here<'_> {
    fn run(&self, round: usize, index: usize, _: usize) -> TaskEnd {
        match self.plate.work(self.job, round, index, self.stop) {
            Ok(_) => TaskEnd::Recorded,
            Err(error) => TaskEnd::Died { class: error.class(), message: error.to_string() },
        }
    }
}

pub fn bucket() -> Address {
    Address::of_folder("/bucket").unwrap()
}

fn image_key(set: usize) -> String {
    format!("images/{set:04}.png")
}

/// Returns the image of an image set: a few squares of their own size and brightness.
pub fn image(set: usize) -> Vec<u8> {
    const SIZE: usize = 24;
    let mut pixels = vec![10u8; SIZE * SIZE];
    for square in 0..1 + set % 4 {
        let (top, left, side) =
            (2 + 6 * (square / 2) + set % 2, 2 + 11 * (square % 2), 3 + (set + square) % 3);
        for y in top..top + side {
            for x in left..left + side {
                pixels[y * SIZE + x] = (120 + (set * 7 + square * 31 + x * y) % 130) as u8;
            }
        }
    }
    png::write_u8(SIZE, SIZE, 1, &pixels)
}
