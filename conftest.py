"""Set before any settings are read: tests serve assets under their plain names, without a build."""

import os
import tempfile
from pathlib import Path

os.environ["ONEDOOR_ASSETS"] = "plain"
os.environ.setdefault("ONEDOOR_HOME", str(Path(tempfile.gettempdir()) / "onedoor-tests"))
(Path(os.environ["ONEDOOR_HOME"]) / "assets").mkdir(parents=True, exist_ok=True)
