"""Counts what the limits on the code restrict, and compares each count with its limit. `house.py --help` says how it is called."""

import argparse
import fnmatch
import re
import subprocess
import sys
from pathlib import Path

import glossary
from rust_source import blank, folder_of_children, sources

ROOT = Path(__file__).resolve().parents[2]

TYPE = re.compile(r"\b(?:struct|enum|union|trait|type)\s+([A-Z]\w*)")


def types_of_both_faces():
    """Types that REST and GraphQL both define: one of features/ should serve both."""
    faces = []
    for face in ("rest", "graphql"):
        found = {}
        for source in sources(ROOT, f"services/gateway/src/{face}/**/*.rs", tests=False):
            for name in TYPE.finditer(source.without_tests()):
                # An associated type of a trait is named by the trait.
                if not source.code[: name.start()].endswith("    ") or "type" not in name.group():
                    found.setdefault(name.group(1), source.place(name.start()))
        faces.append(found)
    return [f"{name}: {faces[0][name]} and {faces[1][name]}" for name in sorted(faces[0].keys() & faces[1].keys())]


QUERY = re.compile(
    r"(?<![\w.])(?:sqlx::)?(?:query(?:_as|_scalar)?(?:_with)?|raw_sql)(?:::<[^;{}()]*>)?\s*\(|\bQueryBuilder\s*(?:::<[^()]*>)?::"
)


def unchecked_queries():
    """SQL that is not checked against the schema when it is built. Each needs a comment `unchecked:` with the reason."""
    found = []
    for source in sources(ROOT, "services/*/src/**/*.rs", "crates/*/src/**/*.rs", tests=False):
        code = source.without_tests()
        if "sqlx" not in code:
            continue
        lines = source.text.split("\n")
        for query in QUERY.finditer(code):
            if re.search(r"\bfn\s+$", code[: query.start()]):
                continue
            line = source.line(query.start())
            # On its line or on the five above, as a statement may be broken before it.
            reason = any("unchecked:" in text for text in lines[max(0, line - 6) : line])
            found.append(f"{source.place(query.start())}{'' if reason else ' has no reason'}")
    return found


def unreasoned_queries():
    return [place for place in unchecked_queries() if place.endswith("no reason")]


def service_names():
    return sorted(path.name for path in (ROOT / "services").iterdir() if (path / "Cargo.toml").exists())


# Words of a library that are no service: {file pattern: {word: reason}}.
NOT_A_SERVICE = {
    "crates/chassis/src/http.rs": {"user": "the kernel's setting TCP_USER_TIMEOUT"},
}


def service_names_in_crates():
    """Services that a library names, in code or in comments."""
    words = re.compile(rf"(?<![a-zA-Z])(?:{'|'.join(service_names())})(?![a-z])", re.IGNORECASE)
    found = []
    for source in sources(ROOT, "crates/*/src/**/*.rs"):
        for word in words.finditer(source.text):
            allowed = any(
                fnmatch.fnmatch(source.name, pattern) and word.group().lower() in reasons
                for pattern, reasons in NOT_A_SERVICE.items()
            )
            if not allowed:
                found.append(f"{source.place(word.start())}: {word.group()}")
    return found


FOREIGN_TO_GATEWAY = ("sqlx", "lapin", "redis")


def services_in_services():
    """Services that depend on another service instead of calling it."""
    names, found = service_names(), []
    for manifest in sorted((ROOT / "services").glob("*/Cargo.toml")):
        for number, line in enumerate(manifest.read_text().split("\n"), 1):
            name = re.match(r"([\w-]+)\s*(?:\.workspace)?\s*=", line)
            if name and name.group(1) in names:
                found.append(f"{manifest.relative_to(ROOT)}:{number}: {line}")
    return found


