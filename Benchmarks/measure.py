"""What ffmpeg and ffprobe say of a joined file."""
import subprocess

import numpy

SAMPLE_RATE = 48000
# A audio is looked for so many seconds around where it should be, by comparing a stretch of it from behind the crossfade.
SEARCH = 0.7
STRETCH = 0.4
BEHIND_CROSSFADE = 0.06
CLICK_WINDOW = 0.05


def output(*command):
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
    return done.stdout, done.stderr.decode()


def picture_digests(path):
    text, _ = output("ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in text.decode().splitlines() if not line.startswith("#")]


def samples(path):
    """The audio as it is heard: gaps between packets are silence."""
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
        self.digests = picture_digests(path)
        self.frames = len(self.digests)
        _, complaints = output("ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-")
        self.messages = len(complaints.splitlines())


def sound_offsets(path, shots, times):
    """Seconds by which each shot's audio comes late against the first frame that was kept of it."""
    heard = samples(path)
    offsets = []
    for shot, time in zip(shots[1:], times):
        own = samples(shot)
        begin = int(BEHIND_CROSSFADE * SAMPLE_RATE)
        piece = own[begin:begin + int(STRETCH * SAMPLE_RATE)]
        start = int(round(time * SAMPLE_RATE)) + begin - int(SEARCH * SAMPLE_RATE)
        window = heard[max(0, start):start + 2 * int(SEARCH * SAMPLE_RATE) + len(piece)]
        size = 1 << (len(window) + len(piece)).bit_length()
        match = numpy.fft.irfft(numpy.fft.rfft(window, size) * numpy.conj(numpy.fft.rfft(piece, size)), size)
        best = int(numpy.argmax(match[:len(window) - len(piece) + 1])) + max(0, start)
        offsets.append((best - begin) / SAMPLE_RATE - time)
    return offsets


def click(audio, joins):
    """The largest step between samples near a join against what the audio has elsewhere."""
    steps = numpy.abs(numpy.diff(audio))
    usual = numpy.quantile(steps, 0.999)
    reach = int(CLICK_WINDOW * SAMPLE_RATE)
    return max(steps[int(time * SAMPLE_RATE) - reach:int(time * SAMPLE_RATE) + reach].max() for time in joins) / usual
