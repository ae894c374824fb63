"""The table linkage computes on: texts as numbers, rows of a fixed width."""

from __future__ import annotations

import numpy as np

from pipeline.linkage.columns import Gathered, Interner


def test_a_text_has_one_number_and_zero_is_blank() -> None:
    numbers = Interner()
    assert [numbers[text] for text in ("boras", "oslo", "boras")] == [1, 2, 1]
    assert numbers.texts() == ["", "boras", "oslo"]


def test_rows_are_filled_up_and_cut_to_one_width() -> None:
    column = Gathered(3, np.int32)
    column.put([1])
    column.put([1, 2, 3, 4])
    column.close()
    column.put([])
    column.close()
    assert column.array().tolist() == [[1, 0, 0], [1, 2, 3], [0, 0, 0]]


def test_blank_may_be_another_number() -> None:
    column = Gathered(2, np.int32, -1)
    column.put([7])
    column.close()
    assert column.array().tolist() == [[7, -1]]


def test_a_column_of_one_number_a_row_is_flat_and_an_empty_one_has_no_rows() -> None:
    column = Gathered(1, np.float32)
    assert column.array().tolist() == []
    column.put([0.5])
    column.close()
    assert column.array().tolist() == [0.5]
