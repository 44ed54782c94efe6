//! Parts that an answer lacks because a service could not give them. An answer names the services in `degraded`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tonic::{Code, Status};
use uuid::Uuid;

/// Names of the services whose part of one answer is missing, each once. Clones share the names, so that parts that are read
/// at the same time note into the same answer.
#[derive(Clone, Default)]
pub(crate) struct Degraded(Arc<Mutex<Vec<&'static str>>>);

impl Degraded {
    /// The part, or `None` and a note that the service did not give it.
    pub(crate) fn part<T>(&self, service: &'static str, result: Result<T, Status>) -> Option<T> {
        result.inspect_err(|status| self.note(service, status)).ok()
    }

    /// Notes the service, in the answer, in the log and in the metrics.
    pub(crate) fn note(&self, service: &'static str, status: &Status) {
        note(service, status);
        self.add(service);
    }

    /// Adds the names that a part of the same answer noted on its own.
    pub(crate) fn join(&self, part: &Self) {
        for service in part.names() {
            self.add(service);
        }
    }

    fn add(&self, service: &'static str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.contains(&service) {
            names.push(service);
        }
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Turns PERMISSION_DENIED into `None`, so that a hidden section is not reported as degraded.
pub(crate) fn none_if_forbidden<T>(answer: Result<T, Status>) -> Result<Option<T>, Status> {
    match answer {
        Err(status) if status.code() == Code::PermissionDenied => Ok(None),
        answer => answer.map(Some),
    }
}

/// Records in the log and in the metrics that an answer lacks a part.
pub(crate) fn note(service: &'static str, status: &Status) {
    tracing::warn!(service, code = ?status.code(), message = status.message(), "a part is left out");
    metrics::counter!("degraded_parts_total", "service" => service).increment(1);
}

/// The values of these ids, in their order.
pub(crate) fn in_order<T>(ids: &[Uuid], mut values: HashMap<Uuid, T>) -> Vec<T> {
    ids.iter().filter_map(|id| values.remove(id)).collect()
}
