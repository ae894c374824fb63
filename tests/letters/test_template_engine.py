"""Templates filled in the sandbox: text out, or one sentence naming file and line."""

from __future__ import annotations

import pytest

from pipeline.letters.templating import TemplateProblem, Templates


def filled(source: str, file: str = "letter.txt", **fields: object) -> str:
    return Templates({f"en/{file}": source}).render("en", file, fields)


class TestFilling:
    def test_the_first_line_is_the_subject_and_no_part_of_the_text(self) -> None:
        source = "Subject:  For {{ name }} \nDear {{ name }},\n"
        assert filled(source, name="Ana") == "Dear Ana,\n"
        assert Templates({"en/letter.txt": source}).render("en", "letter.subject", {"name": "Ana"}) == "For Ana "

    def test_line_numbers_count_the_subject(self) -> None:
        with pytest.raises(TemplateProblem, match=r"en/letter\.txt, line 3: 'colour' is undefined"):
            filled("Subject: x\n\n{{ colour }}\n")

    def test_text_parts_are_wrapped_without_doubled_blank_lines_and_pages_are_not(self) -> None:
        assert (
            filled("\n" + "word " * 20 + "\n\n\n\nend\n\n") == "word " * 14 + "word\nword word word word word\n\nend\n"
        )
        assert filled("a\n\n\n\nb\n", "page.html") == "a\n\n\n\nb\n"

    def test_nothing_is_shown_as_nothing(self) -> None:
        assert filled("[{{ name }}]", name=None) == "[]\n"

    def test_pages_are_escaped_and_texts_are_not(self) -> None:
        assert filled("{{ name }}", "page.html", name="<b>&'\"") == "&lt;b&gt;&amp;&#39;&#34;"
        assert filled("{{ name }}", name="<b>&'\"") == "<b>&'\"\n"

    def test_data_is_never_read_as_a_template(self) -> None:
        assert filled("{{ name }}", name="{{ 7 * 7 }}{% include 'x' %}") == "{{ 7 * 7 }}{% include 'x' %}\n"

    def test_own_words_stand_indented_in_quotation_marks(self) -> None:
        assert filled("-\n{{ text | indented }}", text="One\n\nTwo") == "-\n    “One\n\n    Two”\n"
        assert filled("-\n{{ text | indented }}", text=None) == "-\n    “”\n"

    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("{{ 1 + none }}", "line 1"),
            ("\n{{ 1 / 0 }}", "line 2"),
            ("{{ name.join(1) }}", "line 1"),
            ("{% if %}", "line 1: Expected an expression"),
            ("x\n\n{% endfor %}", "line 3: Encountered unknown tag"),
            ("{% include 'nothing.txt' %}", "there is no en/nothing.txt"),
            ("{{ name.__class__ }}", "line 1"),
            ("{% include 'page.html' %}", "may only use templates of its own kind"),
        ],
    )
    def test_every_mistake_is_one_sentence(self, source: str, told: str) -> None:
        with pytest.raises(TemplateProblem, match=told) as caught:
            filled(source, name="Ana")
        assert caught.value.hint

    def test_parts_come_from_the_folder_of_the_language(self) -> None:
        templates = Templates({"en/a.txt": "{% include 'b.txt' %}", "en/b.txt": "English", "fr/b.txt": "français"})
        assert templates.render("en", "a.txt", {}) == "English\n"

    def test_where_a_mistake_stands_is_told_of_the_part_it_is_in(self) -> None:
        templates = Templates({"en/a.html": "{% include 'b.html' %}", "en/b.html": "x\n{{ colour }}"})
        with pytest.raises(TemplateProblem, match=r"en/b\.html, line 2"):
            templates.render("en", "a.html", {})
