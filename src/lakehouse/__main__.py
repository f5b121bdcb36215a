"""`python -m lakehouse` is `lakehouse`."""

from lakehouse.cli import main

main()
