"""The inspector of a join: every view renders what it says."""
from PIL import Image, ImageChops
from subject import check, difference, image, painted, still, subject, wait


def mode(page, name):
    page.check(f".inspector input[value='{name}']", force=True)
    settled(page)


def settled(page):
    page.evaluate("Promise.all([...document.querySelectorAll('.inspector img')].filter((i) => i.src).map((i) => i.decode().catch(() => {})))")
    painted(page)


def stack(page, pane=0):
    return image(page.locator(f".pane[data-pane='{pane}'] .stack").screenshot())


def sides(join):
    names = [item["file"] for item in join["stills"]]
    at = next(number for number, item in enumerate(join["stills"]) if item["frame"] >= join["frame"])
    return names[at - 1], names[at]


def opens(page, join):
    page.click(f"[data-inspect='{join['index']}']")
    panes = page.locator(".inspector .pane").count()
    check("the inspector opens", panes == (2 if join["plain"] else 1), panes)
    page.evaluate("stopInspector()")


def loop(page, join):
    mode(page, "loop")
    # Every still that is shown, however slow this machine is.
    page.evaluate("""() => { window.seen = new Set();
      window.watch = new MutationObserver(([one]) => seen.add(one.target.src));
      watch.observe(document.querySelector('.pane .stack img'), { attributeFilter: ['src'] }); runInspector(); }""")
    page.wait_for_timeout(450)
    seen = page.evaluate("(stopInspector(), watch.disconnect(), seen.size)")
    check("loop shows one still after the other", seen >= 4, seen)
    settled(page)
    shown, address = stack(page), page.evaluate("document.querySelector('.pane .stack img').src")
    current = next(item["file"] for item in join["stills"]
                   if page.evaluate("name => new URL(asset(name), location).href", item["file"]) == address)
    master = subject.master
    check("the loop shows whole stills", abs(shown.size[0] / shown.size[1] - master["width"] / master["height"]) < 0.03
          and difference(shown, still(page, current)) < 3, (shown.size, difference(shown, still(page, current))))


def wipe(page, join):
    before, after = (still(page, name) for name in sides(join))
    mode(page, "wipe")
    shown = stack(page)
    width, height = shown.size
    parts = [(0, 0, width // 2 - 4, height), (width // 2 + 4, 0, width, height)]
    check("wipe shows the one left and the other right",
          difference(shown.crop(parts[0]), before.resize(shown.size).crop(parts[0])) < 3
          and difference(shown.crop(parts[1]), after.resize(shown.size).crop(parts[1])) < 3)


def blink(page):
    mode(page, "blink")
    page.evaluate("""() => { stopInspector(); window.states = new Set();
      window.watch = new MutationObserver(([one]) => states.add(one.target.style.visibility));
      watch.observe(document.querySelector('.pane .stack img + img'), { attributeFilter: ['style'] }); runInspector(); }""")
    page.wait_for_timeout(1100)
    states = page.evaluate("(stopInspector(), watch.disconnect(), [...states].sort())")
    check("blink alternates both", states == ["hidden", "visible"], states)


def onion(page, join):
    before, after = (still(page, name) for name in sides(join))
    mode(page, "onion")
    shown = stack(page)
    mixed = Image.blend(before.resize(shown.size), after.resize(shown.size), 0.5)
    check("onion mixes both", difference(shown, mixed) < 3, difference(shown, mixed))


def gain(page, join):
    before, after = (still(page, name) for name in sides(join))
    mode(page, "difference")
    shown = stack(page)
    plain = ImageChops.difference(before.resize(shown.size), after.resize(shown.size))
    wanted = plain.point(lambda value: min(255, value * 8))
    check("difference shows eight times the difference", difference(shown, wanted) < 8, difference(shown, wanted))
    page.evaluate("(() => { const r = document.querySelector('.inspector input[type=range]'); r.value = 1; r.dispatchEvent(new Event('input')); })()")
    painted(page)
    shown = stack(page)
    check("its gain can be set", difference(shown, plain) < 3, difference(shown, plain))


def crop(page):
    mode(page, "crop")
    sizes = page.evaluate("[...document.querySelectorAll('.crops img')].map(i => [i.naturalWidth, i.width * devicePixelRatio])")
    check("the crop is at 100 %", len(sizes) == 2 and all(abs(a - b) <= 1 for a, b in sizes), sizes)
    check("the address holds the view", wait(page, "location.hash.includes('view=crop')"), page.evaluate("location.hash"))


def inspector(page):
    join = subject.joins[0]
    opens(page, join)
    loop(page, join)
    blink(page)
    wipe(page, join)
    onion(page, join)
    gain(page, join)
    crop(page)
    page.click(f"[data-inspect='{join['index']}']")
    check("the inspector closes", page.locator(".inspector").count() == 0)


def briefly(page):
    """That the files of a page in one file come to the inspector."""
    opens(page, subject.joins[0])
    loop(page, subject.joins[0])
    wipe(page, subject.joins[0])
    page.evaluate("closeInspector()")
