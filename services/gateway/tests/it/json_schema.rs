//! JSON Schema 2020-12 as far as `openapi.json` uses it. A keyword that is not known here fails the test instead of being passed
//! over. A library for all of JSON Schema was tried: its features of shared dependencies made the tests and the cluster compile
//! most of them twice.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};
use uuid::Uuid;

/// Keywords that say nothing of what is valid.
const ANNOTATIONS: [&str; 6] = ["description", "example", "examples", "title", "default", "deprecated"];

/// What the schema forbids in the value, with the place of each. Fields that the schema does not name are forbidden too.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check {
        document,
        faults: Vec::new(),
    };
    check.all(schema, value, "");
    check.named_only(schema, value, "");
    check.faults
}

struct Check<'a> {
    document: &'a Value,
    faults: Vec<String>,
}

impl<'a> Check<'a> {
    fn is_valid(&self, schema: &Value, value: &Value) -> bool {
        faults(self.document, schema, value).is_empty()
    }

    fn resolved(&self, schema: &Value) -> Option<&'a Value> {
        let name = schema.get("$ref")?.as_str()?.trim_start_matches('#');
        Some(self.document.pointer(name).expect("a reference leads somewhere"))
    }

    fn all(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(keywords) = schema.as_object() else { return };
        for (keyword, argument) in keywords {
            if let Some(fault) = self.keyword(keyword, argument, keywords, value, at) {
                self.faults.push(format!("{at}: {fault}"));
            }
        }
    }

    fn keyword(
        &mut self,
        keyword: &str,
        argument: &Value,
        schema: &Map<String, Value>,
        value: &Value,
        at: &str,
    ) -> Option<String> {
        match keyword {
            "$ref" => {
                let target = self.resolved(&Value::Object(schema.clone()))?.clone();
                self.all(&target, value, at);
                None
            }
            "allOf" => {
                for part in argument.as_array()? {
                    self.all(part, value, at);
                }
                None
            }
            "oneOf" | "anyOf" => {
                let fitting = argument.as_array()?.iter().filter(|part| self.is_valid(part, value));
                let fitting = fitting.count();
                let fits = if keyword == "oneOf" { fitting == 1 } else { fitting > 0 };
                (!fits).then(|| format!("{fitting} schemas of {keyword} fit {value}"))
            }
            "type" => {
                let types: Vec<&str> = match argument {
                    Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                let fits = types.iter().any(|name| is_of_type(name, value));
                (!fits).then(|| format!("{value} is not of type {argument}"))
            }
            "enum" => {
                let choices = argument.as_array()?;
                (!choices.contains(value)).then(|| format!("{value} is not one of {argument}"))
            }
            "const" => (argument != value).then(|| format!("{value} is not {argument}")),
            "required" => {
                let object = value.as_object()?;
                let missing = argument.as_array()?.iter().filter_map(Value::as_str);
                let missing: Vec<&str> = missing.filter(|name| !object.contains_key(*name)).collect();
                (!missing.is_empty()).then(|| format!("{missing:?} is missing"))
            }
            "properties" => {
                for (name, value) in value.as_object()? {
                    if let Some(schema) = argument.get(name) {
                        let at = format!("{at}/{name}");
                        self.all(schema, value, &at);
                        self.named_only(schema, value, &at);
                    }
                }
                None
            }
            "additionalProperties" => {
                let named = schema.get("properties").and_then(Value::as_object);
                for (name, value) in value.as_object()? {
                    if argument.is_object() && named.is_none_or(|named| !named.contains_key(name)) {
                        self.all(argument, value, &format!("{at}/{name}"));
                    }
                }
                None
            }
            "items" => {
                for (place, value) in value.as_array()?.iter().enumerate() {
                    let at = format!("{at}/{place}");
                    self.all(argument, value, &at);
                    self.named_only(argument, value, &at);
                }
                None
            }
            "minimum" => (value.as_f64()? < argument.as_f64()?).then(|| format!("{value} is below {argument}")),
            "maximum" => (value.as_f64()? > argument.as_f64()?).then(|| format!("{value} is above {argument}")),
            "multipleOf" => ((value.as_f64()? / argument.as_f64()?).fract() != 0.0)
                .then(|| format!("{value} is no multiple of {argument}")),
            "minItems" => ((value.as_array()?.len() as u64) < argument.as_u64()?).then(|| format!("too few: {value}")),
            "maxItems" => (value.as_array()?.len() as u64 > argument.as_u64()?).then(|| format!("too many: {value}")),
            "minLength" => {
                let count = value.as_str()?.chars().count() as u64;
                (count < argument.as_u64()?).then(|| format!("too short: {value}"))
            }
            "maxLength" => {
                let count = value.as_str()?.chars().count() as u64;
                (count > argument.as_u64()?).then(|| format!("too long: {value}"))
            }
            "pattern" => {
                let pattern = Regex::new(argument.as_str()?).expect("a pattern");
                (!pattern.is_match(value.as_str()?)).then(|| format!("{value} does not match {argument}"))
            }
            "format" => {
                let text = value.as_str()?;
                (!has_format(argument.as_str()?, text)).then(|| format!("{text:?} is no {argument}"))
            }
            annotation if ANNOTATIONS.contains(&annotation) => None,
            other => Some(format!("the test does not know the keyword {other}")),
        }
    }

    /// Fields that neither the schema nor a part of it names.
    fn named_only(&mut self, schema: &Value, value: &Value, at: &str) {
        let (Some(object), Some(named)) = (value.as_object(), self.names(schema, value)) else {
            return;
        };
        let unnamed: Vec<&String> = object.keys().filter(|name| !named.contains(name.as_str())).collect();
        if !unnamed.is_empty() {
            self.faults.push(format!("{at}: {unnamed:?} is not documented"));
        }
    }

    /// The fields that a schema names; `None` where it allows any.
    fn names(&self, schema: &Value, value: &Value) -> Option<BTreeSet<String>> {
        if let Some(target) = self.resolved(schema) {
            return self.names(target, value);
        }
        let mut names = BTreeSet::new();
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            names.extend(self.names(part, value)?);
        }
        for key in ["oneOf", "anyOf"] {
            let parts = schema.get(key).and_then(Value::as_array).into_iter().flatten();
            for part in parts.filter(|part| self.is_valid(part, value)) {
                names.extend(self.names(part, value)?);
            }
        }
        if schema
            .get("additionalProperties")
            .is_some_and(|more| *more != Value::Bool(false))
        {
            return None;
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        names.extend(properties.into_iter().flat_map(Map::keys).cloned());
        (!names.is_empty()).then_some(names)
    }
}

