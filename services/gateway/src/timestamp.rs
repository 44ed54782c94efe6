//! Points in time: seconds since 1970 in the protos, RFC 3339 in JSON and GraphQL.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
};
use serde::{Serialize, Serializer};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time. A string in the format of RFC 3339 in both contracts; in OpenAPI its fields are marked with
/// `#[schema(value_type = OffsetDateTime)]`, which makes them `date-time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// Reads seconds since 1970. Out-of-range values become the Unix epoch.
    pub(crate) fn from_seconds(seconds: i64) -> Self {
        Self(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// Reads seconds since 1970 and the microseconds beside them, which most messages leave out.
    pub(crate) fn from_micros(seconds: i64, micros: i32) -> Self {
        let Self(seconds) = Self::from_seconds(seconds);
        Self(seconds.saturating_add(Duration::microseconds(micros.into())))
    }

    pub(crate) fn to_rfc3339(self) -> String {
        self.0.format(&Rfc3339).unwrap_or_default()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        time::serde::rfc3339::serialize(&self.0, serializer)
    }
}

/// `String!` in the schema.
impl OutputType for Timestamp {
    fn type_name() -> Cow<'static, str> {
        <String as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <String as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::String(self.to_rfc3339()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339() {
        let cases = [
            (0, 0, "1970-01-01T00:00:00Z"),
            (1_700_000_000, 0, "2023-11-14T22:13:20Z"),
            (1_700_000_000, 250_000, "2023-11-14T22:13:20.25Z"),
            (i64::MAX, 0, "1970-01-01T00:00:00Z"),
        ];
        for (seconds, micros, expected) in cases {
            let timestamp = Timestamp::from_micros(seconds, micros);
            assert_eq!(timestamp.to_rfc3339(), expected);
            assert_eq!(serde_json::json!(timestamp), expected);
        }
    }
}
