use crate::RunError;
use pixels::{Labels, Plane};

/// An object set, as CellProfiler's `Objects`.
#[derive(Clone, Debug, PartialEq)]
pub struct Objects {
    /// The objects.
    pub segmented: Labels,
    /// Before objects at the border or of the wrong size were taken away.
    pub unedited: Option<Labels>,
    /// With only the small ones taken away.
    pub small_removed: Option<Labels>,
    /// The image the objects were found in; its mask and crop are theirs.
    pub parent_image: Option<String>,
}

impl Objects {
    /// Returns an object set that was never edited.
    pub fn new(segmented: impl Into<Labels>) -> Self {
        Self { segmented: segmented.into(), unedited: None, small_removed: None, parent_image: None }
    }

    /// Returns the labels as one plane, for a module that takes no others; `name` is what the object set is called.
    ///
    /// # Errors
    /// When objects overlap, or are volumes.
    pub fn flat(&self, name: &str) -> Result<&Plane<u32>, RunError> {
        self.segmented.as_plane().ok_or_else(|| match self.segmented {
            Labels::Dense(_) => RunError::NotNative(format!("the volume of objects `{name}`")),
            Labels::Overlapping(_) => {
                RunError::Refused(format!("objects `{name}` overlap: they must not here"))
            }
        })
    }

    /// Returns the number of objects (the greatest label).
    pub fn count(&self) -> usize {
        self.segmented.count()
    }

    /// Returns the labels before any were taken away; `segmented` where that is not known.
    pub fn unedited(&self) -> &Labels {
        self.unedited.as_ref().unwrap_or(&self.segmented)
    }

    /// Returns the labels with only small objects taken away; falls back to unedited, then segmented.
    pub fn small_removed(&self) -> &Labels {
        self.small_removed.as_ref().unwrap_or_else(|| self.unedited())
    }
}
