#!/usr/bin/env python3
"""sync_times — how long does the disk take to keep 8 KiB? Median and p99 in ms of 200 writes.

  sync_times.py FOLDER
"""
import os
import sys
import tempfile
import time

times = []
with tempfile.TemporaryFile(dir=sys.argv[1]) as file:
    for _ in range(200):
        os.write(file.fileno(), b"x" * 8192)
        began = time.monotonic()
        os.fdatasync(file.fileno())
        times.append((time.monotonic() - began) * 1000)
times.sort()
print(f"median {times[100]:.2f}, p99 {times[197]:.2f}")
