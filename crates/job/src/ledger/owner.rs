use super::keys::Keys;
use super::{Current, Ledger, LedgerError, parse, written};
use crate::JobId;
use storage::{Created, Kind, Replaced, Version};

/// How a job came to own its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody owned it, or the job did already.
    Mine,
    /// The job before it had ended.
    TakenFrom(JobId),
}

/// Why a job may not own its output.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// Another job has not ended.
    #[error(
        "the output belongs to job {owner}, which has not ended: wait for it (`cpb status {owner}`), cancel it (`cpb cancel \
         {owner}`), or choose another output"
    )]
    Busy {
        /// The other job.
        owner: JobId,
    },
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Returns the job that owns the output.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn current(&self) -> Result<Option<Current>, LedgerError> {
        Ok(self.current_versioned()?.map(|(current, _)| current))
    }

    /// Returns whether the job owns its output.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_owner(&self) -> Result<bool, LedgerError> {
        Ok(self.current()?.is_some_and(|current| current.job == *self.job()))
    }

    /// Makes the job the owner of its output, in place of one that has `ended`.
    ///
    /// # Errors
    /// When another job owns it that has not ended.
    pub fn claim(&self, ended: impl Fn(&Self) -> Result<bool, LedgerError>) -> Result<Claim, OwnerError> {
        loop {
            let Some((current, version)) = self.current_versioned()? else {
                let current = Current { job: self.job().clone(), replaces: Vec::new() };
                match self.root().create(Keys::CURRENT, written(&current)).map_err(LedgerError::from)? {
                    Created::New(_) => return Ok(Claim::Mine),
                    Created::Exists => continue,
                }
            };
            if current.job == *self.job() {
                return Ok(Claim::Mine);
            }
            if !ended(&self.of_job(&current.job))? {
                return Err(OwnerError::Busy { owner: current.job });
            }
            let mut replaces = current.replaces;
            replaces.push(current.job.clone());
            replaces.retain(|job| job != self.job());
            if self.replace_current(&Current { job: self.job().clone(), replaces }, &version)? {
                return Ok(Claim::TakenFrom(current.job));
            }
        }
    }

    /// Notes that the files of jobs that owned the output before are gone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget(&self, replaced: &[JobId]) -> Result<(), LedgerError> {
        while let Some((mut current, version)) = self.current_versioned()? {
            let before = current.replaces.len();
            current.replaces.retain(|job| !replaced.contains(job));
            let nothing_to_do = current.job != *self.job() || current.replaces.len() == before;
            if nothing_to_do || self.replace_current(&current, &version)? {
                break;
            }
        }
        Ok(())
    }

    /// Returns the ledger of another job with the same output.
    pub(crate) fn of_job(&self, job: &JobId) -> Self {
        Self { job: job.clone(), keys: Keys::new(job), ..self.clone() }
    }

    fn current_versioned(&self) -> Result<Option<(Current, Version)>, LedgerError> {
        match self.root().get_versioned(Keys::CURRENT) {
            Ok((bytes, version)) => Ok(Some((parse(self.root(), Keys::CURRENT, &bytes)?, version))),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn replace_current(&self, current: &Current, version: &Version) -> Result<bool, LedgerError> {
        Ok(matches!(self.root().replace(Keys::CURRENT, written(current), version)?, Replaced::Yes(_)))
    }
}
