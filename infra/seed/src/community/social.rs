//! The comments, lists, follows, likes and watches of the synthetic community. Each draw has its own random generator,
//! seeded with a name, so a new text does not change the authors of the others, and a second run draws the same.

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;
use matcha_protos::{
    movie::v1::PutMovie,
    rating::v1::{ImportComment, ImportList, ImportReply, ImportWatch, Watch},
    user::v1::ImportFollow,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use time::OffsetDateTime;

use super::{Community, taste::Tastes, texts};
use crate::catalogue;

const DEMO: usize = 0;
const DEMO_COMMENTS: usize = 4;
const DEMO_FOLLOWS: usize = 8;
const DAY: i64 = 86_400;
/// Lists and follows are spread over this many days before today.
const DAYS: f64 = 400.0;
const MAX_LIKES: usize = 60;

/// What members do beside rating movies.
pub(super) struct SocialData {
    pub(super) comments: Vec<ImportComment>,
    pub(super) lists: Vec<ImportList>,
    pub(super) follows: Vec<ImportFollow>,
    pub(super) watches: Vec<ImportWatch>,
}

impl SocialData {
    pub(super) fn draw(community: &Community, movies: &[PutMovie]) -> anyhow::Result<Self> {
        let population = Population::of(community, movies);
        let texts = texts::comments(movies)?;
        let authors = population.authors(&texts)?;
        let comments = texts.iter().zip(&authors);
        let mut counts = vec![0; community.members.len()];
        for author in &authors {
            counts[author.member] += 1;
        }
        Ok(Self {
            comments: comments
                .map(|(text, author)| population.comment(text, *author, movies))
                .collect::<anyhow::Result<_>>()?,
            lists: population.lists(&texts::lists(movies)?, movies)?,
            follows: population.follows(&counts),
            watches: population.demo_watches()?,
        })
    }
}

/// A member's rating of a movie.
#[derive(Clone, Copy)]
struct Rater {
    member: usize,
    stars: i32,
    rated_at: i64,
}

/// The author of a comment, and the time after which it is written.
#[derive(Clone, Copy)]
struct Author {
    member: usize,
    after: i64,
}

/// The community, indexed for the draws.
struct Population<'a> {
    community: &'a Community,
    /// The raters of each movie, in the order of the members.
    raters: Vec<Vec<Rater>>,
    /// How often each member writes, relative to the others: most rarely, a few often.
    activity: Vec<f64>,
}

impl<'a> Population<'a> {
    fn of(community: &'a Community, movies: &[PutMovie]) -> Self {
        let members = community.members.iter().enumerate();
        let members: HashMap<&str, usize> = members.map(|(place, member)| (member.id.as_str(), place)).collect();
        let movies = movies.iter().enumerate();
        let movies: HashMap<&str, usize> = movies.map(|(place, movie)| (movie.id.as_str(), place)).collect();
        let mut raters = vec![Vec::new(); movies.len()];
        for rating in &community.ratings {
            raters[movies[rating.movie_id.as_str()]].push(Rater {
                member: members[rating.member_id.as_str()],
                stars: rating.stars,
                rated_at: rating.rated_at,
            });
        }
        // The name only seeds the generator; another name would change every draw.
        let mut rng = rng("eager");
        let activity = community.members.iter().map(|_| 1.0 / (0.02 + rng.random::<f64>()));
        Self {
            community,
            raters,
            activity: activity.collect(),
        }
    }

    fn id(&self, member: usize) -> String {
        self.community.members[member].id.clone()
    }

    /// The members with this language, without the demo member, whose data is drawn separately.
    fn members_by_language(&self, language: &str) -> impl Iterator<Item = usize> {
        (DEMO + 1..self.community.members.len())
            .filter(move |member| self.community.members[*member].language == language)
    }

    /// A time within the last `DAYS`, more often a recent one.
    fn past_time(&self, rng: &mut StdRng) -> i64 {
        self.community.now - (DAYS * rng.random::<f64>().powf(1.5) * DAY as f64) as i64
    }

