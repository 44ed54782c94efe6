//! The inner loops in f32, in which trainings and rankings spend nearly all of their time.
//!
//! Each kernel has two implementations: one with AVX2, FMA and F16C intrinsics, which keeps the sums in registers, and
//! one in portable Rust. The choice is made once at run time. They add in different orders, so their results differ by
//! rounding; the property test below compares both with the formula in f64.
//!
//! Tiling (Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 2008): a long sum of
//! scaled rows is computed for 80 columns at a time, which fit in ten of the sixteen vector registers. So each number
//! of each row is loaded once, and the sums are stored once at the end.
#![allow(
    unsafe_code,
    reason = "vector instructions; every pointer stays within a slice whose length was checked"
)]

use std::sync::LazyLock;

use half::f16;

/// A row of a matrix and its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pick {
    pub row: u32,
    pub weight: f32,
}

struct Kernels {
    name: &'static str,
    add_rows: unsafe fn(&mut [f32], &[f32], &[Pick]),
    add_outer: unsafe fn(&mut [f32], f32, &[f32]),
    add_outers: unsafe fn(&mut [f32], usize, &[f32], usize, &[Pick]),
    add_scaled: unsafe fn(&mut [f32], f32, &[f32]),
    add_halves: unsafe fn(&mut [f32], &[f16]),
    dot: unsafe fn(&[f32], &[f32]) -> f32,
    dot_halves: unsafe fn(&[f32], &[f16]) -> f32,
    multiply: unsafe fn(&mut [f32], &[f32], &[f32]),
    subtract_products: unsafe fn(&mut [f32], &[f32], usize),
}

static KERNELS: LazyLock<Kernels> = LazyLock::new(|| {
    #[cfg(target_arch = "x86_64")]
    if avx2::is_supported() {
        return Kernels {
            name: "avx2+fma",
            add_rows: avx2::add_rows,
            add_outer: avx2::add_outer,
            add_outers: avx2::add_outers,
            add_scaled: avx2::add_scaled,
            add_halves: avx2::add_halves,
            dot: avx2::dot,
            dot_halves: avx2::dot_halves,
            multiply: avx2::multiply,
            subtract_products: avx2::subtract_products,
        };
    }
    Kernels {
        name: "portable",
        add_rows: portable::add_rows,
        add_outer: portable::add_outer,
        add_outers: portable::add_outers,
        add_scaled: portable::add_scaled,
        add_halves: portable::add_halves,
        dot: portable::dot,
        dot_halves: portable::dot_halves,
        multiply: portable::multiply,
        subtract_products: portable::subtract_products,
    }
});

/// The name of the implementation that runs on this machine.
pub fn name() -> &'static str {
    KERNELS.name
}

/// Prefetches memory; does not change any result.
pub fn prefetch<T>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks(64 / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86_64 has the instruction, and it does not access memory.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

/// `sum += weight * rows[row]` for every pick. The rows are as long as the sum.
pub fn add_rows(sum: &mut [f32], rows: &[f32], picks: &[Pick]) {
    let len = sum.len();
    assert!(picks.iter().all(|pick| (pick.row as usize + 1) * len <= rows.len()));
    // SAFETY: every picked row lies within `rows`, and the kernel was chosen for this machine.
    unsafe { (KERNELS.add_rows)(sum, rows, picks) }
}

/// `packed += weight * x x'`, the lower triangle.
pub fn add_outer(packed: &mut [f32], weight: f32, x: &[f32]) {
    assert!(packed.len() >= x.len() * (x.len() + 1) / 2);
    // SAFETY: the triangle is long enough.
    unsafe { (KERNELS.add_outer)(packed, weight, x) }
}

/// `packed += weight * x x'` for every pick, the lower triangle: x is the first `d` numbers of the picked row, and the
/// rows are `stride` long. Faster if the stride is a multiple of the vector length.
pub fn add_outers(packed: &mut [f32], d: usize, rows: &[f32], stride: usize, picks: &[Pick]) {
    assert!(d <= stride && packed.len() >= d * (d + 1) / 2);
    assert!(picks.iter().all(|pick| (pick.row as usize + 1) * stride <= rows.len()));
    if stride.is_multiple_of(8) {
        // SAFETY: the triangle is long enough, every picked row lies within `rows`, and a vector that begins in a row
        // at a multiple of its length ends in it.
        unsafe { (KERNELS.add_outers)(packed, d, rows, stride, picks) }
    } else {
        portable::add_outers(packed, d, rows, stride, picks);
    }
}

/// `sum += weight * x`; both are of one length.
pub fn add_scaled(sum: &mut [f32], weight: f32, x: &[f32]) {
    assert_eq!(sum.len(), x.len());
    // SAFETY: both are as long as the first.
    unsafe { (KERNELS.add_scaled)(sum, weight, x) }
}

/// `sum += x`; both are of one length.
pub fn add_halves(sum: &mut [f32], x: &[f16]) {
    assert_eq!(sum.len(), x.len());
    // SAFETY: both are as long as the first.
    unsafe { (KERNELS.add_halves)(sum, x) }
}

/// The scalar product of two slices of one length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    // SAFETY: both are as long as the first.
    unsafe { (KERNELS.dot)(a, b) }
}

