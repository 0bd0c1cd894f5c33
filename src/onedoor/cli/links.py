"""Check that links between the documents of the source tree lead somewhere. Addresses elsewhere are not asked."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

from onedoor.cli.supervisor.place import checkout

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
INLINE = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
DEFINED = re.compile(r"^\s*\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def broken(root: Path, documents: list[Path]) -> list[str]:
    """A sentence for each link in `documents` that leads nowhere below `root`."""
    found = []
    for document in documents:
        for link in links(document.read_text()):
            if problem := _problem(root, document, link):
                found.append(f"{document.relative_to(root)}: {link}: {problem}")
    return found


def links(text: str) -> list[str]:
    """The targets of all links and pictures of a Markdown text, those in code left out."""
    prose = CODE.sub("", FENCE.sub("", text))
    return INLINE.findall(prose) + DEFINED.findall(prose)


def anchors(text: str) -> set[str]:
    """The names that links may point at: headings as GitHub names them, and anchors written by hand."""
    names: set[str] = set()
    prose = FENCE.sub("", text)
    for heading in HEADING.findall(prose):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        repeats = 0
        while (unique := f"{name}-{repeats}" if repeats else name) in names:
            repeats += 1
        names.add(unique)
    return names | set(ANCHOR.findall(prose))


def _problem(root: Path, document: Path, link: str) -> str | None:
    if ELSEWHERE.match(link):
        return None
    path, _, anchor = unquote(link).partition("#")
    target = (
        (root / path.lstrip("/") if path.startswith("/") else document.parent / path).resolve() if path else document
    )
    if not target.is_relative_to(root):
        return "leads out of the source tree"
    if not target.exists():
        return "no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
        return "no such heading"
    return None


def main() -> int:
    root = checkout()
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    documents = [root / name for name in sorted(set(listed.split("\0")) - {""}) if (root / name).exists()]
    problems = broken(root, documents)
    print("\n".join(problems) or f"{len(documents)} documents, no broken link")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
