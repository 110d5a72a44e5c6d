use super::{Assignment, ChannelSettings, Matching, NamesAndTypes, SingleImage};
use crate::literal::Join;
use crate::plane::{Plane, Stack, color_order, stacks};
use crate::{Comparison, InputError, Role, Rule};
use std::cmp::Ordering;
use std::sync::Arc;

/// The images of one image set, in the order of the channels.
pub(crate) type Images = Vec<Stack>;

/// What came of the files: the image sets in order, and what was left out.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    pub image_sets: Vec<Images>,
    pub warnings: Vec<String>,
}

/// Puts planes together to image sets.
pub(crate) fn assign(
    module: &NamesAndTypes,
    planes: &[Arc<Plane>],
    comparison: &dyn Fn(&str) -> Comparison,
    number: usize,
) -> Result<Assigned, InputError> {
    let (channels, singles, matching) = match &module.assignment {
        Assignment::All(channel) => {
            let mut images = stacks(planes, channel.role);
            images.sort_by(|a, b| color_order(a.first(), b.first()));
            let image_sets = images.into_iter().map(|stack| vec![stack]).collect();
            return Ok(Assigned { image_sets, warnings: Vec::new() });
        }
        Assignment::Rules { channels, singles, matching } => (channels, singles, matching),
    };
    let images: Vec<Vec<Stack>> = channels.iter().map(|c| of_channel(planes, c)).collect();
    if let Some(empty) = images.iter().position(Vec::is_empty) {
        let channel = channels[empty].1.name.clone();
        return Err(InputError::EmptyChannel { module: number, channel, files: count_files(planes) });
    }
    let names: Vec<&str> = channels.iter().map(|(_, c)| c.name.as_str()).collect();
    let mut assigned = match matching {
        Matching::Order => by_order(images, &names),
        Matching::Metadata(joins) => by_metadata(images, &names, joins, comparison, number)?,
    };
    for images in &mut assigned.image_sets {
        images.extend(singles.iter().map(|(single, channel)| single_stack(single, channel)));
    }
    Ok(assigned)
}

fn count_files(planes: &[Arc<Plane>]) -> usize {
    let mut urls: Vec<&str> = planes.iter().map(|p| p.url.as_ref()).collect();
    urls.sort_unstable();
    urls.dedup();
    urls.len()
}

fn of_channel(planes: &[Arc<Plane>], (rule, channel): &(Rule, ChannelSettings)) -> Vec<Stack> {
    stacks(planes, channel.role).into_iter().filter(|stack| rule.holds_for(stack)).collect()
}

fn single_stack(single: &SingleImage, channel: &ChannelSettings) -> Stack {
    let SingleImage { url, series, index } = single;
    let plane = Plane { url: url.as_str().into(), series: *series, index: *index, ..Plane::default() };
    let code = match channel.role {
        Role::Color => Stack::INTERLEAVED,
        Role::Objects => Stack::OBJECT_PLANES,
        _ => Stack::MONOCHROME,
    };
    Stack { planes: vec![plane.into()], channel: code, role: channel.role }
}

/// First with first, second with second, as far as all channels go.
fn by_order(mut images: Vec<Vec<Stack>>, names: &[&str]) -> Assigned {
    for channel in &mut images {
        channel.sort_by(|a, b| color_order(a.first(), b.first()));
    }
    let shortest = images.iter().map(Vec::len).min().unwrap_or(0);
    let longest = images.iter().map(Vec::len).max().unwrap_or(0);
    let mut warnings = Vec::new();
    if shortest < longest {
        let counts: Vec<String> =
            names.iter().zip(&images).map(|(name, images)| format!("{name} {}", images.len())).collect();
        warnings.push(format!(
            "the channels have different numbers of images ({}): image sets after number {shortest} are left out",
            counts.join(", ")
        ));
    }
    let mut columns: Vec<_> = images.into_iter().map(Vec::into_iter).collect();
    let image_sets = (0..shortest).map(|_| columns.iter_mut().filter_map(Iterator::next).collect()).collect();
    Assigned { image_sets, warnings }
}

/// By the values of the keys that `joins` names for each channel.
///
/// The first channel with a key in every join leads: each of its images with other values begins an image set, and
/// the image sets come in the order of the values. Where two images have the same values the first one counts; an
/// image set that lacks a channel is left out.
fn by_metadata(
    images: Vec<Vec<Stack>>,
    names: &[&str],
    joins: &[Join],
    comparison: &dyn Fn(&str) -> Comparison,
    number: usize,
) -> Result<Assigned, InputError> {
    let key_of = |join: &Join, name: &str| join.get(name).cloned().flatten();
    let keys_of = |name: &str| joins.iter().map(|join| key_of(join, name)).collect::<Option<Vec<_>>>();
    let lead = names.iter().position(|name| keys_of(name).is_some()).unwrap_or(0);
    let lead_keys = keys_of(names[lead]).unwrap_or_default();
    let mut matched = Matched::default();
    let comparisons: Vec<Comparison> = lead_keys.iter().map(|key| comparison(key)).collect();
    let mut incomplete = 0;
    for image in &images[lead] {
        let Some(values) = values(image, &lead_keys) else {
            incomplete += 1;
            continue;
        };
        check_numbers(&lead_keys, &comparisons, &values, image, number)?;
        matched.begin(values, image, lead, names, &comparisons);
    }
    if incomplete > 0 {
        matched.warnings.push(format!(
            "{incomplete} images of channel `{}` lack a metadata value ({}) and are left out",
            names[lead],
            lead_keys.join(", ")
        ));
    }
    if matched.sets.is_empty() {
        let channel = names[lead].to_string();
        return Err(InputError::NoMetadata { module: number, channel, keys: lead_keys });
    }
    for (channel, name) in names.iter().enumerate().filter(|(channel, _)| *channel != lead) {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (join, lead_key) in joins.iter().zip(&lead_keys) {
            pairs.extend(key_of(join, name).map(|key| (lead_key.clone(), key)));
        }
        matched.add(channel, name, &images[channel], &pairs, lead, comparison, number)?;
    }
    Ok(matched.finish(names.len()))
}

