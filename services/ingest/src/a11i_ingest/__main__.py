"""`python -m a11i_ingest`."""

from a11i_ingest.main import main

main()
