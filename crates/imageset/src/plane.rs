use crate::Role;
use crate::header::PlaneHeader;
use crate::plane_metadata::PlaneMetadata;
use std::sync::Arc;

/// One plane of a file, as the input modules see it: its place and its metadata.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plane {
    /// The file's URL.
    pub url: Arc<str>,
    /// Which image of the file.
    pub series: usize,
    /// Which plane of the image.
    pub index: usize,
    /// What its header says, where it was read.
    pub header: Option<PlaneHeader>,
    /// What is known of it, by key.
    pub metadata: PlaneMetadata,
}

/// The planes that make one image of a channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stack {
    /// The planes; at least one.
    pub planes: Vec<Arc<Plane>>,
    /// CellProfiler's number for how the planes are read.
    pub channel: i64,
    /// What the image is to be.
    pub role: Role,
}

impl Stack {
    /// Each plane a grey image.
    pub const MONOCHROME: i64 = -1;
    /// All colours at once.
    pub const INTERLEAVED: i64 = -2;
    /// All planes of the file, as objects.
    pub const OBJECT_PLANES: i64 = -3;

    pub fn first(&self) -> &Plane {
        &self.planes[0]
    }

    pub fn is_color(&self) -> bool {
        self.role == Role::Color && (self.planes.len() > 1 || self.channel == Self::INTERLEAVED)
    }

    /// The value of a key: that of the first plane that has it.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.planes.iter().find_map(|p| p.metadata.get(key))
    }
}

/// Puts planes together to the images of a channel.
///
/// Without a header every plane is an image. With one, the channels of a colour image and the planes of objects
/// belong together while their number rises, as CellProfiler has it.
pub(crate) fn stacks(planes: &[Arc<Plane>], role: Role) -> Vec<Stack> {
    let stack = |planes, channel| Stack { planes, channel, role };
    if !matches!(role, Role::Color | Role::Objects) {
        return planes.iter().map(|p| stack(vec![p.clone()], Stack::MONOCHROME)).collect();
    }
    let mut sorted: Vec<&Arc<Plane>> = planes.iter().collect();
    let color = role == Role::Color;
    sorted.sort_by(|a, b| if color { color_order(a, b) } else { objects_order(a, b) });
    let grouped = |p: &Plane| p.header.is_some_and(|h| color || h.listed);
    let number = |p: &Plane| if color { p.header.map_or(0, |h| h.c) } else { p.index };
    let alone = if color { Stack::INTERLEAVED } else { Stack::MONOCHROME };
    let mut result: Vec<Stack> =
        sorted.iter().filter(|p| !grouped(p)).map(|p| stack(vec![(*p).clone()], alone)).collect();
    let mut open: Option<(Vec<Arc<Plane>>, usize)> = None;
    for plane in sorted.iter().filter(|p| grouped(p)) {
        let number = number(plane);
        open = Some(match open.take() {
            Some((mut together, last)) if number > last => {
                together.push((*plane).clone());
                (together, number)
            }
            other => {
                result.extend(other.map(|(together, _)| stack(together, Stack::MONOCHROME)));
                (vec![(*plane).clone()], number)
            }
        });
    }
    result.extend(open.map(|(together, _)| stack(together, Stack::MONOCHROME)));
    result
}

/// The order of images within a channel: file, image of the file, then time, z and channel where a header says.
pub(crate) fn color_order(a: &Plane, b: &Plane) -> std::cmp::Ordering {
    let place = |p: &Plane| p.header.map(|h| (h.t, h.z, h.c));
    let file = a.url.cmp(&b.url).then(a.series.cmp(&b.series));
    file.then_with(|| match (place(a), place(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => std::cmp::Ordering::Equal,
    })
}

fn objects_order(a: &Plane, b: &Plane) -> std::cmp::Ordering {
    let file = a.url.cmp(&b.url).then(a.series.cmp(&b.series));
    if a.header.is_some() && b.header.is_some() { file.then(a.index.cmp(&b.index)) } else { file }
}
