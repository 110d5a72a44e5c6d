//! DisplayDataOnImage: draws measurements on an image.
//!
//! matplotlib draws them, with the fonts of the computer at hand, each text at a random place near its object's centre: no
//! two drawings are alike. So the module is taken as one that shows, and a pipeline whose later modules need the drawing is
//! not native.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use measurements::IMAGE;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DisplayDataOnImage",
    former_names: &[],
    newest_revision: 6,
    summary: "draws nothing: a pipeline that uses the drawing is not native",
    read,
};

const MEASUREMENT: &str = "Measurement to display";
const BACKGROUND: &str = "Select the image on which to display the measurements";

#[derive(Debug, PartialEq)]
struct DisplayDataOnImage {
    /// `Image` or the object set that is measured.
    object: String,
    feature: String,
    background: String,
    drawing: String,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let of = settings.choice("Display object or image measurements?", &[("Object", false), ("Image", true)]);
    let objects = settings.text("Select the input objects");
    let feature = settings.text(MEASUREMENT);
    let background = settings.text(BACKGROUND);
    settings.skip(1);
    let drawing = settings.text("Name the output image that has the measurements displayed");
    let object = if of { IMAGE.to_string() } else { objects };
    Ok(Box::new(settings.finish(DisplayDataOnImage { object, feature, background, drawing })?))
}

impl Module for DisplayDataOnImage {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![
                Need::measurement(&self.object, &self.feature, MEASUREMENT),
                Need::image(&self.background, BACKGROUND),
            ],
            images: vec![self.drawing.clone()],
            drawn: vec![self.drawing.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        workspace.image(&self.background)?;
        workspace.leave_undrawn(&self.drawing);
        Ok(())
    }
}
