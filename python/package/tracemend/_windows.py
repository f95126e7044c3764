"""Flat windows of tokens, as lists or as NumPy arrays."""

from typing import Any

from ._tracemend import Imputer


def _lists(array: Any) -> Any:
    return array.tolist() if hasattr(array, "tolist") else array


def impute(array: Any, mask: Any, model: Any) -> tuple[Any, Any]:
    """Fills windows of tokens where `mask` is false, and returns the tokens and their probabilities.

    `array` and `mask` are windows by positions, or one window. `model` is an `Imputer`, or the windows to learn from. What comes in
    as a NumPy array goes out as one.
    """
    if not isinstance(model, Imputer):
        model = Imputer(_lists(model))
    windows, observed = _lists(array), _lists(mask)
    one = len(windows) > 0 and not hasattr(windows[0], "__len__")
    tokens, confidence = model.fill([windows] if one else windows, [observed] if one else observed)
    if one:
        tokens, confidence = tokens[0], confidence[0]
    if hasattr(array, "dtype"):
        import numpy

        return numpy.asarray(tokens, dtype=array.dtype), numpy.asarray(confidence, dtype="float32")
    return tokens, confidence
