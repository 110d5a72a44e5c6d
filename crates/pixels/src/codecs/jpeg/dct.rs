use std::num::Wrapping;

type Int = Wrapping<i32>;

/// Fixed-point constants of 13 bits: cosines and their sums, by the number they stand for times 10⁹.
const F_0_298631336: Int = Wrapping(2446);
const F_0_390180644: Int = Wrapping(3196);
const F_0_541196100: Int = Wrapping(4433);
const F_0_765366865: Int = Wrapping(6270);
const F_0_899976223: Int = Wrapping(7373);
const F_1_175875602: Int = Wrapping(9633);
const F_1_501321110: Int = Wrapping(12299);
const F_1_847759065: Int = Wrapping(15137);
const F_1_961570560: Int = Wrapping(16069);
const F_2_053119869: Int = Wrapping(16819);
const F_2_562915447: Int = Wrapping(20995);
const F_3_072711026: Int = Wrapping(25172);

/// Two bits more are kept between the two passes.
const CONST_BITS: usize = 13;
const PASS_BITS: usize = 2;

fn descale(x: Int, bits: usize) -> Int {
    (x + Wrapping(1 << (bits - 1))) >> bits
}

/// The odd half of the eight-point transform, shared by both directions.
fn odd(t: [Int; 4]) -> [Int; 4] {
    let z1 = -(t[0] + t[3]) * F_0_899976223;
    let z2 = -(t[1] + t[2]) * F_2_562915447;
    let z5 = (t[0] + t[2] + t[1] + t[3]) * F_1_175875602;
    let z3 = z5 - (t[0] + t[2]) * F_1_961570560;
    let z4 = z5 - (t[1] + t[3]) * F_0_390180644;
    [
        t[0] * F_0_298631336 + z1 + z3,
        t[1] * F_2_053119869 + z2 + z4,
        t[2] * F_3_072711026 + z2 + z3,
        t[3] * F_1_501321110 + z1 + z4,
    ]
}

fn inverse_8(c: [Int; 8], bits: usize) -> [Int; 8] {
    let z1 = (c[2] + c[6]) * F_0_541196100;
    let (e2, e3) = (z1 - c[6] * F_1_847759065, z1 + c[2] * F_0_765366865);
    let (e0, e1) = ((c[0] + c[4]) << CONST_BITS, (c[0] - c[4]) << CONST_BITS);
    let even = [e0 + e3, e1 + e2, e1 - e2, e0 - e3];
    let o = odd([c[7], c[5], c[3], c[1]]);
    std::array::from_fn(|i| match i {
        0..=3 => descale(even[i] + o[3 - i], bits),
        _ => descale(even[7 - i] - o[i - 4], bits),
    })
}

/// Turns coefficients into samples: columns, then rows, then 128 is added and the result held to 0–255.
pub(super) fn inverse(block: &[i16; 64], table: &[u16; 64], out: &mut [u8], stride: usize) {
    let mut work = [Wrapping(0); 64];
    for x in 0..8 {
        let c: [Int; 8] = std::array::from_fn(|y| {
            Wrapping(i32::from(block[8 * y + x])) * Wrapping(i32::from(table[8 * y + x]))
        });
        if c[1..].iter().all(|&v| v == Wrapping(0)) {
            (0..8).for_each(|y| work[8 * y + x] = c[0] << PASS_BITS);
            continue;
        }
        for (y, v) in inverse_8(c, CONST_BITS - PASS_BITS).into_iter().enumerate() {
            work[8 * y + x] = v;
        }
    }
    for (y, row) in work.as_chunks::<8>().0.iter().enumerate() {
        let values = inverse_8(*row, CONST_BITS + PASS_BITS + 3);
        for (to, v) in out[y * stride..].iter_mut().zip(values) {
            // The library looks results up in a table of 1024, in which far overflows come round again.
            *to = ((v.0 << 22 >> 22) + 128).clamp(0, 255) as u8;
        }
    }
}
/// Turns samples less 128 into coefficients times 8: rows, then columns.
pub(super) fn forward(samples: &[i32; 64]) -> [i32; 64] {
    let mut work = samples.map(Wrapping);
    for y in 0..8 {
        let row = std::array::from_fn(|x| work[8 * y + x]);
        let out = forward_8(row, |x| x << PASS_BITS, CONST_BITS - PASS_BITS);
        work[8 * y..8 * y + 8].copy_from_slice(&out);
    }
    for x in 0..8 {
        let column = std::array::from_fn(|y| work[8 * y + x]);
        let out = forward_8(column, |x| descale(x, PASS_BITS), CONST_BITS + PASS_BITS);
        (0..8).for_each(|y| work[8 * y + x] = out[y]);
    }
    work.map(|v| v.0)
}

fn forward_8(d: [Int; 8], flat: impl Fn(Int) -> Int, bits: usize) -> [Int; 8] {
    let sum: [Int; 4] = std::array::from_fn(|i| d[i] + d[7 - i]);
    let difference: [Int; 4] = std::array::from_fn(|i| d[i] - d[7 - i]);
    let (s0, s3) = (sum[0] + sum[3], sum[0] - sum[3]);
    let (s1, s2) = (sum[1] + sum[2], sum[1] - sum[2]);
    let z1 = (s2 + s3) * F_0_541196100;
    let o = odd([difference[3], difference[2], difference[1], difference[0]]);
    [
        flat(s0 + s1),
        descale(o[3], bits),
        descale(z1 + s3 * F_0_765366865, bits),
        descale(o[2], bits),
        flat(s0 - s1),
        descale(o[1], bits),
        descale(z1 - s2 * F_1_847759065, bits),
        descale(o[0], bits),
    ]
}
