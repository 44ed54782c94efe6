//! `asyncapi.yaml` documents the events; it is written from their protos and this test keeps it so.
//! `UPDATE=1 cargo test -p matcha-protos` writes it anew.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;

use prost::Message as _;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/asyncapi.yaml");

#[test]
fn asyncapi_says_what_the_event_protos_say() {
    let set = FileDescriptorSet::decode(matcha_protos::DESCRIPTORS).unwrap();
    let events = set
        .file
        .iter()
        .find(|file| file.package() == "matcha.events.v1")
        .unwrap();
    let written = document(events);
    #[expect(clippy::disallowed_methods, reason = "a test has no config")]
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        std::fs::write(FILE, &written).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(
        committed, written,
        "asyncapi.yaml is stale: UPDATE=1 cargo test -p matcha-protos"
    );
}

fn document(events: &FileDescriptorProto) -> String {
    let mut yaml = String::from(
        "# Written from protos/matcha/events/v1/events.proto by protos/tests/asyncapi.rs; do not edit.
asyncapi: 3.0.0
info:
  title: matcha's events
  version: 1.0.0
  description: |
    Facts in the past tense, over RabbitMQ (topic exchange matcha.events), CloudEvents binary mode. The body is a protobuf
    message of package matcha.events.v1; the headers are cloudEvents_specversion, cloudEvents_id, cloudEvents_type (also the
    routing key), cloudEvents_source, cloudEvents_subject (the aggregate's id), cloudEvents_aggregateversion and traceparent.
    Delivered at least once and in any order; of two events of one aggregate the higher version is the newer.
defaultContentType: application/protobuf
",
    );
    let keyed: Vec<(usize, &DescriptorProto, String)> = events
        .message_type
        .iter()
        .enumerate()
        .filter_map(|(index, message)| {
            let comment = comment(events, &[4, index as i32]);
            let key = comment
                .split('`')
                .nth(1)
                .filter(|_| comment.starts_with("Routing key"))?
                .to_owned();
            Some((index, message, key))
        })
        .collect();
    yaml.push_str("channels:\n");
    for (_, message, key) in &keyed {
        let name = message.name();
        writeln!(
            yaml,
            "  {name}:\n    address: {key}\n    messages:\n      {name}:\n        $ref: '#/components/messages/{name}'"
        )
        .unwrap();
    }
    yaml.push_str("operations:\n");
    for (_, message, _) in &keyed {
        let name = message.name();
        writeln!(
            yaml,
            "  send{name}:\n    action: send\n    channel:\n      $ref: '#/channels/{name}'"
        )
        .unwrap();
    }
    yaml.push_str("components:\n  messages:\n");
    for (index, message, key) in &keyed {
        let name = message.name();
        let text = comment(events, &[4, *index as i32]);
        writeln!(yaml, "    {name}:\n      name: {key}\n      summary: {}\n      payload:\n        $ref: '#/components/schemas/{name}'", quoted(&text)).unwrap();
    }
    yaml.push_str("  schemas:\n");
    for (index, message) in events.message_type.iter().enumerate() {
        writeln!(yaml, "    {}:\n      type: object\n      properties:", message.name()).unwrap();
        for (place, field) in message.field.iter().enumerate() {
            writeln!(yaml, "        {}:", field.name()).unwrap();
            schema(&mut yaml, field);
            let text = comment(events, &[4, index as i32, 2, place as i32]);
            if !text.is_empty() {
                writeln!(yaml, "          description: {}", quoted(&text)).unwrap();
            }
        }
    }
    yaml
}

fn schema(yaml: &mut String, field: &FieldDescriptorProto) {
    let kind = match field.r#type() {
        Type::String => "type: string".to_owned(),
        Type::Bool => "type: boolean".to_owned(),
        Type::Int32 => "type: integer\nformat: int32".to_owned(),
        Type::Int64 => "type: integer\nformat: int64".to_owned(),
        Type::Message => {
            let name = field.type_name().rsplit('.').next().unwrap();
            format!("$ref: '#/components/schemas/{name}'")
        }
        other => panic!("say how {other:?} reads in AsyncAPI"),
    };
    let (indent, kind) = if field.label() == Label::Repeated {
        yaml.push_str("          type: array\n          items:\n");
        ("            ", kind)
    } else {
        ("          ", kind)
    };
    for line in kind.lines() {
        writeln!(yaml, "{indent}{line}").unwrap();
    }
}

/// The comment above a message or field, on one line.
fn comment(file: &FileDescriptorProto, path: &[i32]) -> String {
    let info = file.source_code_info.iter().flat_map(|info| &info.location);
    let mut found = info.filter(|location| location.path == path);
    let text = found
        .next()
        .map(|location| location.leading_comments().to_owned())
        .unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
