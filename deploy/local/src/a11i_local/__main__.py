"""`python -m a11i_local up` and `demo`."""

from a11i_local.main import main

if __name__ == "__main__":
    main()
