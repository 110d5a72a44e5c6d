//! The image sets of a job, kept short: a plate of a hundred thousand takes some megabytes, not some hundreds.

use crate::input::{Stamp, Stamps, locations};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use imageset::{ImageSet, Plan};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};

/// How many image sets are compressed together: they are much alike, and as many are read where one is wanted.
const BLOCK: usize = 64;

/// Image sets by ascending number with the stamps of their files: lines of JSON, compressed in blocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageSets {
    blocks: Vec<Block>,
    bytes: Vec<u8>,
    count: usize,
    first: Option<ImageSet>,
}

/// Where some image sets are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    /// The number of the first.
    first: usize,
    /// The number of the last.
    last: usize,
    /// Compressed bytes.
    size: usize,
}

/// An image set with the stamps of its files, in the order of [`locations`].
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    set: ImageSet,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stamps: Vec<Option<(u64, String)>>,
}

/// Image sets with what is known of their files.
pub(crate) type Stamped = (ImageSet, Stamps);

impl ImageSets {
    /// Takes up what [`ImageSets::bytes`] gave, and the blocks that it has; none if they do not fit each other.
    pub(crate) fn read(bytes: Vec<u8>, blocks: Vec<Block>, count: usize) -> Option<Self> {
        let whole = blocks.iter().try_fold(0_usize, |sum, block| sum.checked_add(block.size));
        if whole != Some(bytes.len()) {
            return None;
        }
        let mut sets = Self { blocks, bytes, count, first: None };
        let first = sets.iter().next();
        sets.first = first;
        Some(sets)
    }

    /// Returns the compressed lines: one gzip file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Returns how many image sets there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the first image set.
    pub fn first(&self) -> Option<&ImageSet> {
        self.first.as_ref()
    }

    /// Returns all image sets, each when it is asked for.
    pub fn iter(&self) -> impl Iterator<Item = ImageSet> + '_ {
        self.lines(|_| true).map(|line| line.set)
    }

    /// Returns all image sets with what was known of their files when they were planned.
    pub(crate) fn stamped(&self) -> impl Iterator<Item = Stamped> + '_ {
        self.lines(|_| true).map(Line::stamped)
    }

    /// Returns the image sets that have these numbers; other blocks are not looked at.
    pub fn get(&self, numbers: &BTreeSet<usize>) -> Vec<ImageSet> {
        self.get_stamped(numbers).map(|(set, _)| set).collect()
    }

    /// Returns the image sets that have these numbers, with what was known of their files.
    pub(crate) fn get_stamped<'s>(
        &'s self,
        numbers: &'s BTreeSet<usize>,
    ) -> impl Iterator<Item = Stamped> + 's {
        let holds = move |block: &Block| numbers.range(block.first..=block.last).next().is_some();
        self.lines(holds).filter(|line| numbers.contains(&line.set.number)).map(Line::stamped)
    }

    fn lines<'s>(&'s self, wanted: impl Fn(&Block) -> bool + 's) -> impl Iterator<Item = Line> + 's {
        let mut end = 0;
        let placed = self.blocks.iter().map(move |block| {
            end += block.size;
            (block, end - block.size..end)
        });
        placed.filter(move |(block, _)| wanted(block)).flat_map(|(_, place)| {
            let lines = BufReader::new(GzDecoder::new(&self.bytes[place])).lines();
            lines.map(|line| {
                let line = line.expect("memory can be read, and the digest was the planner's");
                serde_json::from_str(&line).expect("a planner wrote this, as the digest has shown")
            })
        })
    }
}

impl Line {
    fn stamped(self) -> Stamped {
        let known = locations(&self.set).zip(self.stamps);
        let stamps = known.filter_map(|(location, stamp)| {
            let (size, tag) = stamp?;
            Some((location, Stamp { size, tag }))
        });
        let stamps = stamps.collect();
        (self.set, stamps)
    }
}

/// Returns what a pipeline is read for: a plan with the first image set alone, whose channels are those of all.
pub(crate) fn head(plan: &Plan<ImageSets>) -> Plan {
    let Plan { columns, grouping, experiment, warnings, image_sets } = plan;
    Plan {
        image_sets: image_sets.first().cloned().into_iter().collect(),
        columns: columns.clone(),
        grouping: grouping.clone(),
        experiment: experiment.clone(),
        warnings: warnings.clone(),
    }
}

