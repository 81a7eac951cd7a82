"""`python -m a11i_redaction` runs the service."""

import os

# Before NumPy is loaded, which reads these once: the work is one core's, and the libraries' own threads only get in
# the way of the mesh's other processes.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# And before libraries that fetch models are: these must not.
for _variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
    os.environ[_variable] = "1"

from a11i_redaction.main import main  # noqa: E402  (the lines above must come first)

if __name__ == "__main__":
    main()
