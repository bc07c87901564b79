"""`python -m app.main` is `boptone`."""

from app.main.cli import main

main()
