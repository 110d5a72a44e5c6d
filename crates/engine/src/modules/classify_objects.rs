//! ClassifyObjects: puts objects into bins by one or two measurements, or into classes by rules.

mod settings;

use crate::colored::{color_image, default_colormap};
use crate::identified::flat;
use crate::object_processing::{note_processed, numbered_anew, processed_columns};
use crate::rules::{Rules, best_class};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::numpy::{mean, median};
use measurements::{Column, IMAGE, Value, Values};
use settings::{
    Bins, Classify, ClassifyObjects, Cutoff, FIRST, MEASUREMENT, MODEL_OBJECTS, Model, OBJECTS, SECOND,
    Single, Two,
};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ClassifyObjects",
    former_names: &[],
    newest_revision: 4,
    summary: "puts objects into bins by one or two measurements, or into classes by rules",
    read: |module| Ok(Box::new(ClassifyObjects::read(module)?)),
};

/// The classes of a rule file used as a classifier: two, whatever it gives weights to.
const CLASSES: [&str; 2] = ["1", "2"];

impl Module for ClassifyObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut made = Declaration::default();
        match &self.by {
            Classify::Single(singles) => {
                for (single, names) in singles.iter().zip(self.bin_names()) {
                    made.needs.push(Need::objects(&single.objects, OBJECTS));
                    made.needs.push(Need::measurement(&single.objects, &single.feature, MEASUREMENT));
                    made.columns.extend(names.iter().flat_map(|name| bin_columns(&single.objects, name)));
                    made.images.extend(single.image.clone());
                }
            }
            Classify::Two(two) => {
                made.needs.push(Need::objects(&two.objects, MODEL_OBJECTS));
                made.needs.push(Need::measurement(&two.objects, &two.first.feature, FIRST));
                made.needs.push(Need::measurement(&two.objects, &two.second.feature, SECOND));
                made.columns.extend(two.names().iter().flat_map(|name| bin_columns(&two.objects, name)));
                made.images.extend(two.image.clone());
            }
            Classify::Model(model) => {
                made.needs.push(Need::objects(&model.objects, MODEL_OBJECTS));
                made.columns.push(Column::text(&model.objects, "Classify_Class"));
                for class in CLASSES {
                    made.columns.push(Column::integer(IMAGE, format!("Classify_Count_{class}")));
                    made.columns.push(Column::float(&model.objects, format!("Classify_Probability_{class}")));
                }
                for (_, output) in &model.outputs {
                    made.objects.push(output.clone());
                    made.columns.extend(processed_columns(&model.objects, output));
                }
            }
        }
        made
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        match &self.by {
            Classify::Single(singles) => singles
                .iter()
                .zip(self.bin_names())
                .try_for_each(|(single, names)| single.run(workspace, &names)),
            Classify::Two(two) => two.run(workspace),
            Classify::Model(model) => model.run(workspace),
        }
    }
}

fn bin_columns(objects: &str, name: &str) -> [Column; 3] {
    [
        Column::integer(objects, format!("Classify_{name}")),
        Column::integer(IMAGE, format!("Classify_{name}_NumObjectsPerBin")),
        Column::float(IMAGE, format!("Classify_{name}_PctObjectsPerBin")),
    ]
}

/// Notes which objects are in a bin, how many and how many of a hundred.
fn note_bin(workspace: &mut Workspace<'_>, objects: &str, name: &str, hits: &[bool]) {
    let record = &mut workspace.record;
    let count = hits.iter().filter(|hit| **hit).count();
    record.object_integers(objects, format!("Classify_{name}"), hits.iter().map(|&h| i64::from(h)).collect());
    record.image_integer(format!("Classify_{name}_NumObjectsPerBin"), count as i64);
    let percent = match hits.len() {
        0 => Value::Integer(0),
        all => Value::Float(100.0 * count as f64 / all as f64),
    };
    record.image.insert(format!("Classify_{name}_PctObjectsPerBin"), percent);
}

