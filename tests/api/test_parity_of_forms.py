"""Whatever a form of the portal sends, an operation that does the same takes: field by field, told from the code."""

from __future__ import annotations

from dataclasses import replace

from app.api import rest
from app.api.rest.conventions.operations import operations
from app.api.rest.tracks import CellsChange
from app.catalog.pages.grid import COLUMNS
from app.contracts.pages import editor
from app.roster.pages import artist
from tests.api.parity import forms, forms_of_money, forms_of_music, forms_of_the_rest
from tests.api.parity.reading import fields_of, function_of
from tests.api.test_parity import TABLE
from tests.whole import whole_product

TABLES = forms_of_money.TABLES | forms_of_music.TABLES | forms_of_the_rest.TABLES
ENDS = forms_of_the_rest.ENDS


def _forms():
    app = whole_product()
    rest.load()
    found = forms.forms(app, TABLE, {each.name: each for each in operations()})
    return {form.address: form for form in found if form.fields}


FORMS = _forms()


def _said(form):
    return forms.said_of(form.address, TABLES, ENDS)


def test_every_field_of_a_form_is_taken_by_an_operation_or_is_the_page_s_alone():
    assert len(FORMS) > 120
    assert [problem for form in FORMS.values() for problem in forms.problems(form, _said(form))] == []


def test_every_row_of_the_tables_and_every_reason_is_of_use():
    assert {f"POST {address}" for address in TABLES} <= set(FORMS)
    assert len(TABLES) == sum(len(each.TABLES) for each in (forms_of_money, forms_of_music, forms_of_the_rest))
    told = [said for each in TABLES.values() for said in each.values()]
    assert {each for each in told if isinstance(each, forms.Alone)} == set(forms.Alone)
    needless = [
        (form.address, field)
        for form in FORMS.values()
        for field, said in _said(form).items()
        if isinstance(said, forms.Alone) and forms.is_taken(field, form.taken)
    ]
    assert needless == []


def test_a_new_field_and_one_that_is_gone_are_told_with_what_to_do():
    form = FORMS["POST /portal/parties/{}"]
    more = replace(form, fields=(form.fields - {"match"}) | {"shoe_size"})
    [new, gone] = forms.problems(more, _said(form))
    assert (
        new == "POST /portal/parties/{}: no operation of it takes 'shoe_size'; add it to one, or say what is the same."
    )
    assert gone == "POST /portal/parties/{}: the form has no 'match' any more."


def test_what_the_tables_name_is_there():
    form = FORMS["POST /portal/parties/{}"]
    [wrong] = forms.problems(form, {**_said(form), "email": "mail"})
    assert wrong == "POST /portal/parties/{}: there is no 'mail' for 'email'."


def test_forms_are_read_from_structs_and_from_what_handlers_ask_for():
    assert {"names", "at_spotify", "match"} <= fields_of(function_of(artist.change_artist))
    asked = fields_of(function_of(editor.change_contract))
    assert {"title", "c{}_deduct_packaging", "c{}_r{}_factor", "c{}_t{}_above", "h{}_percent", "s{}_subject"} <= asked
    assert "*" not in asked


def test_every_cell_of_the_grid_can_be_changed_by_a_program():
    assert set(COLUMNS) <= set(CellsChange.__struct_fields__)
