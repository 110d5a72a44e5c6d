//! CorrectIlluminationCalculate: finds how unevenly images are lit.

mod function;
mod settings;
mod total;

use crate::{Declaration, Group, Kind, Memory, Module, Need, RunError, Scope, Upstream, Workspace};
use function::{Function, Method, Step};
use imageset::ImageSet;
use pixels::Image;
use std::sync::{Arc, OnceLock};
use total::Total;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "CorrectIlluminationCalculate",
    former_names: &[],
    newest_revision: 2,
    summary: "finds how unevenly images are lit, one by one or over a group",
    read: settings::read,
};

const IMAGE: &str = "Select the input image";

#[derive(Debug)]
struct CorrectIlluminationCalculate {
    image: String,
    function: String,
    /// What to call the averaged image, if it is kept.
    average: Option<String>,
    /// What to call the dilated image, if it is kept.
    dilated: Option<String>,
    basis: Basis,
    method: Arc<Method>,
}

/// What images one function is made from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Basis {
    /// Each image has its own.
    Each,
    /// All of the group, loaded before its first image set.
    FirstCycle,
    /// All of the group, gathered as they come; complete in the last image set.
    AcrossCycles,
    /// Old pipelines: the first cycle when the image comes from a file, else across cycles.
    All,
}

impl Basis {
    /// Returns which of the others `All` means in this image set.
    fn settled(self, image: &str, set: Option<&ImageSet>) -> Self {
        let from_file = || set.is_some_and(|set| set.channels.iter().any(|c| c.name == image));
        match self {
            Self::All if from_file() => Self::FirstCycle,
            Self::All => Self::AcrossCycles,
            other => other,
        }
    }
}

/// What is remembered of the group's images.
#[derive(Default)]
struct Gathered {
    total: Arc<Total>,
    /// The function made of them, for as long as no image is added.
    made: Arc<OnceLock<Function<Arc<Image>>>>,
}

impl Module for CorrectIlluminationCalculate {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let kept = [Some(&self.function), self.average.as_ref(), self.dilated.as_ref()];
        Declaration {
            needs: vec![Need::image(&self.image, IMAGE)],
            images: kept.into_iter().flatten().cloned().collect(),
            scope: if self.basis == Basis::Each { Scope::ImageSet } else { Scope::Group },
            ..Declaration::default()
        }
    }

    fn start_group(&self, group: &Group<'_>) -> Result<Memory, RunError> {
        let mut total = Total::default();
        if self.basis.settled(&self.image, group.image_sets.first()) == Basis::FirstCycle {
            for index in 0..group.image_sets.len() {
                let image = (group.load)(index, &self.image)?;
                let mask = image.mask.as_ref().and_then(|mask| mask.as_plane()).cloned();
                total.add(self.method.prepared(&image, mask, &self.image)?)?;
            }
        }
        Ok(Memory::new(Gathered { total: Arc::new(total), made: Arc::default() }))
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        match self.basis.settled(&self.image, Some(workspace.image_set)) {
            Basis::Each => return self.run_each(workspace),
            Basis::FirstCycle => {}
            Basis::AcrossCycles | Basis::All => {
                let image = self.gather(workspace)?;
                let gathered: &mut Gathered = workspace.memory.get();
                Arc::make_mut(&mut gathered.total).add(image)?;
                gathered.made = Arc::default();
            }
        }
        self.provide(workspace, &[]);
        Ok(())
    }

    fn end_group(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        if self.basis != Basis::Each {
            // An image set that ended early has not come by this module.
            let there = workspace.image_names();
            self.provide(workspace, &there);
        }
        Ok(())
    }
}

impl CorrectIlluminationCalculate {
    /// Makes the function of this image set's image alone; it reaches beyond the image's mask.
    fn run_each(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let average = self.gather(workspace)?;
        let has_mask = average.mask.is_some();
        let function = self.method.function(average, true, &self.image)?;
        let parent = workspace.image(&self.image)?;
        let shape = parent.shape();
        let all = || Some(pixels::Plane::filled(shape.height, shape.width, true).into());
        let mut image = workspace.derived_image(&parent, function.scaled.pixels.clone())?;
        image.mask = all();
        workspace.add_image(&self.function, image);
        for (name, step) in [(&self.average, &function.average), (&self.dilated, &function.dilated)] {
            let Some(name) = name else { continue };
            let mut image = workspace.derived_image(&parent, step.pixels.clone())?;
            if Arc::ptr_eq(step, &function.scaled) {
                image.mask = all();
            }
            workspace.add_image(name, image);
        }
        // Where no step changes anything CellProfiler's function is the image itself, and its mask that of the image.
        if !has_mask && self.method.blackens() && Arc::ptr_eq(&function.average, &function.scaled) {
            workspace.add_image(&self.image, Image { mask: all(), ..(*parent).clone() });
        }
        Ok(())
    }

    /// Returns this image set's image prepared for averaging; blackens the image itself outside its mask, as
    /// CellProfiler does, which later modules see.
    fn gather(&self, workspace: &mut Workspace<'_>) -> Result<Step, RunError> {
        let image = workspace.image(&self.image)?;
        let mask = workspace.mask_of(&image)?.map(|mask| mask.into_owned());
        let prepared = self.method.prepared(&image, mask, &self.image)?;
        if prepared.mask.is_some() && self.method.blackens() {
            let mut blackened = (*image).clone();
            blackened.pixels = function::blackened(&image.pixels, prepared.mask.as_ref());
            workspace.add_image(&self.image, blackened);
        }
        Ok(prepared)
    }

    /// Adds the group's function, made when it is asked for, and the images kept on the way, but those in `there`.
    fn provide(&self, workspace: &mut Workspace<'_>, there: &[String]) {
        let gathered: &mut Gathered = workspace.memory.get();
        let (total, made) = (gathered.total.clone(), gathered.made.clone());
        let picks: [(Option<&String>, fn(&Function<Arc<Image>>) -> &Arc<Image>); 3] = [
            (Some(&self.function), |f| &f.scaled),
            (self.average.as_ref(), |f| &f.average),
            (self.dilated.as_ref(), |f| &f.dilated),
        ];
        for (name, pick) in picks {
            let Some(name) = name.filter(|name| !there.contains(name)) else { continue };
            let (total, made, method) = (total.clone(), made.clone(), self.method.clone());
            let source = self.image.clone();
            workspace.defer_image(name, move || {
                if let Some(function) = made.get() {
                    return Ok(pick(function).clone());
                }
                let average = total.average().ok_or_else(|| {
                    RunError::Refused(format!("no image `{source}` of this group was left to average"))
                })?;
                let function = method.function(average, false, &source)?.map(Step::image);
                Ok(pick(made.get_or_init(|| function)).clone())
            });
        }
    }
}
