//! Stars travel as 0.5-5.0 outside and as 1-10 inside; here, and only here, one becomes the other.

/// Half stars, doubled: what the services understand. `None` for anything but 0.5, 1.0, … 5.0.
pub(crate) fn inside(outside: f64) -> Option<i32> {
    let doubled = outside * 2.0;
    // Not a number is in no range.
    let whole = (1.0..=10.0).contains(&doubled) && doubled.fract() == 0.0;
    whole.then_some(doubled as i32)
}

pub(crate) fn outside(inside: i32) -> f64 {
    f64::from(inside) / 2.0
}

/// The mean of `count` ratings with this sum of inner stars, in hundredths; none without ratings.
pub(crate) fn average(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 / 2.0 * 100.0).round() / 100.0)
}

/// Predicted stars go in tenths.
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
            assert_eq!(inside(given), Some(expected));
            assert_eq!(outside(expected), given);
        }
        for given in [0.0, -0.5, 0.25, 3.3, 5.5, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(inside(given), None, "{given}");
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
