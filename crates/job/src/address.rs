use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// Where something is: an absolute path of this machine, or a URL with a scheme (`s3://bucket/key`, `memory:///key`).
///
/// Paths and URLs are written alike: parts between single `/`, none at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

/// What is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// `..` leads out of the bucket.
    #[error("`{0}` leads out of its bucket")]
    Outside(String),
    /// There is no current folder to start from.
    #[error("`{0}` is a relative path, and there is no current folder")]
    NoCurrentFolder(String),
}

impl Address {
    /// Reads a bucket or folder as a command line names it: a URL, or a path from the current folder on.
    ///
    /// # Errors
    /// When a relative path has no folder to start from.
    pub fn of_folder(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("file:") {
            return Self::of_folder(&format!("/{}", path.trim_start_matches('/')));
        }
        if text.contains("://") {
            return Ok(Self(text.trim_end_matches('/').to_string()));
        }
        let path = std::path::absolute(if text.is_empty() { "." } else { text });
        let path = path.map_err(|_| AddressError::NoCurrentFolder(text.into()))?;
        Ok(Self(normal(&path)))
    }

    /// Reads what a message names: a key of the bucket, a URL, or an absolute path.
    ///
    /// # Errors
    /// When a key leads out of the bucket.
    pub fn in_bucket(bucket: &Self, text: &str) -> Result<Self, AddressError> {
        if text.contains("://") || text.starts_with("file:") || text.starts_with('/') {
            return Self::of_folder(text);
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(|| AddressError::Outside(text.into()))?;
                }
                part => parts.push(part),
            }
        }
        Ok(bucket.join(&parts.join("/")))
    }

    /// Returns the address as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address of `key` below this one.
    pub fn join(&self, key: &str) -> Self {
        let key = key.trim_start_matches('/');
        match (key, self.0.as_str()) {
            ("", _) => self.clone(),
            (_, "/") => Self(format!("/{key}")),
            (_, base) => Self(format!("{base}/{key}")),
        }
    }

    /// Returns whether `location`, a path or URL, is this address or below it.
    pub fn holds(&self, location: &str) -> bool {
        let base = self.0.trim_end_matches('/');
        location.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns the path of this machine, unless it is a URL.
    pub fn as_path(&self) -> Option<&Path> {
        (!self.0.contains("://")).then(|| Path::new(&self.0))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes `.` and `..` out by the letter: links stay, as tables name them.
fn normal(path: &Path) -> String {
    let mut place = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            part => place.push(part),
        }
    }
    place.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<String, AddressError> {
        let bucket = Address::of_folder("s3://bucket/").expect("a bucket");
        Address::in_bucket(&bucket, text).map(|a| a.0)
    }

    #[test]
    fn a_key_is_in_the_bucket_and_paths_and_urls_are_themselves() {
        assert_eq!(key("a/b/"), Ok("s3://bucket/a/b".into()));
        assert_eq!(key("./a//b/../c"), Ok("s3://bucket/a/c".into()));
        assert_eq!(key("/data/./x/../y/"), Ok("/data/y".into()));
        assert_eq!(key("file:///data/y"), Ok("/data/y".into()));
        assert_eq!(key("s3://other/x/"), Ok("s3://other/x".into()));
        assert_eq!(key("../x"), Err(AddressError::Outside("../x".into())));
    }

    #[test]
    fn an_address_holds_what_is_below_it() {
        let folder = Address::of_folder("/data/out").expect("a folder");
        assert!(folder.holds("/data/out/Image.csv") && folder.holds("/data/out"));
        assert!(!folder.holds("/data/out5/Image.csv"));
    }
}
