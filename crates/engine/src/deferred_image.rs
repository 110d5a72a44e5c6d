use crate::{RunError, Workspace};
use pixels::Image;
use std::fmt;
use std::sync::{Arc, OnceLock};

type Make<'a> = dyn Fn() -> Result<Arc<Image>, RunError> + Send + Sync + 'a;

/// An image that is made when it is first asked for.
///
/// CellProfiler loads files and computes illumination functions of whole groups this way: what no module asks for
/// costs nothing, and its errors come up where it is asked for.
pub struct DeferredImage<'a> {
    made: OnceLock<Arc<Image>>,
    make: Box<Make<'a>>,
}

impl DeferredImage<'_> {
    /// Returns the image, made now unless it is there already.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn get(&self) -> Result<Arc<Image>, RunError> {
        if let Some(image) = self.made.get() {
            return Ok(image.clone());
        }
        let image = (self.make)()?;
        Ok(self.made.get_or_init(|| image).clone())
    }

    /// Returns the image if it has been made.
    pub fn made(&self) -> Option<Arc<Image>> {
        self.made.get().cloned()
    }
}

impl fmt::Debug for DeferredImage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredImage").field("made", &self.made.get().is_some()).finish()
    }
}

impl<'a> Workspace<'a> {
    /// Adds an image that `make` makes when it is first asked for, in place of one of that name.
    pub fn defer_image<I: Into<Arc<Image>>>(
        &mut self,
        name: &str,
        make: impl Fn() -> Result<I, RunError> + Send + Sync + 'a,
    ) {
        self.images.remove(name);
        let make = move || make().map(Into::into);
        let deferred = DeferredImage { made: OnceLock::new(), make: Box::new(make) };
        self.deferred.insert(name.to_string(), Arc::new(deferred));
    }

    /// Notes that an image called `name` would be there if matplotlib had drawn it; whoever asks for it learns that it is
    /// not native.
    pub fn leave_undrawn(&mut self, name: &str) {
        let message =
            format!("the image `{name}` is a drawing of matplotlib's, which only CellProfiler makes");
        self.defer_image(name, move || Err::<Image, _>(RunError::NotNative(message.clone())));
    }

    /// Returns the image called `name` if it is one that nobody has asked for yet, to make another depend on it
    /// without making it.
    pub fn deferred_image(&self, name: &str) -> Option<Arc<DeferredImage<'a>>> {
        self.deferred.get(name).filter(|d| d.made().is_none()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::Plane;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_deferred_image_is_made_once() {
        let times = AtomicUsize::new(0);
        let make = || {
            times.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::new(Image::grey(Plane::zeros(1, 1))))
        };
        let deferred = DeferredImage { made: OnceLock::new(), make: Box::new(make) };
        assert!(deferred.made().is_none());
        assert!(Arc::ptr_eq(&deferred.get().unwrap(), &deferred.get().unwrap()));
        assert_eq!(times.load(Ordering::Relaxed), 1);
    }
}
