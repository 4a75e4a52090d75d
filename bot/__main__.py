"""`python -m bot` is the command `mainstay`."""

from .entry.cli import main

main()
