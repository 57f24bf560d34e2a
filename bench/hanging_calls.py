#!/usr/bin/env python3
"""hanging_calls — many requests that an upstream never answers, until the gateway does.

  hanging_calls.py PORT TOKEN COUNT COUNT_A_SECOND

Prints "open" once all are sent, and at the end how many answers of each code there were and
when the last one came.
"""
import collections
import re
import resource
import select
import socket
import struct
import sys
import time

port, token, count, pace = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
connections_an_address = 5000  # ports of one address are too few for all of them

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
call = (
    "GET /api/v1/personas/instances HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    f"Authorization: Bearer {token}\r\n\r\n"
).encode()

began = time.monotonic()
answers = select.epoll()
waiting = {}
for number in range(count):
    time.sleep(max(0.0, began + number / pace - time.monotonic()))
    one = socket.socket()
    # Gone when it is closed, not a minute later: the next load needs its port.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.bind((f"127.0.0.{2 + number // connections_an_address}", 0))
    one.connect(("127.0.0.1", port))
    one.sendall(call)
    answers.register(one, select.EPOLLIN)
    waiting[one.fileno()] = (one, time.monotonic())
print("open", flush=True)

codes = collections.Counter()
longest = 0.0
while waiting:
    for descriptor, _ in answers.poll():
        one, sent = waiting.pop(descriptor)
        try:
            answer = one.recv(4096).decode(errors="replace")
        except ConnectionResetError:
            answer = "reset"
        found = re.search(r'"code":"([A-Z0-9_]+)"', answer)
        codes[found[1] if found else answer[:20]] += 1
        longest = max(longest, time.monotonic() - sent)
        answers.unregister(descriptor)
        one.close()
print(" ".join(f"{code}={times}" for code, times in sorted(codes.items())))
print(f"longest={longest:.2f} after={time.monotonic() - began:.2f}")
