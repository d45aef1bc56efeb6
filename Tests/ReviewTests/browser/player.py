"""The player: it plays, shows the exact frame, seeks, loops, and obeys its keys."""
import json
from subject import check, difference, frame, image, painted, still, subject, wait

AREA = """(() => { const b = video.getBoundingClientRect(); const r = Math.min(b.width / master.player.width, b.height / master.player.height);
  const w = master.player.width * r, h = master.player.height * r; return {x: b.x + (b.width - w) / 2, y: b.y + (b.height - h) / 2, width: w, height: h}; })()"""


def plays(page):
    check("the video loads", wait(page, "video.readyState >= 2", 10), page.evaluate("video.error && video.error.message"))
    page.evaluate("player.go(0)")
    page.keyboard.press("Space")
    check("space plays", wait(page, "!video.paused && video.currentTime > 0.1"))
    quality = page.evaluate("(() => { const q = video.getVideoPlaybackQuality(); return [q.totalVideoFrames, q.corruptedVideoFrames]; })()")
    check("frames are played, none corrupted", quality[0] > 0 and quality[1] == 0, quality)
    page.keyboard.press("k")
    check("k pauses", wait(page, "video.paused"))


def is_exact(page, join, position):
    """Whether the frame that is shown is the frame that is named."""
    page.evaluate("frame => player.go(frame)", position)
    wait(page, "document.documentElement.dataset.exact !== ''")
    kind = page.evaluate("document.documentElement.dataset.exact")
    check(f"frame {position} is exact", kind in ("exact", "still"), kind)
    painted(page)
    shown = image(page.screenshot(clip=page.evaluate(AREA)))
    distances = {item["frame"]: difference(shown, still(page, item["file"])) for item in join["stills"]
                 if abs(item["frame"] - position) <= 2}
    check(f"frame {position} looks like its still", min(distances, key=distances.get) == position or distances[position] < 1.0, distances)


def without_still():
    """A frame of which the page has no still; None when it has all."""
    known = {item["frame"] for join in subject.joins for item in join["stills"]}
    return next((number for number in range(subject.master["frames"]) if number not in known), None)


def steps(page):
    for join in subject.joins[:2]:
        for position in (join["frame"] - 1, join["frame"]):
            is_exact(page, join, position)
    # A frame without a still, where the browser arrives one frame too late at first.
    position = without_still()
    if position is not None:
        page.evaluate("frame => { player.go(frame); player.arrived(frame + 1); }", position)
        check("an inexact seek is repeated until it is exact",
              wait(page, "document.documentElement.dataset.exact === 'exact'") and frame(page) == position, position)
    # A browser that says no more which frames it presents.
    page.evaluate("video.requestVideoFrameCallback = later => { window.later = later; return 0; }")
    for position in (0, subject.joins[0]["frame"] - 1, subject.joins[0]["frame"]):
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
    check("the address holds the frame", wait(page, "location.hash.includes('f=2')"), page.evaluate("location.hash"))


def unreported(page):
    """A browser without `requestVideoFrameCallback`: Firefox before 132, Safari before 15.4."""
    check("this browser reports no frames", page.evaluate("!('requestVideoFrameCallback' in video)"))
    plays(page)
    is_exact(page, subject.joins[0], subject.joins[0]["frame"])
    check("its still is shown", page.evaluate("!document.getElementById('exact').hidden && document.documentElement.dataset.exact") == "still")
    position = without_still()
    page.evaluate("frame => player.go(frame)", position)
    check("without a still no exact frame is promised", wait(page, "document.documentElement.dataset.exact === 'near'")
          and page.locator("#exact").is_hidden() and frame(page) == position)
    page.evaluate("player.setLoop(4, 10); player.go(4)")
    page.keyboard.press("Space")
    inside = [frame(page) for _ in range(40) if page.wait_for_timeout(25) or True]
    check("the clock moves the playhead, within the loop", len(set(inside)) > 2 and set(inside) <= set(range(3, 17)), inside)
    page.keyboard.press("k")
    check("it pauses", wait(page, "video.paused"))


