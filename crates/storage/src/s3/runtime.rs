use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc;
use tokio::runtime::{Builder, Runtime};

/// Runs a future on threads that all stores share, and waits for it.
///
/// The caller's thread only waits, so it may belong to another runtime.
///
/// # Errors
/// When no threads can be had.
pub fn wait<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let (send, receive) = mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        // The receiver below waits as long as this runs.
        let _ = send.send(future.await);
    });
    receive.recv().map_err(|_| io::Error::other("the call was given up by a fault of ours"))
}

fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        // Fails when the program has chosen a provider already: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Builder::new_multi_thread().worker_threads(2).thread_name("storage").enable_all().build()
    });
    made.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))
}
