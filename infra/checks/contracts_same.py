"""Compares two versions of openapi.json and schema.graphql by structure: names, types, numbers, directives.

Texts for readers (descriptions, summaries, deprecation reasons) and order do not count. Both files become a set of facts, one
a line, so that a difference is readable: `type Movie.year: Int!` or `paths /api/v1/movies get responses 404 $ref = ...`.
Needs nothing but Python.
"""

import json
import re
import sys

# Below these keys of OpenAPI and JSON Schema, keys are names that matcha chose: a property called `description` is one.
NAME_MAPS = {
    "properties", "patternProperties", "$defs", "schemas", "responses", "parameters", "requestBodies", "headers",
    "securitySchemes", "paths", "content", "mapping", "examples", "variables", "callbacks", "links", "encoding", "scopes",
}
TEXTS = {"description", "summary"}
# Arrays whose order means nothing.
SETS = {"required", "enum", "type", "tags", "security"}
# Values, not schemas: nothing in them is a text about the contract.
DATA = {"example", "default", "const", "enum"}


def openapi_facts(document):
    facts = set()

    def add(path, value):
        facts.add(f"{' '.join(path)} = {json.dumps(value, ensure_ascii=False, sort_keys=True)}")

    def walk(value, path, named, children_named):
        """`named`: the last key of the path is a name that matcha chose; `children_named`: the keys below are."""
        key = "" if named or not path else path[-1]
        described = key == "tags" and isinstance(value, list) and any(isinstance(item, dict) for item in value)
        if key in DATA or (key in SETS and not described):
            add(path, sorted(value, key=json.dumps) if key in SETS and isinstance(value, list) else value)
        elif isinstance(value, dict):
            add(path, "{}")
            for name, child in value.items():
                if not children_named and name in TEXTS and isinstance(child, str):
                    continue
                walk(child, [*path, name], children_named, not children_named and name in NAME_MAPS)
        elif isinstance(value, list) and key in ("parameters", "tags"):
            for item in value:
                walk(item, [*path, item.get("$ref") or f"{item.get('in', '')}:{item['name']}"], True, False)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, [*path, str(index)], True, False)
        else:
            add(path, value)

    walk(document, [], True, False)
    return facts


TOKEN = re.compile(
    r'(?P<skip>[\s,\ufeff]+|#[^\n]*)'
    r'|(?P<string>"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n])*")'
    r'|(?P<name>[_A-Za-z][_0-9A-Za-z]*)'
    r'|(?P<number>-?\d[\d.eE+-]*)'
    r'|(?P<mark>\.\.\.|[!$&()\[\]{}:=@|])'
)


