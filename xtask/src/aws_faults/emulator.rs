//! The emulator in a few lines of HTTP: what a test looks at without the code under test in between.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// The emulator, by host and port.
#[derive(Clone, Debug)]
pub struct Emulator(String);

impl Emulator {
    /// Returns the emulator at a URL.
    pub fn at(url: &str) -> Self {
        Self(url.trim_start_matches("http://").trim_end_matches('/').to_string())
    }

    /// Returns the host and port.
    pub fn address(&self) -> &str {
        &self.0
    }

    fn call(
        &self,
        service: &str,
        request: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(u16, Vec<u8>)> {
        let mut head = format!("{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.0);
        // The emulator reads no more of it than the service.
        head.push_str(&format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n",
            body.len()
        ));
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(&self.0)?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(b"\r\n")?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("no answer")?;
        let text = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        ensure!(!text.to_lowercase().contains("transfer-encoding: chunked"), "the answer comes in chunks");
        Ok((status, answer.split_off(end + 4)))
    }

    fn s3(&self, request: &str, body: &[u8]) -> Result<Vec<u8>> {
        let (status, answer) = self.call("s3", request, &[], body)?;
        ensure!(status < 300, "{request}: {status} {}", String::from_utf8_lossy(&answer));
        Ok(answer)
    }

    /// Makes a bucket.
    pub fn create_bucket(&self, bucket: &str) -> Result<()> {
        self.s3(&format!("PUT /{bucket}"), b"").map(|_| ())
    }

    /// Writes an object.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> Result<()> {
        self.s3(&format!("PUT /{bucket}/{key}"), bytes).map(|_| ())
    }

    /// Reads an object.
    pub fn get(&self, bucket: &str, key: &str) -> Result<Vec<u8>> {
        self.s3(&format!("GET /{bucket}/{key}"), b"")
    }

    /// Removes an object.
    pub fn delete(&self, bucket: &str, key: &str) -> Result<()> {
        self.s3(&format!("DELETE /{bucket}/{key}"), b"").map(|_| ())
    }

    /// Returns the keys that begin with a prefix; a thousand at most.
    pub fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>> {
        let listed = self.s3(&format!("GET /{bucket}?list-type=2&prefix={prefix}"), b"")?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        ensure!(listed.contains("<IsTruncated>false"), "`{prefix}` has too many objects for this test");
        let keys = listed.split("<Key>").skip(1);
        Ok(keys.filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_string())).collect())
    }

    /// Makes a topic; returns its ARN.
    pub fn create_topic(&self, name: &str) -> Result<String> {
        let answer = self.sns(&format!("Action=CreateTopic&Name={name}"))?;
        let arn = answer.split("<TopicArn>").nth(1).and_then(|rest| rest.split('<').next());
        Ok(arn.context("a topic has no ARN")?.to_string())
    }

    /// Removes a topic.
    pub fn delete_topic(&self, arn: &str) -> Result<()> {
        self.sns(&format!("Action=DeleteTopic&TopicArn={arn}")).map(|_| ())
    }

    /// Makes a queue whose messages come again after a second; returns its URL.
    pub fn create_queue(&self, name: &str) -> Result<String> {
        let made =
            self.sqs("CreateQueue", &json!({"QueueName": name, "Attributes": {"VisibilityTimeout": "1"}}))?;
        Ok(made["QueueUrl"].as_str().context("a queue has no URL")?.to_string())
    }

    /// Removes a queue.
    pub fn delete_queue(&self, queue: &str) -> Result<()> {
        self.sqs("DeleteQueue", &json!({"QueueUrl": queue})).map(|_| ())
    }

    /// Sends a message.
    pub fn send(&self, queue: &str, body: &Value) -> Result<()> {
        self.sqs("SendMessage", &json!({"QueueUrl": queue, "MessageBody": body.to_string()})).map(|_| ())
    }

    /// Returns the messages that a queue has now, ten at most: id and body.
    pub fn messages(&self, queue: &str) -> Result<Vec<(String, Value)>> {
        let got = self.sqs("ReceiveMessage", &json!({"QueueUrl": queue, "MaxNumberOfMessages": 10}))?;
        let messages = got["Messages"].as_array().into_iter().flatten();
        messages
            .map(|message| {
                let (id, body) = (message["MessageId"].as_str(), message["Body"].as_str());
                Ok((id.context("no id")?.to_string(), serde_json::from_str(body.context("no body")?)?))
            })
            .collect()
    }

    fn sqs(&self, action: &str, body: &Value) -> Result<Value> {
        let target = format!("AmazonSQS.{action}");
        let headers = [("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", target.as_str())];
        let (status, answer) = self.call("sqs", "POST /", &headers, body.to_string().as_bytes())?;
        ensure!(status < 300, "{action}: {status} {}", String::from_utf8_lossy(&answer));
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
    }

    fn sns(&self, form: &str) -> Result<String> {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let form = format!("{form}&Version=2010-03-31");
        let (_, answer) = self.call("sns", "POST /", &headers, form.as_bytes())?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
