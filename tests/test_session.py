from __future__ import annotations

import subprocess
from pathlib import Path

from lakehouse.session import _without_vector_module


def test_packaged_java_never_sees_the_module_it_lacks(tmp_path: Path) -> None:
    java = tmp_path / "java 17" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    java.chmod(0o755)

    home = _without_vector_module(java.parent.parent)
    arguments = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-cp", "a b:c*", "Main"]
    seen = subprocess.run([home / "bin" / "java", *arguments], capture_output=True, text=True, check=True).stdout

    assert seen.splitlines() == ["-Xmx1g", "-cp", "a b:c*", "Main"]
