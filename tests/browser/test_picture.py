"""The picture in a browser: zoom, pan, the trait beside it, images, keys, and without a script."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from graph import connection
from ptfi.accounts.models import User
from tests.support.accessibility import faults
from tests.support.browser import NARROW, Opened
from tests.support.cast import confirmed
from tests.support.graph_helpers import project

pytestmark = pytest.mark.django_db(transaction=True)
AT_REST = """() => new Promise(function (done) {
  const scroll = document.querySelector(".picture-scroll");
  let last = scroll.scrollLeft;
  const timer = setInterval(function () {
    if (scroll.scrollLeft === last) {
      clearInterval(timer);
      done(true);
    }
    last = scroll.scrollLeft;
  }, 100);
})"""


# Names that lie under a node which is drawn later, although that one's own name lies on nothing.
HIDDEN = """() => {
  const nodes = [...document.querySelectorAll(".picture-scroll svg .node")].map(function (node) {
    const name = node.matches(".is-quiet") ? null : node.querySelector(".name");
    return { text: name?.textContent, name: name?.getBBox(), node };
  });
  for (const each of nodes) {
    const box = each.node.querySelector(".shape").getBoundingClientRect();
    const from = each.node.ownerSVGElement.getScreenCTM().inverse();
    const start = new DOMPoint(box.left, box.top).matrixTransform(from);
    const end = new DOMPoint(box.right, box.bottom).matrixTransform(from);
    // The layout only knows about how wide names are: what grazes a node may lie on it, or may not.
    each.core = { left: start.x + 14, top: start.y + 6, right: end.x - 14, bottom: end.y - 6 };
    each.whole = { left: start.x - 14, top: start.y - 6, right: end.x + 14, bottom: end.y + 6 };
  }
  const covers = function (name, shape) {
    const across = name && name.x < shape.right && shape.left < name.x + name.width;
    return across && name.y < shape.bottom && shape.top < name.y + name.height;
  };
  const free = nodes.filter((one) => !nodes.some((other) => other !== one && covers(one.name, other.whole)));
  const later = (one) => nodes.slice(nodes.indexOf(one) + 1).filter((other) => free.includes(other));
  const under = nodes.filter((one) => later(one).some((other) => covers(one.name, other.core)));
  return { covering: nodes.length - free.length, under: under.map((one) => one.text) };
}"""


@pytest.fixture(autouse=True)
def _some(alice: User) -> None:
    connection._away_until = 0.0
    for number in range(12):
        confirmed(alice, f"Loves jazz {number}", concepts=["jazz", "music"], evidence=["x"])
    confirmed(alice, "Sails", trait_category="Skill", concepts=["sea"])
    project(alice)


def width(page: Page) -> float:
    return float(page.locator(".picture-scroll svg").get_attribute("width") or 0)


def test_zoom_and_pan(opened: Opened) -> None:
    page = opened("/persona/graph/")
    first = width(page)
    page.get_by_role("button", name="Zoom in").click()
    assert width(page) == pytest.approx(first * 1.25)
    page.get_by_role("button", name="Zoom out").click()
    assert width(page) == pytest.approx(first)
    scroll = page.locator(".picture-scroll")
    scroll.focus()
    for key in ("+", "+", "+", "-"):
        page.keyboard.press(key)
    assert width(page) == pytest.approx(first * 1.25**2)
    left = scroll.evaluate("each => each.scrollLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("left => document.querySelector('.picture-scroll').scrollLeft < left", arg=left)
    page.wait_for_function(AT_REST)
    box = scroll.bounding_box()
    assert box
    left = scroll.evaluate("each => each.scrollLeft")
    page.mouse.move(box["x"] + 30, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + 200, steps=4)
    page.mouse.up()
    assert scroll.evaluate("each => each.scrollLeft") == left + 20
    before = width(page)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.wait_for_function(f"Number(document.querySelector('.picture-scroll svg').getAttribute('width')) > {before}")
    page.keyboard.up("Control")
    page.keyboard.press("0")
    page.get_by_role("button", name="Show everything").click()
    assert scroll.evaluate("each => each.scrollWidth <= each.clientWidth && each.scrollHeight <= each.clientHeight + 1")


def test_names_lie_on_nodes_and_not_under_them(opened: Opened, alice: User) -> None:
    for number in range(40):
        shared = [f"concept {number % 9}", f"concept {number % 7}", f"concept {number % 5}"]
        confirmed(alice, f"Says things at some length {number}", concepts=shared, evidence=["x"])
    project(alice)
    found = opened("/persona/graph/").evaluate(HIDDEN)
    assert found["covering"] > 3
    assert found["under"] == []


def test_on_a_phone_all_of_it_is_in_sight_and_the_list_fits(opened: Opened) -> None:
    page = opened("/persona/graph/", viewport=NARROW)
    fits = "each => each.scrollWidth <= each.clientWidth && each.scrollHeight <= each.clientHeight + 1"
    assert page.locator(".picture-scroll").evaluate(fits)
    assert page.locator(".table-scroll").evaluate("each => each.scrollWidth <= each.clientWidth")
    assert page.locator(".picture-table [data-label=Strength]").first.is_visible()
    assert faults(page) == []


def test_two_fingers_zoom_the_picture(opened: Opened) -> None:
    page = opened("/persona/graph/", viewport=NARROW, has_touch=True)
    before = width(page)
    box = page.locator(".picture-scroll").bounding_box()
    assert box
    page.locator(".picture-scroll").scroll_into_view_if_needed()
    box = page.locator(".picture-scroll").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 100
    touch = page.context.new_cdp_session(page)

    def send(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}] if apart else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 30)
    send("touchMove", 60)
    send("touchEnd", 0)
    assert width(page) == pytest.approx(before * 2, rel=0.05)


def test_a_trait_opens_beside_the_picture(opened: Opened) -> None:
    page = opened("/persona/graph/")
    link = page.locator(".picture-scroll a.node-skill")
    link.focus()
    assert page.locator(".edge.is-near").count() >= 1
    page.keyboard.press("Enter")
    panel = page.locator("#picture-panel")
    expect(panel.get_by_role("heading", name="Sails")).to_be_visible()
    expect(panel).to_be_focused()
    assert page.url.endswith("/persona/graph/")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()
    expect(link).to_be_focused()


def test_filters_keep_the_picture_alive(opened: Opened) -> None:
    page = opened("/persona/graph/")
    page.evaluate("window.notReloaded = true")
    page.get_by_label("Category").select_option("Skill")
    expect(page.locator(".picture-table tbody tr")).to_have_count(1)
    assert "category=Skill" in page.url
    before = width(page)
    page.get_by_role("button", name="Zoom in").click()
    assert width(page) > before
    page.get_by_label("Category").select_option("")
    page.get_by_label("Topic", exact=True).press_sequentially("mus")
    expect(page.locator("#concept-names option")).to_have_count(1)
    page.get_by_label("Topic", exact=True).press_sequentially("ic")
    page.keyboard.press("Enter")
    expect(page.locator("#picture-part [role=status]")).to_contain_text("12 traits related to")
    assert "concept=music" in page.url
    assert page.evaluate("window.notReloaded") is True
    page.go_back()
    expect(page.locator(".picture-table tbody tr")).to_have_count(13)


def test_the_picture_is_saved_as_svg_and_png(opened: Opened, tmp_path: Path) -> None:
    page = opened("/persona/graph/")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save as SVG").click()
    waiting.value.save_as(tmp_path / "graph.svg")
    assert "Sails" in (tmp_path / "graph.svg").read_text()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as PNG").click()
    waiting.value.save_as(tmp_path / "graph.png")
    image = (tmp_path / "graph.png").read_bytes()
    assert image.startswith(b"\x89PNG")
    assert len(image) > 20_000
    expect(page.get_by_role("button", name="Save as PNG")).to_be_enabled()


def test_without_a_script(opened: Opened) -> None:
    page = opened("/persona/graph/", java_script_enabled=False)
    expect(page.get_by_role("button", name="Save as PNG")).to_be_hidden()
    expect(page.get_by_role("button", name="Zoom in")).to_be_hidden()
    page.get_by_label("Topic", exact=True).fill("sea")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".picture-table tbody tr")).to_have_count(1)
    page.locator(".picture-scroll a.node-skill").click()
    expect(page.get_by_role("heading", name="Sails", level=1)).to_be_visible()


def test_a_slip_is_asked_about(opened: Opened) -> None:
    page = opened("/traits/new/", viewport=NARROW)
    page.get_by_label("Name").fill("Sings")
    page.get_by_label("Category").select_option("Skill")
    page.get_by_label("Topics").fill("musics")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("group", name="Did you mean")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("radio", name="No, musics is something else").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Sings", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="musics")).to_be_visible()
