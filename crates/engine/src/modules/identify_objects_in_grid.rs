//! IdentifyObjectsInGrid: makes an object of each spot of a grid.

mod spots;

use crate::identified::flat_object_columns;
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use pixels::Plane;
use spots::Spots;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "IdentifyObjectsInGrid",
    former_names: &[],
    newest_revision: 3,
    summary: "makes an object of each spot of a grid",
    read,
};

const GUIDES: &str = "Select the guiding objects";

#[derive(Debug, PartialEq)]
struct IdentifyObjectsInGrid {
    grid: String,
    output: String,
    shape: Form,
    /// The circles' diameter; `None` is that of the guiding objects.
    diameter: Option<f64>,
    guides: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Rectangle,
    Circle,
    CircleAtObjects,
    Objects,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let grid = settings.text("Select the defined grid");
    let output = settings.text("Name the objects to be identified");
    let shapes = [
        ("Rectangle Forced Location", Form::Rectangle),
        ("Circle Forced Location", Form::Circle),
        ("Circle Natural Location", Form::CircleAtObjects),
        ("Natural Shape and Location", Form::Objects),
    ];
    let shape = settings.choice("Select object shapes and locations", &shapes);
    let automatic = settings
        .choice("Specify the circle diameter automatically?", &[("Automatic", true), ("Manual", false)]);
    let diameter: i64 = settings.number_within(2.., 20);
    let guides = settings.text(GUIDES);
    let diameter = (!automatic).then_some(diameter as f64);
    Ok(Box::new(settings.finish(IdentifyObjectsInGrid { grid, output, shape, diameter, guides })?))
}

/// Brings the answers into the newest revision's order: two at the end are gone, and names of shapes have changed.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision < 2
        && let Some(shape) = values.get_mut(2)
    {
        match shape.as_str() {
            "Rectangle" => *shape = "Rectangle Forced Location".into(),
            "Natural Shape" => *shape = "Natural Shape and Location".into(),
            _ => {}
        }
    }
    if revision < 3 {
        values.truncate(values.len().saturating_sub(2));
    }
    values
}

impl IdentifyObjectsInGrid {
    fn has_guides(&self) -> bool {
        match self.shape {
            Form::Rectangle => false,
            Form::Circle => self.diameter.is_none(),
            Form::CircleAtObjects | Form::Objects => true,
        }
    }
}

impl Module for IdentifyObjectsInGrid {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: self.has_guides().then(|| Need::objects(&self.guides, GUIDES)).into_iter().collect(),
            objects: vec![self.output.clone()],
            columns: flat_object_columns(&self.output),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let grid = workspace.grids.get(&self.grid).cloned();
        let grid = grid.ok_or_else(|| RunError::Refused(format!("no grid is called `{}`", self.grid)))?;
        let guides = if self.has_guides() {
            let objects = workspace.objects(&self.guides)?;
            let labels = objects.segmented.as_plane().cloned();
            Some(labels.ok_or_else(|| {
                RunError::Refused(format!("the objects `{}` overlap, or are a volume", self.guides))
            })?)
        } else {
            None
        };
        let spots = Spots::new(&grid, guides.as_ref())?;
        let labels = match self.shape {
            Form::Rectangle => spots.rectangles().clone(),
            Form::Circle => spots.circles(&spots.places(), self.diameter)?,
            Form::CircleAtObjects => spots.circles(&spots.places_of_objects()?, self.diameter)?,
            Form::Objects => spots.objects()?,
        };
        note(&mut workspace.record, &self.output, &labels, grid.rows * grid.columns);
        workspace.add_objects(&self.output, Objects::new(labels));
        Ok(())
    }
}

/// Notes the centre and number of every spot, be it empty, and how many spots there are.
fn note(record: &mut measurements::Record, name: &str, labels: &Plane<u32>, count: usize) {
    let mut found = algorithms::centers::centers(labels);
    let nowhere = algorithms::centers::Center { x: f64::NAN, y: f64::NAN };
    found.resize(count, nowhere);
    record.object_floats(name, "Location_Center_X", found.iter().map(|c| c.x).collect());
    record.object_floats(name, "Location_Center_Y", found.iter().map(|c| c.y).collect());
    record.object_integers(name, "Number_Object_Number", (1..=count as i64).collect());
    record.image_float(format!("Count_{name}"), count as f64);
}
