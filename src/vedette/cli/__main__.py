"""``python -m vedette.cli``: the same as ``vedette``."""

from vedette.cli import main

main()
