//! DisplayScatterPlot: shows two measurements in a window; without one only asks for them.

use crate::shown::Shown;
use crate::{Kind, Module};
use cppipe::{Problem, Settings};
use measurements::IMAGE;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DisplayScatterPlot",
    former_names: &[],
    newest_revision: 2,
    summary: "does nothing: there is no window to show a plot in",
    read,
};

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::upgraded(module, upgraded(module));
    let mut shown = Shown::default();
    for axis in ["X", "Y"] {
        let source = settings.text(&format!("Type of measurement to plot on {axis}-axis"));
        let objects = settings.text(&format!("Select the object to plot on the {axis}-axis"));
        let question = format!("Select the measurement to plot on the {axis}-axis");
        let feature = settings.text(&question);
        shown.add(if source == IMAGE { IMAGE } else { &objects }, &feature, &question);
    }
    Ok(Box::new(settings.finish(shown)?))
}

/// Brings the answers into the order of revision 2, where each axis has a source of its own.
fn upgraded(module: &cppipe::Module) -> Vec<String> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 && values.len() >= 3 {
        if values[0] == IMAGE {
            values.splice(1..2, ["None".into(), values[1].clone(), IMAGE.into(), "None".into()]);
        } else {
            values.insert(3, "Object".into());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(revision: u32, values: &[&str]) -> cppipe::Module {
        let setting = |v: &&str| cppipe::Setting { label: String::new(), value: v.to_string() };
        let settings = values.iter().map(setting).collect();
        let name = "DisplayScatterPlot".to_string();
        cppipe::Module { name, number: 1, revision, enabled: true, notes: Vec::new(), settings }
    }

    #[test]
    fn both_forms_of_the_first_revision_get_a_source_an_axis() {
        let of_image = upgraded(&module(1, &["Image", "A", "B", "linear", "linear", ""]));
        assert_eq!(of_image, ["Image", "None", "A", "Image", "None", "B", "linear", "linear", ""]);
        let of_objects = upgraded(&module(1, &["Object", "Nuclei", "A", "Cells", "B", "log"]));
        assert_eq!(of_objects, ["Object", "Nuclei", "A", "Object", "Cells", "B", "log"]);
    }
}
