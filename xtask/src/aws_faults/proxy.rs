//! A proxy before the emulator, for one process: it counts the process's calls, and lets something happen to one of them.
//!
//! Calls to Batch it answers itself ([`RecordedBatch`]): what was submitted is looked at, and run when a test wants it.

use super::recorded_batch::RecordedBatch;
use anyhow::{Result, bail};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed before the call is done.
    KillBefore,
    /// The process is killed when it is done, before it hears of it.
    KillAfter,
    /// The call is not done: a fault of the server.
    Fail,
    /// The call is not done: the service asks for patience, each in its own words.
    Throttle,
    /// The call is done, the answer is lost.
    LoseAnswer,
    /// The call is done later: another dispatcher with the same message comes first.
    Hold,
    /// The call is done much later: the other dispatcher, the workers and the merge come first.
    HoldLong,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::KillBefore,
        Self::KillAfter,
        Self::Fail,
        Self::Throttle,
        Self::LoseAnswer,
        Self::Hold,
        Self::HoldLong,
    ];
}

/// A proxy on a port of its own.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    url: String,
    emulator: String,
    batch: Arc<Mutex<RecordedBatch>>,
    fault: Option<(usize, Fault)>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: Vec<String>,
    killed: bool,
    held: bool,
    released: bool,
}

impl Proxy {
    /// Starts a proxy; the `k`th call, from 1, has a fault.
    pub fn start(
        emulator: &str,
        batch: &Arc<Mutex<RecordedBatch>>,
        fault: Option<(usize, Fault)>,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let inner = Inner {
            url: format!("http://{}", listener.local_addr()?),
            emulator: emulator.to_string(),
            batch: Arc::clone(batch),
            fault,
            state: Mutex::default(),
            changed: Condvar::new(),
        };
        let proxy = Self(Arc::new(inner));
        let served = proxy.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let proxy = served.clone();
                // A client that is killed in a call leaves a broken connection: that is the test.
                std::thread::spawn(move || proxy.serve(stream).ok());
            }
        });
        Ok(proxy)
    }

    /// Returns the URL that takes the emulator's place.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Returns the calls so far, each a line.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// Returns whether the process is to be killed.
    pub fn is_killed(&self) -> bool {
        self.state().killed
    }

    /// Returns whether a call is held.
    pub fn is_held(&self) -> bool {
        self.state().held
    }

    /// Lets a call go on that is held.
    pub fn release(&self) {
        self.state().released = true;
        self.0.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call and returns what happens to it; nothing is done for a process that is dead.
    fn next(&self, line: &str) -> Result<Option<Fault>> {
        let mut state = self.state();
        if state.killed {
            bail!("the process is dead");
        }
        state.calls.push(line.to_string());
        let fault = self.0.fault.filter(|(k, _)| *k == state.calls.len()).map(|(_, fault)| fault);
        match fault {
            Some(Fault::KillBefore) => {
                state.killed = true;
                bail!("killed before the call");
            }
            Some(Fault::KillAfter) => state.killed = true,
            Some(Fault::Hold | Fault::HoldLong) => {
                state.held = true;
                while !state.released {
                    state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
            _ => {}
        }
        Ok(fault)
    }

    fn serve(&self, mut client: TcpStream) -> Result<()> {
        let request = Request::read(&client)?;
        let service = request.service();
        let line = format!("{service} {}", request.what());
        let fault = self.next(&line)?;
        let answer = match fault {
            Some(Fault::Fail) => {
                answered("500 Internal Server Error", "<Error><Code>InternalError</Code></Error>")
            }
            Some(Fault::Throttle) => throttled(&service),
            _ if service == "batch" => {
                let mut batch = self.0.batch.lock().unwrap_or_else(PoisonError::into_inner);
                match batch.call(&request.path, &request.body) {
                    Ok(answer) => answered("200 OK", &answer.to_string()),
                    Err(refused) => answered(
                        "400 Bad Request",
                        &serde_json::json!({"__type": "ClientException", "message": refused.to_string()})
                            .to_string(),
                    ),
                }
            }
            _ => request.forward(&self.0.emulator)?,
        };
        if !matches!(fault, Some(Fault::KillAfter | Fault::LoseAnswer)) {
            client.write_all(&answer)?;
        }
        Ok(())
    }
}

fn answered(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Returns how a service says that there were too many calls.
fn throttled(service: &str) -> Vec<u8> {
    match service {
        "s3" => answered(
            "503 Slow Down",
            "<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>",
        ),
        "batch" => answered(
            "429 Too Many Requests",
            r#"{"__type": "TooManyRequestsException", "message": "Too Many Requests"}"#,
        ),
        _ => answered("400 Bad Request", r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#),
    }
}

/// A request as it came.
struct Request {
    head: Vec<String>,
    path: String,
    body: Vec<u8>,
}

impl Request {
    fn read(client: &TcpStream) -> io::Result<Self> {
        let mut reader = BufReader::new(client);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_string()),
            }
        }
        let path = head[0].split(' ').nth(1).unwrap_or_default().to_string();
        let mut request = Self { head, path, body: Vec::new() };
        let length = request.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body)?;
        Ok(request)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.iter().skip(1).filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(is, _)| is.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the service that the signature names.
    fn service(&self) -> String {
        let scope = self.header("authorization").and_then(|text| text.split("/aws4_request").next());
        scope.and_then(|scope| scope.rsplit('/').next()).unwrap_or("unsigned").to_string()
    }

    fn what(&self) -> String {
        let action = self.header("x-amz-target").and_then(|target| target.rsplit('.').next());
        let form = String::from_utf8_lossy(&self.body);
        let action = action.or_else(|| form.strip_prefix("Action=")?.split('&').next());
        action.map_or_else(
            || format!("{} {}", self.head[0].split(' ').next().unwrap_or_default(), self.path),
            String::from,
        )
    }

    /// Makes the call at the emulator; returns its answer as it came.
    fn forward(&self, emulator: &str) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(emulator)?;
        let mut head = String::new();
        for line in self.head.iter().filter(|line| !line.to_lowercase().starts_with("connection:")) {
            head.push_str(line);
            head.push_str("\r\n");
        }
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
        stream.write_all(&self.body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}
