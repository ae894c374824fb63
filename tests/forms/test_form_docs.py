"""The page people look things up in knows every key there is."""

from __future__ import annotations

from pathlib import Path

from pipeline.forms.questions import Kind, Option, Question

PAGE = (Path(__file__).parents[2] / "docs" / "form.md").read_text(encoding="utf-8")


def test_every_key_of_a_question_is_explained() -> None:
    for name in (*Question.model_fields, *Option.model_fields):
        assert f"`{name}`" in PAGE, name


def test_every_kind_of_question_is_explained() -> None:
    for kind in Kind:
        assert f"`{kind}`" in PAGE, kind