fn values(stack: &Stack, keys: &[String]) -> Option<Vec<String>> {
    keys.iter().map(|key| stack.get(key).map(String::from)).collect()
}

fn check_numbers(
    keys: &[String],
    comparisons: &[Comparison],
    values: &[String],
    stack: &Stack,
    number: usize,
) -> Result<(), InputError> {
    for (key, (comparison, value)) in keys.iter().zip(comparisons.iter().zip(values)) {
        if !comparison.accepts(value) {
            let (key, value, url) = (key.clone(), value.clone(), stack.first().url.to_string());
            return Err(InputError::NotNumber {
                module: number,
                key,
                value,
                place: format!("the file `{url}`"),
            });
        }
    }
    Ok(())
}

fn compare(comparisons: &[Comparison], a: &[String], b: &[String]) -> Ordering {
    let pairs = comparisons.iter().zip(a.iter().zip(b));
    pairs.map(|(c, (a, b))| c.compare(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

/// Image sets on their way: sorted by their values, each with an image or none for every channel so far.
#[derive(Default)]
struct Matched {
    sets: Vec<(Vec<String>, Vec<Option<Stack>>)>,
    lead: usize,
    warnings: Vec<String>,
}

impl Matched {
    fn begin(
        &mut self,
        values: Vec<String>,
        image: &Stack,
        lead: usize,
        names: &[&str],
        comparisons: &[Comparison],
    ) {
        self.lead = lead;
        match self.sets.binary_search_by(|(other, _)| compare(comparisons, other, &values)) {
            Ok(_) => self.twice(names[lead], &values, image),
            Err(place) => {
                let mut images = vec![None; names.len()];
                images[lead] = Some(image.clone());
                self.sets.insert(place, (values, images));
            }
        }
    }

    /// Adds the images of a channel; `pairs` are the leading channel's keys and this one's.
    fn add(
        &mut self,
        channel: usize,
        name: &str,
        images: &[Stack],
        pairs: &[(String, String)],
        lead: usize,
        comparison: &dyn Fn(&str) -> Comparison,
        number: usize,
    ) -> Result<(), InputError> {
        let (left_keys, right_keys): (Vec<String>, Vec<String>) = pairs.iter().cloned().unzip();
        let comparisons: Vec<Comparison> = left_keys.iter().map(|key| comparison(key)).collect();
        let left = |images: &[Option<Stack>]| {
            let image = images[lead].as_ref().expect("an image set begins with its leading image");
            values(image, &left_keys).expect("the leading image has a value for every key")
        };
        let mut places: Vec<(Vec<String>, usize)> =
            self.sets.iter().enumerate().map(|(i, (_, images))| (left(images), i)).collect();
        places.sort_by(|(a, _), (b, _)| compare(&comparisons, a, b));
        for image in images {
            let Some(wanted) = values(image, &right_keys) else {
                self.unmatched(name, &right_keys, image);
                continue;
            };
            check_numbers(&right_keys, &comparisons, &wanted, image, number)?;
            let from = places.partition_point(|(values, _)| compare(&comparisons, values, &wanted).is_lt());
            let to = places.partition_point(|(values, _)| compare(&comparisons, values, &wanted).is_le());
            if from == to {
                self.unmatched(name, &right_keys, image);
            }
            for &(_, set) in &places[from..to] {
                if self.sets[set].1[channel].is_none() {
                    self.sets[set].1[channel] = Some(image.clone());
                } else {
                    let values = self.sets[set].0.clone();
                    self.twice(name, &values, image);
                }
            }
        }
        Ok(())
    }

    fn twice(&mut self, name: &str, values: &[String], image: &Stack) {
        self.warnings.push(format!(
            "channel `{name}` has more than one image with the metadata {}: `{}` is left out",
            values.join(", "),
            image.first().url
        ));
    }

    fn unmatched(&mut self, name: &str, keys: &[String], image: &Stack) {
        let values: Vec<String> =
            keys.iter().map(|key| format!("{key} {}", image.get(key).unwrap_or("is missing"))).collect();
        let url = &image.first().url;
        self.warnings
            .push(format!("`{url}` of channel `{name}` belongs to no image set ({})", values.join(", ")));
    }

    fn finish(mut self, channels: usize) -> Assigned {
        let mut image_sets = Vec::new();
        for (values, images) in self.sets {
            let complete: Vec<Stack> = images.into_iter().flatten().collect();
            if complete.len() == channels {
                image_sets.push(complete);
            } else {
                self.warnings.push(format!(
                    "the image set with the metadata {} lacks {} of its {channels} channels and is left out",
                    values.join(", "),
                    channels - complete.len()
                ));
            }
        }
        Assigned { image_sets, warnings: self.warnings }
    }
}
