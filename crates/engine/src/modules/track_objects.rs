//! TrackObjects: follows objects from image set to image set of a group, by overlap or by distance.

mod follow;
mod revise;
mod tracks;

use crate::identified::flat;
use crate::{
    Declaration, Kind, Module, Need, RecordSink, Relates, RunError, RunFacts, Scope, Upstream, Workspace,
};
use cppipe::{Problem, Settings};
use follow::{Followed, Links};
use measurements::{Column, IMAGE, Record, Relationship};
use tracks::Tracks;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "TrackObjects",
    former_names: &[],
    newest_revision: 7,
    summary: "follows objects from image set to image set, by overlap or distance",
    read,
};

const METHOD: &str = "Choose a tracking method";
const OBJECTS: &str = "Select the objects to track";

#[derive(Debug, PartialEq)]
struct TrackObjects {
    objects: String,
    method: Method,
    /// The answer to "Maximum pixel distance to consider matches", part of the features' names.
    distance: u32,
    /// The name of the picture that matplotlib draws.
    drawing: Option<String>,
    lifetimes: Option<Lifetimes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Overlap,
    Distance,
}

/// How long what is kept lives: longer than the one, shorter than the other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lifetimes {
    longer: f64,
    shorter: f64,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::upgraded(module, upgraded(module));
    let methods = [
        ("Overlap", Some(Method::Overlap)),
        ("Distance", Some(Method::Distance)),
        ("Measurements", None),
        ("LAP", None),
        ("Follow Neighbors", None),
    ];
    let named = s.peek(0).unwrap_or_default().to_string();
    let method = s.choice(METHOD, &methods).unwrap_or_else(|| {
        s.not_native(METHOD, format!("tracking by `{named}`"));
        Method::Overlap
    });
    let objects = s.text(OBJECTS);
    s.skip(1);
    let distance = s.number_within(1.., 50);
    s.skip(1);
    let draws = s.yes("Save color-coded image?");
    let drawing = s.text("Name the output image");
    s.skip(11);
    let filters = s.yes("Filter objects by lifetime?");
    let mut limit = |wanted: &str, default: f64, none: f64| {
        let wanted = s.yes(wanted);
        let value = s.number_within(1.0.., default);
        if wanted { value } else { none }
    };
    let longer = limit("Filter using a minimum lifetime?", 1.0, f64::NEG_INFINITY);
    let shorter = limit("Filter using a maximum lifetime?", 100.0, f64::INFINITY);
    Ok(Box::new(s.finish(TrackObjects {
        objects,
        method,
        distance,
        drawing: draws.then_some(drawing),
        lifetimes: filters.then_some(Lifetimes { longer, shorter }),
    })?))
}

/// Brings the answers into the order of revision 7, as far as they are read.
fn upgraded(module: &cppipe::Module) -> Vec<String> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut add = |more: &[&str]| values.extend(more.iter().map(ToString::to_string));
    if module.revision < 2 {
        add(&["100", "100"]);
    }
    if module.revision < 3 {
        add(&["40", "40", "40", "50", "50", "50", "5"]);
    }
    if module.revision < 4 && values.len() >= 9 {
        values.splice(7..9, ["Both", "3", "2,10"].map(String::from));
    }
    if module.revision < 5 {
        values.extend(["No", "Yes", "1", "No", "100"].map(String::from));
    }
    values
}

const LABEL: &str = "Label";
const PARENT: &str = "ParentObjectNumber";
const PARENT_IMAGE: &str = "ParentImageNumber";
const TRAJECTORY_X: &str = "TrajectoryX";
const TRAJECTORY_Y: &str = "TrajectoryY";
const TRAVELED: &str = "DistanceTraveled";
const DISPLACEMENT: &str = "Displacement";
const INTEGRATED: &str = "IntegratedDistance";
const LINEARITY: &str = "Linearity";
const LIFETIME: &str = "Lifetime";
const FINAL_AGE: &str = "FinalAge";

impl TrackObjects {
    fn feature(&self, what: &str) -> String {
        format!("TrackObjects_{what}_{}", self.distance)
    }

    fn image_feature(&self, what: &str) -> String {
        format!("TrackObjects_{what}_{}_{}", self.objects, self.distance)
    }
}

