//! The file of a training set.

use crate::{RunError, Workspace};
use algorithms::worms::WormModel;
use imageset::{Folder, FolderBase};
use roxmltree::{Document, Node};

/// Reads the model that CellProfiler wrote as XML.
///
/// # Errors
/// When the file cannot be read or is no model; MATLAB's files, which came before, are not native.
pub fn read(workspace: &Workspace<'_>, folder: &Folder, file: &str) -> Result<WormModel, RunError> {
    let path = match folder.base {
        FolderBase::Url => file.to_string(),
        _ => format!("{}/{file}", folder.resolve(&workspace.folders.input, &workspace.folders.output, None)),
    };
    let fail = |what: String| RunError::Refused(format!("the model `{path}`: {what}"));
    let bytes = workspace.source.read(&path).map_err(|error| fail(error.to_string()))?;
    if bytes.starts_with(b"MATLAB") {
        return Err(RunError::NotNative(format!("the model `{path}` in MATLAB's format")));
    }
    let text = String::from_utf8(bytes).map_err(|error| fail(error.to_string()))?;
    let document = Document::parse(&text).map_err(|error| fail(error.to_string()))?;
    parse(document.root_element()).map_err(fail)
}

fn parse(root: Node<'_, '_>) -> Result<WormModel, String> {
    let control_points = number(one(root, "num-control-points")?)? as usize;
    let value = |tag| number(one(root, tag)?);
    let inverse = one(root, "inv-angles-covariance-matrix")?;
    let model = WormModel {
        min_area: value("min-area")?,
        max_area: value("max-area")?,
        cost_threshold: value("cost-threshold")?,
        control_points,
        mean: numbers(one(root, "mean-angles")?)?,
        inverse_covariance: children(inverse, "values").map(numbers).collect::<Result<_, _>>()?,
        max_radius: value("max-radius")?,
        max_skeleton_length: value("max-skel-length")?,
        min_length: value("min-path-length")?,
        max_length: value("max-path-length")?,
        median_area: value("median-worm-area")?,
        radii: numbers(one(root, "radii-from-training")?)?,
        overlap_weight: value("overlap-weight")?,
        leftover_weight: value("leftover-weight")?,
    };
    let angles = control_points.saturating_sub(1);
    let square = model.inverse_covariance.len() == angles
        && model.inverse_covariance.iter().all(|r| r.len() == angles);
    match control_points > 2 && model.mean.len() == angles && model.radii.len() == control_points && square {
        true => Ok(model),
        false => Err(format!("it is not one of {control_points} control points")),
    }
}

fn children<'a, 'i>(node: Node<'a, 'i>, tag: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.descendants().filter(move |n| n.tag_name().name() == tag)
}

fn one<'a, 'i>(root: Node<'a, 'i>, tag: &'static str) -> Result<Node<'a, 'i>, String> {
    let mut found = children(root, tag);
    match (found.next(), found.next()) {
        (Some(node), None) => Ok(node),
        _ => Err(format!("it must have one `{tag}`")),
    }
}

fn number(node: Node<'_, '_>) -> Result<f64, String> {
    let text = node.text().unwrap_or("").trim();
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

fn numbers(node: Node<'_, '_>) -> Result<Vec<f64>, String> {
    children(node, "value").map(number).collect()
}
