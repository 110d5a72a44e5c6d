use super::Options;
use crate::{Backend, Local, Memory, OpenError};
use std::path::PathBuf;
use std::sync::Arc;

/// What an address means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A path of this machine.
    Local(PathBuf),
    /// A store of its own in memory.
    Memory,
    /// A key of a bucket.
    S3 { bucket: String, key: String },
    /// A host with its scheme, and what follows the slash after it.
    Web { host: String, path: String },
}

impl Location {
    /// Reads an address.
    ///
    /// # Errors
    /// When it has a scheme that is not known or names no bucket or host.
    pub fn parse(address: &str) -> Result<Self, OpenError> {
        let bad = |why: &str| OpenError::Url { url: address.to_string(), why: why.to_string() };
        let Some((scheme, rest)) = address.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            return Ok(Self::Local(address.into()));
        };
        let named = rest.strip_prefix("//").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
        match (scheme.to_ascii_lowercase().as_str(), named) {
            ("file", Some(("" | "localhost", path))) => Ok(Self::Local(format!("/{}", decoded(path)).into())),
            ("file", None) => Ok(Self::Local(decoded(rest).into())),
            ("memory", Some(_)) => Ok(Self::Memory),
            ("s3", Some((bucket, key))) if !bucket.is_empty() => {
                Ok(Self::S3 { bucket: bucket.to_string(), key: key.to_string() })
            }
            ("http" | "https", Some((host, path))) if !host.is_empty() => {
                Ok(Self::Web { host: format!("{scheme}://{host}"), path: path.to_string() })
            }
            ("s3", _) => Err(bad("it names no bucket: s3://BUCKET/KEY")),
            _ if address.contains("://") => Err(bad("known are s3://, https://, file:// and paths")),
            _ => Ok(Self::Local(address.into())),
        }
    }

    /// Returns the backend that holds it: a bucket, a host, a folder.
    ///
    /// # Errors
    /// When it is remote and the program was built without S3, or its settings are no use.
    #[cfg_attr(not(feature = "s3"), expect(unused_variables, reason = "options are for remote stores"))]
    pub fn backend(&self, options: &Options) -> Result<Arc<dyn Backend>, OpenError> {
        match self {
            Self::Local(path) => Ok(Arc::new(Local::new(path))),
            Self::Memory => Ok(Arc::new(Memory::default())),
            #[cfg(feature = "s3")]
            Self::S3 { bucket, .. } => Ok(Arc::new(crate::s3::S3::open(bucket, &options.s3)?)),
            #[cfg(feature = "s3")]
            Self::Web { host, .. } => Ok(Arc::new(crate::s3::Web::open(host)?)),
            #[cfg(not(feature = "s3"))]
            Self::S3 { bucket, key } => Err(OpenError::NotBuilt(format!("s3://{bucket}/{key}"))),
            #[cfg(not(feature = "s3"))]
            Self::Web { host, path } => Err(OpenError::NotBuilt(format!("{host}/{path}"))),
        }
    }

    /// Returns the key of the place within its backend.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Local(_) | Self::Memory => "",
            Self::S3 { key, .. } | Self::Web { path: key, .. } => key,
        }
    }
}

/// Returns whether it is a URL's scheme; one letter is a drive.
fn is_scheme(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Returns the text with `%XX` replaced by the byte they stand for.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        let value = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_or_a_path_as_it_is() {
        let local = |path: &str| Location::Local(path.into());
        let s3 = |bucket: &str, key: &str| Location::S3 { bucket: bucket.into(), key: key.into() };
        for (address, expected) in [
            ("a b#%41/é", local("a b#%41/é")),
            ("plate:1/x", local("plate:1/x")),
            ("file:///a%20b%23", local("/a b#")),
            ("file:/a", local("/a")),
            ("s3://bucket", s3("bucket", "")),
            ("s3://bucket/a b%20#c/", s3("bucket", "a b%20#c/")),
            ("https://host:1/a?b=c", Location::Web { host: "https://host:1".into(), path: "a?b=c".into() }),
        ] {
            assert_eq!(Location::parse(address).unwrap(), expected, "{address}");
        }
        for address in ["s3:///key", "gs://bucket/key", "s3:key"] {
            assert!(Location::parse(address).is_err(), "{address}");
        }
    }
}
