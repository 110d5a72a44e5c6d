//! MeasureImageQuality: focus, saturation, intensity and automatic thresholds of whole images.

mod aggregates;
mod settings;

use crate::grey::Grey;
use crate::pixel_values::PixelValues;
use crate::{Declaration, Kind, Module, Need, RecordSink, RunError, RunFacts, Upstream, Workspace};
use aggregates::Aggregates;
use algorithms::cooccurrence_correlation::Levels;
use algorithms::focus::{TilesBeyond, focus_score, local_focus_score, local_focus_score_of_volume};
use algorithms::image_statistics::Statistics;
use algorithms::image_threshold::Intensities;
use algorithms::numpy::{self, Real};
use algorithms::power_spectrum::power_slope;
use cppipe::Problem;
use imageset::Role;
use measurements::{Column, IMAGE, Kind as ColumnKind, Record, Value};
use pixels::{Image, Plane, Shape};
use settings::{ImageChoice, ImageGroup, MeasureImageQuality};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureImageQuality",
    former_names: &[],
    newest_revision: 6,
    summary: "measures focus, saturation, intensity and thresholds of whole images",
    read: |module: &cppipe::Module| -> Result<Box<dyn Module>, Vec<Problem>> {
        Ok(Box::new(MeasureImageQuality::read(module)?))
    },
};

impl Module for MeasureImageQuality {
    fn declare(&self, upstream: &Upstream) -> Declaration {
        let mut declaration = Declaration::default();
        for group in &self.groups {
            let names = match &group.images {
                ImageChoice::Selected(names) => names.clone(),
                ImageChoice::AllLoaded => match &upstream.planned {
                    Some(planned) => {
                        let images = planned.channels.iter().filter(|c| c.role != Role::Objects);
                        images.map(|c| c.name.clone()).collect()
                    }
                    None => upstream.images.clone(),
                },
            };
            declaration.needs.extend(names.iter().map(|n| Need::image(n, settings::IMAGES)));
            for name in &names {
                let features = group.features(name).into_iter();
                declaration.columns.extend(features.map(|f| column(f, name, upstream)));
            }
            declaration.columns.extend(group.aggregate_columns(&names));
        }
        declaration
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        for group in &self.groups {
            for name in group.images.names(workspace.image_set) {
                group.measure(&name, workspace)?;
            }
        }
        Ok(())
    }

    fn record_sink<'a>(&'a self, run: RunFacts<'a>) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        let aggregates = Aggregates::new(&self.groups, run.image_sets);
        Ok(aggregates.map(|a| Box::new(a) as Box<dyn RecordSink>))
    }
}

/// Returns the column of a feature: extents are whole numbers, and so is the scale of an image whose file tells it.
fn column(feature: String, image: &str, upstream: &Upstream) -> Column {
    let is_scale = feature.strip_prefix(settings::SCALING).is_some_and(|rest| rest == format!("_{image}"));
    let of_file = format!("Scaling_{image}");
    let is_whole = |c: &Column| c.object == IMAGE && c.feature == of_file && c.kind == ColumnKind::Integer;
    let extent = [settings::TOTAL_AREA, settings::TOTAL_VOLUME].iter().any(|e| feature.starts_with(e));
    if extent || is_scale && upstream.columns.iter().any(is_whole) {
        Column::integer(IMAGE, feature).declared(ColumnKind::Float)
    } else {
        Column::float(IMAGE, feature)
    }
}

impl ImageGroup {
    fn measure(&self, name: &str, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(name)?;
        if self.scaling {
            let of_image = Value::Float(image.scale.filter(|&s| s != 0.0).unwrap_or(f64::NAN));
            let scale = workspace.record.image.get(&format!("Scaling_{name}")).cloned().unwrap_or(of_image);
            workspace.record.image.insert(format!("{}_{name}", settings::SCALING), scale);
        }
        if self.blur {
            let mask = workspace.mask_array_of(&image)?;
            let mask = mask.as_ref().map(|mask| mask.rows());
            let volume = image.volumetric.then(|| image.shape());
            let grey = Grey::of_planes(&image, name)?;
            match grey {
                Grey::F32(plane) => self.measure_blur(&plane, volume, mask, name, &mut workspace.record),
                Grey::F64(plane) => self.measure_blur(&plane, volume, mask, name, &mut workspace.record),
            }?;
        }
        if self.saturation || self.intensity {
            match workspace.pixel_values(&image, name, None)? {
                PixelValues::F32(values) => self.measure_values(&values, &image, name, &mut workspace.record),
                PixelValues::F64(values) => self.measure_values(&values, &image, name, &mut workspace.record),
            }
        }
        if !self.thresholds.is_empty() {
            let values = match workspace.pixel_values(&image, name, None)? {
                PixelValues::F32(values) => values.into_owned(),
                PixelValues::F64(values) => values.iter().map(|&v| v as f32).collect(),
            };
            let intensities = Intensities::new(values);
            for threshold in &self.thresholds {
                let value = threshold.method().threshold(&intensities);
                workspace.record.image_float(threshold.feature(name, ""), value);
            }
        }
        Ok(())
    }

