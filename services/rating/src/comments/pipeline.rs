//! The moderation pipeline (pipes and filters): the filters that a comment passes before it is public.
//!
//! ```text
//! comment.submitted -> spam -> comment.spam_checked -> language -> comment.language_checked -> spoiler -> comment.changed
//! ```
//!
//! Each filter is a consumer with its own queue; `moderation` has the pure functions that judge a text. One step is the same for
//! all filters: it writes the verdict and the event for the next filter in one transaction, so a filter may be killed at any
//! moment.
//!
//! No filter needs an inbox. The comment's row has the revision of its text and the filter that is next (`next_filter`). These
//! reject what an inbox would, a duplicate event, and also an event that comes late and a verdict about a text that was edited.

use std::time::Duration;

use anyhow::anyhow;
use chassis::shutdown::Stop;
use matcha_protos::events::v1::{CommentLanguageChecked, CommentSpamChecked, CommentSubmitted};
use messaging::{
    events::{Broker, Consumer, Delivery, Event, Failure, Outcome},
    outbox::{self, Nudge},
    postgres,
};
use sqlx::{PgConnection, PgPool};

use super::{Changed, add_to_count};
use crate::{
    error::Error,
    ids::{CommentId, MemberId, MovieId},
    moderation::{Reason, Unchecked, Verdict, language, spam, spoiler},
};

/// Comments that one round of the catch-up hands over.
const CATCH_UP_AT_ONCE: i64 = 100;

/// One of the filters; the numbers are those of `comments.next_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[repr(i16)]
pub(crate) enum Filter {
    Spam = 1,
    Language = 2,
    Spoiler = 3,
}

impl Filter {
    pub(crate) const FIRST: Self = Self::Spam;
    pub(crate) const ALL: [Self; 3] = [Self::Spam, Self::Language, Self::Spoiler];

    fn next(self) -> Option<Self> {
        match self {
            Self::Spam => Some(Self::Language),
            Self::Language => Some(Self::Spoiler),
            Self::Spoiler => None,
        }
    }

    /// One message per batch: each is a transaction of its own and continues the trace of its own comment.
    pub(crate) fn consumer(self) -> Consumer {
        let (queue, types) = match self {
            Self::Spam => ("rating.spam_filter", &["comment.submitted"]),
            Self::Language => ("rating.language_filter", &["comment.spam_checked"]),
            Self::Spoiler => ("rating.spoiler_filter", &["comment.language_checked"]),
        };
        Consumer {
            queue,
            types,
            batch: 1,
            linger: Duration::ZERO,
        }
    }

    fn judge(self, text: &Unchecked<'_>) -> Verdict {
        match self {
            Self::Spam => spam::judge(text),
            Self::Language => language::judge(text.text),
            Self::Spoiler => spoiler::judge(text.text),
        }
    }

    /// The event that hands a text to this filter.
    pub(crate) fn event(self, id: CommentId, revision: i64, version: i64) -> Event {
        let comment_id = id.to_string();
        let aggregate = comment_id.clone();
        match self {
            Self::Spam => {
                let submitted = CommentSubmitted { comment_id, revision };
                Event::new("comment.submitted", aggregate, version, &submitted)
            }
            Self::Language => {
                let checked = CommentSpamChecked { comment_id, revision };
                Event::new("comment.spam_checked", aggregate, version, &checked)
            }
            Self::Spoiler => {
                let checked = CommentLanguageChecked { comment_id, revision };
                Event::new("comment.language_checked", aggregate, version, &checked)
            }
        }
    }

    /// Decodes that event into the comment and the revision of its text.
    fn read(self, delivery: &Delivery) -> Result<(CommentId, i64), Failure> {
        let (comment_id, revision) = match self {
            Self::Spam => {
                let event: CommentSubmitted = delivery.decode()?;
                (event.comment_id, event.revision)
            }
            Self::Language => {
                let event: CommentSpamChecked = delivery.decode()?;
                (event.comment_id, event.revision)
            }
            Self::Spoiler => {
                let event: CommentLanguageChecked = delivery.decode()?;
                (event.comment_id, event.revision)
            }
        };
        let comment = CommentId::parse(&comment_id).map_err(|error| Failure::Reject(error.into()))?;
        Ok((comment, revision))
    }

    /// Consumes until the stop.
    pub(crate) async fn run(self, db: PgPool, broker: Broker, nudge: Nudge, stop: Stop) -> anyhow::Result<()> {
        let handle = |deliveries: Vec<Delivery>| {
            let (db, nudge) = (db.clone(), nudge.clone());
            async move {
                let mut outcomes = Vec::with_capacity(deliveries.len());
                for delivery in &deliveries {
                    outcomes.push(self.handle(&db, &nudge, delivery).await);
                }
                outcomes
            }
        };
        self.consumer().run(broker, stop, handle).await
    }

    async fn handle(self, db: &PgPool, nudge: &Nudge, delivery: &Delivery) -> Outcome {
        let (comment, revision) = match self.read(delivery) {
            Ok(read) => read,
            Err(broken) => return broken.into(),
        };
        let step = postgres::write(db, move |tx| Box::pin(self.run_step(tx, comment, revision))).await;
        match step {
            Ok(Step::Done) => {
                nudge.nudge();
                Outcome::Done
            }
            Ok(Step::Stale) => {
                metrics::counter!("comment_stale_events_total", "queue" => self.consumer().queue).increment(1);
                Outcome::Done
            }
            Ok(Step::Ahead) => Outcome::Reject(anyhow!(
                "the event is ahead of its comment: was the database restored from a backup?"
            )),
            Err(error) => error.outcome(),
        }
    }

