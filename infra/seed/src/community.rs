//! A synthetic community: 1,000 members drawn from a taste model, the same in each run and labelled as synthetic.
//!
//! In the model each movie has a quality and each member a bias. Both have a taste vector; that of a movie follows
//! mostly from its genres, country and decade. Stars are the sum of quality, bias, the scalar product of the two
//! vectors and noise, rounded to half stars. Predictions from a member's ratings are therefore much better than
//! averages, as with real members.
//!
//! `social` draws comments, lists, follows and likes, with the texts of `texts`.

mod social;
mod texts;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use matcha_protos::{movie::v1::PutMovie, rating::v1::ImportRating, user::v1::ImportMember};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use self::social::SocialData;
use crate::{catalogue, load::Loader};

const MEMBERS: usize = 1_000;
const TASTES: usize = 8;
const SEED: u64 = 20;
/// The ratings are spread over this many days before today.
const DAYS: f64 = 540.0;
const DEMO_PASSWORD: &str = "matcha-demo-popcorn";
const DEMO_RATINGS: usize = 24;

pub(crate) async fn seed(loader: &Loader) -> anyhow::Result<()> {
    let began = Instant::now();
    let movies = catalogue::movies()?;
    let changed = loader.movies(&movies).await?;
    println!("catalogue: {} movies, {changed} new or changed", movies.len());

    let community = Community::draw(&movies);
    let created = loader.members(&community.members).await?;
    println!("members: {} synthetic, {created} new", community.members.len());

    let changed = loader.ratings(&community.ratings).await?;
    println!(
        "ratings: {} synthetic, {changed} new or changed",
        community.ratings.len()
    );

    let social = SocialData::draw(&community, &movies)?;
    let created = loader.comments(&social.comments).await?;
    println!("comments: {} synthetic, {created} new", social.comments.len());
    let created = loader.lists(&social.lists).await?;
    println!("lists: {} synthetic, {created} new", social.lists.len());
    let created = loader.follows(&social.follows).await?;
    println!("follows: {} synthetic, {created} new", social.follows.len());
    let created = loader.watches(&social.watches).await?;
    println!("watches: {} of the demo member, {created} new", social.watches.len());
    println!("seeded in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

struct Community {
    /// The first member is the demo member.
    members: Vec<ImportMember>,
    /// The taste vector of each member.
    tastes: Vec<[f64; TASTES]>,
    ratings: Vec<ImportRating>,
    /// The time of the drawing, in seconds since 1970.
    now: i64,
}

/// What the taste model knows of a movie.
struct MovieTraits {
    quality: f64,
    /// How often the movie is watched, relative to the others.
    fame: f64,
    tastes: [f64; TASTES],
}

impl Community {
    fn draw(movies: &[PutMovie]) -> Self {
        let mut rng = StdRng::seed_from_u64(SEED);
        let traits = MovieTraits::draw_all(movies, &mut rng);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let now = i64::try_from(now).unwrap_or_default();
        let mut members = Vec::with_capacity(MEMBERS + 1);
        let mut all_tastes = Vec::with_capacity(MEMBERS + 1);
        let mut ratings = Vec::new();
        for number in 0..=MEMBERS {
            let member = if number == 0 {
                demo()
            } else {
                synthetic(number, &mut rng)
            };
            let bias = 0.55 * normal(&mut rng);
            let tastes: [f64; TASTES] = std::array::from_fn(|_| normal(&mut rng));
            // A log-normal count: most members rate some dozens, a few rate hundreds.
            let count = if number == 0 {
                DEMO_RATINGS
            } else {
                ((3.85 + 0.65 * normal(&mut rng)).exp() as usize).clamp(12, movies.len() / 2)
            };
            for index in watched(&traits, &tastes, count, &mut rng) {
                let movie = &traits[index];
                let stars = 6.6 + movie.quality + bias + affinity(movie, &tastes) + 0.95 * normal(&mut rng);
                // Squaring makes recent ratings more frequent than old ones.
                let age = DAYS * rng.random::<f64>().powi(2) * 86_400.0;
                ratings.push(ImportRating {
                    member_id: member.id.clone(),
                    movie_id: movies[index].id.clone(),
                    stars: stars.round().clamp(1.0, 10.0) as i32,
                    rated_at: now - age as i64,
                });
            }
            members.push(member);
            all_tastes.push(tastes);
        }
        Self {
            members,
            tastes: all_tastes,
            ratings,
            now,
        }
    }
}

impl MovieTraits {
    fn draw_all(movies: &[PutMovie], rng: &mut StdRng) -> Vec<Self> {
        let mut directions = std::collections::BTreeMap::<String, [f64; TASTES]>::new();
        let mut draw = |name: String, rng: &mut StdRng| {
            *directions
                .entry(name)
                .or_insert_with(|| std::array::from_fn(|_| normal(rng)))
        };
        let mut traits = Vec::with_capacity(movies.len());
        for movie in movies {
            let mut parts: Vec<(f64, [f64; TASTES])> = Vec::new();
            let share = (movie.genres.len() as f64).sqrt();
            for genre in &movie.genres {
                parts.push((0.75 / share, draw(format!("genre {genre}"), rng)));
            }
            parts.push((0.35, draw(format!("country {}", movie.countries[0]), rng)));
            parts.push((0.25, draw(format!("decade {}", movie.year / 10), rng)));
            parts.push((0.35, draw(format!("director {}", movie.directors[0].name_en), rng)));
            let own: [f64; TASTES] = std::array::from_fn(|_| normal(rng));
            parts.push((0.3, own));
            let tastes = std::array::from_fn(|k| parts.iter().map(|(weight, part)| weight * part[k]).sum());
            let known = if movie.imdb_id.is_empty() { 0.0 } else { 0.7 };
            let recent = f64::from(movie.year - 1990) / 60.0;
            traits.push(Self {
                quality: 0.8 * normal(rng),
                fame: (known + recent + 0.9 * normal(rng)).exp(),
                tastes,
            });
        }
        traits
    }
}

/// How much better or worse this member finds this movie than the average member.
fn affinity(movie: &MovieTraits, tastes: &[f64; TASTES]) -> f64 {
    let dot: f64 = movie.tastes.iter().zip(tastes).map(|(a, b)| a * b).sum();
    0.62 * dot
}

/// A weighted sample of movies without replacement: famous, good and matching movies are more likely.
fn watched(traits: &[MovieTraits], tastes: &[f64; TASTES], count: usize, rng: &mut StdRng) -> Vec<usize> {
    // The items with the largest u^(1/w) are a weighted sample (Efraimidis and Spirakis, 2006).
    let mut keyed: Vec<(f64, usize)> = traits
        .iter()
        .enumerate()
        .map(|(index, movie)| {
            let weight = movie.fame * (0.35 * affinity(movie, tastes) + 0.3 * movie.quality).exp();
            (rng.random::<f64>().ln() / weight, index)
        })
        .collect();
    keyed.sort_by(|a, b| b.0.total_cmp(&a.0));
    keyed.truncate(count);
    keyed.shuffle(rng);
    keyed.into_iter().map(|(_, index)| index).collect()
}

fn demo() -> ImportMember {
    ImportMember {
        id: catalogue::id("member:demo").to_string(),
        handle: "demo".to_owned(),
        display_name: "Demo".to_owned(),
        language: "ko".to_owned(),
        synthetic: true,
        password: DEMO_PASSWORD.to_owned(),
        email: "demo@matcha.example".to_owned(),
    }
}

fn synthetic(number: usize, rng: &mut StdRng) -> ImportMember {
    const FAMILY: [&str; 12] = ["김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오"];
    const FIRST: [&str; 16] = [
        "서연", "민준", "지우", "도윤", "하은", "주원", "수아", "지호", "예린", "현우", "다은", "시우", "유진", "은우",
        "채원", "준서",
    ];
    const ENGLISH: [&str; 16] = [
        "Alex", "Sam", "Robin", "Jamie", "Noa", "Kim", "Lee", "Max", "Mika", "Nico", "Ola", "Pat", "Quinn", "Remy",
        "Sasha", "Toni",
    ];
    let mut pick = |names: &[&str]| names[rng.random_range(0..names.len())].to_owned();
    let korean = number % 10 < 7;
    let name = if korean {
        pick(&FAMILY) + &pick(&FIRST)
    } else {
        pick(&ENGLISH)
    };
    ImportMember {
        id: catalogue::id(&format!("member:synthetic {number}")).to_string(),
        handle: format!("synthetic_{number:04}"),
        display_name: name + if korean { " (가상)" } else { " (synthetic)" },
        language: if korean { "ko" } else { "en" }.to_owned(),
        synthetic: true,
        password: String::new(),
        email: String::new(),
    }
}

/// Standard normal, by Box and Muller (1958).
fn normal(rng: &mut StdRng) -> f64 {
    let u = 1.0 - rng.random::<f64>();
    let v = rng.random::<f64>();
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_community_is_deterministic_and_has_the_intended_size() {
        let movies = catalogue::movies().expect("the catalogue can be read");
        let (one, two) = (Community::draw(&movies), Community::draw(&movies));
        let key = |r: &ImportRating| (r.member_id.clone(), r.movie_id.clone(), r.stars);
        assert!(one.ratings.iter().map(key).eq(two.ratings.iter().map(key)));
        assert_eq!(one.members.len(), MEMBERS + 1);
        assert!(
            (50_000..75_000).contains(&one.ratings.len()),
            "{} ratings",
            one.ratings.len()
        );
        let pairs: HashSet<_> = one.ratings.iter().map(|r| (&r.member_id, &r.movie_id)).collect();
        assert_eq!(pairs.len(), one.ratings.len(), "a member rates a movie once");
        assert!(one.members.iter().all(|member| member.synthetic));
    }

    #[test]
    fn stars_cover_the_whole_scale_with_a_plausible_mean() {
        let movies = catalogue::movies().expect("the catalogue can be read");
        let ratings = Community::draw(&movies).ratings;
        let mean = ratings.iter().map(|r| f64::from(r.stars)).sum::<f64>() / ratings.len() as f64;
        assert!((6.0..7.8).contains(&mean), "mean {mean}");
        for stars in 1..=10 {
            assert!(ratings.iter().any(|r| r.stars == stars), "no rating has {stars}");
        }
    }
}
