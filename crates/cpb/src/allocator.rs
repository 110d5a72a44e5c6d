//! The allocator, and how long it keeps the pages of images that are gone.

/// Images come and go by the megabyte: this allocator keeps their pages for the next ones instead of asking the system for
/// each anew. Its version 2, as 3 takes a fifth more memory at the peak.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long pages are kept, in milliseconds: 10 unless said, which gives those of an image back before the next module
/// wants them (of the CPU time of an analysis a twentieth, on a busy machine more).
const PURGE_DELAY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "10000");

/// Starts this program over with pages kept for longer, unless that is said already: the allocator asks the environment
/// alone, and before `main` does.
pub fn keep_pages() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let (name, value) = PURGE_DELAY;
        let mut arguments = std::env::args_os();
        let (None, Some(own_name), Ok(program)) =
            (std::env::var_os(name), arguments.next(), std::env::current_exe())
        else {
            return;
        };
        // It returns only where it cannot be started, and then this process does the work as it is.
        let _ = std::process::Command::new(program).arg0(own_name).args(arguments).env(name, value).exec();
    }
}
