"""Measurements of a joined file by ffmpeg and ffprobe."""
import subprocess

import numpy

SAMPLE_RATE = 48000
# Seconds: a stretch of each shot's audio, from after the crossfade, is searched this far around its expected time.
SEARCH = 0.7
STRETCH = 0.4
AFTER_CROSSFADE = 0.06
CLICK_WINDOW = 0.05


def output(*command):
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
    return done.stdout, done.stderr.decode()


def frame_digests(path):
    text, _ = output("ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in text.decode().splitlines() if not line.startswith("#")]


def samples(path):
    """The audio as played: gaps between packets are silence."""
    raw, _ = output(
        "ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar",
        str(SAMPLE_RATE), "-f", "f32le", "-")
    return numpy.frombuffer(raw, dtype=numpy.float32).astype(numpy.float64)


class Master:
    def __init__(self, path):
        text, _ = output("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path)
        self.times = sorted(float(line.strip(",")) for line in text.decode().splitlines() if line.strip(","))
        steps = sorted({round(b - a, 4) for a, b in zip(self.times, self.times[1:])})
        self.deltas = " ".join(f"{step:.4f}" for step in steps[:1] + steps[-1:]) if len(steps) > 1 else f"{steps[0]:.4f}"
        self.start = self.times[0]
        self.digests = frame_digests(path)
        self.frames = len(self.digests)
        _, messages = output("ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-")
        self.messages = len(messages.splitlines())


def audio_offsets(path, shots, times):
    """Seconds by which each shot's audio lags behind its first kept frame."""
    heard = samples(path)
    offsets = []
    for shot, time in zip(shots[1:], times):
        own = samples(shot)
        begin = int(AFTER_CROSSFADE * SAMPLE_RATE)
        piece = own[begin:begin + int(STRETCH * SAMPLE_RATE)]
        start = int(round(time * SAMPLE_RATE)) + begin - int(SEARCH * SAMPLE_RATE)
        window = heard[max(0, start):start + 2 * int(SEARCH * SAMPLE_RATE) + len(piece)]
        size = 1 << (len(window) + len(piece)).bit_length()
        match = numpy.fft.irfft(numpy.fft.rfft(window, size) * numpy.conj(numpy.fft.rfft(piece, size)), size)
        best = int(numpy.argmax(match[:len(window) - len(piece) + 1])) + max(0, start)
        offsets.append((best - begin) / SAMPLE_RATE - time)
    return offsets


def click(audio, joins):
    """The largest step between samples near a join, relative to the 99.9th percentile of all steps."""
    steps = numpy.abs(numpy.diff(audio))
    usual = numpy.quantile(steps, 0.999)
    reach = int(CLICK_WINDOW * SAMPLE_RATE)
    return max(steps[int(time * SAMPLE_RATE) - reach:int(time * SAMPLE_RATE) + reach].max() for time in joins) / usual
