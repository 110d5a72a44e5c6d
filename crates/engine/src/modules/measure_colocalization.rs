//! MeasureColocalization: how alike the intensities of pairs of images are.

mod pairs;
mod settings;

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::colocalization::{CostesSearch, Metrics, ObjectPair, Whole};
use measurements::Column;
use pairs::{Image, ObjectSet, Pair, Wanted};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureColocalization",
    former_names: &["MeasureCorrelation"],
    newest_revision: 5,
    summary: "measures how alike the intensities of pairs of images are",
    read: settings::read,
};

#[derive(Debug, PartialEq)]
struct MeasureColocalization {
    images: Vec<String>,
    objects: Vec<String>,
    /// Part of the greatest intensity, in percent, that a pixel must have to count.
    percent: f64,
    whole_images: bool,
    within_objects: bool,
    metrics: Metrics,
    costes: Option<CostesSearch>,
}

impl Module for MeasureColocalization {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let images = self.images.iter().map(|i| Need::image(i, settings::IMAGES));
        let objects = self.objects_measured().iter().map(|o| Need::objects(o, settings::OBJECTS));
        let mut columns = Vec::new();
        for (first, second) in self.pairs() {
            let (first, second) = (&self.images[first], &self.images[second]);
            if self.whole_images {
                columns.extend(self.names(first, second, true).map(|f| Column::float("Image", f)));
            }
            for object in self.objects_measured() {
                columns.extend(self.names(first, second, false).map(|f| Column::float(object, f)));
            }
        }
        Declaration { needs: images.chain(objects).collect(), columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let sources = self.images.iter().map(|i| workspace.image(i)).collect::<Result<Vec<_>, _>>()?;
        let images = self
            .images
            .iter()
            .zip(&sources)
            .map(|(name, image)| Image::new(workspace, name, image))
            .collect::<Result<Vec<_>, _>>()?;
        let objects = self.objects_measured();
        let held = objects.iter().map(|o| workspace.objects(o)).collect::<Result<Vec<_>, _>>()?;
        let sets = objects
            .iter()
            .zip(&held)
            .map(|(name, objects)| ObjectSet::new(name, objects))
            .collect::<Result<Vec<_>, _>>()?;
        let shared = if self.metrics.rank_weighted { ObjectSet::shared_pixels(&sets) } else { None };
        let mut together: Vec<Vec<Wanted>> = sets.iter().map(|_| Vec::new()).collect();
        for (first, second) in self.pairs() {
            let pair = Pair::new(workspace, &images[first], &images[second])?;
            let costes = match self.costes {
                Some(search) if self.whole_images || sets.iter().any(|s| s.count() > 0) => {
                    pair.costes(search)?
                }
                _ => None,
            };
            let names = (&self.images[first], &self.images[second]);
            if self.whole_images {
                let whole = pair.measure(self.percent, self.metrics, costes);
                for (feature, value) in self.names(names.0, names.1, true).zip(self.of_image(&whole)) {
                    workspace.record.image_float(feature, value);
                }
            }
            for ((name, set), together) in objects.iter().zip(&sets).zip(&mut together) {
                if set.lies_on_both(&pair) {
                    together.push(Wanted { places: (first, second), costes });
                } else {
                    let found = set.measure(workspace, &pair, self.percent, self.metrics, costes)?;
                    self.record_objects(workspace, name, names, found);
                }
            }
        }
        for ((name, set), wanted) in objects.iter().zip(&sets).zip(&together) {
            let found = set.measure_together(&images, wanted, shared.as_ref(), self.percent, self.metrics)?;
            for (Wanted { places: (first, second), .. }, found) in wanted.iter().zip(found) {
                let names = (&self.images[*first], &self.images[*second]);
                self.record_objects(workspace, name, names, found);
            }
        }
        Ok(())
    }
}

impl MeasureColocalization {
    /// Returns the pairs of images, by their places in the list.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let count = self.images.len();
        (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
    }

    fn objects_measured(&self) -> &[String] {
        if self.within_objects { &self.objects } else { &[] }
    }

    /// Returns the names of what is measured of a pair, in order.
    fn names(&self, first: &str, second: &str, image: bool) -> impl Iterator<Item = String> + use<> {
        let mut names = Vec::new();
        let mut add = |wanted: bool, features: &[&str], both: bool| {
            for feature in features.iter().filter(|_| wanted) {
                names.push(format!("Correlation_{feature}_{first}_{second}"));
                if both {
                    names.push(format!("Correlation_{feature}_{second}_{first}"));
                }
            }
        };
        add(self.metrics.correlation, &["Correlation"], false);
        add(self.metrics.correlation && image, &["Slope"], false);
        add(self.metrics.overlap, &["Overlap"], false);
        add(self.metrics.overlap, &["K"], true);
        add(self.metrics.manders, &["Manders"], true);
        add(self.metrics.rank_weighted, &["RWC"], true);
        add(self.costes.is_some(), &["Costes"], true);
        names.into_iter()
    }

    /// Returns what is measured of a pair of images, in the order of the names.
    fn of_image(&self, found: &Whole) -> Vec<f64> {
        let mut values = Vec::new();
        let mut add = |wanted: bool, of: &[f64]| values.extend(of.iter().filter(|_| wanted));
        add(self.metrics.correlation, &[found.correlation, found.slope]);
        add(self.metrics.overlap, &[found.overlap, found.k[0], found.k[1]]);
        add(self.metrics.manders, &found.manders);
        add(self.metrics.rank_weighted, &found.rank_weighted);
        add(self.costes.is_some(), &found.costes);
        values
    }

    fn record_objects(
        &self,
        workspace: &mut Workspace<'_>,
        objects: &str,
        (first, second): (&String, &String),
        found: ObjectPair,
    ) {
        for (feature, values) in self.names(first, second, false).zip(self.of_objects(found)) {
            workspace.record.object_floats(objects, feature, values);
        }
    }

    /// Returns what is measured of a pair of images in objects, in the order of the names.
    fn of_objects(&self, found: ObjectPair) -> Vec<Vec<f64>> {
        let mut values = Vec::new();
        let mut add = |wanted: bool, of: Vec<Vec<f64>>| values.extend(of.into_iter().filter(|_| wanted));
        add(self.metrics.correlation, vec![found.correlation]);
        add(self.metrics.overlap, vec![found.overlap]);
        add(self.metrics.overlap, found.k.into());
        add(self.metrics.manders, found.manders.into());
        add(self.metrics.rank_weighted, found.rank_weighted.into());
        add(self.costes.is_some(), found.costes.into());
        values
    }
}
