"""`python -m a11i_writer`."""

from a11i_writer.main import main

main()
