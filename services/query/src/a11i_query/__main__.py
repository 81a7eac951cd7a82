"""`python -m a11i_query`."""

from a11i_query.main import main

main()
