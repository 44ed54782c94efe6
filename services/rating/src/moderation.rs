//! Pipe and filter: what a comment passes before it is public.
//!
//! ```text
//! comment.submitted -> spam -> comment.spam_checked -> language -> comment.language_checked -> spoiler -> comment.changed
//! ```
//!
//! Each filter is a consumer with a queue of its own and a file of its own: a pure function of the text, and the words it
//! looks for. The step around it is the same for all and stands here. It commits the verdict and the event for the next filter
//! in one transaction, so a filter may be killed anywhere.
//!
//! No filter has an inbox. The row says which text it holds (`revision`) and who has it next (`next_filter`), and that refuses
//! more than an inbox would: an event that comes twice, one that comes late, and the verdict about a text that was edited since.
//!
//! The rules are simple and can be read; they will be wrong at times. That is why a comment that is held back stays with its
//! author, says why, and may be edited.

pub(crate) mod language;
pub(crate) mod spam;
pub(crate) mod spoiler;

use std::time::Duration;

use anyhow::anyhow;
use chassis::shutdown::Stop;
use matcha_protos::{
    events::v1::{CommentLanguageChecked, CommentSpamChecked, CommentSubmitted},
    rating::v1::HiddenReason,
};
use messaging::{
    events::{Broker, Consumer, Delivery, Event, Failure, Outcome},
    outbox::{self, Nudge},
    postgres,
};
use sqlx::{PgConnection, PgPool};

use crate::{
    comments::{self, Changed},
    error::Error,
    ids::{CommentId, MemberId, MovieId},
};

/// Texts that a look for forgotten ones moves on at a time.
const CATCH_UP_AT_ONCE: i64 = 100;

/// One of the filters; the numbers are those of `comments.next_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[repr(i16)]
pub(crate) enum Filter {
    Spam = 1,
    Language = 2,
    Spoiler = 3,
}

/// Why a comment is hidden; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(crate) enum Reason {
    Spam = 1,
    Language = 2,
}

impl Reason {
    pub(crate) fn number(reason: Option<Self>) -> i32 {
        let reason = match reason {
            None => HiddenReason::Unspecified,
            Some(Self::Spam) => HiddenReason::Spam,
            Some(Self::Language) => HiddenReason::Language,
        };
        reason.into()
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Language => "language",
        }
    }
}

/// What a filter has to go by.
pub(crate) struct Unchecked<'a> {
    pub(crate) text: &'a str,
    /// How many comments with the same text the member has submitted before, on other movies.
    pub(crate) twins: i64,
}

/// What a filter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passes,
    /// Passes, behind a veil.
    Spoils,
    Hidden(Reason),
}

