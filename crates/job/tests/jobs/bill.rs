//! What a job has cost is what was counted, and a mounted file system spares requests, never a result.

use crate::plate::{Plate, bucket, image};
use crate::shards::assert_merged;
use job::bill::{Bill, bill};
use job::ledger::{Ledger, MergedState};
use job::prices::Prices;

fn bill_of(plate: &Plate) -> Bill {
    let places = plate.places();
    let plan = job::plan::plan_job(&places, plate.request()).unwrap();
    let ledger = Ledger::new(&places, &plate.request().output, &plan.job).unwrap();
    bill(&ledger, Prices::of("us-east-1", "c7i", Some(3600.0)).unwrap()).unwrap()
}

#[test]
fn a_bill_has_every_shard_and_the_merge() {
    let plate = Plate::new(6);
    assert_merged(plate.run(), MergedState::Done);
    let bill = bill_of(&plate);
    assert_eq!(bill.computed, 6);
    // Each image, and of each of three shards and the merge the plan's files; each part, beat and commit.
    assert!(bill.reads >= 6 + 3 && bill.writes > 6 + 3 + 3, "{bill:?}");
    assert!(bill.cpu_seconds > 0.0 && bill.processor_seconds >= bill.cpu_seconds * 0.5, "{bill:?}");
    // At 3,600 dollars an hour a second is a dollar.
    assert!((bill.compute - bill.processor_seconds).abs() < 1e-9);
    let requests = bill.reads as f64 * 0.4e-6 + bill.writes as f64 * 5e-6;
    assert!((bill.requests - requests).abs() < 1e-12 && (bill.sum - bill.compute - requests).abs() < 1e-9);
    assert_eq!((bill.lustre, bill.lustre_hours), (0.0, 0.0));
}

#[test]
fn images_are_read_from_a_mounted_file_system_where_it_has_them() {
    let plain = Plate::new(6);
    assert_merged(plain.run(), MergedState::Done);
    let mut plate = Plate::new(6);
    let mount = std::env::temp_dir().join(format!("cpb-mount-{}", std::process::id()));
    std::fs::create_dir_all(mount.join("images")).unwrap();
    // One is not there yet: it comes from the bucket.
    for set in 1..6 {
        std::fs::write(mount.join(format!("images/{set:04}.png")), image(set)).unwrap();
    }
    plate.mount = Some((bucket(), mount.clone()));
    assert_merged(plate.run(), MergedState::Done);
    std::fs::remove_dir_all(&mount).unwrap();
    plate.results().assert_equal(&plain.results(), "from the mount");
    let (with, without) = (bill_of(&plate), bill_of(&plain));
    assert_eq!(with.reads, without.reads - 5);
    assert!(with.lustre > 0.0 && with.lustre_hours > 0.0, "{with:?}");
}
