//! The order in which a Python set of whole numbers gives them back.
//!
//! Where CellProfiler numbers things in the order of a set, that order is part of the result. Source: CPython 3.8's
//! `set`: open addressing in a table of a power of two, with a stretch of linear probes at each step.

const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

/// A Python set of whole numbers ≥ 0.
#[derive(Clone, Debug)]
pub struct PythonSet {
    table: Vec<Option<u32>>,
    used: usize,
}

impl Default for PythonSet {
    fn default() -> Self {
        Self { table: vec![None; 8], used: 0 }
    }
}

impl PythonSet {
    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.used
    }

    /// Returns whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Returns whether `number` is a member.
    pub fn contains(&self, number: u32) -> bool {
        self.table[slot(&self.table, number)] == Some(number)
    }

    /// Adds a number.
    pub fn insert(&mut self, number: u32) {
        let at = slot(&self.table, number);
        if self.table[at].is_some() {
            return;
        }
        self.table[at] = Some(number);
        self.used += 1;
        if self.used * 5 >= (self.table.len() - 1) * 3 {
            self.resize(if self.used > 50_000 { self.used * 2 } else { self.used * 4 });
        }
    }

    /// Returns the members in Python's order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.table.iter().filter_map(|n| *n)
    }

    /// Returns the members that `other` does not have, as a set of its own order: `set.difference`.
    pub fn difference(&self, other: &Self) -> Self {
        if self.used >> 2 > other.used {
            let mut copy = self.clone();
            if self.used * 5 >= 7 * 3 {
                copy.table = vec![None; 8];
                copy.used = 0;
                copy.resize(self.used * 2);
                if copy.table.len() == self.table.len() {
                    copy.table.clone_from(&self.table);
                } else {
                    for number in self.iter() {
                        let at = slot(&copy.table, number);
                        copy.table[at] = Some(number);
                    }
                }
            }
            for place in &mut copy.table {
                if place.is_some_and(|number| other.contains(number)) {
                    *place = None;
                }
            }
            copy.used = copy.iter().count();
            return copy;
        }
        self.iter().filter(|&number| !other.contains(number)).collect()
    }

    fn resize(&mut self, least: usize) {
        let mut size = 8;
        while size <= least {
            size *= 2;
        }
        let old = std::mem::replace(&mut self.table, vec![None; size]);
        for number in old.into_iter().flatten() {
            let at = slot(&self.table, number);
            self.table[at] = Some(number);
        }
    }
}

impl FromIterator<u32> for PythonSet {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut set = Self::default();
        for number in numbers {
            set.insert(number);
        }
        set
    }
}

/// Returns the place of `number`, or the free one where it would go.
fn slot(table: &[Option<u32>], number: u32) -> usize {
    let mask = table.len() - 1;
    let free = |at: usize| table[at].is_none_or(|n| n == number);
    let mut perturb = number as usize;
    let mut at = perturb & mask;
    loop {
        let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        if let Some(found) = (at..=at + probes).find(|&at| free(at)) {
            return found;
        }
        perturb >>= PERTURB_SHIFT;
        at = (at * 5 + 1 + perturb) & mask;
    }
}
