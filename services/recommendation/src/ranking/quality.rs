//! Quality measures of lists: accuracy (recall, NDCG), coverage of the catalogue, and diversity within a list.

/// Recall@k: the share of the held-out movies among the first `k` of the list, relative to the at most `k` that fit.
pub fn recall(list: &[u32], held: &[u32], k: usize) -> f64 {
    let could = held.len().min(k);
    if could == 0 {
        return 0.0;
    }
    let found = list.iter().take(k).filter(|movie| held.contains(movie)).count();
    found as f64 / could as f64
}

/// NDCG@k: each hit is discounted by the logarithm of its place, relative to the best possible list (Jaervelin &
/// Kekaelaeinen, ACM TOIS 2002).
pub fn ndcg(list: &[u32], held: &[u32], k: usize) -> f64 {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let best: f64 = (0..held.len().min(k)).map(gain).sum();
    if best == 0.0 {
        return 0.0;
    }
    let places = list.iter().take(k).enumerate();
    let got: f64 = places
        .filter(|(_, movie)| held.contains(movie))
        .map(|(place, _)| gain(place))
        .sum();
    got / best
}

/// The mean of 1 - similarity over the pairs of a list.
pub fn diversity(list: &[u32], similarity: impl Fn(u32, u32) -> f64) -> f64 {
    let mut sum = 0.0;
    let mut pairs = 0usize;
    for (i, a) in list.iter().enumerate() {
        for b in &list[..i] {
            sum += 1.0 - similarity(*a, *b);
            pairs += 1;
        }
    }
    if pairs == 0 { 0.0 } else { sum / pairs as f64 }
}

/// The measured quality of a model's lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Quality {
    pub recall_at_20: f64,
    pub ndcg_at_100: f64,
    /// The share of the catalogue that occurs in the first twenty of any measured member.
    pub coverage: f64,
    /// The mean of 1 - similarity within the first twenty.
    pub diversity: f64,
    /// The share of NDCG@20 that diversity and calibration lose against the plain order.
    pub diversity_cost: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_one_for_a_perfect_list_and_zero_for_a_useless_one() {
        let held = [7u32, 8, 9];
        assert_eq!(recall(&[9, 7, 8, 1], &held, 20), 1.0);
        assert_eq!(ndcg(&[9, 7, 8, 1], &held, 20), 1.0);
        assert_eq!((recall(&[1, 2], &held, 20), ndcg(&[1, 2], &held, 20)), (0.0, 0.0));
        assert_eq!((recall(&[1], &[], 20), ndcg(&[1], &[], 20)), (0.0, 0.0));
    }

    #[test]
    fn recall_is_relative_to_k_and_ndcg_rewards_early_hits() {
        assert_eq!(recall(&[7, 1], &[7, 8, 9], 2), 0.5);
        assert!(ndcg(&[7, 1, 2], &[7], 3) > ndcg(&[1, 2, 7], &[7], 3));
        // One hit in the third place, where one is possible: 1 / log2(4).
        assert!((ndcg(&[1, 2, 7], &[7], 3) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_list_of_similar_movies_is_not_diverse() {
        assert_eq!(diversity(&[1, 2, 3], |_, _| 1.0), 0.0);
        assert_eq!(diversity(&[1, 2, 3], |_, _| 0.25), 0.75);
        assert_eq!(diversity(&[1], |_, _| 0.0), 0.0);
    }
}
