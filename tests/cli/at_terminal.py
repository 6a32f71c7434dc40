"""Runs a program at a terminal of so many columns, and writes what the terminal is sent; ends with its exit code."""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
mine, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
os.close(theirs)
while True:
    try:
        piece = os.read(mine, 65536)
    except OSError:  # Linux says EIO once nobody holds the other end.
        break
    if not piece:
        break
    sys.stdout.buffer.write(piece)
sys.exit(child.wait())
