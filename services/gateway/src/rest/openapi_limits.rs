//! The limits of parameters in the OpenAPI document. The extractors check parameters by name, so the limits are described by name
//! too, and no handler repeats them.

use utoipa::openapi::{
    KnownFormat, OpenApi, RefOr, Schema, SchemaFormat,
    path::{Operation, Parameter, ParameterIn, PathItem},
    schema::Object,
};

/// Anything but NUL, which Postgres cannot store.
const NO_NUL: &str = r"^[^\u0000]*$";
const HANDLE: &str = "^[A-Za-z0-9_]{3,30}$";

/// Describes the limits of every parameter that has some.
pub(super) fn describe(api: &mut OpenApi) {
    for path in api.paths.paths.values_mut() {
        for operation in operations(path) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    limit(parameter);
                }
            }
        }
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.get, &mut path.put, &mut path.post, &mut path.delete]
        .into_iter()
        .flatten()
}

fn limit(parameter: &mut Parameter) {
    let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else {
        return;
    };
    match (&parameter.parameter_in, &parameter.name[..]) {
        (ParameterIn::Path, "handle") => {
            schema.pattern = Some(HANDLE.to_owned());
            schema.min_length = Some(3);
            schema.max_length = Some(30);
        }
        (ParameterIn::Path, "position") => schema.minimum = Some(0.into()),
        (ParameterIn::Query, "q" | "genre" | "country" | "tag" | "key" | "name") => text(schema, 200),
        (ParameterIn::Query, "cursor") => text(schema, 1024),
        (ParameterIn::Query, "contains") => schema.format = Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)),
        (ParameterIn::Query, "decade") => {
            schema.minimum = Some(1800.into());
            schema.maximum = Some(2200.into());
            schema.multiple_of = Some(10.into());
        }
        (ParameterIn::Query, "stars") => {
            schema.minimum = Some(0.5.into());
            schema.maximum = Some(5.0.into());
            schema.multiple_of = Some(0.5.into());
        }
        _ => {}
    }
}

fn text(schema: &mut Object, most: usize) {
    schema.max_length = Some(most);
    schema.pattern = Some(NO_NUL.to_owned());
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::schema::{SchemaType, Type};

    use super::*;

    /// Whether it is a text or a number without limits.
    fn is_loose(schema: &Object) -> bool {
        let is = |wanted: Type| match &schema.schema_type {
            SchemaType::Type(one) => *one == wanted,
            SchemaType::Array(all) => all.contains(&wanted),
            SchemaType::AnyValue => false,
        };
        let text = schema.enum_values.is_none() && schema.format.is_none() && schema.pattern.is_none();
        let number = schema.minimum.is_none() && schema.maximum.is_none();
        is(Type::String) && text && schema.max_length.is_none() || (is(Type::Integer) || is(Type::Number)) && number
    }

    #[test]
    fn every_parameter_has_its_limits() {
        let mut api = super::super::described().into_openapi();
        describe(&mut api);
        let mut loose = Vec::new();
        for (address, path) in &mut api.paths.paths {
            for operation in operations(path) {
                for parameter in operation.parameters.iter().flatten() {
                    if let RefOr::T(parameter) = parameter
                        && let Some(RefOr::T(Schema::Object(schema))) = &parameter.schema
                        && is_loose(schema)
                    {
                        loose.push(format!("{address} {}", parameter.name));
                    }
                }
            }
        }
        assert!(loose.is_empty(), "without limits: {loose:#?}");
    }
}
