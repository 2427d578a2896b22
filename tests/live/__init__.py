"""Tests against a real Asterisk."""

import os

# Decoding sound in small pieces gains nothing from threads of the linear algebra: they only spin.
# It must be said before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
