//! What the recommender learns from the community: it is trained on the drawn ratings as the service does it, and new
//! members with a clear taste are folded in.

use matcha_protos::movie::v1::{PersonName, PutMovie};
use recommendation::{
    config::LearningConfig,
    model::{
        Info, Model,
        dataset::{Dataset, Rating},
        features::Facts,
        train::train,
    },
    training::{options_for, with_threads},
};
use uuid::Uuid;

use super::Community;
use crate::{audience::Audience, catalogue};

/// A group of movies.
type Group = fn(&PutMovie, &Audience) -> bool;

/// A member who likes one group and dislikes another.
struct Member {
    name: &'static str,
    likes: Group,
    dislikes: Group,
}

const MEMBERS: [Member; 3] = [
    Member {
        name: "Korean thrillers, no romances or musicals",
        likes: |movie, _| movie.countries[0] == "KR" && has(movie, "thriller"),
        dislikes: |movie, _| (has(movie, "romance") || has(movie, "music")) && !has(movie, "thriller"),
    },
    Member {
        name: "animation, no arthouse",
        likes: |movie, _| has(movie, "animation"),
        dislikes: |movie, audience| audience.arthouse >= 7.0 && !has(movie, "animation"),
    },
    Member {
        name: "arthouse, no blockbusters",
        likes: |_, audience| audience.arthouse >= 7.0,
        dislikes: |movie, audience| has(movie, "action") && audience.arthouse <= 2.0,
    },
];

/// The stars of a member: 15 ratings of what the member likes and 10 of what the member dislikes.
const LIKED: [f64; 3] = [4.0, 4.5, 5.0];
const DISLIKED: [f64; 3] = [1.5, 2.0, 2.5];

#[test]
fn a_clear_taste_is_learned_from_twenty_five_ratings() {
    let trained = Trained::on_the_community();
    for member in &MEMBERS {
        let (liked, disliked) = (trained.of(member.likes), trained.of(member.dislikes));
        let rated = |movies: &[usize], count: usize, stars: [f64; 3]| -> Vec<(usize, f64)> {
            let best_known = movies.iter().take(count).copied();
            best_known.zip(stars.into_iter().cycle()).collect()
        };
        let ratings = [rated(&liked, 15, LIKED), rated(&disliked, 10, DISLIKED)].concat();
        let predictions = trained.predictions(&ratings);
        let mean = |of: &dyn Fn(usize) -> bool| {
            let stars = predictions.iter().filter(|(movie, _)| of(*movie));
            let (sum, count) = stars.fold((0.0, 0), |(sum, count), (_, stars)| (sum + stars, count + 1));
            sum / f64::from(count)
        };
        let others = mean(&|movie| !liked.contains(&movie));
        let group = mean(&|movie| liked.contains(&movie));
        let found = predictions[..20].iter().filter(|(movie, _)| disliked.contains(movie));
        let found: Vec<&str> = found
            .map(|(movie, _)| trained.movies[*movie].title_en.as_str())
            .collect();
        println!(
            "{}: {group:.2} stars for the group, {others:.2} for other movies",
            member.name
        );
        assert!(group >= others + 0.6, "{}: {group} and {others} stars", member.name);
        assert!(found.is_empty(), "{}: {found:?} among the best twenty", member.name);
    }
}

/// The catalogue and a model trained on the community. Movies are numbered as in the model.
struct Trained {
    movies: Vec<PutMovie>,
    audiences: Vec<Audience>,
    model: Model,
}

impl Trained {
    fn on_the_community() -> Self {
        let (movies, audiences, community) = Community::of_catalogue();
        let mut catalogue: Vec<(PutMovie, Audience)> = movies.into_iter().zip(audiences).collect();
        catalogue.sort_by_key(|(movie, _)| uuid(&movie.id));
        let (movies, audiences): (Vec<PutMovie>, Vec<Audience>) = catalogue.into_iter().unzip();
        let ratings = community.ratings.iter().map(|rating| Rating {
            member: uuid(&rating.member_id),
            movie: uuid(&rating.movie_id),
            stars: rating.stars as f32 / 2.0,
            rated_at: rating.rated_at,
        });
        let data = Dataset::new(ratings, movies.iter().map(|movie| uuid(&movie.id)));
        let facts: Vec<Facts> = movies.iter().map(facts).collect();
        let learning = LearningConfig {
            factors: None,
            list_factors: 0,
            iterations: None,
            seed: 1,
            threads: 1,
        };
        let options = options_for(data.len(), &learning);
        let trained = with_threads(learning.threads, || train(&data, &facts, options, None, &mut |_, _| ()));
        let trained = trained.expect("a thread can be started");
        Self {
            model: Model::new(&trained, data.movies, Info::default()),
            movies,
            audiences,
        }
    }

    /// The movies of a group, the best known first.
    fn of(&self, is_of: Group) -> Vec<usize> {
        let all = 0..self.movies.len();
        let mut group: Vec<usize> = all
            .filter(|at| is_of(&self.movies[*at], &self.audiences[*at]))
            .collect();
        group.sort_by(|a, b| self.audiences[*b].fame.total_cmp(&self.audiences[*a].fame));
        group
    }

    /// Every other movie with its predicted stars for a new member with these ratings, the best first.
    fn predictions(&self, ratings: &[(usize, f64)]) -> Vec<(usize, f64)> {
        let items: Vec<_> = ratings
            .iter()
            .map(|(at, stars)| (self.model.item(*at), *stars))
            .collect();
        let stars = self
            .model
            .scores(&self.model.fold_in(&items))
            .into_iter()
            .map(f64::from);
        let is_open = |at: &usize| ratings.iter().all(|(rated, _)| rated != at);
        let mut predictions: Vec<(usize, f64)> = stars.enumerate().filter(|(at, _)| is_open(at)).collect();
        predictions.sort_by(|a, b| b.1.total_cmp(&a.1));
        predictions
    }
}

fn has(movie: &PutMovie, genre: &str) -> bool {
    movie.genres.iter().any(|own| own == genre)
}

fn facts(movie: &PutMovie) -> Facts {
    let people = |people: &[PersonName]| {
        let names = people.iter().map(|person| &person.name_en);
        names.map(|name| catalogue::id(&format!("person:{name}"))).collect()
    };
    Facts {
        year: movie.year,
        genres: movie.genres.clone(),
        countries: movie.countries.clone(),
        directors: people(&movie.directors),
        cast: people(&movie.cast),
    }
}

fn uuid(text: &str) -> Uuid {
    Uuid::parse_str(text).expect("the ids of the seed are UUIDs")
}
