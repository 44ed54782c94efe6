#!/usr/bin/env python3
"""Checks that what the documents name is there: relative links, and paths of this repository in backticks. `make check` runs it."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOP = ("crates/", "services/", "protos/", "tests/", "infra/", "web/", "docs/", "book/")


def tracked(pattern):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines()]


def named_by(document):
    """(line, path) of each link target and each path in backticks, code blocks left out."""
    fenced = False
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if not re.match(r"[a-z]+:|#", target):
                yield number, document.parent / target.split("#")[0]
        for path in re.findall(r"`([\w./*-]+)`", line):
            # A word in capitals stands for a name: services/SERVICE/migrations.
            if path.startswith(TOP) and not re.search(r"/[A-Z]+(/|$)", path):
                yield number, ROOT / path


def is_there(path):
    relative = path.resolve().relative_to(ROOT) if path.resolve().is_relative_to(ROOT) else None
    if relative is None:
        return False
    return any(ROOT.glob(str(relative))) if "*" in str(relative) else path.exists()


def main():
    missing = []
    for document in tracked("*.md"):
        if document.is_file():
            missing += [
                f"{document.relative_to(ROOT)}:{number}: {path} does not exist"
                for number, path in named_by(document)
                if not is_there(path)
            ]
    print("\n".join(missing) or "every file that the documents name exists")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