/// Returns a feature of the objects, with NaN for objects beyond the last value.
fn values_of(
    workspace: &Workspace<'_>,
    objects: &Objects,
    name: &str,
    feature: &str,
) -> Result<Vec<f64>, RunError> {
    let found = workspace.record.object(name, feature).map(Values::to_floats);
    let mut values =
        found.ok_or_else(|| RunError::Refused(format!("`{feature}` of `{name}` was not measured")))?;
    if values.len() < objects.count() {
        values.resize(objects.count(), f64::NAN);
    }
    Ok(values)
}

/// Makes an image where each object has the colour of its bin, of so many; bin 0 and background are black.
fn add_image(
    workspace: &mut Workspace<'_>,
    image: &str,
    objects: &Objects,
    name: &str,
    bins: &[usize],
    count: usize,
) -> Result<(), RunError> {
    let labels = flat(objects, name)?;
    let numbers: Vec<f64> = (1..=count).map(|n| n as f64).collect();
    let mut colors = vec![[0.0; 3]];
    colors.extend(default_colormap().scaled(&numbers));
    let bin = |&label: &u32| if label == 0 { 0 } else { bins[label as usize - 1] };
    let mut made = color_image(labels.shape(), labels.data().iter().map(|label| colors[bin(label)]));
    if let Some(parent) = &objects.parent_image {
        let parent = workspace.image(parent)?;
        made = workspace.derived_image(&parent, made.pixels)?;
    }
    workspace.add_image(image, made);
    Ok(())
}

impl Single {
    fn run(&self, workspace: &mut Workspace<'_>, names: &[String]) -> Result<(), RunError> {
        let objects = workspace.objects(&self.objects)?;
        let values = values_of(workspace, &objects, &self.objects, &self.feature)?;
        let edges = self.edges()?;
        let bins = edges.len().saturating_sub(1);
        if names.len() > bins {
            return Err(RunError::Refused(format!(
                "there are {} names of bins for {bins} bins of `{}`",
                names.len(),
                self.feature
            )));
        }
        for (name, edge) in names.iter().zip(edges.windows(2)) {
            let hits: Vec<bool> = values.iter().map(|&v| v > edge[0] && v <= edge[1]).collect();
            note_bin(workspace, &self.objects, name, &hits);
        }
        if let Some(image) = &self.image {
            // As in CellProfiler the numbers of all bins that hold the value add up; a value in none is in bin 1.
            let bin = |&value: &f64| {
                let hit = edges.windows(2).enumerate().filter(|(_, e)| value > e[0] && value <= e[1]);
                if value.is_nan() { 0 } else { hit.map(|(i, _)| i).sum::<usize>() + 1 }
            };
            let of: Vec<usize> = values.iter().map(bin).collect();
            if of.iter().any(|&bin| bin > bins) {
                return Err(RunError::Refused(format!("the bins of `{}` overlap", self.feature)));
            }
            add_image(workspace, image, &objects, &self.objects, &of, bins)?;
        }
        Ok(())
    }

    fn edges(&self) -> Result<Vec<f64>, RunError> {
        let mut edges = match &self.bins {
            Bins::Even { count, low, high } if low < high => {
                let width = high - low;
                (0..=*count).map(|i| i as f64 * width / *count as f64 + low).collect()
            }
            Bins::Even { low, high, .. } => {
                return Err(RunError::Refused(format!(
                    "the lower threshold {low} must be less than the upper one, {high}"
                )));
            }
            Bins::Custom(edges) => edges.clone(),
        };
        if self.below {
            edges.insert(0, f64::NEG_INFINITY);
        }
        if self.above {
            edges.push(f64::INFINITY);
        }
        Ok(edges)
    }
}

