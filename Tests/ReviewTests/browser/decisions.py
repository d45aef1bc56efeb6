"""What is decided and noted in the page, and what leaves it as files."""
import json, pathlib
from subject import check, open_page, subject, wait

HOSTILE = "=1+1 </script><b>\"quoted\"\n| ü 🎬" + 300 * "x"


def download(page, kind):
    page.evaluate("document.getElementById('export').open = true")
    with page.expect_download() as waiting:
        page.click(f"[data-export='{kind}']")
    return pathlib.Path(waiting.value.path()).read_text(encoding="utf-8")


def notes(page):
    """Writes a note, on a range with a drawing where there is a master; where the drawing begins, and its box."""
    if subject.master:
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
        box = None
    page.fill("#note-text", HOSTILE)
    page.click("#note-fields [type='submit']")
    check("the note is listed as text", page.locator("#note-list p").first.text_content() == HOSTILE)
    return box


def decides(page):
    master = subject.master
    first = subject.report["shots"][0]["id"]
    page.fill("#reviewer", "Ada <b>")
    page.locator("#shot-1 [data-decision='approve']").click()
    picks = page.locator("#shot-1 [data-pick]")
    if picks.count():
        picks.last.click()
    box = notes(page)
    value = json.loads(download(page, "json"))
    shot = next(entry for entry in value["shots"] if entry["shot"] == first)
    check("the export holds the decision", shot["decision"] == "approve" and shot["reviewer"] == "Ada <b>", shot)
    if picks.count():
        check("the export holds the pick", shot["pick"] == int(picks.last.get_attribute("data-pick")), shot)
    check("the export names the master", (value["master"] or {}).get("sha256") == (master or {}).get("sha256"))
    note = value["notes"][0]
    check("the export holds the note", note["text"] == HOSTILE, note)
    if master:
        check("the note has its range", (note["frame"], note["end_frame"]) == (5, 8), note)
        points = note["drawing"][0] if note["drawing"] else []
        check("the note has its drawing", len(points) >= 3 and abs(points[0][0] - 40 / box["width"]) < 0.02, points[:2])
        timelines(page)
    check("the csv guards against formulas", "\"'=1+1" in download(page, "csv"))
    open_page(page)
    check("decisions stay", page.locator("#shot-1 [data-decision='approve']").get_attribute("aria-pressed") == "true"
          and page.input_value("#reviewer") == "Ada <b>")
    subject.path.parent.with_name(f"{subject.name}.decisions.json").write_text(json.dumps(value))


def timelines(page):
    edl = download(page, "edl")
    times = page.evaluate("""[['00:59:59;28', 2, 30], ['00:59:59;28', 1799, 30], ['00:59:59;28', 1802, 30],
      ['00:59:59:29', 2, 30], ['', 86400, 24], ['23:59:59:24', 1, 25], ['00:09:59;58', 4, 60]]
      .map((one) => timecodeAfter(...one))""")
    check("timecode drops numbers where the master's does", times == [
        "01:00:00;00", "01:00:59;27", "01:01:00;02", "01:00:00:01", "01:00:00:00", "00:00:00:00", "00:10:00;02"], times)
    check("the edl has an event", "001  001      V     C        00:00:00:" in edl and edl.count("* LOC:") == 1, edl)
    otio = json.loads(download(page, "otio"))
    marker = otio["tracks"]["children"][0]["children"][0]["markers"][0]
    check("the otio has a marker", marker["marked_range"]["start_time"]["value"] == 5 and marker["comment"] == HOSTILE, marker)


def disagreement(page):
    """Decisions of two reviewers, merged: each is shown apart, and what they disagree about comes first."""
    conflicts = page.evaluate("[...document.querySelectorAll('#conflicts p')].map((node) => [node.textContent.includes('pick'), [...node.querySelectorAll('bdi')].map((part) => part.textContent)])")
    check("what reviewers disagree about is shown, each apart", conflicts == [
        [False, ["shot1", "Bob \u202e<i>: reject", "· Zoe: approve"]], [True, ["shot1", "Bob \u202e<i>: 1", "· Zoe: 2"]]], conflicts)
    by = page.evaluate("[...document.querySelectorAll('#shot-1 [data-decided] bdi')].map((part) => part.textContent)")
    check("the card names who decided", by == ["rejected by Bob \u202e<i>", "approved by Zoe"], by)
    listed = page.evaluate("[...document.querySelectorAll('#note-list li')].map((node) => [node.querySelector('p').textContent, node.querySelector('.muted').textContent, !!node.querySelector('button[aria-label]')])")
    check("another's note is listed, and cannot be deleted", ["Too dark </script>", "shot1 · Zoe", False] in listed, listed)
