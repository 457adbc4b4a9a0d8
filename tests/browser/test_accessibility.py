"""What axe-core, the checker that browsers' own tools use, finds wrong for eyes, keyboards and screen readers."""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import quote_plus

import pytest

from tests.browser.test_page import open_page, settled

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
PARTS = {  # what a view does not show at first, by the view
    "Layer by layer": [{"deep_network": "VGG16"}],
    "One unit by hand": [{"hand_layer": "blstm_1"}, {"hand_layer": "pool_2"}, {"hand_network": "VGG16"}],
    "CTC in depth": [{"beam_of": "Textbook case"}, {"words": "elephant elegant"}],
    "Why this character?": [{"why_rival": "true"}, {"dream_what": "Recurrent unit"}],
    "What if?": [
        *({"what_if_part": part} for part in ("Which matter?", "The picture", "Where is it decided?")),
        {"touch_network": "VGG16"},
    ],
    "VGG16": [{"vgg_part": "Filters"}, {"vgg_part": "Classes"}, {"network": "VGG16"}],
}
CHECK = """async (panels) => {
  const three = document.querySelector('.st-key-visualisation')?.closest('[data-testid="stHorizontalBlock"]');
  const context = panels ? document : { exclude: [three] };
  const { violations } = await axe.run(context, { resultTypes: ["violations"], elementRef: false });
  return violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => ({
    id, impact, target: node.target.flat().join(" "), html: node.html.slice(0, 160),
    why: [...node.any, ...node.all, ...node.none].map((one) => one.message).join(" "),
  })));
}"""


def faults(page, panels: bool = True) -> list[str]:
    """The serious and critical faults of the page as it stands, a line each. panels: whether the three on top count."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    return [
        f"{fault['id']} ({fault['impact']}) at {fault['target']}: {fault['html']} {fault['why']}"
        for fault in page.evaluate(CHECK, panels)
        if fault["impact"] in GRAVE
    ]


def drawn(page) -> None:
    """Waits until the server has answered and every chart is there."""
    settled(page)
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
          .every((chart) => chart.querySelector('svg'))"""
    )


def views_of(page) -> list[str]:
    return page.locator(".st-key-view [role=radio], .st-key-view button").all_inner_texts()


def test_no_view_has_a_serious_fault(page, served):
    open_page(page, served)
    names = views_of(page)
    assert len(names) >= 7
    found = {}
    for name in names:
        page.locator(".st-key-view").get_by_text(name, exact=True).click()
        drawn(page)
        found |= {name: there} if (there := faults(page, panels=name == names[0])) else {}
    assert not found, "\n".join(f"{name}: {fault}" for name, listed in found.items() for fault in listed)


@pytest.mark.walk
@pytest.mark.parametrize("dark", [False, True])
def test_no_part_of_a_view_has_a_serious_fault_in_light_or_dark(browser, served, dark):
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.set_default_timeout(60_000)
    open_page(page, served)
    found = {}
    for name in views_of(page):
        for part in ({}, *PARTS.get(name, ())):
            address = "?" + "&".join(f"{key}={quote_plus(value)}" for key, value in {"view": name, **part}.items())
            open_page(page, served, address)
            drawn(page)
            found |= {address: there} if (there := faults(page)) else {}
    context.close()
    assert not found, "\n".join(f"{name}: {fault}" for name, listed in found.items() for fault in listed)


def test_a_fault_is_found(page):
    """The checker sees what it is here for: pale words, and a picture without a name."""
    page.set_content(
        "<main><p style='color: #999; background: #fff'>pale</p><svg role='img' width=9 height=9></svg></main>"
    )
    found = " ".join(faults(page))
    assert "color-contrast" in found and "svg-img-alt" in found