    /// A time within `days` after another, and not in the future.
    fn time_after(&self, after: i64, days: i64, rng: &mut StdRng) -> i64 {
        let room = (self.community.now - after).clamp(0, days * DAY);
        after + (room as f64 * rng.random::<f64>()) as i64
    }

    /// Draws the author of each text. A member has at most one comment on a movie.
    fn authors(&self, texts: &[texts::Comment]) -> anyhow::Result<Vec<Author>> {
        let of_demo = self.demo_comments(texts);
        let mut taken = HashSet::new();
        let mut authors = Vec::with_capacity(texts.len());
        for (place, text) in texts.iter().enumerate() {
            let author = match of_demo.get(&place) {
                Some(author) => *author,
                None => self.author(text, &taken)?,
            };
            taken.insert((text.movie, author.member));
            authors.push(author);
        }
        Ok(authors)
    }

    /// A member whose stars for the movie fit the text; if there is none, a member who has not rated the movie.
    fn author(&self, text: &texts::Comment, taken: &HashSet<(usize, usize)>) -> anyhow::Result<Author> {
        let mut rng = rng(&format!("comment {}", key(text)));
        let raters = &self.raters[text.movie];
        let is_free = |member: usize| member != DEMO && !taken.contains(&(text.movie, member));
        let has_language = |member: usize| self.community.members[member].language == text.language;
        for stars in text.band.stars() {
            let fitting = raters.iter().filter(|rater| stars.contains(&rater.stars));
            let fitting = fitting.filter(|rater| is_free(rater.member) && has_language(rater.member));
            if let Some(rater) = weighted_choice(fitting, |rater| self.activity[rater.member], &mut rng) {
                return Ok(Author {
                    member: rater.member,
                    after: rater.rated_at,
                });
            }
        }
        let rated: HashSet<usize> = raters.iter().map(|rater| rater.member).collect();
        let others = self
            .members_by_language(text.language)
            .filter(|member| is_free(*member) && !rated.contains(member));
        let member = weighted_choice(others, |member| self.activity[*member], &mut rng)
            .context("every member has rated this movie")?;
        Ok(Author {
            member,
            after: self.past_time(&mut rng),
        })
    }

    /// The comments of the demo member, by index of the text: first texts that fit the demo's ratings, then praise of
    /// movies that the demo has not rated.
    fn demo_comments(&self, texts: &[texts::Comment]) -> HashMap<usize, Author> {
        let mut rng = rng("demo's comments");
        let mut fitting: Vec<(bool, usize, Author)> = Vec::new();
        for (place, text) in texts.iter().enumerate().filter(|(_, text)| text.language == "ko") {
            let own = self.raters[text.movie].iter().find(|rater| rater.member == DEMO);
            let after = match own {
                Some(rater) if text.band.stars()[0].contains(&rater.stars) => rater.rated_at,
                None if text.band == texts::Band::High && !text.spoiler => self.past_time(&mut rng),
                _ => continue,
            };
            fitting.push((own.is_none(), place, Author { member: DEMO, after }));
        }
        fitting.sort_by_key(|(is_unrated, place, _)| (*is_unrated, *place));
        let mut movies = HashSet::new();
        fitting.retain(|(_, place, _)| movies.insert(texts[*place].movie));
        let chosen = fitting.into_iter().take(DEMO_COMMENTS);
        chosen.map(|(_, place, author)| (place, author)).collect()
    }

    fn comment(&self, text: &texts::Comment, author: Author, movies: &[PutMovie]) -> anyhow::Result<ImportComment> {
        let mut rng = rng(&format!("around comment {}", key(text)));
        let created_at = self.time_after(author.after, 2, &mut rng);
        let raters = self.raters[text.movie].iter().map(|rater| rater.member);
        let raters: Vec<usize> = raters
            .filter(|member| ![author.member, DEMO].contains(member))
            .collect();
        let mut replies = Vec::new();
        let mut participants = HashSet::from([author.member]);
        let mut last = created_at;
        for reply in &text.replies {
            let candidates = raters.iter().copied().filter(|member| !participants.contains(member));
            let candidates = candidates.filter(|member| self.community.members[*member].language == reply.language);
            let member = weighted_choice(candidates, |member| self.activity[*member], &mut rng);
            // If no rater of the movie is left, another member replies.
            let others = self
                .members_by_language(reply.language)
                .filter(|member| !participants.contains(member));
            let member = member.or_else(|| weighted_choice(others, |member| self.activity[*member], &mut rng));
            let member = member.with_context(|| format!("no member is left for the reply: {}", reply.text))?;
            participants.insert(member);
            last = self.time_after(last, 5, &mut rng);
            replies.push(ImportReply {
                member_id: self.id(member),
                text: reply.text.to_owned(),
                created_at: last,
            });
        }
        Ok(ImportComment {
            member_id: self.id(author.member),
            movie_id: movies[text.movie].id.clone(),
            text: text.text.to_owned(),
            spoiler: text.spoiler,
            created_at,
            liked_by: self.likes(raters, &mut rng),
            replies,
        })
    }

