"""Looks at a delivery's QC report in a real headless Chromium and prints what it finds as one JSON object.

    delivery_check.py PAGE
"""
import json, pathlib, sys
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
    problems, requests = [], []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: (problems.append("dialog"), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(pathlib.Path(sys.argv[1]).resolve().as_uri())
    found = {"requests": len(requests), "problems": problems}
    found["scripts"] = page.locator("script, img, iframe, link, object, [onerror], [onload]").count()
    found["headings"] = page.locator("h2").all_inner_texts()
    found["rows"] = [[cell.strip() for cell in row.locator("td").all_inner_texts()]
                     for row in page.locator("table.checks tbody tr").all()]
    found["facts"] = page.locator("dd").all_inner_texts()
    found["wide"] = []
    for width in (1440, 900, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found["wide"].append(width)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(media="print")
    found["paper"] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    found["pages"] = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    page.emulate_media(media="screen")
    # The checker is a script of its own, which the page's policy rightly keeps out.
    unprotected = browser.new_context(bypass_csp=True).new_page()
    unprotected.goto(page.url)
    violations = Axe().run(unprotected)["violations"]
    found["violations"] = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in violations]
    browser.close()
print(json.dumps(found))
