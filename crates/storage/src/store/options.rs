use super::Retry;
use std::num::NonZeroUsize;

/// How stores are opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many calls may be under way at once.
    pub in_flight: NonZeroUsize,
    /// How calls that failed in passing are made again.
    pub retry: Retry,
    /// What concerns S3 alone.
    pub s3: S3Options,
}

impl Default for Options {
    /// 32 calls at once.
    fn default() -> Self {
        let in_flight = NonZeroUsize::new(32).unwrap_or(NonZeroUsize::MIN);
        Self { in_flight, retry: Retry::default(), s3: S3Options::default() }
    }
}

/// How buckets are spoken to. Endpoint, region and credentials come from the environment, as for any AWS program: the
/// variables `AWS_…`, the files in `~/.aws`, the container's or the machine's role. Without credentials, or where they are refused, buckets are
/// read as anybody may read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Options {
    /// Pays for requests on buckets whose owner does not.
    pub requester_pays: bool,
    /// The KMS key that objects are encrypted with; the bucket's own setting without.
    pub kms_key: Option<String>,
}
