"""`python -m a11i_cli` is `a11i`."""

from a11i_cli.main import main

if __name__ == "__main__":
    main()
