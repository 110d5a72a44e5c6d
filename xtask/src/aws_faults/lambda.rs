//! The Lambda runtime for one invocation: what starts the dispatcher as AWS does, and may kill it.

use super::proxy::Proxy;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// Gives an invocation to a fresh `bootstrap`; returns its answer, none when it was killed.
///
/// `meanwhile` runs when the proxy holds a call.
///
/// # Errors
/// When it cannot be started, ends by itself, or takes too long.
pub fn invoke(
    mut bootstrap: Command,
    event: &Value,
    proxy: &Proxy,
    meanwhile: &mut dyn FnMut() -> Result<()>,
) -> Result<Option<Value>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    bootstrap.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string());
    let mut child = bootstrap.env("AWS_ENDPOINT_URL", proxy.url()).spawn().context("cannot start cpb")?;
    let begun = Instant::now();
    let mut held = false;
    let ended = loop {
        match listener.accept() {
            Ok((stream, _)) => {
                if let Some(answer) = serve(stream, event)? {
                    break Ok(Some(answer));
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => break Err(error.into()),
        }
        if proxy.is_killed() {
            break Ok(None);
        }
        if !held && proxy.is_held() {
            held = true;
            if let Err(error) = meanwhile() {
                break Err(error);
            }
            proxy.release();
        }
        if let Some(status) = child.try_wait()? {
            bail!("the dispatcher ended with {status}");
        }
        if begun.elapsed() > Duration::from_secs(120) {
            break Err(anyhow::anyhow!("the dispatcher does not answer"));
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    child.kill()?;
    child.wait()?;
    ended
}

/// Answers a call to the runtime; returns what was answered to the invocation.
fn serve(mut stream: TcpStream, event: &Value) -> Result<Option<Value>> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut asked, mut length) = (String::new(), String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if asked.is_empty() {
            asked = line.clone();
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if asked.contains("/invocation/next") {
        let event = event.to_string();
        let head =
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nConnection: close\r\nContent-Length: ";
        stream.write_all(format!("{head}{}\r\n\r\n{event}", event.len()).as_bytes())?;
        return Ok(None);
    }
    stream.write_all(b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")?;
    Ok(Some(serde_json::from_slice(&body)?))
}
