//! Ids: strings with a UUID in the protos, `uuid` in OpenAPI, `ID!` in GraphQL.

use std::{borrow::Cow, fmt};

use async_graphql::{
    ContextSelectionSet, ID, OutputType, Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
};
use serde::Serialize;
use uuid::Uuid;

/// The id of anything. In OpenAPI its fields are marked with `#[schema(value_type = Uuid)]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) Uuid);

impl Id {
    /// Reads the id in a service's answer. Services send UUIDs only; anything else becomes the nil UUID, which names nothing.
    pub(crate) fn from_proto(id: &str) -> Self {
        Self(id.parse().unwrap_or_default())
    }

    pub(crate) fn list_from_proto(ids: &[String]) -> Vec<Self> {
        ids.iter().map(|id| Self::from_proto(id)).collect()
    }
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl OutputType for Id {
    fn type_name() -> Cow<'static, str> {
        <ID as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::String(self.to_string()))
    }
}
