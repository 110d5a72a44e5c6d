//! `--labels DIR`: the label matrix of each object set, after the module that made it.

use engine::{Observer, Step, Workspace};
use pixels::Labels;
use pixels::codecs::npy;
use std::path::PathBuf;
use std::time::Duration;

/// Writes `setNNNN_mMMM_obj_NAME.npy` (int32, H×W; N×H×W where objects overlap) for each object set made.
pub struct LabelDump {
    /// Where to.
    pub folder: PathBuf,
}

impl Observer for LabelDump {
    fn module_ran(&self, step: &Step, workspace: &Workspace<'_>, _: Duration) {
        for name in &step.declaration.objects {
            let Some(objects) = workspace.objects.get(name) else { continue };
            let file = format!("set{:04}_m{:03}_obj_{name}.npy", workspace.image_set.number, step.number);
            let path = self.folder.join(file);
            if let Err(error) = std::fs::write(&path, npy_bytes(&objects.segmented)) {
                eprintln!("cpb: cannot write `{}`: {error}", path.display());
            }
        }
    }
}

/// Returns labels as a `.npy` file of int32.
fn npy_bytes(labels: &Labels) -> Vec<u8> {
    let shape = labels.shape();
    let (planes, values): (usize, Vec<i32>) = match labels {
        Labels::Dense(array) => (shape.depth, array.data().iter().map(|&l| l as i32).collect()),
        Labels::Overlapping(planes) => {
            (planes.len(), planes.iter().flat_map(|p| p.data()).map(|&l| l as i32).collect())
        }
    };
    let (height, width) = (shape.height, shape.width);
    match labels {
        Labels::Dense(_) if planes == 1 => npy::write(&[height, width], &values),
        _ => npy::write(&[planes, height, width], &values),
    }
}
