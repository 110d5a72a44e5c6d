//! Files that are not of this machine.

use crate::exit::{Failed, Status};
use job::Anywhere;
use std::path::Path;
use storage::{Options, S3Options, Scratch, Stores};

/// How many bytes of remote files are kept on this machine while a run lasts.
const SCRATCH: u64 = 8 << 30;

/// How buckets are spoken to.
#[derive(clap::Args, Clone, Default)]
pub struct RemoteArgs {
    /// Pays for requests on buckets of S3 whose owner does not
    #[arg(long)]
    pub requester_pays: bool,

    /// The KMS key that results on S3 are encrypted with; the bucket's own setting without
    #[arg(long, value_name = "KEY")]
    pub sse_kms_key: Option<String>,
}

/// This machine's files and remote ones, and the folder where copies of these are while it lives.
pub struct Remote {
    /// The files.
    pub files: Anywhere,
    _scratch: tempfile::TempDir,
}

impl RemoteArgs {
    /// Opens the files; copies of remote ones go to the folder for temporary files.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn open(&self, temporary: Option<&Path>) -> Result<Remote, Failed> {
        let mut folder = tempfile::Builder::new();
        folder.prefix("cpb-scratch-");
        let made = temporary.map_or_else(|| folder.tempdir(), |parent| folder.tempdir_in(parent));
        let scratch =
            made.map_err(|e| Failed::new(Status::Input, format!("no folder for temporary files: {e}")))?;
        let s3 = S3Options { requester_pays: self.requester_pays, kms_key: self.sse_kms_key.clone() };
        let stores = Stores::new(Options { s3, ..Options::default() });
        let files = Anywhere::new(stores, Scratch::new(scratch.path(), SCRATCH));
        Ok(Remote { files, _scratch: scratch })
    }
}
