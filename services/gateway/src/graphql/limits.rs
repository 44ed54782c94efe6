//! Limits of a query's shape that async-graphql does not have: aliases, directives, and the number of fields after its fragments
//! are spread. Each fragment is measured once, so measuring stays cheap for a query whose fragments multiply.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Name, Positioned, ServerError, ServerResult, Variables,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
    },
};

use crate::http::problem::{Kind, Problem};

/// The site's largest query has eight.
const MAX_ALIASES: usize = 10;
const MAX_DIRECTIVES: usize = 10;
/// The most bytes of an alias. Every error names the aliases on its path, so they bound the size of an error.
const MAX_ALIAS_BYTES: usize = 64;
/// Fragments count wherever they are spread.
const MAX_FIELDS: usize = 400;

/// The most opening brackets in a query's text. The library's parser recurses at each of them, so this bounds its stack. Counts
/// brackets inside strings too. No query within the other limits comes near 300.
const MAX_BRACKETS: usize = 300;

/// Parses a query and checks its limits, before the library's own checks, which walk every fragment wherever it is spread.
pub(super) fn parse(query: &str) -> ServerResult<ExecutableDocument> {
    let brackets = query.bytes().filter(|byte| b"{[(".contains(byte)).count();
    if brackets > MAX_BRACKETS {
        return Err(refusal("the query has too many brackets"));
    }
    let document = parse_query(query)?;
    check(&document).map_err(refusal)?;
    Ok(document)
}

/// Refuses a request without a required variable of its operation (GraphQL October 2021, 6.1.2). The library would fail at the first
/// field that uses the variable, after the writes before it.
pub(super) fn check_variables(
    document: &ExecutableDocument,
    operation: Option<&str>,
    given: &Variables,
) -> ServerResult<()> {
    let defined = chosen(document, operation)
        .into_iter()
        .flat_map(|operation| &operation.variable_definitions);
    let mut needed = defined.filter(|variable| {
        let variable = &variable.node;
        !variable.var_type.node.nullable && variable.default_value.is_none()
    });
    if needed.any(|variable| !given.contains_key(&variable.node.name.node)) {
        return Err(refusal("a variable that the operation needs is missing"));
    }
    Ok(())
}

/// The operation of that name, or the only one. `None` if there is none, which the library reports.
pub(super) fn chosen<'a>(document: &'a ExecutableDocument, operation: Option<&str>) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let chosen = operations.find(|(name, _)| operation.is_none_or(|wanted| name.is_some_and(|name| name == wanted)));
    chosen.map(|(_, operation)| &operation.node)
}

/// Whether the operation selects `__schema` or `__type`, which only the root has. A text that merely contains these words, as a
/// comment or a string does, is another query.
pub(super) fn is_introspection(document: &ExecutableDocument, operation: Option<&str>) -> bool {
    chosen(document, operation).is_some_and(|operation| selects_schema(document, &operation.selection_set.node))
}

/// Fragments form no circle: `parse` has refused such queries.
fn selects_schema(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => matches!(field.node.name.node.as_str(), "__schema" | "__type"),
        Selection::InlineFragment(fragment) => selects_schema(document, &fragment.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node);
            fragment.is_some_and(|fragment| selects_schema(document, &fragment.node.selection_set.node))
        }
    })
}

