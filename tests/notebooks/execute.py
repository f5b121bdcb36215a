"""Executes a notebook in a kernel of this environment; its outputs must be those that are committed.

.venv-notebook/bin/python -m tests.notebooks.execute notebooks/tutorial.ipynb [--update]
"""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from traitlets.config import Config

from tests.notebooks.outputs import committed, differences

CHECKOUT = Path(__file__).resolve().parents[2]
TAB = """
from IPython.core.completer import provisionalcompleter

known = {"lake.metrics.": "total_revenue", 'lake.metrics["': "total_revenue", "lake.dimensions.": "country"}
for text, name in known.items():
    with provisionalcompleter():
        offered = {one.text.lstrip(".") for one in get_ipython().Completer.completions(text, len(text))}
    assert name in offered, f"Tab after {text} offers {sorted(offered)[:9]}, not {name}"
"""


def main() -> int:
    """0 if every cell runs and puts out what is committed, or, with `--update`, what is committed from now on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--update", action="store_true", help="write the outputs into the notebook")
    arguments = parser.parse_args()
    before = nbformat.read(arguments.notebook, as_version=4)
    try:
        after = committed(executed(before, arguments.notebook.parent), CHECKOUT)
    except CellExecutionError as error:
        return _told(f"a cell of {arguments.notebook} fails:", str(error))
    if arguments.update:
        nbformat.write(nbformat.from_dict(after), arguments.notebook)
        return 0
    if changed := differences(before, after):
        return _told(f"{arguments.notebook} puts out something else than is committed (UPDATE=1 writes it):", *changed)
    sys.stdout.write(f"{arguments.notebook}: {len(before['cells'])} cells, all as committed\n")
    return 0


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """A copy of the notebook, executed from the first cell to the last in its folder; then Tab is pressed."""
    fresh = copy.deepcopy(notebook)
    fresh.cells.append(nbformat.v4.new_code_cell(TAB))
    # Spoken to through files in a folder of its own: no port is opened that others could connect to.
    with TemporaryDirectory() as sockets:
        config = Config({"KernelManager": {"transport": "ipc", "ip": str(Path(sockets, "kernel"))}})
        told = {"resources": {"metadata": {"path": str(folder)}}, "coalesce_streams": True}
        NotebookClient(fresh, kernel_name="python3", timeout=300, config=config, **told).execute()
    fresh.cells.pop()
    return fresh


def _told(*lines: str) -> int:
    sys.stderr.write("\n".join(lines) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