/// The scalar product of two slices of one length, one of them in half precision.
pub fn dot_halves(a: &[f32], b: &[f16]) -> f32 {
    assert_eq!(a.len(), b.len());
    // SAFETY: both are as long as the first.
    unsafe { (KERNELS.dot_halves)(a, b) }
}

/// `out[i] = rows[i] . x`; the rows are as long as `x`.
pub fn multiply(out: &mut [f32], rows: &[f32], x: &[f32]) {
    assert_eq!(out.len() * x.len(), rows.len());
    // SAFETY: there are as many rows as places in `out`.
    unsafe { (KERNELS.multiply)(out, rows, x) }
}

/// One row of a Cholesky factorisation: turns row `r` of a packed triangle into row `r` of its factor, up to the
/// diagonal, given the rows above.
pub fn subtract_products(line: &mut [f32], above: &[f32], r: usize) {
    assert!(line.len() > r && above.len() >= r * (r + 1) / 2);
    // SAFETY: the rows above and this one are long enough.
    unsafe { (KERNELS.subtract_products)(line, above, r) }
}

/// The formulas in portable Rust; the compiler vectorises what it can.
mod portable {
    use half::f16;

    use super::Pick;

    pub(super) fn add_rows(sum: &mut [f32], rows: &[f32], picks: &[Pick]) {
        let len = sum.len();
        for pick in picks {
            add_scaled(sum, pick.weight, &rows[pick.row as usize * len..][..len]);
        }
    }

    pub(super) fn add_outer(packed: &mut [f32], weight: f32, x: &[f32]) {
        let mut start = 0;
        for r in 0..x.len() {
            add_scaled(&mut packed[start..=start + r], weight * x[r], &x[..=r]);
            start += r + 1;
        }
    }

    pub(super) fn add_outers(packed: &mut [f32], d: usize, rows: &[f32], stride: usize, picks: &[Pick]) {
        for pick in picks {
            add_outer(packed, pick.weight, &rows[pick.row as usize * stride..][..d]);
        }
    }

    pub(super) fn add_scaled(sum: &mut [f32], weight: f32, x: &[f32]) {
        for (sum, x) in sum.iter_mut().zip(x) {
            *sum += weight * x;
        }
    }

    pub(super) fn add_halves(sum: &mut [f32], x: &[f16]) {
        for (sum, x) in sum.iter_mut().zip(x) {
            *sum += x.to_f32();
        }
    }

