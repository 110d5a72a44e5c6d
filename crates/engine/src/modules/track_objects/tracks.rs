//! How many tracks there are, of which CellProfiler notes those of the last group.

use super::{LABEL, PARENT_IMAGE, TrackObjects};
use crate::{Experiment, RecordSink, RunError};
use imageset::ImageSet;
use measurements::{Record, Value, Values};
use std::collections::BTreeMap;

/// Counts tracks, group by group.
pub(super) struct Tracks<'a> {
    module: &'a TrackObjects,
    groups: BTreeMap<usize, usize>,
    /// Of each group with objects, the tracks there are and those whose label was kept.
    counts: BTreeMap<usize, (i64, i64)>,
}

impl<'a> Tracks<'a> {
    pub(super) fn new(module: &'a TrackObjects, image_sets: &[ImageSet]) -> Self {
        let groups = image_sets.iter().map(|set| (set.number, set.group_number)).collect();
        Self { module, groups, counts: BTreeMap::new() }
    }
}

impl RecordSink for Tracks<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        let values =
            |what| record.object(&self.module.objects, &self.module.feature(what)).map(Values::to_floats);
        let (Some(images), Some(labels)) = (values(PARENT_IMAGE), values(LABEL)) else { return Ok(()) };
        if labels.is_empty() {
            return Ok(());
        }
        let group = self.groups.get(&record.image_number).copied().unwrap_or(0);
        let count = self.counts.entry(group).or_default();
        // A track is one as often as it begins.
        for (_, label) in images.iter().zip(&labels).filter(|(image, _)| **image == 0.0) {
            count.0 += 1;
            count.1 += i64::from(!label.is_nan());
        }
        Ok(())
    }

    fn finish(self: Box<Self>, experiment: &mut Experiment) -> Result<(), RunError> {
        if let Some((all, kept)) = self.counts.values().next_back() {
            experiment.insert("TrackObjects_OriginalNumberOfTracks".into(), Value::Integer(*all));
            if self.module.lifetimes.is_some() {
                experiment.insert("TrackObjects_FilteredNumberOfTracks".into(), Value::Integer(*kept));
            }
        }
        Ok(())
    }
}
