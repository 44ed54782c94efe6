//! The progress of a training. The trainer writes it to Redis; GetModel and `make train` read it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The progress of the current training, or the result of the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// `training`, `published`, `refused` or `failed`; empty before the first training.
    pub state: String,
    /// What is being read, measured or trained.
    pub stage: String,
    pub round: u32,
    pub rounds: u32,
    /// Milliseconds since 1970.
    pub started_at: i64,
    /// The published version, or the reason why none was published.
    pub detail: String,
}

impl Progress {
    pub fn started() -> Self {
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