fn is_of_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("JSON has no type {other}"),
    }
}

fn has_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        "date" => Date::parse(text, format_description!("[year]-[month]-[day]")).is_ok(),
        "uuid" => Uuid::try_parse(text).is_ok(),
        _ => true,
    }
}

#[test]
fn the_checker_finds_what_is_wrong() {
    use serde_json::json;
    let document = json!({"components": {"schemas": {
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}},
        "More": {"allOf": [{"$ref": "#/components/schemas/Base"},
            {"type": "object", "properties": {"stars": {"type": ["number", "null"], "minimum": 0.5, "multipleOf": 0.5}}}]},
    }}});
    let schema = json!({"type": "array", "items": {"$ref": "#/components/schemas/More"}});
    let id = Uuid::nil();
    assert_eq!(
        faults(
            &document,
            &schema,
            &json!([{"id": id, "stars": 4.5}, {"id": id, "stars": null}])
        ),
        [""; 0]
    );
    for wrong in [
        json!({}),
        json!([{}]),
        json!([{"id": "x"}]),
        json!([{"id": id, "stars": 0.0}]),
        json!([{"id": id, "stars": 3.3}]),
        json!([{"id": id, "stars": "4"}]),
        json!([{"id": id, "surprise": 1}]),
    ] {
        assert!(!faults(&document, &schema, &wrong).is_empty(), "{wrong}");
    }
    assert!(
        !faults(&document, &json!({"pattern": "x"}), &json!("y")).is_empty(),
        "an unknown keyword"
    );
}
