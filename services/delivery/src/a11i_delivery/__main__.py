"""`python -m a11i_delivery`."""

from a11i_delivery.main import main

main()
