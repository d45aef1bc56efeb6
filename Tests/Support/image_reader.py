#!/usr/bin/env python3
"""Reads images on request: an interpreter that is running does it in a millisecond, a new `ffmpeg` in a hundred.

Reads one path per line. Answers with a line "WIDTH HEIGHT" and that many RGB pixels of 8 bits (deeper images by their high
bytes), or with a line of text that does not begin with a digit. Ends with its standard input.
"""

import sys

from PIL import Image


def main():
    out = sys.stdout.buffer
    for line in sys.stdin:
        try:
            with Image.open(line.rstrip("\n")) as image:
                pixels = image.convert("RGB")
            out.write(b"%d %d\n" % pixels.size + pixels.tobytes())
        except Exception as error:
            out.write(("! %s" % error).replace("\n", " ").encode() + b"\n")
        out.flush()


main()