/// Takes image sets one after the other.
pub(crate) struct Packer {
    sets: ImageSets,
    /// The lines of the block that is not full, and the numbers of its first and last image set.
    open: Option<(GzEncoder<Vec<u8>>, usize, usize)>,
    in_block: usize,
    digest: Sha256,
}

impl Packer {
    pub fn new() -> Self {
        Self { sets: ImageSets::default(), open: None, in_block: 0, digest: Sha256::new() }
    }

    /// Adds the next image set, with what is known of its files.
    pub fn add(&mut self, set: ImageSet, stamps: &Stamps) {
        let stamps: Vec<_> =
            locations(&set).map(|l| stamps.get(&l).map(|s| (s.size, s.tag.clone()))).collect();
        let number = set.number;
        if self.sets.first.is_none() {
            self.sets.first = Some(set.clone());
        }
        let mut line = serde_json::to_vec(&Line { set, stamps }).expect("an image set is plain data");
        line.push(b'\n');
        self.digest.update(&line);
        let new = || (GzEncoder::new(Vec::new(), Compression::fast()), number, number);
        let (block, _, last) = self.open.get_or_insert_with(new);
        block.write_all(&line).expect("memory takes every write");
        *last = number;
        self.sets.count += 1;
        self.in_block += 1;
        if self.in_block == BLOCK {
            self.close();
        }
    }

    fn close(&mut self) {
        self.in_block = 0;
        let Some((block, first, last)) = self.open.take() else { return };
        let bytes = block.finish().expect("memory takes every write");
        self.sets.blocks.push(Block { first, last, size: bytes.len() });
        self.sets.bytes.extend(bytes);
    }

    /// Returns the image sets, and the SHA-256 of their lines.
    pub fn finish(mut self) -> (ImageSets, Vec<u8>) {
        self.close();
        (self.sets, self.digest.finalize().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imageset::{Channel, Rescale, Role};

    fn set(number: usize) -> ImageSet {
        let location = format!("/images/{number}.tif");
        let channel = Channel {
            name: "DNA".into(),
            role: Role::Grayscale,
            url: imageset::path_to_url(&location),
            location,
            file_name: format!("{number}.tif"),
            path_name: "/images".into(),
            series: None,
            frame: None,
            colour_channel: None,
            planes: Vec::new(),
            spacing: None,
            rescale: Rescale::Metadata,
        };
        ImageSet { number, channels: vec![channel], ..ImageSet::default() }
    }

    fn packed(numbers: impl Iterator<Item = usize>) -> (ImageSets, Vec<u8>) {
        let mut packer = Packer::new();
        for number in numbers {
            let stamp = Stamp { size: number as u64, tag: "t".into() };
            packer.add(set(number), &[(format!("/images/{number}.tif"), stamp)].into());
        }
        packer.finish()
    }

    #[test]
    fn what_is_packed_comes_out_again_all_or_by_number() {
        let (sets, digest) = packed((1..=1000).map(|n| 2 * n));
        assert_eq!((sets.len(), sets.blocks().len(), sets.first()), (1000, 16, Some(&set(2))));
        assert!(sets.iter().eq((1..=1000).map(|n| set(2 * n))));
        let numbers = [2, 3, 128, 130, 2000, 2001].into();
        let found: Vec<(usize, u64)> = sets
            .get_stamped(&numbers)
            .map(|(set, stamps)| (set.number, stamps.values().map(|s| s.size).sum()))
            .collect();
        assert_eq!(found, [(2, 2), (128, 128), (130, 130), (2000, 2000)]);
        let again = ImageSets::read(sets.bytes().to_vec(), sets.blocks().to_vec(), 1000);
        assert_eq!(again.as_ref(), Some(&sets));
        assert_eq!(ImageSets::read(sets.bytes()[1..].to_vec(), sets.blocks().to_vec(), 1000), None);
        assert_ne!(digest, packed((1..=1000).map(|n| 2 * n + 1)).1);
    }

    #[test]
    fn an_image_set_takes_a_hundred_bytes_or_so() {
        let (sets, _) = packed(1..=10_000);
        assert!(sets.bytes().len() < 100 * 10_000, "{}", sets.bytes().len());
    }
}
