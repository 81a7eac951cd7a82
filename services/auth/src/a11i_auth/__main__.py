"""`python -m a11i_auth`."""

from a11i_auth.main import main

main()
