#!/usr/bin/env python3
"""Finds circles among source files: files that import from each other, directly or through others.

    tools/check_circles.py [ROOT]       check every crate below ROOT/crates (default: this repository)
    tools/check_circles.py --self-test  build small trees with and without a circle, and judge them

The sources are read as text. A path (`crate::..`, `super::..`, `self::..`, or one that begins with an imported name or a
child module) leads to the file that defines the item; re-exports are followed to their origin. These are not imports:
a `mod` declaration, a re-export whose name the file itself does not use, anything in a comment or a string, and what
is compiled for tests only. Exit status: 0 without a circle, 1 with one.
"""

import re
import sys
import tempfile
from pathlib import Path

ITEM = re.compile(
    r"\b(?:fn|struct|enum|union|trait|type|const(?!\s+fn)|static(?:\s+mut)?|macro_rules!)\s+(?:r#)?([A-Za-z_]\w*)"
)
MODULE = re.compile(r"\bmod\s+([A-Za-z_]\w*)\s*([;{])")
USE = re.compile(r"(\bpub(?:\s*\([^)]*\))?\s+)?\buse\s+([^;]+);")
PATH = re.compile(r"(?<![\w:.'])\$?([A-Za-z_]\w*(?:\s*::\s*[A-Za-z_]\w*)+)")
WORD = re.compile(r"(?<![\w'])[A-Za-z_]\w*")
TEST_ONLY = re.compile(r"#\[cfg\((?:all\()?\s*test\b[^\]]*\]")
MODULE_FILE = re.compile(r'#\[path\s*=\s*"([^"]*)"\]\s*(?:pub(?:\s*\([^)]*\))?\s+)?mod\s+(\w+)\s*;')


def blank(text, keep_strings=False):
    """The text with comments and strings replaced by blanks, so that positions stay."""
    out = list(text)
    at, size = 0, len(text)

    def wipe(begin, end):
        for i in range(begin, min(end, size)):
            if out[i] != "\n":
                out[i] = " "

    while at < size:
        two = text[at : at + 2]
        if two == "//":
            end = text.find("\n", at)
            end = size if end < 0 else end
            wipe(at, end)
            at = end
        elif two == "/*":
            depth, end = 1, at + 2
            while end < size and depth:
                pair = text[end : end + 2]
                depth += (pair == "/*") - (pair == "*/")
                end += 2 if pair in ("/*", "*/") else 1
            wipe(at, end)
            at = end
        elif raw := re.compile(r'\b[bc]?r(#*)"').match(text, at):
            end = text.find('"' + raw.group(1), raw.end())
            end = size if end < 0 else end + 1 + len(raw.group(1))
            if not keep_strings:
                wipe(at, end)
            at = end
        elif text[at] == '"':
            end = at + 1
            while end < size and text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            if not keep_strings:
                wipe(at, end + 1)
            at = end + 1
        elif char := re.compile(r"'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'])'", re.S).match(text, at):
            wipe(at, char.end())
            at = char.end()
        else:
            at += 1
    return "".join(out)


