//! How far a training is: the trainer writes it to Redis, the status page and `make train` read it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The current training, or how the last one ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Empty: none yet; `training`, `published`, `refused` or `failed`.
    pub state: String,
    /// What is being trained.
    pub stage: String,
    pub round: u32,
    pub rounds: u32,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// The version that was published, or why none was.
    pub detail: String,
}

impl Progress {
    pub fn begun() -> Self {
        Self {
            state: "training".to_owned(),
            stage: "reading".to_owned(),
            started_at: (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64,
            ..Self::default()
        }
    }

    pub fn step(&mut self, stage: &str, round: usize, rounds: usize) {
        stage.clone_into(&mut self.stage);
        (self.round, self.rounds) = (round as u32 + 1, rounds as u32);
    }

    pub fn end(&mut self, state: &str, detail: &str) {
        state.clone_into(&mut self.state);
        detail.clone_into(&mut self.detail);
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state.as_str() {
            "training" if self.rounds == 0 => write!(f, "{}", self.stage),
            "training" => write!(f, "{}: round {} of {}", self.stage, self.round, self.rounds),
            state => write!(f, "{state} {}", self.detail),
        }
    }
}
