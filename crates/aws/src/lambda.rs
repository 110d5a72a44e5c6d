//! The Lambda runtime: asks for an invocation, answers it, asks again. HTTP on this machine, a few lines.

use crate::Dispatcher;
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// Returns where Lambda gives invocations out; none outside of Lambda.
pub fn runtime_api() -> Option<String> {
    std::env::var("AWS_LAMBDA_RUNTIME_API").ok()
}

/// Serves invocations as long as Lambda gives any.
///
/// # Errors
/// When Lambda does not answer: then the process is to end.
pub fn run(api: &str, dispatcher: &Dispatcher<'_>) -> io::Result<()> {
    loop {
        let (id, event) = ask(api, "GET", "/2018-06-01/runtime/invocation/next", b"")?;
        let answer = match serde_json::from_slice::<Value>(&event) {
            Ok(event) => batch(dispatcher, &event),
            Err(error) => json!({"error": error.to_string()}),
        };
        let path = format!("/2018-06-01/runtime/invocation/{id}/response");
        ask(api, "POST", &path, answer.to_string().as_bytes())?;
    }
}

/// Takes the records of an event; returns those that are to be delivered again.
fn batch(dispatcher: &Dispatcher<'_>, event: &Value) -> Value {
    let mut failures = Vec::new();
    for record in event["Records"].as_array().into_iter().flatten() {
        let id = record["messageId"].as_str().unwrap_or_default();
        match dispatcher.take(id, record["body"].as_str().unwrap_or_default()) {
            Ok(taken) => log(&json!({"level": "info", "message_id": id, "taken": format!("{taken:?}")})),
            Err(reason) => {
                log(&json!({"level": "error", "message_id": id, "reason": reason}));
                failures.push(json!({"itemIdentifier": id}));
            }
        }
    }
    json!({"batchItemFailures": failures})
}

fn log(line: &Value) {
    eprintln!("{line}");
}

/// Makes a call to the runtime; returns the invocation's id and the body.
fn ask(api: &str, method: &str, path: &str, body: &[u8]) -> io::Result<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(api)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut id, mut length, mut chunked) = (String::new(), String::new(), None, false);
    reader.read_line(&mut line)?;
    if !line.split(' ').nth(1).is_some_and(|status| status.starts_with('2')) {
        return Err(io::Error::other(format!("the Lambda runtime answered `{}`", line.trim())));
    }
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_lowercase().as_str() {
            "lambda-runtime-aws-request-id" => id = value.trim().to_string(),
            "content-length" => length = value.trim().parse::<usize>().ok(),
            "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    match length {
        _ if chunked => loop {
            line.clear();
            reader.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk)?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..size]);
        },
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
        }
        None => {
            reader.read_to_end(&mut body)?;
        }
    }
    Ok((id, body))
}
