//! The graph of a skeleton: trunks, branchpoints and ends, and the lines between them.
//!
//! Source: CellProfiler 4.2.8, `MeasureObjectSkeleton.make_objskeleton_graph`; `label_skeleton` and
//! `pairwise_permutations` of centrosome 1.2.3.

use super::ObjectSkeleton;
use crate::neighbourhood::{Rule, neighbourhoods};
use crate::numpy::Real;
use pixels::Plane;
use std::collections::BTreeMap;

/// What a vertex is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line leaves its seed.
    Trunk,
    /// Lines meet.
    Branchpoint,
    /// A line ends.
    End,
}

/// A point of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vertex {
    /// Row and column.
    pub at: (usize, usize),
    /// The seed it belongs to.
    pub label: u32,
    /// What it is.
    pub kind: Kind,
}

/// A line between two vertices, which count from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Where it starts.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Its pixels, those of both vertices too.
    pub length: usize,
    /// The sum of the intensities along it.
    pub intensity: f64,
}

/// The graph of a skeleton.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// The vertices in raster order.
    pub vertices: Vec<Vertex>,
    /// The shortest line between each two vertices, by their ends.
    pub edges: Vec<Edge>,
}

/// The eight neighbours, row by row.
const AROUND: [(isize, isize); 8] = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)];

impl Graph {
    /// Returns the graph of a skeleton, with intensities of `image` (of the same size), those of the two ends added by `add`.
    pub fn of<T: Real>(skeleton: &ObjectSkeleton, image: &Plane<T>, add: fn(T, T) -> T) -> Self {
        let vertices = vertices(skeleton);
        let shape = skeleton.labels.shape();
        let mut vertex_at: Plane<u32> = Plane::zeros(shape.0, shape.1);
        for (number, vertex) in (1..).zip(&vertices) {
            vertex_at[vertex.at] = number;
        }
        let mut lines = lines(&skeleton.skeleton);
        lines = lines.zip(&vertex_at, |&line, &vertex| if vertex > 0 { 0 } else { line });
        let mut sums: BTreeMap<u32, (usize, f64)> = BTreeMap::new();
        for (&line, v) in lines.data().iter().zip(image.data()).filter(|(line, _)| **line > 0) {
            let (count, sum) = sums.entry(line).or_default();
            *count += 1;
            *sum += v.to_f64();
        }
        let mut edges = touching_vertices(&vertices, &vertex_at, image, add);
        let mut ends: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (number, vertex) in (1..).zip(&vertices) {
            let around = neighbours(vertex.at, shape).map(|at| lines[at]);
            around.filter(|&line| line > 0).for_each(|line| ends.entry(line).or_default().push(number));
        }
        for (line, mut ends) in ends {
            let (count, sum) = sums.get(&line).copied().unwrap_or_default();
            ends.sort_unstable();
            for (i, &from) in ends.iter().enumerate() {
                for &to in &ends[i + 1..] {
                    let both = add(image[vertices[from - 1].at], image[vertices[to - 1].at]);
                    edges.push(Edge { from, to, length: count + 2, intensity: both.to_f64() + sum });
                }
            }
        }
        edges.sort_by_key(|e| (e.to, e.from, e.length));
        edges.dedup_by_key(|e| (e.to, e.from));
        Self { vertices, edges }
    }
}

fn vertices(skeleton: &ObjectSkeleton) -> Vec<Vertex> {
    let trunks = skeleton.trunks();
    let width = skeleton.labels.width();
    let kind = |i: usize| {
        let trunk = trunks.data()[i];
        if skeleton.endpoints.data()[i] {
            Some(Kind::End)
        } else if skeleton.branchpoints.data()[i] && !trunk {
            Some(Kind::Branchpoint)
        } else {
            trunk.then_some(Kind::Trunk)
        }
    };
    let vertex = |i: usize| {
        let at = (i / width, i % width);
        kind(i).map(|kind| Vertex { at, label: skeleton.labels.data()[i], kind })
    };
    (0..skeleton.labels.len()).filter_map(vertex).collect()
}

fn neighbours((y, x): (usize, usize), shape: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    AROUND.into_iter().filter_map(move |(dy, dx)| {
        let at = (y.checked_add_signed(dy)?, x.checked_add_signed(dx)?);
        (at.0 < shape.0 && at.1 < shape.1).then_some(at)
    })
}

/// Returns the edges of vertices that touch and are of one seed, in the order of the neighbours.
fn touching_vertices<T: Real>(
    vertices: &[Vertex],
    vertex_at: &Plane<u32>,
    image: &Plane<T>,
    add: fn(T, T) -> T,
) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, vertex) in (1..).zip(vertices) {
        for at in neighbours(vertex.at, vertex_at.shape()) {
            let to = vertex_at[at] as usize;
            if to > from && vertices[to - 1].label == vertex.label {
                let intensity = add(image[vertex.at], image[at]).to_f64();
                edges.push(Edge { from, to, length: 2, intensity });
            }
        }
    }
    edges
}

/// Returns the lines of a skeleton, numbered in raster order of their first pixels; branchpoints are lines of their own.
///
/// Pixels that touch are of one line unless both have three neighbours or more.
fn lines(skeleton: &Plane<bool>) -> Plane<u32> {
    let branchpoints = Rule::Branchpoints.apply(skeleton, Some(1));
    let counts = neighbourhoods(skeleton).map(|n| n.count_ones().saturating_sub(1));
    let on = skeleton.zip(&branchpoints, |&on, &branch| on && !branch);
    let (height, width) = skeleton.shape();
    let mut lines = Plane::zeros(height, width);
    let mut next = 0;
    for i in (0..skeleton.len()).filter(|&i| branchpoints.data()[i]) {
        next += 1;
        lines.data_mut()[i] = next;
    }
    for start in 0..skeleton.len() {
        if !on.data()[start] || lines.data()[start] != 0 {
            continue;
        }
        next += 1;
        lines.data_mut()[start] = next;
        let mut open = vec![(start / width, start % width)];
        while let Some(at) = open.pop() {
            for to in neighbours(at, (height, width)) {
                if on[to] && lines[to] == 0 && (counts[at] < 3 || counts[to] < 3) {
                    lines[to] = next;
                    open.push(to);
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_added_as_the_image_adds() {
        let at = |on: &dyn Fn(usize) -> bool| {
            Plane::from_vec(3, 7, (0..21).map(|i| (7..13).contains(&i) && on(i - 7)).collect())
        };
        let number = |mask: &Plane<bool>| mask.map(|&on| u32::from(on));
        let line = at(&|_| true);
        let none = Plane::zeros(3, 7);
        let skeleton = ObjectSkeleton {
            labels: number(&line),
            seeds: number(&none),
            outside: line.clone(),
            branchpoints: none.clone(),
            branches: at(&|x| x == 0).map(|&on| u8::from(on)),
            endpoints: at(&|x| x == 5),
            near: number(&line),
            far: number(&none),
            skeleton: line,
        };
        // MeasureObjectSkeleton.make_objskeleton_graph of CellProfiler 4.2.8, on ones that are True and on halves.
        let edge = |intensity| [Edge { from: 1, to: 2, length: 6, intensity }];
        assert_eq!(Graph::of(&skeleton, &Plane::filled(3, 7, 1.0), f64::max).edges, edge(5.0));
        assert_eq!(Graph::of(&skeleton, &Plane::filled(3, 7, 0.5), |a, b| a + b).edges, edge(3.0));
    }
}
