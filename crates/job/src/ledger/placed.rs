use super::{Ledger, LedgerError};
use serde::{Deserialize, Serialize};

/// What an executor was handed of a round: it makes a second hand-over of the same work void.
///
/// It is committed by the dispatcher after the executor took it, or by the first worker that starts, whoever is first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedPart {
    /// The executor's name of it, as a Batch job's id.
    pub id: String,
    /// The index in the round of its first task.
    pub first: usize,
    /// How many tasks it has; none for a merge.
    pub tasks: usize,
}

/// Which part of which placement: a round that is placed again, as its workers died, has another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartName {
    /// The round, from 1.
    pub round: usize,
    /// The placement of the round, from 0.
    pub placement: usize,
    /// The part of the placement, from 0; none for its merge.
    pub part: Option<usize>,
}

impl Ledger {
    /// Records that a part is placed; returns whether this record is the one that counts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn place(&self, name: PartName, part: &PlacedPart) -> Result<bool, LedgerError> {
        self.commit(&self.key(name), part)
    }

    /// Reads what is placed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn placed(&self, name: PartName) -> Result<Option<PlacedPart>, LedgerError> {
        self.read(&self.key(name))
    }

    fn key(&self, PartName { round, placement, part }: PartName) -> String {
        let part = part.map_or_else(|| "merge".to_string(), |part| part.to_string());
        format!("{}/placed/{round}/{placement}/{part}.json", self.keys().folder())
    }
}
