//! Stars are 0.5-5.0 in both contracts, and half steps from 1 to 10 in the protos. They are converted here only.

/// Converts stars to half steps. `None` for anything but 0.5, 1.0, … 5.0.
pub(crate) fn to_half_steps(stars: f64) -> Option<i32> {
    let doubled = stars * 2.0;
    // NaN is in no range.
    let whole = (1.0..=10.0).contains(&doubled) && doubled.fract() == 0.0;
    whole.then_some(doubled as i32)
}

pub(crate) fn from_half_steps(half_steps: i32) -> f64 {
    f64::from(half_steps) / 2.0
}

/// The mean stars of `count` ratings with this sum of half steps, rounded to hundredths; `None` without ratings.
pub(crate) fn average(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 / 2.0 * 100.0).round() / 100.0)
}

/// Clamps predicted stars to 0.5-5.0 and rounds them to tenths.
pub(crate) fn predicted(stars: f64) -> f64 {
    (stars.clamp(0.5, 5.0) * 10.0).round() / 10.0
}

pub(crate) const EXPECTED: &str = "stars go from 0.5 to 5.0 in half steps";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_half_steps_from_a_half_to_five_become_stars() {
        for (given, expected) in [(0.5, 1), (1.0, 2), (3.5, 7), (5.0, 10)] {
            assert_eq!(to_half_steps(given), Some(expected));
            assert_eq!(from_half_steps(expected), given);
        }
        for given in [0.0, -0.5, 0.25, 3.3, 5.5, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(to_half_steps(given), None, "{given}");
        }
    }

    #[test]
    fn an_average_without_ratings_is_none_and_predictions_stay_on_the_scale() {
        assert_eq!(average(0, 0), None);
        assert_eq!(average(23, 3), Some(3.83));
        assert_eq!(predicted(3.649), 3.6);
        assert_eq!(predicted(5.7), 5.0);
        assert_eq!(predicted(-1.0), 0.5);
    }
}
