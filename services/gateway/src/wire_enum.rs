//! Enums that REST, GraphQL and a proto share, each declared once.

/// Declares an enum of both faces (`snake_case` in REST, `SCREAMING_SNAKE_CASE` in GraphQL) with its mapping to the proto's
/// enum, whose variants have the same names. A variant that the proto gains later stops the build here.
///
/// - `from_proto` returns `None` for `Unspecified`.
/// - `to_proto` returns the proto's variant.
macro_rules! wire_enum {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident = $proto:path {
            $($(#[$variant_attribute:meta])* $variant:ident),+ $(,)?
        }
    ) => {
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq,
            async_graphql::Enum, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        $(#[$attribute])*
        $visibility enum $name {
            $($(#[$variant_attribute])* $variant),+
        }

        #[allow(dead_code, reason = "some enums are only read, others only written")]
        impl $name {
            $visibility fn from_proto(value: $proto) -> Option<Self> {
                use $proto as Proto;
                match value {
                    Proto::Unspecified => None,
                    $(Proto::$variant => Some(Self::$variant)),+
                }
            }

            $visibility fn to_proto(self) -> $proto {
                use $proto as Proto;
                match self {
                    $(Self::$variant => Proto::$variant),+
                }
            }
        }
    };
}

pub(crate) use wire_enum;
