//! A synthetic community: 1,000 members drawn from a taste model, the same in each run and labelled as synthetic.
//!
//! Stars are the sum of what the movie's audience gives on average, the member's bias, what the member's taste says of
//! the movie (`taste`), and noise, rounded to half stars. Predictions from a member's ratings are therefore much better
//! than averages, as with real members.
//!
//! `social` draws comments, lists, follows and likes, with the texts of `texts`.

#[cfg(test)]
mod predictions;
mod social;
mod taste;
mod texts;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use matcha_protos::{movie::v1::PutMovie, rating::v1::ImportRating, user::v1::ImportMember};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use self::{
    social::SocialData,
    taste::{MovieTraits, Tastes},
};
use crate::{
    audience::{self, Audience},
    catalogue,
    load::Loader,
};

const MEMBERS: usize = 1_000;
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

    let community = Community::draw(&movies, &audience::of(&movies)?);
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
    tastes: Vec<Tastes>,
    ratings: Vec<ImportRating>,
    /// The time of the drawing, in seconds since 1970.
    now: i64,
}

impl Community {
    fn draw(movies: &[PutMovie], audiences: &[Audience]) -> Self {
        let mut rng = StdRng::seed_from_u64(SEED);
        let traits = MovieTraits::draw_all(movies, audiences, &mut rng);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let now = i64::try_from(now).unwrap_or_default();
        let members: Vec<ImportMember> = (0..=MEMBERS).map(|number| member(number, &mut rng)).collect();
        let watches: Vec<(Tastes, Vec<usize>)> = (0..=MEMBERS)
            .map(|number| {
                let tastes = taste::draw_member(&mut rng);
                // A log-normal count: most members rate some dozens, a few rate hundreds.
                let count = if number == 0 {
                    DEMO_RATINGS
                } else {
                    ((3.9 + 0.65 * normal(&mut rng)).exp() as usize).clamp(12, movies.len() / 2)
                };
                (tastes, taste::watched(&traits, &tastes, count, &mut rng))
            })
            .collect();
        let selection = taste::self_selection(&traits, &watches);
        let mut ratings = Vec::new();
        for (member, (tastes, watched)) in members.iter().zip(&watches) {
            let bias = 0.55 * normal(&mut rng);
            for &index in watched {
                let movie = &traits[index];
                let personal = movie.affinity(tastes) - selection[index];
                let stars = movie.mean + bias + personal + 0.95 * normal(&mut rng);
                // Squaring makes recent ratings more frequent than old ones.
                let age = DAYS * rng.random::<f64>().powi(2) * 86_400.0;
                ratings.push(ImportRating {
                    member_id: member.id.clone(),
                    movie_id: movies[index].id.clone(),
                    stars: stars.round().clamp(1.0, 10.0) as i32,
                    rated_at: now - age as i64,
                });
            }
        }
        Self {
            members,
            tastes: watches.into_iter().map(|(tastes, _)| tastes).collect(),
            ratings,
            now,
        }
    }

    /// The community of the whole catalogue, with what it is drawn from.
    #[cfg(test)]
    fn of_catalogue() -> (Vec<PutMovie>, Vec<Audience>, Self) {
        let movies = catalogue::movies().expect("the catalogue can be read");
        let audiences = audience::of(&movies).expect("every movie has a line");
        let community = Self::draw(&movies, &audiences);
        (movies, audiences, community)
    }
}

