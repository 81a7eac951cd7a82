"""`python -m a11i_tokenization`."""

from a11i_tokenization.main import main

main()
