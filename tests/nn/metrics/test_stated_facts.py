"""A metric states which direction is better and which targets it takes, or it is refused."""

import pytest

from nnctl.errors import InputError
from nnctl.nn.metrics import Metric, metrics
from nnctl.nn.stated_facts import StatingFamily


@pytest.mark.parametrize("facts, said, hint", [
    ({"takes": ("number",)}, "no `better`", "state what direction is better: better = one of 'max', 'min'"),
    ({"takes": ("number",), "better": "low"}, "better = 'low'",
     "state what direction is better: better = one of 'max', 'min'"),
    ({"better": "min"}, "no `takes`", "takes = a tuple of 'integer', 'onehot', 'binary', 'number', 'sequence'"),
    ({"better": "min", "takes": "number"}, "takes = 'number'", "takes = a tuple of"),
    ({"better": "min", "takes": ()}, "takes = ()", "takes = a tuple of"),
    ({"better": "min", "takes": ("numbers",)}, "takes = ('numbers',)", "takes = a tuple of"),
])  # fmt: skip
def test_a_metric_that_does_not_state_its_facts_is_refused(facts, said, hint):
    family = StatingFamily("metric", *metrics._facts)
    with pytest.raises(InputError) as caught:
        family.register("worst")(type("Worst", (Metric,), {"__module__": __name__, **facts}))
    [problem] = caught.value.problems
    assert problem.message == f"the metric 'worst' cannot be registered: its class Worst has {said}"
    assert hint in problem.hint
    assert "worst" not in metrics


def test_it_is_registered_with_them():
    family = StatingFamily("metric", *metrics._facts)
    facts = {"__module__": __name__, "better": "min", "takes": ("number", "binary")}
    cls = family.register("worst")(type("Worst", (Metric,), facts))
    assert family["worst"] is cls
