use crate::Message;
use crate::files::hexadecimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Names a job by what it computes: the same work is the same job, however often and wherever it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    /// Returns the id of the work: the message's canonical form, the pipeline's bytes, the image sets with sizes and tags
    /// of their files, and the engine with its version.
    pub fn of_work(message: &Message, pipeline: &[u8], image_sets: &[u8], engine: &str) -> Self {
        let mut digest = Sha256::new();
        for field in [message.canonical().as_bytes(), pipeline, image_sets, engine.as_bytes()] {
            digest.update((field.len() as u64).to_le_bytes());
            digest.update(field);
        }
        Self(hexadecimal(&digest.finalize()[..10]))
    }

    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        let whole =
            text.len() == 20 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        whole.then(|| Self(text.to_string()))
    }

    /// Returns the id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_pipeline_or_image_is_another_job() {
        let message = Message::default();
        let id = |pipeline: &str, sets: &str| {
            JobId::of_work(&message, pipeline.as_bytes(), sets.as_bytes(), "native 1")
        };
        assert_eq!(id("a", "b"), id("a", "b"));
        assert_ne!(id("a", "b"), id("a", "c"));
        assert_ne!(id("ab", ""), id("a", "b"));
        assert_eq!(JobId::parse(id("a", "b").as_str()), Some(id("a", "b")));
        assert_eq!(JobId::parse("../../etc"), None);
    }
}
