//! Which processors and memory Fargate has together. Source: AWS Batch, "resourceRequirements" of Fargate jobs.

/// Processors, the least and the most MiB that go with them, and the step between.
const PAIRS: [(u64, u64, u64, u64); 5] = [
    (1, 2048, 8192, 1024),
    (2, 4096, 16384, 1024),
    (4, 8192, 30720, 1024),
    (8, 16384, 61440, 4096),
    (16, 32768, 122_880, 8192),
];

/// Returns whether Fargate has this many processors with this much memory.
///
/// # Errors
/// What goes with what, in words.
pub fn check(vcpus: u64, memory: u64) -> Result<(), String> {
    let Some((_, least, most, step)) = PAIRS.iter().find(|pair| pair.0 == vcpus) else {
        return Err(format!("Fargate has 1, 2, 4, 8 or 16 processors, not {vcpus}"));
    };
    if (*least..=*most).contains(&memory) && (memory - least).is_multiple_of(*step) {
        return Ok(());
    }
    Err(format!("Fargate has no {memory} MiB with {vcpus} processors: {least} to {most} in steps of {step}"))
}

/// Returns the smallest pair that has at least these processors and this memory; where there is none, the largest.
pub fn fit(vcpus: u64, memory: u64) -> (u64, u64) {
    let large = PAIRS.iter().find(|pair| pair.0 >= vcpus && pair.2 >= memory);
    large.map_or((16, 122_880), |(vcpus, least, _, step)| {
        (*vcpus, least + memory.saturating_sub(*least).div_ceil(*step) * step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_that_fargate_has_are_taken() {
        assert_eq!(check(1, 2048), Ok(()));
        assert_eq!(check(16, 122_880), Ok(()));
        assert!(check(3, 8192).is_err_and(|why| why.contains("not 3")));
        assert!(check(4, 4096).is_err_and(|why| why.contains("8192 to 30720")));
        assert!(check(8, 17408).is_err_and(|why| why.contains("steps of 4096")));
    }

    #[test]
    fn what_is_asked_for_fits_into_the_next_pair() {
        assert_eq!(fit(4, 4096), (4, 8192));
        assert_eq!(fit(1, 9000), (2, 9216));
        assert_eq!(fit(8, 16385), (8, 20480));
        assert_eq!(fit(16, 200_000), (16, 122_880));
        for vcpus in 1..=16 {
            for memory in (500..130_000).step_by(777) {
                let (vcpus, memory) = fit(vcpus, memory);
                assert_eq!(check(vcpus, memory), Ok(()));
            }
        }
    }
}
