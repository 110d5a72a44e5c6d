//! MeasureObjectSkeleton: counts trunks, branches and ends of skeletons that grow out of objects.

mod graph_files;

use crate::grey::Grey;
use crate::{Declaration, Kind, Module, Need, RecordSink, RunError, RunFacts, Upstream, Workspace};
use algorithms::object_skeleton::ObjectSkeleton;
use algorithms::object_skeleton::graph::Graph;
use cppipe::{Problem, Settings};
use graph_files::{GraphFiles, GraphSink};
use imageset::{Folder, FolderBase};
use measurements::Column;
use pixels::{Array, Image, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureObjectSkeleton",
    former_names: &["MeasureNeurons"],
    newest_revision: 3,
    summary: "counts trunks, branches and ends of skeletons that grow out of objects",
    read,
};

const SEEDS: &str = "Select the seed objects";
const SKELETON: &str = "Select the skeletonized image";
const INTENSITY: &str = "Intensity image";
const FOLDER: &str = "File output directory";

#[derive(Debug)]
struct MeasureObjectSkeleton {
    seeds: String,
    skeleton: String,
    /// The name of the image of branchpoints.
    picture: Option<String>,
    /// Up to how many pixels holes are filled.
    fill: Option<usize>,
    /// The image whose intensities the graph has, and where it goes.
    graph: Option<(String, GraphFiles)>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision < 2 {
        values.extend(["Yes", "10"].map(String::from));
    }
    if module.revision < 3 {
        values.extend(["No", "None", "Default Output Folder|None", "None", "None"].map(String::from));
    }
    let mut settings = Settings::upgraded(module, values);
    let (seeds, skeleton) = (settings.text(SEEDS), settings.text(SKELETON));
    let wants_picture = settings.yes("Retain the branchpoint image?");
    let picture = settings.text("Name the branchpoint image");
    let wants_fill = settings.yes("Fill small holes?");
    let most: i64 = settings.number_within(1.., 10);
    let wants_graph = settings.yes("Export the skeleton graph relationships?");
    let intensity = settings.text(INTENSITY);
    let answer = settings.text(FOLDER);
    let (vertices, edges) = (settings.text("Vertex file name"), settings.text("Edge file name"));
    let folder = Folder::parse(&answer).unwrap_or_else(|| {
        if wants_graph {
            let near = cppipe::nearest(answer.split('|').next().unwrap_or(""), Folder::base_names());
            settings.problem(FOLDER, format!("`{answer}` does not start with a known folder"), near);
        }
        Folder { base: FolderBase::Output, path: String::new() }
    });
    let typed = MeasureObjectSkeleton {
        seeds,
        skeleton,
        picture: wants_picture.then_some(picture),
        fill: wants_fill.then_some(usize::try_from(most).unwrap_or(0)),
        graph: wants_graph.then(|| (intensity, GraphFiles::new(folder, vertices, edges))),
    };
    Ok(Box::new(settings.finish(typed)?))
}

impl MeasureObjectSkeleton {
    fn feature(&self, what: &str) -> String {
        format!("ObjectSkeleton_{what}_{}", self.skeleton)
    }
}

