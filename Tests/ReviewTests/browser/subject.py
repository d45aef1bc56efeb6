"""The page that is looked at, and how a check is reported."""
import base64, io, json, pathlib, time
from PIL import Image, ImageChops


class Subject:
    """A page's folder and what `review.json` in it says."""

    def load(self, path):
        self.path = pathlib.Path(path).resolve()
        self.name = self.path.parent.name
        self.report = json.loads((self.path.parent / "review.json").read_text())
        self.is_single = not (self.path.parent / "stills").exists()
        self.master = self.report["master"]
        self.joins = sorted(self.report["joins"], key=lambda join: join["rank"])


subject = Subject()


def check(name, ok, detail=""):
    print(json.dumps({"page": subject.name, "name": name, "ok": bool(ok), "detail": str(detail)[:600]}), flush=True)


def image(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def difference(one, other):
    """Mean absolute difference of two images in code values, at a size where scaling does not count."""
    size = (96, max(1, 96 * one.size[1] // one.size[0]))
    one, other = one.resize(size, Image.BOX), other.resize(size, Image.BOX)
    histogram = ImageChops.difference(one, other).histogram()
    return sum(value % 256 * count for value, count in enumerate(histogram)) / (3 * one.size[0] * one.size[1])


def still(page, name):
    """A still of the page, as the browser gets it."""
    if not subject.is_single:
        return image((subject.path.parent / name).read_bytes())
    address = page.evaluate("name => inlined[name]", name)
    return image(base64.b64decode(address.split(",", 1)[1]))


def frame(page):
    return page.evaluate("player.frame")


def wait(page, expression, seconds=5):
    """Polls, because the page's policy forbids what Playwright's own waiting does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if page.evaluate(expression):
            return True
        page.wait_for_timeout(20)
    return False


def painted(page):
    """Waits until what was changed has been painted."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def open_page(page):
    page.goto("about:blank")
    page.goto(subject.path.as_uri())
    return wait(page, "document.documentElement.dataset.ready === 'true'", 10)
