"""`python -m thermalent` is the command `thermalent`."""

from thermalent.cli import main

if __name__ == "__main__":
    main(prog_name="thermalent")
