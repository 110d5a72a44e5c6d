//! MakeProjection: makes one image of those of a whole group: their mean, their greatest values …

mod projection;

use crate::{Declaration, Group, Kind, Memory, Module, Need, RunError, Scope, Upstream, Workspace};
use cppipe::{Problem, Settings};
use projection::{Method, Projection};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MakeProjection",
    former_names: &[],
    newest_revision: 2,
    summary: "makes one image of those of a group: their mean, maximum, variance …",
    read,
};

const INPUT: &str = "Select the input image";
const TYPE: &str = "Type of projection";
const OUTPUT: &str = "Name the output image";

#[derive(Debug, PartialEq)]
struct MakeProjection {
    input: String,
    method: Method,
    output: String,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 {
        values.push("6".to_string());
    }
    let mut settings = Settings::upgraded(module, values);
    let input = settings.text(INPUT);
    let methods = [
        ("Average", Method::Average),
        ("Maximum", Method::Maximum),
        ("Minimum", Method::Minimum),
        ("Sum", Method::Sum),
        ("Variance", Method::Variance),
        ("Power", Method::Power(0.0)),
        ("Brightfield", Method::Brightfield),
        ("Mask", Method::Mask),
    ];
    let method = settings.choice(TYPE, &methods);
    let output = settings.text(OUTPUT);
    let frequency = settings.number_within(1.0.., 6.0);
    let method = if matches!(method, Method::Power(_)) { Method::Power(frequency) } else { method };
    Ok(Box::new(settings.finish(MakeProjection { input, method, output })?))
}

/// What is remembered of the group's images; images that wait to be made look here too.
type Shared = Arc<Mutex<Option<Projection>>>;

impl Module for MakeProjection {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.input, INPUT)],
            images: vec![self.output.clone()],
            scope: Scope::Group,
            ..Declaration::default()
        }
    }

    fn start_group(&self, _group: &Group<'_>) -> Result<Memory, RunError> {
        Ok(Memory::new(Shared::default()))
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        if image.volumetric {
            return Err(RunError::NotNative(format!("projecting the volume `{}`", self.input)));
        }
        let mask = workspace.mask_of(&image)?.map(Cow::into_owned);
        let shared: &mut Shared = workspace.memory.get();
        {
            let mut so_far = shared.lock().unwrap_or_else(PoisonError::into_inner);
            match so_far.as_mut() {
                None => *so_far = Some(Projection::start(self.method, &image.pixels, mask)?),
                Some(projection) => projection.add(&image.pixels, mask)?,
            }
        }
        self.provide(workspace);
        Ok(())
    }

    fn end_group(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        // An image set that ended early has not come by this module.
        if !workspace.image_names().contains(&self.output) {
            self.provide(workspace);
        }
        Ok(())
    }
}

impl MakeProjection {
    /// Adds the projection of the images that have come when it is asked for.
    fn provide(&self, workspace: &mut Workspace<'_>) {
        let shared = workspace.memory.get::<Shared>().clone();
        let input = self.input.clone();
        workspace.defer_image(&self.output, move || {
            let so_far = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let projection = so_far.as_ref().ok_or_else(|| {
                RunError::Refused(format!("no image `{input}` of this group was left to project"))
            })?;
            projection.image()
        });
    }
}
