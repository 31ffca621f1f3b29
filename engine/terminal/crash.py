"""What nobody foresaw: the traceback goes to a file for whoever mends it."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path

from engine import __version__


def kept(error: BaseException) -> Path:
    """Write the traceback to a new file of its own and say where."""
    handle, name = tempfile.mkstemp(prefix="docstage-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"docstage {__version__}\n")
        file.writelines(traceback.format_exception(error))
    return Path(name)
