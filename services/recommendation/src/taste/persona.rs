//! How a member gives stars: by the share of extremes, the spread and the mean of the ratings.

/// Ratings below which the mean is too uncertain for a persona.
const MIN_RATINGS_FOR_PERSONA: usize = 10;
/// A member is all or nothing if at least this share of the stars are extreme (at most 1.5, or at least 4.5) …
const EXTREME_SHARE: f64 = 0.6;
/// … and each of both ends has at least this share.
const EXTREME_SHARE_OF_EACH: f64 = 0.2;
/// Standard deviations of the stars: below the first a member uses a narrow part of the scale, from the second the whole scale.
const NARROW: f64 = 0.4;
const WIDE: f64 = 1.3;
/// The upper bounds of the bands of the mean; above the last is the tenth band.
const BANDS: [f64; 9] = [1.9, 2.4, 2.75, 3.0, 3.25, 3.5, 3.75, 4.05, 4.4];

/// How a member gives stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persona {
    /// Mostly the worst or the best.
    AllOrNothing,
    /// Nearly the same stars for everything.
    Narrow,
    /// Stars of the whole scale.
    WholeScale,
    /// By the mean: 1 to 10, from strict to generous.
    Band(usize),
}

impl Persona {
    /// From the ten counts of stars; `None` if there are too few.
    pub(super) fn of(distribution: &[usize; 10]) -> Option<Self> {
        let count: usize = distribution.iter().sum();
        if count < MIN_RATINGS_FOR_PERSONA {
            return None;
        }
        let share = |of: &[usize]| of.iter().sum::<usize>() as f64 / count as f64;
        let (worst, best) = (share(&distribution[..3]), share(&distribution[8..]));
        if worst.min(best) >= EXTREME_SHARE_OF_EACH && worst + best >= EXTREME_SHARE {
            return Some(Self::AllOrNothing);
        }
        let given = (1..)
            .zip(distribution)
            .map(|(half, times)| (f64::from(half) / 2.0, *times as f64));
        let mean_of =
            |of: &dyn Fn(f64) -> f64| given.clone().map(|(stars, times)| of(stars) * times).sum::<f64>() / count as f64;
        let mean = mean_of(&|stars| stars);
        let spread = mean_of(&|stars| (stars - mean) * (stars - mean)).sqrt();
        Some(match spread {
            spread if spread < NARROW => Self::Narrow,
            spread if spread >= WIDE => Self::WholeScale,
            _ => Self::Band(1 + BANDS.partition_point(|end| *end <= mean)),
        })
    }

    pub(super) fn key(self) -> String {
        match self {
            Self::AllOrNothing => "all_or_nothing".to_owned(),
            Self::Narrow => "narrow".to_owned(),
            Self::WholeScale => "whole_scale".to_owned(),
            Self::Band(band) => format!("band_{band}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persona_follows_from_mean_spread_and_extremes() {
        let of = |stars: &[u8]| {
            let mut distribution = [0; 10];
            for half in stars {
                distribution[usize::from(*half) - 1] += 1;
            }
            Persona::of(&distribution)
        };
        assert_eq!(of(&[3, 10, 3, 10, 3, 10, 3, 10, 3, 10]), Some(Persona::AllOrNothing));
        assert_eq!(of(&[7; 12]), Some(Persona::Narrow));
        assert_eq!(of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), Some(Persona::WholeScale));
        assert_eq!(of(&[5, 6, 7, 8, 7, 6, 7, 8, 5, 9]), Some(Persona::Band(6)));
        assert_eq!(of(&[9, 10, 9, 10, 8, 10, 9, 10, 8, 10, 7]), Some(Persona::Band(10)));
        assert_eq!(of(&[3, 10, 3]), None);
    }

    #[test]
    fn bands_go_from_strict_to_generous() {
        // Two neighbours of each number of stars, so that the spread is neither narrow nor wide.
        let band = |stars: usize| {
            let mut distribution = [0; 10];
            distribution[stars - 1] = 5;
            distribution[stars] = 5;
            distribution[stars + 1] = 5;
            match Persona::of(&distribution) {
                Some(Persona::Band(band)) => band,
                other => panic!("{stars}: {other:?}"),
            }
        };
        let bands: Vec<usize> = (1..=8).map(band).collect();
        assert_eq!((bands.first(), bands.last()), (Some(&1), Some(&10)));
        assert!(bands.windows(2).all(|pair| pair[0] <= pair[1]), "{bands:?}");
    }
}
