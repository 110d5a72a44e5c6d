//! Messages that could not be used, once more: from the dead-letter queue back to the queue.

use crate::dispatcher::rejected_key;
use crate::{Aws, AwsError, Dispatcher};
use job::ledger::LedgerError;
use job::{Address, Places};
use serde_json::{Value, json};

/// The most that SQS takes as a message.
const MESSAGE: usize = 256 << 10;

/// The queue of messages and that of its dead letters.
pub struct DeadLetters<'a> {
    /// The services.
    pub aws: &'a Aws,
    /// Where addresses lead.
    pub places: &'a Places,
    /// The bucket that holds why.
    pub bucket: &'a Address,
    /// What names of the deployment begin with.
    pub prefix: &'a str,
}

/// Why messages cannot be sent again; those that were not are where they were.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// SQS refuses or does not answer.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The bucket cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No queue takes it.
    #[error("message {0} has {1} bytes, SQS takes {MESSAGE}: send it in parts")]
    TooLarge(String, usize),
}

impl DeadLetters<'_> {
    /// Sends all dead letters to the queue again; returns how many.
    ///
    /// A message is sent before it is removed: who dies in between has sent it twice, which is once as work.
    ///
    /// # Errors
    /// When a queue or the bucket does not answer.
    pub fn redrive(&self) -> Result<usize, RedriveError> {
        let (queue, dead) = (self.url("sqs")?, self.url("sqs-dlq")?);
        let store = self.places.folder(self.bucket).map_err(LedgerError::from)?;
        let mut count = 0;
        loop {
            let body = json!({"QueueUrl": dead, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1});
            let received = self.sqs("ReceiveMessage", &body)?;
            let received = received["Messages"].as_array().cloned().unwrap_or_default();
            if received.is_empty() {
                break;
            }
            for message in received {
                let id = message["MessageId"].as_str().unwrap_or_default();
                self.send(&queue, id, message["Body"].as_str().unwrap_or_default())?;
                // Before the letter goes: nothing else knows its id.
                store.delete(&rejected_key(id)).map_err(LedgerError::from)?;
                self.sqs(
                    "DeleteMessage",
                    &json!({"QueueUrl": dead, "ReceiptHandle": message["ReceiptHandle"]}),
                )?;
                count += 1;
            }
        }
        // What a planning job rejected is on no queue.
        for rejected in Dispatcher::rejected(self.places, self.bucket)?.iter().filter(|r| r.planned) {
            self.send(&queue, &rejected.message_id, &rejected.body)?;
            store.delete(&rejected_key(&rejected.message_id)).map_err(LedgerError::from)?;
            count += 1;
        }
        Ok(count)
    }

    fn send(&self, queue: &str, id: &str, body: &str) -> Result<(), RedriveError> {
        if body.len() > MESSAGE {
            return Err(RedriveError::TooLarge(id.into(), body.len()));
        }
        Ok(self.sqs("SendMessage", &json!({"QueueUrl": queue, "MessageBody": body})).map(|_| ())?)
    }

    /// Returns the URL of a queue of the deployment.
    fn url(&self, name: &str) -> Result<String, AwsError> {
        let found = self.sqs("GetQueueUrl", &json!({"QueueName": format!("{}-ba-{name}", self.prefix)}))?;
        Ok(found["QueueUrl"].as_str().unwrap_or_default().to_string())
    }

    fn sqs(&self, action: &str, body: &Value) -> Result<Value, AwsError> {
        self.aws.json("sqs", "AmazonSQS", action, body)
    }
}
