"""Looks at review pages in a real headless Chromium and prints one JSON object for each check: page, name, ok, detail.

    browser_check.py SHOTS.json PAGE…

SHOTS.json is the list of shots with their prompts, as they should be shown. What is exported from a page is left beside its
folder as `<folder>.decisions.json`.
"""
import base64, io, json, pathlib, sys, time
from PIL import Image, ImageChops
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

expected = json.loads(pathlib.Path(sys.argv[1]).read_text())


# Sizes of windows, down to what 1280 pixels are at a zoom of 400 %.
WIDTHS = (1440, 900, 390, 360, 320)


def load(path):
    global page_path, report, is_single, master, joins
    page_path = pathlib.Path(path).resolve()
    report = json.loads((page_path.parent / "review.json").read_text())
    is_single = not (page_path.parent / "stills").exists()
    master = report["master"]
    joins = sorted(report["joins"], key=lambda join: join["rank"])


def check(name, ok, detail=""):
    print(json.dumps({"page": page_path.parent.name, "name": name, "ok": bool(ok), "detail": str(detail)[:600]}), flush=True)


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
    if not is_single:
        return image((page_path.parent / name).read_bytes())
    address = page.evaluate("name => JSON.parse(document.getElementById('assets').textContent)[name]", name)
    return image(base64.b64decode(address.split(",", 1)[1]))


def still_address(page, name):
    return page.evaluate("name => new URL(asset(name), location).href", name)


def frame(page):
    return page.evaluate("player.frame")


