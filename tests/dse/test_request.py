"""A request: what it refuses, and what its identity depends on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heddle.arch.errors import HeddleError
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.recipes import recipe_named
from heddle.dse.measured_accuracy import Accuracies
from heddle.dse.request import (
    ACCURACY,
    OBJECTIVES,
    ExploreRequest,
    accuracies_digest,
    check_objectives,
    default_objectives,
    identity_digest,
)


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


def test_accuracy_is_an_objective_only_where_it_was_measured(accuracies: Accuracies):
    assert check_objectives((*OBJECTIVES, ACCURACY), accuracies) == (*OBJECTIVES, ACCURACY)
    with pytest.raises(
        HeddleError, match=r"^objectives: 'accuracy' is measured, not simulated; it needs the measured "
    ):
        check_objectives(("time", "accuracy"))
    with pytest.raises(HeddleError, match=r"unknown objective 'tim'.* bram36, uram, accuracy\)$"):
        check_objectives(("tim",), accuracies)


def test_who_names_no_objective_and_has_accuracies_wants_them_too(accuracies: Accuracies):
    assert default_objectives(None) == ("time", "energy", "lut")
    assert default_objectives(accuracies) == ("time", "energy", "lut", "accuracy")


def test_a_sparsity_of_the_space_without_an_accuracy_is_refused(request_: ExploreRequest):
    some = Accuracies({parse_sparsity("2:4"): 95.0, parse_sparsity("2:8"): 94.0}, "")
    with pytest.raises(HeddleError, match=r"^accuracies: none for 1:4 of the space \(there are: 2:4, 2:8\)$"):
        replace(request_, accuracies=some)
    with pytest.raises(HeddleError, match=r"^accuracies: none for 1:4, 2:4 of the space \(there are: none\)$"):
        replace(request_, accuracies=Accuracies({}, ""))


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


def test_accuracies_change_no_point_but_have_a_digest_of_their_own(request_: ExploreRequest, accuracies: Accuracies):
    assert replace(request_, accuracies=accuracies).identity() == request_.identity()
    others = replace(accuracies, percent=dict.fromkeys(accuracies.percent, 50.0))
    assert accuracies_digest(accuracies) == accuracies_digest(replace(accuracies, source="elsewhere"))
    assert accuracies_digest(accuracies) != accuracies_digest(others)
