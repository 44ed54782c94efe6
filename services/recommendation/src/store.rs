//! The copy of ratings, shelves and movies in Redis. All of it can be rebuilt from the rating and movie services
//! (`rebuild`).
//!
//! Keys, all below `<prefix>:recommendation:`
//!
//!     ratings:<member>   hash   movie (16 bytes) -> stars (u8, 0: cleared) version (i64) rated_at (i64)
//!     shelf:<member>     hash   movie (16 bytes) -> state (u8, 0: removed) version changed_at
//!     members            set    the members that have a ratings hash
//!     movies             hash   movie (16 bytes) -> version (i64), MovieFacts (protobuf)
//!     statistics         hash   movie (16 bytes) -> count, sum, sum of squares, trending score (four f64)
//!     changes, movie-changes, rated   counters of accepted changes, accepted facts and stored ratings
//!     complete:2         run id of the Redis that was filled, and the token of the rebuild. If it is missing or has another
//!                        run id, the copy must be rebuilt. The 2 grows when a release stores more than the one before
//!     rebuilding         the lock of the replica that rebuilds
//!     train              a training is requested
//!     training           its progress (JSON)
//!
//! A write is one Lua script call with many entries. An entry with an older version than the stored one changes
//! nothing, so writes are idempotent and independent of their order. The statistics change in the same script.

use std::time::Duration;

use anyhow::Context as _;
use chassis::{coalesce::Coalescer, config::Secret};
use matcha_protos::events::v1::MovieFacts;
use prost::Message as _;
use redis::{Client, Script, aio::ConnectionManager, aio::ConnectionManagerConfig};
use uuid::Uuid;

use crate::{
    catalogue::Statistics,
    error::Error,
    profile::{self, Pairs, Profile, pack},
    progress::Progress,
};

/// Longer waits are useless, because the gateway's requests have a deadline.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);
/// Entries per script call. A script blocks Redis, so it must end within a few milliseconds.
const BATCH: usize = 500;
/// Members that one pipeline reads.
const PROFILES_PER_READ: usize = 64;

/// The trending score halves in two weeks. It is stored as the sum of 2^((rated_at - origin) / half-life), which needs
/// no update as time passes: every score decays by the same factor, so their order stays right (forward decay, Cormode
/// et al., ICDE 2009). An f64 holds this for about forty years before and after the origin.
const HALF_LIFE: f64 = 14.0 * 86_400.0;
const ORIGIN: f64 = 1_577_836_800.0;

const APPLY_RATINGS: &str = include_str!("store/apply_ratings.lua");
const APPLY_SHELF: &str = include_str!("store/apply_shelf.lua");
const APPLY_MOVIES: &str = include_str!("store/apply_movies.lua");
const RENEW_REBUILD: &str = include_str!("store/renew_rebuild.lua");
const FINISH_REBUILD: &str = include_str!("store/finish_rebuild.lua");

/// A rating to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatingEntry {
    pub member: Uuid,
    pub movie: Uuid,
    /// 1-10, or 0 for a cleared rating.
    pub stars: u8,
    pub version: i64,
    pub rated_at: i64,
}

/// A shelf entry to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShelfEntry {
    pub member: Uuid,
    pub movie: Uuid,
    /// A number of `ShelfState`, or 0 for a removed entry.
    pub state: u8,
    pub version: i64,
    pub changed_at: i64,
}

/// The state of the copy, and its change counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopyStatus {
    /// Accepted changes of ratings since the copy was last emptied.
    pub changes: i64,
    pub movie_changes: i64,
    /// Stored ratings, without cleared ones.
    pub rated: i64,
    /// The copy was filled since the last flush.
    pub filled: bool,
    /// It was filled during this run of Redis. A restart may have lost the last second of writes.
    pub verified: bool,
    /// The run id of Redis.
    pub run: String,
    /// Identifies the rebuild that filled the copy. The counters start at 0 with each rebuild.
    pub filling: String,
}

/// The connection to Redis. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    connection: ConnectionManager,
    prefix: String,
    profiles: Coalescer<Uuid, Profile, Error>,
}

