"""A request: what it refuses, and what its identity depends on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arch.errors import HeddleError
from dataflow.recipes import recipe_named
from dse.request import OBJECTIVES, ExploreRequest, check_objectives, identity_digest


def test_all_objectives_may_be_asked_for():
    assert check_objectives(OBJECTIVES) == OBJECTIVES


def test_an_unknown_objective_is_named_with_the_nearest():
    with pytest.raises(HeddleError, match=r"^unknown objective 'tim'; did you mean 'time'\? \(valid: time, energy, "):
        check_objectives(("energy", "tim"))


def test_an_objective_given_twice_and_none_at_all_are_refused():
    with pytest.raises(HeddleError, match=r"^objectives: 'lut' is given twice$"):
        check_objectives(("lut", "time", "lut"))
    with pytest.raises(HeddleError, match=r"^objectives: none is given \(valid: time, "):
        check_objectives(())


def test_a_batch_below_one_is_refused(request_: ExploreRequest):
    with pytest.raises(HeddleError, match=r"^batch: must be at least 1, got 0$"):
        replace(request_, batch=0)


def test_equal_requests_have_one_identity(request_: ExploreRequest):
    assert request_.identity() == replace(request_).identity()
    assert identity_digest(request_.identity()) == identity_digest(replace(request_).identity())


def test_whatever_changes_a_point_changes_the_identity_by_its_name(request_: ExploreRequest):
    first = request_.identity()
    changes = {
        "network": replace(request_, network=replace(request_.network, layers=request_.network.layers[:2])),
        "batch": replace(request_, batch=9),
        "recipe": replace(request_, recipe=recipe_named("dense")),
        "board": replace(request_, board=request_.board.model_copy(update={"name": "other"})),
        "space": replace(request_, space=request_.space.model_copy(update={"rows": (2,)})),
        "optimizer": replace(request_, optimizer="adam"),
        "pregenerate": replace(request_, pregenerate=False),
    }
    for name, changed in changes.items():
        identity = changed.identity()
        assert [key for key in first if identity[key] != first[key]] == [name]


def test_objectives_choose_among_points_and_change_none(request_: ExploreRequest):
    assert replace(request_, objectives=("dsp",)).identity() == request_.identity()
