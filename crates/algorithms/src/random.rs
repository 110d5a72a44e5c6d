//! The random numbers of `numpy.random.RandomState`: a Mersenne Twister with NumPy's legacy streams.
//!
//! Source: Matsumoto and Nishimura, "Mersenne Twister" (1998); `numpy.random.mtrand` (NumPy 1.24) for what is
//! made of its words.

const WORDS: usize = 624;
const MIDDLE: usize = 397;

/// A stream of random numbers, equal to `numpy.random.RandomState` with the same seed.
#[derive(Clone, Debug)]
pub struct RandomState {
    state: [u32; WORDS],
    at: usize,
    spare_gauss: Option<f64>,
}

impl RandomState {
    /// Starts from a number, as `RandomState(seed)` does.
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; WORDS];
        for i in 1..WORDS {
            let last = state[i - 1];
            state[i] = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        Self { state, at: WORDS, spare_gauss: None }
    }

    /// Starts from several numbers, as `RandomState(array)` does.
    ///
    /// # Panics
    /// When `key` is empty.
    pub fn from_key(key: &[u32]) -> Self {
        assert!(!key.is_empty(), "a seed has one number at least");
        let mut new = Self::new(19_650_218);
        let s = &mut new.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..WORDS.max(key.len()) {
            let mixed = s[i] ^ (s[i - 1] ^ (s[i - 1] >> 30)).wrapping_mul(1_664_525);
            s[i] = mixed.wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j = (j + 1) % key.len();
            if i == WORDS {
                s[0] = s[WORDS - 1];
                i = 1;
            }
        }
        for _ in 1..WORDS {
            let mixed = s[i] ^ (s[i - 1] ^ (s[i - 1] >> 30)).wrapping_mul(1_566_083_941);
            s[i] = mixed.wrapping_sub(i as u32);
            i += 1;
            if i == WORDS {
                s[0] = s[WORDS - 1];
                i = 1;
            }
        }
        s[0] = 0x8000_0000;
        new
    }

    /// Returns the next 32 random bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.at == WORDS {
            self.twist();
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// Returns a number in [0, 1) with 53 random bits, as `random_sample`.
    #[inline]
    pub fn sample(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// Passes over `n` numbers of [`RandomState::sample`].
    pub fn skip_samples(&mut self, n: usize) {
        let mut words = 2 * n;
        while words > 0 {
            if self.at == WORDS {
                self.twist();
            }
            let step = words.min(WORDS - self.at);
            self.at += step;
            words -= step;
        }
    }

    /// Returns a number in [low, high), as `uniform`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.sample()
    }

    /// Returns a normally distributed number (mean 0, deviation 1), as the legacy `standard_normal`: the polar
    /// method, whose second number waits for the next call.
    pub fn gauss(&mut self) -> f64 {
        if let Some(spare) = self.spare_gauss.take() {
            return spare;
        }
        loop {
            let x1 = 2.0 * self.sample() - 1.0;
            let x2 = 2.0 * self.sample() - 1.0;
            let r2 = x1 * x1 + x2 * x2;
            if r2 < 1.0 && r2 != 0.0 {
                let f = (-2.0 * r2.ln() / r2).sqrt();
                self.spare_gauss = Some(f * x1);
                return f * x2;
            }
        }
    }

    /// Returns a whole number in [0, max], as `random_interval`: masked bits until one is small enough.
    pub fn interval(&mut self, max: u32) -> u32 {
        if max == 0 {
            return 0;
        }
        let mask = u32::MAX >> max.leading_zeros();
        loop {
            let value = self.next_u32() & mask;
            if value <= max {
                return value;
            }
        }
    }

    /// Mixes `values`, as `shuffle`.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            let j = self.interval(i as u32) as usize;
            values.swap(i, j);
        }
    }

    /// Returns the numbers below `n` in random order, as `permutation(n)`.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    fn twist(&mut self) {
        let s = &mut self.state;
        let mix = |high: u32, low: u32| {
            let y = (high & 0x8000_0000) | (low & 0x7fff_ffff);
            (y >> 1) ^ ((y & 1).wrapping_neg() & 0x9908_b0df)
        };
        for i in 0..WORDS - MIDDLE {
            s[i] = s[i + MIDDLE] ^ mix(s[i], s[i + 1]);
        }
        for i in WORDS - MIDDLE..WORDS - 1 {
            s[i] = s[i + MIDDLE - WORDS] ^ mix(s[i], s[i + 1]);
        }
        s[WORDS - 1] = s[MIDDLE - 1] ^ mix(s[WORDS - 1], s[0]);
        self.at = 0;
    }
}