impl Two {
    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let objects = workspace.objects(&self.objects)?;
        let count = objects.count();
        let mut high = Vec::new();
        let mut unknown = vec![false; count];
        let mut last = Vec::new();
        for by in [&self.first, &self.second] {
            let values = values_of(workspace, &objects, &self.objects, &by.feature)?;
            if values.len() != count {
                return Err(RunError::Refused(format!(
                    "`{}` has {} values for {count} objects of `{}`",
                    by.feature,
                    values.len(),
                    self.objects
                )));
            }
            let known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
            let cutoff = match by.cutoff {
                Cutoff::Custom(cutoff) => cutoff,
                _ if known.is_empty() => f64::NAN,
                Cutoff::Mean => mean(&known),
                Cutoff::Median => median(&known),
            };
            high.push(values.iter().map(|&v| v >= cutoff).collect::<Vec<_>>());
            unknown.iter_mut().zip(&values).for_each(|(unknown, v)| *unknown |= v.is_nan());
            last = values;
        }
        for (at, name) in self.names().iter().enumerate() {
            let (first, second) = (at / 2 == 1, at % 2 == 1);
            let hits: Vec<bool> =
                (0..count).map(|i| high[0][i] == first && high[1][i] == second && !unknown[i]).collect();
            note_bin(workspace, &self.objects, name, &hits);
        }
        if let Some(image) = &self.image {
            // Only the second measurement blackens an object that has none, as in CellProfiler.
            let bin = |i: usize| {
                if last[i].is_nan() { 0 } else { usize::from(high[0][i]) + 2 * usize::from(high[1][i]) + 1 }
            };
            let bins: Vec<usize> = (0..count).map(bin).collect();
            add_image(workspace, image, &objects, &self.objects, &bins, 4)?;
        }
        Ok(())
    }
}

impl Model {
    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let objects = workspace.objects(&self.objects)?;
        let folder = self.folder.resolve(&workspace.folders.input, &workspace.folders.output, None);
        let rules = Rules::read(workspace.source, &format!("{folder}/{}", self.file), self.fuzzy)?;
        let scores = if objects.count() == 0 {
            vec![vec![f64::NAN; CLASSES.len()]]
        } else {
            rules.score(&workspace.record)?
        };
        let classes: Vec<usize> = scores.iter().filter_map(|score| best_class(score)).collect();
        let beyond = |what: &str| RunError::Refused(format!("`{}`: {what}", self.file));
        if classes.iter().any(|&class| class >= CLASSES.len()) {
            return Err(beyond("an object falls into a class beyond the second"));
        }
        if scores.iter().any(|score| score.len() < CLASSES.len()) {
            return Err(beyond("the rules give weight to one class only"));
        }
        let record = &mut workspace.record;
        let texts = classes.iter().map(|&class| CLASSES[class].to_string()).collect();
        record.object_texts(&self.objects, "Classify_Class", texts);
        for (index, class) in CLASSES.iter().enumerate() {
            let count = classes.iter().filter(|c| **c == index).count();
            record.image_integer(format!("Classify_Count_{class}"), count as i64);
            let feature = format!("Classify_Probability_{class}");
            if objects.count() == 0 {
                record.object_integers(&self.objects, feature, vec![0]);
            } else {
                record.object_floats(&self.objects, feature, scores.iter().map(|s| s[index]).collect());
            }
        }
        for (class, output) in &self.outputs {
            let class = CLASSES.iter().position(|known| known == class);
            let class = class.ok_or_else(|| beyond("a class that becomes an object set is not in it"))?;
            let mut numbers = vec![0; objects.count() + 1];
            let hits = (1..).zip(&classes).filter(|(_, c)| **c == class).map(|(number, _)| number);
            for (new, old) in (1..).zip(hits) {
                *numbers.get_mut(old).ok_or_else(|| beyond("more objects are scored than there are"))? = new;
            }
            workspace.add_objects(output, numbered_anew(&objects, &self.objects, &numbers)?);
            note_processed(workspace, &self.objects, output)?;
        }
        Ok(())
    }
}