fn refusal(reason: &'static str) -> ServerError {
    let mut error = ServerError::new(reason, None);
    error.source = Some(Arc::new(Problem::new(Kind::Invalid, reason)));
    error
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
    // Unused fragments are measured too, because the library walks them.
    for name in document.fragments.keys() {
        measure.fragment(name)?;
    }
    if size.fields > MAX_FIELDS {
        return Err("the query has too many fields");
    }
    if size.aliases > MAX_ALIASES {
        return Err("the query has too many aliases");
    }
    if size.directives > MAX_DIRECTIVES {
        return Err("the query has too many directives");
    }
    Ok(())
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: reaching it again means that fragments form a circle.
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
                    if let Some(alias) = &field.node.alias {
                        size.aliases += 1;
                        if alias.node.len() > MAX_ALIAS_BYTES {
                            return Err("an alias of the query is too long");
                        }
                    }
                    size.add(self.set(&field.node.selection_set)?);
                }
                // A spread counts as a field, even of an unknown fragment, because the library follows it.
                Selection::FragmentSpread(spread) => {
                    size.fields += 1;
                    size.add(self.fragment(&spread.node.fragment_name.node)?);
                }
                Selection::InlineFragment(fragment) => {
                    size.fields += 1;
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
        // The library refuses unknown fragments.
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

/// The complexity of a list: the fields of its items count once up to 24 items, twice up to 49, three times at 50.
pub(super) fn list_cost(first: Option<i32>, child: usize) -> usize {
    let items = usize::try_from(first.unwrap_or(0)).unwrap_or(0).min(1000);
    child.saturating_mul(1 + items / 25).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reason why a query is refused, if it is.
    fn refused(query: &str) -> Option<String> {
        parse(query).err().map(|error| error.message)
    }

    /// Each fragment spreads the next one twice.
    fn bomb(fragments: usize, last: &str) -> String {
        let fragments = (0..fragments).map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }} ", n + 1, n + 1));
        format!("{{ ...F0 }} {} {last}", fragments.collect::<String>())
    }

    #[test]
    fn what_an_operation_needs_and_does_not_get_is_refused_before_anything_is_done() {
        let query = "query A($id: ID!, $most: Int! = 3, $why: String) { a } mutation B($stars: Float!) { b }";
        let document = parse(query).expect("it parses");
        let refused = |operation, given| {
            let given = Variables::from_json(given);
            check_variables(&document, Some(operation), &given).is_err()
        };
        assert!(refused("A", serde_json::json!({})));
        assert!(!refused("A", serde_json::json!({"id": "1"})));
        assert!(refused("B", serde_json::json!({"id": "1"})));
        assert!(!refused("B", serde_json::json!({"stars": 3})));
        assert!(
            !refused("C", serde_json::json!({})),
            "the library says that there is none"
        );
    }

    #[test]
    fn only_a_selection_of_the_schema_is_introspection() {
        for (query, expected) in [
            ("{ __schema { types { name } } }", true),
            ("{ s: __schema { types { name } } }", true),
            ("{ __type(name: \"Movie\") { name } }", true),
            (
                "{ ... on Query { ...S } } fragment S on Query { __schema { types { name } } }",
                true,
            ),
            ("# __schema\n{ me { id } }", false),
            ("{ movies(q: \"__schema\") { nextCursor } }", false),
            ("{ movies(q: \"\"\"__type\"\"\") { nextCursor } }", false),
            ("{ __typename me { __typename } }", false),
            ("query A { me { id } } query B { __schema { types { name } } }", false),
        ] {
            let document = parse(query).expect("it parses");
            let operation = query.starts_with("query A").then_some("A");
            assert_eq!(is_introspection(&document, operation), expected, "{query}");
        }
    }

    #[test]
    fn a_query_made_to_explode_is_refused_at_once() {
        let reason = Some("the query has too many fields".to_owned());
        for fragments in [10, 30, 100] {
            let last = format!("fragment F{fragments} on Query {{ me {{ id }} }}");
            assert_eq!(refused(&bomb(fragments, &last)), reason);
            assert_eq!(refused(&bomb(fragments, "")), reason, "leading nowhere");
        }
    }

    #[test]
    fn fragments_in_a_circle_are_refused() {
        let query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
        let reason = refused(query);
        assert_eq!(reason.as_deref(), Some("the query's fragments go in a circle"));
    }

    #[test]
    fn a_query_that_would_exhaust_the_parsers_stack_is_not_parsed() {
        for opening in ["{a", "{a(b:[", "{a(b:{c:", "query($a:["] {
            let reason = refused(&opening.repeat(3000));
            assert_eq!(reason.as_deref(), Some("the query has too many brackets"));
            assert!(refused(&opening.repeat(100)).is_some());
        }
    }

    #[test]
    fn aliases_and_directives_have_an_end() {
        let aliases = |n: usize| (0..n).map(|n| format!("a{n}: me {{ id }} ")).collect::<String>();
        assert_eq!(refused(&format!("{{ {} }}", aliases(10))), None);
        assert!(refused(&format!("{{ {} }}", aliases(11))).is_some());
        let alias = |bytes: usize| format!("{{ {}: me {{ id }} }}", "a".repeat(bytes));
        assert_eq!(refused(&alias(64)), None);
        assert!(refused(&alias(65)).is_some());
        let directives = "@include(if: true) ".repeat(11);
        assert!(refused(&format!("{{ me {directives} {{ id }} }}")).is_some());
    }
}