    pub(super) fn dot_halves(a: &[f32], b: &[f16]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b.to_f32()).sum()
    }

    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        let mut lanes = [0f32; 8];
        let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
        let rest: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(a, b)| a * b).sum();
        for (a, b) in a8.zip(b8) {
            for lane in 0..8 {
                lanes[lane] += a[lane] * b[lane];
            }
        }
        lanes.iter().sum::<f32>() + rest
    }

    pub(super) fn multiply(out: &mut [f32], rows: &[f32], x: &[f32]) {
        for (out, row) in out.iter_mut().zip(rows.chunks_exact(x.len())) {
            *out = dot(row, x);
        }
    }

    pub(super) fn subtract_products(line: &mut [f32], above: &[f32], r: usize) {
        let mut start = 0;
        for c in 0..r {
            let other = &above[start..=start + c];
            line[c] = (line[c] - dot(&line[..c], &other[..c])) / other[c];
            start += c + 1;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_loadu_si128, _mm_movehdup_ps, _mm_movehl_ps, _mm256_add_ps,
        _mm256_castps256_ps128, _mm256_cvtph_ps, _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
        _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };

    use half::f16;

    use super::Pick;

    const LANES: usize = 8;
    /// Vector registers for sums; the other six hold a weight and loaded numbers.
    const HELD: usize = 10;

    /// Whether this machine has every instruction set used here.
    pub(super) fn is_supported() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn add_rows(sum: &mut [f32], rows: &[f32], picks: &[Pick]) {
        let len = sum.len();
        let mut column = 0;
        // SAFETY: each tile ends within the sum, and the caller has checked that each row does within `rows`.
        unsafe {
            while column + LANES * HELD <= len {
                tile::<HELD>(sum, rows, picks, column);
                column += LANES * HELD;
            }
            while column + LANES * 4 <= len {
                tile::<4>(sum, rows, picks, column);
                column += LANES * 4;
            }
            while column + LANES <= len {
                tile::<1>(sum, rows, picks, column);
                column += LANES;
            }
        }
        for (column, sum) in sum.iter_mut().enumerate().skip(column) {
            for pick in picks {
                *sum += pick.weight * rows[pick.row as usize * len + column];
            }
        }
    }

    /// Adds one tile: the columns from `column` on, as many vectors as the registers hold.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const VECTORS: usize>(sum: &mut [f32], rows: &[f32], picks: &[Pick], column: usize) {
        let len = sum.len();
        // SAFETY: as for `add_rows`.
        unsafe {
            let target = sum.as_mut_ptr().add(column);
            let mut held = [_mm256_setzero_ps(); VECTORS];
            for (i, held) in held.iter_mut().enumerate() {
                *held = _mm256_loadu_ps(target.add(i * LANES));
            }
            for pick in picks {
                let source = rows.as_ptr().add(pick.row as usize * len + column);
                let weight = _mm256_set1_ps(pick.weight);
                for (i, held) in held.iter_mut().enumerate() {
                    *held = _mm256_fmadd_ps(weight, _mm256_loadu_ps(source.add(i * LANES)), *held);
                }
            }
            for (i, held) in held.iter().enumerate() {
                _mm256_storeu_ps(target.add(i * LANES), *held);
            }
        }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn add_outer(packed: &mut [f32], weight: f32, x: &[f32]) {
        let mut start = 0;
        for r in 0..x.len() {
            let scaled = weight * x[r];
            let vector = _mm256_set1_ps(scaled);
            let mut column = 0;
            // SAFETY: row r of the triangle has r + 1 numbers, and so has the beginning of x.
            unsafe {
                let target = packed.as_mut_ptr().add(start);
                while column + LANES <= r + 1 {
                    let old = _mm256_loadu_ps(target.add(column));
                    let new = _mm256_fmadd_ps(vector, _mm256_loadu_ps(x.as_ptr().add(column)), old);
                    _mm256_storeu_ps(target.add(column), new);
                    column += LANES;
                }
            }
            for (target, x) in packed[start + column..=start + r].iter_mut().zip(&x[column..]) {
                *target += scaled * x;
            }
            start += r + 1;
        }
    }

    /// A tile has four rows of the triangle and two vectors of columns. The picks are processed in groups whose rows
    /// fit in the L1 cache, so they stay there from one tile to the next.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn add_outers(packed: &mut [f32], d: usize, rows: &[f32], stride: usize, picks: &[Pick]) {
        for picks in picks.chunks(64) {
            let mut top = 0;
            while top < d {
                let height = if top + 4 <= d { 4 } else { 1 };
                let mut left = 0;
                while left < top + height {
                    // SAFETY: as for the checked function; a tile begins at a multiple of 16, so it has two vectors
                    // where the stride has room for both, and one otherwise.
                    unsafe {
                        match (height, left + 2 * LANES <= stride) {
                            (4, true) => outer_tile::<4, 2>(packed, rows, stride, picks, top, left),
                            (4, false) => outer_tile::<4, 1>(packed, rows, stride, picks, top, left),
                            (_, true) => outer_tile::<1, 2>(packed, rows, stride, picks, top, left),
                            (_, false) => outer_tile::<1, 1>(packed, rows, stride, picks, top, left),
                        }
                    }
                    left += 2 * LANES;
                }
                top += height;
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn outer_tile<const HEIGHT: usize, const VECTORS: usize>(
        packed: &mut [f32],
        rows: &[f32],
        stride: usize,
        picks: &[Pick],
        top: usize,
        left: usize,
    ) {
        let mut held = [[_mm256_setzero_ps(); VECTORS]; HEIGHT];
        for pick in picks {
            // SAFETY: the pick's row lies within `rows`, the columns of the tile within the row.
            unsafe {
                let x = rows.as_ptr().add(pick.row as usize * stride);
                let mut columns = [_mm256_setzero_ps(); VECTORS];
                for (i, column) in columns.iter_mut().enumerate() {
                    *column = _mm256_loadu_ps(x.add(left + i * LANES));
                }
                for (i, held) in held.iter_mut().enumerate() {
                    let weight = _mm256_set1_ps(pick.weight * *x.add(top + i));
                    for (held, column) in held.iter_mut().zip(columns) {
                        *held = _mm256_fmadd_ps(weight, column, *held);
                    }
                }
            }
        }
        for (i, held) in held.iter().enumerate() {
            let r = top + i;
            let line = &mut packed[r * (r + 1) / 2..][..=r];
            for (vector, held) in held.iter().enumerate() {
                let mut sums = [0f32; LANES];
                // SAFETY: there is room for one vector.
                unsafe { _mm256_storeu_ps(sums.as_mut_ptr(), *held) };
                let places = line.iter_mut().skip(left + vector * LANES);
                places.zip(sums).for_each(|(place, sum)| *place += sum);
            }
        }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn add_scaled(sum: &mut [f32], weight: f32, x: &[f32]) {
        let len = sum.len();
        let vector = _mm256_set1_ps(weight);
        let mut at = 0;
        // SAFETY: the caller has checked that both are `len` long.
        unsafe {
            let target = sum.as_mut_ptr();
            while at + LANES <= len {
                let old = _mm256_loadu_ps(target.add(at));
                let new = _mm256_fmadd_ps(vector, _mm256_loadu_ps(x.as_ptr().add(at)), old);
                _mm256_storeu_ps(target.add(at), new);
                at += LANES;
            }
        }
        for (sum, x) in sum[at..].iter_mut().zip(&x[at..]) {
            *sum += weight * x;
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) unsafe fn add_halves(sum: &mut [f32], x: &[f16]) {
        let len = sum.len();
        let mut at = 0;
        // SAFETY: the caller has checked that both are `len` long.
        unsafe {
            let target = sum.as_mut_ptr();
            while at + LANES <= len {
                let old = _mm256_loadu_ps(target.add(at));
                _mm256_storeu_ps(target.add(at), _mm256_add_ps(old, widened(x.as_ptr().add(at))));
                at += LANES;
            }
        }
        for (sum, x) in sum[at..].iter_mut().zip(&x[at..]) {
            *sum += x.to_f32();
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) unsafe fn dot_halves(a: &[f32], b: &[f16]) -> f32 {
        let len = a.len();
        let mut sum = _mm256_setzero_ps();
        let mut at = 0;
        // SAFETY: the caller has checked that both are `len` long.
        unsafe {
            while at + LANES <= len {
                let (a, b) = (_mm256_loadu_ps(a.as_ptr().add(at)), widened(b.as_ptr().add(at)));
                sum = _mm256_fmadd_ps(a, b, sum);
                at += LANES;
            }
        }
        let rest: f32 = a[at..].iter().zip(&b[at..]).map(|(a, b)| a * b.to_f32()).sum();
        sum_of(sum) + rest
    }

    /// Converts eight numbers from half precision.
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn widened(from: *const f16) -> __m256 {
        // SAFETY: the caller has checked that there are eight.
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.cast())) }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn dot(a: &[f32], b: &[f32]) -> f32 {
        let len = a.len();
        let (mut first, mut second) = (_mm256_setzero_ps(), _mm256_setzero_ps());
        let mut at = 0;
        // SAFETY: the caller has checked that both are `len` long.
        unsafe {
            let (pa, pb) = (a.as_ptr(), b.as_ptr());
            while at + 2 * LANES <= len {
                first = _mm256_fmadd_ps(_mm256_loadu_ps(pa.add(at)), _mm256_loadu_ps(pb.add(at)), first);
                let next = at + LANES;
                second = _mm256_fmadd_ps(_mm256_loadu_ps(pa.add(next)), _mm256_loadu_ps(pb.add(next)), second);
                at += 2 * LANES;
            }
            if at + LANES <= len {
                first = _mm256_fmadd_ps(_mm256_loadu_ps(pa.add(at)), _mm256_loadu_ps(pb.add(at)), first);
                at += LANES;
            }
        }
        let mut rest = 0f32;
        for (a, b) in a[at..].iter().zip(&b[at..]) {
            rest += a * b;
        }
        sum_of(first) + sum_of(second) + rest
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn sum_of(vector: __m256) -> f32 {
        let four = _mm_add_ps(_mm256_castps256_ps128(vector), _mm256_extractf128_ps::<1>(vector));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn multiply(out: &mut [f32], rows: &[f32], x: &[f32]) {
        for (out, row) in out.iter_mut().zip(rows.chunks_exact(x.len())) {
            // SAFETY: a chunk is as long as x.
            *out = unsafe { dot(row, x) };
        }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn subtract_products(line: &mut [f32], above: &[f32], r: usize) {
        let mut start = 0;
        for c in 0..r {
            let other = &above[start..=start + c];
            // SAFETY: both are c long.
            line[c] = (line[c] - unsafe { dot(&line[..c], &other[..c]) }) / other[c];
            start += c + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::normal;

    /// Standard normal numbers; a different seed for each case.
    fn draw(seed: u64, len: usize) -> Vec<f32> {
        (0..len as u64).map(|i| normal(seed, i) as f32).collect()
    }

    fn close(name: &str, case: usize, got: &[f32], exact: &[f64], scale: f64) {
        for (i, (got, exact)) in got.iter().zip(exact).enumerate() {
            let error = (f64::from(*got) - exact).abs();
            assert!(
                error <= 1e-4 * scale.max(1.0),
                "{name}, case {case}, place {i}: {got} and {exact}"
            );
        }
    }

    /// Both implementations; only the portable one if this machine lacks the instructions.
    fn implementations() -> Vec<Kernels> {
        let mut all = vec![Kernels {
            name: "portable",
            add_rows: portable::add_rows,
            add_outer: portable::add_outer,
            add_outers: portable::add_outers,
            add_scaled: portable::add_scaled,
            add_halves: portable::add_halves,
            dot: portable::dot,
            dot_halves: portable::dot_halves,
            multiply: portable::multiply,
            subtract_products: portable::subtract_products,
        }];
        #[cfg(target_arch = "x86_64")]
        if avx2::is_supported() {
            all.push(Kernels {
                name: "avx2+fma",
                add_rows: avx2::add_rows,
                add_outer: avx2::add_outer,
                add_outers: avx2::add_outers,
                add_scaled: avx2::add_scaled,
                add_halves: avx2::add_halves,
                dot: avx2::dot,
                dot_halves: avx2::dot_halves,
                multiply: avx2::multiply,
                subtract_products: avx2::subtract_products,
            });
        }
        all
    }

    /// Compares `add_outer` and `add_outers` with their formulas.
    fn check_outer_products(kernels: &Kernels, case: usize, picks: &[Pick]) {
        let seed = case as u64 * 10;
        let d = 1 + case % 70;
        let len = d * (d + 1) / 2;
        let x = draw(seed + 5, d);
        let mut packed = draw(seed + 6, len);
        let mut exact: Vec<f64> = packed.iter().map(|value| f64::from(*value)).collect();
        for r in 0..d {
            for c in 0..=r {
                exact[r * (r + 1) / 2 + c] += 0.7 * f64::from(x[r]) * f64::from(x[c]);
            }
        }
        // SAFETY: the triangle fits x.
        unsafe { (kernels.add_outer)(&mut packed, 0.7, &x) };
        close("add_outer", case, &packed, &exact, 10.0);

        for stride in [d.next_multiple_of(8), d.next_multiple_of(8) + 8] {
            let rows = draw(seed + 8, 9 * stride);
            let mut packed = draw(seed + 6, len);
            let mut exact: Vec<f64> = packed.iter().map(|value| f64::from(*value)).collect();
            let many = picks.repeat(1 + case % 7);
            for pick in &many {
                let x = &rows[pick.row as usize * stride..];
                for r in 0..d {
                    for c in 0..=r {
                        exact[r * (r + 1) / 2 + c] += f64::from(pick.weight) * f64::from(x[r]) * f64::from(x[c]);
                    }
                }
            }
            // SAFETY: the triangle fits d, and there are nine rows of this stride, a whole number of vectors.
            unsafe { (kernels.add_outers)(&mut packed, d, &rows, stride, &many) };
            close("add_outers", case, &packed, &exact, 150.0);
        }
    }

    #[test]
    fn every_kernel_equals_its_formula_for_every_length() {
        for kernels in implementations() {
            for case in 0..200usize {
                let seed = case as u64 * 10;
                let d = 1 + case % 70;
                let len = d * (d + 1) / 2;
                let (a, b) = (draw(seed, len), draw(seed + 1, len));
                let exact: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                // SAFETY: the lengths are those that the checked functions above require.
                close(
                    "dot",
                    case,
                    &[unsafe { (kernels.dot)(&a, &b) }],
                    &[exact],
                    (len as f64).sqrt(),
                );

                let (rows, mut sum) = (draw(seed + 2, 9 * len), draw(seed + 3, len));
                let picks: Vec<Pick> = (0..case % 23)
                    .map(|i| Pick {
                        row: (i * 5 % 9) as u32,
                        weight: normal(seed + 4, i as u64) as f32,
                    })
                    .collect();
                let mut exact: Vec<f64> = sum.iter().map(|value| f64::from(*value)).collect();
                for pick in &picks {
                    for (exact, value) in exact.iter_mut().zip(&rows[pick.row as usize * len..][..len]) {
                        *exact += f64::from(pick.weight) * f64::from(*value);
                    }
                }
                // SAFETY: there are nine rows of this length.
                unsafe { (kernels.add_rows)(&mut sum, &rows, &picks) };
                close("add_rows", case, &sum, &exact, 23.0);

                check_outer_products(&kernels, case, &picks);
                let (mut sum, from) = (draw(seed + 9, len), draw(seed + 2, len));
                let pairs = sum.iter().zip(&from);
                let exact: Vec<f64> = pairs.map(|(a, b)| f64::from(*a) - 1.3 * f64::from(*b)).collect();
                // SAFETY: both are of this length.
                unsafe { (kernels.add_scaled)(&mut sum, -1.3, &from) };
                close("add_scaled", case, &sum, &exact, 10.0);

                let halves: Vec<f16> = from.iter().map(|value| f16::from_f32(*value)).collect();
                let (mut sum, exact): (_, Vec<f64>) = (a.clone(), {
                    let pairs = a.iter().zip(&halves);
                    pairs.map(|(a, b)| f64::from(*a) + f64::from(*b)).collect()
                });
                // SAFETY: both are of this length.
                unsafe { (kernels.add_halves)(&mut sum, &halves) };
                close("add_halves", case, &sum, &exact, 10.0);
                let exact: f64 = a.iter().zip(&halves).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                // SAFETY: both are of this length.
                let got = unsafe { (kernels.dot_halves)(&a, &halves) };
                close("dot_halves", case, &[got], &[exact], (len as f64).sqrt());

                let x = draw(seed + 5, d);
                let matrix = draw(seed + 7, 13 * d);
                let mut out = vec![0f32; 13];
                let exact: Vec<f64> = matrix
                    .chunks(d)
                    .map(|row| row.iter().zip(&x).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum())
                    .collect();
                // SAFETY: thirteen rows of d for thirteen places.
                unsafe { (kernels.multiply)(&mut out, &matrix, &x) };
                close("multiply", case, &out, &exact, (d as f64).sqrt());
            }
        }
    }

    #[test]
    fn the_product_of_a_factor_with_its_transpose_is_the_matrix() {
        for kernels in implementations() {
            for d in [1usize, 2, 7, 8, 9, 33, 64] {
                let len = d * (d + 1) / 2;
                let mut matrix = vec![0f32; len];
                for r in 0..d {
                    matrix[r * (r + 1) / 2 + r] = d as f32 / 4.0;
                }
                for i in 0..2 * d as u64 {
                    portable::add_outer(&mut matrix, 0.3, &draw(i, d));
                }
                let mut factor = matrix.clone();
                for r in 0..d {
                    let start = r * (r + 1) / 2;
                    let (above, line) = factor.split_at_mut(start);
                    // SAFETY: the line begins behind the rows above it.
                    unsafe { (kernels.subtract_products)(line, above, r) };
                    let squares = portable::dot(&line[..r], &line[..r]);
                    line[r] = (line[r] - squares).sqrt();
                }
                for r in 0..d {
                    for c in 0..=r {
                        let (a, b) = (&factor[r * (r + 1) / 2..], &factor[c * (c + 1) / 2..]);
                        let product: f32 = (0..=c).map(|k| a[k] * b[k]).sum();
                        let expected = matrix[r * (r + 1) / 2 + c];
                        assert!(
                            (product - expected).abs() < 1e-3 * d as f32,
                            "d {d}: {product} and {expected}"
                        );
                    }
                }
            }
        }
    }
}
