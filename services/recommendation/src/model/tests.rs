//! Tests of the model on synthetic data with known factors.

use uuid::Uuid;

use super::{
    Info, Model,
    dataset::{Dataset, Rating},
    evaluate::{self, fold_member, ratings_of},
    features::Facts,
    fold_in::Item,
    kernels::dot,
    mix, normal,
    train::{Options, Trained, train},
    uniform,
};

const NOISE: f64 = 0.3;

/// Synthetic data: stars from two factors, biases and noise.
struct SyntheticData {
    ratings: Vec<Rating>,
    /// Ratings that are left out of the training.
    held: Vec<Rating>,
    facts: Vec<Facts>,
}

fn movie_id(movie: u64) -> Uuid {
    Uuid::from_u128(u128::from(mix(11, movie)) << 64 | u128::from(movie))
}

fn synthetic_data(members: u64, movies: u64, share: f64) -> SyntheticData {
    let movie = |i: u64| [normal(1, 3 * i), normal(1, 3 * i + 1), 0.3 * normal(1, 3 * i + 2)];
    let member = |i: u64| {
        [
            0.4 * normal(2, 3 * i),
            0.4 * normal(2, 3 * i + 1),
            0.3 * normal(2, 3 * i + 2),
        ]
    };
    let (mut ratings, mut held) = (Vec::new(), Vec::new());
    for u in 0..members {
        for i in 0..movies {
            let draw = uniform(3, u * movies + i);
            if draw > share * 1.2 {
                continue;
            }
            let (p, q) = (member(u), movie(i));
            let stars = 3.0 + p[0] * q[0] + p[1] * q[1] + p[2] + q[2] + NOISE * normal(4, u * movies + i);
            let rating = Rating {
                member: Uuid::from_u128(u128::from(u) + 1),
                movie: movie_id(i),
                stars: stars as f32,
                rated_at: 1_700_000_000 + (uniform(5, u * movies + i) * 1e6) as i64,
            };
            if draw > share {
                held.push(rating)
            } else {
                ratings.push(rating)
            }
        }
    }
    let data = Dataset::new(ratings.clone(), []);
    let facts = data.movies.iter().map(|id| facts_of(*id)).collect();
    SyntheticData { ratings, held, facts }
}

fn facts_of(id: Uuid) -> Facts {
    let number = id.as_u128() as u64;
    let genre = if normal(1, 3 * number) > 0.0 { "Light" } else { "Dark" };
    Facts {
        year: 1990 + (number % 30) as i32,
        genres: vec![genre.into()],
        ..Facts::default()
    }
}

fn model(synthetic: &SyntheticData, factors: usize) -> (Dataset, Trained, Model) {
    let data = Dataset::new(synthetic.ratings.clone(), []);
    let trained = train(
        &data,
        &synthetic.facts,
        Options {
            factors,
            iterations: Some(20),
            seed: 1,
        },
        None,
        &mut |_, _| (),
    );
    let model = Model::new(
        &trained,
        data.movies.clone(),
        Info {
            version: "1".into(),
            ..Info::default()
        },
    );
    (data, trained, model)
}

#[test]
fn known_factors_are_recovered_to_within_two_percent_of_the_noise() {
    let synthetic = synthetic_data(800, 300, 0.5);
    let (data, _, model) = model(&synthetic, 4);
    let folded: Vec<_> = (0..data.members.len())
        .map(|member| fold_member(&model, &data, member))
        .collect();
    let mut errors = 0f64;
    for rating in &synthetic.held {
        let member = data.members.binary_search(&rating.member).unwrap();
        let number = model.number(rating.movie).unwrap();
        errors += (model.score(&folded[member], model.item(number).z) - f64::from(rating.stars)).powi(2);
    }
    let rmse = (errors / synthetic.held.len() as f64).sqrt();
    assert!(rmse < NOISE * 1.02, "held-out error {rmse:.4}, noise {NOISE}");
}

#[test]
fn folding_in_gives_the_posterior_that_training_found() {
    let synthetic = synthetic_data(200, 120, 0.3);
    let (data, trained, model) = model(&synthetic, 4);
    let d = model.d;
    let mut gap = 0f64;
    for member in 0..data.members.len() {
        let folded = fold_member(&model, &data, member);
        let z = &trained.members.z[member * d..][..d];
        for movie in 0..data.movies.len() {
            let q = model.item(movie).z;
            let direct = trained.mean + f64::from(dot(&z[..d - 1], &q[..d - 1]) + z[d - 1] + q[d - 1]);
            gap += (direct - model.score(&folded, q)).powi(2);
        }
    }
    let gap = (gap / (data.members.len() * data.movies.len()) as f64).sqrt();
    assert!(gap < 0.01, "root mean square gap {gap:.5} stars");
}

