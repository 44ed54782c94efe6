//! Null propagation after failed fields (GraphQL October 2021, 6.4.4): a failed field is null; if its type is non-null, the nearest
//! nullable field around it is null instead, or else the data as a whole. The library omits a failed field, turns an object
//! without fields into null, and does not propagate; this corrects its response. Responses without errors are not touched.

use std::collections::HashMap;

use async_graphql::{
    Name, PathSegment, Positioned, Response, Value,
    indexmap::IndexMap,
    parser::{
        parse_query, parse_schema,
        types::{
            BaseType, ExecutableDocument, Field, OperationType, Selection, SelectionSet, Type, TypeKind,
            TypeSystemDefinition,
        },
    },
};

use super::limits;

/// The types of the fields of each type.
pub(super) struct Types(HashMap<String, HashMap<String, Type>>);

impl Types {
    /// Reads them from a schema in the schema definition language.
    pub(super) fn of(schema: &str) -> Self {
        let document = parse_schema(schema).expect("the library reads the schema that it wrote");
        let types = document.definitions.into_iter().filter_map(|definition| {
            let TypeSystemDefinition::Type(definition) = definition else {
                return None;
            };
            let definition = definition.node;
            let fields = match definition.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                _ => return None,
            };
            let fields = fields
                .into_iter()
                .map(|Positioned { node, .. }| (node.name.node.to_string(), node.ty.node));
            Some((definition.name.node.to_string(), fields.collect()))
        });
        Self(types.collect())
    }

    fn field(&self, parent: &str, name: &str) -> Option<&Type> {
        self.0.get(parent)?.get(name)
    }
}

/// Corrects the data of a response for its errors.
pub(super) fn settle(
    Response { data, errors, .. }: &mut Response,
    types: &Types,
    query: &str,
    operation: Option<&str>,
) {
    let mut failed: Vec<_> = errors.iter().map(|error| (&error.path[..], 0)).collect();
    failed.retain(|(path, _)| !path.is_empty());
    // The query is parsed again only after a failure, which is rare.
    let Some(document) = (!failed.is_empty()).then(|| parse_query(query).ok()).flatten() else {
        return;
    };
    let query = Query {
        types,
        document,
        operation,
    };
    // First put every failed field back as null, so that an object whose fields all failed is an object again.
    for (path, length) in &mut failed {
        *length = put_null(data, path);
    }
    for (path, mut length) in failed {
        let Some(nullable) = query.nullable(path) else {
            continue;
        };
        while length > 0 && !nullable[length - 1] {
            length -= 1;
        }
        set_null(data, &path[..length]);
    }
}

/// Sets the failed field to null in its place, and returns the length of the path that leads to it.
fn put_null(mut data: &mut Value, path: &[PathSegment]) -> usize {
    for (passed, segment) in path.iter().enumerate() {
        let last = passed + 1 == path.len();
        match segment {
            PathSegment::Field(name) => {
                if last && *data == Value::Null {
                    *data = Value::Object(IndexMap::new());
                }
                let Value::Object(fields) = data else {
                    return passed;
                };
                let missing = !fields.contains_key(name.as_str());
                data = fields.entry(Name::new(name)).or_insert(Value::Null);
                if missing {
                    return passed + 1;
                }
            }
            PathSegment::Index(place) => {
                let Value::List(items) = data else {
                    return passed;
                };
                let Some(item) = items.get_mut(*place) else {
                    return passed;
                };
                data = item;
            }
        }
    }
    path.len()
}

fn set_null(mut data: &mut Value, path: &[PathSegment]) {
    for segment in path {
        let below = match (data, segment) {
            (Value::Object(fields), PathSegment::Field(name)) => fields.get_mut(name.as_str()),
            (Value::List(items), PathSegment::Index(place)) => items.get_mut(*place),
            _ => None,
        };
        let Some(below) = below else {
            // A field above is null already.
            return;
        };
        data = below;
    }
    *data = Value::Null;
}

struct Query<'a> {
    types: &'a Types,
    document: ExecutableDocument,
    operation: Option<&'a str>,
}

impl Query<'_> {
    /// For each segment of the path, whether it is nullable.
    fn nullable(&self, path: &[PathSegment]) -> Option<Vec<bool>> {
        let operation = limits::chosen(&self.document, self.operation)?;
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        self.below(&[(root, &operation.selection_set.node)], path)
    }

    /// The same for a path that begins with a field of these selections, each with its parent type. The members of a union may give
    /// the field different types: the right one is the one that has the rest of the path.
    fn below(&self, sets: &[(&str, &SelectionSet)], path: &[PathSegment]) -> Option<Vec<bool>> {
        let (PathSegment::Field(key), rest) = path.split_first()? else {
            return None;
        };
        let mut fields = Vec::new();
        for (parent, set) in sets {
            self.fields(parent, set, key, &mut fields);
        }
        let typed: Vec<(&Type, &Field)> = fields
            .into_iter()
            .filter_map(|(parent, field)| Some((self.types.field(parent, &field.name.node)?, field)))
            .collect();
        typed.iter().find_map(|(declared, _)| {
            let (mut nullable, mut inner, mut rest) = (vec![declared.nullable], *declared, rest);
            while let (Some((PathSegment::Index(_), after)), BaseType::List(item)) = (rest.split_first(), &inner.base) {
                nullable.push(item.nullable);
                (inner, rest) = (item, after);
            }
            if !rest.is_empty() {
                let alike = typed.iter().filter(|(other, _)| named(other) == named(declared));
                let sets: Vec<_> = alike
                    .map(|(_, field)| (named(declared), &field.selection_set.node))
                    .collect();
                nullable.extend(self.below(&sets, rest)?);
            }
            Some(nullable)
        })
    }

    /// The fields of a selection with this response key, with their parent types. Fragments form no circle: `limits` has refused
    /// such queries.
    fn fields<'a>(&'a self, parent: &'a str, set: &'a SelectionSet, key: &str, found: &mut Vec<(&'a str, &'a Field)>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    if field.node.response_key().node == key {
                        found.push((parent, &field.node));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let of = fragment.node.type_condition.as_ref();
                    let parent = of.map_or(parent, |of| of.node.on.node.as_str());
                    self.fields(parent, &fragment.node.selection_set.node, key, found);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let parent = fragment.node.type_condition.node.on.node.as_str();
                        self.fields(parent, &fragment.node.selection_set.node, key, found);
                    }
                }
            }
        }
    }
}

