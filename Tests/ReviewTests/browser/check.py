"""Looks at review pages in a real headless Chromium and prints one JSON object for each check: page, name, ok, detail.

    check.py SHOTS.json PAGE…

SHOTS.json is the list of shots with their prompts, as they should be shown. The name of a page's folder is that of its kind:
`page` with everything, `single` in one file, `shots` without a master and with others' decisions, `portrait`, `many`. What is
exported from a page is left beside its folder as `<folder>.decisions.json`.
"""
import json, pathlib, sys
from playwright.sync_api import sync_playwright
import decisions, inspector, layout, player
from subject import check, open_page, subject

expected = json.loads(pathlib.Path(sys.argv[1]).read_text())

CHECKS = {
    "page": (player.plays, player.steps, player.timeline, player.keys, player.address, inspector.inspector, decisions.decides,
             layout.accessible, layout.tab_order, layout.narrow, layout.prints),
    "single": (player.plays, inspector.briefly, decisions.decides, layout.prints),
    "shots": (decisions.disagreement, decisions.decides, layout.on_a_phone, layout.tab_order, layout.narrow, layout.prints),
    "portrait": (player.plays, layout.portrait, layout.narrow),
    "many": (layout.many, layout.narrow),
    "unreported": (player.unreported,),
}

# When the page is painted and when it is ready, and a browser that reports no frames.
READY = """new MutationObserver(() => { if (document.documentElement?.dataset.ready) window.readyAt ??= performance.now(); })
  .observe(document, { attributes: true, subtree: true });"""
UNREPORTED = "delete HTMLVideoElement.prototype.requestVideoFrameCallback;"


def look_at(browser, kind):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, offline=True)
    context.add_init_script(UNREPORTED if kind == "unreported" else READY)
    page = context.new_page()
    problems, requests = [], []
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    check("starts", open_page(page))
    if kind in ("page", "single", "shots"):
        layout.texts(page, expected)
    if kind == "single":
        times = page.evaluate("[performance.getEntriesByName('first-contentful-paint')[0]?.startTime, window.readyAt]")
        check("the page is painted before its files are read", times[0] is not None and times[0] < times[1], times)
    for looks in CHECKS[kind]:
        looks(page)
    check("no message of the console", not problems, problems[:5])
    outside = [url[:80] for url in requests if not url.startswith(("file:", "data:", "blob:", "about:blank"))]
    check("nothing but files is requested", requests and not outside, outside[:5])
    check("no script of a prompt runs", page.evaluate("window.hacked === undefined"))
    context.close()


def without_script(browser):
    """What is measured can be seen without JavaScript."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(subject.path.as_uri())
    shown = page.evaluate("[...document.querySelectorAll('.cells img, .poster img')].map((image) => image.complete && image.naturalWidth)")
    check("stills are seen without JavaScript", shown and min(shown) > 0, shown)
    check("controls that need it are not", page.locator("[data-decision]").first.is_hidden() and page.locator("noscript p").is_visible())
    context.close()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
    for path in sys.argv[2:]:
        subject.load(path)
        look_at(browser, subject.name)
        if subject.name in ("page", "single"):
            without_script(browser)
        if subject.name == "page":
            subject.name = "unreported"
            look_at(browser, subject.name)
    browser.close()