    /// Draws the members who like something: mostly none or a few, sometimes many.
    fn likes(&self, members: Vec<usize>, rng: &mut StdRng) -> Vec<String> {
        let count = (1.0 - rng.random::<f64>()).powf(-0.8) as usize - 1;
        let likers = weighted_sample(members, |_| 1.0, count.min(MAX_LIKES), rng);
        likers.into_iter().map(|member| self.id(member)).collect()
    }

    fn lists(&self, texts: &[texts::List], movies: &[PutMovie]) -> anyhow::Result<Vec<ImportList>> {
        let mut owners = HashSet::new();
        let mut lists = Vec::with_capacity(texts.len());
        for text in texts {
            let mut rng = rng(&format!("list {}", text.title));
            let mut seen: Vec<f64> = vec![1.0; self.community.members.len()];
            for rater in text.movies.iter().flat_map(|movie| &self.raters[*movie]) {
                seen[rater.member] += 1.0;
            }
            let free = self
                .members_by_language(text.language)
                .filter(|member| !owners.contains(member));
            // A member who rated many of the movies is more likely to own the list.
            let owner = weighted_choice(free, |member| seen[*member].powi(3), &mut rng);
            let owner = owner.filter(|_| !text.by_demo).unwrap_or(DEMO);
            owners.insert(owner);
            let others = (DEMO + 1..self.community.members.len()).filter(|member| *member != owner);
            lists.push(ImportList {
                id: catalogue::id(&format!("list:{}", text.title)).to_string(),
                member_id: self.id(owner),
                title: text.title.to_owned(),
                text: text.text.to_owned(),
                movie_ids: text.movies.iter().map(|movie| movies[*movie].id.clone()).collect(),
                created_at: self.past_time(&mut rng),
                liked_by: self.likes(others.collect(), &mut rng),
            });
        }
        Ok(lists)
    }

    /// Members follow active members of similar taste. The demo member follows those with the most comments.
    fn follows(&self, comments: &[usize]) -> Vec<ImportFollow> {
        let members = self.community.members.len();
        let mut follows = Vec::new();
        for follower in 0..members {
            let id = self.id(follower);
            let mut rng = rng(&format!("followed by {id}"));
            let others = (0..members).filter(|other| *other != follower);
            let like = |other: &usize| similarity(&self.community.tastes[follower], &self.community.tastes[*other]);
            let followed = if follower == DEMO {
                let mut writers: Vec<usize> = others.filter(|other| comments[*other] > 0).collect();
                writers.sort_by(|a, b| {
                    let score = |member: &usize| 0.25 * comments[*member] as f64 + like(member);
                    score(b).total_cmp(&score(a))
                });
                writers.truncate(DEMO_FOLLOWS);
                writers
            } else {
                let count = rng.random_range(3..=12);
                let weight = |other: &usize| (1.5 * like(other)).exp() * self.activity[*other].sqrt();
                weighted_sample(others, weight, count, &mut rng)
            };
            for followed in followed {
                follows.push(ImportFollow {
                    follower_id: id.clone(),
                    followed_id: self.id(followed),
                    followed_at: self.past_time(&mut rng),
                });
            }
        }
        follows
    }

