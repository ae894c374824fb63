"""A response in the terms of matching: the codes of `config/forms/matchmaking.toml` instead of the form's own texts."""

from __future__ import annotations

from pipeline.cleaning.countries import country_code, country_names
from pipeline.cleaning.domains import email_domain
from pipeline.cleaning.folding import fold
from pipeline.forms.form import Form
from pipeline.model import Entry, Response, Role, Ticked


def to_entry(
    entry_id: str,
    response: Response,
    form: Form,
    *,
    organisation_id: str = "",
    committed_visits: int = 0,
) -> Entry:
    """One open entry as matching reads it; what the form did not ask stays unstated.

    `committed_visits` are the visits this entry already hosts this year.
    """
    guest = response.role in (Role.SEND, Role.EITHER)
    host = response.role in (Role.HOST, Role.EITHER)
    places = tuple(dict.fromkeys(code for text in response.target_countries if (code := _place(text))))
    return Entry(
        id=entry_id,
        organisation=response.name,
        organisation_id=organisation_id,
        parent=response.parent or (response.organisation if response.name != response.organisation else None),
        email_domain=email_domain(response.email),
        country=response.country_code,
        region=response.region,
        city=response.city,
        role=response.role or Role.EITHER,
        topics=form.codes("topics", response.topics),
        topics_other=response.topics_other,
        formats=form.codes("formats", response.formats),
        target_groups=form.codes("travellers", response.travellers),
        ticked=_ticked(form, response),
        preferred_places=places,
        strict_places=response.target_strict and bool(places),
        named_partner=response.target_organisation,
        date_from=response.date_from,
        date_to=response.date_to,
        duration_days=response.days,
        group_size=response.group_size if guest else None,
        capacity=response.group_size if host else None,
        max_visits=response.visits_per_year if host else None,
        committed_visits=committed_visits,
        languages=form.codes("languages", response.languages),
        group_wanted=response.third_party is True,
        reciprocal=_reciprocal(form, response),
        avoid=response.avoid_organisations,
        text="\n\n".join(text for text in (response.seeks, response.offers) if text) or None,
        seeks=response.seeks,
        offers=response.offers,
        submitted_at=response.submitted_at.date() if response.submitted_at else None,
    )


def _ticked(form: Form, response: Response) -> tuple[Ticked, ...]:
    """The answers as the form words them, each with what it means to matching."""
    answers = (
        ("topics", "topics", response.topics, response.topics_other),
        ("formats", "formats", response.formats, None),
        ("target_groups", "travellers", response.travellers, None),
    )
    return tuple(
        Ticked(question=question, text=text, codes=form.codes(key, [text]))
        for question, key, texts, other in answers
        for text in (*texts, *((other,) if other else ()))
    )


def _place(text: str) -> str | None:
    """The code of a preferred country: exactly named, or as the option spells it ("Spain - Catalonia")."""
    return country_names().get(fold(text)) or country_code(text)


def _reciprocal(form: Form, response: Response) -> bool | None:
    codes = form.codes("reciprocal", [response.reciprocal] if response.reciprocal else [])
    return {"yes": True, "no": False}.get(codes[0]) if codes else None
