"""Which code has judged a deck: the id that git gives to a folder as it is installed, without git.

A release number says little of a station that runs from a checkout. `git rev-parse COMMIT:calibration` gives the same
id for the commit that the files are of, and a file that was edited on the station gives another.
"""

import hashlib
from pathlib import Path


def git_tree(folder: Path) -> str:
    """Return the id of a folder of plain files, 40 hex digits; folders in it (caches of Python) are left out."""
    files = sorted((path for path in folder.iterdir() if path.is_file()), key=lambda path: path.name.encode())
    entries = [b"100644 " + path.name.encode() + b"\0" + _id(b"blob", path.read_bytes()) for path in files]
    return _id(b"tree", b"".join(entries)).hex()


def _id(kind: bytes, content: bytes) -> bytes:
    header = kind + b" " + str(len(content)).encode() + b"\0"
    return hashlib.sha1(header + content, usedforsecurity=False).digest()
