"""The frame that every figure shares: its data attributes, caption, links and message."""

import json
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class FigureInput:
    """An example and its computed result.

    `text` is the figure's point as inline HTML, already rendered and cleaned by kb.markup;
    everything else is plain and escaped here. `controls` are dictionaries with `param`, `label`
    and either `choices` or `minimum`, `maximum` and `step`.
    """

    key: str
    title: str
    kind: str
    params: dict[str, Any]
    result: dict[str, Any]
    controls: list[dict[str, Any]]
    text: str
    number: int


def shell(figure: FigureInput, name: str, body: str, numbers: str, *, wide: bool = True) -> str:
    data = {
        "figure": name,
        "kind": figure.kind,
        "key": figure.key,
        "params": json.dumps(figure.params, ensure_ascii=False, separators=(",", ":")),
        "controls": json.dumps(figure.controls, ensure_ascii=False, separators=(",", ":")),
    }
    attributes = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items())
    classes = f"figure figure-{name or 'table'}" + (" wide" if wide else "")
    return (
        f'<figure class="{classes}" id="figure-{escape(figure.key)}"{attributes}>'
        f'<div class="figure-body">{body}</div>'
        f"<figcaption><b>Figure {figure.number}. {escape(figure.title)}.</b> "
        f'<span class="figure-point" data-part="point">{figure.text}</span> '
        f'<span class="figure-numbers" data-part="numbers">{numbers}</span>'
        '<span class="figure-links" data-part="links"></span>'
        '<span class="figure-message" data-part="message" role="status"></span>'
        "</figcaption></figure>"
    )


def percent(share: float, digits: int = 1) -> str:
    text = f"{100 * share:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def number(value: float | None) -> str:
    """A whole number in full, others with four significant digits; "–" for none.

    There is an exponent only where nobody could read the digits.
    """
    if value is None:
        return "–"
    is_whole = float(value).is_integer() and abs(value) < 1e15
    shown = float(value) if is_whole else float(f"{value:.4g}")
    if 1000 <= abs(shown) < 1e15:
        text = f"{shown:,.0f}"
    elif shown == 0 or 1e-4 <= abs(shown) < 1000:
        text = f"{shown:.4g}"
    else:
        text = f"{shown:.3e}"
    return text.replace("-", "−")


def mass(figure: FigureInput) -> str:
    return percent(figure.params.get("credible_mass", 0.95))
