use std::io;

/// What a store's calls return.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// There is no such object.
    NotFound,
    /// The caller may not do this, or has no valid credentials.
    Denied,
    /// Too many calls: the store asks for patience.
    Throttled,
    /// A failure in passing: connection, time-out, a fault of the server. It is not known whether the call was done.
    Transient,
    /// No room is left.
    Full,
    /// Anything else; trying again does not help.
    Other,
}

impl Kind {
    /// Returns whether the same call may succeed later.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient)
    }
}

/// A call that failed: what it was for, on which object, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{url}`: {why}")]
pub struct Error {
    /// What kind of failure it is.
    pub kind: Kind,
    /// What was being done: `read`, `write`, `list`, …
    pub doing: &'static str,
    /// The object's URL, or its path on this machine.
    pub url: String,
    /// The reason, in words.
    pub why: String,
}

impl Error {
    /// Returns the failure to do something with an object.
    pub fn new(kind: Kind, doing: &'static str, url: impl Into<String>, why: impl ToString) -> Self {
        Self { kind, doing, url: url.into(), why: why.to_string() }
    }

    /// Returns the failure that the operating system reports.
    pub fn from_io(doing: &'static str, url: impl Into<String>, error: &io::Error) -> Self {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::NotFound => Kind::NotFound,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => Kind::Denied,
            Io::StorageFull | Io::QuotaExceeded => Kind::Full,
            Io::Interrupted | Io::TimedOut | Io::ResourceBusy | Io::StaleNetworkFileHandle => Kind::Transient,
            _ => Kind::Other,
        };
        match kind {
            Kind::NotFound => Self::not_found(doing, url),
            _ => Self::new(kind, doing, url, error),
        }
    }

    /// Returns the failure of a call on an object that is not there.
    pub fn not_found(doing: &'static str, url: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, doing, url, "there is no such file")
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            Kind::NotFound => io::ErrorKind::NotFound,
            Kind::Denied => io::ErrorKind::PermissionDenied,
            Kind::Full => io::ErrorKind::StorageFull,
            Kind::Throttled | Kind::Transient => io::ErrorKind::ResourceBusy,
            Kind::Other => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is not one of a store.
    #[error("`{url}` is not a store's address: {why}")]
    Url {
        /// The address as it was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// S3 and HTTPS were left out of this program when it was built.
    #[error("`{0}`: this cpb was built without S3: cargo install --path crates/cpb --features aws")]
    NotBuilt(String),
    /// The store's settings or credentials cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            error => Self::new(io::ErrorKind::Unsupported, error),
        }
    }
}