    /// The diary of the demo member: a watch of each rated movie within a day before the rating, and an earlier watch
    /// of the favourite.
    fn demo_watches(&self) -> anyhow::Result<Vec<ImportWatch>> {
        let demo = self.id(DEMO);
        let mut watches = Vec::new();
        let ratings = self.community.ratings.iter().filter(|rating| rating.member_id == demo);
        let favourite = ratings
            .clone()
            .max_by_key(|rating| (rating.stars, rating.movie_id.clone()));
        for rating in ratings {
            let mut rng = rng(&format!("watch {}", rating.movie_id));
            let seen_at = rating.rated_at - rng.random_range(0..2) * DAY;
            let tag = match rng.random_range(0..3) {
                0 => Some("극장"),
                1 => Some("집에서"),
                _ => None,
            };
            let is_again = favourite.is_some_and(|favourite| favourite.movie_id == rating.movie_id);
            watches.push(watch(&demo, &rating.movie_id, seen_at, is_again, tag)?);
            if is_again {
                let earlier = seen_at - rng.random_range(300..900) * DAY;
                watches.push(watch(&demo, &rating.movie_id, earlier, false, None)?);
            }
        }
        Ok(watches)
    }
}

fn watch(member: &str, movie: &str, seen_at: i64, rewatch: bool, tag: Option<&str>) -> anyhow::Result<ImportWatch> {
    let day = OffsetDateTime::from_unix_timestamp(seen_at)?.date();
    Ok(ImportWatch {
        member_id: member.to_owned(),
        watch: Some(Watch {
            id: catalogue::id(&format!("watch:{member} {movie} {rewatch}")).to_string(),
            movie_id: movie.to_owned(),
            watched_on: day.to_string(),
            rewatch,
            tags: tag.into_iter().map(ToOwned::to_owned).collect(),
        }),
    })
}

fn key(text: &texts::Comment) -> String {
    format!("{} {}", text.movie_name, text.number)
}

/// A generator seeded with a name: the same in each run, and a different one for each name.
fn rng(name: &str) -> StdRng {
    StdRng::seed_from_u64(catalogue::id(&format!("draw:{name}")).as_u64_pair().0)
}

/// Draws one item by weight.
fn weighted_choice<T>(items: impl IntoIterator<Item = T>, weight: impl Fn(&T) -> f64, rng: &mut StdRng) -> Option<T> {
    weighted_sample(items, weight, 1, rng).pop()
}

/// Draws `count` items by weight without replacement, with the method of `watched`.
fn weighted_sample<T>(
    items: impl IntoIterator<Item = T>,
    weight: impl Fn(&T) -> f64,
    count: usize,
    rng: &mut StdRng,
) -> Vec<T> {
    let drawn = items
        .into_iter()
        .map(|one| (rng.random::<f64>().ln() / weight(&one), one));
    let mut drawn: Vec<(f64, T)> = drawn.collect();
    drawn.sort_by(|a, b| b.0.total_cmp(&a.0));
    drawn.truncate(count);
    drawn.into_iter().map(|(_, one)| one).collect()
}

