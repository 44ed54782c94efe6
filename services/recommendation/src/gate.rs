//! The quality gate: whether a new model may replace the live one. The trainer applies it before it publishes a model,
//! and each replica before it loads one, so that a bad model does not serve even if another program wrote the file.

use crate::model::Info;

/// The largest accepted ratio of the new held-out error to the live one.
const TOLERANCE: f64 = 1.01;
/// With this many ratings that neither model was trained on, only those decide.
const MIN_FRESH_RATINGS: usize = 200;
/// The largest relative change of the number of ratings after which the two held-out errors are comparable. After a
/// larger one, such as an import, they were measured on different data.
const MAX_CHANGE: f64 = 0.2;

/// Why a model is refused.
#[derive(Debug, thiserror::Error, PartialEq)]
pub(crate) enum Refused {
    #[error("its held-out error is {new:.4}, more than 1 % above the live model's {live:.4}")]
    WorseThanLive { new: f64, live: f64 },
    #[error("its held-out error could not be measured, and the live model's was")]
    NotMeasured,
    #[error("its held-out error is {new:.4}, above {average:.4}, that of the plain average")]
    WorseThanAverage { new: f64, average: f64 },
}

/// Compares a new model with the live one: by their errors on ratings that are new to both, if there are enough; else
/// by the ratio of each model's held-out error to that of the plain average on the same hold-out.
pub(crate) fn admit(new: &Info, live: &Info) -> Result<(), Refused> {
    let is_measured = |info: &Info| info.held_out_rmse > 0.0 && info.held_out_rmse_average > 0.0;
    if !is_measured(live) {
        return Ok(());
    }
    if !is_measured(new) || !new.held_out_rmse.is_finite() || !new.held_out_rmse_average.is_finite() {
        return Err(Refused::NotMeasured);
    }
    let compared = new.against_live.as_ref();
    let compared = compared.filter(|fresh| fresh.version == live.version && fresh.ratings >= MIN_FRESH_RATINGS);
    if let Some(fresh) = compared {
        return if fresh.rmse <= fresh.live_rmse * TOLERANCE {
            Ok(())
        } else {
            Err(Refused::WorseThanLive {
                new: fresh.rmse,
                live: fresh.live_rmse,
            })
        };
    }
    if new.held_out_rmse > new.held_out_rmse_average * TOLERANCE {
        return Err(Refused::WorseThanAverage {
            new: new.held_out_rmse,
            average: new.held_out_rmse_average,
        });
    }
    let change = (new.ratings - live.ratings).abs() as f64 / live.ratings.max(1) as f64;
    let share = |info: &Info| info.held_out_rmse / info.held_out_rmse_average;
    if change <= MAX_CHANGE && share(new) > share(live) * TOLERANCE {
        return Err(Refused::WorseThanLive {
            new: new.held_out_rmse,
            live: live.held_out_rmse,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AgainstLive;

    fn info(ratings: i64, rmse: f64) -> Info {
        Info {
            ratings,
            held_out_rmse: rmse,
            held_out_rmse_average: 0.8,
            ..Info::default()
        }
    }

    #[test]
    fn a_model_more_than_one_percent_worse_is_refused() {
        let live = info(1000, 0.70);
        assert!(admit(&info(1010, 0.60), &live).is_ok());
        assert!(admit(&info(1010, 0.706), &live).is_ok());
        let refused = admit(&info(1010, 0.708), &live).unwrap_err();
        assert!(refused.to_string().contains("0.7080"), "{refused}");
    }

    #[test]
    fn after_an_import_a_model_only_needs_to_beat_the_average() {
        let live = info(1000, 0.30);
        assert!(admit(&info(5000, 0.70), &live).is_ok());
        assert!(matches!(
            admit(&info(5000, 0.82), &live),
            Err(Refused::WorseThanAverage { .. })
        ));
    }

    #[test]
    fn an_unmeasured_model_does_not_replace_a_measured_one() {
        for broken in [0.0, f64::NAN, f64::INFINITY] {
            assert!(admit(&info(1000, broken), &info(1000, 0.5)).is_err(), "{broken}");
        }
        assert!(admit(&info(1000, 0.9), &info(1000, 0.0)).is_ok());
        assert!(admit(&info(1000, 0.0), &info(1000, 0.0)).is_ok());
    }

    #[test]
    fn enough_ratings_that_are_new_to_both_models_decide_alone() {
        let live = Info {
            version: "7".to_owned(),
            ..info(1000, 0.70)
        };
        let against = |version: &str, ratings: usize, rmse: f64| Info {
            against_live: Some(AgainstLive {
                version: version.to_owned(),
                ratings,
                rmse,
                live_rmse: 1.0,
            }),
            ..info(1100, 0.75)
        };
        // The held-out error grew, because members became harder to predict for both models.
        assert!(admit(&against("7", 300, 1.005), &live).is_ok());
        assert!(admit(&against("7", 300, 1.02), &live).is_err());
        // With too few ratings, or a comparison with another model, the held-out errors decide.
        assert!(admit(&against("7", 50, 1.0), &live).is_err());
        assert!(admit(&against("6", 300, 1.0), &live).is_err());
    }

    #[test]
    fn repeated_small_losses_end_at_the_average() {
        let mut live = info(1000, 0.70);
        let mut steps = 0;
        loop {
            let next = info(1000, live.held_out_rmse * 1.0099);
            if admit(&next, &live).is_err() {
                break;
            }
            live = next;
            steps += 1;
        }
        assert!(steps < 16 && live.held_out_rmse <= 0.8 * TOLERANCE);
    }
}