def wait(page, expression, seconds=5):
    """Polls, because the page's policy forbids what Playwright's own waiting does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if page.evaluate(expression):
            return True
        page.wait_for_timeout(40)
    return False


def look_around(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, offline=True)
    page = context.new_page()
    problems, requests = [], []
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_path.as_uri())
    check("starts", wait(page, "document.documentElement.dataset.ready === 'true'"))
    texts(page)
    if master:
        plays(page)
        steps(page)
        timeline(page)
        keys(page)
        inspector(page)
    decides(page)
    accessible(page)
    narrow(page)
    prints(page)
    check("no message of the console", not problems, problems[:5])
    outside = [url[:80] for url in requests if not url.startswith(("file:", "data:", "blob:"))]
    check("nothing but files is requested", requests and not outside, outside[:5])
    check("no script of a prompt runs", page.evaluate("window.hacked === undefined"))
    context.close()


def texts(page):
    for number, shot in enumerate(expected):
        shown = page.evaluate(
            "number => [...document.querySelectorAll(`#shot-${number} .prompt p`)].map(p => p.textContent)", number + 1)
        check(f"prompt of shot {number + 1} is shown as text", shown == shot["prompt"], (shown, shot["prompt"]))
    named = page.evaluate("[...document.querySelectorAll('.cells img')].map(image => image.alt)")
    check("braces in a shot's id stay", not joins or any("{frame}" in text for text in named), named[:3])
    if report["decisions"]:
        parts = page.evaluate("['#conflicts', '#shot-1 [data-decided]'].map(place => [...document.querySelectorAll(`${place} bdi`)].map(part => part.textContent))")
        check("reviewers who disagree are shown, each apart", parts == [
            ["shot1", "Bob \u202e<i>: reject", "· Zoe: approve"], ["rejected by Bob \u202e<i>", "approved by Zoe"]], parts)
    check("no element comes from a text", page.evaluate("document.querySelectorAll('.prompt *:not(p), marquee, iframe, object').length") == 0)


def plays(page):
    check("the video loads", wait(page, "video.readyState >= 2", 10), page.evaluate("video.error && video.error.message"))
    page.evaluate("player.go(0)")
    page.keyboard.press("Space")
    check("space plays", wait(page, "!video.paused && video.currentTime > 0.1"))
    quality = page.evaluate("(() => { const q = video.getVideoPlaybackQuality(); return [q.totalVideoFrames, q.corruptedVideoFrames]; })()")
    check("frames are played, none corrupted", quality[0] > 0 and quality[1] == 0, quality)
    page.keyboard.press("k")
    check("k pauses", wait(page, "video.paused"))


def steps(page):
    """The frame that is shown is the frame that is named."""
    for join in joins[:2]:
        for position in (join["frame"] - 1, join["frame"]):
            page.evaluate("frame => player.go(frame)", position)
            wait(page, "document.documentElement.dataset.exact !== ''")
            kind = page.evaluate("document.documentElement.dataset.exact")
            check(f"frame {position} is exact", kind in ("exact", "still"), kind)
            page.wait_for_timeout(150)
            box = page.evaluate("""(() => { const b = video.getBoundingClientRect(); const r = Math.min(b.width / master.player.width, b.height / master.player.height);
              const w = master.player.width * r, h = master.player.height * r; return {x: b.x + (b.width - w) / 2, y: b.y + (b.height - h) / 2, width: w, height: h}; })()""")
            shown = image(page.screenshot(clip=box))
            name = next(item["file"] for item in join["stills"] if item["frame"] == position)
            distances = {item["frame"]: difference(shown, still(page, item["file"])) for item in join["stills"]
                         if abs(item["frame"] - position) <= 2}
            check(f"frame {position} looks like its still", min(distances, key=distances.get) == position or distances[position] < 1.0, distances)
    # A frame without a still, where the browser arrives one frame too late at first.
    position = next((number for number in range(master["frames"]) if all(number != still["frame"] for join in joins for still in join["stills"])), None)
    if position is not None:
        page.evaluate("frame => { player.go(frame); player.arrived(frame + 1); }", position)
        check("an inexact seek is repeated until it is exact",
              wait(page, "document.documentElement.dataset.exact === 'exact'") and frame(page) == position, position)
    if joins:
        # A browser that says no more which frames it presents.
        page.evaluate("video.requestVideoFrameCallback = later => { window.later = later; return 0; }")
        for position in (0, joins[0]["frame"] - 1, joins[0]["frame"]):
            page.evaluate("frame => player.go(frame)", position)
            wait(page, "document.documentElement.dataset.exact !== ''")
        kind = page.evaluate("document.documentElement.dataset.exact")
        check("a frame that was not reported is shown as its still", kind == "still", kind)
        page.evaluate("delete video.requestVideoFrameCallback; video.requestVideoFrameCallback(later)")
    page.evaluate("player.go(3)")
    page.keyboard.press("ArrowRight")
    check("right arrow steps", frame(page) == 4, frame(page))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    check("left arrow steps", frame(page) == 2, frame(page))
    check("the address holds the frame", "f=2" in page.evaluate("location.hash"), page.evaluate("location.hash"))


def timeline(page):
    page.evaluate("scrollTo(0, 0)")
    bar = page.locator("#timeline")
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    check("the timeline shows a thumbnail", page.locator("#preview").is_visible())
    check("the thumbnail is drawn", "url(" in page.evaluate("getComputedStyle(document.getElementById('preview-image')).backgroundImage"))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 40)
    check("a click on the timeline seeks", abs(frame(page) - master["frames"] // 2) <= 1, frame(page))
    page.mouse.move(box["x"] + 10, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 40, steps=8)
    page.mouse.up()
    check("a drag ends where the pointer is", abs(frame(page) - master["frames"] * 0.8) <= 1, frame(page))
    page.evaluate("player.go(0)")
    page.click("#facts [data-time]")
    check("a finding is jumped to", frame(page) == 12, frame(page))
    check("a finding is marked", page.locator("#lane-marks b.warn").count() == 1)
    cell = "160x90, confidence 80 %). Estimated"
    check("the truth panel names the source", "320×180: upscaled (source about " + cell in page.locator("#facts").inner_text())
    marks = page.locator("#lane-marks i").count()
    check("every join is marked", marks == len(joins), marks)
    for guide in ("safe", "9:16", "1:1", ""):
        page.select_option("#guide", guide)
        check(f"guide {guide or 'none'}", page.locator("#guides").is_visible() == bool(guide))


def keys(page):
    page.evaluate("document.activeElement.blur()")
    shots = [shot for shot in report["shots"] if shot["first_frame"] is not None]
    if len(shots) > 1:
        page.keyboard.press("2")
        check("2 goes to shot 2", frame(page) == shots[1]["first_frame"], frame(page))
        page.keyboard.press("a")
        check("a approves the current shot", page.evaluate("decisions.shots[data.shots[1].id].decision") == "approve")
        page.keyboard.press("r")
        check("r rejects it", page.evaluate("decisions.shots[data.shots[1].id].decision") == "reject")
        page.keyboard.press("r")
        check("r again takes it back", page.evaluate("decisions.shots[data.shots[1].id].decision") is None)
    if joins:
        page.evaluate("player.go(0)")
        page.keyboard.press(".")
        check(". goes to the next join", frame(page) == min(join["frame"] for join in joins), frame(page))
    page.evaluate("player.go(4)")
    page.keyboard.press("i")
    page.evaluate("player.go(9)")
    page.keyboard.press("o")
    check("i and o set the loop", page.evaluate("player.loop") == [4, 10], page.evaluate("player.loop"))
    page.select_option("#speed", "0.5")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_timeout(1500)
    inside = [frame(page) for _ in range(6) if page.wait_for_timeout(60) or True]
    check("the loop plays its range at half speed", all(3 <= value <= 11 for value in inside) and page.evaluate("video.playbackRate") == 0.5, inside)
    page.keyboard.press("k")
    page.click("#mark-clear")
    page.select_option("#speed", "1")
    page.evaluate("document.activeElement.blur()")
    page.evaluate("player.go(20)")
    page.wait_for_timeout(200)
    page.keyboard.press("j")
    check("j plays backwards", wait(page, "player.frame < 18"), frame(page))
    page.keyboard.press("k")
    page.keyboard.press("l")
    check("l plays", wait(page, "!video.paused"))
    page.keyboard.press("l")
    check("l again plays faster", wait(page, "video.playbackRate === 2"), page.evaluate("video.playbackRate"))
    page.keyboard.press("k")
    page.keyboard.press("?")
    check("? shows the keys", page.locator("#help").is_visible())
    page.keyboard.press("Escape")
    check("escape closes them", not page.locator("#help").is_visible())


def inspector(page):
    if not joins:
        return
    join = joins[0]
    page.click(f"[data-inspect='{join['index']}']")
    panes = page.locator(".inspector .pane").count()
    check("the inspector opens", panes == (2 if join["plain"] else 1), panes)
    names = [item["file"] for item in join["stills"]]
    at = next(number for number, item in enumerate(join["stills"]) if item["frame"] >= join["frame"])
    before, after = still(page, names[at - 1]), still(page, names[at])

    def mode(name):
        page.check(f".inspector input[value='{name}']", force=True)
        page.wait_for_timeout(250)

    def shot():
        return image(page.locator(".pane[data-pane='0'] .stack").screenshot())

    page.evaluate("stopInspector()")
    seen = set()
    mode("loop")
    page.evaluate("runInspector()")
    for _ in range(12):
        seen.add(page.evaluate("document.querySelector('.pane .stack img').src"))
        page.wait_for_timeout(60)
    check("loop shows one still after the other", len(seen) >= 4, len(seen))
    page.evaluate("stopInspector()")
    shown, name = shot(), page.evaluate("document.querySelector('.pane .stack img').src")
    current = next(item for item in names if (still_address(page, item) == name))
    check("the loop shows whole stills", abs(shown.size[0] / shown.size[1] - master["width"] / master["height"]) < 0.03
          and difference(shown, still(page, current)) < 3, (shown.size, difference(shown, still(page, current))))
    mode("blink")
    page.evaluate("stopInspector(); runInspector()")
    states = {page.evaluate("document.querySelector('.pane .stack img + img').style.visibility") for _ in range(14) if page.wait_for_timeout(100) or True}
    check("blink alternates both", states == {"visible", "hidden"}, states)
    mode("wipe")
    page.evaluate("stopInspector()")
    shown = shot()
    width, height = shown.size
    parts = [(0, 0, width // 2 - 4, height), (width // 2 + 4, 0, width, height)]
    check("wipe shows the one left and the other right",
          difference(shown.crop(parts[0]), before.resize(shown.size).crop(parts[0])) < 3
          and difference(shown.crop(parts[1]), after.resize(shown.size).crop(parts[1])) < 3)
    mode("onion")
    mixed = Image.blend(before.resize(shown.size), after.resize(shown.size), 0.5)
    check("onion mixes both", difference(shot(), mixed) < 3, difference(shot(), mixed))
    mode("difference")
    wanted = ImageChops.difference(before.resize(shown.size), after.resize(shown.size)).point(lambda value: min(255, value * 8))
    check("difference shows eight times the difference", difference(shot(), wanted) < 8, difference(shot(), wanted))
    page.evaluate("(() => { const r = document.querySelector('.inspector input[type=range]'); r.value = 1; r.dispatchEvent(new Event('input')); })()")
    plain = ImageChops.difference(before.resize(shown.size), after.resize(shown.size))
    check("its gain can be set", difference(shot(), plain) < 3, difference(shot(), plain))
    mode("crop")
    sizes = page.evaluate("[...document.querySelectorAll('.crops img')].map(i => [i.naturalWidth, i.width * devicePixelRatio])")
    check("the crop is at 100 %", len(sizes) == 2 and all(abs(a - b) <= 1 for a, b in sizes), sizes)
    check("the address holds the view", "view=crop" in page.evaluate("location.hash"))
    page.click(f"[data-inspect='{join['index']}']")
    check("the inspector closes", page.locator(".inspector").count() == 0)


def download(page, kind):
    page.evaluate("document.getElementById('export').open = true")
    with page.expect_download() as waiting:
        page.click(f"[data-export='{kind}']")
    return pathlib.Path(waiting.value.path()).read_text(encoding="utf-8")


def decides(page):
    first = report["shots"][0]["id"]
    page.fill("#reviewer", "Ada <b>")
    page.locator("#shot-1 [data-decision='approve']").click()
    picks = page.locator("#shot-1 [data-pick]")
    if picks.count():
        picks.last.click()
    hostile = "=1+1 </script><b>\"quoted\"\n| ü 🎬" + 300 * "x"
    if master:
        page.evaluate("player.go(5)")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("n")
        page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
        page.click("#note-draw")
        box = page.locator("#drawing").bounding_box()
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 90, steps=4)
        page.mouse.up()
        page.fill("#note-end", "8")
    else:
        page.click("[data-note-shot]")
    page.fill("#note-text", hostile)
    page.click("#note-fields [type='submit']")
    check("the note is listed as text", page.locator("#note-list p").first.text_content() == hostile)
    value = json.loads(download(page, "json"))
    shot = next(entry for entry in value["shots"] if entry["shot"] == first)
    check("the export holds the decision", shot["decision"] == "approve" and shot["reviewer"] == "Ada <b>", shot)
    if picks.count():
        check("the export holds the pick", shot["pick"] == int(picks.last.get_attribute("data-pick")), shot)
    check("the export names the master", (value["master"] or {}).get("sha256") == (master or {}).get("sha256"))
    note = value["notes"][0]
    check("the export holds the note", note["text"] == hostile, note)
    if master:
        check("the note has its range", (note["frame"], note["end_frame"]) == (5, 8), note)
        points = note["drawing"][0] if note["drawing"] else []
        check("the note has its drawing", len(points) >= 3 and abs(points[0][0] - 40 / box["width"]) < 0.02, points[:2])
    check("the csv guards against formulas", "\"'=1+1" in download(page, "csv"))
    if master:
        edl = download(page, "edl")
        times = page.evaluate("""[['00:59:59;28', 2, 30], ['00:59:59;28', 1799, 30], ['00:59:59;28', 1802, 30],
          ['00:59:59:29', 2, 30], ['', 86400, 24], ['23:59:59:24', 1, 25], ['00:09:59;58', 4, 60]]
          .map((one) => timecodeAfter(...one))""")
        check("timecode drops numbers where the master's does", times == [
            "01:00:00;00", "01:00:59;27", "01:01:00;02", "01:00:00:01", "01:00:00:00", "00:00:00:00", "00:10:00;02"], times)
        check("the edl has an event", "001  001      V     C        00:00:00:" in edl and edl.count("* LOC:") == 1, edl)
        otio = json.loads(download(page, "otio"))
        marker = otio["tracks"]["children"][0]["children"][0]["markers"][0]
        check("the otio has a marker", marker["marked_range"]["start_time"]["value"] == 5 and marker["comment"] == hostile, marker)
    page.reload()
    wait(page, "document.documentElement.dataset.ready === 'true'")
    check("decisions stay", page.locator("#shot-1 [data-decision='approve']").get_attribute("aria-pressed") == "true"
          and page.input_value("#reviewer") == "Ada <b>")
    page_path.parent.with_name(f"{page_path.parent.name}.decisions.json").write_text(json.dumps(value))


def accessible(page):
    for theme in ("light", "dark"):
        page.evaluate("theme => setTheme(theme)", theme)
        if joins and page.locator(".inspector").count() == 0:
            page.click(f"[data-inspect='{joins[0]['index']}']")
            page.evaluate("stopInspector()")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        bad = [(item["id"], [node["target"] for node in item["nodes"]][:3]) for item in found["violations"]]
        check(f"axe finds nothing in the {theme} theme", not bad, bad)
    page.evaluate("closeInspector()")
    page.goto("about:blank")
    page.goto(page_path.as_uri())
    wait(page, "document.documentElement.dataset.ready === 'true'")
    order = []
    for _ in range(14):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.className || document.activeElement.tagName"))
    check("tab starts at the skip link", order and order[0] == "skip", order)
    check("tab goes on through the controls", "reviewer" in order and len(set(order)) > 8, order)
    unnamed = page.evaluate("""[...document.querySelectorAll('button, a, input, select, textarea, [role=slider]')].filter(n => n.offsetParent &&
      !(n.getAttribute('aria-label') || n.textContent.trim() || n.labels?.length || n.placeholder)).map(n => n.outerHTML.slice(0, 80))""")
    check("every control has a name", not unnamed, unnamed)


def narrow(page):
    page.evaluate("document.getElementById('export').open = true")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 780})
        page.wait_for_timeout(60)
        over = page.evaluate("document.scrollingElement.scrollWidth")
        menu = page.locator(".menu .sheet").bounding_box()
        check(f"fits {width} pixels", over <= width, over)
        check(f"the menu fits {width} pixels", menu["x"] >= 0 and menu["x"] + menu["width"] <= width, menu)
    page.evaluate("document.getElementById('export').open = false")
    page.set_viewport_size({"width": 1280, "height": 900})


def prints(page):
    data = page.pdf(format="A4")
    check("prints", data.startswith(b"%PDF") and len(data) > 10_000, len(data))


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
    for path in sys.argv[2:]:
        load(path)
        look_around(browser)
    browser.close()