def stores_of_gateway():
    """Clients of stores and brokers that the gateway is compiled with: it has none."""
    tree = subprocess.run(
        ["cargo", "tree", "--locked", "--offline", "--package", "gateway", "--edges", "normal,build", "--prefix", "none"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    if tree.returncode != 0:
        sys.exit(f"house: cargo tree failed:\n{tree.stderr}")
    crates = {line.split()[0] for line in tree.stdout.splitlines() if line.strip()}
    return sorted(name for name in crates if any(re.match(rf"{word}(-|$)", name) for word in FOREIGN_TO_GATEWAY))


FUNCTION = re.compile(r"\bfn\s+(\w+)")
MOST_LINES = 90


def long_functions():
    """Functions with more than 90 lines of code, counted as clippy's too_many_lines does: no comments, no empty lines."""
    found = []
    for source in sources(ROOT, "crates/**/*.rs", "services/**/*.rs"):
        for function in FUNCTION.finditer(source.code):
            depth = 0
            for mark in re.compile(r"[(){;\[\]]").finditer(source.code, function.end()):
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(mark.group(), 0)
                if depth == 0 and mark.group() == ";":
                    break
                if depth == 0 and mark.group() == "{":
                    body = source.uncommented[mark.start() + 1 : source.closing(mark.start())]
                    count = sum(1 for line in body.split("\n") if line.strip())
                    # Of an async function clippy sees the braces too; a test's are its macro's.
                    before = source.code[max(0, function.start() - 200) : function.start()].rsplit("}", 1)[-1]
                    if before.rstrip().endswith("async") and "::test" not in before:
                        count += 2
                    if count > MOST_LINES:
                        found.append(f"{source.place(function.start())}: {function.group(1)} has {count} lines")
                    break
    return found


def use_paths(tree):
    """`a::{b, c::{d}}` as the paths a::b and a::c::d."""
    paths, stack, word = [], [], ""
    prefix = []
    for token in re.findall(r"::|[{},]|\w+|\*", re.sub(r"\bas\s+\w+", "", tree)):
        if token == "{":
            stack.append((prefix, word))
            prefix = prefix + word
            word = []
        elif token in (",", "}"):
            if word:
                paths.append(prefix + word)
            word = []
            if token == "}":
                prefix, _ = stack.pop()
        elif token != "::":
            word = [*(word or []), token]
    if word:
        paths.append(prefix + word)
    return paths


USE = re.compile(r"\buse\s+([^;]+);")
PATH = re.compile(r"(?<![\w:])(?:crate|self|super)(?:::\w+)+")


def file_circles(crate):
    """Groups of a crate's files of which each uses, through others or not, each."""
    files = sources(ROOT, f"{crate}/src/**/*.rs", tests=False)
    base = ROOT / crate / "src"
    modules = {}
    for source in files:
        parts = list(source.path.relative_to(base).with_suffix("").parts)
        if parts[-1] in ("mod", "lib"):
            parts.pop()
        modules[tuple(parts)] = source
    uses = {}
    for module, source in modules.items():
        code = source.without_tests()
        children = set(re.findall(r"\bmod\s+(\w+)\s*;", code))
        paths = [path for tree in USE.findall(code) for path in use_paths(tree)]
        rest = USE.sub(lambda found: blank(found.group()), code)
        paths += [found.group().split("::") for found in PATH.finditer(rest)]
        paths += [path.split("::") for child in children for path in re.findall(rf"(?<![\w:]){child}(?:::\w+)+", rest)]
        targets = set()
        for path in paths:
            at = list(module)
            if path[0] == "crate":
                at = []
            elif path[0] == "super":
                while path and path[0] == "super":
                    at = at[:-1]
                    path = path[1:]
                path = ["", *path]
            elif path[0] in children:
                path = ["", *path]
            elif path[0] != "self":
                continue
            whole = [*at, *path[1:]]
            while whole and tuple(whole) not in modules:
                whole.pop()
            if tuple(whole) in modules and tuple(whole) != module:
                targets.add(tuple(whole))
        uses[module] = targets

    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for target in uses[todo.pop()]:
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen

    reached = {module: reach(module) for module in modules}
    groups = {
        frozenset(other for other in reached[module] if module in reached[other])
        for module in modules
        if module in reached[module]
    }
    return [sorted(modules[module].name for module in group) for group in groups]


def circles_of_gateway():
    """Circles between files of the gateway. The one that the GraphQL type graph is, inside graphql/, is not counted."""
    return [
        " <-> ".join(group)
        for group in file_circles("services/gateway")
        if not all(name.startswith("services/gateway/src/graphql/") for name in group)
    ]


def forbidden_words():
    return glossary.check(ROOT)


# name: (what it counts, the target, the count)
NUMBERS = {
    "faces": ("type names in both rest/ and graphql/ of the gateway", 0, types_of_both_faces),
    "queries": ("SQL statements not checked at build", 10, unchecked_queries),
    "reasons": ("of them without a comment `unchecked: why`", 0, unreasoned_queries),
    "services": ("names of services in crates/*/src", 0, service_names_in_crates),
    "coupling": ("services that depend on another service's crate", 0, services_in_services),
    "stores": ("store and broker clients that the gateway is built with", 0, stores_of_gateway),
    "functions": (f"functions over {MOST_LINES} lines in crates/ and services/", 0, long_functions),
    "circles": ("circles between files of the gateway, outside graphql/", 0, circles_of_gateway),
    "glossary": ("forbidden words (book/glossary.toml)", 0, forbidden_words),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", action="store_true", help="only report: a number over its target fails nothing")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"list the places of these: {', '.join(NUMBERS)}")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NUMBERS:
            parser.error(f"there is no number '{name}'; there are {', '.join(NUMBERS)}")
    over = []
    for name, (text, target, count) in NUMBERS.items():
        if arguments.names and name not in arguments.names:
            continue
        places = count()
        if len(places) > target:
            over.append(name)
        if arguments.names:
            for place in places:
                print(place)
        print(f"{'OVER' if len(places) > target else 'ok':5} {len(places):5}  (at most {target:2})  {name + ':':10} {text}")
    if over and not arguments.names:
        print(f"`make house NAME={over[0]}` lists the places of a number")
    return 1 if over and not arguments.report else 0


if __name__ == "__main__":
    sys.exit(main())
