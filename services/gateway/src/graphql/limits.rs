//! Bounds on a query's shape that the library does not have: aliases, directives, and how large it is once its fragments are
//! spread. Measured fragment by fragment, each once, so that measuring a query made to explode does not explode.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Name, Positioned, ServerError, ServerResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery},
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use crate::problem::{Kind, Problem};

/// The site's largest query uses eight.
const MOST_ALIASES: usize = 10;
const MOST_DIRECTIVES: usize = 10;
/// With every fragment where it is spread.
const MOST_FIELDS: usize = 400;

pub(super) struct Limits;

impl ExtensionFactory for Limits {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Limits {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        match check(&document) {
            Ok(()) => Ok(document),
            Err(reason) => {
                let mut error = ServerError::new(reason, None);
                error.source = Some(Arc::new(Problem::new(Kind::Invalid, reason)));
                Err(error)
            }
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Size {
    fields: usize,
    aliases: usize,
    directives: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
    }
}

fn check(document: &ExecutableDocument) -> Result<(), &'static str> {
    let mut measure = Measure {
        document,
        fragments: HashMap::new(),
    };
    let mut size = Size::default();
    for (_, operation) in document.operations.iter() {
        size.directives += operation.node.directives.len();
        size.add(measure.set(&operation.node.selection_set)?);
    }
    // Also those that nothing spreads: the library still reads them.
    for name in document.fragments.keys() {
        measure.fragment(name)?;
    }
    if size.fields > MOST_FIELDS {
        return Err("the query has too many fields");
    }
    if size.aliases > MOST_ALIASES {
        return Err("the query has too many aliases");
    }
    if size.directives > MOST_DIRECTIVES {
        return Err("the query has too many directives");
    }
    Ok(())
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// None: being measured, so meeting it again is a circle.
    fragments: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Measure<'a> {
    fn set(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Size, &'static str> {
        let mut size = Size::default();
        for selection in &set.node.items {
            size.directives += selection.node.directives().len();
            match &selection.node {
                Selection::Field(field) => {
                    size.fields += 1;
                    size.aliases += usize::from(field.node.alias.is_some());
                    size.add(self.set(&field.node.selection_set)?);
                }
                Selection::FragmentSpread(spread) => {
                    size.add(self.fragment(&spread.node.fragment_name.node)?);
                }
                Selection::InlineFragment(fragment) => {
                    size.add(self.set(&fragment.node.selection_set)?);
                }
            }
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Size, &'static str> {
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err("the query's fragments go in a circle"),
            None => {}
        }
        // An unknown one is the library's to refuse.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        self.fragments.insert(name, None);
        let mut size = self.set(&fragment.node.selection_set)?;
        size.directives += fragment.node.directives.len();
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}

/// What a list costs: its items' fields count once up to 24 items, twice up to 49, three times at 50.
pub(super) fn list_cost(first: Option<i32>, child: usize) -> usize {
    let items = usize::try_from(first.unwrap_or(0)).unwrap_or(0).min(1000);
    child.saturating_mul(1 + items / 25).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn checked(query: &str) -> Result<(), &'static str> {
        check(&parse_query(query).expect("GraphQL"))
    }

    #[test]
    fn a_query_made_to_explode_is_refused_at_once() {
        let fragments = (0..100).map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1));
        let bomb: String = fragments.collect();
        let query = format!("{{ ...F0 }} {bomb} fragment F100 on Query {{ me {{ id }} }}");
        assert_eq!(checked(&query), Err("the query has too many fields"));
    }

    #[test]
    fn fragments_in_a_circle_are_refused() {
        let query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
        assert_eq!(checked(query), Err("the query's fragments go in a circle"));
    }

    #[test]
    fn aliases_and_directives_have_an_end() {
        let aliases = |n: usize| -> String { (0..n).map(|n| format!("a{n}: me {{ id }} ")).collect() };
        assert_eq!(checked(&format!("{{ {} }}", aliases(10))), Ok(()));
        assert!(checked(&format!("{{ {} }}", aliases(11))).is_err());
        let directives = "@include(if: true) ".repeat(11);
        assert!(checked(&format!("{{ me {directives} {{ id }} }}")).is_err());
    }
}
