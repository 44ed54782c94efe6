//! Small dense linear algebra on packed symmetric matrices, for the posterior of one member or movie.
//!
//! A symmetric d x d matrix is stored as its lower triangle, row after row: element (r, c) with c <= r lies at
//! r(r+1)/2 + c. This halves the memory of the covariances, and every inner loop below reads adjacent numbers. The last
//! row belongs to the bias. Small systems are solved in f64; the long sums that lead to them are computed in f32 by
//! `kernels`.

/// The length of the packed lower triangle of a d x d matrix.
pub const fn packed_len(d: usize) -> usize {
    d * (d + 1) / 2
}

/// The index of the first number of row `r` in the packed triangle.
pub const fn row(r: usize) -> usize {
    r * (r + 1) / 2
}

/// The product of a packed symmetric matrix and a vector.
pub fn multiply(packed: &[f64], x: &[f64]) -> Vec<f64> {
    let mut out = vec![0f64; x.len()];
    multiply_into(packed, x, &mut out);
    out
}

/// As `multiply`, but writes the product to `out`.
pub fn multiply_into(packed: &[f64], x: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for r in 0..x.len() {
        let line = &packed[row(r)..row(r + 1)];
        for c in 0..r {
            out[r] += line[c] * x[c];
            out[c] += line[c] * x[r];
        }
        out[r] += line[r] * x[r];
    }
}

/// x' P x of a packed symmetric P.
pub fn quadratic(packed: &[f64], x: &[f64]) -> f64 {
    let mut sum = 0f64;
    for r in 0..x.len() {
        let line = &packed[row(r)..row(r + 1)];
        let mut below = 0f64;
        for c in 0..r {
            below += line[c] * x[c];
        }
        sum += x[r] * (2.0 * below + line[r] * x[r]);
    }
    sum
}

/// The trace of the product of two packed symmetric matrices.
pub fn trace_of_product(a: &[f64], b: &[f64], d: usize) -> f64 {
    let mut sum = 0f64;
    for r in 0..d {
        let start = row(r);
        for c in 0..r {
            sum += 2.0 * a[start + c] * b[start + c];
        }
        sum += a[start + r] * b[start + r];
    }
    sum
}

/// Doubles the off-diagonal elements. Afterwards the scalar product with another packed matrix is the trace of the
/// product of the two matrices.
pub fn double_off_diagonal(packed: &mut [f32], d: usize) {
    for value in packed.iter_mut() {
        *value *= 2.0;
    }
    for r in 0..d {
        packed[row(r) + r] *= 0.5;
    }
}

/// The packed identity matrix times `scale`.
pub fn scaled_identity(d: usize, scale: f64) -> Vec<f64> {
    let mut out = vec![0f64; packed_len(d)];
    for r in 0..d {
        out[row(r) + r] = scale;
    }
    out
}

/// Overwrites a packed positive definite matrix by its Cholesky factor L. False: it is not positive definite.
#[must_use]
pub fn cholesky(a: &mut [f64], d: usize) -> bool {
    for r in 0..d {
        let (above, line) = a.split_at_mut(row(r));
        for c in 0..=r {
            let mut sum = line[c];
            if c < r {
                let other = &above[row(c)..row(c + 1)];
                for k in 0..c {
                    sum -= line[k] * other[k];
                }
                line[c] = sum / other[c];
            } else {
                for value in &line[..c] {
                    sum -= value * value;
                }
                if sum.is_nan() || sum <= 0.0 {
                    return false;
                }
                line[c] = sum.sqrt();
            }
        }
    }
    true
}

/// Solves A x = b in place, given A's Cholesky factor.
pub fn solve(l: &[f64], d: usize, b: &mut [f64]) {
    for r in 0..d {
        let line = &l[row(r)..row(r + 1)];
        let mut sum = b[r];
        for c in 0..r {
            sum -= line[c] * b[c];
        }
        b[r] = sum / line[r];
    }
    for r in (0..d).rev() {
        let line = &l[row(r)..row(r + 1)];
        b[r] /= line[r];
        let x = b[r];
        for c in 0..r {
            b[c] -= line[c] * x;
        }
    }
}

/// Overwrites a Cholesky factor L by the packed inverse of A = L L'. `scratch` is as long as the factor.
pub fn inverse_of(l: &mut [f64], d: usize, scratch: &mut [f64]) {
    // First M = L^-1, a row at a time: M[r] = (e_r - sum over c < r of L[r][c] M[c]) / L[r][r].
    for r in 0..d {
        let (above, rest) = scratch.split_at_mut(row(r));
        let target = &mut rest[..=r];
        target.fill(0.0);
        let line = &l[row(r)..row(r + 1)];
        for c in 0..r {
            let factor = line[c];
            for (t, m) in target.iter_mut().zip(&above[row(c)..row(c + 1)]) {
                *t -= factor * m;
            }
        }
        target[r] = 1.0;
        let scale = 1.0 / line[r];
        for t in target.iter_mut() {
            *t *= scale;
        }
    }
    // Then A^-1 = M' M.
    l.fill(0.0);
    for i in 0..d {
        let m = &scratch[row(i)..row(i + 1)];
        for r in 0..=i {
            let factor = m[r];
            for (out, value) in l[row(r)..row(r + 1)].iter_mut().zip(m) {
                *out += factor * value;
            }
        }
    }
}

/// The packed inverse of a packed matrix; `None` if it is not positive definite.
pub fn inverse(a: &[f64], d: usize) -> Option<Vec<f64>> {
    let mut out = a.to_vec();
    let mut scratch = vec![0f64; a.len()];
    if !cholesky(&mut out, d) {
        return None;
    }
    inverse_of(&mut out, d, &mut scratch);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(d: usize) -> Vec<f64> {
        let mut a = scaled_identity(d, 0.5);
        for k in 0..d + 3 {
            let x: Vec<f64> = (0..d).map(|i| ((i * 7 + k * 13) % 11) as f64 / 5.0 - 1.0).collect();
            for r in 0..d {
                for c in 0..=r {
                    a[row(r) + c] += x[r] * x[c];
                }
            }
        }
        a
    }

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity() {
        for d in [1, 2, 5, 17, 33] {
            let a = example(d);
            let inverse = inverse(&a, d).unwrap();
            for column in 0..d {
                let mut unit = vec![0f64; d];
                unit[column] = 1.0;
                let back = multiply(&a, &multiply(&inverse, &unit));
                for (i, value) in back.iter().enumerate() {
                    assert!((value - unit[i]).abs() < 1e-9, "d {d}: {value} at {i},{column}");
                }
            }
        }
    }

    #[test]
    fn multiplying_a_solution_gives_the_right_hand_side() {
        let d = 9;
        let a = example(d);
        let b: Vec<f64> = (0..d).map(|i| i as f64 - 3.0).collect();
        let (mut l, mut x) = (a.clone(), b.clone());
        assert!(cholesky(&mut l, d));
        solve(&l, d, &mut x);
        for (left, right) in multiply(&a, &x).iter().zip(&b) {
            assert!((left - right).abs() < 1e-9);
        }
        assert!((quadratic(&a, &x) - x.iter().zip(&b).map(|(x, b)| x * b).sum::<f64>()).abs() < 1e-9);
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_refused() {
        let mut a = vec![1.0, 2.0, 1.0];
        assert!(!cholesky(&mut a, 2));
        let mut a = vec![f64::NAN];
        assert!(!cholesky(&mut a, 1));
    }
}