impl Store {
    /// Connects on first use, and reconnects after a lost connection.
    pub fn new(url: &Secret, prefix: &str) -> anyhow::Result<Self> {
        let client = Client::open(url.expose()).context("the address of Redis cannot be read")?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(200));
        let connection =
            ConnectionManager::new_lazy_with_config(client, config).context("cannot set up the connection to Redis")?;
        let prefix = format!("{prefix}:recommendation:");
        let (reader, names) = (connection.clone(), prefix.clone());
        let profiles = Coalescer::new("profiles", PROFILES_PER_READ, 4, move |members: Vec<Uuid>| {
            let (connection, prefix) = (reader.clone(), names.clone());
            async move {
                match profile::read(connection, &prefix, &members).await {
                    Ok(profiles) => profiles.into_iter().map(Ok).collect(),
                    Err(error) => {
                        let error = std::sync::Arc::new(error);
                        members.iter().map(|_| Err(Error::Store(error.clone()))).collect()
                    }
                }
            }
        });
        Ok(Self {
            connection,
            prefix,
            profiles,
        })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Stores ratings, and returns how many were newer than the stored ones.
    pub async fn apply_ratings(&self, entries: &[RatingEntry]) -> redis::RedisResult<u64> {
        let script = Script::new(APPLY_RATINGS);
        let mut accepted = 0;
        for batch in entries.chunks(BATCH) {
            let mut call = script.key(&self.prefix);
            call.arg(HALF_LIFE).arg(ORIGIN);
            for entry in batch {
                call.arg(entry.member.simple().to_string())
                    .arg(entry.movie.as_bytes().as_slice())
                    .arg(pack(entry.stars, entry.version, entry.rated_at.clamp(0, now())).as_slice());
            }
            accepted += call.invoke_async::<u64>(&mut self.connection.clone()).await?;
        }
        Ok(accepted)
    }

    /// Stores shelf entries, and returns how many were newer than the stored ones.
    pub async fn apply_shelf(&self, entries: &[ShelfEntry]) -> redis::RedisResult<u64> {
        let script = Script::new(APPLY_SHELF);
        let mut accepted = 0;
        for batch in entries.chunks(BATCH) {
            let mut call = script.key(&self.prefix);
            for entry in batch {
                call.arg(entry.member.simple().to_string())
                    .arg(entry.movie.as_bytes().as_slice())
                    .arg(pack(entry.state, entry.version, entry.changed_at).as_slice());
            }
            accepted += call.invoke_async::<u64>(&mut self.connection.clone()).await?;
        }
        Ok(accepted)
    }

    /// Stores the facts of movies, and returns how many were newer than the stored ones.
    pub async fn apply_movies(&self, movies: &[(Uuid, MovieFacts)]) -> redis::RedisResult<u64> {
        let script = Script::new(APPLY_MOVIES);
        let mut accepted = 0;
        for batch in movies.chunks(BATCH) {
            let mut call = script.key(&self.prefix);
            for (id, facts) in batch {
                let mut value = facts.version.to_be_bytes().to_vec();
                facts.encode(&mut value).expect("a vector takes any length");
                call.arg(id.as_bytes().as_slice()).arg(value);
            }
            accepted += call.invoke_async::<u64>(&mut self.connection.clone()).await?;
        }
        Ok(accepted)
    }

    /// The profile of a member. Concurrent reads are coalesced into one pipeline.
    pub async fn profile(&self, member: Uuid) -> Result<Profile, Error> {
        self.profiles.call(member).await
    }

    /// The profiles of many members, in their order.
    pub async fn profiles(&self, members: &[Uuid]) -> Result<Vec<Profile>, Error> {
        let mut out = Vec::with_capacity(members.len());
        for batch in members.chunks(PROFILES_PER_READ) {
            out.extend(profile::read(self.connection.clone(), &self.prefix, batch).await?);
        }
        Ok(out)
    }