/// Judges a short text whose author waits for the answer: what the spam or the language filter holds back is refused. True: it
/// may give a film away.
pub(crate) fn moderate_now(text: &str) -> Result<bool, Error> {
    let unchecked = Unchecked { text, twins: 0 };
    let mut spoils = false;
    for filter in Filter::ALL {
        match filter.judge(&unchecked) {
            Verdict::Passes => {}
            Verdict::Spoils => spoils = true,
            Verdict::Hidden(reason) => return Err(Error::HeldBack(reason)),
        }
    }
    Ok(spoils)
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

    pub(crate) fn consumer(self) -> Consumer {
        match self {
            Self::Spam => spam::CONSUMER,
            Self::Language => language::CONSUMER,
            Self::Spoiler => spoiler::CONSUMER,
        }
    }

    pub(crate) fn judge(self, text: &Unchecked<'_>) -> Verdict {
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

    /// Reads that event: which comment, and which text of it.
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
                    outcomes.push(self.take(&db, &nudge, delivery).await);
                }
                outcomes
            }
        };
        self.consumer().run(broker, stop, handle).await
    }

    async fn take(self, db: &PgPool, nudge: &Nudge, delivery: &Delivery) -> Outcome {
        let (comment, revision) = match self.read(delivery) {
            Ok(read) => read,
            Err(broken) => return broken.into(),
        };
        let step = postgres::write(db, move |tx| Box::pin(self.step(tx, comment, revision))).await;
        match step {
            Ok(Step::Taken) => {
                nudge.nudge();
                Outcome::Done
            }
            Ok(Step::Stale) => {
                metrics::counter!("comment_stale_events_total", "queue" => self.consumer().queue).increment(1);
                Outcome::Done
            }
            Ok(Step::Ahead) => {
                Outcome::Reject(anyhow!("the event is ahead of its comment: was the database set back?"))
            }
            Err(error) => error.retry(),
        }
    }

    /// Judges a text that is this filter's to judge, and notes what follows.
    async fn step(self, tx: &mut PgConnection, id: CommentId, revision: i64) -> Result<Step, Error> {
        let Some(waiting) = Waiting::find(tx, id, self == Self::Spam).await? else {
            // Deleted meanwhile.
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
            twins: waiting.twins,
        });
        let (next, hidden_for) = match verdict {
            Verdict::Hidden(reason) => (None, Some(reason)),
            Verdict::Passes | Verdict::Spoils => (self.next(), None),
        };
        let is_veiled = waiting.spoiler || verdict == Verdict::Spoils;
        let version: i64 = sqlx::query_scalar(
            "update comments set next_filter = $2, hidden_for = $3, spoiler_suspected = $4,
                                 version = version + 1, moved_at = now()
             where id = $1 returning version",
        )
        .bind(id)
        .bind(next)
        .bind(hidden_for)
        .bind(verdict == Verdict::Spoils)
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
            comments::count(tx, waiting.movie_id, 1).await?;
            outbox::push(tx, &published.event()).await?;
        }
        Ok(Step::Taken)
    }
}

/// What became of an event.
enum Step {
    Taken,
    /// The text has gone on, was edited or deleted.
    Stale,
    /// The comment has not got that far, which no order of events explains.
    Ahead,
}

/// A comment as the filters meet it.
#[derive(sqlx::FromRow)]
struct Waiting {
    member_id: MemberId,
    movie_id: MovieId,
    text: String,
    spoiler: bool,
    revision: i64,
    next_filter: Option<Filter>,
    twins: i64,
}

impl Waiting {
    /// Locked, so that no edit comes between the judgement and its note. Twins count only where they were submitted earlier:
    /// of many equal comments it does not depend on the order of events which of them pass.
    async fn find(tx: &mut PgConnection, id: CommentId, with_twins: bool) -> Result<Option<Self>, Error> {
        let waiting = sqlx::query_as(
            "select member_id, movie_id, text, spoiler, revision, next_filter,
                    case when $2 then (
                        select count(*) from (
                            select from comments as twin
                            where twin.member_id = comment.member_id and twin.fingerprint = comment.fingerprint
                              and (twin.submitted_at, twin.id) < (comment.submitted_at, comment.id)
                            limit 100) as twins)
                    else 0 end as twins
             from comments as comment where id = $1 for no key update of comment",
        )
        .bind(id)
        .bind(with_twins)
        .fetch_optional(tx)
        .await?;
        Ok(waiting)
    }
}

/// Events can miss a queue that is not there, as after a broker lost its disk. A text that has not moved for a minute is handed
/// to its filter once more; if the first event comes after all, one of the two finds the text gone on.
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
            let behind: Vec<(CommentId, Filter, i64, i64)> = sqlx::query_as(
                "update comments as comment set moved_at = now()
                 from (select id from comments
                       where next_filter is not null and moved_at < now() - interval '1 minute'
                       order by moved_at limit $1 for no key update skip locked) as behind
                 where comment.id = behind.id
                 returning comment.id, next_filter, revision, version",
            )
            .bind(CATCH_UP_AT_ONCE)
            .fetch_all(&mut *tx)
            .await?;
            let events = behind
                .iter()
                .map(|&(id, filter, revision, version)| filter.event(id, revision, version));
            outbox::push_all(tx, &events.collect::<Vec<_>>()).await?;
            Ok(behind.len())
        })
    })
    .await
}