def timeline(page):
    master, joins = subject.master, subject.joins
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
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 40, steps=4)
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
    shots = [shot for shot in subject.report["shots"] if shot["first_frame"] is not None]
    page.keyboard.press("2")
    check("2 goes to shot 2", frame(page) == shots[1]["first_frame"], frame(page))
    page.keyboard.press("a")
    check("a approves the current shot", page.evaluate("decisions.shots[data.shots[1].id].decision") == "approve")
    page.keyboard.press("r")
    check("r rejects it", page.evaluate("decisions.shots[data.shots[1].id].decision") == "reject")
    page.keyboard.press("r")
    check("r again takes it back", page.evaluate("decisions.shots[data.shots[1].id].decision") is None)
    page.evaluate("player.go(0)")
    page.keyboard.press(".")
    check(". goes to the next join", frame(page) == min(join["frame"] for join in subject.joins), frame(page))
    page.evaluate("player.go(frameCount - 1)")
    page.keyboard.press(",")
    check(", goes to the join before", frame(page) == max(join["frame"] for join in subject.joins), frame(page))
    page.evaluate("player.go(4)")
    page.keyboard.press("i")
    page.evaluate("player.go(9)")
    page.keyboard.press("o")
    check("i and o set the loop", page.evaluate("player.loop") == [4, 10], page.evaluate("player.loop"))
    page.select_option("#speed", "0.5")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    inside = [frame(page) for _ in range(24) if page.wait_for_timeout(40) or True]
    check("the loop plays its range at half speed", set(inside) <= set(range(3, 12)) and len(set(inside)) > 2
          and page.evaluate("video.playbackRate") == 0.5, inside)
    page.keyboard.press("k")
    page.click("#mark-clear")
    page.select_option("#speed", "1")
    page.evaluate("document.activeElement.blur()")
    page.evaluate("player.go(20)")
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


# What an address holds, as the page shows it.
SHOWN = """[player.frame, String(player.loop), document.getElementById('speed').value, video.playbackRate, document.getElementById('guide').value,
  inspector.join?.index ?? null, inspector.mode, inspector.speed, document.querySelector('.compare .panel') != null]"""


def address(page):
    """All that is looked at comes back from the address, in another window and in the same one."""
    join = subject.joins[-1]["index"]
    page.evaluate("(player.setLoop(4, 20), player.go(7))")
    page.select_option("#speed", "0.25")
    page.select_option("#guide", "9:16")
    page.click(f"[data-inspect='{join}']")
    page.select_option(".inspector select", "0.5")
    page.click("#shot-1 [data-compare] button")
    check("the takes are loaded", wait(page, "[...document.querySelectorAll('.compare video')].every((v) => v.readyState > 0)"))
    page.evaluate("(() => { const r = document.querySelector('.compare input'); r.value = 500; r.dispatchEvent(new Event('input')); })()")
    moment = page.evaluate("document.querySelector('.compare video').currentTime")
    check("the address holds the moment", wait(page, "location.hash.includes('moment=')"), page.evaluate("location.hash"))
    page.evaluate("stopInspector()")
    expected, url = page.evaluate(SHOWN), page.evaluate("location.href")
    check("the address is of a view", expected[:6] == [7, "4,20", "0.25", 0.25, "9:16", join] and expected[7:] == [0.5, True], (expected, url))
    page.goto("about:blank")
    page.goto(url)
    wait(page, "document.documentElement.dataset.ready === 'true'", 10)
    check("an address opens the same view", page.evaluate(SHOWN) == expected, page.evaluate(SHOWN))
    check("the takes are at the same moment", wait(page, f"Math.abs(document.querySelector('.compare video').currentTime - {moment}) < 0.03"),
          page.evaluate("document.querySelector('.compare video').currentTime"))
    check("the pace is shown", page.evaluate("document.querySelector('.inspector select').value") == "0.5")
    page.evaluate("location.hash = 'f=3&speed=2'")
    wanted = [3, "null", "2", 2, "", None]
    check("another address in the same window is followed", wait(page, f"JSON.stringify({SHOWN}.slice(0, 6)) === '{json.dumps(wanted, separators=(',', ':'))}'")
          and page.evaluate(SHOWN)[-1] is False, page.evaluate(SHOWN))
    page.evaluate("location.hash = 'f=99999&speed=9&guide=x&join=77&view=<b>&compare=0&loop=9-3'")
    page.wait_for_timeout(100)
    check("an address that means nothing does no harm", page.evaluate(SHOWN)[:6] == [subject.master["frames"] - 1, "null", "1", 1, "", None], page.evaluate(SHOWN))
