"""Texts, accessibility, sizes of windows, and paper."""
from axe_core_python.sync_playwright import Axe
from subject import check, open_page, painted, subject

# Down to what 1280 pixels are at a zoom of 400 %.
WIDTHS = (1440, 900, 390, 360, 320)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# What lies outside the window and cannot be scrolled to; one of each kind is enough.
CUT_OFF = """width => [...document.querySelectorAll('body *')].filter((node) => {
  const box = node.getBoundingClientRect();
  if (box.width === 0 || (box.right <= width + 1 && box.left >= -1)) return false;
  for (let above = node.parentElement; above; above = above.parentElement)
    if (getComputedStyle(above).overflowX !== 'visible') return false;
  return !node.closest('.skip, .hidden');
}).map((node) => node.outerHTML.slice(0, 80)).slice(0, 3)"""


def texts(page, expected):
    for number, shot in enumerate(expected):
        shown = page.evaluate(
            "number => [...document.querySelectorAll(`#shot-${number} .prompt p`)].map(p => p.textContent)", number + 1)
        check(f"prompt of shot {number + 1} is shown as text", shown == shot["prompt"], (shown, shot["prompt"]))
    named = page.evaluate("[...document.querySelectorAll('.cells img')].map(image => image.alt)")
    check("braces in a shot's id stay", not subject.joins or any("{frame}" in text for text in named), named[:3])
    check("the title is shown as text", page.locator("h1").text_content() == subject.report["title"]
          and page.title() == subject.report["title"])
    check("no element comes from a text", page.evaluate("document.querySelectorAll('.prompt *:not(p), marquee, iframe, object').length") == 0)
    broken = page.evaluate("Promise.all([...document.images].filter((i) => i.id !== 'exact').map((i) => i.decode().then(() => null, () => i.outerHTML.slice(0, 120)))).then((all) => all.filter(Boolean))")
    check("every image is there", not broken, broken[:3])


def accessible(page):
    for theme in ("light", "dark"):
        page.evaluate("theme => setTheme(theme)", theme)
        if subject.joins and page.locator(".inspector").count() == 0:
            page.click(f"[data-inspect='{subject.joins[0]['index']}']")
            page.evaluate("stopInspector()")
        faults(page, f"in the {theme} theme")
    if subject.joins:
        page.evaluate("closeInspector()")
    on_a_phone(page)


def on_a_phone(page):
    """Where other elements scroll, with a note begun."""
    page.set_viewport_size({"width": 390, "height": 780})
    page.evaluate("openNote()")
    faults(page, "on a phone")
    page.evaluate("closeNote()")
    page.set_viewport_size({"width": 1280, "height": 900})


def faults(page, where):
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    bad = [(item["id"], [node["target"] for node in item["nodes"]][:3]) for item in found["violations"]]
    check(f"axe finds nothing {where}", not bad, bad)


def tab_order(page):
    open_page(page)
    order = []
    for _ in range(14):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.className || document.activeElement.tagName"))
    check("tab starts at the skip link", order and order[0] == "skip", order)
    check("tab goes on through the controls", "reviewer" in order and len(set(order)) > 8, order)
    unnamed = page.evaluate("""[...document.querySelectorAll('button, a, input, select, textarea, [role=slider]')].filter(n => n.offsetParent &&
      !(n.getAttribute('aria-label') || n.textContent.trim() || n.labels?.length || n.placeholder)).map(n => n.outerHTML.slice(0, 80))""")
    check("every control has a name", not unnamed, unnamed)
    # WCAG 2.2, 2.5.8: 24 pixels, less what rounding takes.
    small = page.evaluate("""[...document.querySelectorAll('button, select, input, summary')].filter((n) => n.offsetParent)
      .filter((n) => { const box = n.getBoundingClientRect(); return Math.min(box.width, box.height) < 23.5; }).map((n) => n.outerHTML.slice(0, 80))""")
    check("every control is large enough to touch", not small, small[:3])


def narrow(page):
    page.evaluate("document.getElementById('export').open = true")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 780})
        painted(page)
        over = page.evaluate("document.scrollingElement.scrollWidth")
        cut = page.evaluate(CUT_OFF, width)
        menu = page.locator(".menu .sheet").bounding_box()
        check(f"fits {width} pixels", over <= width and not cut, (over, cut))
        check(f"the menu fits {width} pixels", menu["x"] >= 0 and menu["x"] + menu["width"] <= width, menu)
    page.evaluate("document.getElementById('export').open = false")
    page.set_viewport_size({"width": 1280, "height": 900})


def portrait(page):
    """Tall frames: player and inspector stay within the window, and stills are not stretched."""
    master = subject.master
    shape = master["width"] / master["height"]
    page.click(f"[data-inspect='{subject.joins[0]['index']}']")
    page.evaluate("stopInspector()")
    # The CSS of the player keeps the controls in sight in the first two; the third is a phone held sideways.
    for width, height in ((1280, 900), (1280, 600), (390, 780)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("(closeInspector(), openInspector(data.joins[0].index), stopInspector())")
        painted(page)
        box = page.evaluate("(({ width, height }) => ({ width, height }))(video.getBoundingClientRect())")
        check(f"the player fits {width}×{height}", box["width"] <= width and box["height"] <= max(320, height - 240), box)
        sizes = page.evaluate("[...document.querySelectorAll('.stack')].map((node) => node.getBoundingClientRect()).map(({ width, height }) => [width, height])")
        check(f"the inspector fits {width}×{height} in whole pixels", sizes and all(
            h <= 0.76 * height and w <= width and w == int(w) and abs(w / h - shape) < 0.02 for w, h in sizes), sizes)
        cells = page.evaluate("[...document.querySelectorAll('.cells img')].map((node) => node.getBoundingClientRect().height)")
        check(f"the strip fits {width}×{height}", cells and max(cells) <= 0.41 * height, max(cells))
    page.evaluate("closeInspector()")
    page.set_viewport_size({"width": 1280, "height": 900})


def many(page):
    """A page of many shots."""
    shots, joins = subject.report["shots"], subject.joins
    check("every shot has a card", page.locator(".shot").count() == len(shots))
    listed = page.evaluate("[...document.querySelectorAll('.join')].map((node) => Number(node.dataset.join))")
    check("joins are listed worst first", listed == [join["index"] for join in joins], listed)
    marks = page.evaluate("[...document.querySelectorAll('#lane-shots span')].map((node) => [node.offsetLeft, node.offsetWidth, node.scrollWidth])")
    check("every shot is on the timeline, and no name runs over", len(marks) == len(shots)
          and all(a[0] < b[0] for a, b in zip(marks, marks[1:])) and all(wide <= width + 1 for _, width, wide in marks), marks)
    last = max(joins, key=lambda join: join["frame"])
    page.click(f"[data-inspect='{last['index']}']")
    check("the last join can be inspected", page.locator(f"#join-{last['index']} .inspector").count() == 1)
    page.evaluate("closeInspector()")
    page.keyboard.press("9")
    check("9 goes to shot 9", page.evaluate("player.frame") == shots[8]["first_frame"])
    page.locator(".shot [data-decision='reject']").last.click()
    check("the last shot can be rejected", page.evaluate("data.shots.at(-1).id in decisions.shots"))


def prints(page):
    data = page.pdf(format="A4")
    check("prints", data.startswith(b"%PDF") and len(data) > 10_000, len(data))
