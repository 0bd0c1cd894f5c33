"""Build what browsers load: the NHS design system's own files beside ours, all served by us and nothing from elsewhere."""

import hashlib
import json
import re
import shutil
from pathlib import Path

from onedoor.cli.errors import Refused
from onedoor.cli.supervisor.place import checkout

PACKAGE = "nhsuk-frontend"
FONT_HOST = "assets.nhs.uk"
FONT_FACE = re.compile(r"@font-face\s*\{[^}]*" + re.escape(FONT_HOST) + r"[^}]*\}")
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/")


def build(home: Path) -> bool:
    """Bring `home/assets` and the collected `home/static` up to date; False when they were already.

    Needs Django ready when there is something to do.
    """
    stamp, wanted = home / "assets.stamp", _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted and (home / "static").is_dir():
        return False
    stamp.unlink(missing_ok=True)
    copy_design_system(checkout() / "node_modules" / PACKAGE, home / "assets")

    from django.core.management import call_command

    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted)
    return True


def copy_design_system(package: Path, target: Path) -> None:
    """The prebuilt stylesheet, script and images, under the names that the stylesheet expects below /assets/.

    The stylesheet loads the Frutiger font from another host and needs that host's consent (house-style.md 3.2); without
    those rules its next choice, Arial, is used and pages load nothing from elsewhere.
    """
    if not package.is_dir():
        raise Refused(f"{package} is missing: ./run fetches it.")
    version = json.loads((package / "package.json").read_text())["version"]
    built = package / "dist" / "nhsuk"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    name = f"{PACKAGE}-{version}.min"
    css = SOURCE_MAP.sub("", FONT_FACE.sub("", (built / f"{name}.css").read_text()))  # the map's offsets no longer hold
    if FONT_HOST in css:
        raise Refused(f"{PACKAGE} {version} loads from {FONT_HOST} in a way that cli/assets.py does not know.")
    (target / f"{name}.css").write_text(css)
    for file in (f"{name}.js", f"{name}.js.map"):
        shutil.copyfile(built / file, target / file)
    shutil.copytree(built / "assets" / "images", target / "images")
    _copy_typeface(target / "fonts")


def _copy_typeface(target: Path) -> None:
    """The letters of charts, which are measured in them: a machine that has no such font draws the same."""
    import fontpkg_atkinson_hyperlegible

    target.mkdir()
    for name in ("Regular", "Bold"):
        file = f"AtkinsonHyperlegible-{name}.ttf"
        shutil.copyfile(fontpkg_atkinson_hyperlegible.ROOT / "files" / file, target / file)


def _fingerprint() -> str:
    """Changes with any source of the assets: the locked design system, our own static files, this module."""
    root = checkout()
    digest = hashlib.sha256()
    for file in (root / "package-lock.json", Path(__file__)):
        digest.update(file.read_bytes())
    for file in sorted(root.glob("src/onedoor/*/static/**/*")):
        if file.is_file():
            digest.update(f"{file.relative_to(root)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
