//! What the model promises, on synthetic data with known factors.

use uuid::Uuid;

use super::{
    Info, Model,
    dataset::{Dataset, Rating},
    evaluate::{self, fold_member},
    features::Facts,
    fold_in::Item,
    linear::dot,
    mix,
    neighbours::Neighbours,
    normal, snapshot,
    train::{Options, Trained, train},
    uniform,
};

const NOISE: f64 = 0.3;

/// A community whose stars really come from two factors, biases and noise.
struct World {
    ratings: Vec<Rating>,
    /// Fresh ratings nobody trains on.
    held: Vec<Rating>,
    facts: Vec<Facts>,
}

fn movie_id(movie: u64) -> Uuid {
    Uuid::from_u128(u128::from(mix(11, movie)) << 64 | u128::from(movie))
}

fn world(members: u64, movies: u64, share: f64) -> World {
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
    World { ratings, held, facts }
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

fn model(world: &World, factors: usize) -> (Dataset, Trained, Model) {
    let data = Dataset::new(world.ratings.clone(), []);
    let trained = train(
        &data,
        &world.facts,
        Options {
            factors,
            iterations: Some(20),
            seed: 1,
        },
    );
    let mut model = Model::new(
        &trained,
        data.movies.clone(),
        Info {
            version: "1".into(),
            ..Info::default()
        },
    );
    model.neighbours = Neighbours::learn(&data);
    (data, trained, model)
}

#[test]
fn known_factors_are_recovered_to_within_three_percent_of_the_noise() {
    let world = world(800, 300, 0.5);
    let (data, _, model) = model(&world, 4);
    let folded: Vec<_> = (0..data.members.len())
        .map(|member| fold_member(&model, &data, member))
        .collect();
    let mut errors = 0f64;
    for rating in &world.held {
        let member = data.members.binary_search(&rating.member).unwrap();
        let number = model.number(rating.movie).unwrap();
        errors += (model.score(&folded[member], model.item(number).z) - f64::from(rating.stars)).powi(2);
    }
    let rmse = (errors / world.held.len() as f64).sqrt();
    assert!(rmse < NOISE * 1.03, "held-out error {rmse:.4}, noise {NOISE}");
}

#[test]
fn folding_in_gives_the_posterior_that_training_found() {
    let world = world(200, 120, 0.3);
    let (data, trained, model) = model(&world, 4);
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
    let world = world(120, 80, 0.3);
    let (data, _, model) = model(&world, 8);
    for member in 0..data.members.len() {
        let folded = fold_member(&model, &data, member);
        for movie in 0..data.movies.len() {
            let item = model.item(movie);
            let explanation = model.explain(&folded, item);
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
    let world = world(120, 80, 0.3);
    let (data, _, model) = model(&world, 4);
    let folded = fold_member(&model, &data, 3);
    let rated: Vec<(u32, f32)> = data.of_member(3).collect();
    let mut seen = 0;
    for movie in 0..data.movies.len() {
        for reason in model.because(&folded, model.item(movie), 3) {
            seen += 1;
            let (number, stars) = rated[reason];
            let alone = model.mean + f64::from(model.item(number as usize).z[model.d - 1]);
            assert!(f64::from(stars) > alone);
        }
    }
    assert!(seen > 0);
}

#[test]
fn order_and_duplicates_of_ratings_do_not_matter() {
    let world = world(80, 60, 0.3);
    let mut shuffled = world.ratings.clone();
    shuffled.sort_by_key(|rating| mix(rating.member.as_u128() as u64, rating.movie.as_u128() as u64));
    shuffled.extend(world.ratings.iter().step_by(3).copied());
    let options = Options {
        factors: 4,
        iterations: Some(6),
        seed: 1,
    };
    let (a, b) = (Dataset::new(world.ratings.clone(), []), Dataset::new(shuffled, []));
    assert_eq!(
        train(&a, &world.facts, options).movies.z,
        train(&b, &world.facts, options).movies.z
    );
}

#[test]
fn the_seed_decides_and_the_number_of_threads_does_not() {
    let world = world(150, 90, 0.3);
    let data = Dataset::new(world.ratings.clone(), []);
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let trained = pool.install(|| {
            train(
                &data,
                &world.facts,
                Options {
                    factors: 4,
                    iterations: Some(8),
                    seed,
                },
            )
        });
        (trained.movies.z, trained.movies.c, trained.alpha)
    };
    assert_eq!(run(1, 7), run(4, 7));
    assert_ne!(run(1, 7).0, run(1, 8).0);
}

#[test]
fn a_new_movie_starts_from_what_its_facts_say() {
    let world = world(300, 120, 0.3);
    let (_, _, model) = model(&world, 4);
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
    // The genre is the sign of the first true factor, so movies of the two must look in opposite directions.
    let between = dot(&model.direction(&light), &model.direction(&dark));
    assert!(between < 0.0, "the two genres point the same way: {between}");
}

#[test]
fn more_ratings_make_a_prediction_surer_and_extremes_are_clamped() {
    let world = world(120, 80, 0.3);
    let (data, _, model) = model(&world, 4);
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
    let world = world(300, 150, 0.3);
    let data = Dataset::new(world.ratings.clone(), []);
    let (kept, held) = data.split_by_time(0.2);
    let trained = train(
        &kept,
        &world.facts,
        Options {
            factors: 4,
            ..Options::default()
        },
    );
    let model = Model::new(&trained, kept.movies.clone(), Info::default());
    let outcomes = evaluate::outcomes(&model, &kept, &held);
    assert_eq!(outcomes.len(), held.len());
    assert!(evaluate::rmse(&outcomes) < 0.8 * evaluate::average_rmse(&kept, &held));
    let [high, medium] = evaluate::thresholds(&outcomes).unwrap();
    assert!(high < medium);
}

#[test]
fn training_on_nothing_or_almost_nothing_gives_finite_numbers() {
    for count in [0usize, 1, 3] {
        let ratings = (0..count as u128)
            .map(|i| Rating {
                member: Uuid::from_u128(i + 1),
                movie: Uuid::from_u128(9),
                stars: 4.0,
                rated_at: 0,
            })
            .collect();
        let data = Dataset::new(ratings, [Uuid::from_u128(8), Uuid::from_u128(9)]);
        let trained = train(&data, &vec![Facts::default(); 2], Options::default());
        let model = Model::new(&trained, data.movies.clone(), Info::default());
        let stars = model
            .predict(&model.fold_in(&[(model.item(0), 4.0)]), model.item(1))
            .stars;
        assert!(stars.is_finite());
    }
}

#[test]
fn a_snapshot_read_back_is_the_same_model_to_the_bit() {
    let (_, _, model) = model(&world(60, 50, 0.3), 4);
    let file = snapshot::encode(&model);
    let back = snapshot::decode(&file).unwrap();
    assert_eq!(back.info, model.info);
    assert!(!back.neighbours.numbers.is_empty());
    assert_eq!(snapshot::encode(&back), file);
    assert_eq!(
        back.prior_vector(&facts_of(movie_id(1))),
        model.prior_vector(&facts_of(movie_id(1)))
    );
}

#[test]
fn a_snapshot_with_any_damaged_byte_is_refused() {
    let (_, _, model) = model(&world(30, 20, 0.4), 2);
    let file = snapshot::encode(&model);
    let mut refused = 0;
    for at in (0..file.len()).step_by(37).chain([0, 8, 12, 16, file.len() - 1]) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        match snapshot::decode(&damaged) {
            Err(_) => refused += 1,
            // The bytes that only fill up to the next multiple of 64 carry nothing.
            Ok(read) => assert_eq!(snapshot::encode(&read), file, "byte {at} went unnoticed"),
        }
    }
    assert!(refused > 50);
    assert!(snapshot::decode(&file[..file.len() / 2]).is_err());
    assert!(snapshot::decode(&[]).is_err());
}

#[test]
fn a_snapshot_with_a_number_that_is_not_finite_is_refused() {
    let (_, _, mut model) = model(&world(30, 20, 0.4), 2);
    model.mean = f64::NAN;
    assert!(matches!(
        snapshot::decode(&snapshot::encode(&model)),
        Err(snapshot::Damaged::NotFinite(_))
    ));
}

#[test]
fn publishing_keeps_the_last_three_and_the_pointer_leads_back() {
    let folder = std::env::temp_dir().join(format!("matcha-snapshots-{}", Uuid::now_v7()));
    let (_, _, mut model) = model(&world(30, 20, 0.4), 2);
    assert_eq!(snapshot::current(&folder), None);
    for version in ["1001", "1002", "1003", "1004", "1005"] {
        model.info.version = version.into();
        snapshot::publish(&folder, &model).unwrap();
        assert_eq!(snapshot::current(&folder).as_deref(), Some(version));
    }
    assert_eq!(snapshot::versions(&folder).unwrap(), ["1003", "1004", "1005"]);
    snapshot::point_to(&folder, "1003").unwrap();
    assert_eq!(
        snapshot::load(&folder, &snapshot::current(&folder).unwrap())
            .unwrap()
            .info
            .version,
        "1003"
    );
    assert!(snapshot::load(&folder, "../../etc/passwd").is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}
