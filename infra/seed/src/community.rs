//! A synthetic community: 1,000 members drawn from a taste model, the same at every run and labelled as synthetic.
//!
//! The model: each film has a quality and each member a bias; both have a vector of tastes, the film's mostly given by its genres, country
//! and decade; stars are their sum with noise, rounded to half stars. So what a member likes can be told from what they rated,
//! much better than from averages, as with real people.
//!
//! What they say, whom they follow and what they like is drawn in `talk`, from texts that we wrote (`texts`).

mod talk;
mod texts;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use matcha_protos::{movie::v1::PutMovie, rating::v1::ImportRating, user::v1::ImportMember};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use self::talk::Talk;
use crate::{catalogue, load::Loader};

const MEMBERS: usize = 1_000;
const TASTES: usize = 8;
const SEED: u64 = 20;
/// Days over which the ratings are spread, back from today.
const DAYS: f64 = 540.0;
const DEMO_PASSWORD: &str = "matcha-demo-popcorn";
const DEMO_RATINGS: usize = 24;

pub(crate) async fn seed(loader: &Loader) -> anyhow::Result<()> {
    let began = Instant::now();
    let films = catalogue::films()?;
    let changed = loader.movies(&films).await?;
    println!("catalogue: {} films, {changed} new or changed", films.len());

    let community = Community::draw(&films);
    let created = loader.members(&community.members).await?;
    println!("members: {} synthetic, {created} new", community.members.len());

    let changed = loader.ratings(&community.ratings).await?;
    println!(
        "ratings: {} synthetic, {changed} new or changed",
        community.ratings.len()
    );

    let talk = Talk::draw(&community, &films)?;
    let created = loader.comments(&talk.comments).await?;
    println!("comments: {} synthetic, {created} new", talk.comments.len());
    let created = loader.lists(&talk.lists).await?;
    println!("lists: {} synthetic, {created} new", talk.lists.len());
    let created = loader.follows(&talk.follows).await?;
    println!("follows: {} synthetic, {created} new", talk.follows.len());
    let created = loader.watches(&talk.watches).await?;
    println!("watches: {} of the demo member, {created} new", talk.watches.len());
    println!("seeded in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

struct Community {
    /// The first is the demo member.
    members: Vec<ImportMember>,
    /// Of each member.
    tastes: Vec<[f64; TASTES]>,
    ratings: Vec<ImportRating>,
    /// When they were drawn, in seconds since 1970.
    now: i64,
}

struct Film {
    quality: f64,
    /// Weight in the lottery of what gets watched.
    fame: f64,
    tastes: [f64; TASTES],
}

impl Community {
    fn draw(films: &[PutMovie]) -> Self {
        let mut rng = StdRng::seed_from_u64(SEED);
        let traits = Film::draw_all(films, &mut rng);
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
            // Most rate some dozens, a few rate hundreds.
            let count = if number == 0 {
                DEMO_RATINGS
            } else {
                ((3.85 + 0.65 * normal(&mut rng)).exp() as usize).clamp(12, films.len() / 2)
            };
            for index in watched(&traits, &tastes, count, &mut rng) {
                let film = &traits[index];
                let stars = 6.6 + film.quality + bias + affinity(film, &tastes) + 0.95 * normal(&mut rng);
                // Recent weeks see more ratings than those long ago.
                let age = DAYS * rng.random::<f64>().powi(2) * 86_400.0;
                ratings.push(ImportRating {
                    member_id: member.id.clone(),
                    movie_id: films[index].id.clone(),
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

impl Film {
    fn draw_all(films: &[PutMovie], rng: &mut StdRng) -> Vec<Self> {
        let mut directions = std::collections::BTreeMap::<String, [f64; TASTES]>::new();
        let mut draw = |name: String, rng: &mut StdRng| {
            *directions
                .entry(name)
                .or_insert_with(|| std::array::from_fn(|_| normal(rng)))
        };
        let mut traits = Vec::with_capacity(films.len());
        for film in films {
            let mut parts: Vec<(f64, [f64; TASTES])> = Vec::new();
            let share = (film.genres.len() as f64).sqrt();
            for genre in &film.genres {
                parts.push((0.75 / share, draw(format!("genre {genre}"), rng)));
            }
            parts.push((0.35, draw(format!("country {}", film.countries[0]), rng)));
            parts.push((0.25, draw(format!("decade {}", film.year / 10), rng)));
            parts.push((0.35, draw(format!("director {}", film.directors[0].name_en), rng)));
            let own: [f64; TASTES] = std::array::from_fn(|_| normal(rng));
            parts.push((0.3, own));
            let tastes = std::array::from_fn(|k| parts.iter().map(|(weight, part)| weight * part[k]).sum());
            let known = if film.imdb_id.is_empty() { 0.0 } else { 0.7 };
            let recent = f64::from(film.year - 1990) / 60.0;
            traits.push(Self {
                quality: 0.8 * normal(rng),
                fame: (known + recent + 0.9 * normal(rng)).exp(),
                tastes,
            });
        }
        traits
    }
}

/// What this member thinks of this film beyond what everybody does.
fn affinity(film: &Film, tastes: &[f64; TASTES]) -> f64 {
    let dot: f64 = film.tastes.iter().zip(tastes).map(|(a, b)| a * b).sum();
    0.62 * dot
}

/// Films drawn without replacement: famous ones, good ones and those to the member's taste are watched more.
fn watched(traits: &[Film], tastes: &[f64; TASTES], count: usize, rng: &mut StdRng) -> Vec<usize> {
    // Efraimidis and Spirakis (2006): the largest of u^(1/w) are a weighted sample.
    let mut keyed: Vec<(f64, usize)> = traits
        .iter()
        .enumerate()
        .map(|(index, film)| {
            let weight = film.fame * (0.35 * affinity(film, tastes) + 0.3 * film.quality).exp();
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
    fn the_community_is_the_same_at_every_run_and_of_the_promised_size() {
        let films = catalogue::films().expect("the catalogue can be read");
        let (one, two) = (Community::draw(&films), Community::draw(&films));
        let key = |r: &ImportRating| (r.member_id.clone(), r.movie_id.clone(), r.stars);
        assert!(one.ratings.iter().map(key).eq(two.ratings.iter().map(key)));
        assert_eq!(one.members.len(), MEMBERS + 1);
        assert!(
            (50_000..75_000).contains(&one.ratings.len()),
            "{} ratings",
            one.ratings.len()
        );
        let pairs: HashSet<_> = one.ratings.iter().map(|r| (&r.member_id, &r.movie_id)).collect();
        assert_eq!(pairs.len(), one.ratings.len(), "nobody rates a film twice");
        assert!(one.members.iter().all(|member| member.synthetic));
    }

    #[test]
    fn stars_use_the_whole_scale_around_a_plausible_mean() {
        let films = catalogue::films().expect("the catalogue can be read");
        let ratings = Community::draw(&films).ratings;
        let mean = ratings.iter().map(|r| f64::from(r.stars)).sum::<f64>() / ratings.len() as f64;
        assert!((6.0..7.8).contains(&mean), "mean {mean}");
        for stars in 1..=10 {
            assert!(ratings.iter().any(|r| r.stars == stars), "nobody gave {stars}");
        }
    }
}
