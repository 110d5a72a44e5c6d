use crate::{DeferredImage, Folders, Grid, Memory, Objects, RunError, Sink, Source};
use imageset::ImageSet;
use measurements::{Record, Value};
use pixels::Image;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the modules share while they work on one image set.
pub struct Workspace<'a> {
    /// The images that are made, by name.
    pub images: BTreeMap<String, Arc<Image>>,
    /// The images that are made when they are asked for, by name.
    pub deferred: BTreeMap<String, Arc<DeferredImage<'a>>>,
    /// The object sets there are, by name.
    pub objects: BTreeMap<String, Arc<Objects>>,
    /// The grids there are, by name.
    pub grids: BTreeMap<String, Arc<Grid>>,
    /// What has been measured.
    pub record: Record,
    /// The image set: its number, group, files and metadata.
    pub image_set: &'a ImageSet,
    /// How many image sets the run has.
    pub image_set_count: usize,
    /// The default input and output folders.
    pub folders: &'a Folders,
    /// Where files come from.
    pub source: &'a dyn Source,
    /// Where files go.
    pub sink: &'a dyn Sink,
    /// What the module that runs now remembers within the group.
    pub memory: Memory,
    /// Place of the module that runs now in the pipeline, from 1.
    pub module_number: usize,
    /// Whether the pipeline works on volumes.
    pub volumetric: bool,
    /// Whether a module ended the image set: the modules after it do not run.
    pub skip: bool,
    /// Whether images stay when no module asks for them any more.
    pub keeps_images: bool,
    /// How many channels the images had that are gone.
    pub channels_of_gone: BTreeMap<String, usize>,
}

impl<'a> Workspace<'a> {
    /// Returns the workspace of an image set of a run of `image_set_count`, in which there is nothing yet.
    pub fn new(
        image_set: &'a ImageSet,
        image_set_count: usize,
        folders: &'a Folders,
        source: &'a dyn Source,
        sink: &'a dyn Sink,
    ) -> Self {
        Self {
            images: BTreeMap::new(),
            deferred: BTreeMap::new(),
            objects: BTreeMap::new(),
            grids: BTreeMap::new(),
            record: Record::new(image_set.number),
            image_set,
            image_set_count,
            folders,
            source,
            sink,
            memory: Memory::default(),
            module_number: 0,
            volumetric: image_set.channels.iter().any(|c| c.spacing.is_some()),
            skip: false,
            keeps_images: false,
            channels_of_gone: BTreeMap::new(),
        }
    }

    /// Lets go of those of `names` that nothing descends from which stays: a mask or a file may be looked up in a parent.
    pub(crate) fn let_go(&mut self, names: &mut BTreeSet<String>) {
        // Of what an image will descend from that is not made yet, nothing is known.
        if self.deferred.values().any(|deferred| deferred.made().is_none()) {
            return;
        }
        let gone = |workspace: &Self, name: &String| {
            let made = workspace.deferred.iter().filter_map(|(name, d)| Some((name, d.made()?)));
            let mut images = workspace.images.iter().map(|(name, image)| (name, image.clone())).chain(made);
            let is_parent = |parent: &Option<String>| parent.as_ref() == Some(name);
            !images.any(|(own, image)| own != name && is_parent(&image.parent))
                && !workspace.objects.values().any(|objects| is_parent(&objects.parent_image))
        };
        while let Some(name) = names.iter().find(|name| gone(self, name)).cloned() {
            names.remove(&name);
            if let Some(image) = self.images.remove(&name) {
                self.channels_of_gone.insert(name.clone(), image.shape().channels);
            }
            self.deferred.remove(&name);
        }
    }

    /// Returns the image called `name`.
    ///
    /// # Errors
    /// When no module made it, or it is made only now and that fails.
    pub fn image(&self, name: &str) -> Result<Arc<Image>, RunError> {
        match (self.images.get(name), self.deferred.get(name)) {
            (Some(image), _) => Ok(image.clone()),
            (None, Some(deferred)) => deferred.get(),
            (None, None) => {
                Err(RunError::Refused(format!("no image is called `{name}`: no module before made it")))
            }
        }
    }

    /// Returns the names of all images, made or to be made, in alphabetical order.
    pub fn image_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.images.keys().chain(self.deferred.keys()).cloned().collect();
        names.sort_unstable();
        names
    }

    /// Returns the object set called `name`.
    ///
    /// # Errors
    /// When nothing made it.
    pub fn objects(&self, name: &str) -> Result<Arc<Objects>, RunError> {
        let found = self.objects.get(name).cloned();
        found.ok_or_else(|| {
            RunError::Refused(format!("no objects are called `{name}`: no module before made them"))
        })
    }

    /// Returns a measurement of the image as a number.
    ///
    /// # Errors
    /// When no module made it, or it is text that is no number.
    pub fn image_measurement(&self, feature: &str) -> Result<f64, RunError> {
        match self.record.image.get(feature) {
            Some(Value::Float(value)) => Ok(*value),
            Some(Value::Integer(value)) => Ok(*value as f64),
            Some(Value::Text(text)) => text
                .trim()
                .parse()
                .map_err(|_| RunError::Refused(format!("measurement `{feature}` is `{text}`, not a number"))),
            None => Err(RunError::Refused(format!(
                "the image has no measurement `{feature}`: no module before made it"
            ))),
        }
    }

    /// Adds an image, in place of one of that name.
    pub fn add_image(&mut self, name: &str, image: impl Into<Arc<Image>>) {
        self.deferred.remove(name);
        self.images.insert(name.to_string(), image.into());
    }

    /// Adds an object set, in place of one of that name.
    pub fn add_objects(&mut self, name: &str, objects: Objects) {
        self.objects.insert(name.to_string(), Arc::new(objects));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalFiles;
    use pixels::Plane;

    #[test]
    fn an_image_stays_as_long_as_another_descends_from_it() {
        let (set, folders) = (ImageSet::default(), Folders::default());
        let mut workspace = Workspace::new(&set, 1, &folders, &LocalFiles, &LocalFiles);
        let image = |parent: Option<&str>| Image {
            parent: parent.map(String::from),
            ..Image::grey(Plane::zeros(1, 1))
        };
        workspace.add_image("DNA", image(None));
        workspace.add_image("Bright", image(Some("DNA")));
        let mut done_with = BTreeSet::from(["DNA".to_string()]);
        workspace.let_go(&mut done_with);
        assert_eq!(workspace.image_names(), ["Bright", "DNA"]);
        done_with.insert("Bright".to_string());
        workspace.let_go(&mut done_with);
        assert_eq!(workspace.image_names(), [""; 0]);
    }
}