def closing(text, opening):
    """Where the bracket at `opening` closes."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] in "{([") - (text[at] in "})]")
        if depth == 0:
            return at
    return len(text)


def without_tests(text):
    """The text without the items that only tests compile."""
    while found := TEST_ONLY.search(text):
        at = found.end()
        # The item ends with its first block, or at its semicolon.
        while at < len(text) and text[at] not in "{;":
            at = closing(text, at) + 1 if text[at] in "([" else at + 1
        end = closing(text, at) if at < len(text) and text[at] == "{" else at
        text = text[: found.start()] + re.sub(r"[^\n]", " ", text[found.start() : end + 1]) + text[end + 1 :]
    return text


def leaves(tree, before=()):
    """The paths of a `use` tree, each with the name it is bound to (`*` for a glob)."""
    tree = tree.strip()
    if "{" in tree:
        opening = tree.index("{")
        before += tuple(part for part in (p.strip() for p in tree[:opening].split("::")) if part)
        body = tree[opening + 1 : closing(tree, opening)]
        start, depth = 0, 0
        for at, letter in enumerate(body + ","):
            depth += (letter == "{") - (letter == "}")
            if letter == "," and depth == 0:
                if body[start:at].strip():
                    yield from leaves(body[start:at], before)
                start = at + 1
        return
    path, _, alias = tree.partition(" as ")
    path = before + tuple(part.strip() for part in path.split("::") if part.strip())
    if len(path) > 1 and path[-1] == "self":
        path = path[:-1]
    yield path, alias.strip() or path[-1]


class Module:
    def __init__(self, file, path):
        self.file, self.path = file, path
        self.children, self.items, self.uses, self.globs = {}, set(), {}, []
        self.text = ""


class Crate:
    def __init__(self, root):
        self.modules, self.edges = {}, {}
        self.load(root, (), root.parent)

    def load(self, file, path, folder):
        """Reads a file and, by its `mod` declarations, those below it."""
        source = file.read_text(encoding="utf-8", errors="replace")
        named = {name: where for where, name in MODULE_FILE.findall(blank(source, keep_strings=True))}
        self.module(file, path, without_tests(blank(source)), folder, named)

    def module(self, file, path, text, folder, named):
        module = self.modules[path] = Module(file, path)
        at = 0
        while found := MODULE.search(text, at):
            name, at = found.group(1), found.end()
            module.children[name] = path + (name,)
            if found.group(2) == "{":
                end = closing(text, found.end() - 1)
                self.module(file, path + (name,), text[found.end() : end], folder / name, {})
                text = text[: found.end()] + re.sub(r"[^\n]", " ", text[found.end() : end]) + text[end:]
                continue
            for place in ([file.parent / named[name]] if name in named else []) + [
                folder / f"{name}.rs",
                folder / name / "mod.rs",
            ]:
                if place.is_file():
                    self.load(place, path + (name,), place.parent if place.name == "mod.rs" else place.parent / name)
                    break
        module.items = set(ITEM.findall(text))
        for found in USE.finditer(text):
            for target, name in leaves(found.group(2)):
                if name == "*":
                    module.globs.append(target[:-1])
                elif name != "_":
                    module.uses[name] = (target, bool(found.group(1)))
                else:
                    module.uses[f"_{found.start()}_{target}"] = (target, False)
        module.text = USE.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), text)

    def resolve(self, here, path, seen=frozenset()):
        """The module that defines what `path` names, seen from module `here`: (module path, whether it is an item)."""
        if (here, path) in seen:
            return None
        seen = seen | {(here, path)}
        first, rest = path[0], path[1:]
        if first in ("crate", "$crate"):
            return self.walk((), rest, seen)
        if first == "self":
            return self.walk(here, rest, seen)
        if first == "super":
            return self.resolve(here[:-1], ("self",) + rest, seen) if here else None
        module = self.modules.get(here)
        if module and (first in module.children or first in module.items or first in module.uses):
            return self.walk(here, path, seen)
        return self.by_glob(here, path, seen)

    def walk(self, here, path, seen):
        if path and path[0] == "super":
            return self.walk(here[:-1], path[1:], seen) if here else None
        if not path:
            return (here, False) if here in self.modules else None
        module = self.modules.get(here)
        if module is None:
            return None
        first, rest = path[0], path[1:]
        if first in module.children and module.children[first] in self.modules:
            # One name can be a module and an item; what ends here may be either, and the item is what counts.
            if rest or first not in module.items:
                if not rest and first in module.uses:
                    return self.resolve(here, module.uses[first][0], seen | {(here, path)})
                return self.walk(module.children[first], rest, seen)
        if first in module.items:
            return here, True
        if first in module.uses:
            target = module.uses[first][0]
            # `use log::log`: another crate's.
            return self.resolve(here, target + rest, seen) if target[0] != first else None
        return self.by_glob(here, path, seen)

    def by_glob(self, here, path, seen):
        module = self.modules.get(here)
        for glob in module.globs if module else []:
            found = self.resolve(here, glob, seen)
            if found and not found[1] and found[0] != here:
                deeper = self.walk(found[0], path, seen | {(here, path)})
                if deeper:
                    return deeper
        return None

    def link(self, module, path):
        found = self.resolve(module.path, path)
        if found and found[1]:
            target = self.modules[found[0]].file
            if target != module.file:
                self.edges.setdefault(module.file, {}).setdefault(target, "::".join(path))

    def links(self):
        """Which file needs which, and by which path."""
        for module in self.modules.values():
            self.edges.setdefault(module.file, {})
            words = set(WORD.findall(module.text))
            for name, (target, public) in module.uses.items():
                if not public or name in words:
                    self.link(module, target)
            for found in PATH.finditer(module.text):
                path = tuple(part.strip() for part in found.group(1).split("::"))
                self.link(module, path)
                # An enum's or a struct's own path ends before its variant or function.
                if len(path) > 2:
                    self.link(module, path[:-1])
            for glob in module.globs:
                found = self.resolve(module.path, glob)
                if found and not found[1]:
                    for word in words:
                        self.link(module, glob + (word,))
        return self.edges


def circles(edges):
    """Strongly connected components of more than one node (Tarjan, without recursion)."""
    index, low, stack, on, found = {}, {}, [], set(), []
    for root in sorted(edges):
        if root in index:
            continue
        work = [(root, iter(sorted(edges[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while work:
            node, rest = work[-1]
            for target in rest:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on.add(target)
                    work.append((target, iter(sorted(edges.get(target, ())))))
                    break
                if target in on:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        top = stack.pop()
                        on.discard(top)
                        component.append(top)
                        if top == node:
                            break
                    if len(component) > 1:
                        found.append(sorted(component))
    return found


def check(root):
    """Prints the circles of all crates below `root`; the number of them."""
    number, files = 0, 0
    for folder in sorted((root / "crates").glob("*/src")):
        for start in ("lib.rs", "main.rs"):
            if not (folder / start).is_file():
                continue
            edges = Crate(folder / start).links()
            files += len(edges)
            for component in circles(edges):
                number += 1
                print(f"{folder.parent.name}: {len(component)} files import from each other")
                for file in component:
                    for target, path in sorted(edges[file].items()):
                        if target in component:
                            print(f"  {file.relative_to(folder)} -> {target.relative_to(folder)}  ({path})")
    print(f"{number} circles in {files} files")
    return number


ACYCLIC = {
    "lib.rs": "pub mod a;\nmod b;\nmod leaf;\npub use b::B;\npub use leaf::Leaf;\n",
    "a.rs": "//! Not `crate::b::B`'s friend.\nuse crate::Leaf;\npub fn a(_: Leaf) -> &'static str { \"crate::b::B\" }\n"
    "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n    fn t() -> B { B }\n}\n",
    "b/mod.rs": "mod c;\npub use c::B;\n",
    "b/c.rs": "use crate::{a, Leaf};\npub struct B;\nfn f() { a::a(Leaf); }\n",
    "leaf.rs": "pub struct Leaf;\n",
}
# `a` reaches `b/c.rs` through two re-exports, and that one comes back by a path in the midst of its code.
CYCLIC = ACYCLIC | {"a.rs": "use crate::B;\npub fn a(_: B) {}\n", "b/c.rs": "pub struct B;\nfn f() { crate::a::a(B); }\n"}
# A child needs an item that its parent defines, while the parent uses the child.
PARENT = {"lib.rs": "mod p;\n", "p/mod.rs": "mod q;\npub struct P;\nfn f() { q::g(P); }\n", "p/q.rs": "pub fn g(_: super::P) {}\n"}


def self_test():
    for name, tree, expected in (
        ("acyclic", ACYCLIC, 0),
        ("cyclic", CYCLIC, 1),
        ("parent", PARENT, 1),
    ):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in tree.items():
                place = Path(folder) / "crates/some/src" / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
            if (found := check(Path(folder))) != expected:
                print(f"self-test `{name}`: {found} circles found, {expected} are there")
                return 1
    print("self-test passed")
    return 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    return 1 if check(root) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
