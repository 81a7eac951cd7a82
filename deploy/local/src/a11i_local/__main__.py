"""`python -m a11i_local up` and `demo`."""

import signal

if __name__ == "__main__":
    # Ctrl-C ends this at once until the mesh has a handler of its own: nothing runs yet, and the imports take a while.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from a11i_local.main import main

    main()
