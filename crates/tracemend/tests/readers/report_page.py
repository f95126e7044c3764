"""Opens a report in headless Chromium, through WebDriver, and uses it as a person would.

Arguments: the report, how many events and gaps it must have, the longest first paint in milliseconds, and a folder for
screenshots (1280 and 390 pixels wide; `-` for none).
"""
import base64
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

browser = shutil.which("chromium") or shutil.which("chromium-browser")
driver = shutil.which("chromedriver")
if not browser or not driver:
    sys.stderr.write("chromium or chromedriver is not installed\n")
    sys.exit(77)
report, events, gaps, paint_ms, shots = sys.argv[1:]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1"]


class Driver:
    def __init__(self, profile):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen([driver, f"--port={self.port}"], stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.call("GET", "/status")
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
                  "goog:chromeOptions": {"binary": browser, "args": FLAGS + [f"--user-data-dir={profile}"]}}
        self.base = ""
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base = f"/session/{session['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{getattr(self, 'base', '')}{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(refused.read().decode()) from None

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def settle(self):
        """Waits until what was asked for is drawn."""
        self.call("POST", "/execute/async", {
            "script": "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(1)));", "args": []})

    def click(self, selector):
        key = "element-6066-11e4-a52e-4f735466cecf"
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})[key]
        self.call("POST", f"/element/{found}/click", {})
        self.settle()

    def type(self, selector, text):
        key = "element-6066-11e4-a52e-4f735466cecf"
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})[key]
        self.call("POST", f"/element/{found}/clear", {})
        self.call("POST", f"/element/{found}/value", {"text": text})
        self.settle()

    def view(self):
        return self.run("return {from: view.from, to: view.to, gap: view.gap, shown: document.getElementById('shown').textContent}")

    def shot(self, name, width, height):
        if shots == "-":
            return
        self.call("POST", "/window/rect", {"width": width, "height": height})
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}})
        self.run("scrollTo(0, 0)")
        self.settle()
        time.sleep(0.3)
        picture = self.call("GET", "/screenshot")
        pathlib.Path(shots, f"{name}.png").write_bytes(base64.b64decode(picture))
        assert self.run("return document.documentElement.scrollWidth") <= width, f"the page is wider than {width} pixels"

    def quit(self):
        try:
            self.call("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait()


def number(text):
    return int("".join(letter for letter in text.split("events")[0] if letter.isdigit()))


profile = tempfile.mkdtemp()
page = Driver(profile)
try:
    page.call("POST", "/window/rect", {"width": 1280, "height": 900})
    page.call("POST", "/url", {"url": pathlib.Path(report).resolve().as_uri()})
    page.settle()
    # The browser tells of the paint a little after it.
    for _ in range(100):
        paint = page.run("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
        if paint is not None:
            break
        time.sleep(0.1)
    assert paint is not None, "nothing was painted"
    assert paint < float(paint_ms), f"first paint after {paint} ms"
    assert page.run("return events.count") == int(events)
    assert page.run("return document.querySelectorAll('tr[data-gap]').length") == int(gaps)
    assert page.run("return document.querySelectorAll('#tiles .tile').length") == 7
    colors = page.run("""const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        return new Set(pixels).size""")
    assert colors > 4, "the timeline is empty"

    drawing = page.run("const start = performance.now(); for (let i = 0; i < 5; i++) draw(); return (performance.now() - start) / 5")
    assert drawing < 200, f"one picture takes {drawing} ms"

    whole = page.view()
    page.click("#in")
    closer = page.view()
    assert closer["to"] - closer["from"] < 0.6 * (whole["to"] - whole["from"]), "zooming in changes nothing"
    page.click("#all")
    assert page.view()["to"] - page.view()["from"] == whole["to"] - whole["from"]

    everything = number(page.view()["shown"])
    page.click("#show-recorded")
    only_inferred = number(page.view()["shown"])
    assert only_inferred < everything and (only_inferred > 0) == (int(gaps) > 0), (only_inferred, everything)
    page.click("#show-recorded")
    page.run("const slide = document.getElementById('least'); slide.value = 50; slide.dispatchEvent(new Event('input'))")
    page.settle()
    assert int(gaps) == 0 or number(page.view()["shown"]) < everything, "the filter by confidence lets everything through"
    page.run("const slide = document.getElementById('least'); slide.value = 0; slide.dispatchEvent(new Event('input'))")
    name = page.run("return data.names[events.name[0]]")
    page.type("#find", name)
    found = number(page.view()["shown"])
    assert 0 < found < everything, (name, found, everything)
    page.type("#find", "no event has this name")
    assert number(page.view()["shown"]) == 0
    page.run("const find = document.getElementById('find'); find.value = ''; find.dispatchEvent(new Event('input'))")

    if int(gaps):
        page.click("#next")
        first = page.view()
        assert first["gap"] >= 0 and first["to"] - first["from"] <= whole["to"] - whole["from"]
        page.click("#next")
        assert int(gaps) == 1 or page.view()["gap"] != first["gap"], "the next gap is the same one"
        page.click("tr[data-gap='0']")
        assert "Gap" in page.run("return document.querySelector('#gap h3').textContent")
    click = """const list = lanes[0].events; const i = list[Math.floor(list.length / 2)];
        moveTo(Math.max(0, events.time[i] - 5e4), Math.min(span, 1e5)); draw(); const box = canvas.getBoundingClientRect();
        const at = { clientX: box.left + x(events.time[i]), clientY: box.top + AXIS + 12, pointerId: 1, bubbles: true };
        canvas.setPointerCapture = () => {};
        canvas.dispatchEvent(new PointerEvent('pointerdown', at)); canvas.dispatchEvent(new PointerEvent('pointerup', at));
        return document.getElementById('detail').textContent"""
    assert "at" in page.run(click), "a click tells nothing"
    page.run("describe(-1); chooseGap(Math.min(12, data.gaps.length - 1)); redraw()")
    page.run("document.documentElement.dataset.theme = 'light'; themed(); redraw()")
    page.shot("report-1280", 1280, 1500)
    page.shot("report-390", 390, 1400)
    page.run("document.documentElement.dataset.theme = 'dark'; themed(); redraw()")
    page.shot("report-1280-dark", 1280, 1500)
    faults = [line for line in page.call("POST", "/se/log", {"type": "browser"}) if line["level"] in ("SEVERE", "WARNING")]
    assert not faults, faults
    assert page.run("return performance.getEntriesByType('resource').length") == 0, "the page asks the network"
    print(f"works: first paint {paint:.0f} ms, {drawing:.0f} ms a picture, {everything} events in view, {only_inferred} inferred")
finally:
    page.quit()
    shutil.rmtree(profile, ignore_errors=True)
