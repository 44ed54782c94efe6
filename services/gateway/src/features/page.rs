//! Pages of lists that are read with a cursor: what a caller asks for, and the one type that every list answers with.

use std::borrow::Cow;

use async_graphql::{ObjectType, OutputType, SimpleObject, TypeName};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, Object, ObjectBuilder, Ref, RefOr, Schema, Type, schema::SchemaType},
};

/// Which part of a list to read.
pub(crate) struct PageRequest {
    /// `next_cursor` of the page before; empty for the first page.
    pub(crate) cursor: String,
    /// The most items to return.
    pub(crate) limit: i32,
}

/// A page of a list. `Extra` is what this list says beside its items: [`Counted`], [`Total`],
/// [`Uncounted`], or a type of its own.
#[derive(SimpleObject, Serialize)]
#[graphql(name_type)]
pub(crate) struct Page<T, Extra>
where
    T: OutputType,
    Extra: ObjectType,
    Self: PageNames,
{
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    pub(crate) next_cursor: Option<String>,
    #[graphql(flatten)]
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// What a kind of page is called in each contract.
pub(crate) trait PageNames {
    const OPENAPI: &str;
    const GRAPHQL: &str;
    const DESCRIPTION: &str;
}

/// Names a page: `page_names!(Lists, "ListConnection", "A page of lists.")` for `type Lists = Page<List, …>`.
macro_rules! page_names {
    ($page:ident, $graphql:literal, $description:literal) => {
        impl $crate::features::page::PageNames for $page {
            const OPENAPI: &str = stringify!($page);
            const GRAPHQL: &str = $graphql;
            const DESCRIPTION: &str = $description;
        }
    };
}

pub(crate) use page_names;

/// Beside the items: how many there are, and which services could not answer.
#[derive(Default, SimpleObject, Serialize, ToSchema)]
pub(crate) struct Counted {
    /// The number of items on all pages together.
    pub(crate) total: i64,
    /// Services that could not answer; what they know is null. GraphQL has it in `extensions`.
    #[graphql(skip)]
    pub(crate) degraded: Vec<&'static str>,
}

impl Counted {
    pub(crate) fn new(total: i64) -> Self {
        Self {
            total,
            degraded: Vec::new(),
        }
    }
}

/// Beside the items: how many there are. Nothing of these pages can be missing.
#[derive(Default, SimpleObject, Serialize, ToSchema)]
pub(crate) struct Total {
    /// The number of items on all pages together.
    pub(crate) total: i64,
}

/// Beside the items: which services could not answer.
#[derive(Default, SimpleObject, Serialize, ToSchema)]
#[graphql(fake)]
pub(crate) struct Degradable {
    /// Services that could not answer; what they know is null. GraphQL has it in `extensions`.
    #[graphql(skip)]
    pub(crate) degraded: Vec<&'static str>,
}

/// Nothing beside the items.
#[derive(Default, SimpleObject, Serialize, ToSchema)]
#[graphql(fake)]
pub(crate) struct Uncounted {}

impl<T, Extra> Page<T, Extra>
where
    T: OutputType,
    Extra: ObjectType,
    Self: PageNames,
{
    /// Services send an empty cursor with the last page.
    pub(crate) fn new(items: Vec<T>, next_cursor: String, extra: Extra) -> Self {
        Self {
            items,
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            extra,
        }
    }
}

impl<T, Extra> TypeName for Page<T, Extra>
where
    T: OutputType,
    Extra: ObjectType,
    Self: PageNames,
{
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(Self::GRAPHQL)
    }
}

// Written by hand, because a derived schema would describe the flattened part as `allOf`.
impl<T, Extra> PartialSchema for Page<T, Extra>
where
    T: OutputType + ToSchema,
    Extra: ObjectType + ToSchema,
    Self: PageNames,
{
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name())).build();
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The cursor of the next page; null on the last one."));
        let mut page: Object = ObjectBuilder::new()
            .description(Some(Self::DESCRIPTION))
            .property("items", items)
            .required("items")
            .property("next_cursor", cursor)
            .build();
        if let RefOr::T(Schema::Object(extra)) = Extra::schema() {
            page.properties.extend(extra.properties);
            page.required.extend(extra.required);
        }
        page.into()
    }
}

impl<T, Extra> ToSchema for Page<T, Extra>
where
    T: OutputType + ToSchema,
    Extra: ObjectType + ToSchema,
    Self: PageNames,
{
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(Self::OPENAPI)
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
        Extra::schemas(schemas);
    }
}
