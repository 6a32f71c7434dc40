"""Talks with a program at a terminal: waits for each text, sends each answer; prints what the terminal was sent.

Arguments: a JSON list of [text to wait for, answer], then the program. An answer "^C" is that key. Writes one JSON value:
what was shown, the exit code, and whether the terminal shows again what is typed."""
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios

# Generous: a machine may be slow, and what does not come within that does not come.
LIMIT = 60
steps, command = json.loads(sys.argv[1]), sys.argv[2:]
mine, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
child = subprocess.Popen(
    command,
    stdin=theirs,
    stdout=theirs,
    stderr=theirs,
    start_new_session=True,
    preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
)
os.close(theirs)
shown, seen = b"", 0


def more():
    """Whether there was more to read."""
    global shown
    if not select.select([mine], [], [], LIMIT)[0]:
        child.kill()
        sys.exit(f"nothing came any more after {shown.decode()!r}")
    try:
        piece = os.read(mine, 65536)
    except OSError:  # Linux says EIO once nobody holds the other end.
        return False
    shown += piece
    return bool(piece)


for text, answer in steps:
    while shown.find(text.encode(), seen) < 0:
        if not more():
            sys.exit(f"ended before {text!r}: {shown.decode()}")
    seen = shown.find(text.encode(), seen) + len(text.encode())
    os.write(mine, b"\x03" if answer == "^C" else answer.encode() + b"\r")
while more():
    pass
code = child.wait()
shows = bool(termios.tcgetattr(mine)[3] & termios.ECHO)
json.dump({"shown": shown.decode().replace("\r\n", "\n"), "code": code, "shows": shows}, sys.stdout)