#[test]
fn base_and_shares_add_up_to_the_prediction() {
    let synthetic = synthetic_data(120, 80, 0.3);
    let (data, _, model) = model(&synthetic, 8);
    for member in 0..data.members.len() {
        let folded = fold_member(&model, &data, member);
        let reasons = model.reasons(&folded, &ratings_of(&model, &data, member));
        for movie in 0..data.movies.len() {
            let item = model.item(movie);
            let explanation = model.explain(&folded, &reasons, item);
            let sum = explanation.base + explanation.shares.iter().sum::<f64>();
            let direct = model.mean
                + folded
                    .z()
                    .iter()
                    .zip(item.z)
                    .take(model.d - 1)
                    .map(|(p, q)| p * f64::from(*q))
                    .sum::<f64>()
                + folded.z()[model.d - 1]
                + f64::from(item.z[model.d - 1]);
            assert!((sum - direct).abs() < 1e-6, "{sum} is not {direct}");
            assert!((sum - model.score(&folded, item.z)).abs() < 1e-4);
        }
    }
}

#[test]
fn reasons_are_movies_the_member_liked_more_than_expected() {
    let synthetic = synthetic_data(120, 80, 0.3);
    let (data, _, model) = model(&synthetic, 4);
    let folded = fold_member(&model, &data, 3);
    let reasons = model.reasons(&folded, &ratings_of(&model, &data, 3));
    let rated: Vec<(u32, f32)> = data.of_member(3).collect();
    let mut seen = 0;
    for movie in 0..data.movies.len() {
        for reason in model.because(&folded, &reasons, model.item(movie), 3) {
            seen += 1;
            let (number, stars) = rated[reason];
            let alone = model.mean + f64::from(model.item(number as usize).z[model.d - 1]);
            assert!(f64::from(stars) > alone);
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_order_and_duplicates_of_ratings_do_not_change_the_model() {
    let synthetic = synthetic_data(80, 60, 0.3);
    let mut shuffled = synthetic.ratings.clone();
    shuffled.sort_by_key(|rating| mix(rating.member.as_u128() as u64, rating.movie.as_u128() as u64));
    shuffled.extend(synthetic.ratings.iter().step_by(3).copied());
    let options = Options {
        factors: 4,
        iterations: Some(6),
        seed: 1,
    };
    let (a, b) = (Dataset::new(synthetic.ratings.clone(), []), Dataset::new(shuffled, []));
    assert_eq!(
        train(&a, &synthetic.facts, options, None, &mut |_, _| ()).movies.z,
        train(&b, &synthetic.facts, options, None, &mut |_, _| ()).movies.z
    );
}

#[test]
fn the_result_depends_on_the_seed_and_not_on_the_number_of_threads() {
    let synthetic = synthetic_data(150, 90, 0.3);
    let data = Dataset::new(synthetic.ratings.clone(), []);
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let trained = pool.install(|| {
            train(
                &data,
                &synthetic.facts,
                Options {
                    factors: 4,
                    iterations: Some(8),
                    seed,
                },
                None,
                &mut |_, _| (),
            )
        });
        (trained.movies.z, trained.movies.c, trained.alpha)
    };
    assert_eq!(run(1, 7), run(4, 7));
    assert_ne!(run(1, 7).0, run(1, 8).0);
}

#[test]
fn the_vector_of_a_new_movie_follows_from_its_facts() {
    let synthetic = synthetic_data(300, 120, 0.3);
    let (_, _, model) = model(&synthetic, 4);
    let light = Facts {
        year: 2000,
        genres: vec!["Light".into()],
        ..Facts::default()
    };
    let dark = Facts {
        year: 2000,
        genres: vec!["Dark".into()],
        ..Facts::default()
    };
    let (light, dark) = (model.prior_vector(&light), model.prior_vector(&dark));
    // The genre is the sign of the first true factor, so the two vectors must lie on opposite sides of their middle.
    let middle: Vec<f32> = light.iter().zip(&dark).map(|(a, b)| (a + b) / 2.0).collect();
    let away = |z: &[f32]| -> Vec<f32> { z.iter().zip(&middle).map(|(z, m)| z - m).collect() };
    let apart = dot(&away(&light)[..4], &away(&light)[..4]).sqrt();
    assert!(apart > 0.2, "the two genres are {apart} from their middle");
}

#[test]
fn more_ratings_reduce_the_uncertainty_and_extremes_are_clamped() {
    let synthetic = synthetic_data(120, 80, 0.3);
    let (data, _, model) = model(&synthetic, 4);
    let all: Vec<(Item<'_>, f64)> = (0..40).map(|i| (model.item(i), 5.0)).collect();
    let (few, many) = (model.fold_in(&all[..3]), model.fold_in(&all));
    let target = model.item(60);
    assert!(model.uncertainty(&many, target) < model.uncertainty(&few, target));
    for movie in 0..data.movies.len() {
        let stars = model.predict(&many, model.item(movie)).stars;
        assert!((0.5..=5.0).contains(&stars));
    }
}

#[test]
fn the_model_beats_the_shrunk_average_on_the_last_ratings() {
    let synthetic = synthetic_data(300, 150, 0.3);
    let data = Dataset::new(synthetic.ratings.clone(), []);
    let (kept, held) = data.split_by_time(0.2);
    let trained = train(
        &kept,
        &synthetic.facts,
        Options {
            factors: 4,
            ..Options::default()
        },
        None,
        &mut |_, _| (),
    );
    let model = Model::new(&trained, kept.movies.clone(), Info::default());
    let outcomes = evaluate::outcomes(&model, &kept, &held);
    assert_eq!(outcomes.len(), held.len());
    assert!(evaluate::rmse(&outcomes) < 0.8 * evaluate::average_rmse(&kept, &held));
    let [high, medium] = evaluate::thresholds(&outcomes).unwrap();
    assert!(high < medium);
}

#[test]
fn training_on_very_few_ratings_gives_finite_numbers() {
    for count in [0usize, 1, 3] {
        let ratings = (0..count as u128).map(|i| Rating {
            member: Uuid::from_u128(i + 1),
            movie: Uuid::from_u128(9),
            stars: 4.0,
            rated_at: 0,
        });
        let data = Dataset::new(ratings, [Uuid::from_u128(8), Uuid::from_u128(9)]);
        let trained = train(
            &data,
            &vec![Facts::default(); 2],
            Options::default(),
            None,
            &mut |_, _| (),
        );
        let model = Model::new(&trained, data.movies.clone(), Info::default());
        let stars = model
            .predict(&model.fold_in(&[(model.item(0), 4.0)]), model.item(1))
            .stars;
        assert!(stars.is_finite());
    }
}

#[test]
fn a_warm_start_is_as_good_in_a_third_of_the_rounds() {
    let synthetic = synthetic_data(300, 150, 0.3);
    let (data, _, last) = model(&synthetic, 4);
    // The same data with a few more ratings.
    let more: Vec<Rating> = synthetic
        .ratings
        .iter()
        .chain(synthetic.held.iter().take(200))
        .copied()
        .collect();
    let grown = Dataset::new(more, []);
    let facts: Vec<Facts> = grown.movies.iter().map(|id| facts_of(*id)).collect();
    let options = |iterations| Options {
        factors: 4,
        iterations: Some(iterations),
        seed: 1,
    };
    let error = |trained: &Trained| {
        let model = Model::new(trained, grown.movies.clone(), Info::default());
        let held = Dataset::new(synthetic.held[200..].to_vec(), grown.movies.iter().copied());
        let mut sum = 0f64;
        for (at, id) in held.members.iter().enumerate() {
            let folded = fold_member(&model, &grown, grown.members.binary_search(id).unwrap());
            for (movie, stars) in held.of_member(at) {
                sum += (model.score(&folded, model.item(movie as usize).z) - f64::from(stars)).powi(2);
            }
        }
        (sum / held.len() as f64).sqrt()
    };
    assert!(data.len() < grown.len());
    let cold = error(&train(&grown, &facts, options(18), None, &mut |_, _| ()));
    let mut rounds = 0;
    let warm = error(&train(&grown, &facts, options(6), Some(&last), &mut |_, _| rounds += 1));
    assert_eq!(rounds, 6);
    assert!(warm < cold * 1.01, "warm {warm:.4}, cold {cold:.4}");
}