impl Module for TrackObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let floats = [TRAVELED, DISPLACEMENT, INTEGRATED, LINEARITY];
        let of_objects = [
            LABEL,
            PARENT,
            PARENT_IMAGE,
            TRAJECTORY_X,
            TRAJECTORY_Y,
            TRAVELED,
            DISPLACEMENT,
            INTEGRATED,
            LINEARITY,
            LIFETIME,
            FINAL_AGE,
        ];
        let column = |what: &str| match floats.contains(&what) {
            true => Column::float(&self.objects, self.feature(what)),
            false => Column::integer(&self.objects, self.feature(what)),
        };
        let of_image = ["NewObjectCount", "LostObjectCount", "SplitObjectCount", "MergedObjectCount"];
        let of_image = of_image.map(|what| Column::integer(IMAGE, self.image_feature(what)));
        Declaration {
            needs: vec![Need::objects(&self.objects, OBJECTS)],
            images: self.drawing.iter().cloned().collect(),
            drawn: self.drawing.iter().cloned().collect(),
            columns: of_objects.map(column).into_iter().chain(of_image).collect(),
            relationships: vec![Relates::new("Parent", &self.objects, &self.objects)],
            scope: Scope::Group,
            revises_group: true,
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let objects = workspace.objects(&self.objects)?;
        let labels = flat(&objects, &self.objects)?;
        let followed: &mut Followed = workspace.memory.get();
        let links = match self.method {
            Method::Overlap => Links::by_overlap(followed.labels.as_ref(), labels),
            Method::Distance => Links::by_distance(followed, labels, f64::from(self.distance)),
        };
        let links = links.map_err(|e| RunError::Refused(format!("`{}`: {e}", self.objects)))?;
        let step = followed.step(&links, labels);
        self.record(workspace, &links, step);
        if let Some(drawing) = &self.drawing {
            workspace.leave_undrawn(drawing);
        }
        Ok(())
    }

    fn revise_group(&self, records: &mut [Record]) -> Result<(), RunError> {
        revise::revise(self, records)
    }

    fn record_sink<'a>(&'a self, run: RunFacts<'a>) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        Ok(Some(Box::new(Tracks::new(self, run.image_sets))))
    }
}

impl TrackObjects {
    fn record(&self, workspace: &mut Workspace<'_>, links: &Links, step: follow::Step) {
        let image = workspace.record.image_number as u32;
        let record = &mut workspace.record;
        let whole = |values: &[u32]| values.iter().map(|&v| i64::from(v)).collect::<Vec<_>>();
        let before = |&parent: &u32| if parent > 0 { f64::from(image) - 1.0 } else { 0.0 };
        record.object_integers(&self.objects, self.feature(PARENT), whole(&links.parents));
        let images = links.parents.iter().map(before).collect();
        record.object_floats(&self.objects, self.feature(PARENT_IMAGE), images);
        record.object_integers(&self.objects, self.feature(LABEL), whole(&step.numbers));
        for (what, values) in [
            (TRAJECTORY_X, step.trajectory_x),
            (TRAJECTORY_Y, step.trajectory_y),
            (TRAVELED, step.distance),
            (DISPLACEMENT, step.displacement),
            (INTEGRATED, step.integrated),
            (LINEARITY, step.linearity),
            (FINAL_AGE, vec![f64::NAN; links.parents.len()]),
        ] {
            record.object_floats(&self.objects, self.feature(what), values);
        }
        record.object_integers(&self.objects, self.feature(LIFETIME), whole(&step.ages));
        for (what, count) in [
            ("NewObjectCount", links.parents.iter().filter(|&&p| p == 0).count()),
            ("LostObjectCount", links.lost()),
            ("SplitObjectCount", step.splits),
            ("MergedObjectCount", follow::named_twice(&links.children)),
        ] {
            record.image_integer(self.image_feature(what), count as i64);
        }
        let pairs: Vec<_> = links.pairs().into_iter().map(|(p, c)| [image - 1, p, image, c]).collect();
        if !pairs.is_empty() {
            let relationship = "Parent".to_string();
            let (first, second) = (self.objects.clone(), self.objects.clone());
            let module = workspace.module_number;
            workspace.record.relationships.push(Relationship { module, relationship, first, second, pairs });
        }
    }
}
