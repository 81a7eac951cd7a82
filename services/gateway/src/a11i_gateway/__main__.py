"""`python -m a11i_gateway` runs the service."""

from a11i_gateway.main import main

if __name__ == "__main__":
    main()