class Sdl:
    """A reader of GraphQL type definitions, as far as a server's schema goes."""

    def __init__(self, text):
        self.tokens = []
        at = 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                sys.exit(f"schema.graphql: cannot read {text[at:at + 40]!r}")
            if match.lastgroup != "skip":
                self.tokens.append((match.lastgroup, match.group()))
            at = match.end()
        self.at = 0
        self.facts = set()

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def next(self):
        token = self.peek()
        if not token:
            sys.exit("schema.graphql: ends in the middle of a definition")
        self.at += 1
        return token

    def expect(self, *wanted):
        token = self.next()
        if token not in wanted:
            sys.exit(f"schema.graphql: {wanted} expected, {token!r} found")

    def take(self, mark):
        if self.peek() == mark:
            self.at += 1
            return True
        return False

    def skip_description(self):
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "string":
            self.at += 1

    def type(self):
        if self.take("["):
            inner = f"[{self.type()}]"
            self.expect("]")
        else:
            inner = self.next()
        return inner + "!" if self.take("!") else inner

    def value(self):
        token = self.next()
        if token == "$":
            return "$" + self.next()
        if token == "[":
            items = []
            while not self.take("]"):
                items.append(self.value())
            return f"[{' '.join(items)}]"
        if token == "{":
            items = []
            while not self.take("}"):
                name = self.next()
                self.expect(":")
                items.append(f"{name}: {self.value()}")
            return f"{{{' '.join(sorted(items))}}}"
        return token

    def directives(self):
        found = []
        while self.take("@"):
            name = self.next()
            arguments = []
            if self.take("("):
                while not self.take(")"):
                    argument = self.next()
                    self.expect(":")
                    value = self.value()
                    if argument != "reason":
                        arguments.append(f"{argument}: {value}")
            found.append(f"@{name}({', '.join(sorted(arguments))})")
        return "".join(f" {directive}" for directive in sorted(found))

    def inputs(self, closing):
        """Arguments or the fields of an input: name: Type = default @directive."""
        found = []
        while not self.take(closing):
            self.skip_description()
            name = self.next()
            self.expect(":")
            line = f"{name}: {self.type()}"
            if self.take("="):
                line += f" = {self.value()}"
            found.append(line + self.directives())
        return found

    def fields(self, owner):
        while not self.take("}"):
            self.skip_description()
            name = self.next()
            arguments = sorted(self.inputs(")")) if self.take("(") else []
            self.expect(":")
            kind = self.type()
            brackets = f"({', '.join(arguments)})" if arguments else ""
            self.facts.add(f"{owner}.{name}{brackets}: {kind}{self.directives()}")

    def names(self, mark, closing_words):
        found = []
        self.take(mark)
        while self.at < len(self.tokens) and self.peek() not in closing_words:
            found.append(self.next())
            if not self.take(mark):
                break
        return sorted(found)

    def read(self):
        while self.at < len(self.tokens):
            self.skip_description()
            extend = "extend " if self.take("extend") else ""
            keyword = self.next()
            if keyword == "schema":
                self.facts.add(f"{extend}schema{self.directives()}")
                self.expect("{")
                while not self.take("}"):
                    self.skip_description()
                    name = self.next()
                    self.expect(":")
                    self.facts.add(f"schema {name}: {self.type()}")
                continue
            if keyword == "directive":
                self.expect("@")
                name = self.next()
                arguments = sorted(self.inputs(")")) if self.take("(") else []
                repeatable = " repeatable" if self.take("repeatable") else ""
                self.expect("on")
                places = " | ".join(self.names("|", set()))
                self.facts.add(f"directive @{name}({', '.join(arguments)}){repeatable} on {places}")
                continue
            owner = f"{extend}{keyword} {self.next()}"
            heading = owner
            if self.take("implements"):
                heading += " implements " + " & ".join(self.names("&", {"{", "@"}))
            heading += self.directives()
            if keyword == "union" and self.take("="):
                heading += " = " + " | ".join(self.names("|", set()))
            self.facts.add(heading)
            if keyword in ("type", "interface") and self.take("{"):
                self.fields(owner)
            elif keyword == "input" and self.take("{"):
                self.facts.update(f"{owner}.{line}" for line in self.inputs("}"))
            elif keyword == "enum" and self.take("{"):
                while not self.take("}"):
                    self.skip_description()
                    name = self.next()
                    self.facts.add(f"{owner}.{name}{self.directives()}")
            elif keyword not in ("type", "interface", "input", "enum", "union", "scalar"):
                sys.exit(f"schema.graphql: {keyword!r} is not a definition")
        return self.facts


def facts_of(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return openapi_facts(json.loads(text)) if path.endswith(".json") else Sdl(text).read()


def main(old_path, new_path):
    old, new = facts_of(old_path), facts_of(new_path)
    name = new_path.rsplit("/", 1)[-1]
    gone, come = sorted(old - new), sorted(new - old)
    for line in gone:
        print(f"- {name}: {line}")
    for line in come:
        print(f"+ {name}: {line}")
    if gone or come:
        print(f"{name}: {len(gone)} facts gone, {len(come)} new, of {len(old)}")
        return 1
    print(f"{name}: the same in all {len(old)} facts")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
