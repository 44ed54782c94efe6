//! How good lists are: do they find what the member watched next, do they show the catalogue or the same hits to all, and
//! are they more than one movie in variations.

/// Of what was held out, the share that the first `k` of the list find (of at most `k` that could be found).
pub fn recall(list: &[u32], held: &[u32], k: usize) -> f64 {
    let could = held.len().min(k);
    if could == 0 {
        return 0.0;
    }
    let found = list.iter().take(k).filter(|movie| held.contains(movie)).count();
    found as f64 / could as f64
}

/// The same with more for finding early: discounted by the logarithm of the place, against the best possible list
/// (Jaervelin & Kekaelaeinen, ACM TOIS 2002).
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

/// The mean dissimilarity of the pairs of a list.
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

/// What is published of a model's lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Quality {
    pub recall_at_20: f64,
    pub ndcg_at_100: f64,
    /// The share of the catalogue that is in anybody's first twenty.
    pub coverage: f64,
    /// The mean dissimilarity within the first twenty.
    pub diversity: f64,
    /// What diversity and calibration cost: the share of NDCG@20 that the plain order would have more.
    pub diversity_cost: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_one_for_a_perfect_list_and_nothing_for_a_useless_one() {
        let held = [7u32, 8, 9];
        assert_eq!(recall(&[9, 7, 8, 1], &held, 20), 1.0);
        assert_eq!(ndcg(&[9, 7, 8, 1], &held, 20), 1.0);
        assert_eq!((recall(&[1, 2], &held, 20), ndcg(&[1, 2], &held, 20)), (0.0, 0.0));
        assert_eq!((recall(&[1], &[], 20), ndcg(&[1], &[], 20)), (0.0, 0.0));
    }

    #[test]
    fn recall_counts_what_could_be_found_and_ndcg_rewards_finding_early() {
        assert_eq!(recall(&[7, 1], &[7, 8, 9], 2), 0.5);
        assert!(ndcg(&[7, 1, 2], &[7], 3) > ndcg(&[1, 2, 7], &[7], 3));
        // One hit in the third place of at most one: 1 / log2(4).
        assert!((ndcg(&[1, 2, 7], &[7], 3) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_list_of_the_same_again_is_not_diverse() {
        assert_eq!(diversity(&[1, 2, 3], |_, _| 1.0), 0.0);
        assert_eq!(diversity(&[1, 2, 3], |_, _| 0.25), 0.75);
        assert_eq!(diversity(&[1], |_, _| 0.0), 0.0);
    }
}