impl Module for MeasureObjectSkeleton {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::objects(&self.seeds, SEEDS), Need::image(&self.skeleton, SKELETON)];
        needs.extend(self.graph.as_ref().map(|(image, _)| Need::image(image, INTENSITY)));
        let whole = ["NumberTrunks", "NumberNonTrunkBranches", "NumberBranchEnds"];
        let mut columns: Vec<_> = whole.map(|what| Column::integer(&self.seeds, self.feature(what))).into();
        columns.push(Column::float(&self.seeds, self.feature("TotalObjectSkeletonLength")));
        let files = self.graph.iter().flat_map(|(_, files)| files.names());
        Declaration {
            needs,
            columns,
            images: self.picture.iter().cloned().collect(),
            files: files.collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.skeleton)?;
        let skeleton = self.binary(&image, workspace)?;
        let objects = workspace.objects(&self.seeds)?;
        let labels = objects.segmented.as_plane();
        let labels = labels.ok_or_else(|| {
            RunError::Refused(format!("the objects `{}` overlap, or are a volume", self.seeds))
        })?;
        let count = objects.count();
        let labels = match workspace.crop_similarly(&image, labels) {
            Ok(labels) => labels.into_owned(),
            Err(_) => sized_like(labels, skeleton.shape()),
        };
        let parted = ObjectSkeleton::new(&skeleton, &labels, self.fill);
        let counts = parted.counts(count);
        let record = &mut workspace.record;
        let whole = counts.trunks.iter().map(|&n| n as i64).collect();
        record.object_integers(&self.seeds, self.feature("NumberTrunks"), whole);
        let floats = |all: &[u64]| all.iter().map(|&n| n as f64).collect::<Vec<_>>();
        for (what, values) in
            [("NumberNonTrunkBranches", &counts.branches), ("NumberBranchEnds", &counts.ends)]
        {
            if count == 0 {
                record.object_integers(&self.seeds, self.feature(what), Vec::new());
            } else {
                record.object_floats(&self.seeds, self.feature(what), floats(values));
            }
        }
        record.object_floats(&self.seeds, self.feature("TotalObjectSkeletonLength"), counts.length);
        if let Some((name, files)) = &self.graph {
            let intensity = workspace.image(name)?;
            if (intensity.shape().height, intensity.shape().width) != skeleton.shape() {
                return Err(RunError::Refused(format!("`{name}` is not of the skeleton's size")));
            }
            let graph = match Grey::of(&intensity, name)? {
                Grey::F32(plane) => Graph::of(&parted, &plane, |a, b| a + b),
                // True and true are true, as numpy adds them.
                Grey::F64(plane) if matches!(intensity.pixels, Pixels::Bool(_)) => {
                    Graph::of(&parted, &plane, f64::max)
                }
                Grey::F64(plane) => Graph::of(&parted, &plane, |a, b| a + b),
            };
            files.keep(workspace.record.image_number, &graph);
        }
        if let Some(name) = &self.picture {
            let shape = Shape { depth: 1, height: labels.height(), width: labels.width(), channels: 3 };
            let values = parted.picture().into_iter().flatten().map(|v| v as f32).collect();
            let picture = workspace.derived_image(&image, Pixels::F32(Array::from_vec(shape, values)))?;
            workspace.add_image(name, picture);
        }
        Ok(())
    }

    fn record_sink<'a>(&'a self, run: RunFacts<'a>) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        let Some((_, files)) = &self.graph else { return Ok(None) };
        Ok(Some(Box::new(GraphSink::new(files, run)?)))
    }
}

impl MeasureObjectSkeleton {
    /// Returns the skeleton inside its mask.
    fn binary(&self, image: &Image, workspace: &Workspace<'_>) -> Result<Plane<bool>, RunError> {
        let name = &self.skeleton;
        if image.volumetric {
            return Err(RunError::NotNative(format!("the volume `{name}`")));
        }
        let Pixels::Bool(array) = &image.pixels else {
            return Err(RunError::Refused(format!("image `{name}` is not binary")));
        };
        let Some(plane) = array.as_plane() else {
            return Err(RunError::Refused(format!("image `{name}` must be binary, but it was color")));
        };
        Ok(match workspace.mask_of(image)? {
            Some(mask) => plane.zip(&mask, |&on, &inside| on && inside),
            None => plane.clone(),
        })
    }
}

/// Returns labels cut, or continued with background, to the size of an image.
fn sized_like(labels: &Plane<u32>, shape: (usize, usize)) -> Plane<u32> {
    let mut sized = Plane::zeros(shape.0, shape.1);
    let width = labels.width().min(shape.1);
    for y in 0..labels.height().min(shape.0) {
        sized.row_mut(y)[..width].copy_from_slice(&labels.row(y)[..width]);
    }
    sized
}
