"""Reads Rust sources as far as the checks need: what is code, what is a comment, where a function ends."""

import bisect
import re
from pathlib import Path

SKIPPED = {"target", "node_modules"}

# Longest first: a raw string may hold quotes and slashes, a lifetime is no character.
PIECE = re.compile(
    r'(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)'
    r'|(?P<string>b?c?r(?P<hashes>#*)".*?"(?P=hashes)|b?c?"(?:\\.|[^"\\])*")'
    r"|(?P<character>b?'(?:\\(?:u\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|.)|[^'\\])')",
    re.DOTALL,
)


def blank(text):
    """The same length and the same lines, without the words."""
    return re.sub(r"[^\n]", " ", text)


class Source:
    def __init__(self, path, root):
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        # code: without comments, strings and characters. uncommented: without comments alone.
        self.code = PIECE.sub(lambda piece: blank(piece.group()), self.text)
        self.uncommented = PIECE.sub(
            lambda piece: blank(piece.group()) if piece.lastgroup == "comment" else piece.group(), self.text
        )
        self.starts = [0] + [found.end() for found in re.finditer("\n", self.text)]

    def line(self, at):
        return bisect.bisect_right(self.starts, at)

    def place(self, at):
        return f"{self.name}:{self.line(at)}"

    def closing(self, opening):
        """The place of the brace that closes the one at `opening`."""
        depth = 0
        for found in re.compile(r"[{}]").finditer(self.code, opening):
            depth += 1 if found.group() == "{" else -1
            if depth == 0:
                return found.start()
        return len(self.code)

    def without_tests(self):
        """The code with `#[cfg(test)] mod … { … }` blanked."""
        code = self.code
        for found in TEST_MODULE.finditer(self.code):
            if found.group("mark") == "{":
                end = self.closing(found.end() - 1) + 1
                code = code[: found.start()] + blank(code[found.start() : end]) + code[end:]
        return code

    def test_files(self):
        """The modules in files of their own that are compiled for tests only."""
        return [found.group("name") for found in TEST_MODULE.finditer(self.code) if found.group("mark") == ";"]


TEST_MODULE = re.compile(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+(?P<name>\w+)\s*(?P<mark>[{;])")


def folder_of_children(path):
    """Where `mod child;` in this file looks for child.rs."""
    return path.parent if path.name in ("mod.rs", "lib.rs", "main.rs") else path.with_suffix("")


def sources(root, *patterns, tests=True):
    """The Rust files that match. With tests=False, those that only tests compile are left out."""
    paths = sorted(
        path
        for pattern in patterns
        for path in Path(root).glob(pattern)
        if not SKIPPED.intersection(path.relative_to(root).parts)
    )
    found = [Source(path, Path(root)) for path in paths]
    if tests:
        return found
    hidden = set()
    for source in found:
        for name in source.test_files():
            folder = folder_of_children(source.path)
            hidden.update((folder / f"{name}.rs", folder / name / "mod.rs"))
    return [source for source in found if source.path not in hidden]