    /// Judges the text if it is this filter's turn, and writes the verdict with the next event.
    async fn run_step(self, tx: &mut PgConnection, id: CommentId, revision: i64) -> Result<Step, Error> {
        let Some(waiting) = Waiting::find(tx, id, self == Self::Spam).await? else {
            // The comment has been deleted.
            return Ok(Step::Stale);
        };
        match waiting.next_filter {
            _ if waiting.revision > revision => return Ok(Step::Stale),
            _ if waiting.revision < revision => return Ok(Step::Ahead),
            Some(next) if next < self => return Ok(Step::Ahead),
            Some(next) if next == self => {}
            _ => return Ok(Step::Stale),
        }
        let verdict = self.judge(&Unchecked {
            text: &waiting.text,
            earlier_copies: waiting.earlier_copies,
        });
        let (next, hidden_for) = match verdict {
            Verdict::Hidden(reason) => (None, Some(reason)),
            Verdict::Passes | Verdict::Spoils => (self.next(), None),
        };
        let is_veiled = waiting.spoiler || verdict == Verdict::Spoils;
        let version = sqlx::query_scalar!(
            "update comments set next_filter = $2, hidden_for = $3, spoiler_suspected = $4,
                                 version = version + 1, moved_at = now()
             where id = $1 returning version",
            id as CommentId,
            next as Option<Filter>,
            hidden_for as Option<Reason>,
            verdict == Verdict::Spoils,
        )
        .fetch_one(&mut *tx)
        .await?;
        if let Some(next) = next {
            outbox::push(tx, &next.event(id, revision, version)).await?;
        } else if hidden_for.is_none() {
            let published = Changed {
                id,
                member: waiting.member_id,
                movie: waiting.movie_id,
                is_public: true,
                is_veiled,
                version,
            };
            add_to_count(tx, waiting.movie_id, 1).await?;
            outbox::push(tx, &published.event()).await?;
        }
        Ok(Step::Done)
    }
}

/// The result of an event.
enum Step {
    Done,
    /// The comment has passed this filter, was edited, or was deleted.
    Stale,
    /// The comment is behind the event, which can only mean that the database lost a commit.
    Ahead,
}

/// A comment in the pipeline.
struct Waiting {
    member_id: MemberId,
    movie_id: MovieId,
    text: String,
    spoiler: bool,
    revision: i64,
    next_filter: Option<Filter>,
    earlier_copies: i64,
}

impl Waiting {
    /// Locks the comment, so that no edit comes between the judgement and its verdict. Only copies that were submitted earlier
    /// count, so which of many equal comments pass does not depend on the order of events.
    async fn find(tx: &mut PgConnection, id: CommentId, with_copies: bool) -> Result<Option<Self>, Error> {
        let waiting = sqlx::query_as!(
            Self,
            r#"select member_id as "member_id: MemberId", movie_id as "movie_id: MovieId", text, spoiler, revision,
                      next_filter as "next_filter: Filter",
                      case when $2 then (
                          select count(*) from (
                              select from comments as earlier
                              where earlier.member_id = comment.member_id and earlier.fingerprint = comment.fingerprint
                                and (earlier.submitted_at, earlier.id) < (comment.submitted_at, comment.id)
                              limit 100) as earlier_copies)
                      else 0 end as "earlier_copies!"
               from comments as comment where id = $1 for no key update of comment"#,
            id as CommentId,
            with_copies,
        )
        .fetch_optional(tx)
        .await?;
        Ok(waiting)
    }
}

/// Hands over once more what has waited for more than a minute: its event was lost, as when the broker lost its disk. If that
/// event comes after all, it finds the comment past its filter and is dropped.
pub(crate) async fn catch_up(db: PgPool, nudge: Nudge, every: Duration, stop: Stop) -> anyhow::Result<()> {
    while stop.until(tokio::time::sleep(every)).await.is_some() {
        match hand_over_again(&db).await {
            Ok(0) => {}
            Ok(found) => {
                nudge.nudge();
                metrics::counter!("comment_checks_caught_up_total").increment(found as u64);
                tracing::warn!(comments = found, "handed comments to their filters once more");
            }
            Err(error) => tracing::warn!(error = %chassis::error::chain(&error), "cannot look for unchecked comments"),
        }
    }
    Ok(())
}

async fn hand_over_again(db: &PgPool) -> Result<usize, Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            let behind = sqlx::query!(
                r#"update comments as comment set moved_at = now()
                   from (select id from comments
                         where next_filter is not null and moved_at < now() - interval '1 minute'
                         order by moved_at limit $1 for no key update skip locked) as behind
                   where comment.id = behind.id
                   returning comment.id as "id: CommentId", next_filter as "filter!: Filter", revision, version"#,
                CATCH_UP_AT_ONCE,
            )
            .fetch_all(&mut *tx)
            .await?;
            let events = behind
                .iter()
                .map(|row| row.filter.event(row.id, row.revision, row.version));
            outbox::push_all(tx, &events.collect::<Vec<_>>()).await?;
            Ok(behind.len())
        })
    })
    .await
}