/// The named type inside lists.
fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(item),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, Union};

    use super::*;

    type Answer<T> = Result<T, &'static str>;
    const AWAY: &str = "the service is away";

    struct Root;
    struct Movie;
    struct Person;

    #[derive(Union)]
    enum Found {
        Movie(Movie),
        Person(Person),
    }

    #[Object(name = "Query")]
    impl Root {
        async fn movie(&self) -> Option<Movie> {
            Some(Movie)
        }
        async fn surely(&self) -> Movie {
            Movie
        }
        async fn movies(&self) -> Vec<Option<Movie>> {
            vec![Some(Movie), Some(Movie)]
        }
        async fn all(&self) -> Option<Vec<Movie>> {
            Some(vec![Movie, Movie])
        }
        async fn found(&self) -> Vec<Option<Found>> {
            vec![Some(Found::Movie(Movie)), Some(Found::Person(Person))]
        }
        async fn nothing(&self) -> Option<Movie> {
            None
        }
        async fn away(&self) -> Answer<Option<Movie>> {
            Err(AWAY)
        }
    }

    #[Object]
    impl Movie {
        async fn title(&self) -> &str {
            "Parasite"
        }
        /// May be null.
        async fn stars(&self) -> Answer<Option<f64>> {
            Err(AWAY)
        }
        /// May not.
        async fn count(&self) -> Answer<i32> {
            Err(AWAY)
        }
        async fn next(&self) -> Movie {
            Movie
        }
    }

    #[Object]
    impl Person {
        async fn name(&self) -> &str {
            "Bong"
        }
        async fn like(&self) -> Option<Person> {
            Some(Person)
        }
        async fn age(&self) -> Answer<i32> {
            Err(AWAY)
        }
    }

    async fn answer(query: &str) -> String {
        let schema = Schema::new(Root, EmptyMutation, EmptySubscription);
        let mut response = schema.execute(query).await;
        assert!(!response.errors.is_empty(), "{query}");
        settle(&mut response, &Types::of(&schema.sdl()), query, None);
        serde_json::to_string(&response.data).expect("JSON")
    }

    #[tokio::test]
    async fn a_field_that_failed_is_null_in_its_place() {
        assert_eq!(
            answer("{ movie { title given: stars } nothing { stars } }").await,
            r#"{"movie":{"title":"Parasite","given":null},"nothing":null}"#
        );
        assert_eq!(
            answer("{ movies { title stars } }").await,
            r#"{"movies":[{"title":"Parasite","stars":null},{"title":"Parasite","stars":null}]}"#
        );
        assert_eq!(
            answer("{ found { ... on Movie { title ...S } ... on Person { name } } } fragment S on Movie { stars }")
                .await,
            r#"{"found":[{"title":"Parasite","stars":null},{"name":"Bong"}]}"#
        );
        assert_eq!(answer("{ away { title } }").await, r#"{"away":null}"#);
    }

    #[tokio::test]
    async fn an_object_whose_fields_all_failed_is_still_there() {
        assert_eq!(
            answer("{ surely { stars again: stars } }").await,
            r#"{"surely":{"stars":null,"again":null}}"#
        );
        assert_eq!(
            answer("{ movies { stars } }").await,
            r#"{"movies":[{"stars":null},{"stars":null}]}"#
        );
    }

    #[tokio::test]
    async fn what_cannot_be_null_makes_what_holds_it_null() {
        assert_eq!(
            answer("{ movie { title count } nothing { title } }").await,
            r#"{"movie":null,"nothing":null}"#
        );
        assert_eq!(
            answer("{ movie { next { next { count stars } } } }").await,
            r#"{"movie":null}"#
        );
        assert_eq!(answer("{ movies { count } }").await, r#"{"movies":[null,null]}"#);
        assert_eq!(answer("{ all { title count } }").await, r#"{"all":null}"#);
        assert_eq!(answer("{ movie { title } surely { title count } }").await, "null");
        assert_eq!(
            answer("query { found { ... on Person { name } ... on Movie { n: count } } }").await,
            r#"{"found":[null,{"name":"Bong"}]}"#
        );
    }

    #[tokio::test]
    async fn one_key_of_two_types_is_judged_by_the_type_that_failed() {
        for query in [
            "{ found { ... on Movie { x: next { title } } ... on Person { x: like { name age } } } }",
            "{ found { ... on Person { x: like { name age } } ... on Movie { x: next { title } } } }",
        ] {
            assert_eq!(
                answer(query).await,
                r#"{"found":[{"x":{"title":"Parasite"}},{"x":null}]}"#
            );
        }
    }
}