    /// Measures the focus of an image, or of a volume of that shape whose planes lie below each other.
    fn measure_blur<T: Real>(
        &self,
        image: &Plane<T>,
        volume: Option<Shape>,
        mask: Option<&Plane<bool>>,
        name: &str,
        record: &mut Record,
    ) -> Result<(), RunError> {
        let inside: Vec<T>;
        let values = match mask {
            None => image.data(),
            Some(mask) => {
                inside = image.data().iter().zip(mask.data()).filter(|(_, m)| **m).map(|(v, _)| *v).collect();
                &inside
            }
        };
        float_or_zero(record, format!("ImageQuality_FocusScore_{name}"), focus_score(values));
        let levels = Levels::of(image, mask);
        for &scale in &self.scales {
            let local = match volume {
                None => local_focus_score(image, mask, scale),
                Some(Shape { depth, .. }) => {
                    local_focus_score_of_volume(image, depth, mask, scale).map_err(|TilesBeyond| {
                        RunError::Refused(format!(
                            "`{name}` has more planes of tiles of {scale} than tiles in each"
                        ))
                    })?
                }
            };
            float_or_zero(record, format!("ImageQuality_LocalFocusScore_{name}_{scale}"), local);
            let correlation = match volume {
                None => levels.correlation(scale),
                Some(Shape { height, .. }) => levels.correlation_of_volume(scale, height),
            };
            record
                .image_float(format!("ImageQuality_Correlation_{name}_{scale}"), correlation.unwrap_or(0.0));
        }
        if volume.is_some() {
            // CellProfiler finds no power spectrum of volumes.
            return Ok(());
        }
        let filled = mask.map(|mask| {
            let mean = if values.is_empty() { T::ZERO } else { numpy::mean(values) };
            image.zip(mask, |&v, &m| if m { v } else { mean })
        });
        let slope = power_slope(filled.as_ref().unwrap_or(image));
        float_or_zero(record, format!("ImageQuality_PowerLogLogSlope_{name}"), slope);
        Ok(())
    }

    fn measure_values<T: Real>(&self, values: &[T], image: &Image, name: &str, record: &mut Record) {
        let percent = |value: T| {
            let equal = values.iter().filter(|v| **v == value).count();
            100.0 * equal as f64 / values.len() as f64
        };
        if self.saturation {
            let extremes = numpy::extremes(values);
            let maximal = extremes.map(|(_, most)| percent(most));
            float_or_zero(record, format!("ImageQuality_PercentMaximal_{name}"), maximal);
            let minimal = extremes.map(|(least, _)| percent(least));
            float_or_zero(record, format!("ImageQuality_PercentMinimal_{name}"), minimal);
        }
        if self.intensity {
            let extent = if image.volumetric { settings::TOTAL_VOLUME } else { settings::TOTAL_AREA };
            record.image_integer(format!("{extent}_{name}"), values.len() as i64);
            let statistics = Statistics::of(values, &[]);
            let features = settings::INTENSITY.iter().enumerate();
            for (place, feature) in features {
                let value =
                    statistics.as_ref().map(|s| [s.sum, s.mean, s.median, s.std, s.mad, s.max, s.min][place]);
                float_or_zero(record, format!("{feature}_{name}"), value);
            }
        }
    }
}

/// Notes a float, or the whole number 0 that CellProfiler starts from where there is none.
fn float_or_zero(record: &mut Record, feature: String, value: Option<f64>) {
    match value {
        Some(value) => record.image_float(feature, value),
        None => record.image_integer(feature, 0),
    }
}
