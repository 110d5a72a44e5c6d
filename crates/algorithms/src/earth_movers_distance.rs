//! The least cost of moving one histogram's mass to the places of another's.
//!
//! Source: the problem is that of Pele and Werman, "Fast and robust earth mover's distances" (ICCV 2009), as
//! `centrosome.fastemd` 1.2.3 poses it in whole numbers. Its optimum is unique, so that any exact way finds the same
//! number: here masses are sent one after the other along the cheapest way (Edmonds and Karp 1972), as Jonker and Volgenant
//! (1987) do with single columns.

/// Returns the least cost of moving as much mass as both have from `supply` to `demand`, where moving one from `i` to `j`
/// costs `cost(i, j)`, which is not negative. Mass that one of them has more costs nothing.
pub fn earth_movers_distance(supply: &[u64], demand: &[u64], cost: impl Fn(usize, usize) -> i64) -> i64 {
    let bins = |mass: &[u64]| (0..mass.len()).filter(|&i| mass[i] > 0).collect::<Vec<_>>();
    let (from, to) = (bins(supply), bins(demand));
    // All of the lesser mass is sent; of the greater one, some may stay.
    let (sent, taken, costs) = if supply.iter().sum::<u64>() <= demand.iter().sum() {
        let costs = from.iter().flat_map(|&i| to.iter().map(move |&j| (i, j)));
        (masses(supply, &from), masses(demand, &to), costs.map(|(i, j)| cost(i, j)).collect())
    } else {
        let costs = to.iter().flat_map(|&j| from.iter().map(move |&i| (i, j)));
        (masses(demand, &to), masses(supply, &from), costs.map(|(i, j)| cost(i, j)).collect())
    };
    let sinks = taken.len();
    let mut transport =
        Transport { costs, free: taken, received: vec![Vec::new(); sinks], rebate: vec![0; sinks] };
    for (source, &mass) in sent.iter().enumerate() {
        transport.send(source, mass);
    }
    transport.total()
}

fn masses(mass: &[u64], bins: &[usize]) -> Vec<u64> {
    bins.iter().map(|&i| mass[i]).collect()
}

/// What has been moved so far, at the least cost.
struct Transport {
    /// What moving one costs, source by source.
    costs: Vec<i64>,
    /// What each sink still takes.
    free: Vec<u64>,
    /// What each sink has got, and from where.
    received: Vec<Vec<(usize, u64)>>,
    /// How much cheaper ways to each sink are taken to be; 0 for sinks that take more.
    rebate: Vec<i64>,
}

impl Transport {
    fn send(&mut self, source: usize, mut mass: u64) {
        let sinks = self.free.len();
        let mut search = Search::new(self.costs.len().checked_div(sinks).unwrap_or(0), sinks);
        while mass > 0 {
            let Some(end) = search.run(self, source) else { return };
            mass -= self.push(source, end, mass, &search);
        }
    }

    /// Moves what the way to `end` lets through, `mass` at the most; returns how much that was.
    fn push(&mut self, source: usize, end: usize, mass: u64, search: &Search) -> u64 {
        let mut amount = mass.min(self.free[end]);
        let mut sink = end;
        while let Some((through, from)) = search.from[sink] {
            amount = amount.min(self.received_of(through, from));
            sink = through;
        }
        self.free[end] -= amount;
        let mut sink = end;
        loop {
            let (through, from) = search.from[sink].map_or((None, source), |(t, from)| (Some(t), from));
            match self.received[sink].iter_mut().find(|got| got.0 == from) {
                Some(got) => got.1 += amount,
                None => self.received[sink].push((from, amount)),
            }
            let Some(through) = through else { return amount };
            self.received[through].iter_mut().filter(|got| got.0 == from).for_each(|got| got.1 -= amount);
            self.received[through].retain(|got| got.1 > 0);
            sink = through;
        }
    }

    fn received_of(&self, sink: usize, source: usize) -> u64 {
        self.received[sink].iter().find(|got| got.0 == source).map_or(0, |got| got.1)
    }

    fn total(&self) -> i64 {
        let sinks = self.free.len();
        let moved = self.received.iter().enumerate();
        moved.flat_map(|(j, got)| got.iter().map(move |&(i, n)| self.costs[i * sinks + j] * n as i64)).sum()
    }
}

/// A search for the cheapest way from a source to a sink that takes more: there, or through sinks that give back.
struct Search {
    /// What the way to each sink costs, without its rebate.
    way: Vec<i64>,
    /// The sink that gives back, and the source it gives back to; `None` straight from the source.
    from: Vec<Option<(usize, usize)>>,
    /// The sinks to which the cheapest way is known, then the others.
    order: Vec<usize>,
    /// The sources from which ways were tried: from each, once is enough.
    tried: Vec<bool>,
}

impl Search {
    fn new(sources: usize, sinks: usize) -> Self {
        Self {
            way: vec![0; sinks],
            from: vec![None; sinks],
            order: (0..sinks).collect(),
            tried: vec![false; sources],
        }
    }

    /// Returns the sink at the end of the cheapest way, and takes its cost over into the rebates.
    fn run(&mut self, transport: &mut Transport, source: usize) -> Option<usize> {
        let sinks = transport.free.len();
        let costs = &transport.costs[source * sinks..][..sinks];
        for sink in 0..sinks {
            self.way[sink] = costs[sink] - transport.rebate[sink];
        }
        self.from.fill(None);
        self.tried.fill(false);
        self.tried[source] = true;
        for known in 0..sinks {
            let nearest = (known..sinks).min_by_key(|&at| self.way[self.order[at]])?;
            self.order.swap(known, nearest);
            let sink = self.order[known];
            if transport.free[sink] > 0 {
                let end = self.way[sink];
                for &passed in &self.order[..known] {
                    transport.rebate[passed] += self.way[passed] - end;
                }
                return Some(sink);
            }
            for &(giver, _) in &transport.received[sink] {
                if std::mem::replace(&mut self.tried[giver], true) {
                    continue;
                }
                let costs = &transport.costs[giver * sinks..][..sinks];
                let so_far = self.way[sink] - (costs[sink] - transport.rebate[sink]);
                for &other in &self.order[known + 1..] {
                    let way = so_far + costs[other] - transport.rebate[other];
                    if way < self.way[other] {
                        self.way[other] = way;
                        self.from[other] = Some((sink, giver));
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mass_moves_where_all_of_it_is_cheapest() {
        // centrosome.fastemd.emd_hat_int32(p, q, c, extra_mass_penalty=0)
        let cost = |i: usize, j: usize| [[0, 3, 9], [1, 5, 2], [7, 1, 4]][i][j];
        assert_eq!(earth_movers_distance(&[4, 3, 5], &[2, 6, 4], cost), 20);
        assert_eq!(earth_movers_distance(&[4, 3, 5], &[2, 1, 4], cost), 11);
        assert_eq!(earth_movers_distance(&[4, 0, 1], &[2, 9, 4], cost), 7);
    }
}
