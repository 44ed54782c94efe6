"""Searches the tree for words that book/glossary.toml forbids, and for exceptions there that match nothing."""

import fnmatch
import re
import subprocess
import sys

try:
    import tomllib
except ModuleNotFoundError:
    sys.exit("the glossary's check needs Python 3.11 or newer")


def pattern_of(word):
    """A word in any spelling that code gives it (film, Film, FILM, film_id, myFilm); one with capitals or marks exactly."""
    if re.fullmatch(r"[a-z]+", word):
        title, upper = word.capitalize(), word.upper()
        return f"(?:(?<![A-Za-z]){word}|(?<![A-Z]){title}|(?<![A-Za-z]){upper}(?![A-Z]))(?![a-z])"
    if re.fullmatch(r"[\x00-\x7f]+", word):
        return rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])"
    # Korean joins particles to a word, so it has no end that a pattern could see.
    return re.escape(word)


def matches(name, globs):
    return any(fnmatch.fnmatch(name, glob) for glob in globs)


def files_of(root, settings):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.split("\0")
    return [
        name
        for name in listed
        if name and matches(name, settings["files"]) and not matches(name, settings["except"]) and (root / name).is_file()
    ]


def contract_names(root):
    """The names that the protos give: released, so code that generates from them and calls them has to repeat them."""
    names = set()
    for path in (root / "protos").rglob("*.proto"):
        code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
        for name in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", code):
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            names |= {name, snake, "".join(part.capitalize() for part in snake.split("_"))}
    return names


def is_contract_name(names, line, at):
    """Whether the place lies in an identifier of the protos. A plain lower-case word is one in code only, not in a comment."""
    comment = re.search(r"(?:^|\s)(?://|#|--|\*|/\*)", line)
    for token in re.finditer(r"[A-Za-z_][A-Za-z0-9_]*", line):
        if token.start() <= at < token.end():
            plain = re.fullmatch(r"[a-z]+", token.group())
            return token.group() in names and not (plain and comment and comment.start() <= at)
    return False


def check(root):
    with open(root / "book/glossary.toml", "rb") as file:
        book = tomllib.load(file)
    rules = []
    for index, entry in enumerate(book["term"]):
        for word in entry.get("forbidden", []):
            rules.append((word.lower(), re.compile(pattern_of(word)), entry, index))
        for pattern in entry.get("patterns", []):
            rules.append(("", re.compile(pattern), entry, index))
    allowed = [
        (index, re.compile(exception["text"]), exception.get("files", ["*"]), exception)
        for index, entry in enumerate(book["term"])
        for exception in entry.get("allowed", [])
    ]
    contract = contract_names(root)
    used = set()
    found = []
    for name in files_of(root, book["check"]):
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lowered = text.lower()
        for needle, pattern, entry, index in rules:
            # Most files have few of the words, and a plain search is a hundred times as quick.
            if needle not in lowered or not matches(name, entry.get("only", ["*"])):
                continue
            for hit in pattern.finditer(text):
                start = text.rfind("\n", 0, hit.start()) + 1
                end = text.find("\n", hit.end())
                line = text[start : end if end >= 0 else len(text)]
                at = hit.start() - start
                if name.endswith((".proto", ".rs")) and is_contract_name(contract, line, at):
                    continue
                excuse = next(
                    (
                        place
                        for place, (term, excused, files, _) in enumerate(allowed)
                        if term == index
                        and matches(name, files)
                        and any(span.start() <= at < span.end() for span in excused.finditer(line))
                    ),
                    None,
                )
                if excuse is None:
                    number = text.count("\n", 0, hit.start()) + 1
                    found.append(f"{name}:{number}: '{hit.group()}'; the word is '{entry['en']}': {line.strip()[:100]}")
                else:
                    used.add(excuse)
    for at, (_, _, _, exception) in enumerate(allowed):
        if at not in used:
            found.append(f"book/glossary.toml: the exception '{exception['text']}' ({exception['why']}) matches nothing any more")
    return found
