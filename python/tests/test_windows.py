"""Flat windows, and measuring."""

import pytest
from conftest import FULL, LTTNG, SAMPLE, json_lines

import tracemend


def test_windows_are_filled_by_what_stood_there_before():
    training = [[0, 1, 2, 3, 5] * 3, [9, 1, 2, 4, 5]]
    tokens, confidence = tracemend.impute([[9, 1, 2, 77, 5]], [[True, True, True, False, True]], training)
    assert tokens == [[9, 1, 2, 4, 5]]
    assert confidence[0][0] == 1 and 0.3 < confidence[0][3] < 1


def test_one_window_and_a_learned_imputer_do_as_well():
    imputer = tracemend.Imputer([[0, 1, 2, 3] * 5])
    tokens, confidence = tracemend.impute([0, 1, 0, 3], [True, True, False, True], imputer)
    assert tokens == [0, 1, 2, 3] and len(confidence) == 4


def test_arrays_come_back_as_arrays():
    numpy = pytest.importorskip("numpy")
    training = numpy.tile(numpy.arange(7), (3, 4))
    window = numpy.arange(14).reshape(2, 7) % 7
    mask = numpy.ones_like(window, dtype=bool)
    mask[:, 3] = False
    hidden = numpy.where(mask, window, 99)
    tokens, confidence = tracemend.impute(hidden, mask, training)
    assert tokens.dtype == window.dtype and (tokens == window).all()
    assert confidence.shape == window.shape


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(tracemend.TracemendError, match="different shapes"):
        tracemend.impute([[1, 2]], [[True]], [[1, 2]])


def test_measuring_gives_the_rows_of_the_command():
    options = ["--test", FULL, "--gaps", 5, "--blackout", "3,10", "--method", "engine,repeat"]
    theirs = json_lines("evaluate", "self", "--json", *options)["score"]
    ours = tracemend.evaluate("self", test=FULL, gaps=5, blackout=[3, 10], method=["engine", "repeat"])
    scores = [row for row in ours if row["type"] == "score"]

    def lasting(row):
        return {name: value for name, value in row.items() if name not in ("type",) and "seconds" not in str(value)}

    timeless = [row for row in scores if "seconds" not in row["metric"]]
    assert [lasting(row) for row in timeless] == [lasting(row) for row in theirs if "seconds" not in row["metric"]]
    assert {row["method"] for row in scores} >= {"engine", "repeat"}


def test_real_losses_are_measured_against_the_truth():
    rows = tracemend.evaluate("truth", lossy=SAMPLE, full=FULL, method=["repeat"])
    assert any(row["type"] == "truth" for row in rows)
    with pytest.raises(tracemend.TracemendError):
        tracemend.evaluate("truth", lossy=LTTNG, full=FULL)
