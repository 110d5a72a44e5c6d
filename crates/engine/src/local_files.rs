use crate::{OpenFile, Sink, Source};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Files of this machine: reads and writes paths as they are given.
///
/// A file is written under a name of its own beside its place and then renamed, so that nobody ever sees half of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalFiles;

impl Source for LocalFiles {
    fn read(&self, location: &str) -> io::Result<Vec<u8>> {
        fs::read(location)
    }
}

impl Sink for LocalFiles {
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = LocalFile::create(Path::new(path))?;
        file.write_all(bytes)?;
        Box::new(file).finish()
    }

    fn create<'a>(&'a self, path: &str) -> io::Result<Box<dyn OpenFile + 'a>> {
        Ok(Box::new(LocalFile::create(Path::new(path))?))
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(path).is_file()
    }
}

/// A file that gets its name when it is finished.
struct LocalFile {
    place: PathBuf,
    draft: Draft,
    out: BufWriter<File>,
}

/// The file under its own name; removed unless it was renamed before.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // Whoever abandons a file has another error to tell; a draft that is gone already is what we want.
        let _ = fs::remove_file(&self.0);
    }
}

impl LocalFile {
    fn create(place: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = place.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let draft = folder.join(format!(".cpb-{}-{number}.part", std::process::id()));
        let out = BufWriter::with_capacity(1 << 16, File::create(&draft)?);
        Ok(Self { place: place.to_path_buf(), draft: Draft(draft), out })
    }
}

impl Write for LocalFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.out.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl OpenFile for LocalFile {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()?;
        fs::rename(&self.draft.0, &self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/Image.csv");
        let path = path.to_str().expect("a path");
        LocalFiles.create(path).expect("a file").write_all(b"1").expect("written");
        assert_eq!(fs::read_dir(folder.path().join("a")).expect("the folder").count(), 0);
        let mut file = LocalFiles.create(path).expect("a file");
        file.write_all(b"2").expect("written");
        assert!(!LocalFiles.exists(path));
        file.finish().expect("finished");
        assert_eq!(LocalFiles.read(path).expect("read"), b"2");
        assert_eq!(fs::read_dir(folder.path().join("a")).expect("the folder").count(), 1);
    }
}
