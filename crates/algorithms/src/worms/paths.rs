//! Paths through the graph of a skeleton.

use super::Point;
use super::skeleton_graph::SkeletonGraph;
use crate::numpy::sum;

/// Segments that follow each other, and the branch areas between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The segments' places in the graph.
    pub segments: Vec<usize>,
    /// The branch areas between them, one fewer.
    pub areas: Vec<usize>,
}

/// Returns the distances between the points of a line that follow each other.
pub fn steps(line: &[Point]) -> Vec<f64> {
    line.windows(2).map(|pair| distance(pair[0], pair[1])).collect()
}

fn distance(a: Point, b: Point) -> f64 {
    (((a.0 - b.0).pow(2) + (a.1 - b.1).pow(2)) as f64).sqrt()
}

impl SkeletonGraph {
    /// Returns the length of each segment.
    pub fn lengths(&self) -> Vec<f64> {
        self.segments.iter().map(|segment| sum(&steps(segment))).collect()
    }

    /// Visits every path of `shortest` to `longest` pixels, in one of its two directions; a path of one segment may be
    /// longer. No path has a branch area twice.
    pub fn visit_paths(&self, shortest: f64, longest: f64, visit: &mut impl FnMut(&Path)) {
        let lengths = self.lengths();
        for (segment, &length) in lengths.iter().enumerate() {
            let mut path = Path { segments: vec![segment], areas: Vec::new() };
            if length >= shortest {
                visit(&path);
            }
            for &area in &self.areas_of[segment] {
                path.areas.push(area);
                self.grow(&mut path, length, (shortest, longest), &lengths, visit);
                path.areas.pop();
            }
        }
    }

    /// Visits the paths that begin with `path`, which goes on through its last branch area.
    fn grow(
        &self,
        path: &mut Path,
        length: f64,
        limits: (f64, f64),
        lengths: &[f64],
        visit: &mut impl FnMut(&Path),
    ) {
        let (Some(&segment), Some(&area)) = (path.segments.last(), path.areas.last()) else { return };
        let end = self.point_at(segment, area);
        for &next in &self.segments_of[area] {
            if path.segments.contains(&next) {
                continue;
            }
            let longer = length + distance(end, self.point_at(next, area)) + lengths[next];
            if longer > limits.1 {
                continue;
            }
            path.segments.push(next);
            if next > path.segments[0] && longer >= limits.0 {
                visit(path);
            }
            for &beyond in &self.areas_of[next] {
                if !path.areas.contains(&beyond) {
                    path.areas.push(beyond);
                    self.grow(path, longer, limits, lengths, visit);
                    path.areas.pop();
                }
            }
            path.segments.pop();
        }
    }

    /// Returns the end of a segment that lies at a branch area: the start where both do.
    fn point_at(&self, segment: usize, area: usize) -> Point {
        let points = &self.segments[segment];
        if self.starts[area][segment] { points[0] } else { points[points.len() - 1] }
    }

    /// Returns the pixels of a path, from one end to the other.
    pub fn line(&self, path: &Path) -> Vec<Point> {
        let first = path.segments[0];
        let mut line = self.segments[first].clone();
        if path.areas.first().is_some_and(|&area| self.starts[area][first]) {
            line.reverse();
        }
        for (&area, &segment) in path.areas.iter().zip(&path.segments[1..]) {
            let points = self.segments[segment].iter().copied();
            if self.starts[area][segment] { line.extend(points) } else { line.extend(points.rev()) }
        }
        line
    }

    /// Returns the longest line through the graph, the last of those that are equally long; `None` where there is no
    /// line. A line of several segments has no more than `most` pixels of length.
    pub fn longest(&self, most: f64) -> Option<Vec<Point>> {
        let mut found: Option<(f64, Vec<Point>)> = None;
        self.visit_paths(0.0, most, &mut |path| {
            let line = self.line(path);
            let length = sum(&steps(&line));
            if found.as_ref().is_none_or(|(most, _)| length >= *most) {
                found = Some((length, line));
            }
        });
        found.map(|(_, line)| line)
    }
}
