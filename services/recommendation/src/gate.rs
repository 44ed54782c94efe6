//! Whether a new model may replace the live one. Both the trainer asks, before it publishes, and each replica, before it
//! swaps: a bad training must not reach members, whoever wrote the file.

use crate::model::Info;

/// How much worse the held-out error may be.
const TOLERANCE: f64 = 1.01;
/// Ratings that may have come or gone for the two errors to be compared: after a larger change, such as an import, they
/// were measured on different worlds.
const COMPARABLE: f64 = 0.2;

/// Why a model is not taken.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Refused {
    #[error("its held-out error is {new:.4}, more than 1 % above the live model's {live:.4}")]
    WorseThanLive { new: f64, live: f64 },
    #[error("its held-out error is {new:.4}, above {average:.4}, that of the plain average")]
    WorseThanAverage { new: f64, average: f64 },
}

/// Compares a new model with the live one. What was not measured (0) is not judged.
pub fn admit(new: &Info, live: &Info) -> Result<(), Refused> {
    if new.held_out_rmse <= 0.0 || live.held_out_rmse <= 0.0 {
        return Ok(());
    }
    let change = (new.ratings - live.ratings).abs() as f64 / live.ratings.max(1) as f64;
    if change <= COMPARABLE {
        if new.held_out_rmse > live.held_out_rmse * TOLERANCE {
            return Err(Refused::WorseThanLive {
                new: new.held_out_rmse,
                live: live.held_out_rmse,
            });
        }
    } else if new.held_out_rmse > new.held_out_rmse_average * TOLERANCE {
        return Err(Refused::WorseThanAverage {
            new: new.held_out_rmse,
            average: new.held_out_rmse_average,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn after_an_import_the_errors_cannot_be_compared_but_the_average_must_be_beaten() {
        let live = info(1000, 0.30);
        assert!(admit(&info(5000, 0.70), &live).is_ok());
        assert!(matches!(
            admit(&info(5000, 0.82), &live),
            Err(Refused::WorseThanAverage { .. })
        ));
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert!(admit(&info(1000, 0.0), &info(1000, 0.5)).is_ok());
        assert!(admit(&info(1000, 0.9), &info(1000, 0.0)).is_ok());
    }
}
