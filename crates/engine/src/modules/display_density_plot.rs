//! DisplayDensityPlot: shows two measurements of objects in a window; without one only asks for them.

use crate::shown::Shown;
use crate::{Kind, Module};
use cppipe::{Problem, Settings};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DisplayDensityPlot",
    former_names: &[],
    newest_revision: 1,
    summary: "does nothing: there is no window to show a plot in",
    read,
};

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let mut shown = Shown::default();
    for axis in ["X", "Y"] {
        let objects = settings.text(&format!("Select the object to display on the {axis}-axis"));
        let question = format!("Select the object measurement to plot on the {axis}-axis");
        let feature = settings.text(&question);
        shown.add(&objects, &feature, &question);
    }
    Ok(Box::new(settings.finish(shown)?))
}
