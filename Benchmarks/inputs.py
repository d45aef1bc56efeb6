"""Makes the benchmark's inputs with ffmpeg, once; they stay in the scratch folder."""
import os
import subprocess

RATE = 24
TAGS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
SIZES = {"4K": "3840x2160", "1080p": "1920x1080", "360p": "640x360", "tiny": "160x96"}


class Inputs:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, *arguments):
        """The path of a file that ffmpeg writes with these arguments, unless it is there."""
        path = self.path(name)
        if not os.path.exists(path):
            part = self.path("part." + name)
            subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments, part], check=True, stdin=subprocess.DEVNULL)
            os.rename(part, path)
        return path

    def clip(self, name, size, seconds, bits="8M", preset="veryfast", audio=True, gop=48):
        """Moving patterns with noise, as constrained as services deliver."""
        source = f"testsrc2=size={SIZES[size]}:rate={RATE}:duration={seconds},noise=c0s=10:c0f=t+u"
        sound = ["-f", "lavfi", "-i", f"anoisesrc=color=pink:amplitude=0.3:seed=1:sample_rate=48000:duration={seconds}"]
        return self.make(
            name, "-f", "lavfi", "-i", source, *(sound if audio else []), "-c:v", "libx264", "-preset", preset, "-b:v", bits,
            "-g", str(gop), "-pix_fmt", "yuv420p", *TAGS, *(["-c:a", "aac", "-ac", "2", "-b:a", "192k"] if audio else []),
            "-movflags", "+faststart")

    def looped(self, name, source, times):
        """The same clip several times over, without re-encoding."""
        return self.make(name, "-stream_loop", str(times - 1), "-i", source, "-c", "copy", "-movflags", "+faststart")

    def chain(self, label, size, shots, frames, preset="superfast"):
        """Shots whose first frame is the last one of the shot before, each with noise of its own as audio."""
        total = shots * (frames - 1) + 1
        zoom = f"mandelbrot=size={SIZES[size]}:rate={RATE}:maxiter=60:start_scale=1.5:end_scale=0.3:end_pts={total}"
        paths = []
        for number in range(shots):
            start = number * (frames - 1)
            seconds = frames / RATE + 0.012
            paths.append(self.make(
                f"{label}{number}.mp4", "-f", "lavfi", "-i",
                f"{zoom},trim=start_frame={start}:end_frame={start + frames},setpts=PTS-STARTPTS,format=yuv420p",
                "-f", "lavfi", "-i", f"anoisesrc=color=pink:amplitude=0.5:seed={number + 1}:sample_rate=48000:d={seconds}",
                "-c:v", "libx264", "-crf", "18", "-preset", preset, *TAGS, "-c:a", "aac", "-b:a", "192k", "-ac", "2"))
        return paths

    def list(self, name, paths):
        with open(self.path(name), "w") as file:
            file.writelines(f"file '{path}'\n" for path in paths)
        return self.path(name)