fn member(number: usize, rng: &mut StdRng) -> ImportMember {
    if number == 0 { demo() } else { synthetic(number, rng) }
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
    use std::collections::{HashMap, HashSet};

    use super::*;

    /// The drawn ratings of a movie: their number and their mean stars, from 0.5 to 5.
    fn drawn(movies: &[PutMovie], ratings: &[ImportRating]) -> Vec<(usize, f64)> {
        let mut sums: HashMap<&str, (usize, f64)> = HashMap::new();
        for rating in ratings {
            let (count, sum) = sums.entry(&rating.movie_id).or_default();
            *count += 1;
            *sum += f64::from(rating.stars) / 2.0;
        }
        let of = |movie: &PutMovie| sums.get(movie.id.as_str()).copied().unwrap_or_default();
        let movies = movies.iter().map(of);
        movies.map(|(count, sum)| (count, sum / count.max(1) as f64)).collect()
    }

    #[test]
    fn the_community_is_deterministic_and_has_the_intended_size() {
        let (movies, audiences, one) = Community::of_catalogue();
        let two = Community::draw(&movies, &audiences);
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
        let (.., Community { ratings, .. }) = Community::of_catalogue();
        let mean = ratings.iter().map(|r| f64::from(r.stars)).sum::<f64>() / ratings.len() as f64;
        assert!((6.0..7.8).contains(&mean), "mean {mean}");
        for stars in 1..=10 {
            assert!(ratings.iter().any(|r| r.stars == stars), "no rating has {stars}");
        }
    }

    #[test]
    fn the_best_known_movies_are_rated_most_and_every_movie_is_rated() {
        let (movies, audiences, community) = Community::of_catalogue();
        let drawn = drawn(&movies, &community.ratings);
        let mut order: Vec<usize> = (0..movies.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(drawn[*at].0));
        for at in &order[..10] {
            assert!(
                audiences[*at].fame >= 85.0,
                "{} has {} ratings and fame {}",
                movies[*at].title_en,
                drawn[*at].0,
                audiences[*at].fame
            );
        }
        let unrated = order.iter().filter(|at| drawn[**at].0 == 0).count();
        assert_eq!(unrated, 0, "movies without ratings");
    }

    #[test]
    fn a_movie_is_liked_as_its_audience_likes_it() {
        let (movies, audiences, community) = Community::of_catalogue();
        let drawn = drawn(&movies, &community.ratings);
        let pairs = drawn.iter().zip(&audiences).filter(|((count, _), _)| *count >= 30);
        let pairs: Vec<(f64, f64)> = pairs.map(|((_, mean), audience)| (*mean, audience.mean)).collect();
        let correlation = correlation(&pairs);
        assert!(correlation > 0.9, "{correlation} over {} movies", pairs.len());
        let mean = |title: &str| {
            let movie = movies.iter().position(|movie| movie.title_ko == title);
            drawn[movie.expect("the movie is in the catalogue")].1
        };
        for title in ["헤어질 결심", "기생충"] {
            assert!(mean(title) >= 3.7, "{title}: {}", mean(title));
            assert!(mean(title) > mean("피에타"), "{title}: {}", mean(title));
        }
    }

    #[test]
    fn cinephiles_watch_and_like_arthouse_movies_and_fans_of_blockbusters_do_not() {
        let (movies, audiences, community) = Community::of_catalogue();
        let audiences: HashMap<&str, &Audience> =
            movies.iter().map(|movie| movie.id.as_str()).zip(&audiences).collect();
        let mut by_taste: Vec<usize> = (0..community.members.len()).collect();
        by_taste.sort_by(|a, b| {
            let arthouse = |member: &usize| community.tastes[*member][taste::ARTHOUSE];
            arthouse(a).total_cmp(&arthouse(b))
        });
        // The share of arthouse among the watched movies, and how much better it is liked than the mainstream.
        let measured = |members: &[usize]| {
            let ids: HashSet<&str> = members.iter().map(|at| community.members[*at].id.as_str()).collect();
            let ratings = community
                .ratings
                .iter()
                .filter(|rating| ids.contains(rating.member_id.as_str()));
            let ratings: Vec<(f64, f64)> = ratings
                .map(|rating| {
                    (
                        audiences[rating.movie_id.as_str()].arthouse,
                        f64::from(rating.stars) / 2.0,
                    )
                })
                .collect();
            let of = |is: &dyn Fn(f64) -> bool| -> (f64, f64) {
                let stars: Vec<f64> = ratings
                    .iter()
                    .filter(|(at, _)| is(*at))
                    .map(|(_, stars)| *stars)
                    .collect();
                (stars.len() as f64, stars.iter().sum::<f64>() / stars.len() as f64)
            };
            let ((count, arthouse), (_, mainstream)) = (of(&|at| at >= 7.0), of(&|at| at <= 2.0));
            (count / ratings.len() as f64, arthouse - mainstream)
        };
        let tenth = by_taste.len() / 10;
        let fans = measured(&by_taste[..tenth]);
        let cinephiles = measured(&by_taste[by_taste.len() - tenth..]);
        assert!(
            fans.0 < 0.04 && cinephiles.0 > 0.2,
            "shares {} and {}",
            fans.0,
            cinephiles.0
        );
        assert!(
            fans.1 < -1.0 && cinephiles.1 > 1.0,
            "preferences {} and {}",
            fans.1,
            cinephiles.1
        );
    }

    fn correlation(pairs: &[(f64, f64)]) -> f64 {
        let count = pairs.len() as f64;
        let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0, y + pair.1));
        let (x, y) = (x / count, y / count);
        let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
        sum(&|(a, b)| (a - x) * (b - y)) / (sum(&|(a, _)| (a - x).powi(2)) * sum(&|(_, b)| (b - y).powi(2))).sqrt()
    }
}
