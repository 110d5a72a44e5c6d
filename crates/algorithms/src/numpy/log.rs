use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Returns the natural logarithm as numpy's AVX2 kernel computes it, bit by bit: up to 3.83 ulp off.
pub(super) fn ln(x: f32) -> f32 {
    ln_with(x, fused)
}

/// Sets each number to its natural logarithm, that of [`ln`].
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn ln_of_each(values: &mut [f32]) {
    if target_cfg_f!(target_feature = "fma") {
        values.iter_mut().for_each(|v| *v = ln_with(*v, f32::mul_add));
    } else {
        values.iter_mut().for_each(|v| *v = ln_with(*v, fused));
    }
}

/// x = 2ᵏ·(1 + m), 1/√2 < 1 + m ≤ √2, and log(1 + m) = P(m) / Q(m), all in f32 with `fused` products.
#[inline(always)]
fn ln_with(x: f32, fused: impl Fn(f32, f32, f32) -> f32) -> f32 {
    const P: [f32; 6] = [
        2.589979117907922693523e-02,
        3.808837741388407920751e-01,
        1.480000633576506585156,
        2.112677543073053063722,
        9.999999999999998702752e-01,
        0.0,
    ];
    const Q: [f32; 6] = [
        5.875095403124574342950e-03,
        1.546476374983906719538e-01,
        9.864942958519418960339e-01,
        2.453006071784736363091,
        2.612677543073109236779,
        1.0,
    ];
    const HUGE: f32 = (1u128 << 100) as f32;
    let subnormal = x < f32::MIN_POSITIVE;
    let bits = if subnormal { x * HUGE } else { x }.to_bits();
    let exponent = (bits >> 23) as i32 as f32 - 126.0 - if subnormal { 100.0 } else { 0.0 };
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 126 << 23);
    let low = mantissa <= std::f32::consts::FRAC_1_SQRT_2;
    let m = if low { mantissa + mantissa } else { mantissa } - 1.0;
    let k = if low { exponent - 1.0 } else { exponent };
    let polynomial = |c: [f32; 6]| c[1..].iter().fold(c[0], |sum, &c| fused(sum, m, c));
    let log = fused(k, std::f32::consts::LN_2, polynomial(P) / polynomial(Q));
    // No branches: all numbers of a block take one way.
    let log = if x == f32::INFINITY { x } else { log };
    let log = if x == 0.0 { f32::NEG_INFINITY } else { log };
    if x < 0.0 || x.is_nan() { f32::NAN } else { log }
}

/// Returns a·b + c rounded once.
///
/// The product of two f32 is exact in f64, so only the sum rounds there. Rounding that to f32 is right unless it
/// lies just at the middle of two f32; then the true remainder decides.
fn fused(a: f32, b: f32, c: f32) -> f32 {
    let product = f64::from(a) * f64::from(b);
    let c = f64::from(c);
    let sum = product + c;
    let bits = sum.to_bits();
    // The 29 bits that f32 has no room for stand at exactly one half.
    if bits & 0x1fff_ffff == 0x1000_0000 {
        // What the sum lost (Knuth's two-sum).
        let back = sum - product;
        let lost = (product - (sum - back)) + (c - back);
        if lost != 0.0 {
            let away = (lost > 0.0) == (sum > 0.0);
            return f64::from_bits(if away { bits + 1 } else { bits - 1 }) as f32;
        }
    }
    sum as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_logarithm_is_that_of_the_number() {
        let special =
            [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, 1e-42];
        let numbers = (0..500_000u32).map(|i| f32::from_bits(i.wrapping_mul(0x9e37_79b1)));
        let mut values: Vec<f32> = special.into_iter().chain(numbers).collect();
        let expected: Vec<u32> = values.iter().map(|&v| ln(v).to_bits()).collect();
        ln_of_each(&mut values);
        assert!(values.iter().zip(&expected).all(|(v, e)| v.to_bits() == *e));
    }

    #[test]
    fn a_fused_product_rounds_once() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            f32::from_bits((state >> 41) as u32 | 126 << 23) - 0.75
        };
        for _ in 0..200_000 {
            let (a, b, c) = (next(), next(), next());
            assert_eq!(fused(a, b, c), a.mul_add(b, c), "{a} {b} {c}");
        }
    }
}
