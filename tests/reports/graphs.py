"""Random networks, as boxes, for the tests of drawings."""

from hypothesis import strategies as st

from nnctl.reports.graph_layout import Box


def network(links, inputs=1):
    """Boxes from {number: numbers of its sources}. Boxes without sources are inputs, unused ones are outputs."""
    taken = {source for sources in links.values() for source in sources}
    return [
        Box(f"b{at}", "Input" if at < inputs else "Dense", (at + 1,), tuple(f"b{source}" for source in sources),
            parameters=at, is_input=at < inputs, is_output=at >= inputs and at not in taken)
        for at, sources in links.items()
    ]  # fmt: skip


@st.composite
def networks(draw, most=24):
    """Any acyclic network: each box takes some of the boxes before it, and each input is used."""
    inputs = draw(st.integers(1, 3))
    count = draw(st.integers(inputs + 1, most))
    links = {at: () for at in range(inputs)}
    for at in range(inputs, count):
        links[at] = tuple(draw(st.lists(st.integers(0, at - 1), min_size=1, max_size=4, unique=True)))
    last = draw(st.permutations(range(inputs)))
    links[count] = tuple({*last, *draw(st.sets(st.integers(0, count - 1), max_size=3))})
    return network(links, inputs)