/// The cosine similarity of two taste vectors, -1 to 1.
fn similarity(one: &Tastes, other: &Tastes) -> f64 {
    let dot = |a: &Tastes, b: &Tastes| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw() -> (Community, SocialData) {
        let (movies, _, community) = Community::of_catalogue();
        let social = SocialData::draw(&community, &movies).expect("every text gets an author");
        (community, social)
    }

    #[test]
    fn the_social_data_is_deterministic() {
        let ((community, one), (_, two)) = (draw(), draw());
        let said = |social: &SocialData| -> Vec<_> {
            let said = social.comments.iter().map(|comment| {
                let replies: Vec<_> = comment.replies.iter().map(|reply| reply.member_id.clone()).collect();
                (
                    comment.member_id.clone(),
                    comment.text.clone(),
                    comment.liked_by.clone(),
                    replies,
                )
            });
            said.collect()
        };
        assert_eq!(said(&one), said(&two));
        let made = |social: &SocialData| -> Vec<_> {
            let made = social.lists.iter();
            made.map(|list| (list.id.clone(), list.member_id.clone(), list.liked_by.clone()))
                .collect()
        };
        assert_eq!(made(&one), made(&two));
        let followed = |social: &SocialData| -> Vec<_> {
            let followed = social.follows.iter();
            followed
                .map(|f| (f.follower_id.clone(), f.followed_id.clone()))
                .collect()
        };
        assert_eq!(followed(&one), followed(&two));
        let is_past = |time: i64| 0 < time && time <= community.now;
        assert!(one.lists.iter().all(|list| is_past(list.created_at)));
        assert!(one.follows.iter().all(|follow| is_past(follow.followed_at)));
        for comment in &one.comments {
            assert!(is_past(comment.created_at));
            let times = comment.replies.iter().map(|reply| reply.created_at);
            assert!(
                times
                    .into_iter()
                    .all(|time| is_past(time) && time >= comment.created_at)
            );
        }
    }

    #[test]
    fn comments_fit_the_stars_of_their_authors() {
        let (community, social) = draw();
        let movies = catalogue::movies().expect("the catalogue can be read");
        let texts = texts::comments(&movies).expect("every line can be read");
        let stars = community.ratings.iter();
        let stars: HashMap<_, _> = stars.map(|r| ((&r.member_id, &r.movie_id), r.stars)).collect();
        let members: HashMap<_, _> = community.members.iter().map(|member| (&member.id, member)).collect();
        let mut pairs = HashSet::new();
        let mut rated = 0;
        for (text, comment) in texts.iter().zip(&social.comments) {
            let pair = (&comment.member_id, &comment.movie_id);
            assert!(pairs.insert(pair), "a member has one comment on a movie");
            assert_eq!(members[&comment.member_id].language, text.language);
            assert!(!comment.liked_by.contains(&comment.member_id));
            if let Some(given) = stars.get(&pair) {
                rated += 1;
                let [first, second] = text.band.stars();
                assert!(
                    first.contains(given) || second.contains(given),
                    "{given} stars: {}",
                    text.text
                );
            }
        }
        assert!(
            rated * 4 > texts.len() * 3,
            "{rated} of {} authors have rated",
            texts.len()
        );
        let likes: Vec<usize> = social.comments.iter().map(|comment| comment.liked_by.len()).collect();
        let sum: usize = likes.iter().sum();
        assert!((500..5_000).contains(&sum), "{sum} likes");
        assert!(
            likes.iter().filter(|count| **count <= 3).count() * 2 > likes.len(),
            "most comments have few likes"
        );
        assert!(likes.iter().any(|count| *count >= 20), "some comments have many likes");
    }

    #[test]
    fn members_follow_a_few_and_the_demo_member_follows_authors() {
        let (community, social) = draw();
        let mut followed: HashMap<&str, Vec<&str>> = HashMap::new();
        for follow in &social.follows {
            assert_ne!(follow.follower_id, follow.followed_id);
            followed
                .entry(&follow.follower_id)
                .or_default()
                .push(&follow.followed_id);
        }
        assert_eq!(followed.len(), community.members.len());
        assert!(followed.values().all(|followed| (3..=12).contains(&followed.len())));
        let demo = community.members[DEMO].id.as_str();
        assert_eq!(followed[demo].len(), DEMO_FOLLOWS);
        let writes = |member: &str| {
            social
                .comments
                .iter()
                .filter(|comment| comment.member_id == member)
                .count()
        };
        assert!(followed[demo].iter().all(|member| writes(member) > 0));
        assert_eq!(writes(demo), DEMO_COMMENTS);
        assert_eq!(social.lists.iter().filter(|list| list.member_id == demo).count(), 1);
    }

    #[test]
    fn the_diary_of_the_demo_member_has_no_future_days() {
        let (community, social) = draw();
        let today = OffsetDateTime::from_unix_timestamp(community.now)
            .expect("a time")
            .date()
            .to_string();
        let days = social.watches.iter().filter_map(|watch| watch.watch.as_ref());
        let days: HashSet<_> = days.map(|watch| (&watch.movie_id, &watch.watched_on)).collect();
        assert_eq!(days.len(), social.watches.len(), "a movie is watched once a day");
        assert_eq!(days.len(), super::super::DEMO_RATINGS + 1);
        assert!(days.iter().all(|(_, day)| **day <= today));
    }
}
