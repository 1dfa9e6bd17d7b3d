"""A bar chart in SVG: for each model, the time of an iteration as a multiple of nnctl's."""

from html import escape

from figures import median
from peers import KERAS, NNCTL, PYTORCH, SKLEARN
from tables import fastest, number
from workloads import MAIN, WORKLOADS

# who, what the legend says, colour. The card has a background of its own, so it reads alike in light and dark mode.
BARS = (
    (NNCTL, "nnctl", "#0f766e"),
    (PYTORCH, "PyTorch, its fastest", "#ea580c"),
    (KERAS, "Keras, its fastest backend", "#dc2626"),
    (SKLEARN, "scikit-learn", "#3b82f6"),
)
WIDTH, LEFT, RIGHT = 900, 326, 112  # of the card; of the names; of the numbers behind the bars
BAR, GAP, BETWEEN, TOP, BOTTOM = 15, 3, 16, 104, 44
LONGEST = 6.0  # times nnctl; what is slower is cut there, and its number says how much
INK, DIM, PAPER, LINE = "#1f2937", "#6b7280", "#ffffff", "#e5e7eb"
FONT = "font-family=\"-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\""


def text(x: float, y: float, words: str, size: int = 13, colour: str = INK, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" {more}>{escape(words)}</text>'


def beside(x: float, y: float, time: str, ratio: str) -> str:
    """The numbers next to a bar, with a halo that separates them from the dotted line."""
    halo = f'paint-order="stroke" stroke="{PAPER}" stroke-width="4"'
    if not ratio:
        return f'<text x="{x:.1f}" y="{y}" font-size="12" fill="{INK}" font-weight="600" {halo}>{time}</text>'
    dim = f'<tspan dx="7" fill="{DIM}" font-weight="400">{time}</tspan>'
    return f'<text x="{x:.1f}" y="{y}" font-size="12" fill="{INK}" font-weight="600" {halo}>{ratio}{dim}</text>'


def times(found: dict) -> list[tuple[str, str, float]]:
    """(peer, colour, milliseconds) of those that were measured."""
    ours = median(found.get(NNCTL), "ms")
    measured = [(who, colour, ours if who == NNCTL else fastest(found, who)) for who, _, colour in BARS]
    return [(who, colour, ms) for who, colour, ms in measured if ms]


def draw(kept: dict) -> str:
    """The chart of the measurements with the most threads."""
    iterations = kept.get("iterations", {})
    most = max(iterations, key=int, default="")
    rows = [(name, times(iterations[most][name])) for name in MAIN if name in iterations.get(most, {})]
    rows = [(name, bars) for name, bars in rows if bars and bars[0][0] == NNCTL]
    longest = max([ms / bars[0][2] for _, bars in rows for *_, ms in bars], default=1)
    scale = (WIDTH - LEFT - RIGHT) / min(longest, LONGEST)
    body, y = [], TOP
    for name, bars in rows:
        height = len(bars) * (BAR + GAP) - GAP
        middle = y + height / 2
        workload = WORKLOADS[name]
        body.append(text(LEFT - 14, middle - 1, workload.title, 13, INK, 'text-anchor="end" font-weight="600"'))
        body.append(text(LEFT - 14, middle + 15, f"batch {workload.batch}", 12, DIM, 'text-anchor="end"'))
        for who, colour, ms in bars:
            ratio = ms / bars[0][2]
            long = max(2.0, min(ratio, LONGEST) * scale)
            body.append(f'<rect x="{LEFT}" y="{y}" width="{long:.1f}" height="{BAR}" rx="2" fill="{colour}"/>')
            if ratio > LONGEST:  # a white slit: the bar goes on
                at = LEFT + long - 22
                body.append(f'<path d="M{at:.1f} {y + BAR + 1} l6 {-BAR - 2} h5 l-6 {BAR + 2} z" fill="{PAPER}"/>')
            many = f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}"
            body.append(beside(LEFT + long + 7, y + BAR - 3, f"{number(ms)} ms", "" if who == NNCTL else f"×{many}"))
            y += BAR + GAP
        y += BETWEEN
    height = y - BETWEEN + BOTTOM
    one = LEFT + scale
    cores = kept["machine"]["cores"]
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'{FONT} role="img" aria-labelledby="title">',
        f'<title id="title">Time of one training iteration beside nnctl on {cores} cores</title>',
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10" fill="{PAPER}" stroke="{LINE}"/>',
        text(28, 38, "Time of one training iteration on the CPU", 19, INK, 'font-weight="700"'),
        text(28, 60, f"{cores} cores, float32, Adam; shorter is faster; × = times nnctl's time", 13, DIM),
        f'<line x1="{one:.1f}" x2="{one:.1f}" y1="{TOP - 8}" y2="{height - BOTTOM + 8}" stroke="{BARS[0][2]}" '
        'stroke-dasharray="2 4" opacity="0.6"/>',
    ]
    x = 28
    for who, label, colour in BARS:
        if any(who == one for _, bars in rows for one, *_ in bars):
            head.append(f'<rect x="{x}" y="73" width="12" height="12" rx="2" fill="{colour}"/>')
            head.append(text(x + 18, 83.5, label, 12.5))
            x += 42 + 6.6 * len(label)
    machine = kept["machine"]
    versions, cpu = machine["peers"], machine["cpu"].replace("(R)", "").replace("(TM)", "")
    named = [f"{label} {versions[key]}" for key, label in (("torch", "PyTorch"), ("keras", "Keras"), ("jax", "JAX"),
             ("scikit-learn", "scikit-learn")) if key in versions]  # fmt: skip
    foot = text(28, height - 16, f"{cpu}; {', '.join(named)}. Measured by benchmarks/compare.py", 11, DIM)
    return "\n".join([*head, *body, foot, "</svg>"]) + "\n"