    /// The members that have a ratings hash, sorted by id.
    pub async fn members(&self) -> redis::RedisResult<Vec<Uuid>> {
        let (mut cursor, mut out) = (0u64, Vec::new());
        loop {
            let (next, page): (u64, Vec<String>) = redis::cmd("SSCAN")
                .arg(self.key("members"))
                .arg(cursor)
                .arg("COUNT")
                .arg(2000)
                .query_async(&mut self.connection.clone())
                .await?;
            out.extend(page.iter().filter_map(|id| Uuid::try_parse(id).ok()));
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        // SSCAN may return a member twice.
        out.sort_unstable();
        out.dedup();
        Ok(out)
    }

    /// The facts of every movie, sorted by id. Read page by page, so that neither side holds a second copy of them all.
    pub async fn movies(&self) -> redis::RedisResult<Vec<(Uuid, MovieFacts)>> {
        let mut out = Vec::new();
        self.scan_hash("movies", |id, value| {
            if let Some(facts) = value.get(8..).and_then(|bytes| MovieFacts::decode(bytes).ok()) {
                out.push((id, facts));
            }
        })
        .await?;
        out.sort_unstable_by_key(|(id, _)| *id);
        out.dedup_by_key(|(id, _)| *id);
        Ok(out)
    }

    /// The statistics of every movie, sorted by id.
    pub async fn statistics(&self) -> redis::RedisResult<Vec<(Uuid, Statistics)>> {
        let mut out = Vec::new();
        self.scan_hash("statistics", |id, value| {
            if value.len() == 32 {
                let number = |i: usize| {
                    let mut bytes = [0u8; 8];
                    bytes.copy_from_slice(&value[i * 8..i * 8 + 8]);
                    f64::from_be_bytes(bytes)
                };
                let (count, sum, squares) = (number(0) as u32, number(1) as u32, number(2) as u32);
                out.push((
                    id,
                    Statistics {
                        count,
                        sum,
                        squares,
                        trending_score: number(3),
                    },
                ));
            }
        })
        .await?;
        out.sort_unstable_by_key(|(id, _)| *id);
        out.dedup_by_key(|(id, _)| *id);
        Ok(out)
    }

    async fn scan_hash(&self, name: &str, mut each: impl FnMut(Uuid, &[u8])) -> redis::RedisResult<()> {
        let mut cursor = 0u64;
        loop {
            let (next, page): (u64, Pairs) = redis::cmd("HSCAN")
                .arg(self.key(name))
                .arg(cursor)
                .arg("COUNT")
                .arg(1000)
                .query_async(&mut self.connection.clone())
                .await?;
            for (field, value) in &page {
                if let Ok(id) = Uuid::from_slice(field) {
                    each(id, value);
                }
            }
            cursor = next;
            if cursor == 0 {
                return Ok(());
            }
        }
    }

    /// Reads the state of the copy in one round trip.
    pub async fn copy_status(&self) -> redis::RedisResult<CopyStatus> {
        type Count = Option<i64>;
        let answer: (Count, Count, Count, Option<String>, String) = redis::pipe()
            .get(self.key("changes"))
            .get(self.key("movie-changes"))
            .get(self.key("rated"))
            .get(self.key("complete:2"))
            .cmd("INFO")
            .arg("server")
            .query_async(&mut self.connection.clone())
            .await?;
        let (changes, movie_changes, rated, complete, info) = answer;
        let run = info
            .lines()
            .find_map(|line| line.strip_prefix("run_id:"))
            .unwrap_or("unknown")
            .trim()
            .to_owned();
        Ok(CopyStatus {
            changes: changes.unwrap_or(0),
            movie_changes: movie_changes.unwrap_or(0),
            rated: rated.unwrap_or(0),
            filled: complete.is_some(),
            verified: complete.as_deref().and_then(|marker| marker.split(' ').next()) == Some(run.as_str()),
            run,
            filling: complete.unwrap_or_default(),
        })
    }

    /// Tries to take the lock for a rebuild. False if another replica holds it.
    pub async fn lock_rebuild(&self, token: &str, time: Duration) -> redis::RedisResult<bool> {
        let taken: Option<String> = redis::cmd("SET")
            .arg(self.key("rebuilding"))
            .arg(token)
            .arg("NX")
            .arg("PX")
            .arg(time.as_millis() as u64)
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(taken.is_some())
    }

    /// Extends the lock. False if it is lost, for example by a flush that also deleted the entries.
    pub async fn renew_rebuild(&self, token: &str, time: Duration) -> redis::RedisResult<bool> {
        let script = Script::new(RENEW_REBUILD);
        let mut call = script.key(self.key("rebuilding"));
        call.arg(token).arg(time.as_millis() as u64);
        Ok(call.invoke_async::<i64>(&mut self.connection.clone()).await? == 1)
    }

    /// Marks the copy as complete and releases the lock. False if the lock was lost.
    pub async fn finish_rebuild(&self, token: &str, run: &str) -> redis::RedisResult<bool> {
        let script = Script::new(FINISH_REBUILD);
        let mut call = script.key(&self.prefix);
        call.arg(token).arg(format!("{run} {token}"));
        Ok(call.invoke_async::<i64>(&mut self.connection.clone()).await? == 1)
    }

    /// Releases the lock after a failure, so that the next attempt does not wait until it expires.
    pub async fn abandon_rebuild(&self) -> redis::RedisResult<()> {
        redis::cmd("DEL")
            .arg(self.key("rebuilding"))
            .query_async(&mut self.connection.clone())
            .await
    }

    /// Requests a training from the trainer.
    pub async fn request_training(&self) -> redis::RedisResult<()> {
        redis::cmd("SET")
            .arg(self.key("train"))
            .arg(now())
            .query_async(&mut self.connection.clone())
            .await
    }

    /// Takes the request for a training, if there is one.
    pub async fn take_training_request(&self) -> redis::RedisResult<bool> {
        let asked: i64 = redis::cmd("DEL")
            .arg(self.key("train"))
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(asked > 0)
    }

    /// Writes the progress of the training. It expires after a day.
    pub async fn report_training(&self, progress: &Progress) -> redis::RedisResult<()> {
        let json = serde_json::to_vec(progress).expect("progress has only plain fields");
        redis::cmd("SET")
            .arg(self.key("training"))
            .arg(json)
            .arg("EX")
            .arg(86_400)
            .query_async(&mut self.connection.clone())
            .await
    }

    /// The progress of the training, or the result of the last one.
    pub async fn training(&self) -> redis::RedisResult<Progress> {
        let json: Option<Vec<u8>> = redis::cmd("GET")
            .arg(self.key("training"))
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(json
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default())
    }

    /// Deletes every key of this service, as a flush would.
    pub async fn delete_everything(&self) -> redis::RedisResult<()> {
        let mut cursor = 0u64;
        loop {
            let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(format!("{}*", self.prefix))
                .arg("COUNT")
                .arg(1000)
                .query_async(&mut self.connection.clone())
                .await?;
            if !keys.is_empty() {
                redis::cmd("DEL")
                    .arg(keys)
                    .query_async::<()>(&mut self.connection.clone())
                    .await?;
            }
            cursor = next;
            if cursor == 0 {
                return Ok(());
            }
        }
    }
}

/// Whether Redis cannot be reached or refuses writes temporarily, so that the same write can succeed later.
pub fn is_outage(error: &redis::RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_connection_refusal()
        || error.is_cluster_error()
        || error.kind() == redis::ErrorKind::Io
        // Redis is starting, out of memory, cannot write to its disk, or is a read-only replica.
        || matches!(
            error.code(),
            Some("LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "OOM" | "MISCONF" | "READONLY" | "TRYAGAIN")
        )
}

/// Seconds since 1970.
pub fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_distinguished_from_a_refused_write() {
        let error = |answer: &str| {
            let answer = redis::parse_redis_value(answer.as_bytes()).expect("an answer of Redis");
            answer.extract_error().expect_err("an error")
        };
        for outage in [
            "-LOADING Redis is loading the dataset in memory\r\n",
            "-OOM command not allowed when used memory > 'maxmemory'\r\n",
            "-MISCONF errors writing to the disk\r\n",
            "-READONLY You can't write against a read only replica\r\n",
        ] {
            assert!(is_outage(&error(outage)), "{outage}");
        }
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert!(is_outage(&refused.into()));
        assert!(!is_outage(&error("-WRONGTYPE Operation against a key\r\n")));
        assert!(!is_outage(&error("-ERR unknown command\r\n")));
    }
}
